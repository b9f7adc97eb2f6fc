/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/tmpl.h"

#include "tests/support/ldif.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"
#include "tests/unit/tmpl/model_text.h"

/* Every field of the template Machine; the others are told by what differs. */
static const char machine_model[] =
    "dn=CN=Machine,CN=Certificate Templates,CN=Public Key Services,CN=Services,"
    "CN=Configuration,DC=example,DC=test\n"
    "cn=Machine\n"
    "display=Computer\n"
    "oid=1.3.6.1.4.1.311.21.8.1.2.3.4.5.150.1.14\n"
    "guid=\n"
    "version=1\n"
    "major=5\n"
    "minor=1\n"
    "flags=10260\n"
    "enrollment=20\n"
    "private=0\n"
    "names=18000000\n"
    "validity=31536000\n"
    "overlap=3628800\n"
    "usage=00a0\n"
    "depth=0\n"
    "ra_signatures=0\n"
    "key_size=2048\n"
    "key_spec=1\n"
    "ekus=1.3.6.1.5.5.7.3.1 | 1.3.6.1.5.5.7.3.2\n"
    "app_policies=\n"
    "purposes=1.3.6.1.5.5.7.3.1 | 1.3.6.1.5.5.7.3.2\n"
    "cert_policies=\n"
    "critical=2.5.29.15\n"
    "ra_purposes=\n"
    "ra_policies=\n"
    "supersedes=\n"
    "providers=Microsoft RSA SChannel Cryptographic Provider\n"
    "key=RSA 0 ''\n"
    "hash=256\n"
    "cng=0\n"
    "cng_oids=\n"
    "cng_algorithm=(none)\n"
    "cng_hash=(none)\n"
    "cng_sddl=(none)\n"
    "cng_symmetric=(none)\n"
    "cng_usage=0 0\n"
    "cng_bits=0 0\n"
    "cng_unknown=\n"
    "descriptor=0 0\n"
    "access=0\n"
    "allow=\n"
    "allow_normal=\n"
    "allow_auto=\n"
    "deny=\n"
    "findings=\n";

#define DN_OF(cn)                                                                        \
    "dn=CN=" cn ",CN=Certificate Templates,CN=Public Key Services,CN=Services,"          \
    "CN=Configuration,DC=example,DC=test\ncn=" cn "\n"
#define OID_OF(last) "oid=1.3.6.1.4.1.311.21.8.1.2.3.4.5.150." last "\n"
#define CLIENT       "1.3.6.1.5.5.7.3.2"
#define SERVER       "1.3.6.1.5.5.7.3.1"

struct variant {
    const char *base;    /* the template it starts from */
    const char *edits;   /* LDIF */
    const char *changes; /* lines of the model that differ from the base's */
};

