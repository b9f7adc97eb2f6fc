/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/lint.h"

#include "tests/support/ldif.h"
#include "tests/support/sd_build.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"

#define CLIENT_AUTH                                                                      \
    "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2\n"                                           \
    "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.2\n"
#define SERVER_AUTH                                                                      \
    "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.1\n"                                           \
    "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.1\n"
#define PURPOSE(oid)                                                                     \
    "pKIExtendedKeyUsage: " oid "\nmsPKI-Certificate-Application-Policy: " oid "\n"
#define NAMES_SELF "msPKI-Certificate-Name-Flag: 1\n"

static const char *const linked[] = {"1.2.3.4"};
static const struct tmpl_surroundings known = {true, linked, 1};

/* "unsafe ESC1, note OVERLAP" */
static void append_findings(struct buf *out, const struct tmpl_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        buf_printf(out, "%s%s %s", i == 0 ? "" : ", ",
                   tmpl_severity_name(findings->items[i].severity),
                   tmpl_reason_name(findings->items[i].reason));
    }
}

static void check_lint(const char *edits, const struct buf *descriptor,
                       const struct tmpl_surroundings *surroundings, const char *expected)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Workstation"));
    AUTO(tmpl_findings) findings = TMPL_FINDINGS_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};
    AUTO(tmpl) tmpl = NULL;

    ldif_apply(record, edits);
    if (descriptor != NULL) {
        ldif_add(record, "nTSecurityDescriptor", buf_bytes(descriptor));
    }
    assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
    tmpl_lint(tmpl, surroundings, &findings);
    append_findings(&text, &findings);
    if (strcmp(buf_text(&text), expected) != 0) {
        fail_msg("%s: %s", edits, buf_text(&text));
    }
}

/* Each mistake beside the near twin that is none. */
static const struct {
    const char *edits;
    const char *findings;
} entry_cases[] = {
    {"", ""},
    /* ESC1 */
    {NAMES_SELF CLIENT_AUTH, "unsafe ESC1"},
    {"msPKI-Certificate-Name-Flag: 65536\n" CLIENT_AUTH, "unsafe ESC1"},
    {NAMES_SELF PURPOSE("1.3.6.1.4.1.311.20.2.2"), "unsafe ESC1"},
    {NAMES_SELF PURPOSE("1.3.6.1.5.2.3.4"), "unsafe ESC1"},
    {NAMES_SELF PURPOSE("1.3.6.1.5.2.3.5"), "unsafe ESC1"},
    {NAMES_SELF PURPOSE("2.5.29.37.0"), "unsafe ESC1"},
    {NAMES_SELF SERVER_AUTH, ""},
    {NAMES_SELF CLIENT_AUTH "msPKI-Enrollment-Flag: 2", ""},
    {NAMES_SELF CLIENT_AUTH "msPKI-RA-Signature: 1", ""},
    {"msPKI-Certificate-Name-Flag: 8\n" CLIENT_AUTH, ""},
    /* ESC2, ESC3, OCSP */
    {"-pKIExtendedKeyUsage\n-msPKI-Certificate-Application-Policy", "unsafe ESC2"},
    {PURPOSE("1.3.6.1.4.1.311.20.2.1"), "unsafe ESC3"},
    {PURPOSE("1.3.6.1.4.1.311.20.2.3"), ""},
    {PURPOSE("1.3.6.1.5.5.7.3.9"), "unsafe OCSP"},
    /* ESC9 */
    {"msPKI-Enrollment-Flag: 524288", "unsafe ESC9"},
    {SERVER_AUTH "msPKI-Enrollment-Flag: 524288", ""},
    /* ESC13 */
    {"msPKI-Certificate-Policy: 1.2.3.4", "unsafe ESC13"},
    {"msPKI-Certificate-Policy: 1.2.3.5", ""},
    {SERVER_AUTH "msPKI-Certificate-Policy: 1.2.3.4", ""},
    /* ESC15 */
    {SERVER_AUTH NAMES_SELF "msPKI-Template-Schema-Version: 1\n", "unsafe ESC15"},
    {SERVER_AUTH "msPKI-Template-Schema-Version: 1\n", ""},
    /* fields that contradict one another */
    {"msPKI-Certificate-Application-Policy: 1.2.3", "unsafe PURPOSES_DIFFER"},
    {"-pKIExtendedKeyUsage", "unsafe PURPOSES_DIFFER"},
    {"-msPKI-Certificate-Application-Policy", ""},
    {"msPKI-Template-Schema-Version: 1\nmsPKI-Certificate-Application-Policy: 1.2.3",
     "note PURPOSES_DIFFER"},
    {"pKIKeyUsage:: AAA=", "note KEY_USAGE"},
    {"pKIOverlapPeriod:: " PERIOD_1_YEAR, "note OVERLAP"},
    {"flags: 66080", "note NAMES"}, /* a user's template with DNS names */
    {"msPKI-Cert-Template-OID: 1.3.6.4294967296.1", "note OID_ARC"},
    {"msPKI-Cert-Template-OID: 1.3.6.4294967295.1", ""},
    {"msPKI-Cert-Template-OID: 2.25.329800735698586629295641978511506172918",
     "note OID_ARC"},
};

