/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "policyd/admin_json.h"
#include "policyd/admin_query.h"
#include "policyd/ledger_read_request.h"
#include "policyd/request_json.h"

enum { LIMIT_DEFAULT = 100 };

static const char *const names[] = {"list", "account", "limit", "page", NULL};

static const char *const list_names[] = {
    [LEDGER_REQUESTS_NEWEST] = "newest",
    [LEDGER_REQUESTS_WAITING] = "waiting",
    [LEDGER_REQUESTS_ACCOUNT] = "account",
};
_Static_assert(sizeof(list_names) / sizeof(list_names[0]) == LEDGER_REQUESTS_COUNT,
               "every list has a name");

struct listing {
    struct json_writer *out;
    int64_t now_utc;
    bool waiting; /* then what has lapsed is left out */
};

static bool find_list(const char *name, enum ledger_request_list *out, struct error *err)
{
    for (unsigned int i = 0; name != NULL && i < LEDGER_REQUESTS_COUNT; i++) {
        if (strcmp(list_names[i], name) == 0) {
            *out = (enum ledger_request_list)i;
            return true;
        }
    }
    return name == NULL ||
           error_set(err, ERROR_INVALID, "there is no list of requests '%s'", name);
}

/* A page is the number of the last request before it. */
static bool read_query(const struct admin_query *in, struct ledger_request_query *query,
                       struct ledger_page *page, struct error *err)
{
    int64_t limit = LIMIT_DEFAULT;

    query->account = admin_query_get(in, "account");
    if (!find_list(admin_query_get(in, "list"), &query->list, err) ||
        !admin_query_i64(in, "limit", 1, LEDGER_PAGE_MAX, &limit, err) ||
        !admin_query_i64(in, "page", 1, LEDGER_REQUEST_MAX, &page->id, err)) {
        return false;
    }
    query->limit = (size_t)limit;
    return true;
}

static bool add_request(void *ctx, const struct ledger_request *request,
                        struct error *err)
{
    const struct listing *l = ctx;

    (void)err;
    if (l->waiting && request_json_state(request, l->now_utc) == LEDGER_REQUEST_EXPIRED) {
        return true;
    }
    json_open_object(l->out, NULL);
    request_json_add(l->out, request, l->now_utc);
    json_close(l->out);
    return true;
}

bool admin_run_requests(const struct admin_call *call, struct json_writer *out,
                        struct error *err)
{
    const struct admin_options *o = &call->admin->options;
    AUTO(admin_query) in = {0};
    struct ledger_request_query query = {.list = LEDGER_REQUESTS_NEWEST};
    struct ledger_page page = {0};

    if (!admin_query_parse(call->request->query, names, &in, err) ||
        !read_query(&in, &query, &page, err)) {
        return false;
    }
    struct listing l = {out, clock_now_utc(o->clock),
                        query.list == LEDGER_REQUESTS_WAITING};
    json_open_list(out, "requests");
    if (!ledger_request_list(o->ledger, &query, &page, add_request, &l, err)) {
        return false;
    }
    json_close(out);
    if (page.more) {
        char next[24];

        (void)snprintf(next, sizeof(next), "%lld", (long long)page.id);
        json_add_text(out, "next", next);
    } else {
        json_add_null(out, "next");
    }
    return true;
}
