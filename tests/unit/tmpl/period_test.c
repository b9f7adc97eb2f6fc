/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/tmpl/period.h"

#include "tests/support/test.h"

static void period_is_a_negative_count_of_100_ns(void **state)
{
    static const struct {
        const char *hex;
        int64_t seconds;
    } cases[] = {
        {"004096d536ffffff", 86400}, /* 1 day */
        {"00802cab6dfeffff", INT64_C(2) * 86400},
        {"00c01bd77ffaffff", INT64_C(7) * 86400},
        {"0080a60affdeffff", INT64_C(42) * 86400}, /* 6 weeks */
        {"004039872ee1feff", INT64_C(365) * 86400},
        {"0080720e5dc2fdff", INT64_C(730) * 86400},
        {"00401ea4e865faff", INT64_C(1825) * 86400},
        {"806967ffffffffff", 1}, /* 1 s exactly */
        {"7f6967ffffffffff", 1}, /* and 100 ns more */
        {"0100000000000080", INT64_MAX / 10000000},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        struct error err = {0};
        int64_t seconds = -1;

        assert_ok(text_parse_hex(cases[i].hex, 16, &octets, &err), &err);
        assert_ok(period_parse(buf_bytes(&octets), &seconds, &err), &err);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void period_refuses_other_lengths_and_signs(void **state)
{
    static const struct {
        const char *hex;
        const char *words;
    } cases[] = {
        {"", "has 0"},
        {"004096d536ffff", "has 7"},
        {"004096d536ffffffff", "has 9"},
        {"0000000000000000", "this one is 0"},
        {"0100000000000000", "this one is 1"},
        {"ffffffffffffff7f", "this one is 9223372036854775807"},
        {"0000000000000080", "this one is -9223372036854775808"},
        {"ffffffffffffffff", "below one second"},
        {"816967ffffffffff", "below one second"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        struct error err = {0};
        int64_t seconds = -1;

        assert_ok(text_parse_hex(cases[i].hex, 16, &octets, &err), &err);
        assert_fails(period_parse(buf_bytes(&octets), &seconds, &err), &err,
                     ERROR_INVALID, cases[i].words);
        assert_int_equal(seconds, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(period_is_a_negative_count_of_100_ns),
        cmocka_unit_test(period_refuses_other_lengths_and_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
