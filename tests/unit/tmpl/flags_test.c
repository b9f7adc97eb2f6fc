/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/mem.h"
#include "common/tmpl/flags.h"
#include "common/tmpl/tmpl.h"

#include "tests/support/ldif.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"

/* Written out a second time, so that a row lost from the tables is noticed. */
static const struct {
    const char *field;
    uint32_t known;   /* bits that have a row */
    uint32_t refused; /* of them those that block */
    uint32_t idle;    /* and those that are reported */
} expected[] = {
    [TMPL_GENERAL] = {"flags", 0x00031AFB, 0x00000880, 0x00001000},
    [TMPL_ENROLLMENT] = {"msPKI-Enrollment-Flag", 0x000FFFFF, 0x00000800, 0x00090009},
    [TMPL_PRIVATE_KEY] = {"msPKI-Private-Key-Flag", 0x0F3F7FF1, 0x00302001, 0x00001020},
    [TMPL_NAME] = {"msPKI-Certificate-Name-Flag", 0xFFC10009, 0, 0x00010000},
};
_Static_assert(COUNT_OF(expected) == TMPL_FIELD_COUNT, "every field is expected");

/* A template with just this bit in this field, and nothing else that stands out. */
static struct tmpl *with_bit(enum tmpl_field field, uint32_t bit)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Workstation"));
    AUTO(string) edit = mem_printf("%s: %d", tmpl_field_name(field), (int)(int32_t)bit);
    struct error err = {0};
    struct tmpl *tmpl = NULL;

    /* with OCSPSigning ADD_OCSP_NOCHECK makes sense */
    ldif_apply(record, "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.9\n"
                       "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.9");
    ldif_apply(record, edit);
    assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
    return tmpl;
}

static void check_bit(enum tmpl_field field, unsigned int number)
{
    uint32_t bit = UINT32_C(1) << number;
    bool unknown = (expected[field].known & bit) == 0;
    bool blocks = unknown || (expected[field].refused & bit) != 0;
    AUTO(tmpl) tmpl = with_bit(field, bit);
    AUTO(string)
    words =
        unknown
            ? mem_printf("template 'Workstation' does not issue: %s: unknown bit 0x%08x",
                         expected[field].field, bit)
            : mem_printf("template 'Workstation' does not issue: %s: %s (0x%08x): ",
                         expected[field].field, tmpl_flag_get(field, number)->name, bit);
    struct error err = {0};

    assert_int_equal(tmpl->flags[field], bit);
    if (blocks) {
        assert_fails(tmpl_may_issue(tmpl, &err), &err, ERROR_DENIED, words);
    } else {
        assert_ok(tmpl_may_issue(tmpl, &err), &err);
        assert_int_equal(tmpl->findings.count, (expected[field].idle & bit) != 0 ? 1 : 0);
    }
}

static void every_bit_of_every_field_is_accepted_or_refused_by_name(void **state)
{
    (void)state;

    for (unsigned int field = 0; field < TMPL_FIELD_COUNT; field++) {
        assert_string_equal(tmpl_field_name((enum tmpl_field)field),
                            expected[field].field);
        for (unsigned int number = 0; number < 32; number++) {
            check_bit((enum tmpl_field)field, number);
        }
    }
}

static void each_of_several_bad_bits_is_named(void **state)
{
    AUTO(tmpl_findings) findings = TMPL_FINDINGS_EMPTY;
    (void)state;

    tmpl_flags_judge(TMPL_GENERAL, 0x80000004 | TMPL_IS_CA | TMPL_MACHINE_TYPE,
                     &findings);
    assert_int_equal(findings.count, 3);
    assert_string_equal(findings.items[0].text, "flags: unknown bit 0x00000004");
    assert_non_null(strstr(findings.items[1].text, "flags: IS_CA (0x00000080)"));
    assert_string_equal(findings.items[2].text, "flags: unknown bit 0x80000000");
}

static void flags_are_printed_by_name(void **state)
{
    static const struct {
        enum tmpl_field field;
        uint32_t value;
        const char *text;
    } cases[] = {
        {TMPL_GENERAL, 0, "0"},
        {TMPL_GENERAL, 0x10260,
         "AUTO_ENROLLMENT|MACHINE_TYPE|ADD_TEMPLATE_NAME|IS_DEFAULT"},
        {TMPL_ENROLLMENT, 0x00000022, "PEND_ALL_REQUESTS|AUTO_ENROLLMENT"},
        {TMPL_ENROLLMENT, 0x00200020, "AUTO_ENROLLMENT|0x00200000"},
        {TMPL_NAME, 0xa6000000,
         "SUBJECT_ALT_REQUIRE_UPN|SUBJECT_ALT_REQUIRE_EMAIL|SUBJECT_REQUIRE_EMAIL|"
         "SUBJECT_REQUIRE_DIRECTORY_PATH"},
        {TMPL_PRIVATE_KEY, 0x00002110,
         "EXPORTABLE_KEY|USE_LEGACY_PROVIDER|ATTEST_REQUIRED"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) out = BUF_EMPTY;

        tmpl_flags_append_text(&out, cases[i].field, cases[i].value);
        assert_string_equal(buf_text(&out), cases[i].text);
    }
}

static void the_gravest_finding_is_the_worst(void **state)
{
    AUTO(tmpl_findings) findings = TMPL_FINDINGS_EMPTY;
    (void)state;

    assert_null(tmpl_findings_worst(&findings));
    tmpl_finding_add(&findings, (struct tmpl_finding){.severity = TMPL_NOTE}, "a");
    tmpl_finding_add(&findings, (struct tmpl_finding){.severity = TMPL_UNSAFE}, "b");
    tmpl_finding_add(&findings, (struct tmpl_finding){.severity = TMPL_UNSAFE}, "c");
    assert_string_equal(tmpl_findings_worst(&findings)->text, "b");
    tmpl_finding_add(&findings, (struct tmpl_finding){.severity = TMPL_BLOCKS}, "d");
    tmpl_finding_add(&findings, (struct tmpl_finding){.severity = TMPL_NOTE}, "e\n\xff");
    assert_string_equal(tmpl_findings_worst(&findings)->text, "d");
    assert_string_equal(findings.items[4].text, "e??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_of_every_field_is_accepted_or_refused_by_name),
        cmocka_unit_test(each_of_several_bad_bits_is_named),
        cmocka_unit_test(flags_are_printed_by_name),
        cmocka_unit_test(the_gravest_finding_is_the_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
