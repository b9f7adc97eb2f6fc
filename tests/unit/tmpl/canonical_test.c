/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/tmpl.h"

#include "tests/support/ldif.h"
#include "tests/support/sd_build.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"

static const struct sd_build_ace two_entries[] = {
    {0x05, 0, 0x100, &sd_enroll, SID_ENROLLEE, NULL},
    {0x06, 0, 0x100, &sd_enroll, SID_BANNED, NULL},
};

static void append_canonical(struct buf *out, const struct ldif_record *record)
{
    struct error err = {0};
    AUTO(tmpl) tmpl = NULL;

    assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
    tmpl_append_canonical(tmpl, out);
}

/* KerberosAuthentication has lists of several values; access and a descriptor beside them. */
static struct ldif_record *full_record(const char *edits)
{
    struct ldif_record *record = ldif_read(templates_find("KerberosAuthentication"));
    AUTO(buf) octets = BUF_EMPTY;

    sd_build(&octets, two_entries, COUNT_OF(two_entries));
    ldif_apply(record, "displayName: A\nmsPKI-RA-Policies: 1.2.3\n"
                       "msPKI-RA-Policies: 1.2.4\nautoenrollAllow: cn=a,dc=x\n"
                       "autoenrollAllow: cn=b,dc=x\nautoenrollDeny: cn=c,dc=x");
    ldif_add(record, "nTSecurityDescriptor", buf_bytes(&octets));
    ldif_apply(record, edits);
    return record;
}

static void assert_same(const struct ldif_record *a, const struct ldif_record *b,
                        bool expected, const char *label)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;

    append_canonical(&first, a);
    append_canonical(&second, b);
    if (bytes_equal(buf_bytes(&first), buf_bytes(&second)) != expected) {
        fail_msg("%s", label);
    }
}

static void the_order_of_attributes_and_values_means_nothing(void **state)
{
    AUTO(ldif_record) one = full_record("");
    AUTO(ldif_record) other = full_record("");
    (void)state;

    ldif_reverse(other);
    assert_string_not_equal(one->entry.attrs[0].name, other->entry.attrs[0].name);
    assert_same(one, other, true, "reversed");
}

static void labels_and_places_are_not_content(void **state)
{
    static const char *const edits[] = {
        "displayName: B",
        "-displayName",
        "dn: CN=KerberosAuthentication,CN=elsewhere,DC=test",
        "objectGUID:: aMkQDvt40hGQ1ADAT3ncVQ==",
        "whenChanged: 20260101000000.0Z",
        "uSNChanged: 12345",
        "-cn\nCN: KerberosAuthentication",
        "flags: 065632",
    };
    AUTO(ldif_record) base = full_record("");
    (void)state;

    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        AUTO(ldif_record) changed = full_record(edits[i]);

        assert_same(base, changed, true, edits[i]);
    }
}

static void every_change_of_meaning_changes_the_content(void **state)
{
    static const char *const edits[] = {
        "cn: Kerberos",
        "msPKI-Cert-Template-OID: 1.2.3",
        "msPKI-Template-Schema-Version: 1",
        "revision: 111",
        "msPKI-Template-Minor-Revision: 1",
        "flags: 65568",
        "msPKI-Enrollment-Flag: 34",
        "msPKI-Private-Key-Flag: 16",
        "msPKI-Certificate-Name-Flag: 1",
        "pKIExpirationPeriod:: AIByDl3C/f8=",
        "pKIOverlapPeriod:: AEA5hy7h/v8=",
        "pKIKeyUsage:: gAA=",
        "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2",
        "-pKIExtendedKeyUsage",
        "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.2",
        "msPKI-Certificate-Policy: 1.2.3",
        "pKICriticalExtensions: 2.5.29.37",
        "pKIMaxIssuingDepth: 1",
        "msPKI-RA-Signature: 1",
        "msPKI-RA-Policies: 1.2.3",
        "msPKI-RA-Application-Policies: 1.2.3",
        "msPKI-Supersede-Templates: DomainController",
        "msPKI-Minimal-Key-Size: 3072",
        "pKIDefaultKeySpec: 2",
        "pKIDefaultCSPs: 1,Microsoft Software Key Storage Provider",
        "autoenrollAllow: cn=a,dc=x",
        "autoenrollAllow: cn=a,dc=x\nautoenrollAllow: cn=b2,dc=x",
        "-autoenrollAllow\nautoenrollAllowAuto: cn=a,dc=x",
        "autoenrollAllowAuto: cn=a,dc=x",
        "-autoenrollDeny",
        "autoenrollDeny: cn=c,dc=x\nautoenrollDeny: cn=d,dc=x",
        "-nTSecurityDescriptor",
        "nTSecurityDescriptor:: AAAA",
    };
    AUTO(ldif_record) base = full_record("");
    (void)state;

    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        AUTO(ldif_record) changed = full_record(edits[i]);

        assert_same(base, changed, false, edits[i]);
    }
}

