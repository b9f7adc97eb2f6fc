/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/rate.h"

#include "tests/support/test.h"

#define NOW INT64_C(1800000000) /* a whole minute */

static void an_hour_is_counted_and_then_forgotten(void **state)
{
    struct rate rate = {0};
    (void)state;

    for (int i = 0; i < 3; i++) {
        rate_add(&rate, NOW + i);
    }
    rate_add(&rate, NOW + 1800);

    assert_int_equal(rate_count(&rate, NOW + 1800), 4);
    assert_int_equal(rate_count(&rate, NOW + 3659), 4);
    assert_int_equal(rate_count(&rate, NOW + 3660), 1);
    assert_int_equal(rate_count(&rate, NOW + 1800 + 3660), 0);
    assert_int_equal(rate_count(&rate, NOW + 1000000), 0);
}

static void the_wait_ends_when_something_is_forgotten(void **state)
{
    struct rate rate = {0};
    (void)state;

    rate_add(&rate, NOW + 30);
    rate_add(&rate, NOW + 1800);

    uint32_t wait = rate_wait_s(&rate, NOW + 2000);
    assert_int_equal(wait, 3660 - 2000);
    assert_int_equal(rate_count(&rate, NOW + 2000 + wait - 1), 2);
    assert_int_equal(rate_count(&rate, NOW + 2000 + wait), 1);
}

static void a_clock_set_back_gives_nothing_back(void **state)
{
    struct rate rate = {0};
    (void)state;

    rate_add(&rate, NOW);
    rate_add(&rate, NOW - 86400);

    assert_int_equal(rate_count(&rate, NOW - 86400), 2);
    assert_int_equal(rate_count(&rate, NOW), 2);
    assert_in_range(rate_wait_s(&rate, NOW - 86400), 1, 3660);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_is_counted_and_then_forgotten),
        cmocka_unit_test(the_wait_ends_when_something_is_forgotten),
        cmocka_unit_test(a_clock_set_back_gives_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
