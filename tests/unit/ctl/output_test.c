/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/ctl/output.h"
#include "tests/support/test.h"

#define NOW INT64_C(1796000000) /* 2026-11-30 00:53:20 UTC */

/* One hour east of Greenwich, all year. */
static bool cet(int64_t utc, struct output_local *out)
{
    int64_t hour = (utc + 3600) / 3600 % 24;

    *out = (struct output_local){
        2026, 11, 30, (int)hour, (int)(utc / 60 % 60), (int)(utc % 60), "CET"};
    return true;
}

static const struct output_style ascii = {.now_utc = NOW};
static const struct output_style utf8 = {.utf8 = true, .now_utc = NOW, .local = cet};
static const struct output_style colored = {.utf8 = true, .color = true, .now_utc = NOW};

static void output_escapes_what_a_terminal_would_act_upon(void **state)
{
    static const struct {
        const char *text;
        const char *ascii, *utf8;
    } cases[] = {
        {"CN=web1", "CN=web1", "CN=web1"},
        {"J\xc3\xbcrgen", "J\\u{fc}rgen", "J\xc3\xbcrgen"},
        {"a\033[31mb", "a\\u{1b}[31mb", "a\\u{1b}[31mb"},
        {"a\nb\tc\rd", "a\\u{a}b\\u{9}c\\u{d}d", "a\\u{a}b\\u{9}c\\u{d}d"},
        {"\x7f", "\\u{7f}", "\\u{7f}"},
        {"\xc2\x9b"
         "31m",
         "\\u{9b}31m", "\\u{9b}31m"}, /* CSI of C1 */
        {"\xe2\x80\xae"
         "exe",
         "\\u{202e}exe", "\\u{202e}exe"}, /* right to left */
        {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"},
        {"\\x41", "\\\\x41", "\\\\x41"},
        {"\xf0\x9f\x94\x91", "\\u{1f511}", "\xf0\x9f\x94\x91"},
        {"", "", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) plain = BUF_EMPTY;
        AUTO(buf) rich = BUF_EMPTY;

        output_text(&plain, &ascii, cases[i].text);
        output_text(&rich, &utf8, cases[i].text);
        assert_string_equal(buf_text(&plain), cases[i].ascii);
        assert_string_equal(buf_text(&rich), cases[i].utf8);
    }
}

static void output_colors_only_where_the_style_does(void **state)
{
    AUTO(buf) plain = BUF_EMPTY;
    AUTO(buf) color = BUF_EMPTY;
    (void)state;

    output_colored(&plain, &ascii, OUTPUT_BAD, "away");
    output_colored(&color, &colored, OUTPUT_BAD, "away");
    output_colored(&color, &colored, OUTPUT_PLAIN, "!");
    assert_string_equal(buf_text(&plain), "away");
    assert_string_equal(buf_text(&color), "\033[31maway\033[0m!");
}

static void output_says_how_far_a_time_is_away(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "now"},
        {1, "in 1 second"},
        {-1, "1 second ago"},
        {119, "in 119 seconds"},
        {120, "in 2 minutes"},
        {-7199, "120 minutes ago"},
        {7200, "in 2 hours"},
        {-172799, "48 hours ago"},
        {-INT64_C(150) * 60, "2 hours ago"},
        {INT64_C(7) * 86400 - 1, "in 7 days"},
        {INT64_C(730) * 86400, "in 730 days"},
        {INT64_C(3649) * 86400, "in 10 years"},
        {172800, "in 2 days"},
        {INT64_C(89) * 86400, "in 89 days"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) out = BUF_EMPTY;

        output_relative(&out, cases[i].seconds);
        assert_string_equal(buf_text(&out), cases[i].text);
    }
}

static void output_gives_times_of_the_reader_with_their_zone(void **state)
{
    AUTO(buf) local = BUF_EMPTY;
    AUTO(buf) utc = BUF_EMPTY;
    AUTO(buf) moment = BUF_EMPTY;
    (void)state;

    output_time(&local, &utf8, NOW + INT64_C(12) * 86400);
    output_time(&utc, &ascii, NOW - INT64_C(3) * 3600);
    output_date(&utc, &ascii, NOW);
    output_moment(&moment, &utf8, NOW);
    assert_string_equal(buf_text(&local), "2026-11-30 01:53 CET (in 12 days)");
    assert_string_equal(buf_text(&utc), "2026-11-29 21:53 UTC (3 hours ago)2026-11-30");
    assert_string_equal(buf_text(&moment), "2026-11-30 01:53:20 CET");
}

static void output_lines_tables_up(void **state)
{
    static const char *const titles[] = {"SERIAL", "STATUS", "NAMES"};
    AUTO(output_table) table;
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    output_table_init(&table, titles, 3);
    output_table_add(&table, (const char *const[]){"40a1", "live", "dns:web1"});
    output_table_add(&table, (const char *const[]){"40a1b2c3", "\033[31mrevoked\033[0m",
                                                   "J\xc3\xbcrgen"});
    output_table_print(&table, &out);
    output_table_add(&table, (const char *const[]){"1", "J\xc3\xbcr", ""});
    output_table_print(&table, &out);
    assert_string_equal(buf_text(&out),
                        "SERIAL    STATUS   NAMES\n"
                        "40a1      live     dns:web1\n"
                        "40a1b2c3  \033[31mrevoked\033[0m  J\xc3\xbcrgen\n"
                        "1         J\xc3\xbcr      \n");
}

static void output_leaves_empty_fields_out(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    output_field(&out, &ascii, 8, "subject", "CN=web1");
    output_field(&out, &ascii, 8, "request", "");
    output_field(&out, &ascii, 8, "request", NULL);
    output_field(&out, &ascii, 8, "ca", "a\nb");
    assert_string_equal(buf_text(&out), "subject   CN=web1\nca        a\\u{a}b\n");
}

static void output_puts_the_schema_before_what_policyd_said(void **state)
{
    static const struct {
        const char *doc, *text;
    } cases[] = {
        {"{\"b\":1,\"a\":[2]}", "{\"schema\":\"s.1\",\"b\":1,\"a\":[2]}\n"},
        {"{}", "{\"schema\":\"s.1\"}\n"},
        {"[]", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(json) doc = NULL;
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};

        assert_ok(json_parse(bytes_of_text(cases[i].doc), 100, &doc, &err), &err);
        if (cases[i].text == NULL) {
            assert_fails(output_json(&out, "s.1", doc, &err), &err, ERROR_INVALID,
                         "no JSON object");
        } else {
            assert_ok(output_json(&out, "s.1", doc, &err), &err);
            assert_string_equal(buf_text(&out), cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_escapes_what_a_terminal_would_act_upon),
        cmocka_unit_test(output_colors_only_where_the_style_does),
        cmocka_unit_test(output_says_how_far_a_time_is_away),
        cmocka_unit_test(output_gives_times_of_the_reader_with_their_zone),
        cmocka_unit_test(output_lines_tables_up),
        cmocka_unit_test(output_leaves_empty_fields_out),
        cmocka_unit_test(output_puts_the_schema_before_what_policyd_said),
    };

    return cmocka_run_group_tests_name("ctl_output", tests, NULL, NULL);
}
