/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"

#include "policyd/ledger_digest.h"
#include "tests/support/test.h"
#include "tests/unit/issuing/house.h"

static void expect_reason(const struct server_outcome *outcome, enum reason reason)
{
    if (outcome->reason != reason) {
        fail_msg("got %s (%s), expected %s", reason_get(outcome->reason)->code,
                 outcome->detail, reason_get(reason)->code);
    }
    assert_int_equal(outcome->certificate.len == 0, reason != REASON_NONE);
}

/* The connection to be given up when intents are handed to it next; NULL: none. */
static _Atomic(struct house *) dropping;

void __wrap_signer_port_submit(struct signer_port *port, struct signer_call *const *calls,
                               size_t count);
void __real_signer_port_submit(struct signer_port *port, struct signer_call *const *calls,
                               size_t count);

void __wrap_signer_port_submit(struct signer_port *port, struct signer_call *const *calls,
                               size_t count)
{
    struct house *h = calls[0]->issuing ? atomic_exchange(&dropping, NULL) : NULL;

    if (h != NULL) {
        struct signer_port_state s;

        signer_port_get_state(port, &s);
        signer_port_drop(port, s.connection, "a test");
    }
    __real_signer_port_submit(port, calls, count);
}

static void issue_as(struct house *h, const struct proposal *proposal, enum reason reason)
{
    AUTO(server_outcome) outcome = {0};

    server_issue(h->server, &proposal->p, &outcome);
    expect_reason(&outcome, reason);
}

/* How many certificates of the ledger are live, revoked. */
static unsigned int count_status(struct house *h, const char *status)
{
    AUTO(string) text = house_dump(h->ledger, LEDGER_TABLE_CERTIFICATES);
    unsigned int count = 0;

    for (const char *at = strstr(text, status); at != NULL; at = strstr(at + 1, status)) {
        count++;
    }
    return count;
}

/* ---- the good way -------------------------------------------------------------------- */

static void server_issue_hands_out_what_ledger_and_journal_have(void **state)
{
    struct house *h = *state;

    AUTO(server_outcome) outcome = house_issue(h);

    expect_reason(&outcome, REASON_NONE);
    AUTO(ledger_certificate) row = house_certificate(h, outcome.serial);
    assert_true(bytes_equal(row->der, buf_bytes(&outcome.certificate)));
    assert_true(row->delivered);
    assert_int_equal(row->node, 0);
    assert_int_equal(row->request, 1);
    assert_string_equal(row->ca, "lab");
    assert_string_equal(row->subject, "CN=host1.example.test");
    assert_string_equal(row->san, "dns:host1.example.test upn:machine@example.test");
    assert_string_equal(row->template.name, "Machine");
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_INTENT), 1);
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_RESULT), 1);
    assert_int_equal(house_rows(h, LEDGER_TABLE_RESERVATIONS), 0);
    assert_int_equal(house_rows(h, LEDGER_TABLE_DECISIONS), 1);
    assert_int_equal(house_rows(h, LEDGER_TABLE_NAMES), 3); /* DNS, UPN, SID */
    struct ledger_digest digest;
    assert_true(ledger_digests_get(h->ledger, 1, 1, &digest));
}

static void server_issue_serves_requests_that_are_answered_in_reverse(void **state)
{
    enum { COUNT = 8 };
    struct house *h = *state;

    fake_signer_misbehave(h->signer, FAKE_FAULT_REVERSED, COUNT);
    AUTO(house_jobs) jobs = house_begin_new(h, COUNT);
    house_join(jobs);

    for (size_t i = 0; i < COUNT; i++) {
        const struct house_job *job = &jobs->jobs[i];

        expect_reason(&job->outcome, REASON_NONE);
        AUTO(ledger_certificate) row = house_certificate(h, job->outcome.serial);
        assert_int_equal(row->request, job->proposal->p.request);
    }
}

/* ---- repeats ------------------------------------------------------------------------- */

