/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_check: is an operation well-formed? Private to ledger_op.c, which has the table.
 */
#ifndef AE_POLICYD_LEDGER_CHECK_H
#define AE_POLICYD_LEDGER_CHECK_H

#include "policyd/ledger_op.h"

/*
 * errors of all  ERROR_INVALID  a field is missing, out of its bounds, not UTF-8, or contradicts
 *                               another; the sentence names it
 */
AE_MUST_CHECK bool ledger_check_reserve(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_refuse(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_settle(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_hold(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_judge(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_revoke(const struct ledger_op *op, struct error *err);
AE_MUST_CHECK bool ledger_check_reconcile(const struct ledger_op *op, struct error *err);
/* All the others. errors  as above */
AE_MUST_CHECK bool ledger_check_small(const struct ledger_op *op, struct error *err);

#endif
