/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include "tests/support/test.h"

static void parse_i64_takes_whole_numbers_in_range_only(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-1", true, -1},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1\n", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
        {"--1", false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        int64_t out = 42;
        bool good = text_parse_i64(cases[i].text, INT64_MIN, INT64_MAX, &out, &err);

        if (good != cases[i].good || out != (good ? cases[i].value : 42)) {
            fail_msg("'%s'", cases[i].text);
        }
    }
}

static void parse_numbers_name_the_allowed_range(void **state)
{
    struct error err = {0};
    int64_t i = 0;
    uint64_t u = 0;
    (void)state;

    assert_ok(text_parse_i64("-5", -5, 5, &i, &err), &err);
    assert_fails(text_parse_i64("-6", -5, 5, &i, &err), &err, ERROR_INVALID,
                 "not between -5 and 5");
    assert_ok(text_parse_u64("65535", 1, 65535, &u, &err), &err);
    assert_fails(text_parse_u64("65536", 1, 65535, &u, &err), &err, ERROR_INVALID,
                 "not between 1 and 65535");
    assert_fails(text_parse_u64("-1", 0, 5, &u, &err), &err, ERROR_INVALID, "whole");
    assert_fails(text_parse_u64("18446744073709551616", 0, UINT64_MAX, &u, &err), &err,
                 ERROR_INVALID, "whole");
}

static void durations_need_units_from_large_to_small(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1 = refused */
    } cases[] = {
        {"14d", 1209600},
        {"8h", 28800},
        {"90s", 90},
        {"1h30m", 5400},
        {"1d1h1m1s", 90061},
        {"0s", 0},
        {"14", -1},
        {"d", -1},
        {"", -1},
        {"1m1h", -1},
        {"1h1h", -1},
        {"1h ", -1},
        {"1h-1m", -1},
        {"1w", -1},
        {"1.5h", -1},
        {"1H", -1},
        {"1 h", -1},
        {"1hm", -1},
        {"-1h", -1},
        {"106751991167301d", -1},
        {"9223372036854775807s", INT64_MAX},
        {"9223372036854775808s", -1},
        {"1d9223372036854775807s", -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        int64_t seconds = -1;
        bool good = text_parse_duration(cases[i].text, &seconds, &err);

        if (good != (cases[i].seconds >= 0) || seconds != cases[i].seconds) {
            fail_msg("'%s' gave %lld", cases[i].text, (long long)seconds);
        }
    }
}

static void sizes_need_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t octets; /* -1 = refused */
    } cases[] = {
        {"0B", 0},
        {"512B", 512},
        {"64KiB", 65536},
        {"2MiB", 2097152},
        {"1GiB", 1 << 30},
        {"64", -1},
        {"64KB", -1},
        {"64k", -1},
        {"KiB", -1},
        {"1KiB1B", -1},
        {"8589934592GiB", -1},
        {"1 KiB", -1},
        {"-1B", -1},
        {"", -1},
        {"18446744073709551615B", -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        uint64_t octets = 42;
        bool good = text_parse_size(cases[i].text, &octets, &err);

        if (good != (cases[i].octets >= 0) ||
            octets != (good ? (uint64_t)cases[i].octets : 42)) {
            fail_msg("'%s' gave %llu", cases[i].text, (unsigned long long)octets);
        }
    }
}

static void durations_and_sizes_are_printed_as_they_are_read(void **state)
{
    static const char *const durations[] = {"0s",    "59s", "1m",
                                            "1h30m", "14d", "1d1h1m1s"};
    static const char *const sizes[] = {"0B",    "1B",   "1023B", "1KiB",
                                        "1025B", "3MiB", "2GiB"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        int64_t seconds = -1;

        assert_ok(text_parse_duration(durations[i], &seconds, &err), &err);
        text_append_duration(&out, seconds);
        assert_string_equal(buf_text(&out), durations[i]);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        uint64_t octets = 1;

        assert_ok(text_parse_size(sizes[i], &octets, &err), &err);
        text_append_size(&out, octets);
        assert_string_equal(buf_text(&out), sizes[i]);
    }
}

static void hex_round_trips_and_refuses_everything_else(void **state)
{
    static const char *const bad[] = {"0",     "0g",    "0x00",
                                      "00 11", "00:11", "001122334455"};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(text_parse_hex("00fFaB19", 4, &octets, &err), &err);
    text_append_hex(&text, octets.data, octets.len);
    assert_string_equal(buf_text(&text), "00ffab19");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_fails(text_parse_hex(bad[i], 5, &octets, &err), &err, ERROR_INVALID,
                     "hexadecimal");
        assert_int_equal(octets.len, 4);
    }
}

