/* SPDX-License-Identifier: Apache-2.0 */
/* Costs grow by O(log n): no statement looks at all rows of a table that grows. */
#include <sqlite3.h>
#include <stdio.h>

#include "common/base/mem.h"

#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { STATEMENTS_MAX = 256 };

/* Every text that the ledger's connections ran. */
static struct {
    char *texts[STATEMENTS_MAX];
    size_t count;
    sqlite3_mutex *lock;
} seen;

static int see_statement(unsigned int event, void *ctx, void *stmt, void *text)
{
    const char *sql = sqlite3_sql(stmt);
    (void)event;
    (void)ctx;
    (void)text;

    sqlite3_mutex_enter(seen.lock);
    size_t i = 0;
    while (i < seen.count && strcmp(seen.texts[i], sql) != 0) {
        i++;
    }
    if (i == seen.count && i < STATEMENTS_MAX) {
        seen.texts[seen.count++] = mem_strdup(sql);
    }
    sqlite3_mutex_leave(seen.lock);
    return 0;
}

static int watch_connection(sqlite3 *handle, const char **message,
                            const struct sqlite3_api_routines *api)
{
    (void)message;
    (void)api;
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, see_statement, NULL);
}

static void watch_all_connections(void)
{
    seen.lock = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    (void)sqlite3_auto_extension((void (*)(void))watch_connection);
}

static bool see(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    (void)ctx;
    (void)c;
    (void)err;
    return true;
}

static bool see_request(void *ctx, const struct ledger_request *r, struct error *err)
{
    (void)ctx;
    (void)r;
    (void)err;
    return true;
}

static bool see_decision(void *ctx, const struct ledger_decision *d, struct error *err)
{
    (void)ctx;
    (void)d;
    (void)err;
    return true;
}

static bool see_event(void *ctx, const struct ledger_revocation *r, struct error *err)
{
    (void)ctx;
    (void)r;
    (void)err;
    return true;
}

static bool see_approval(void *ctx, const struct ledger_approval *a, struct error *err)
{
    (void)ctx;
    (void)a;
    (void)err;
    return true;
}

/* ---- every way to write and to read -------------------------------------------------- */

static void write_everything(struct fixture *f)
{
    struct ledger_certificate renewal = fixture_certificate(3);
    struct ledger_op reserve = fixture_reserve(9);
    struct ledger_op expire = {.kind = LEDGER_EXPIRE, .expire = {FIXTURE_NOW, 5, 0}};
    struct ledger_approval approval = {.request = 2,
                                       .account = "approver",
                                       .approved = true,
                                       .decided_utc = FIXTURE_NOW};
    struct ledger_op judge = {.kind = LEDGER_JUDGE,
                              .judge = {.approval = &approval,
                                        .key = fixture_hash(2),
                                        .asked = fixture_hash(900003)}};
    struct ledger_journal_entry intent = {
        .kind = LEDGER_JOURNAL_INTENT, .sequence = 50, .certificate = &renewal};
    struct ledger_op reconcile = {
        .kind = LEDGER_RECONCILE,
        .reconcile = {
            .signer = "s", .through = 50, .entries = &intent, .entries_len = 1}};
    struct error err;

    reserve.reserve.retry_window_s = 600;
    reserve.reserve.quota = (struct ledger_quota){5, 5, 5};
    assert_ok(ledger_execute(f->ledger, &reserve, &err), &err);
    fixture_issue(f, 1);
    fixture_hold(f, 2, 1);
    assert_ok(ledger_execute(f->ledger, &judge, &err), &err);
    assert_ok(ledger_execute(f->ledger, &expire, &err), &err);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 40);
    renewal.journal_seq = 50;
    renewal.renews = fixture_serial(1);
    assert_ok(ledger_execute(f->ledger, &reconcile, &err), &err);
}

