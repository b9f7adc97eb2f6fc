/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/log_journal.h"
#include "common/base/mem.h"

#include "tests/support/test.h"

/* The entry as the journal got it: the fields joined by '|'. */
static struct buf entry;
static int answer;
static int field_count;

int __wrap_sd_journal_sendv(const struct iovec *parts, int count);

int __wrap_sd_journal_sendv(const struct iovec *parts, int count)
{
    field_count = count;
    for (int i = 0; i < count; i++) {
        buf_append(&entry, parts[i].iov_base, parts[i].iov_len);
        buf_append_byte(&entry, '|');
    }
    return answer;
}

static int reset(void **state)
{
    (void)state;
    buf_clear(&entry);
    answer = 0;
    return 0;
}

static void send_fields(struct log_stderr *otherwise, const struct log_field *fields)
{
    struct log_journal journal = {"POLICYD", otherwise};
    struct log_record record = {.level = LOG_WARNING,
                                .event = "cert.issued",
                                .fields = fields,
                                .program = "policyd",
                                .pid = 4711};

    log_journal_write(&journal, &record);
}

static void journal_gets_a_field_for_each_value(void **state)
{
    (void)state;

    send_fields(NULL, LOG_FIELDS(log_text("template", "User"), log_number("took_ms", 12),
                                 log_size("octets", 7), log_text("left_out", NULL),
                                 log_hex("serial",
                                         (struct bytes){(const unsigned char *)"J", 1})));

    assert_string_equal(
        buf_text(&entry),
        "MESSAGE=cert.issued template=User took_ms=12 octets=7 serial=4a|PRIORITY=4|"
        "SYSLOG_IDENTIFIER=policyd|POLICYD_EVENT=cert.issued|POLICYD_TEMPLATE=User|"
        "POLICYD_TOOK_MS=12|POLICYD_OCTETS=7|POLICYD_SERIAL=4a|");
}

static void journal_gets_values_as_they_are_and_the_message_quoted(void **state)
{
    (void)state;

    send_fields(NULL, LOG_FIELDS(log_text("name", "x\nPOLICYD_EVENT=forged")));

    assert_int_equal(field_count, 5);
    assert_string_equal(
        buf_text(&entry),
        "MESSAGE=cert.issued name=\"x\\nPOLICYD_EVENT=forged\"|PRIORITY=4|"
        "SYSLOG_IDENTIFIER=policyd|POLICYD_EVENT=cert.issued|"
        "POLICYD_NAME=x\nPOLICYD_EVENT=forged|");
}

static void journal_field_names_are_plain_and_bounded(void **state)
{
    (void)state;

    send_fields(NULL,
                LOG_FIELDS(log_text("a=b\n", "v"),
                           log_text("a_very_long_key_that_goes_on_and_on_and_on_and_on_"
                                    "and_on_and_on",
                                    "w")));

    assert_non_null(strstr(buf_text(&entry), "|POLICYD_A_B_=v|"));
    const char *name = strstr(buf_text(&entry), "|POLICYD_A_VERY");
    assert_non_null(name);
    assert_int_equal(strcspn(name + 1, "="), 63);
}

static void journal_entries_are_bounded(void **state)
{
    AUTO(string) value = mem_array(LOG_JOURNAL_VALUE_MAX + 2, 1);
    struct log_field fields[LOG_JOURNAL_FIELDS + 10] = {{.kind = LOG_KIND_END}};
    (void)state;

    memset(value, 'a', LOG_JOURNAL_VALUE_MAX + 1);
    for (size_t i = 0; i + 1 < COUNT_OF(fields); i++) {
        fields[i] = log_text("k", value);
    }
    send_fields(NULL, fields);

    assert_in_range(field_count, LOG_JOURNAL_FIELDS, LOG_JOURNAL_FIELDS + 5);
    const char *first = strstr(buf_text(&entry), "POLICYD_K=");
    assert_int_equal(strcspn(first, "|"), strlen("POLICYD_K=") + LOG_JOURNAL_VALUE_MAX);
}

static void journal_that_refuses_leaves_the_record_to_stderr(void **state)
{
    struct log_stderr otherwise = LOG_STDERR_PLAIN(-1);
    char got[256] = {0};
    int ends[2] = {-1, -1};
    (void)state;

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_stderr_open(&otherwise, ends[1], LOG_PREFIX_LEVEL);

    send_fields(&otherwise, NULL);
    assert_true(read(ends[0], got, sizeof(got) - 1) < 0);
    answer = -1;
    send_fields(&otherwise, NULL);
    assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
    assert_string_equal(got, "<4>cert.issued\n");

    log_stderr_close(&otherwise);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(journal_gets_a_field_for_each_value, reset,
                                        reset),
        cmocka_unit_test_setup_teardown(
            journal_gets_values_as_they_are_and_the_message_quoted, reset, reset),
        cmocka_unit_test_setup_teardown(journal_field_names_are_plain_and_bounded, reset,
                                        reset),
        cmocka_unit_test_setup_teardown(journal_entries_are_bounded, reset, reset),
        cmocka_unit_test_setup_teardown(journal_that_refuses_leaves_the_record_to_stderr,
                                        reset, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
