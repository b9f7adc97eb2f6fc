/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_op: everything that changes the ledger, one struct an operation.
 *
 * What an operation points to is borrowed until it is complete; what it hands back is freed by
 * ledger_op_clear(). The ledger knows no clock: now_utc is the caller's.
 */
#ifndef AE_POLICYD_LEDGER_OP_H
#define AE_POLICYD_LEDGER_OP_H

#include "common/base/cleanup.h"

#include "policyd/ledger_op_journal.h"
#include "policyd/ledger_op_request.h"

/* Whether the answer waits for stable storage: what a 200 or 202 rests on does. */
enum ledger_op_kind {
    LEDGER_RESERVE = 0, /* no sync */
    LEDGER_REFUSE,      /* no sync */
    LEDGER_SETTLE,
    LEDGER_RELEASE, /* no sync */
    LEDGER_HOLD,
    LEDGER_JUDGE,
    LEDGER_EXPIRE,
    LEDGER_REVOKE,
    LEDGER_RECONCILE,
    LEDGER_CRL_NUMBER,
    LEDGER_CRL_PUBLISHED,
    LEDGER_NUMBERS,
    LEDGER_BUNDLE,
    LEDGER_SETTING,
    LEDGER_OP_COUNT
};

/* Take a block of request numbers that nobody else gets; see ledger_request_number(). */
struct ledger_numbers {
    int64_t count;
    int64_t first; /* out */
};

/* Store the content of a rule bundle under its id; again is no error. */
struct ledger_bundle {
    struct ledger_hash bundle;
    struct bytes content; /* at most LEDGER_BUNDLE_MAX octets */
    int64_t stored_utc;
};

struct ledger_setting {
    const char *name;
    const char *value; /* NULL: forget it */
};

/*
 * All zero but kind and its member of the union. An operation fails alone: with ok false and
 * error set, nothing of it is stored.
 * errors  ERROR_INVALID      a value is missing or out of its bounds; never queued
 *         ERROR_UNAVAILABLE  the ledger cannot store anything now, or is closing
 *         ERROR_INTERNAL     a bug: the database refuses what was checked
 *         and what the operation's own comment says
 */
struct ledger_op {
    enum ledger_op_kind kind;
    union {
        struct ledger_reserve reserve;
        struct ledger_refuse refuse;
        struct ledger_settle settle;
        struct ledger_release release;
        struct ledger_hold hold;
        struct ledger_judge judge;
        struct ledger_expire expire;
        struct ledger_revoke revoke;
        struct ledger_reconcile reconcile;
        struct ledger_crl_number crl_number;
        struct ledger_crl_published crl_published;
        struct ledger_numbers numbers;
        struct ledger_bundle bundle;
        struct ledger_setting setting;
    };
    /* Called once, on the committer's thread (on the submitter's when refused at once): it
     * must be quick and must not wait for the ledger. May free the operation. */
    void (*done)(struct ledger_op *op);
    void *ctx; /* the caller's, for done */

    bool ok; /* out */
    struct error error;
    int64_t decision_id;    /* out: of the decision that it stored; 0: none */
    uint64_t life;          /* the ledger's */
    struct ledger_op *next; /* the queue's */
};

void ledger_op_clear(struct ledger_op *op);
CLEANUP_DEFINE_VALUE(ledger_op, struct ledger_op, ledger_op_clear);

/* "settle", …; never NULL. */
const char *ledger_op_name(enum ledger_op_kind kind);
bool ledger_op_is_durable(enum ledger_op_kind kind);

/*
 * Texts, sizes and numbers within the bounds of ledger_record.h.
 * errors  ERROR_INVALID  the sentence names the field
 */
AE_MUST_CHECK bool ledger_op_check(const struct ledger_op *op, struct error *err);

#endif
