/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

/* Reserves and returns the outcome; the operation is cleared. */
static enum ledger_reserve_outcome reserve(struct fixture *f, struct ledger_op op)
{
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    ledger_op_clear(&op);
    return op.reserve.outcome;
}

static enum ledger_reserve_outcome reserve_plainly(struct fixture *f, unsigned int n)
{
    return reserve(f, fixture_reserve(n));
}

/* ---- the same on its way ------------------------------------------------------------- */

static void the_same_key_is_reserved_once(void **state)
{
    struct fixture *f = *state;
    struct ledger_op second = fixture_reserve(1);
    struct error err;
    second.reserve.request = 2;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_ok(ledger_execute(f->ledger, &second, &err), &err);

    assert_int_equal(second.reserve.outcome, LEDGER_IN_FLIGHT);
    assert_int_equal(second.reserve.holder, 1);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_RESERVATIONS), 1);
}

static void another_key_account_or_template_is_another_reservation(void **state)
{
    struct fixture *f = *state;
    struct ledger_op account = fixture_reserve(1);
    struct ledger_op template = fixture_reserve(1);
    account.reserve.request = 2;
    account.reserve.account = "account-2";
    template.reserve.request = 3;
    template.reserve.template_name = "WebServer";

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_int_equal(reserve_plainly(f, 4), LEDGER_RESERVED);
    assert_int_equal(reserve(f, account), LEDGER_RESERVED);
    assert_int_equal(reserve(f, template), LEDGER_RESERVED);
}

static void another_attempt_of_the_same_waits(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_int_equal(reserve_plainly(f, 1), LEDGER_IN_FLIGHT);
}

static void a_reservation_counts_until_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct ledger_op late = fixture_reserve(1);
    late.reserve.request = 2;
    late.reserve.now_utc = FIXTURE_NOW + 299;
    late.reserve.expires_utc = FIXTURE_NOW + 900;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_int_equal(reserve(f, late), LEDGER_IN_FLIGHT);
    late.reserve.now_utc = FIXTURE_NOW + 300;
    assert_int_equal(reserve(f, late), LEDGER_RESERVED);
}

static void a_refused_request_gives_its_reservation_back(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(1);
    struct ledger_op refuse = {.kind = LEDGER_REFUSE, .refuse = {&request, NULL}};
    struct ledger_op next = fixture_reserve(1);
    struct error err;
    next.reserve.request = 2;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_ok(ledger_execute(f->ledger, &refuse, &err), &err);

    assert_int_equal(reserve(f, next), LEDGER_RESERVED);
}

static void nobody_gives_back_what_another_request_reserved(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(2);
    struct ledger_op refuse = {.kind = LEDGER_REFUSE, .refuse = {&request, NULL}};
    struct ledger_op third = fixture_reserve(1);
    struct error err;
    request.key = fixture_hash(1);
    third.reserve.request = 3;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_ok(ledger_execute(f->ledger, &refuse, &err), &err);

    assert_int_equal(reserve(f, third), LEDGER_IN_FLIGHT);
}

static void a_new_life_begins_without_its_nodes_reservations(void **state)
{
    struct fixture *f = *state;
    struct ledger_op other_node = fixture_reserve(2);
    struct ledger_op first = fixture_reserve(1);
    struct ledger_op second = fixture_reserve(2);
    other_node.reserve.node = 5;
    first.reserve.request = 11;
    second.reserve.request = 12;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_int_equal(reserve(f, other_node), LEDGER_RESERVED);
    fixture_restart(f);

    assert_int_equal(reserve(f, first), LEDGER_RESERVED);
    assert_int_equal(reserve(f, second), LEDGER_IN_FLIGHT);
}

static void opening_again_in_the_same_life_keeps_them(void **state)
{
    struct fixture *f = *state;
    struct ledger_op second = fixture_reserve(1);
    struct error err;
    second.reserve.request = 2;

    assert_int_equal(reserve_plainly(f, 1), LEDGER_RESERVED);
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);

    assert_int_equal(reserve(f, second), LEDGER_IN_FLIGHT);
}

