/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_known: auth's question about a client certificate, asked of the ledger. What the ledger
 * knows at that moment counts: a certificate that was revoked a moment ago is revoked.
 */
#ifndef AE_POLICYD_SERVER_KNOWN_H
#define AE_POLICYD_SERVER_KNOWN_H

#include "policyd/auth.h"
#include "policyd/ledger.h"

/* ledger  borrowed as long as the port is used */
struct auth_ledger server_known_port(struct ledger *ledger);

#endif