static void server_issue_gives_a_repeat_the_earlier_certificate(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) again = proposal_again(first, house_number(h));
    AUTO(server_outcome) one = {0};
    AUTO(server_outcome) two = {0};

    server_issue(h->server, &first->p, &one);
    server_issue(h->server, &again->p, &two);

    expect_reason(&two, REASON_NONE);
    assert_true(two.repeated);
    assert_false(one.repeated);
    assert_int_equal(two.request, first->p.request); /* whose decision explains it */
    assert_true(bytes_equal(buf_bytes(&one.certificate), buf_bytes(&two.certificate)));
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_INTENT), 1);
}

static void change_name(struct proposal *p)
{
    p->p.content.san_count = 1;
}

static void change_usage(struct proposal *p)
{
    p->p.content.eku_count = 1;
}

static void change_validity(struct proposal *p)
{
    p->p.content.not_after_utc -= INT64_C(30) * 86400;
}

static void change_template(struct proposal *p)
{
    p->p.template.minor++;
}

static void change_sid(struct proposal *p)
{
    p->p.account.sid = "S-1-5-21-9-9-9-9";
}

static void change_operation(struct proposal *p)
{
    p->p.op = WIRE_OP_REKEY;
}

static void server_issue_signs_anew_when_the_content_would_differ(void **state)
{
    static void (*const changes[])(struct proposal *) = {
        change_name,     change_usage, change_validity,
        change_template, change_sid,   change_operation};
    struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        AUTO(proposal) first = proposal_new(house_number(h));
        AUTO(proposal) again = proposal_again(first, house_number(h));
        AUTO(server_outcome) one = {0};
        AUTO(server_outcome) two = {0};

        changes[i](again);
        server_issue(h->server, &first->p, &one);
        server_issue(h->server, &again->p, &two);

        expect_reason(&two, REASON_NONE);
        assert_false(two.repeated);
        assert_memory_not_equal(one.serial, two.serial, WIRE_SERIAL);
    }
}

static void server_issue_takes_a_shifted_validity_for_the_same(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) again = proposal_again(first, house_number(h));
    AUTO(server_outcome) two = {0};

    again->p.content.not_before_utc += 300;
    again->p.content.not_after_utc += 300;
    issue_as(h, first, REASON_NONE);
    fake_clock_advance(&h->fake, 300);
    server_issue(h->server, &again->p, &two);

    assert_true(two.repeated);
}

static void server_issue_signs_anew_after_the_retry_window(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) again = proposal_again(first, house_number(h));
    AUTO(server_outcome) two = {0};

    issue_as(h, first, REASON_NONE);
    fake_clock_advance(&h->fake, 601);
    server_issue(h->server, &again->p, &two);

    expect_reason(&two, REASON_NONE);
    assert_false(two.repeated);
}

/* ---- two at once --------------------------------------------------------------------- */

/* Exactly one of the two is signed; the other one is told why not. */
static void expect_one_of_two(struct house *h, struct proposal *a, struct proposal *b,
                              enum reason other)
{
    struct proposal *const both[] = {a, b};

    fake_signer_pause(h->signer, true);
    AUTO(house_jobs) jobs = house_begin(h, both, 2);
    fake_signer_await(h->signer, WIRE_TYPE_ISSUE_INTENT, 1);
    while (house_rows(h, LEDGER_TABLE_REQUESTS) == 0 && other == REASON_RATE) {
    }
    fake_signer_pause(h->signer, false);
    house_join(jobs);

    const struct server_outcome *first = &jobs->jobs[0].outcome;
    size_t winner = first->reason == REASON_NONE && !first->repeated ? 0 : 1;
    const struct server_outcome *loser = &jobs->jobs[1 - winner].outcome;
    expect_reason(&jobs->jobs[winner].outcome, REASON_NONE);
    if (!loser->repeated) { /* it came when the first one was through */
        expect_reason(loser, other);
    }
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_INTENT), 1);
}

