/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_report.h"
#include "tests/support/test.h"

enum { MANY = 40 };

static struct wire_report_entry entry(const char *name, enum wire_health health,
                                      const char *reason)
{
    return (struct wire_report_entry){
        .template = {.name = name}, .health = health, .reason = reason};
}

static void trouble_is_told_and_what_is_well_is_not(void **state)
{
    struct wire_report_entry entries[] = {
        entry("Machine", WIRE_HEALTH_HEALTHY, ""),
        entry("VPN", WIRE_HEALTH_DENIED, "RULE_DENIED"),
        entry("Web", WIRE_HEALTH_DUE, ""),
        entry("Mail", WIRE_HEALTH_BROKEN, ""),
    };
    const struct wire_report report = {.entries = entries,
                                       .entry_count = COUNT_OF(entries)};
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    server_report_summarize(&report, &out);
    assert_string_equal(buf_text(&out), "VPN denied RULE_DENIED, Mail broken");
}

static void trouble_without_end_makes_no_line_without_end(void **state)
{
    struct wire_report_entry entries[MANY];
    const struct wire_report report = {.entries = entries, .entry_count = MANY};
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    for (size_t i = 0; i < MANY; i++) {
        entries[i] = entry("A template of a longer name", WIRE_HEALTH_EXPIRED, "SIGNER");
    }
    server_report_summarize(&report, &out);
    assert_true(out.len < 600);
    assert_non_null(strstr(buf_text(&out), ", ..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_is_told_and_what_is_well_is_not),
        cmocka_unit_test(trouble_without_end_makes_no_line_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