static void what_no_request_on_its_way_has_is_released(void **state)
{
    struct fixture *f = *state;
    const int64_t kept[] = {2, 0};
    struct ledger_op release = {
        .kind = LEDGER_RELEASE,
        .release = {.node = 1, .kept = kept, .kept_len = COUNT_OF(kept)}};
    struct ledger_op strays[] = {fixture_reserve(1), fixture_reserve(2),
                                 fixture_reserve(3)};
    struct ledger_op later[COUNT_OF(strays)];
    struct error err;
    strays[2].reserve.node = 5; /* another's */

    for (size_t i = 0; i < COUNT_OF(strays); i++) {
        assert_int_equal(reserve(f, strays[i]), LEDGER_RESERVED);
        later[i] = strays[i];
        later[i].reserve.request += 10;
    }
    release.release.node = strays[0].reserve.node;
    assert_ok(ledger_execute(f->ledger, &release, &err), &err);

    assert_int_equal(release.release.released, 1);
    assert_int_equal(reserve(f, later[0]), LEDGER_RESERVED);
    assert_int_equal(reserve(f, later[1]), LEDGER_IN_FLIGHT);
    assert_int_equal(reserve(f, later[2]), LEDGER_IN_FLIGHT);
}

/* As when nobody is on his way any more. */
static void release_all(struct fixture *f)
{
    static const int64_t none[1];
    struct ledger_op op = {
        .kind = LEDGER_RELEASE,
        .release = {.node = fixture_reserve(1).reserve.node, .kept = none}};
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

/* ---- attempts of a request that waited ----------------------------------------------- */

static struct ledger_op attempt(int64_t number)
{
    struct ledger_op op = fixture_reserve(1);

    op.reserve.request = number;
    op.reserve.waited = 1;
    return op;
}

/* The request ends by one attempt: with its certificate, or without. */
static void end_attempt(struct fixture *f, int64_t number,
                        enum ledger_request_state state)
{
    struct ledger_request request = fixture_request(1);
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, NULL}};
    struct error err;

    request.attempt = number;
    request.state = state;
    request.reason = state == LEDGER_REQUEST_DENIED ? "RULE_DENIED" : "BUSY";
    request.expires_utc = 0;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

static void what_waited_is_on_its_way_once(void **state)
{
    struct fixture *f = *state;

    fixture_hold(f, 1, 1);
    assert_int_equal(reserve(f, attempt(11)), LEDGER_RESERVED);
    assert_int_equal(reserve(f, attempt(12)), LEDGER_IN_FLIGHT);
    end_attempt(f, 12, LEDGER_REQUEST_FAILED); /* it gives back nothing */
    assert_int_equal(reserve(f, attempt(13)), LEDGER_IN_FLIGHT);
    end_attempt(f, 11, LEDGER_REQUEST_FAILED); /* the request waits on */
    assert_int_equal(reserve(f, attempt(14)), LEDGER_RESERVED);
}

static void what_waited_is_issued_once(void **state)
{
    struct fixture *f = *state;

    fixture_hold(f, 1, 1);
    assert_int_equal(reserve(f, attempt(11)), LEDGER_RESERVED);
    fixture_issue(f, 1);
    release_all(f);
    assert_int_equal(reserve(f, attempt(12)), LEDGER_ENDED);
}

/* Whoever lost the answer gets it again, as one that never waited would. */
static void what_waited_and_was_issued_is_repeated(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op = attempt(12);
    struct error err;

    fixture_hold(f, 1, 1);
    assert_int_equal(reserve(f, attempt(11)), LEDGER_RESERVED);
    fixture_issue(f, 1);
    release_all(f);
    op.reserve.retry_window_s = 600;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.reserve.outcome, LEDGER_EARLIER);
    assert_non_null(op.reserve.earlier);
    ledger_op_clear(&op);
}

static void what_was_denied_meanwhile_is_not_issued(void **state)
{
    struct fixture *f = *state;

    fixture_hold(f, 1, 1);
    end_attempt(f, 11, LEDGER_REQUEST_DENIED);
    assert_int_equal(reserve(f, attempt(12)), LEDGER_ENDED);
}

/* ---- the retry window ---------------------------------------------------------------- */

/* A repeat of what request 1 got, so many seconds later. */
static struct ledger_op repeat(int64_t later)
{
    struct ledger_op op = fixture_reserve(1);

    op.reserve.request = 50;
    op.reserve.now_utc = FIXTURE_NOW + later;
    op.reserve.expires_utc = FIXTURE_NOW + later + 300;
    op.reserve.retry_window_s = 600;
    return op;
}

