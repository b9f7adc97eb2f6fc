/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks in vain all the time: here by a name that the directory does not have. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "policyd/server_road.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { BURST = 3, EVERY_S = 60 };

struct scene {
    struct fixture *f;
    struct fake_clock time;
    struct clock clock;
    struct decide_site site;
    struct server_road *road;
    struct server_identity who;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));
    void *f = NULL;

    assert_int_equal(fixture_setup(&f), 0);
    s->f = f;
    fake_clock_set(&s->time, FIXTURE_NOW);
    s->clock = fake_clock_port(&s->time);
    s->road =
        server_road_new(&(const struct server_road_settings){.ledger = s->f->ledger,
                                                             .clock = &s->clock,
                                                             .site = &s->site,
                                                             .rate_burst = BURST,
                                                             .rate_every_s = EVERY_S,
                                                             .software = "0.1.0"});
    s->who.login.outcome = AUTH_KNOWN;
    s->who.refusal.audit_reason = REASON_DISABLED;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    void *f = s->f;

    server_road_free(s->road);
    (void)fixture_teardown(&f);
    free(s);
    return 0;
}

/* Each time with another body, whose key nobody reads. */
static struct enroll_outcome ask(struct scene *s, const char *principal)
{
    static unsigned char body[] = {0};
    const struct enroll_request request = {.label = "Machine",
                                           .csr = {body, sizeof(body)},
                                           .protocol = "est",
                                           .peer_address = "192.0.2.1"};
    struct enroll_outcome out = ENROLL_OUTCOME_EMPTY;

    body[0]++;
    (void)snprintf(s->who.login.principal, sizeof(s->who.login.principal), "%s",
                   principal);
    server_road_enroll(s->road, &s->who, &request, &out);
    return out;
}

static void expect_refused(struct scene *s, const char *principal)
{
    struct enroll_outcome out = ask(s, principal);

    assert_int_equal(out.reason, REASON_DISABLED);
    assert_string_not_equal(out.request_id, "");
}

static void expect_later(struct scene *s, const char *principal, unsigned int wait_s)
{
    struct enroll_outcome out = ask(s, principal);

    assert_int_equal(out.reason, REASON_RATE);
    assert_int_equal(reason_get(out.reason)->status, 429);
    assert_int_equal(out.retry_after_s, wait_s);
    assert_string_equal(out.request_id, ""); /* there is nothing to be looked up */
}

static void who_asks_in_vain_too_often_is_told_to_wait_and_leaves_no_rows(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < BURST; i++) {
        expect_refused(s, "mallory@CORP.EXAMPLE");
    }
    unsigned int requests = fixture_count(s->f->ledger, LEDGER_TABLE_REQUESTS);
    unsigned int decisions = fixture_count(s->f->ledger, LEDGER_TABLE_DECISIONS);
    assert_int_equal(decisions, BURST);
    for (int i = 0; i < 100; i++) {
        expect_later(s, "mallory@CORP.EXAMPLE", EVERY_S);
    }
    assert_int_equal(fixture_count(s->f->ledger, LEDGER_TABLE_REQUESTS), requests);
    assert_int_equal(fixture_count(s->f->ledger, LEDGER_TABLE_DECISIONS), decisions);
    expect_refused(s, "alice@CORP.EXAMPLE"); /* as she would be without him */
}

static void he_may_ask_again_when_the_time_is_over(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < BURST; i++) {
        expect_refused(s, "mallory@CORP.EXAMPLE");
    }
    fake_clock_advance(&s->time, EVERY_S - 1);
    expect_later(s, "mallory@CORP.EXAMPLE", 1);
    fake_clock_advance(&s->time, 1);
    expect_refused(s, "mallory@CORP.EXAMPLE");
    expect_later(s, "mallory@CORP.EXAMPLE", EVERY_S);
}

/* It is no fault of his; and what is recorded of it has an end, too. */
static void who_finds_something_away_is_told_so_however_often(void **state)
{
    struct scene *s = *state;

    s->who.refusal.audit_reason = REASON_DIR_DOWN;
    for (int i = 0; i < 10 * BURST; i++) {
        struct enroll_outcome out = ask(s, "alice@CORP.EXAMPLE");

        assert_int_equal(out.reason, REASON_DIR_DOWN);
        assert_true(out.retry_after_s > 0);
    }
    assert_int_equal(fixture_count(s->f->ledger, LEDGER_TABLE_DECISIONS), BURST);
    fake_clock_advance(&s->time, EVERY_S);
    (void)ask(s, "alice@CORP.EXAMPLE");
    (void)ask(s, "alice@CORP.EXAMPLE");
    assert_int_equal(fixture_count(s->f->ledger, LEDGER_TABLE_DECISIONS), BURST + 1);

    s->who.refusal.audit_reason = REASON_DISABLED;
    for (int i = 0; i < BURST; i++) {
        expect_refused(s, "alice@CORP.EXAMPLE");
    }
    expect_later(s, "alice@CORP.EXAMPLE", EVERY_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_asks_in_vain_too_often_is_told_to_wait_and_leaves_no_rows),
        TEST(who_finds_something_away_is_told_so_however_often),
        TEST(he_may_ask_again_when_the_time_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
