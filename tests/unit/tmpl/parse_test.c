/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/tmpl.h"

#include "tests/support/ldif.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"

/* Templates that cannot be read; all start from Workstation (version 2). */
static const struct {
    const char *edits;
    const char *words; /* behind "template 'Workstation': " */
} malformed[] = {
    /* missing */
    {"-flags", "flags is missing"},
    {"-revision", "revision is missing"},
    {"-pKIExpirationPeriod", "pKIExpirationPeriod is missing"},
    {"-pKIOverlapPeriod", "pKIOverlapPeriod is missing"},
    {"-pKIKeyUsage", "pKIKeyUsage is missing"},
    {"-msPKI-Cert-Template-OID", "msPKI-Cert-Template-OID is missing"},
    {"-msPKI-Certificate-Name-Flag", "msPKI-Certificate-Name-Flag is missing"},
    {"-msPKI-Enrollment-Flag", "msPKI-Enrollment-Flag is missing"},
    {"-msPKI-Private-Key-Flag", "msPKI-Private-Key-Flag is missing"},
    {"-msPKI-RA-Signature", "msPKI-RA-Signature is missing"},
    {"-msPKI-Minimal-Key-Size", "msPKI-Minimal-Key-Size is missing"},
    {"-msPKI-Template-Minor-Revision", "msPKI-Template-Minor-Revision is missing"},
    {"objectClass: top", "objectClass has no pKICertificateTemplate"},
    /* numbers */
    {"flags: 0x10", "flags: '0x10' is not a whole number"},
    {"flags: +1", "flags: '+1'"},
    {"flags:: MQA=", "flags: '1' is not a printable text"},
    {"flags: 99999999999999999999", "flags: '99999999999999999999'"},
    {"flags: 1111111111111111111111111", "flags: a value has 25 octets"},
    {"flags: -2147483649", "flags: -2147483649 is not between"},
    {"msPKI-Certificate-Name-Flag: 2785017856",
     "2785017856 is not a signed number of 32 bits; written as one it is -1509949440"},
    {"msPKI-Certificate-Name-Flag: 2147483648", "written as one it is -2147483648"},
    {"msPKI-Certificate-Name-Flag: 4294967296", "4294967296 is not between"},
    {"revision: -1", "revision: -1 is not between 0 and 2147483647"},
    {"revision: 2147483648", "revision: 2147483648 is not between"},
    {"msPKI-Template-Minor-Revision: -1", "msPKI-Template-Minor-Revision: -1"},
    {"msPKI-Template-Schema-Version: 0", "Schema-Version: 0 is not between 1 and 4"},
    {"msPKI-Template-Schema-Version: 5", "Schema-Version: 5 is not between 1 and 4"},
    {"msPKI-RA-Signature: -1", "msPKI-RA-Signature: -1"},
    {"msPKI-RA-Signature: 17", "msPKI-RA-Signature: 17"},
    {"msPKI-Minimal-Key-Size: -1", "msPKI-Minimal-Key-Size: -1"},
    {"msPKI-Minimal-Key-Size: 16385", "msPKI-Minimal-Key-Size: 16385"},
    {"pKIDefaultKeySpec: 0", "pKIDefaultKeySpec: 0"},
    {"pKIDefaultKeySpec: 3", "pKIDefaultKeySpec: 3"},
    {"pKIMaxIssuingDepth: -2", "pKIMaxIssuingDepth: -2"},
    /* octets */
    {"pKIExpirationPeriod:: AEA5hy7h/g==", "pKIExpirationPeriod: a period has 8 octets"},
    {"pKIExpirationPeriod:: AAAAAAAAAAA=", "pKIExpirationPeriod: a period is a negative"},
    {"pKIExpirationPeriod:: AAAAAAAAAIA=", "this one is -9223372036854775808"},
    {"pKIOverlapPeriod:: AICmCv/e//8A", "pKIOverlapPeriod: a period has 8 octets"},
    {"pKIOverlapPeriod:: AAAAAAAAAQA=", "pKIOverlapPeriod: a period is a negative"},
    {"pKIKeyUsage:: ", "pKIKeyUsage has 0 octets"},
    {"pKIKeyUsage:: oAAA", "pKIKeyUsage has 3 octets"},
    {"pKIKeyUsage:: oEA=", "pKIKeyUsage: unknown bits in its second octet 0x40"},
    {"objectGUID:: AAAA", "objectGUID: a GUID has 16 octets"},
    /* texts and lists */
    {"displayName:: YQpi", "displayName: 'a?b' is not a printable text"},
    {"displayName:: /w==", "displayName: '?' is not a printable text"},
    {"displayName: ", "displayName: '' is not a printable text"},
    {"msPKI-Cert-Template-OID: 1.3.6.1.", "'1.3.6.1.' is not an OID"},
    {"msPKI-Cert-Template-OID: x", "msPKI-Cert-Template-OID: 'x' is not an OID"},
    {"pKIExtendedKeyUsage: clientAuth",
     "pKIExtendedKeyUsage: 'clientAuth' is not an OID"},
    {"pKIExtendedKeyUsage: 1.2.3\npKIExtendedKeyUsage: 1.2.3", "'1.2.3' is there twice"},
    {"pKIExtendedKeyUsage:: MS4yLjMA", "pKIExtendedKeyUsage: '1.2.3' is not a printable"},
    {"msPKI-Certificate-Policy: 1.2.", "msPKI-Certificate-Policy: '1.2.'"},
    {"msPKI-Certificate-Application-Policy: a", "Application-Policy: 'a'"},
    {"msPKI-RA-Policies: a", "msPKI-RA-Policies: 'a'"},
    {"pKICriticalExtensions: a", "pKICriticalExtensions: 'a'"},
    {"pKIDefaultCSPs: Microsoft", "pKIDefaultCSPs: 'Microsoft' is not <number>"},
    {"pKIDefaultCSPs: 1,", "pKIDefaultCSPs: '1,'"},
    {"pKIDefaultCSPs: 1000,a", "pKIDefaultCSPs: '1000,a'"},
    {"pKIDefaultCSPs: -1,a", "pKIDefaultCSPs: '-1,a'"},
    /* more than one value, and the same attribute under another spelling */
    {"flags: 1\nflags: 2", "flags has 2 values, at most 1"},
    {"cn: Workstation\ncn: B", "cn has 2 values"},
    {"pKIKeyUsage:: gAA=\npKIKeyUsage:: oAA=", "pKIKeyUsage has 2 values"},
    {"FLAGS: 1", "flags is there twice"},
    {"flags;binary: 1", "flags is there twice"},
    {"displayName;lang-de: Rechner", "the option 'lang-de' is not understood"},
    /* the wrong syntax of [MS-CRTD] 2.23 for the version */
    {"msPKI-RA-Application-Policies: msPKI-Key-Usage`DWORD`2`",
     "'msPKI-Key-Usage`DWORD`2`' is not an OID"},
    {"msPKI-Template-Schema-Version: 3\nmsPKI-RA-Application-Policies: 1.2.3",
     "msPKI-RA-Application-Policies: '1.2.3' is not a list of name`type`value"},
    {"msPKI-Template-Schema-Version: 4\nmsPKI-RA-Application-Policies: a`DWORD`1\n"
     "msPKI-RA-Application-Policies: b`DWORD`1",
     "msPKI-RA-Application-Policies has 2 values in place of one string"},
    /* access */
    {"autoenrollAllow: alice", "autoenrollAllow: 'alice' is not a usable DN"},
    {"autoenrollDeny: cn=#0c0161", "autoenrollDeny: 'cn=#0c0161'"},
    {"autoenrollAllowAuto: cn=a,", "autoenrollAllowAuto: 'cn=a,'"},
};