static void server_issue_signs_the_same_key_once_for_two_callers(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) again = proposal_again(first, house_number(h));

    expect_one_of_two(h, first, again, REASON_BUSY);
}

static void server_issue_gives_the_last_of_a_quota_to_one_of_two(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) second = proposal_new(house_number(h));

    second->p.account.id = first->p.account.id;
    first->p.quota.live_max = 1;
    second->p.quota.live_max = 1;
    expect_one_of_two(h, first, second, REASON_RATE);
    assert_int_equal(house_rows(h, LEDGER_TABLE_RESERVATIONS), 0);
}

static void server_issue_keeps_to_each_quota(void **state)
{
    static const struct {
        struct issue_quota quota;
        int64_t later_s;
    } cases[] = {{{1, 0, 0}, INT64_C(2) * 86400}, {{0, 1, 0}, INT64_C(8) * 86400}};
    struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(proposal) first = proposal_new(house_number(h));
        AUTO(proposal) second = proposal_new(house_number(h));
        AUTO(proposal) third = proposal_new(house_number(h));

        second->p.account.id = first->p.account.id;
        third->p.account.id = first->p.account.id;
        first->p.quota = second->p.quota = third->p.quota = cases[i].quota;
        issue_as(h, first, REASON_NONE);
        issue_as(h, second, REASON_RATE);
        fake_clock_advance(&h->fake, cases[i].later_s);
        issue_as(h, third, REASON_NONE);
    }
}

/* ---- why there is none --------------------------------------------------------------- */

static void retell(void *ctx, enum reason reason, const char *detail, struct buf *trace)
{
    buf_printf(trace, "%s %s: %s", (const char *)ctx, reason_get(reason)->code, detail);
}

static void expect_trace(struct house *h, const struct proposal *proposal,
                         const char *prefix)
{
    AUTO(ledger_decision) decision = NULL;
    struct error err = {0};

    assert_ok(ledger_decision_get(h->ledger, proposal->p.request, &decision, &err), &err);
    assert_non_null(decision);
    AUTO(string) trace = mem_dup(decision->trace.data, decision->trace.len);
    if (strncmp(trace, prefix, strlen(prefix)) != 0) {
        fail_msg("%s", trace);
    }
}

/* The road's own record ends before the reservation: what came then is told behind it. */
static void server_issue_records_why_there_is_no_certificate(void **state)
{
    static char ctx[] = "told";
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) second = proposal_new(house_number(h));
    AUTO(proposal) third = proposal_new(house_number(h));

    second->p.account.id = first->p.account.id;
    first->p.quota.day_max = second->p.quota.day_max = 1;
    second->p.decision.retell = third->p.decision.retell = retell;
    second->p.decision.ctx = third->p.decision.ctx = ctx;
    issue_as(h, first, REASON_NONE);
    issue_as(h, second, REASON_RATE);
    expect_trace(h, second,
                 "told RATE: the account's quota of certificates of this template for a "
                 "day is used up: day_max = 1");

    fake_signer_stop(h->signer);
    issue_as(h, third, REASON_SIGNER);
    expect_trace(h, third, "told SIGNER: ");
}

/* ---- the signer says no -------------------------------------------------------------- */

