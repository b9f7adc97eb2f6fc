/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "tests/support/test.h"
#include "tests/unit/issuing/house.h"
#include "tests/unit/ledger/records.h"

enum { TTL_S = 3600, LOOK_S = 60, YEAR_S = 365 * 86400 };

static void hold(struct house *h, unsigned int n, int64_t expires_utc)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    struct error err = {0};

    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.approvers = "CN=pki-approvers,DC=corp,DC=example";
    request.approvals_needed = 1;
    request.expires_utc = expires_utc;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(h->ledger, &op, &err), &err);
    assert_int_equal(op.hold.waiting, n);
}

static enum ledger_request_state state_of(struct house *h, int64_t number)
{
    AUTO(ledger_request) request = NULL;
    struct error err = {0};

    assert_ok(ledger_request_get(h->ledger, number, &request, &err), &err);
    assert_non_null(request);
    return request->state;
}

static void await_lapse(struct house *h, int64_t number)
{
    const struct timespec moment = {0, 20000000};

    for (int i = 0; i < HOUSE_WAIT_MS / 20; i++) {
        if (state_of(h, number) == LEDGER_REQUEST_EXPIRED) {
            return;
        }
        (void)nanosleep(&moment, NULL);
    }
    fail_msg("request %lld never lapses", (long long)number);
}

static void what_nobody_decides_on_ends_by_itself(void **state)
{
    struct house *h = *state;

    hold(h, 1, FIXTURE_NOW + TTL_S);
    hold(h, 2, FIXTURE_NOW + TTL_S + 1);
    hold(h, 3, 0); /* for ever */
    fake_clock_advance(&h->fake, TTL_S);
    await_lapse(h, 1);
    assert_int_equal(state_of(h, 2), LEDGER_REQUEST_HELD);
    assert_int_equal(state_of(h, 3), LEDGER_REQUEST_HELD);
}

static void nothing_ends_by_a_clock_that_was_set(void **state)
{
    struct house *h = *state;

    hold(h, 1, FIXTURE_NOW + TTL_S);
    fake_clock_set(&h->fake, FIXTURE_NOW + TTL_S);
    house_await_keeper(h);
    assert_int_equal(state_of(h, 1), LEDGER_REQUEST_HELD);

    server_confirm_clock(h->server);
    fake_clock_advance(&h->fake, LOOK_S);
    await_lapse(h, 1);
}

static void a_clock_that_was_ahead_puts_nothing_off(void **state)
{
    struct house *h = *state;

    hold(h, 1, FIXTURE_NOW + TTL_S);
    fake_clock_set(&h->fake, FIXTURE_NOW + YEAR_S);
    server_confirm_clock(h->server);
    fake_clock_advance(&h->fake, LOOK_S);
    await_lapse(h, 1);
    fake_clock_set(&h->fake, FIXTURE_NOW);
    server_confirm_clock(h->server);
    hold(h, 2, FIXTURE_NOW + TTL_S);
    fake_clock_advance(&h->fake, TTL_S);
    await_lapse(h, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_nobody_decides_on_ends_by_itself),
        TEST(nothing_ends_by_a_clock_that_was_set),
        TEST(a_clock_that_was_ahead_puts_nothing_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