static void a_repeat_within_the_window_gets_the_certificate_again(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(1);
    AUTO(ledger_op) op = repeat(599);
    struct error err;

    fixture_settle(f, &c);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);

    assert_int_equal(op.reserve.outcome, LEDGER_EARLIER);
    assert_memory_equal(&op.reserve.earlier->serial, &c.serial, sizeof(c.serial));
    assert_int_equal(op.reserve.earlier->der.len, c.der.len);
    assert_memory_equal(op.reserve.earlier->der.data, c.der.data, c.der.len);
    assert_string_equal(op.reserve.earlier->template.oid, c.template.oid);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_RESERVATIONS), 0);
}

static void after_the_window_or_without_one_it_is_reserved(void **state)
{
    struct fixture *f = *state;
    struct ledger_op no_window = repeat(10);
    no_window.reserve.retry_window_s = 0;

    fixture_issue(f, 1);

    assert_int_equal(reserve(f, no_window), LEDGER_RESERVED);
    assert_int_equal(reserve(f, repeat(600)), LEDGER_RESERVED);
}

static void only_the_same_is_given_again(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op[] = {repeat(1), repeat(1), repeat(1), repeat(1), repeat(1)};
    op[0].reserve.operation = LEDGER_OPERATION_RENEW;
    op[1].reserve.account = "account-2";
    op[2].reserve.template_name = "WebServer";
    op[3].reserve.key = fixture_hash(2);
    op[4].reserve.renews = fixture_serial(1); /* it is the one to be replaced */

    fixture_issue(f, 1);

    assert_int_equal(reserve(f, repeat(1)), LEDGER_EARLIER);
    for (unsigned int i = 0; i < COUNT_OF(op); i++) {
        assert_int_equal(reserve(f, op[i]), LEDGER_RESERVED);
        release_all(f);
    }
}

static void what_is_revoked_held_or_superseded_is_not_given_again(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate renewal = fixture_certificate(2);
    renewal.renews = fixture_serial(1);
    renewal.key = fixture_hash(99);

    fixture_issue(f, 1);
    fixture_revoke(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 10);
    assert_int_equal(reserve(f, repeat(1)), LEDGER_RESERVED);
    release_all(f);
    fixture_revoke(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 11);
    assert_int_equal(reserve(f, repeat(1)), LEDGER_EARLIER);
    fixture_settle(f, &renewal);
    assert_int_equal(reserve(f, repeat(1)), LEDGER_RESERVED);
}

static void what_is_revoked_is_not_given_again(void **state)
{
    struct fixture *f = *state;

    fixture_issue(f, 1);
    assert_int_equal(reserve(f, repeat(1)), LEDGER_EARLIER);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 10);

    assert_int_equal(reserve(f, repeat(1)), LEDGER_RESERVED);
}

static void what_has_expired_is_not_given_again(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(1);
    c.not_after_utc = FIXTURE_NOW + 60;

    fixture_settle(f, &c);

    assert_int_equal(reserve(f, repeat(59)), LEDGER_EARLIER);
    assert_int_equal(reserve(f, repeat(60)), LEDGER_RESERVED);
}

/* ---- quotas -------------------------------------------------------------------------- */

/* Issues n for account-1 so many seconds ago. */
static void issue_ago(struct fixture *f, unsigned int n, int64_t ago)
{
    struct ledger_certificate c = fixture_certificate(n);

    c.issued_utc = FIXTURE_NOW - ago;
    fixture_settle(f, &c);
}

static struct ledger_op with_quota(unsigned int n, struct ledger_quota quota)
{
    struct ledger_op op = fixture_reserve(n);

    op.reserve.quota = quota;
    return op;
}

static void a_day_has_its_quota(void **state)
{
    struct fixture *f = *state;
    struct ledger_quota quota = {.day_max = 2};

    issue_ago(f, 1, FIXTURE_DAY - 1);
    issue_ago(f, 2, FIXTURE_DAY); /* no longer within it */
    assert_int_equal(reserve(f, with_quota(3, quota)), LEDGER_RESERVED);

    assert_int_equal(reserve(f, with_quota(4, quota)), LEDGER_QUOTA_DAY);
    quota.day_max = 3;
    assert_int_equal(reserve(f, with_quota(4, quota)), LEDGER_RESERVED);
}