static void malformed_templates_are_refused_by_template_attribute_and_value(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find("Workstation"));
        struct error err = {0};
        struct tmpl *tmpl = NULL;

        ldif_apply(record, malformed[i].edits);
        assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_INVALID,
                     malformed[i].words);
        assert_non_null(strstr(err.message, "template 'Workstation': "));
        assert_null(tmpl);
    }
}

static void a_template_without_a_name_is_called_by_its_dn(void **state)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
    struct error err = {0};
    struct tmpl *tmpl = NULL;
    (void)state;

    ldif_apply(record, "-cn");
    assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_INVALID,
                 "template 'CN=Machine,CN=Certificate Templates,");
    assert_non_null(strstr(err.message, "cn is missing"));
}

static void a_ranged_attribute_is_incomplete_and_not_a_template(void **state)
{
    static const char *const edits[] = {
        "autoenrollDeny;range=0-1499: cn=a,dc=x",
        "autoenrollDeny;RANGE=0-*: cn=a,dc=x",
        "autoenrollDeny: cn=a,dc=x\nautoenrollDeny;range=1-2: cn=b,dc=x",
        "-pKIExtendedKeyUsage\npKIExtendedKeyUsage;range=0-0: 1.2.3",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
        struct error err = {0};
        struct tmpl *tmpl = NULL;

        ldif_apply(record, edits[i]);
        assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_UNAVAILABLE,
                     "sent only a part");
    }
}