static void the_wish_for_a_key_is_content(void **state)
{
    static const char *const strings[] = {
        "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P256",
        "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P384",
        "msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`DWORD`0",
        "msPKI-Hash-Algorithm`PZPWSTR`SHA256",
        "msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Symmetric-Key-Length`DWORD`0",
        "msPKI-Key-Usage`DWORD`0",
        "msPKI-Key-Usage`DWORD`1",
        "msPKI-Symmetric-Key-Length`DWORD`0",
        "msPKI-Symmetric-Algorithm`PZPWSTR`ECDSA_P256",
        "msPKI-Key-Security-Descriptor`PZPWSTR`ECDSA_P256",
        "msPKI-RA-Application-Policies`PZPWSTR`1.2.3",
        "new`DWORD`1",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        AUTO(ldif_record) first = ldif_read(templates_find("ComputerECC"));
        AUTO(ldif_record) second = ldif_read(templates_find("ComputerECC"));
        AUTO(string) edit = mem_printf("msPKI-RA-Application-Policies: %s", strings[i]);
        AUTO(string)
        next = mem_printf("msPKI-RA-Application-Policies: %s",
                          strings[(i + 1) % COUNT_OF(strings)]);

        ldif_apply(first, edit);
        ldif_apply(second, next);
        assert_same(first, second, false, strings[i]);
    }
}

static void descriptors_count_by_owner_and_entries_in_their_order(void **state)
{
    const struct sd_build_ace swapped[] = {two_entries[1], two_entries[0]};
    const struct sd_build_ace other_mask[] = {
        two_entries[0], {0x06, 0, 0x101, &sd_enroll, SID_BANNED, NULL}};
    AUTO(ldif_record) base = full_record("");
    struct buf changed[4] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY, BUF_EMPTY};
    (void)state;

    sd_build(&changed[0], swapped, 2);
    sd_build(&changed[1], other_mask, 2);
    sd_build(&changed[2], two_entries, 1);
    sd_build_owned(&changed[3], SID_ALICE, two_entries, 2);
    for (size_t i = 0; i < COUNT_OF(changed); i++) {
        AUTO(ldif_record) record = full_record("-nTSecurityDescriptor");

        ldif_add(record, "nTSecurityDescriptor", buf_bytes(&changed[i]));
        assert_same(base, record, false, "descriptor");
        buf_clear(&changed[i]);
    }
}

/* The same owner and entries, with a SACL and another layout. */
static void layout_and_logging_of_a_descriptor_are_not_content(void **state)
{
    static const unsigned char sacl[] = {2, 0, 8, 0, 0, 0, 0, 0};
    AUTO(ldif_record) base = full_record("");
    AUTO(ldif_record) other = full_record("-nTSecurityDescriptor");
    AUTO(buf) octets = BUF_EMPTY;
    (void)state;

    sd_build(&octets, two_entries, COUNT_OF(two_entries));
    octets.data[2] |= 0x10; /* SACL present */
    octets.data[12] = (unsigned char)octets.len;
    buf_append(&octets, sacl, sizeof(sacl));
    ldif_add(other, "nTSecurityDescriptor", buf_bytes(&octets));
    assert_same(base, other, true, "SACL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_attributes_and_values_means_nothing),
        cmocka_unit_test(labels_and_places_are_not_content),
        cmocka_unit_test(every_change_of_meaning_changes_the_content),
        cmocka_unit_test(the_wish_for_a_key_is_content),
        cmocka_unit_test(descriptors_count_by_owner_and_entries_in_their_order),
        cmocka_unit_test(layout_and_logging_of_a_descriptor_are_not_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