static void a_week_has_its_quota(void **state)
{
    struct fixture *f = *state;
    struct ledger_quota quota = {.day_max = 5, .week_max = 2};

    issue_ago(f, 1, 7 * FIXTURE_DAY - 1);
    issue_ago(f, 2, 7 * FIXTURE_DAY);
    assert_int_equal(reserve(f, with_quota(3, quota)), LEDGER_RESERVED);

    assert_int_equal(reserve(f, with_quota(4, quota)), LEDGER_QUOTA_WEEK);
}

static void a_short_lived_certificate_still_counts_in_its_week(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(1);
    struct ledger_quota quota = {.week_max = 1};
    c.issued_utc = FIXTURE_NOW - 6 * FIXTURE_DAY;
    c.not_before_utc = c.issued_utc;
    c.not_after_utc = c.issued_utc + 60;

    fixture_settle(f, &c);

    assert_int_equal(reserve(f, with_quota(2, quota)), LEDGER_QUOTA_WEEK);
}

static void live_ones_have_their_quota(void **state)
{
    struct fixture *f = *state;
    struct ledger_quota quota = {.live_max = 2};

    issue_ago(f, 1, 30 * FIXTURE_DAY);
    issue_ago(f, 2, 30 * FIXTURE_DAY);
    assert_int_equal(reserve(f, with_quota(3, quota)), LEDGER_QUOTA_LIVE);

    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 10);
    assert_int_equal(reserve(f, with_quota(3, quota)), LEDGER_RESERVED);
}

static void the_one_that_is_renewed_does_not_count(void **state)
{
    struct fixture *f = *state;
    struct ledger_op renewal = with_quota(2, (struct ledger_quota){.live_max = 1});

    issue_ago(f, 1, 30 * FIXTURE_DAY);
    assert_int_equal(reserve(f, renewal), LEDGER_QUOTA_LIVE);
    renewal.reserve.renews = fixture_serial(1);

    assert_int_equal(reserve(f, renewal), LEDGER_RESERVED);
}

static void what_others_or_other_templates_got_does_not_count(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate other = fixture_certificate(1);
    struct ledger_certificate template = fixture_certificate(2);
    struct ledger_quota quota = {.day_max = 1, .week_max = 1, .live_max = 1};
    other.account = "account-2";
    template.template.name = "WebServer";

    fixture_settle(f, &other);
    fixture_settle(f, &template);

    assert_int_equal(reserve(f, with_quota(3, quota)), LEDGER_RESERVED);
}

static void the_last_unit_goes_to_one_of_two(void **state)
{
    struct fixture *f = *state;
    struct ledger_quota quota = {.day_max = 1};

    assert_int_equal(reserve(f, with_quota(1, quota)), LEDGER_RESERVED);
    assert_int_equal(reserve(f, with_quota(2, quota)), LEDGER_QUOTA_DAY);
    fixture_issue(f, 1);

    assert_int_equal(reserve(f, with_quota(2, quota)), LEDGER_QUOTA_DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(the_same_key_is_reserved_once),
        TEST(another_key_account_or_template_is_another_reservation),
        TEST(another_attempt_of_the_same_waits),
        TEST(what_waited_is_on_its_way_once),
        TEST(what_waited_is_issued_once),
        TEST(what_waited_and_was_issued_is_repeated),
        TEST(what_was_denied_meanwhile_is_not_issued),
        TEST(a_reservation_counts_until_its_time_is_over),
        TEST(a_refused_request_gives_its_reservation_back),
        TEST(nobody_gives_back_what_another_request_reserved),
        TEST(a_new_life_begins_without_its_nodes_reservations),
        TEST(opening_again_in_the_same_life_keeps_them),
        TEST(what_no_request_on_its_way_has_is_released),
        TEST(a_repeat_within_the_window_gets_the_certificate_again),
        TEST(after_the_window_or_without_one_it_is_reserved),
        TEST(only_the_same_is_given_again),
        TEST(what_is_revoked_held_or_superseded_is_not_given_again),
        TEST(what_is_revoked_is_not_given_again),
        TEST(what_has_expired_is_not_given_again),
        TEST(a_day_has_its_quota),
        TEST(a_week_has_its_quota),
        TEST(a_short_lived_certificate_still_counts_in_its_week),
        TEST(live_ones_have_their_quota),
        TEST(the_one_that_is_renewed_does_not_count),
        TEST(what_others_or_other_templates_got_does_not_count),
        TEST(the_last_unit_goes_to_one_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