static void an_attribute_without_values_is_refused(void **state)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
    struct error err = {0};
    struct tmpl *tmpl = NULL;
    (void)state;

    for (size_t i = 0; i < record->entry.count; i++) {
        if (strcmp(record->views[i].name, "pKIExtendedKeyUsage") == 0) {
            record->views[i].count = 0;
        }
    }
    assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_INVALID,
                 "pKIExtendedKeyUsage has no value");
}

/* One attribute with count values "<prefix><number>". */
static void add_many(struct ldif_record *record, const char *name, const char *prefix,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(string) value = mem_printf("%s%zu", prefix, i);

        ldif_add(record, name, bytes_of_text(value));
    }
}

static void counts_are_bounded(void **state)
{
    static const struct {
        const char *name, *prefix;
        size_t max;
    } cases[] = {
        {"msPKI-Certificate-Policy", "1.2.", 64},
        {"msPKI-Supersede-Templates", "T", 64},
        {"autoenrollAllow", "cn=", 1024},
        {"autoenrollDeny", "cn=", 1024},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
        struct error err = {0};
        AUTO(tmpl) tmpl = NULL;
        struct tmpl *none = NULL;

        add_many(record, cases[i].name, cases[i].prefix, cases[i].max);
        assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
        ldif_add(record, cases[i].name, bytes_of_text("cn=x"));
        assert_fails(tmpl_parse(&record->entry, &none, &err), &err, ERROR_INVALID,
                     "at most");
    }
}

static void lengths_are_bounded_and_unknown_attributes_are_not_looked_at(void **state)
{
    static const char *const names[] = {
        "cn",
        "displayName",
        "flags",
        "msPKI-Cert-Template-OID",
        "pKIExpirationPeriod",
        "pKIExtendedKeyUsage",
        "msPKI-RA-Application-Policies",
        "nTSecurityDescriptor",
        "autoenrollAllow",
        "objectGUID",
        "thumbnailPhoto",
    };
    enum { HUGE_LEN = 1024 * 1024 };
    AUTO(octets) huge = mem_array(HUGE_LEN, 1);
    (void)state;

    memset(huge, '1', HUGE_LEN);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
        AUTO(string) removal = mem_printf("-%s", names[i]);
        struct error err = {0};
        AUTO(tmpl) tmpl = NULL;

        ldif_apply(record, removal);
        ldif_add(record, names[i], (struct bytes){huge, HUGE_LEN});
        if (strcmp(names[i], "thumbnailPhoto") == 0) {
            assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
        } else {
            assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_INVALID,
                         "a value has 1048576 octets, at most");
        }
    }
}

static void an_entry_of_too_many_attributes_is_refused(void **state)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
    struct error err = {0};
    struct tmpl *tmpl = NULL;
    (void)state;

    while (record->count <= 1024) {
        AUTO(string) name = mem_printf("x-%zu", record->count);

        ldif_add(record, name, bytes_of_text("1"));
    }
    assert_fails(tmpl_parse(&record->entry, &tmpl, &err), &err, ERROR_INVALID,
                 "more than 1024 attributes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_templates_are_refused_by_template_attribute_and_value),
        cmocka_unit_test(a_template_without_a_name_is_called_by_its_dn),
        cmocka_unit_test(a_ranged_attribute_is_incomplete_and_not_a_template),
        cmocka_unit_test(an_attribute_without_values_is_refused),
        cmocka_unit_test(counts_are_bounded),
        cmocka_unit_test(lengths_are_bounded_and_unknown_attributes_are_not_looked_at),
        cmocka_unit_test(an_entry_of_too_many_attributes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
