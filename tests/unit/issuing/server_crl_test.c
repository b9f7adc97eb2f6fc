/* SPDX-License-Identifier: Apache-2.0 */
/* When the publisher makes a CRL by itself, and when it does not. */
#include <stdio.h>
#include <time.h>

#include "tests/support/test.h"
#include "tests/unit/issuing/house.h"

enum { LIFETIME_S = 1000, BEFORE_S = 500, MANY = 3, AN_HOUR_MS = 3600 * 1000 };

static bool is_published(const struct server_state *state)
{
    return state->crls_published >= 1;
}

static bool is_published_again(const struct server_state *state)
{
    return state->crls_published >= 2;
}

static int setup_with(void **state, uint32_t debounce_ms)
{
    int failed = house_setup_empty(state);
    struct house *h = *state;

    h->options.crl_lifetime_s = LIFETIME_S;
    h->options.crl_renew_before_s = BEFORE_S;
    h->options.crl_debounce_ms = debounce_ms;
    house_open(h);
    house_await(h, is_published, "the first CRL");
    return failed;
}

static int setup(void **state)
{
    return setup_with(state, 10);
}

/* Nothing that is revoked is published within the test's time, unless it is asked for. */
static int setup_patient(void **state)
{
    return setup_with(state, AN_HOUR_MS);
}

/* The last CRL has that number, was made at that time, and lies there. */
static void expect_crl(struct house *h, int64_t number, int64_t made_utc)
{
    time_t end = made_utc + LIFETIME_S;
    char next_update[16] = ""; /* on the CRL without the century */
    struct tm parts;
    struct ledger_crl crl;
    struct error err = {0};

    assert_ok(ledger_crl_get(h->ledger, FAKE_SIGNER_CA, 1, 0, &crl, &err), &err);
    assert_int_equal(crl.published, number);
    assert_int_equal(crl.number, number);
    assert_int_equal(crl.next_update_utc, end);
    assert_non_null(gmtime_r(&end, &parts));
    assert_int_equal(strftime(next_update, sizeof(next_update), "%Y%m%d%H%M%SZ", &parts),
                     15);
    assert_true(house_crl_has(h, bytes_of_text(next_update + 2)));
}

static void revoke(struct house *h, const struct server_outcome *outcome)
{
    struct server_revocation what = {.event = LEDGER_EVENT_REVOKE,
                                     .reason = LEDGER_REASON_KEY_COMPROMISE,
                                     .actor = {.program = "policyctl"},
                                     .note = "by the test"};
    struct server_revoked revoked = {0};
    struct error err = {0};

    memcpy(what.serial.octets, outcome->serial, sizeof(what.serial.octets));
    assert_ok(server_revoke(h->server, &what, &revoked, &err), &err);
    assert_true(revoked.changed);
}

static bool is_listed(struct house *h, const struct server_outcome *outcome)
{
    return house_crl_has(h, (struct bytes){outcome->serial, sizeof(outcome->serial)});
}

static void server_renews_a_crl_long_before_it_ends(void **state)
{
    struct house *h = *state;

    expect_crl(h, 1, FIXTURE_NOW);
    fake_clock_advance(&h->fake, 600);
    house_await(h, is_published_again, "another CRL, before the first one ends");
    expect_crl(h, 2, FIXTURE_NOW + 600);
}

static void server_renews_a_crl_not_a_second_too_early(void **state)
{
    struct house *h = *state;

    fake_clock_advance(&h->fake, LIFETIME_S - BEFORE_S - 1);
    house_await_looks(h);
    expect_crl(h, 1, FIXTURE_NOW);

    fake_clock_advance(&h->fake, 1);
    house_await(h, is_published_again, "another CRL, a second later");
    expect_crl(h, 2, FIXTURE_NOW + LIFETIME_S - BEFORE_S);
}

static void server_publishes_once_after_a_revocation(void **state)
{
    struct house *h = *state;
    AUTO(server_outcome) outcome = house_issue(h);
    AUTO(server_outcome) twin = house_issue(h);

    revoke(h, &outcome);
    house_await(h, is_published_again, "another CRL, though nobody asked for it");
    assert_true(is_listed(h, &outcome));
    assert_false(is_listed(h, &twin));

    house_await_looks(h);
    expect_crl(h, 2, FIXTURE_NOW);
}

static void server_gathers_revocations_on_one_crl(void **state)
{
    struct house *h = *state;
    struct server_outcome outcomes[MANY];
    struct error err = {0};

    for (size_t i = 0; i < MANY; i++) {
        outcomes[i] = house_issue(h);
        revoke(h, &outcomes[i]);
    }
    house_await_looks(h);
    expect_crl(h, 1, FIXTURE_NOW);

    assert_ok(server_publish(h->server, &err), &err);
    expect_crl(h, 2, FIXTURE_NOW);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(is_listed(h, &outcomes[i]));
        server_outcome_clear(&outcomes[i]);
    }
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(server_renews_a_crl_long_before_it_ends, setup),
        TEST(server_renews_a_crl_not_a_second_too_early, setup),
        TEST(server_publishes_once_after_a_revocation, setup),
        TEST(server_gathers_revocations_on_one_crl, setup_patient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