static const struct variant defaults[] = {
    {"Machine", "", ""},
    {"Workstation", "",
     DN_OF("Workstation") OID_OF("1.30") "display=Workstation Authentication\nversion=2\n"
                                         "major=101\nminor=0\nnames=08000000\n"
                                         "ekus=" CLIENT "\napp_policies=" CLIENT
                                         "\npurposes=" CLIENT "\n"},
    {"User", "",
     DN_OF("User") OID_OF(
         "1.1") "display=User\nmajor=3\nflags=1023a\nenrollment=29\n"
                "private=10\nnames=a6000000\n"
                "ekus=1.3.6.1.4.1.311.10.3.4 | " CLIENT " | 1.3.6.1.5.5.7.3.4\n"
                "purposes=1.3.6.1.4.1.311.10.3.4 | " CLIENT " | 1.3.6.1.5.5.7.3.4\n"
                "providers=Microsoft Enhanced Cryptographic Provider v1.0"
                " | Microsoft Base Cryptographic Provider v1.0\n"
                "findings=note IDLE_FLAG | note IDLE_FLAG\n"},
    {"WebServer", "",
     DN_OF("WebServer") OID_OF("1.16") "display=Web Server\nmajor=4\nflags=10241\n"
                                       "enrollment=0\nnames=00000001\nvalidity=63072000\n"
                                       "ekus=" SERVER "\npurposes=" SERVER "\n"
                                       "providers=Microsoft RSA SChannel Cryptographic "
                                       "Provider | Microsoft DH SChannel Cryptographic "
                                       "Provider\n"},
    {"RASAndIASServer", "",
     DN_OF("RASAndIASServer") OID_OF("1.31") "display=RAS and IAS Server\nversion=2\n"
                                             "major=101\nminor=0\nnames=48000000\n"
                                             "app_policies=" SERVER " | " CLIENT "\n"},
    {"KerberosAuthentication", "",
     DN_OF("KerberosAuthentication")
         OID_OF("1.33") "display=Kerberos Authentication\nversion=2\nmajor=110\nminor=0\n"
                        "flags=10060\nnames=08400000\n"
                        "ekus=1.3.6.1.4.1.311.20.2.2 | 1.3.6.1.5.2.3.5 | " SERVER
                        " | " CLIENT "\n"
                        "app_policies=1.3.6.1.4.1.311.20.2.2 | 1.3.6.1.5.2.3.5 | " SERVER
                        " | " CLIENT "\n"
                        "purposes=1.3.6.1.4.1.311.20.2.2 | 1.3.6.1.5.2.3.5 | " SERVER
                        " | " CLIENT "\n"
                        "supersedes=DomainController | DomainControllerAuthentication\n"},
    {"SmartcardLogon", "",
     DN_OF("SmartcardLogon") OID_OF("1.5") "display=Smartcard Logon\nmajor=6\n"
                                           "flags=10200\nenrollment=0\nnames=82000000\n"
                                           "ekus=1.3.6.1.4.1.311.20.2.2 | " CLIENT "\n"
                                           "purposes=1.3.6.1.4.1.311.20.2.2 | " CLIENT
                                           "\nproviders=\n"},
    {"ComputerECC", "",
     DN_OF("ComputerECC") OID_OF("7.1") "display=Computer ECC\nversion=4\nmajor=100\n"
                                        "minor=3\nflags=20260\nprivate=6060000\n"
                                        "usage=0080\nkey_size=256\nkey_spec=2\n"
                                        "ekus=" CLIENT "\napp_policies=" CLIENT
                                        "\npurposes=" CLIENT "\n"
                                        "providers=Microsoft Software Key Storage "
                                        "Provider\n"
                                        "key=EC 256 'ECDSA_P256'\nhash=384\ncng=1\n"
                                        "cng_algorithm=ECDSA_P256\ncng_hash=SHA384\n"
                                        "cng_symmetric=3DES\ncng_usage=1 2\n"
                                        "cng_bits=1 168\n"},
};

#define CNG    "msPKI-RA-Application-Policies: "
#define BLOCKS "findings=blocks "

