/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_inside: what the ledger's own files may see of it.
 */
#ifndef AE_POLICYD_LEDGER_INSIDE_H
#define AE_POLICYD_LEDGER_INSIDE_H

#include "policyd/ledger_store.h"

/* Lives as long as the ledger. */
const struct ledger_store *ledger_inside(struct ledger *ledger);

#endif
