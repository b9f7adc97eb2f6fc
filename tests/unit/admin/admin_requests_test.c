/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of requests, and who is let through to a single one. */
#include <pthread.h>
#include <stdio.h>

#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"

static const struct {
    const char *query;
    int status;
    const char *words;
} queries[] = {
    {"", 200, "\"id\":\"R-00000018\",\"state\":\"held\""},
    {"?list=newest", 200, "\"approvers\":[\"CN=pki-approvers,DC=corp,DC=example\"]"},
    {"?list=waiting", 200, "\"id\":\"R-00000018\""},
    {"?list=oldest", 400, "no list of requests 'oldest'"},
    {"?list=account&account=account-1", 200, "\"id\":\"R-00000018\""},
    {"?list=account&account=account-2", 200, "\"requests\":[]"},
    {"?list=account", 400, "MALFORMED"},
    {"?limit=1&list=newest", 200, "\"next\":\"1\""},
    {"?limit=1&list=newest&page=1", 200, "\"requests\":[]"},
    {"?limit=2&list=newest", 200, "\"next\":null"},
    {"?limit=0", 400, "'limit'"},
    {"?page=x", 400, "'page'"},
    {"?state=held", 400, "'state'"},
};

static void admin_lists_requests(void **state)
{
    struct admin_fixture *f = *state;
    fixture_hold(f->store, 1, 1);

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        char line[128];

        (void)snprintf(line, sizeof(line), "GET /v1/requests%s", queries[i].query);
        expect(f, line, "", queries[i].status, queries[i].words);
    }
}

/* Nobody has to do anything about what has lapsed, whatever its row says. */
static void admin_lists_as_waiting_what_waits(void **state)
{
    struct admin_fixture *f = *state;
    fixture_hold(f->store, 1, 1);

    fake_clock_set(&f->time, FIXTURE_NOW + 3 * FIXTURE_DAY - 1);
    expect(f, "GET /v1/requests?list=waiting", "", 200, "\"state\":\"held\"");
    fake_clock_set(&f->time, FIXTURE_NOW + 3 * FIXTURE_DAY);
    expect(f, "GET /v1/requests?list=waiting", "", 200, "\"requests\":[]");
    expect(f, "GET /v1/requests", "", 200, "\"state\":\"expired\"");
}

static void admin_lets_strangers_ask_about_one_request_only(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) list = BUF_EMPTY;
    AUTO(buf) one = BUF_EMPTY;

    assert_int_equal(ask_as(f, STRANGER, "GET /v1/requests", "", &list), 403);
    assert_int_equal(ask_as(f, STRANGER, "GET /v1/requests/R-1", "", &one), 200);
    assert_string_equal(buf_text(&one), "somebody /v1/requests/R-1");
    expect(f, "GET /v1/requests/R-1", "", 200, "operator /v1/requests/R-1");
    expect(f, "POST /v1/requests/R-1/approve", "{}", 200, "/v1/requests/R-1/approve");
}

/* A ticket says who approves; but it is bound to nothing here, so not everybody may bring one. */
static void admin_takes_words_of_two_groups_only(void **state)
{
    static const char *const words[] = {"POST /v1/requests/R-1/approve",
                                        "POST /v1/requests/R-1/deny"};
    struct admin_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        AUTO(buf) stranger = BUF_EMPTY;
        AUTO(buf) before = BUF_EMPTY;
        AUTO(buf) member = BUF_EMPTY;
        AUTO(buf) status = BUF_EMPTY;
        AUTO(buf) other = BUF_EMPTY;
        AUTO(buf) third = BUF_EMPTY;

        assert_int_equal(ask_as(f, STRANGER, words[i], "{}", &stranger), 403);
        assert_non_null(strstr(buf_text(&stranger), "NOT_APPROVER"));
        assert_non_null(strstr(buf_text(&stranger), "approver_group"));
        /* uid 1 is daemon everywhere, with the primary group of that name */
        assert_int_equal(ask_as(f, 1, words[i], "{}", &before), 403);
        admin_set_approver_group(f->admin, "daemon");
        assert_int_equal(ask_as(f, 1, words[i], "{}", &member), 200);
        assert_non_null(strstr(buf_text(&member), "somebody /v1/requests/R-1/"));
        assert_int_equal(ask_as(f, 1, "GET /v1/status", "", &status), 403);
        assert_int_equal(ask_as(f, STRANGER, words[i], "{}", &other), 403);
        admin_set_approver_group(f->admin, "");
        admin_set_group(f->admin, "daemon");
        assert_int_equal(ask_as(f, 1, words[i], "{}", &third), 200);
        assert_non_null(strstr(buf_text(&third), "operator /v1/requests/R-1/"));
        admin_set_group(f->admin, "");
    }
}

static void *ask_hanging(void *ctx)
{
    AUTO(buf) out = BUF_EMPTY;

    (void)ask_as(ctx, STRANGER, "GET /v1/requests/R-1", "", &out);
    return NULL;
}

/* Whoever may connect can make them wait; operators go on all the same. */
static void admin_lets_strangers_hold_no_thread_of_operators(void **state)
{
    enum { STRANGERS = 3 };
    struct admin_fixture *f = *state;
    AUTO(buf) fourth = BUF_EMPTY;
    AUTO(buf) after = BUF_EMPTY;
    pthread_t threads[STRANGERS];
    atomic_store(&f->requests_hang, true);

    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_hanging, f), 0);
        assert_int_equal(sem_wait(&f->signer.entered), 0);
    }
    assert_int_equal(ask_as(f, STRANGER, "GET /v1/requests/R-1", "", &fourth), 503);
    assert_non_null(strstr(buf_text(&fourth), "earlier requests"));
    atomic_store(&f->requests_hang, false); /* for those who come from now on */
    expect(f, "GET /v1/requests/R-1", "", 200, "operator");
    expect(f, "POST /v1/requests/R-1/approve", "{}", 200, "operator");
    expect(f, "GET /v1/requests", "", 200, "requests");
    expect(f, "POST /v1/crl/publish", "", 200, "crl");
    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(sem_post(&f->signer.go_on), 0);
    }
    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(ask_as(f, STRANGER, "GET /v1/requests/R-1", "", &after), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, admin_fixture_setup, admin_fixture_teardown)
        TEST(admin_lists_requests),
        TEST(admin_lists_as_waiting_what_waits),
        TEST(admin_lets_strangers_ask_about_one_request_only),
        TEST(admin_takes_words_of_two_groups_only),
        TEST(admin_lets_strangers_hold_no_thread_of_operators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