static void server_issue_passes_each_refusal_on(void **state)
{
    static const struct {
        enum wire_signer_reason said;
        enum reason reason;
        const char *recorded;
    } cases[] = {
        {WIRE_SIGNER_BOUNDS, REASON_BOUNDS, "denied"},
        {WIRE_SIGNER_APPROVAL, REASON_BOUNDS, "denied"},
        {WIRE_SIGNER_UNKNOWN_PROFILE, REASON_BOUNDS, "denied"},
        {WIRE_SIGNER_LINT, REASON_LINT, "denied"},
        {WIRE_SIGNER_RATE, REASON_RATE, "failed"},
        {WIRE_SIGNER_FROZEN, REASON_FROZEN, "failed"},
        {WIRE_SIGNER_CLOCK, REASON_CLOCK, "failed"},
        {WIRE_SIGNER_JOURNAL, REASON_SIGNER, "failed"},
        {WIRE_SIGNER_KEY, REASON_SIGNER, "failed"},
        {WIRE_SIGNER_UNKNOWN_CA, REASON_SIGNER, "failed"},
        {WIRE_SIGNER_BUSY, REASON_BUSY, "failed"},
        {WIRE_SIGNER_DEADLINE, REASON_SIGNER, "failed"},
        {WIRE_SIGNER_MALFORMED, REASON_INTERNAL, "failed"},
        {WIRE_SIGNER_INTERNAL, REASON_INTERNAL, "failed"},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(proposal) refused = proposal_new(house_number(h));
        AUTO(proposal) again = proposal_again(refused, house_number(h));

        fake_signer_refuse(h->signer, cases[i].said, 1);
        issue_as(h, refused, cases[i].reason);
        assert_int_equal(house_rows(h, LEDGER_TABLE_RESERVATIONS), 0);
        issue_as(h, again, REASON_NONE); /* the near twin */
    }
    assert_int_equal(house_rows(h, LEDGER_TABLE_REQUESTS), 2 * COUNT_OF(cases));
}

/* ---- the signer lies, or goes away --------------------------------------------------- */

static bool has_revoked_one(const struct server_state *state)
{
    return state->issuing && state->revoked_undelivered == 1;
}

/* Nothing comes out, what was signed is revoked, and the same request succeeds afterwards. */
static void expect_orphan(void **state, enum fake_fault fault, enum reason reason)
{
    struct house *h = *state;
    AUTO(proposal) proposal = proposal_new(house_number(h));
    AUTO(proposal) again = proposal_again(proposal, house_number(h));

    fake_signer_misbehave(h->signer, fault, 1);
    issue_as(h, proposal, reason);
    house_await(h, has_revoked_one, "the orphan is revoked");

    assert_int_equal(count_status(h, "status=3"), 1);
    assert_int_equal(count_status(h, "delivered=0"), 1);
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 1);
    issue_as(h, again, REASON_NONE);
    assert_int_equal(count_status(h, "status=1"), 1);
}

static void server_issue_revokes_what_is_not_what_was_asked(void **state)
{
    static const enum fake_fault faults[] = {
        FAKE_FAULT_OTHER_KEY,      FAKE_FAULT_OTHER_NAME,   FAKE_FAULT_OTHER_END,
        FAKE_FAULT_OTHER_START,    FAKE_FAULT_OTHER_USAGE,  FAKE_FAULT_OTHER_SID,
        FAKE_FAULT_OTHER_TEMPLATE, FAKE_FAULT_OTHER_SERIAL, FAKE_FAULT_OTHER_REQUEST};

    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        expect_orphan(state, faults[i], REASON_INTERNAL);
        assert_int_equal(house_teardown(state), 0);
        assert_int_equal(house_setup(state), 0);
    }
}

static void server_issue_revokes_what_it_cannot_know(void **state)
{
    static const enum fake_fault faults[] = {
        FAKE_FAULT_CUT_FRAME, FAKE_FAULT_CLOSE_INTENT, FAKE_FAULT_CLOSE_RESULT,
        FAKE_FAULT_WRONG_TYPE, FAKE_FAULT_STRANGE};

    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        expect_orphan(state, faults[i], REASON_SIGNER);
        assert_int_equal(house_teardown(state), 0);
        assert_int_equal(house_setup(state), 0);
    }
}

