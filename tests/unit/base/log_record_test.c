/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/test.h"

static const char *print(struct log_line *line, const char *event,
                         const struct log_field *fields)
{
    struct log_record record = {.level = LOG_INFO, .event = event, .fields = fields};

    line->len = 0;
    log_record_print(&record, line);
    assert_true(line->len < sizeof(line->data));
    line->data[line->len] = '\0';
    return line->data;
}

static struct bytes octets(const char *data, size_t len)
{
    return (struct bytes){(const unsigned char *)data, len};
}

static void record_prints_event_and_fields(void **state)
{
    struct log_line line;
    (void)state;

    assert_string_equal(print(&line, "server.ready", NULL), "server.ready");
    assert_string_equal(
        print(&line, "cert.issued",
              LOG_FIELDS(log_text("template", "User"),
                         log_hex("serial", octets("J\x0f", 2)), log_number("offset", -3),
                         log_size("octets", UINT64_MAX), log_flag("renewal", true),
                         log_flag("held", false))),
        "cert.issued template=User serial=4a0f offset=-3 octets=18446744073709551615 "
        "renewal=yes held=no");
}

static void record_leaves_a_missing_text_out(void **state)
{
    struct log_line line;
    (void)state;

    assert_string_equal(
        print(&line, "a.b", LOG_FIELDS(log_text("x", NULL), log_text("y", "1"))),
        "a.b y=1");
    assert_string_equal(
        print(&line, "a.b", LOG_FIELDS(log_text("x", ""), log_hex("y", octets("", 0)))),
        "a.b x=\"\" y=\"\"");
}

static void record_quotes_what_could_be_taken_for_something_else(void **state)
{
    static const struct {
        const char *value;
        const char *printed;
    } cases[] = {
        {"HOST$@EXAMPLE.ORG", "HOST$@EXAMPLE.ORG"},
        {"host/www.example.org@EXAMPLE.ORG", "host/www.example.org@EXAMPLE.ORG"},
        {"a b", "\"a b\""},
        {"a=b", "\"a=b\""},
        {"x serial=00", "\"x serial=00\""},
        {"say \"no\"", "\"say \\\"no\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\" serial=\"00", "\"x\\\" serial=\\\"00\""},
        {"one\ntwo", "\"one\\ntwo\""},
        {"\r\t", "\"\\r\\t\""},
        {"\x1b[31m", "\"\\x1b[31m\""},
        {"\x7f", "\"\\x7f\""},
        {"M\xc3\xbcller", "\"M\xc3\xbcller\""},
        {"\xc3", "\"\\xc3\""},
        {"\xc0\x8a", "\"\\xc0\\x8a\""},          /* an overlong line feed */
        {"\xc2\x85", "\"\\xc2\\x85\""},          /* U+0085 next line */
        {"\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""}, /* U+2028 line separator */
        {"\xe2\x80\xae", "\"\\xe2\\x80\\xae\""}, /* U+202E right-to-left override */
        {"\xe2\x80\x8b", "\"\\xe2\\x80\\x8b\""}, /* U+200B zero width space */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string) expected = mem_printf("a.b v=%s", cases[i].printed);
        struct log_line line;

        assert_string_equal(
            print(&line, "a.b", LOG_FIELDS(log_text("v", cases[i].value))), expected);
    }
}

static void record_quotes_a_nul_among_octets(void **state)
{
    struct log_line line;
    (void)state;

    assert_string_equal(
        print(&line, "a.b", LOG_FIELDS(log_octets("v", octets("a\0b", 3)))),
        "a.b v=\"a\\x00b\"");
}

static void record_cuts_a_long_value_inside_its_quotes(void **state)
{
    AUTO(string) bare = mem_array(LOG_VALUE_MAX + 2, 1);
    AUTO(buf) expected = BUF_EMPTY;
    struct log_line line;
    (void)state;

    memset(bare, 'a', LOG_VALUE_MAX);
    buf_printf(&expected, "a.b v=%s w=1", bare);
    assert_string_equal(
        print(&line, "a.b", LOG_FIELDS(log_text("v", bare), log_number("w", 1))),
        buf_text(&expected));

    bare[LOG_VALUE_MAX] = 'a';
    buf_clear(&expected);
    buf_printf(&expected, "a.b v=\"%.*s\\...\" w=1", LOG_VALUE_MAX - 6, bare);
    assert_string_equal(
        print(&line, "a.b", LOG_FIELDS(log_text("v", bare), log_number("w", 1))),
        buf_text(&expected));
}

static void record_cuts_a_long_value_between_escapes(void **state)
{
    AUTO(string) value = mem_array(LOG_VALUE_MAX, 1);
    struct log_line line;
    (void)state;

    for (size_t shift = 0; shift < 4; shift++) {
        memset(value, 'a', shift);
        memset(value + shift, '\x01', LOG_VALUE_MAX - 1 - shift);
        const char *text = print(&line, "a.b", LOG_FIELDS(log_text("v", value)));

        assert_true(strlen(text) <= strlen("a.b v=") + LOG_VALUE_MAX);
        assert_true(text_has_suffix(text, "\\x01\\...\""));
    }
}

