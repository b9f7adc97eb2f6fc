/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_op.h"

#include "policyd/ledger_check.h"

static const struct {
    const char *name;
    bool durable;
    bool (*check)(const struct ledger_op *op, struct error *err);
} kinds[] = {
    [LEDGER_RESERVE] = {"reserve", false, ledger_check_reserve},
    [LEDGER_REFUSE] = {"refuse", false, ledger_check_refuse},
    [LEDGER_SETTLE] = {"settle", true, ledger_check_settle},
    [LEDGER_RELEASE] = {"release", false, ledger_check_small},
    [LEDGER_HOLD] = {"hold", true, ledger_check_hold},
    [LEDGER_JUDGE] = {"judge", true, ledger_check_judge},
    [LEDGER_EXPIRE] = {"expire", true, ledger_check_small},
    [LEDGER_REVOKE] = {"revoke", true, ledger_check_revoke},
    [LEDGER_RECONCILE] = {"reconcile", true, ledger_check_reconcile},
    [LEDGER_CRL_NUMBER] = {"crl number", true, ledger_check_small},
    [LEDGER_CRL_PUBLISHED] = {"crl published", true, ledger_check_small},
    [LEDGER_NUMBERS] = {"numbers", true, ledger_check_small},
    [LEDGER_BUNDLE] = {"bundle", true, ledger_check_small},
    [LEDGER_SETTING] = {"setting", true, ledger_check_small},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == LEDGER_OP_COUNT, "one row a kind");

const char *ledger_op_name(enum ledger_op_kind kind)
{
    return (unsigned int)kind < LEDGER_OP_COUNT ? kinds[kind].name : "unknown";
}

bool ledger_op_is_durable(enum ledger_op_kind kind)
{
    return kinds[kind].durable;
}

void ledger_op_clear(struct ledger_op *op)
{
    if (op->kind == LEDGER_RESERVE) {
        free(op->reserve.earlier);
        op->reserve.earlier = NULL;
    }
}

bool ledger_op_check(const struct ledger_op *op, struct error *err)
{
    if ((unsigned int)op->kind >= LEDGER_OP_COUNT) {
        return error_set(err, ERROR_INVALID, "the ledger knows no operation %u",
                         (unsigned int)op->kind);
    }
    return kinds[op->kind].check(op, err) || error_wrap(err, "%s", kinds[op->kind].name);
}
