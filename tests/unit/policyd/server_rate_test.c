/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/mem.h"

#include "policyd/server_rate.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"

enum { BURST = 3, EVERY_S = 60, DEFAULT_BURST = 50 };

struct scene {
    struct fake_clock time;
    struct clock clock;
    struct server_rate *rate;
};

static void open_scene(struct scene *s, uint32_t burst)
{
    *s = (struct scene){.rate = NULL};
    fake_clock_set(&s->time, 1800000000);
    fake_clock_advance(&s->time, 1000);
    s->clock = fake_clock_port(&s->time);
    s->rate = server_rate_new(burst, EVERY_S, &s->clock);
}

static bool take(struct scene *s, const char *account)
{
    uint32_t wait_s = 0;

    return server_rate_take(s->rate, account, &wait_s);
}

static void expect_wait(struct scene *s, const char *account, uint32_t seconds)
{
    uint32_t wait_s = 0;

    assert_false(server_rate_take(s->rate, account, &wait_s));
    assert_int_equal(wait_s, seconds);
}

static void spend_all(struct scene *s, const char *account, unsigned int burst)
{
    for (unsigned int i = 0; i < burst; i++) {
        assert_true(take(s, account));
    }
}

static void turns_come_back_one_by_one(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, BURST);
    spend_all(&s, "alice", BURST);
    expect_wait(&s, "alice", EVERY_S);
    fake_clock_advance(&s.time, EVERY_S - 1);
    expect_wait(&s, "alice", 1);
    fake_clock_advance(&s.time, 1);
    spend_all(&s, "alice", 1);
    expect_wait(&s, "alice", EVERY_S);
    fake_clock_advance(&s.time, INT64_C(10) * BURST * EVERY_S);
    spend_all(&s, "alice", BURST); /* all are back, and no more than all */
    expect_wait(&s, "alice", EVERY_S);
    server_rate_free(s.rate);
}

static void one_accounts_turns_are_not_anothers(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, BURST);
    spend_all(&s, "mallory", BURST);
    expect_wait(&s, "mallory", EVERY_S);
    spend_all(&s, "alice", BURST);
    server_rate_free(s.rate);
}

static void a_turn_that_is_given_back_was_not_spent(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, BURST);
    for (int i = 0; i < 1000; i++) {
        assert_true(take(&s, "alice"));
        server_rate_give_back(s.rate, "alice");
    }
    spend_all(&s, "alice", BURST);
    expect_wait(&s, "alice", EVERY_S);
    server_rate_give_back(s.rate, "alice");
    spend_all(&s, "alice", 1);
    server_rate_free(s.rate);
}

static void the_wall_clock_gives_no_turns(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, BURST);
    spend_all(&s, "alice", BURST);
    fake_clock_set(&s.time, 1900000000);
    expect_wait(&s, "alice", EVERY_S);
    server_rate_free(s.rate);
}

/* However many others there are, and whatever is forgotten of them. */
static void a_crowd_makes_nobody_forgotten_who_spent_all(void **state)
{
    enum { CROWD = 100000 };
    struct scene s;

    (void)state;
    open_scene(&s, DEFAULT_BURST);
    spend_all(&s, "mallory", DEFAULT_BURST);
    for (int i = 0; i < CROWD; i++) {
        AUTO(string) account = mem_printf("account-%d", i);

        assert_true(take(&s, account));
    }
    expect_wait(&s, "mallory", EVERY_S);
    server_rate_free(s.rate);
}

static void two_hundred_honest_agents_never_wait(void **state)
{
    enum { AGENTS = 200, TEMPLATES = 5, TRIES = 3 };
    struct scene s;

    (void)state;
    open_scene(&s, DEFAULT_BURST);
    for (int hour = 0; hour < 48; hour++) {
        for (int i = 0; i < AGENTS * TEMPLATES * TRIES; i++) {
            AUTO(string) account = mem_printf("account-%d", i % AGENTS);

            assert_true(take(&s, account));
        }
        fake_clock_advance(&s.time, 3600);
    }
    server_rate_free(s.rate);
}

static void nobodys_turns_are_counted_where_there_is_no_limit(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 0);
    spend_all(&s, "alice", 10000);
    server_rate_free(s.rate);
}

static void the_greatest_limits_are_limits(void **state)
{
    struct scene s;
    uint32_t wait_s = 0;

    (void)state;
    open_scene(&s, 0);
    server_rate_free(s.rate);
    s.rate = server_rate_new(SERVER_RATE_BURST_MAX, SERVER_RATE_EVERY_MAX_S, &s.clock);
    spend_all(&s, "alice", SERVER_RATE_BURST_MAX);
    assert_false(server_rate_take(s.rate, "alice", &wait_s));
    assert_int_equal(wait_s, SERVER_RATE_EVERY_MAX_S);
    server_rate_free(s.rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_come_back_one_by_one),
        cmocka_unit_test(one_accounts_turns_are_not_anothers),
        cmocka_unit_test(a_turn_that_is_given_back_was_not_spent),
        cmocka_unit_test(the_wall_clock_gives_no_turns),
        cmocka_unit_test(a_crowd_makes_nobody_forgotten_who_spent_all),
        cmocka_unit_test(two_hundred_honest_agents_never_wait),
        cmocka_unit_test(the_greatest_limits_are_limits),
        cmocka_unit_test(nobodys_turns_are_counted_where_there_is_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
