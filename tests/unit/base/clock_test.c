/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "common/base/clock.h"

#include "tests/support/fake_clock.h"
#include "tests/support/test.h"

#define SECOND ((int64_t)CLOCK_NS_PER_SECOND)

static void clock_system_tells_the_kernels_time(void **state)
{
    const struct clock *clock = clock_system();
    struct timespec real = {0};
    struct timespec boot = {0};
    (void)state;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &real), 0);
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);

    /* A generous minute: the machine may be busy, but no other clock is that near. */
    assert_in_range(clock_now_utc(clock) - real.tv_sec + 60, 0, 120);
    assert_in_range(clock_now_ns(clock) / SECOND - real.tv_sec + 60, 0, 120);
    assert_in_range(clock_boottime_ns(clock) / SECOND - boot.tv_sec + 60, 0, 120);
}

static void clock_now_utc_rounds_down(void **state)
{
    static const struct {
        int64_t now_ns;
        int64_t utc;
    } cases[] = {{0, 0},   {SECOND - 1, 0}, {SECOND, 1},
                 {-1, -1}, {-SECOND, -1},   {-SECOND - 1, -2}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fake_clock fake = {.now_ns = cases[i].now_ns};
        struct clock clock = fake_clock_port(&fake);

        assert_int_equal(clock_now_utc(&clock), cases[i].utc);
    }
}

static void clock_jump_is_how_far_wall_time_was_set(void **state)
{
    struct fake_clock fake = {.now_ns = 1000 * SECOND, .boottime_ns = 50 * SECOND};
    struct clock clock = fake_clock_port(&fake);
    struct clock_mark start = clock_mark_now(&clock);
    (void)state;

    fake_clock_advance(&fake, 86400);
    assert_int_equal(clock_jump_ns(start, clock_mark_now(&clock)), 0);
    assert_false(clock_has_jumped(start, clock_mark_now(&clock), 0));

    fake_clock_set(&fake, 1000 + 86400 + 30);
    assert_int_equal(clock_jump_ns(start, clock_mark_now(&clock)), 30 * SECOND);

    fake_clock_set(&fake, 1000);
    assert_int_equal(clock_jump_ns(start, clock_mark_now(&clock)), -86400 * SECOND);
}

static void clock_has_jumped_beyond_the_tolerance_either_way(void **state)
{
    static const struct {
        int64_t jump;
        bool has_jumped;
    } cases[] = {{0, false},           {5 * SECOND, false},     {5 * SECOND + 1, true},
                 {-5 * SECOND, false}, {-5 * SECOND - 1, true}, {INT64_MAX, true},
                 {INT64_MIN, true}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clock_mark from = {0, 7};
        struct clock_mark to = {cases[i].jump, 7};

        assert_int_equal(clock_has_jumped(from, to, 5 * SECOND), cases[i].has_jumped);
    }
}

static void clock_jump_stays_in_range_at_the_ends_of_time(void **state)
{
    struct clock_mark first = {INT64_MIN, INT64_MAX};
    struct clock_mark last = {INT64_MAX, INT64_MIN};
    (void)state;

    assert_int_equal(clock_jump_ns(first, last), INT64_MAX);
    assert_int_equal(clock_jump_ns(last, first), INT64_MIN);
}

/* A kernel that is interrupted between readings, sometimes longer and sometimes shorter. */
struct slow_clock {
    int64_t boottime_ns;
    const int64_t *delays; /* in milliseconds, before each reading of the wall clock */
};

static int64_t slow_now_ns(void *ctx)
{
    struct slow_clock *slow = ctx;

    slow->boottime_ns += *slow->delays++ * (SECOND / 1000);
    return slow->boottime_ns;
}

static int64_t slow_boottime_ns(void *ctx)
{
    const struct slow_clock *slow = ctx;

    return slow->boottime_ns;
}

static void clock_mark_does_not_take_a_delay_for_a_jump(void **state)
{
    static const int64_t cases[][8] = {
        {0},                                     /* no delay at all */
        {2000, 0},                               /* the second reading is good */
        {2000, 3, 1, 3, 2000, 2000, 2000, 2000}, /* never good: the best one counts */
        {1, 2000, 2000, 2000, 2000, 2000, 2000, 10000}, /* and may be the first */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct slow_clock slow = {.boottime_ns = 0, .delays = cases[i]};
        struct clock port = {slow_now_ns, slow_boottime_ns, &slow};
        struct clock_mark epoch = {0, 0};

        assert_false(clock_has_jumped(epoch, clock_mark_now(&port), SECOND / 1000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_system_tells_the_kernels_time),
        cmocka_unit_test(clock_now_utc_rounds_down),
        cmocka_unit_test(clock_jump_is_how_far_wall_time_was_set),
        cmocka_unit_test(clock_has_jumped_beyond_the_tolerance_either_way),
        cmocka_unit_test(clock_jump_stays_in_range_at_the_ends_of_time),
        cmocka_unit_test(clock_mark_does_not_take_a_delay_for_a_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