static void server_issue_loses_nothing_that_came_before_a_broken_answer(void **state)
{
    enum { COUNT = 8 };
    struct house *h = *state;
    unsigned int got = 0;

    fake_signer_pause(h->signer, true);
    AUTO(house_jobs) jobs = house_begin_new(h, COUNT);
    fake_signer_await(h->signer, WIRE_TYPE_ISSUE_INTENT, COUNT);
    fake_signer_misbehave(h->signer, FAKE_FAULT_STRANGE, 1);
    fake_signer_pause(h->signer, false);
    house_join(jobs);
    house_await_issuing(h);

    for (size_t i = 0; i < COUNT; i++) {
        got += jobs->jobs[i].outcome.reason == REASON_NONE ? 1 : 0;
    }
    assert_int_equal(got, COUNT - 1);
    assert_int_equal(count_status(h, "delivered=1"), COUNT - 1);
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 1);
}

static bool is_back(const struct server_state *state)
{
    return state->issuing && state->signer.connection > 1;
}

/* It is reserved when nobody is there to hand it to. */
static void server_issue_reserves_nothing_for_a_signer_that_has_just_gone(void **state)
{
    struct house *h = *state;
    AUTO(proposal) first = proposal_new(house_number(h));
    AUTO(proposal) second = proposal_again(first, house_number(h));

    dropping = h;
    issue_as(h, first, REASON_SIGNER);
    assert_int_equal(house_rows(h, LEDGER_TABLE_RESERVATIONS), 0);
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_INTENT), 0);
    house_await(h, is_back, "the signer is back");
    issue_as(h, second, REASON_NONE);
}

/* More than are handed on at once. */
static void server_issue_serves_a_crowd(void **state)
{
    enum { COUNT = 150 };
    struct house *h = *state;

    house_close(h);
    h->options.silence_ms = HOUSE_WAIT_MS;
    house_open(h);
    house_await_issuing(h);
    fake_signer_pause(h->signer, true);
    AUTO(house_jobs) jobs = house_begin_new(h, COUNT);
    fake_signer_await(h->signer, WIRE_TYPE_ISSUE_INTENT, COUNT);
    fake_signer_pause(h->signer, false);
    house_join(jobs);

    for (size_t i = 0; i < COUNT; i++) {
        expect_reason(&jobs->jobs[i].outcome, REASON_NONE);
    }
    assert_int_equal(count_status(h, "delivered=1"), COUNT);
}

/* What the ended server would be told is seen by sanitizers alone. */
static void a_ledger_goes_on_when_its_server_has_ended(void **state)
{
    struct house *h = *state;
    AUTO(server_outcome) outcome = house_issue(h);
    struct ledger_op op = {.kind = LEDGER_SETTING, .setting = {"colour", "green"}};
    struct error err = {0};

    server_free(TAKE(h->server));

    assert_ok(ledger_execute(h->ledger, &op, &err), &err);
}

static void server_issue_gives_up_a_silent_signer(void **state)
{
    struct house *h = *state;

    house_close(h);
    h->options.sign_deadline_ms = 1;
    h->options.silence_ms = 300;
    house_open(h);
    house_await_issuing(h);
    expect_orphan(state, FAKE_FAULT_SILENCE, REASON_SIGNER);
}

static void server_issue_has_nothing_to_revoke_when_nothing_was_journalled(void **state)
{
    struct house *h = *state;
    AUTO(proposal) proposal = proposal_new(house_number(h));

    fake_signer_misbehave(h->signer, FAKE_FAULT_CLOSE_UNSEEN, 1);
    issue_as(h, proposal, REASON_SIGNER);
    house_await_issuing(h);

    assert_int_equal(house_rows(h, LEDGER_TABLE_CERTIFICATES), 0);
}

static void server_issue_refuses_while_the_signer_is_away(void **state)
{
    struct house *h = *state;
    AUTO(proposal) proposal = proposal_new(house_number(h));
    struct server_state s;

    fake_signer_stop(h->signer);
    issue_as(h, proposal, REASON_SIGNER);
    server_get_state(h->server, &s);
    assert_false(s.issuing);
    assert_true(s.problem_count > 0);
    assert_string_equal(s.problems[0].what, "signer");

    fake_signer_start(h->signer);
    house_await_issuing(h);
    issue_as(h, proposal, REASON_NONE);
}