static const struct variant variants[] = {
    /* numbers */
    {"Machine", "-msPKI-Template-Schema-Version", ""},
    {"Machine", "-displayName", "display=\n"},
    {"Machine", "-pKIDefaultKeySpec", "key_spec=0\n"},
    {"Machine", "-pKIDefaultCSPs", "providers=\n"},
    {"Machine", "-pKICriticalExtensions", "critical=\n"},
    {"Machine", "-pKIMaxIssuingDepth", ""},
    {"Machine", "pKIMaxIssuingDepth: -1", "depth=4294967295\n"},
    {"Machine",
     "-msPKI-Enrollment-Flag\n-msPKI-Private-Key-Flag\n-msPKI-RA-Signature\n"
     "-msPKI-Minimal-Key-Size\n-msPKI-Template-Minor-Revision",
     "enrollment=0\nkey_size=0\nminor=0\n"}, /* as Windows 2000 knew it */
    {"Machine", "msPKI-Template-Schema-Version: 2", "version=2\n"},
    {"Machine", "msPKI-Template-Schema-Version: 3", "version=3\n"},
    {"Machine", "msPKI-Template-Schema-Version: 4", "version=4\n"},
    {"Machine", "revision: 2147483647\nmsPKI-Template-Minor-Revision: 2147483647",
     "major=2147483647\nminor=2147483647\n"},
    {"Machine", "msPKI-Certificate-Name-Flag: -2147483648", "names=80000000\n"},
    {"Machine", "msPKI-Certificate-Name-Flag: 0", "names=00000000\n"},
    {"Machine", "msPKI-Certificate-Name-Flag: -1",
     "names=ffffffff\nfindings=blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "note IDLE_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | "
     "blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG | blocks UNKNOWN_FLAG\n"},
    {"Machine", "msPKI-Minimal-Key-Size: 16384", "key_size=16384\n"},
    {"Machine", "msPKI-RA-Signature: 1", "ra_signatures=1\n" BLOCKS "RA_SIGNATURE\n"},
    /* octets */
    {"Machine", "pKIKeyUsage:: gA==", "usage=0080\n"},
    {"Machine", "pKIKeyUsage:: AIA=", "usage=8000\n"},
    {"Machine", "pKIKeyUsage:: AAA=", "usage=0000\n"},
    {"Machine", "pKIKeyUsage:: hgA=", "usage=0086\n" BLOCKS "KEY_USAGE\n"},
    {"Machine", "pKIExpirationPeriod:: AMAb13/6//8=", "validity=604800\n"},
    {"Machine", "objectGUID:: aMkQDvt40hGQ1ADAT3ncVQ==",
     "guid=0e10c968-78fb-11d2-90d4-00c04f79dc55\n"},
    /* lists, names and their spelling */
    {"Machine", "-pKIExtendedKeyUsage", "ekus=\npurposes=\n"},
    {"Machine", "msPKI-Certificate-Application-Policy: 1.2.3", "app_policies=1.2.3\n"},
    {"Workstation", "msPKI-Certificate-Application-Policy: 1.2.3",
     "app_policies=1.2.3\npurposes=1.2.3 | " CLIENT "\n"},
    {"Workstation", "-pKIExtendedKeyUsage", "ekus=\n"},
    {"Machine", "pKIExtendedKeyUsage: 2.5.29.37.0",
     "ekus=2.5.29.37.0\npurposes=2.5.29.37.0\n" BLOCKS "ANY_PURPOSE\n"},
    {"Machine", "msPKI-Certificate-Policy: 1.2.4\nmsPKI-Certificate-Policy: 1.2.3",
     "cert_policies=1.2.3 | 1.2.4\n"},
    {"Machine", "msPKI-RA-Policies: 1.2.3", "ra_policies=1.2.3\n"},
    {"Machine", "msPKI-Supersede-Templates: Old Machine\nmsPKI-Supersede-Templates: A",
     "supersedes=A | Old Machine\n"},
    {"Machine", "msPKI-Supersede-Templates: MACHINE",
     "supersedes=MACHINE\n" BLOCKS "SUPERSEDES_ITSELF\n"},
    {"Machine", "-flags\nFLAGS: 66144\n-cn\nCn;binary: Machine", ""},
    {"Machine", "-objectClass", ""},
    {"Machine", "objectClass: PKICertificateTEMPLATE", ""},
    {"Machine", "whenChanged: 20260101000000.0Z\nwhenChanged;x-a: 1\nmember;range=0-1: a",
     ""},
    {"Machine", "cn:: TWFzY2hpbmUgw6Q=", "cn=Maschine \xc3\xa4\n"},
    {"Machine", "cn: a/b", "cn=a/b\n" BLOCKS "BAD_NAME\n"},
    {"Machine", "cn: ..", "cn=..\n" BLOCKS "BAD_NAME\n"},
    /* providers */
    {"Machine", "pKIDefaultCSPs: 10,C\npKIDefaultCSPs: 2,B\npKIDefaultCSPs: 2,A,x",
     "providers=A,x | B | C\n"},
    {"Machine", "pKIDefaultCSPs: 1,Microsoft Base DSS Cryptographic Provider",
     "providers=Microsoft Base DSS Cryptographic Provider\nkey=none 0 ''\n" BLOCKS
     "KEY_ALGORITHM\n"},
    /* the two syntaxes of [MS-CRTD] 2.23 */
    {"Machine", CNG "1.2.4\n" CNG "1.2.3", "ra_purposes=1.2.3 | 1.2.4\n"},
    {"Workstation", CNG "1.2.3", "ra_purposes=1.2.3\n"},
    {"ComputerECC", CNG "1.2.3\nmsPKI-Private-Key-Flag: 256",
     "private=100\nra_purposes=1.2.3\nkey=RSA 0 ''\nhash=256\ncng=0\n"
     "cng_algorithm=(none)\ncng_hash=(none)\ncng_symmetric=(none)\ncng_usage=0 0\n"
     "cng_bits=0 0\n"},
    {"ComputerECC", "-msPKI-RA-Application-Policies",
     "key=RSA 0 ''\nhash=256\ncng=0\ncng_algorithm=(none)\ncng_hash=(none)\n"
     "cng_symmetric=(none)\ncng_usage=0 0\ncng_bits=0 0\n"},
    {"ComputerECC", "msPKI-Template-Schema-Version: 3", "version=3\n"},
    {"ComputerECC",
     "msPKI-Template-Schema-Version: 3\nmsPKI-Private-Key-Flag: 256", /* only v4 looks */
     "version=3\nprivate=100\n"},
    {"Machine",
     "msPKI-Template-Schema-Version: 3\n" CNG
     "msPKI-RA-Application-Policies`PZPWSTR`1.2.4,1.2.3`"
     "msPKI-Key-Security-Descriptor`PZPWSTR`D:P(A;;FA;;;BA)`",
     "version=3\nra_purposes=1.2.3 | 1.2.4\ncng=1\ncng_oids=1.2.3 | 1.2.4\n"
     "cng_sddl=D:P(A;;FA;;;BA)\n"},
    {"ComputerECC",
     CNG
     "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDH_P521`msPKI-Hash-Algorithm`PZPWSTR`SHA512`"
     "\nmsPKI-Minimal-Key-Size: 521",
     "key_size=521\nkey=EC 521 'ECDH_P521'\nhash=512\ncng_algorithm=ECDH_P521\n"
     "cng_hash=SHA512\ncng_symmetric=(none)\ncng_usage=0 0\ncng_bits=0 0\n"},
    {"ComputerECC", "msPKI-Minimal-Key-Size: 2048",
     "key_size=2048\n" BLOCKS "KEY_ALGORITHM\n"},
    {"Machine",
     "msPKI-Template-Schema-Version: 3\n" CNG
     "msPKI-Asymmetric-Algorithm`PZPWSTR`DS`msPKI-Hash-Algorithm`PZPWSTR`SHA1",
     "version=3\nkey=none 0 'DS'\ncng=1\ncng_algorithm=DS\ncng_hash=SHA1\n"
     "findings=blocks KEY_ALGORITHM | note HASH_ALGORITHM\n"},
    {"Machine",
     "msPKI-Template-Schema-Version: 3\n" CNG
     "msPKI-Asymmetric-Algorithm`PZPWSTR`RSA`msPKI-Hash-Algorithm`PZPWSTR`SHA3-256`"
     "msPKI-Key-Usage`DWORD`16777215`",
     "version=3\nkey=RSA 0 'RSA'\ncng=1\ncng_algorithm=RSA\ncng_hash=SHA3-256\n"
     "cng_usage=1 ffffff\n" BLOCKS "HASH_ALGORITHM\n"},
    {"Machine",
     "msPKI-Template-Schema-Version: 3\n" CNG
     "msPKI-Key-Usage`DWORD`8`a`DWORD`1`b`PZPWSTR``",
     "version=3\ncng=1\ncng_usage=1 8\ncng_unknown=a | b\n"
     "findings=blocks KEY_PROPERTY | blocks KEY_PROPERTY | blocks KEY_PROPERTY\n"},
    /* flags that block */
    {"Machine", "flags: 66272", "flags=102e0\n" BLOCKS "REFUSED_FLAG\n"},
    {"Machine", "msPKI-Private-Key-Flag: 1", "private=1\n" BLOCKS "REFUSED_FLAG\n"},
    {"Machine", "msPKI-Enrollment-Flag: 4096", "enrollment=1000\n" BLOCKS "OCSP\n"},
    {"Machine", "msPKI-Enrollment-Flag: 4096\npKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.9",
     "enrollment=1000\nekus=1.3.6.1.5.5.7.3.9\npurposes=1.3.6.1.5.5.7.3.9\n"},
    /* access */
    {"Machine",
     "nTSecurityDescriptor:: AQAAgAAAAAAAAAAAAAAAAAAAAAA=", "descriptor=1 0\n"},
    {"Machine", "nTSecurityDescriptor:: AQAAgAAAAAAAAAAAAAAAAAAAAA==",
     "descriptor=1 0\n" BLOCKS "DESCRIPTOR\n"},
    {"Machine",
     "autoenrollAllow: CN=Servers, DC=x\nautoenrollAllow: cn=all\n"
     "autoenrollAllowAuto: OU=a,DC=x\nautoenrollDeny: uid=A+cn=B,dc=x",
     "access=1\nallow=CN=Servers, DC=x | cn=all\nallow_normal=cn=servers,dc=x | cn=all\n"
     "allow_auto=ou=a,dc=x\ndeny=cn=b+uid=a,dc=x\n"},
};

