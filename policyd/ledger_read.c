/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_read.h"

#include "common/base/mem.h"

#include "policyd/ledger_inside.h"

static bool ask(struct ledger *ledger, const struct ledger_read *question,
                struct error *err)
{
    const struct ledger_store *store = ledger_inside(ledger);

    return store->methods->read(store->ctx, question, err);
}

/* ---- certificates -------------------------------------------------------------------- */

bool ledger_certificate_get(struct ledger *ledger, const struct ledger_serial *serial,
                            struct ledger_certificate **out, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){
                   .kind = LEDGER_READ_CERTIFICATE, .serial = serial, .certificate = out},
               err);
}

/* What the list goes by must be given. */
static bool check_list(const struct ledger_list_query *query, struct error *err)
{
    bool given = true;

    if (query->limit < 1 || query->limit > LEDGER_PAGE_MAX) {
        return error_set(err, ERROR_INVALID, "a page has 1 to %d rows", LEDGER_PAGE_MAX);
    }
    if (query->list == LEDGER_LIST_ACCOUNT) {
        given = query->account != NULL;
    } else if (query->list == LEDGER_LIST_KEY) {
        given = !ledger_hash_is_none(&query->key);
    } else if (query->list == LEDGER_LIST_NAME) {
        given = query->name.value != NULL;
    } else if (query->list == LEDGER_LIST_REQUEST) {
        given = query->request != 0;
    }
    return given && (unsigned int)query->list < LEDGER_LIST_COUNT
               ? true
               : error_set(err, ERROR_INVALID, "what to list by is missing");
}

bool ledger_certificate_list(struct ledger *ledger, const struct ledger_list_query *query,
                             struct ledger_page *page, ledger_certificate_visitor *visit,
                             void *ctx, struct error *err)
{
    return check_list(query, err) &&
           ask(ledger,
               &(struct ledger_read){.kind = LEDGER_READ_CERTIFICATES,
                                     .list = query,
                                     .page = page,
                                     .visit_certificate = visit,
                                     .ctx = ctx},
               err);
}

bool ledger_revocation_list(struct ledger *ledger, const struct ledger_serial *serial,
                            bool (*visit)(void *ctx,
                                          const struct ledger_revocation *event,
                                          struct error *err),
                            void *ctx, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){.kind = LEDGER_READ_REVOCATIONS,
                                     .serial = serial,
                                     .visit_revocation = visit,
                                     .ctx = ctx},
               err);
}

bool ledger_history_get(struct ledger *ledger, const struct ledger_history_query *query,
                        struct ledger_history *out, struct error *err)
{
    struct ledger_history history = {0};

    if (!ask(ledger,
             &(struct ledger_read){
                 .kind = LEDGER_READ_HISTORY, .history = query, .history_out = &history},
             err)) {
        ledger_history_clear(&history);
        return false;
    }
    *out = history;
    return true;
}

void ledger_history_clear(struct ledger_history *history)
{
    for (size_t i = 0; i < history->active_len; i++) {
        free(history->active[i]);
    }
    for (size_t i = 0; i < history->others_len; i++) {
        free(history->others[i]);
    }
    history->active_len = 0;
    history->others_len = 0;
    history->same_names_len = 0;
}

/* ---- small things -------------------------------------------------------------------- */

bool ledger_cursor_get(struct ledger *ledger, const char *signer,
                       struct ledger_cursor *out, struct error *err)
{
    return ask(
        ledger,
        &(struct ledger_read){.kind = LEDGER_READ_CURSOR, .name = signer, .cursor = out},
        err);
}

bool ledger_crl_get(struct ledger *ledger, const char *ca, int64_t generation,
                    int64_t shard, struct ledger_crl *out, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){.kind = LEDGER_READ_CRL,
                                     .name = ca,
                                     .number = generation,
                                     .shard = shard,
                                     .crl = out},
               err);
}

bool ledger_setting_get(struct ledger *ledger, const char *name, char **out,
                        struct error *err)
{
    return ask(
        ledger,
        &(struct ledger_read){.kind = LEDGER_READ_SETTING, .name = name, .text = out},
        err);
}

