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
    pthread_t threads[STRANGERS];
    atomic_store(&f->requests_hang, true);

    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_hanging, f), 0);
        assert_int_equal(sem_wait(&f->signer.entered), 0);
    }
    expect(f, "GET /v1/requests/R-1", "", 503, "earlier requests");
    expect(f, "GET /v1/requests", "", 200, "requests");
    expect(f, "POST /v1/crl/publish", "", 200, "crl");
    atomic_store(&f->requests_hang, false);
    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(sem_post(&f->signer.go_on), 0);
    }
    for (size_t i = 0; i < STRANGERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    expect(f, "GET /v1/requests/R-1", "", 200, "operator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, admin_fixture_setup, admin_fixture_teardown)
        TEST(admin_lists_requests),
        TEST(admin_lists_as_waiting_what_waits),
        TEST(admin_lets_strangers_ask_about_one_request_only),
        TEST(admin_lets_strangers_hold_no_thread_of_operators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