static struct tmpl *parse(const char *base, const char *edits)
{
    AUTO(ldif_record) record = ldif_read(templates_find(base));
    struct error err = {0};
    struct tmpl *tmpl = NULL;

    ldif_apply(record, edits);
    assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
    return tmpl;
}

static void the_default_templates_parse_to_their_model(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(defaults); i++) {
        AUTO(tmpl) tmpl = parse(defaults[i].base, "");
        AUTO(buf) text = BUF_EMPTY;
        struct error err = {0};

        model_append_text(&text, tmpl);
        if (!model_equals(buf_text(&text), machine_model, defaults[i].changes)) {
            fail_msg("%s", defaults[i].base);
        }
        assert_ok(tmpl_may_issue(tmpl, &err), &err);
    }
}

static void variants_differ_in_what_was_changed_and_nothing_else(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        AUTO(tmpl) base = parse(variants[i].base, "");
        AUTO(tmpl) tmpl = parse(variants[i].base, variants[i].edits);
        AUTO(buf) base_text = BUF_EMPTY;
        AUTO(buf) text = BUF_EMPTY;

        model_append_text(&base_text, base);
        model_append_text(&text, tmpl);
        if (!model_equals(buf_text(&text), buf_text(&base_text), variants[i].changes)) {
            fail_msg("%s with %s", variants[i].base, variants[i].edits);
        }
    }
}