bool ledger_bundle_get(struct ledger *ledger, const struct ledger_hash *bundle,
                       struct buf *out, bool *found, struct error *err)
{
    return ask(
        ledger,
        &(struct ledger_read){
            .kind = LEDGER_READ_BUNDLE, .bundle = bundle, .content = out, .found = found},
        err);
}

/* ---- requests ------------------------------------------------------------------------ */

bool ledger_request_get(struct ledger *ledger, int64_t number,
                        struct ledger_request **out, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){
                   .kind = LEDGER_READ_REQUEST, .number = number, .request = out},
               err);
}

bool ledger_request_open(struct ledger *ledger, const struct ledger_request_key *key,
                         struct ledger_request **out, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){
                   .kind = LEDGER_READ_REQUEST_OPEN, .request_key = key, .request = out},
               err);
}

bool ledger_request_list(struct ledger *ledger, const struct ledger_request_query *query,
                         struct ledger_page *page,
                         bool (*visit)(void *ctx, const struct ledger_request *request,
                                       struct error *err),
                         void *ctx, struct error *err)
{
    if (query->limit < 1 || query->limit > LEDGER_PAGE_MAX ||
        (unsigned int)query->list >= LEDGER_REQUESTS_COUNT ||
        (query->list == LEDGER_REQUESTS_ACCOUNT && query->account == NULL)) {
        return error_set(err, ERROR_INVALID, "what to list by is missing");
    }
    return ask(ledger,
               &(struct ledger_read){.kind = LEDGER_READ_REQUESTS,
                                     .requests = query,
                                     .page = page,
                                     .visit_request = visit,
                                     .ctx = ctx},
               err);
}

bool ledger_approval_list(struct ledger *ledger, int64_t request,
                          bool (*visit)(void *ctx, const struct ledger_approval *approval,
                                        struct error *err),
                          void *ctx, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){.kind = LEDGER_READ_APPROVALS,
                                     .number = request,
                                     .visit_approval = visit,
                                     .ctx = ctx},
               err);
}

bool ledger_decision_get(struct ledger *ledger, int64_t request,
                         struct ledger_decision **out, struct error *err)
{
    return ask(ledger,
               &(struct ledger_read){
                   .kind = LEDGER_READ_DECISION, .number = request, .decision = out},
               err);
}

bool ledger_decision_list(struct ledger *ledger, size_t limit, struct ledger_page *page,
                          bool (*visit)(void *ctx, const struct ledger_decision *decision,
                                        struct error *err),
                          void *ctx, struct error *err)
{
    return ask(
        ledger,
        &(struct ledger_read){.kind = LEDGER_READ_DECISIONS,
                              .limit = limit < LEDGER_PAGE_MAX ? limit : LEDGER_PAGE_MAX,
                              .page = page,
                              .visit_decision = visit,
                              .ctx = ctx},
        err);
}

/* ---- whole tables -------------------------------------------------------------------- */

struct ledger_crl_rows {
    const struct ledger_store *store;
    void *rows;
};

bool ledger_crl_rows_open(struct ledger *ledger, const struct ledger_crl_scope *scope,
                          struct ledger_crl_rows **out, struct error *err)
{
    const struct ledger_store *store = ledger_inside(ledger);
    void *rows = NULL;

    if (!store->methods->crl_open(store->ctx, scope, &rows, err)) {
        return false;
    }
    *out = mem_new(sizeof(**out));
    **out = (struct ledger_crl_rows){store, rows};
    return true;
}

void ledger_crl_rows_free(struct ledger_crl_rows *rows)
{
    if (rows != NULL) {
        rows->store->methods->crl_free(rows->rows);
        free(rows);
    }
}

bool ledger_crl_rows_next(struct ledger_crl_rows *rows, struct ledger_crl_entry *out,
                          bool *found, struct error *err)
{
    return rows->store->methods->crl_next(rows->rows, out, found, err);
}

void ledger_crl_rows_rewind(struct ledger_crl_rows *rows)
{
    rows->store->methods->crl_rewind(rows->rows);
}

bool ledger_dump(struct ledger *ledger, enum ledger_table table,
                 bool (*visit)(void *ctx, const char *line, struct error *err), void *ctx,
                 struct error *err)
{
    return ask(
        ledger,
        &(struct ledger_read){
            .kind = LEDGER_READ_DUMP, .table = table, .visit_line = visit, .ctx = ctx},
        err);
}
