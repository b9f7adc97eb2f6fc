/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "common/base/utc.h"

#include "tests/support/test.h"

static const struct {
    const char *text;
    int64_t seconds;
} moments[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2000-02-29T12:00:00Z", 951825600},
    {"2001-09-09T01:46:40Z", 1000000000},
    {"2026-11-21T09:06:34Z", 1795251994},
    {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
    {"2100-02-28T23:59:59Z", INT64_C(4107542399)},
    {"2100-03-01T00:00:00Z", INT64_C(4107542400)},
    {"1601-01-01T00:00:00Z", INT64_C(-11644473600)},
    {"0000-01-01T00:00:00Z", UTC_MIN},
    {"9999-12-31T23:59:59Z", UTC_MAX},
};

static void utc_prints_and_parses_the_same_moments(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        int64_t seconds = 42;

        utc_append(&out, moments[i].seconds);
        assert_string_equal(buf_text(&out), moments[i].text);
        assert_ok(utc_parse(moments[i].text, &seconds, &err), &err);
        assert_int_equal(seconds, moments[i].seconds);
    }
}

static void utc_agrees_with_the_c_library_on_every_day(void **state)
{
    (void)state;

    for (int64_t t = INT64_C(-13) * 365 * 86400 * 30; t < INT64_C(200) * 366 * 86400;
         t += 86400 + 61) {
        struct tm expected = {0};
        time_t copy = (time_t)t;
        struct utc got = utc_split(t);

        assert_non_null(gmtime_r(&copy, &expected));
        if (got.year != expected.tm_year + 1900 || got.month != expected.tm_mon + 1 ||
            got.day != expected.tm_mday || got.hour != expected.tm_hour ||
            got.minute != expected.tm_min || got.second != expected.tm_sec) {
            fail_msg("%lld", (long long)t);
        }
    }
}

static void utc_join_undoes_split(void **state)
{
    (void)state;

    for (int64_t t = UTC_MIN; t <= UTC_MAX; t += 86400 * 7 + 12345) {
        struct error err = {0};
        int64_t seconds = 0;

        assert_ok(utc_join(utc_split(t), &seconds, &err), &err);
        if (seconds != t) {
            fail_msg("%lld gave %lld", (long long)t, (long long)seconds);
        }
    }
}

static void utc_split_ends_where_the_notation_ends(void **state)
{
    (void)state;

    assert_int_equal(utc_split(UTC_MIN - 1).year, 0);
    assert_int_equal(utc_split(INT64_MIN).year, 0);
    assert_int_equal(utc_split(UTC_MAX + 1).year, 9999);
    assert_int_equal(utc_split(INT64_MAX).second, 59);
}

/* RFC 3339 section 5.7: the days of each month, leap years. */
static void utc_parse_refuses_moments_that_do_not_exist(void **state)
{
    static const char *const texts[] = {
        "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = {0};
        int64_t seconds = 42;

        assert_fails(utc_parse(texts[i], &seconds, &err), &err, ERROR_INVALID,
                     "there is no");
        assert_int_equal(seconds, 42);
    }
}

static void utc_parse_refuses_other_notations(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-11-21",
        "2026-11-21t09:06:34Z",
        "2026-11-21T09:06:34z",
        "2026-11-21 09:06:34Z",
        "2026-11-21T09:06:34",
        "2026-11-21T09:06:34+00:00",
        "2026-11-21T09:06:34.5Z",
        " 2026-11-21T09:06:34Z",
        "2026-11-21T09:06:34Z ",
        "2026-11-21T09:06:3 Z",
        "-026-11-21T09:06:34Z",
        "2026-11-21T09:06:+4Z",
        "2026/11/21T09:06:34Z",
        "20261121090634Z     ",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = {0};
        int64_t seconds = 42;

        assert_fails(utc_parse(texts[i], &seconds, &err), &err, ERROR_INVALID,
                     "is not a time such as 2026-11-21T09:06:34Z");
        assert_int_equal(seconds, 42);
    }
}

static void utc_append_ms_cuts_fractions_off(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    utc_append_ms(&out, INT64_C(1795251994042999999));
    assert_string_equal(buf_text(&out), "2026-11-21T09:06:34.042Z");
    buf_clear(&out);
    utc_append_ms(&out, -1);
    assert_string_equal(buf_text(&out), "1969-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_prints_and_parses_the_same_moments),
        cmocka_unit_test(utc_agrees_with_the_c_library_on_every_day),
        cmocka_unit_test(utc_join_undoes_split),
        cmocka_unit_test(utc_split_ends_where_the_notation_ends),
        cmocka_unit_test(utc_parse_refuses_moments_that_do_not_exist),
        cmocka_unit_test(utc_parse_refuses_other_notations),
        cmocka_unit_test(utc_append_ms_cuts_fractions_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