static void only_findings_that_block_keep_a_template_from_issuing(void **state)
{
    static const struct {
        const char *edits;
        const char *words; /* NULL: it issues */
    } cases[] = {
        {"", NULL},
        {"msPKI-Enrollment-Flag: 8", NULL}, /* PUBLISH_TO_DS is a note */
        {"flags: 66272", "'Machine' does not issue: flags: IS_CA (0x00000080)"},
        {"msPKI-Enrollment-Flag: 2097152",
         "msPKI-Enrollment-Flag: unknown bit 0x00200000"},
        {"msPKI-Enrollment-Flag: 2097160", "unknown bit 0x00200000"}, /* behind a note */
        {"msPKI-RA-Signature: 1", "msPKI-RA-Signature: 1 signatures"},
        {"pKIKeyUsage:: hgA=", "pKIKeyUsage: 0x0086 holds keyCertSign"},
        {"pKIExtendedKeyUsage: 1.3.6.1.4.1.311.10.12.1",
         "1.3.6.1.4.1.311.10.12.1 stands for any purpose"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(tmpl) tmpl = parse("Machine", cases[i].edits);
        struct error err = {0};

        if (cases[i].words == NULL) {
            assert_ok(tmpl_may_issue(tmpl, &err), &err);
        } else {
            assert_fails(tmpl_may_issue(tmpl, &err), &err, ERROR_DENIED, cases[i].words);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_templates_parse_to_their_model),
        cmocka_unit_test(variants_differ_in_what_was_changed_and_nothing_else),
        cmocka_unit_test(only_findings_that_block_keep_a_template_from_issuing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
