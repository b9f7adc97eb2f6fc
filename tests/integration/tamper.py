#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tamper: changes a journal in every way at every record, and asks a program each time.

    tamper.py JOURNAL COVERED COMMAND...

COMMAND gets --journal DIR behind it; for an untouched copy it must exit 0, for a changed one 1
with a sentence that names the record. Records 1 to COVERED are changed. Prints TAP-like lines, one
for each kind of change; what differs from that is told behind them.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HEADER, HASH = 60, 32


def read(journal):
    """All records in order: [segment's name, octets]."""
    records = []
    for name in sorted(os.listdir(journal)):
        with open(os.path.join(journal, name), "rb") as file:
            data = file.read()
        if data[:4] != b"AEJ1":
            continue
        while data[:4] == b"AEJ1":
            length = int.from_bytes(data[4:8], "big")
            records.append([name, data[:length]])
            data = data[length:]
        assert not data, "the journal under test has a torn record"
    return records


def write(records, place):
    for name, octets in records:
        with open(os.path.join(place, name), "ab") as file:
            file.write(octets)


def seal(octets):
    """The record with a hash that fits it again."""
    return octets[:-HASH] + hashlib.sha256(octets[:-HASH]).digest()


def turn(octets, at):
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]


def with_octets(records, index, octets):
    return records[:index] + [[records[index][0], octets]] + records[index + 1:]


def edit(records, index):
    return with_octets(records, index, turn(records[index][1], len(records[index][1]) - HASH - 1))


def edit_time(records, index):
    return with_octets(records, index, turn(records[index][1], 23))


def edit_hash(records, index):
    return with_octets(records, index, turn(records[index][1], len(records[index][1]) - 1))


def edit_and_seal(records, index):
    changed = edit_time(records, index)
    return with_octets(changed, index, seal(changed[index][1]))


def rewrite(records, index):
    """Somebody who can do it all: edits a record and makes every later hash fit."""
    changed = edit_time(records, index)
    previous = records[index][1][28:60]
    for i in range(index, len(changed)):
        octets = changed[i][1]
        changed[i] = [changed[i][0], seal(octets[:28] + previous + octets[60:])]
        previous = changed[i][1][-HASH:]
    return changed


def delete(records, index):
    return records[:index] + records[index + 1:]


def swap(records, index):
    """With the next one; each stays where a segment's first and last are, if it can."""
    if index + 1 == len(records) or records[index][0] != records[index + 1][0]:
        return None
    first, second = records[index], records[index + 1]
    return records[:index] + [second, first] + records[index + 2:]


def repeat(records, index):
    return records[:index + 1] + [records[index]] + records[index + 1:]


def cut(records, index):
    """The journal ends before the record."""
    return records[:index]


def cut_within(records, index):
    name, octets = records[index]
    return records[:index] + [[name, octets[:len(octets) // 2]]]


def cut_segment(records, index):
    """Only its segment ends there; later ones stay."""
    name = records[index][0]
    return records[:index] + [r for r in records[index:] if r[0] != name]


KINDS = [
    ("an octet of the content edited", edit),
    ("the time edited", edit_time),
    ("the hash edited", edit_hash),
    ("edited and sealed again", edit_and_seal),
    ("edited, and everything after it written anew", rewrite),
    ("deleted", delete),
    ("exchanged with the next", swap),
    ("repeated", repeat),
    ("the end cut off before it", cut),
    ("the end cut off within it", cut_within),
    ("its segment cut off before it", cut_segment),
]


def ask(records, command):
    place = tempfile.mkdtemp()
    try:
        write(records, place)
        done = subprocess.run(command + ["--journal", place], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode()
    finally:
        shutil.rmtree(place)


def judge(records, index, kind, command):
    """None when it was found, else what was said instead."""
    changed = kind(records, index)
    if changed is None:
        return None
    code, text = ask(changed, command)
    if code != 1 or not re.search(r"records? (from )?\d+|no journal", text):
        return f"record {index + 1}: exit code {code}: {text.strip()}"
    return None


def main():
    records = read(sys.argv[1])
    covered, command = int(sys.argv[2]), sys.argv[3:]
    types = sorted({int.from_bytes(r[1][24:26], "big") for r in records[:covered]})
    print(f"# {covered} of {len(records)} records in {len({r[0] for r in records})} segments; "
          f"types {' '.join(map(str, types))}")
    for label, kind in KINDS:
        faults = [judge(records, i, kind, command) for i in range(covered)]
        faults = [fault for fault in faults if fault]
        print(f"{'not ok' if faults else 'ok'} - found at every record: {label}")
        for fault in faults[:3]:
            print("# " + fault.replace("\n", " "))
        code, text = ask(records, command)
        if code != 0:
            print(f"not ok - the journal untouched is refused: {text}")


main()
