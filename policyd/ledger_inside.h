/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_inside: what the ledger's own files may see of it.
 */
#ifndef AE_POLICYD_LEDGER_INSIDE_H
#define AE_POLICYD_LEDGER_INSIDE_H

#include "policyd/ledger_digest.h"
#include "policyd/ledger_store.h"

/* They live as long as the ledger. */
const struct ledger_store *ledger_inside(struct ledger *ledger);
struct ledger_digests *ledger_inside_digests(struct ledger *ledger);

#endif
