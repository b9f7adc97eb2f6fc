/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_read_request: what can be asked about requests; the rules of ledger_read.h hold.
 */
#ifndef AE_POLICYD_LEDGER_READ_REQUEST_H
#define AE_POLICYD_LEDGER_READ_REQUEST_H

#include "policyd/ledger_read.h"

/* errors  as ledger_read.h; *out is NULL when there is none */
AE_MUST_CHECK bool ledger_request_get(struct ledger *ledger, int64_t number,
                                      struct ledger_request **out, struct error *err);

/* What a request is known by when its client asks again. */
struct ledger_request_key {
    const char *account;
    const char *template_name;
    struct ledger_hash key;
};
/* errors  as ledger_read.h; the one that is held or approved, *out is NULL when there is none */
AE_MUST_CHECK bool ledger_request_open(struct ledger *ledger,
                                       const struct ledger_request_key *key,
                                       struct ledger_request **out, struct error *err);

enum ledger_request_list {
    LEDGER_REQUESTS_NEWEST = 0, /* all with a row, newest first */
    LEDGER_REQUESTS_WAITING,    /* held, oldest first */
    LEDGER_REQUESTS_ACCOUNT,    /* of account, newest first */
    LEDGER_REQUESTS_COUNT
};
struct ledger_request_query {
    enum ledger_request_list list;
    const char *account;
    size_t limit; /* 1..LEDGER_PAGE_MAX */
};
/* errors  as ledger_read.h; ERROR_INVALID no account or limit; the visitor's own */
AE_MUST_CHECK bool ledger_request_list(
    struct ledger *ledger, const struct ledger_request_query *query,
    struct ledger_page *page,
    bool (*visit)(void *ctx, const struct ledger_request *request, struct error *err),
    void *ctx, struct error *err);

/* errors  as ledger_read.h; all approvals of a request, oldest first */
AE_MUST_CHECK bool ledger_approval_list(
    struct ledger *ledger, int64_t request,
    bool (*visit)(void *ctx, const struct ledger_approval *approval, struct error *err),
    void *ctx, struct error *err);

/* errors  as ledger_read.h; the newest of a request (0: of all), or *out is NULL */
AE_MUST_CHECK bool ledger_decision_get(struct ledger *ledger, int64_t request,
                                       struct ledger_decision **out, struct error *err);

/* errors  as ledger_read.h; decisions before page->id (0: from the newest), newest first */
AE_MUST_CHECK bool ledger_decision_list(
    struct ledger *ledger, size_t limit, struct ledger_page *page,
    bool (*visit)(void *ctx, const struct ledger_decision *decision, struct error *err),
    void *ctx, struct error *err);

#endif
