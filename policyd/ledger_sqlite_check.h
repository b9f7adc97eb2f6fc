/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_check: is the database whole? As far as there is time to look.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_CHECK_H
#define AE_POLICYD_LEDGER_SQLITE_CHECK_H

#include "policyd/ledger_sqlite_db.h"

/*
 * Look at the pages for at most so many milliseconds.
 *
 * whole   all were looked at
 * errors  ERROR_UNAVAILABLE  damage was found (db->fault says so), or it cannot be read
 */
AE_MUST_CHECK bool ledger_sqlite_check(struct ldb *db, unsigned int check_ms, bool *whole,
                                       struct error *err);

#endif