static void record_cuts_a_long_hex_value(void **state)
{
    AUTO(string) value = mem_array(LOG_VALUE_MAX, 1);
    struct log_line line;
    (void)state;

    const char *text = print(&line, "a.b", LOG_FIELDS(log_hex("v", octets(value, 20))));
    assert_string_equal(text, "a.b v=0000000000000000000000000000000000000000");
    text = print(&line, "a.b", LOG_FIELDS(log_hex("v", octets(value, LOG_VALUE_MAX))));
    assert_true(strlen(text) <= strlen("a.b v=") + LOG_VALUE_MAX);
    assert_true(text_has_prefix(text, "a.b v=\"0000"));
    assert_true(text_has_suffix(text, "00\\...\""));
}

static void record_counts_the_fields_without_room(void **state)
{
    AUTO(string) value = mem_array(LOG_VALUE_MAX + 1, 1);
    struct log_record record = {.event = "a.b", .suppressed = UINT64_MAX};
    struct log_line line;
    (void)state;

    memset(value, 'a', LOG_VALUE_MAX);
    record.fields =
        LOG_FIELDS(log_text("p", value), log_text("q", value), log_text("r", value),
                   log_text("s", value), log_text("t", value), log_text("u", "1"));
    line.len = 0;
    log_record_print(&record, &line);
    line.data[line.len] = '\0';

    assert_true(line.len < LOG_LINE_MAX);
    assert_non_null(strstr(line.data, " r=aaa"));
    assert_null(strstr(line.data, " s="));
    assert_true(
        text_has_suffix(line.data, "a u=1 suppressed=18446744073709551615 fields_cut=2"));
}

static void record_keeps_names_plain(void **state)
{
    struct log_line line;
    (void)state;

    assert_string_equal(print(&line, "a b\n", LOG_FIELDS(log_text("k=\"", "v"))),
                        "a_b_ k__=v");
}

/* Reads the escape at *cursor and moves behind it; false when there is no such escape. */
static bool read_escape(const char **cursor, struct buf *out)
{
    static const char names[] = "nrt\"\\";
    static const char meant[] = "\n\r\t\"\\";
    const char *c = *cursor + 1;
    const char *name = strchr(names, *c);
    struct error err = {0};

    if (*c == 'x') {
        AUTO(string) digits = mem_dup(c + 1, strnlen(c + 1, 2));

        *cursor = c + 1 + strlen(digits);
        return text_parse_hex(digits, 1, out, &err) && strlen(digits) == 2;
    }
    if (*c == '\0' || name == NULL) {
        return false;
    }
    buf_append_byte(out, (unsigned char)meant[name - names]);
    *cursor = c + 1;
    return true;
}

/* Reads one printed value and moves the cursor behind it; false when it is malformed. */
static bool read_value(const char **cursor, struct buf *out)
{
    bool quoted = **cursor == '"';
    char end = quoted ? '"' : ' ';
    const char *c = *cursor + (quoted ? 1 : 0);

    while (*c != '\0' && *c != end) {
        if (*c == '\\') {
            if (!read_escape(&c, out)) {
                return false;
            }
        } else {
            buf_append_byte(out, (unsigned char)*c++);
        }
    }
    *cursor = c + (quoted && *c == '"' ? 1 : 0);
    return !quoted || *c == '"';
}

static void check_random_value(unsigned int *seed)
{
    static const char spice[] = " =\"\\\n\r\tx\0v";
    unsigned char value[64];
    size_t len = (size_t)rand_r(seed) % sizeof(value);
    AUTO(buf) got = BUF_EMPTY;
    struct log_line line;

    for (size_t i = 0; i < len; i++) {
        int r = rand_r(seed);
        value[i] = (unsigned char)(r % 3 == 0 ? spice[r / 3 % 10] : r / 3);
    }
    const char *text = print(
        &line, "a.b",
        LOG_FIELDS(log_octets("v", (struct bytes){value, len}), log_number("w", 7)));
    const char *cursor = text + strlen("a.b v=");

    assert_true(text_is_printable(text, strlen(text)));
    if (!read_value(&cursor, &got) || strcmp(cursor, " w=7") != 0 || got.len != len ||
        (len > 0 && memcmp(got.data, value, len) != 0)) {
        fail_msg("%s", text);
    }
}

/* The promise of the module: whatever a value is, it reads back, and so does its neighbour. */
static void record_reads_back_whatever_the_values_are(void **state)
{
    unsigned int seed = (unsigned int)time(NULL);
    (void)state;

    print_message("seed %u\n", seed);
    for (int i = 0; i < 20000; i++) {
        check_random_value(&seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_prints_event_and_fields),
        cmocka_unit_test(record_leaves_a_missing_text_out),
        cmocka_unit_test(record_quotes_what_could_be_taken_for_something_else),
        cmocka_unit_test(record_quotes_a_nul_among_octets),
        cmocka_unit_test(record_cuts_a_long_value_inside_its_quotes),
        cmocka_unit_test(record_cuts_a_long_value_between_escapes),
        cmocka_unit_test(record_cuts_a_long_hex_value),
        cmocka_unit_test(record_counts_the_fields_without_room),
        cmocka_unit_test(record_keeps_names_plain),
        cmocka_unit_test(record_reads_back_whatever_the_values_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
