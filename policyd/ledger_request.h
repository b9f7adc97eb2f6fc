/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_request: requests, approvals and decisions as plain structs, and a request's readable id.
 *
 * A request has a number below 2^31, given after authentication only. Its readable id is that
 * number in another form, so that neither can be missing or disagree.
 */
#ifndef AE_POLICYD_LEDGER_REQUEST_H
#define AE_POLICYD_LEDGER_REQUEST_H

#include "common/base/buf.h"
#include "common/base/error.h"

#include "policyd/ledger_record.h"

#define LEDGER_REQUEST_MAX INT64_C(2147483647)

/* "R-" and seven digits of base 32 and a check digit. */
enum { LEDGER_REQUEST_ID_SIZE = 11 /* octets with NUL */ };

/* number 1..LEDGER_REQUEST_MAX */
void ledger_request_id(int64_t number, char id[LEDGER_REQUEST_ID_SIZE]);

/*
 * The number of a readable id; lower case, a missing "R-", and O for 0, I or L for 1 are taken.
 * errors  ERROR_INVALID  no id, or mistyped: its check digit is wrong
 */
AE_MUST_CHECK bool ledger_request_parse_id(const char *text, int64_t *number,
                                           struct error *err);

/* One on its way has a reservation and no row yet; it is read as SUBMITTED. */
enum ledger_request_state {
    LEDGER_REQUEST_SUBMITTED = 1,
    LEDGER_REQUEST_HELD,
    LEDGER_REQUEST_APPROVED,
    LEDGER_REQUEST_DENIED,
    LEDGER_REQUEST_ISSUED,
    LEDGER_REQUEST_FAILED,
    LEDGER_REQUEST_EXPIRED,
    LEDGER_REQUEST_END
};

struct ledger_request {
    int64_t number;
    int64_t attempt; /* under which it has reserved, not stored; 0: its own number */
    int64_t node;
    const char *account;
    const char *principal;
    enum ledger_kind kind;
    struct ledger_template template;
    enum ledger_operation operation;
    struct ledger_hash key;   /* of the SubjectPublicKeyInfo */
    struct ledger_hash asked; /* of the names it is for: what approvers are shown */
    enum ledger_request_state state;
    const char *reason;       /* a code of docs/REASONS, "" for none */
    int64_t retry_after_s;    /* 0: no word about it */
    const char *protocol;     /* "est" */
    const char *peer;         /* address */
    const char *approvers;    /* who may approve: ledger_group_append(); "": nobody */
    int64_t approvals_needed; /* of all groups together */
    int64_t created_utc;
    int64_t updated_utc;
    int64_t expires_utc; /* held or approved: when it lapses, denied by an approver: when
                            that is over; 0: never */
    struct ledger_serial serial; /* issued: the certificate */
};

struct ledger_approval {
    int64_t request;
    const char *account; /* the approver's immutable id */
    const char *principal;
    bool approved;         /* false: denied */
    const char *approvers; /* the group that entitles to it */
    int64_t decided_utc;
    const char *comment;
    int64_t node;
    int64_t journal_seq;
};

enum ledger_verdict {
    LEDGER_VERDICT_ISSUE = 1,
    LEDGER_VERDICT_HOLD,
    LEDGER_VERDICT_DENY,
    LEDGER_VERDICT_ERROR,
    LEDGER_VERDICT_END
};

/* Everything that explain and replay need about one decision. */
struct ledger_decision {
    int64_t id; /* read only */
    int64_t request;
    int64_t node;
    int64_t decided_utc;
    enum ledger_verdict verdict;
    const char *reason;
    const char *account;
    struct ledger_template template;
    struct ledger_hash bundle;
    struct ledger_hash config;
    struct ledger_hash request_hash;
    struct ledger_hash facts_hash;
    const char *engine;          /* version of the program that decided */
    struct ledger_serial serial; /* none unless issued */
    int64_t journal_seq; /* of the record that holds the batch's digest; 0: none yet */
    struct bytes facts;
    struct bytes trace;
};

/* A group whose members may approve, and how many of them have to. */
struct ledger_group {
    const char *name; /* len octets */
    size_t len;
    int64_t need;
};

/* Append one to the approvers of a request. */
void ledger_group_append(struct buf *approvers, const char *name, int64_t need);

/*
 * The next one of a request; false: there is no more. Without a number it needs one, or where it is
 * the only one as many as the request does.
 * rest  r->approvers at first
 */
bool ledger_group_next(const struct ledger_request *r, const char **rest,
                       struct ledger_group *out);

/* Copies in one block of memory: free(). */
struct ledger_request *ledger_request_copy(const struct ledger_request *request);
struct ledger_decision *ledger_decision_copy(const struct ledger_decision *decision);
CLEANUP_DEFINE(ledger_request, struct ledger_request *, free);
CLEANUP_DEFINE(ledger_decision, struct ledger_decision *, free);

#endif