static void read_certificates(struct fixture *f)
{
    struct ledger_list_query query = {.account = "account-1",
                                      .key = fixture_hash(1),
                                      .name = {LEDGER_NAME_DNS, "web1.corp.example"},
                                      .request = 1,
                                      .before_utc = INT64_MAX,
                                      .limit = 10};
    struct ledger_history_query about = {"account-2", fixture_hash(1), &query.name, 1,
                                         FIXTURE_NOW};
    AUTO(ledger_history) history = {0};
    struct ledger_serial serial = fixture_serial(1);
    AUTO(ledger_certificate) c = NULL;
    struct error err;

    for (unsigned int list = 0; list < LEDGER_LIST_COUNT; list++) {
        struct ledger_page page = {0};

        query.list = (enum ledger_list)list;
        assert_ok(ledger_certificate_list(f->ledger, &query, &page, see, NULL, &err),
                  &err);
    }
    assert_ok(ledger_history_get(f->ledger, &about, &history, &err), &err);
    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);
    assert_ok(ledger_revocation_list(f->ledger, &serial, see_event, NULL, &err), &err);
}

static void read_requests(struct fixture *f)
{
    struct ledger_request_key key = {"account-1", "Machine", fixture_hash(2)};
    AUTO(ledger_request) open = NULL;
    AUTO(ledger_request) request = NULL;
    AUTO(ledger_decision) last = NULL;
    AUTO(ledger_decision) first = NULL;
    struct ledger_page page = {0};
    struct error err;

    for (unsigned int list = 0; list < LEDGER_REQUESTS_COUNT; list++) {
        struct ledger_request_query query = {(enum ledger_request_list)list, "account-1",
                                             5};
        struct ledger_page begin = {0};

        assert_ok(ledger_request_list(f->ledger, &query, &begin, see_request, NULL, &err),
                  &err);
    }
    assert_ok(ledger_request_open(f->ledger, &key, &open, &err), &err);
    assert_ok(ledger_request_get(f->ledger, 1, &request, &err), &err);
    assert_ok(ledger_approval_list(f->ledger, 2, see_approval, NULL, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 0, &last, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 1, &first, &err), &err);
    assert_ok(ledger_decision_list(f->ledger, 5, &page, see_decision, NULL, &err), &err);
}

static void read_the_crl(struct fixture *f)
{
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry entry;
    bool found = false;
    struct error err;

    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    assert_ok(ledger_crl_rows_next(rows, &entry, &found, &err), &err);
    assert_true(found);
}

/* ---- their plans --------------------------------------------------------------------- */

/* Those few rows on their way, and what is read once at the start. */
static bool may_scan(const char *sql, const char *detail)
{
    return strstr(detail, "reservations") != NULL || strncmp(sql, "PRAGMA", 6) == 0 ||
           strstr(sql, "sqlite_schema") != NULL ||
           strstr(sql, "FROM crls LIMIT 1") != NULL ||
           strstr(detail, "CONSTANT ROW") != NULL;
}

static bool look_at_plan(sqlite3 *handle, const char *sql)
{
    AUTO(string) explain = mem_printf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt = NULL;
    bool good = true;

    if (sqlite3_prepare_v2(handle, explain, -1, &stmt, NULL) != SQLITE_OK) {
        return true; /* transactions and the like have no plan */
    }
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);

        if (strncmp(detail, "SCAN", 4) == 0 && !may_scan(sql, detail)) {
            print_error("%s: %s\n", detail, sql);
            good = false;
        }
    }
    (void)sqlite3_finalize(stmt);
    return good;
}

static void no_statement_looks_at_a_whole_table(void **state)
{
    struct fixture *f = *state;
    sqlite3 *handle = NULL;
    unsigned int bad = 0;
    size_t count = 0;

    write_everything(f);
    read_certificates(f);
    read_requests(f);
    read_the_crl(f);
    count = seen.count;
    assert_true(count > 60 && count < STATEMENTS_MAX);
    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    for (size_t i = 0; i < count; i++) {
        bad += look_at_plan(handle, seen.texts[i]) ? 0 : 1;
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);

    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_statement_looks_at_a_whole_table,
                                        fixture_setup, fixture_teardown),
    };

    watch_all_connections();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < seen.count; i++) {
        free(seen.texts[i]);
    }
    sqlite3_mutex_free(seen.lock);
    return failed;
}
