#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ledger_rows: the certificates of a stopped policyd's ledger, as issue_driver says them.

    ledger_rows.py LEDGER

A line each: LEDGER SERIAL STATUS DELIVERED SHA256 PRINCIPAL KEY, KEY being the digest of its key.
"""
import hashlib
import pathlib
import sqlite3
import sys

QUERY = """SELECT hex(c.serial), c.status, c.delivered, d.der, c.principal, hex(c.key_hash)
    FROM certificates c LEFT JOIN certificate_der d ON d.certificate = c.id ORDER BY c.id"""

ledger = sqlite3.connect(pathlib.Path(sys.argv[1]).absolute().as_uri() + "?mode=ro", uri=True)
for serial, status, delivered, der, principal, key in ledger.execute(QUERY):
    digest = hashlib.sha256(der).hexdigest() if der else "-"
    print("LEDGER", serial.lower(), status, delivered, digest, principal or "-", key.lower())