/* ---- clock and end ------------------------------------------------------------------- */

static void server_issue_stops_when_the_clock_was_set(void **state)
{
    struct house *h = *state;
    AUTO(proposal) proposal = proposal_new(house_number(h));
    struct server_state s;

    fake_clock_set(&h->fake, FIXTURE_NOW + 3600);
    issue_as(h, proposal, REASON_CLOCK);
    server_get_state(h->server, &s);
    assert_string_equal(s.problems[0].what, "clock");

    server_confirm_clock(h->server);
    issue_as(h, proposal, REASON_NONE);
}

static void server_stop_lets_requests_on_their_way_end(void **state)
{
    enum { COUNT = 100 };
    struct house *h = *state;
    AUTO(proposal) late = proposal_new(1000);

    fake_signer_pause(h->signer, true);
    AUTO(house_jobs) jobs = house_begin_new(h, COUNT);
    fake_signer_await(h->signer, WIRE_TYPE_ISSUE_INTENT, COUNT);
    server_stop(h->server);
    issue_as(h, late, REASON_BUSY);
    fake_signer_pause(h->signer, false);
    house_join(jobs);

    for (size_t i = 0; i < COUNT; i++) {
        expect_reason(&jobs->jobs[i].outcome, REASON_NONE);
    }
    server_free(TAKE(h->server));
    assert_int_equal(count_status(h, "delivered=1"), COUNT);
}

static void server_issue_survives_a_restart_of_the_signer_under_load(void **state)
{
    enum { COUNT = 60 };
    struct house *h = *state;
    unsigned int got = 0;

    fake_signer_pause(h->signer, true);
    AUTO(house_jobs) jobs = house_begin_new(h, COUNT);
    fake_signer_await(h->signer, WIRE_TYPE_ISSUE_INTENT, COUNT / 2);
    fake_signer_restart(h->signer);
    fake_signer_pause(h->signer, false);
    house_join(jobs);
    house_await_issuing(h);

    for (size_t i = 0; i < COUNT; i++) {
        got += jobs->jobs[i].outcome.reason == REASON_NONE ? 1 : 0;
    }
    assert_int_equal(count_status(h, "delivered=1"), got);
    AUTO(server_outcome) next = house_issue(h);
    expect_reason(&next, REASON_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(server_issue_hands_out_what_ledger_and_journal_have),
        TEST(server_issue_serves_requests_that_are_answered_in_reverse),
        TEST(server_issue_gives_a_repeat_the_earlier_certificate),
        TEST(server_issue_signs_anew_when_the_content_would_differ),
        TEST(server_issue_takes_a_shifted_validity_for_the_same),
        TEST(server_issue_signs_anew_after_the_retry_window),
        TEST(server_issue_signs_the_same_key_once_for_two_callers),
        TEST(server_issue_gives_the_last_of_a_quota_to_one_of_two),
        TEST(server_issue_keeps_to_each_quota),
        TEST(server_issue_records_why_there_is_no_certificate),
        TEST(server_issue_passes_each_refusal_on),
        TEST(server_issue_revokes_what_is_not_what_was_asked),
        TEST(server_issue_revokes_what_it_cannot_know),
        TEST(server_issue_loses_nothing_that_came_before_a_broken_answer),
        TEST(server_issue_reserves_nothing_for_a_signer_that_has_just_gone),
        TEST(server_issue_serves_a_crowd),
        TEST(a_ledger_goes_on_when_its_server_has_ended),
        TEST(server_issue_gives_up_a_silent_signer),
        TEST(server_issue_has_nothing_to_revoke_when_nothing_was_journalled),
        TEST(server_issue_refuses_while_the_signer_is_away),
        TEST(server_issue_stops_when_the_clock_was_set),
        TEST(server_stop_lets_requests_on_their_way_end),
        TEST(server_issue_survives_a_restart_of_the_signer_under_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
