/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { OTHER_NAMES = 900004 };

static void expect_no_request(struct fixture *f, int64_t number)
{
    AUTO(ledger_request) request = NULL;
    struct error err;

    assert_ok(ledger_request_get(f->ledger, number, &request, &err), &err);
    assert_null(request);
}

/* Number n of that account, with a key and names of its own, where two may wait. */
static struct ledger_hold hold_one_of_two(struct fixture *f, unsigned int n,
                                          const char *account, int64_t now_utc)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct ledger_op op = {
        .kind = LEDGER_HOLD,
        .hold = {.request = &request, .decision = &decision, .open_max = 2}};
    struct error err;

    request.account = account;
    decision.account = account;
    request.state = LEDGER_REQUEST_HELD;
    request.approvals_needed = 1;
    request.updated_utc = now_utc;
    request.expires_utc = now_utc + FIXTURE_DAY;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    return op.hold;
}

static void one_account_has_room_for_so_many_that_wait(void **state)
{
    struct fixture *f = *state;
    unsigned int decisions = 0;

    for (unsigned int n = 1; n <= 2; n++) {
        struct ledger_hold held = hold_one_of_two(f, n, "greedy", FIXTURE_NOW);

        assert_false(held.full);
        assert_int_equal(held.waiting, n);
    }
    decisions = fixture_count(f->ledger, LEDGER_TABLE_DECISIONS);
    struct ledger_hold third = hold_one_of_two(f, 3, "greedy", FIXTURE_NOW);
    assert_true(third.full);
    assert_int_equal(third.waiting, 0);
    expect_no_request(f, 3);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_DECISIONS), decisions);

    assert_false(
        hold_one_of_two(f, 2, "greedy", FIXTURE_NOW).full); /* it has its place */
    assert_false(hold_one_of_two(f, 4, "another", FIXTURE_NOW).full);
    /* the first two are over */
    assert_false(hold_one_of_two(f, 5, "greedy", FIXTURE_NOW + FIXTURE_DAY).full);
}

static void what_takes_anothers_place_needs_no_room(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(6);
    struct ledger_decision decision = fixture_decision(6);
    struct ledger_op op = {
        .kind = LEDGER_HOLD,
        .hold = {.request = &request, .decision = &decision, .open_max = 1}};
    struct error err;

    fixture_hold(f, 1, 1);
    const struct ledger_request first = fixture_request(1);
    request.account = first.account;
    decision.account = first.account;
    request.state = LEDGER_REQUEST_HELD;
    request.approvals_needed = 1;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_true(op.hold.full); /* another key */
    request.key = first.key;
    request.asked = fixture_hash(OTHER_NAMES);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_false(op.hold.full); /* other names for the same key */
    assert_int_equal(op.hold.waiting, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_account_has_room_for_so_many_that_wait),
        TEST(what_takes_anothers_place_needs_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