static void mistakes_are_found_and_their_near_twins_are_not(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(entry_cases); i++) {
        check_lint(entry_cases[i].edits, NULL, &known, entry_cases[i].findings);
    }
}

static void where_links_are_not_known_every_policy_may_be_linked(void **state)
{
    static const struct tmpl_surroundings unknown = {false, NULL, 0};
    (void)state;

    check_lint("msPKI-Certificate-Policy: 1.2.3.5", NULL, &unknown, "unsafe ESC13");
    check_lint("", NULL, &unknown, "");
}

static const struct {
    const char *label;
    struct sd_build_ace ace;
    bool found;
} writers[] = {
    {"everyone WRITE_DACL", {0x00, 0, 0x00040000, NULL, "S-1-1-0", NULL}, true},
    {"anonymous WRITE_OWNER", {0x00, 0, 0x00080000, NULL, "S-1-5-7", NULL}, true},
    {"authenticated GENERIC_ALL", {0x00, 0, 0x10000000, NULL, "S-1-5-11", NULL}, true},
    {"users GENERIC_WRITE", {0x00, 0, 0x40000000, NULL, "S-1-5-32-545", NULL}, true},
    {"guests WRITE_PROPERTY", {0x00, 0, 0x00000020, NULL, "S-1-5-32-546", NULL}, true},
    {"domain users", {0x00, 0, 0x000F01FF, NULL, "S-1-5-21-1-2-3-513", NULL}, true},
    {"domain guests", {0x00, 0, 0x000F01FF, NULL, "S-1-5-21-1-2-3-514", NULL}, true},
    {"domain computers", {0x00, 0, 0x000F01FF, NULL, "S-1-5-21-1-2-3-515", NULL}, true},
    {"one property", {0x05, 0, 0x20, &sd_enroll, "S-1-5-11", NULL}, true},
    {"under a condition", {0x09, 0, 0x20, NULL, "S-1-5-11", "artx"}, true},
    {"reading", {0x00, 0, 0x00020094, NULL, "S-1-5-11", NULL}, false},
    {"enrolling", {0x05, 0, 0x100, &sd_enroll, "S-1-5-11", NULL}, false},
    {"denied", {0x01, 0, 0x000F01FF, NULL, "S-1-1-0", NULL}, false},
    {"inherit only", {0x00, 0x08, 0x000F01FF, NULL, "S-1-1-0", NULL}, false},
    {"domain admins", {0x00, 0, 0x000F01FF, NULL, "S-1-5-21-1-2-3-512", NULL}, false},
    {"one user", {0x00, 0, 0x000F01FF, NULL, "S-1-5-21-1-2-3-5130", NULL}, false},
    {"administrators", {0x00, 0, 0x000F01FF, NULL, "S-1-5-32-544", NULL}, false},
    {"no domain's 513", {0x00, 0, 0x000F01FF, NULL, "S-1-5-22-1-2-3-513", NULL}, false},
};

static void writing_by_broad_groups_is_esc4(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(writers); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        AUTO(string) comment = mem_printf("# %s\n", writers[i].label);

        sd_build(&octets, &writers[i].ace, 1);
        check_lint(comment, &octets, &known, writers[i].found ? "unsafe ESC4" : "");
    }
}

static void owners_and_missing_dacls_are_found(void **state)
{
    AUTO(buf) owned = BUF_EMPTY;
    AUTO(buf) without = BUF_EMPTY;
    AUTO(buf) good = BUF_EMPTY;
    (void)state;

    sd_build_owned(&owned, "S-1-5-11", NULL, 0);
    check_lint("", &owned, &known, "unsafe ESC4");
    sd_build_without_dacl(&without);
    check_lint("", &without, &known, "unsafe NO_DACL");
    sd_build(&good, NULL, 0);
    check_lint("autoenrollAllow: cn=a", &good, &known, "note TWO_ACCESS_FORMS");
}

static void the_stock_templates_have_the_findings_they_are_known_for(void **state)
{
    static const struct {
        const char *cn;
        const char *findings;
    } cases[] = {
        {"Machine", ""},
        {"Workstation", ""},
        {"User", ""},
        {"WebServer", "unsafe ESC15"},
        {"RASAndIASServer", ""},
        {"KerberosAuthentication", ""},
        {"SmartcardLogon", ""},
        {"ComputerECC", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find(cases[i].cn));
        AUTO(tmpl_findings) findings = TMPL_FINDINGS_EMPTY;
        AUTO(buf) text = BUF_EMPTY;
        struct error err = {0};
        AUTO(tmpl) tmpl = NULL;

        assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
        tmpl_lint(tmpl, &known, &findings);
        append_findings(&text, &findings);
        assert_string_equal(buf_text(&text), cases[i].findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_found_and_their_near_twins_are_not),
        cmocka_unit_test(where_links_are_not_known_every_policy_may_be_linked),
        cmocka_unit_test(writing_by_broad_groups_is_esc4),
        cmocka_unit_test(owners_and_missing_dacls_are_found),
        cmocka_unit_test(the_stock_templates_have_the_findings_they_are_known_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
