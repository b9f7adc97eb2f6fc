/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_answer.h"
#include "policyd/ledger_sqlite_row.h"

/* ---- one request --------------------------------------------------------------------- */

/* The copy of the only row, or NULL. */
static bool take_request(struct ldb_query *q, struct ledger_request **out,
                         struct error *err)
{
    bool row = false;

    if (!ldb_step(q, &row, err)) {
        return false;
    }
    *out = NULL;
    if (row) {
        struct ledger_request request;

        ldb_read_request(q, &request);
        *out = ledger_request_copy(&request);
    }
    return true;
}

/* One that is on its way has a reservation at most. They are few: it has no index. */
static bool find_submitted(struct ldb *db, int64_t number, struct ledger_request **out,
                           struct error *err)
{
    static const char sql[] =
        "SELECT request, node, account, '', 0, template, '', 0, 0, NULL, operation,"
        " key_hash, NULL, 1, '', 0, '', '', '', 0, reserved_at, reserved_at, 0, NULL"
        " FROM reservations WHERE request = ?";
    AUTO(ldb_query) q = {0};

    _Static_assert(LEDGER_REQUEST_SUBMITTED == 1, "as in the statement");
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, number);
    return take_request(&q, out, err);
}

bool ldb_answer_request(struct ldb *db, const struct ledger_read *question,
                        struct error *err)
{
    static const char sql[] =
        "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM "WHERE r.number = ?";
    AUTO(ldb_query) q = {0};
    struct ledger_request *request = NULL;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, question->number);
    if (!take_request(&q, &request, err) ||
        (request == NULL && !find_submitted(db, question->number, &request, err))) {
        return false;
    }
    *question->request = request;
    return true;
}

bool ldb_answer_request_open(struct ldb *db, const struct ledger_read *question,
                             struct error *err)
{
    static const char sql[] =
        "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM
        "WHERE r.account = ? AND r.template = ? AND r.key_hash = ? AND r.state IN (2, 3)";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, question->request_key->account);
    ldb_bind_text(&q, question->request_key->template_name);
    ldb_bind_hash(&q, &question->request_key->key);
    return take_request(&q, question->request, err);
}

/* ---- lists --------------------------------------------------------------------------- */

/* First parameter: where the page begins; last one: how many rows. */
static const char *const request_lists[] = {
    [LEDGER_REQUESTS_NEWEST] = "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM
                               "WHERE r.number < ?1 ORDER BY r.number DESC LIMIT ?2",
    [LEDGER_REQUESTS_WAITING] =
        "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM
        "WHERE r.number > ?1 AND r.state = 2 AND r.state IN (2, 3)"
        " ORDER BY r.number LIMIT ?2",
    [LEDGER_REQUESTS_ACCOUNT] =
        "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM
        "WHERE r.number < ?1 AND r.account = ?3 ORDER BY r.number DESC LIMIT ?2",
};
_Static_assert(sizeof(request_lists) / sizeof(request_lists[0]) == LEDGER_REQUESTS_COUNT,
               "one statement a list");

bool ldb_answer_requests(struct ldb *db, const struct ledger_read *question,
                         struct error *err)
{
    const struct ledger_request_query *query = question->requests;
    struct ledger_page *page = question->page;
    bool down = query->list != LEDGER_REQUESTS_WAITING;
    AUTO(ldb_query) q = {0};
    size_t count = 0;
    bool row = false;

    if (!ldb_prepare(db, request_lists[query->list], &q, err)) {
        return false;
    }
    ldb_bind_int(&q, page->id == 0 && down ? INT64_MAX : page->id);
    ldb_bind_int(&q, (int64_t)query->limit);
    if (query->list == LEDGER_REQUESTS_ACCOUNT) {
        ldb_bind_text(&q, query->account);
    }
    while (ldb_step(&q, &row, err)) {
        struct ledger_request request;

        if (!row) {
            page->more = count == query->limit;
            return true;
        }
        ldb_read_request(&q, &request);
        page->id = request.number;
        count++;
        if (!question->visit_request(question->ctx, &request, err)) {
            return false;
        }
    }
    return false;
}

bool ldb_answer_approvals(struct ldb *db, const struct ledger_read *question,
                          struct error *err)
{
    static const char sql[] =
        "SELECT request, account, principal, approved, decided_at, comment, node,"
        " journal_seq, approvers FROM approvals WHERE request = ? ORDER BY decided_at, "
        "account";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, question->number);
    while (ldb_step(&q, &row, err)) {
        struct ledger_approval a;

        if (!row) {
            return true;
        }
        a.request = ldb_int(&q);
        a.account = ldb_text(&q);
        a.principal = ldb_text(&q);
        a.approved = ldb_int(&q) != 0;
        a.decided_utc = ldb_int(&q);
        a.comment = ldb_text(&q);
        a.node = ldb_int(&q);
        a.journal_seq = ldb_int(&q);
        a.approvers = ldb_text(&q);
        if (!question->visit_approval(question->ctx, &a, err)) {
            return false;
        }
    }
    return false;
}

/* ---- decisions ----------------------------------------------------------------------- */

bool ldb_answer_decision(struct ldb *db, const struct ledger_read *question,
                         struct error *err)
{
    static const char of_request[] = "SELECT " LDB_DECISION_COLUMNS LDB_DECISION_FROM
                                     "WHERE d.request = ? ORDER BY d.id DESC LIMIT 1";
    static const char of_all[] = "SELECT " LDB_DECISION_COLUMNS LDB_DECISION_FROM
                                 "WHERE d.id < ? ORDER BY d.id DESC LIMIT 1";
    bool all = question->number == 0;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, all ? of_all : of_request, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, all ? INT64_MAX : question->number);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *question->decision = NULL;
    if (row) {
        struct ledger_decision decision;

        ldb_read_decision(&q, &decision);
        *question->decision = ledger_decision_copy(&decision);
    }
    return true;
}

bool ldb_answer_decisions(struct ldb *db, const struct ledger_read *question,
                          struct error *err)
{
    static const char sql[] = "SELECT " LDB_DECISION_COLUMNS LDB_DECISION_FROM
                              "WHERE d.id < ? ORDER BY d.id DESC LIMIT ?";
    struct ledger_page *page = question->page;
    AUTO(ldb_query) q = {0};
    size_t count = 0;
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, page->id == 0 ? INT64_MAX : page->id);
    ldb_bind_int(&q, (int64_t)question->limit);
    while (ldb_step(&q, &row, err)) {
        struct ledger_decision decision;

        if (!row) {
            page->more = count == question->limit;
            return true;
        }
        ldb_read_decision(&q, &decision);
        page->id = decision.id;
        count++;
        if (!question->visit_decision(question->ctx, &decision, err)) {
            return false;
        }
    }
    return false;
}