static void utf8_is_checked_as_rfc3629_has_it(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        bool utf8, printable;
    } cases[] = {
        {"", 0, true, true},
        {"alice", 5, true, true},
        {"\xc3\xa4", 2, true, true},
        {"\xe2\x82\xac", 3, true, true},
        {"\xf0\x9f\x94\x91", 4, true, true},
        {"\xf4\x8f\xbf\xbf", 4, true, true},
        {"a\tb", 3, true, false},
        {"\x7f", 1, true, false},
        {"\xc2\x85", 2, true, false},          /* U+0085, a control character */
        {"a\0b", 3, false, false},             /* NUL */
        {"\x80", 1, false, false},             /* continuation alone */
        {"\xc3", 1, false, false},             /* cut short */
        {"\xc3\x28", 2, false, false},         /* bad continuation */
        {"\xc0\xaf", 2, false, false},         /* overlong '/' */
        {"\xe0\x80\xaf", 3, false, false},     /* overlong */
        {"\xf0\x80\x80\xaf", 4, false, false}, /* overlong */
        {"\xed\xa0\x80", 3, false, false},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, false, false}, /* above U+10FFFF */
        {"\xf8\x88\x80\x80\x80", 5, false, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (text_is_utf8(cases[i].data, cases[i].len) != cases[i].utf8 ||
            text_is_printable(cases[i].data, cases[i].len) != cases[i].printable) {
            fail_msg("case %zu", i);
        }
    }
}

/* Texts are looked at eight octets at a time. */
static void every_octet_of_a_text_counts_at_every_place(void **state)
{
    (void)state;

    for (size_t len = 1; len <= 24; len++) {
        for (size_t at = 0; at < len * 256; at++) {
            unsigned int octet = (unsigned int)(at % 256);
            char text[24];

            memset(text, at % 2 == 0 ? ' ' : '~', sizeof(text));
            text[at / 256] = (char)octet;
            if (text_is_utf8(text, len) != (octet > 0 && octet < 0x80) ||
                text_is_printable(text, len) != (octet >= 0x20 && octet < 0x7F)) {
                fail_msg("octet %u at %zu of %zu", octet, at / 256, len);
            }
        }
    }
}

static void a_long_character_counts_at_every_place(void **state)
{
    static const char key[] = {'\xf0', '\x9f', '\x94', '\x91'};
    static const char next_line[] = {'\xc2', '\x85'}; /* U+0085 */

    (void)state;
    for (size_t at = 0; at <= 20; at++) {
        char text[24];

        memset(text, 'a', sizeof(text));
        memcpy(text + at, key, sizeof(key));
        assert_true(text_is_printable(text, sizeof(text)));
        assert_true(text_is_printable(text, at + 4));
        assert_false(text_is_utf8(text, at + 3));
        memcpy(text + at, next_line,
               sizeof(next_line)); /* and half of what stood there */
        assert_false(text_is_utf8(text, sizeof(text)));
        memcpy(text + at + 2, next_line, sizeof(next_line));
        assert_true(text_is_utf8(text, sizeof(text)));
        assert_false(text_is_printable(text, sizeof(text)));
    }
}

static void oids_are_checked_as_x660_has_them(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"1.3.6.1.5.5.7.3.2", true},
        {"2.5.29.17", true},
        {"2.999", true},
        {"0.39", true},
        {"0.40", false},
        {"1.39.0", true},
        {"1.40", false},
        {"1.100", false},
        {"1.4", true},
        {"2.25.329800735698586629295641978511506172918", true},
        {"2.25.3298007356985866292956419785115061729180", false},
        {"3.1", false},
        {"1", false},
        {"", false},
        {".1", false},
        {"1.", false},
        {"1..2", false},
        {"1.02", false},
        {"01.2", false},
        {"1.2.3.", false},
        {"1.2.a", false},
        {"1.2 ", false},
        {" 1.2", false},
        {"-1.2", false},
        {"2.5.40.0", true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (text_is_oid(cases[i].text) != cases[i].good) {
            fail_msg("'%s'", cases[i].text);
        }
    }
}

static void comparisons_fold_ascii_only(void **state)
{
    char mixed[] = "HoSt\xc3\x84";
    (void)state;

    assert_true(text_equal_nocase("Machine", "mACHINE"));
    assert_false(text_equal_nocase("Machine", "Machine2"));
    assert_false(text_equal_nocase("[", "{"));
    text_lower(mixed);
    assert_string_equal(mixed, "host\xc3\x84");
    assert_true(text_has_prefix("host/a", "host/") && !text_has_prefix("hos", "host"));
    assert_true(text_has_suffix("a.test", ".test") && !text_has_suffix("test", ".test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_i64_takes_whole_numbers_in_range_only),
        cmocka_unit_test(parse_numbers_name_the_allowed_range),
        cmocka_unit_test(durations_need_units_from_large_to_small),
        cmocka_unit_test(sizes_need_a_unit),
        cmocka_unit_test(durations_and_sizes_are_printed_as_they_are_read),
        cmocka_unit_test(hex_round_trips_and_refuses_everything_else),
        cmocka_unit_test(utf8_is_checked_as_rfc3629_has_it),
        cmocka_unit_test(every_octet_of_a_text_counts_at_every_place),
        cmocka_unit_test(a_long_character_counts_at_every_place),
        cmocka_unit_test(oids_are_checked_as_x660_has_them),
        cmocka_unit_test(comparisons_fold_ascii_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
