/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/lint/lint.h"
#include "common/pki/ext_words.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

/* Certificates are OpenSSL's, so that neither our writer nor our reader vouches for itself. */
#define SERIAL "@123456789012345"
static struct fixture_ca *ca;
static struct cert *issuer_cert;
static struct buf spki;

static int set_up(void **state)
{
    struct error err = {0};
    (void)state;

    ca = fixture_ca_new(FIXTURE_EC, "Test Issuing CA", NULL, 0);
    fixture_spki(FIXTURE_EC, &spki);
    assert_ok(cert_parse(fixture_ca_certificate(ca), &issuer_cert, &err), &err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cert_free(issuer_cert);
    fixture_ca_free(ca);
    buf_clear(&spki);
    return 0;
}

/* An intent, and the certificate that OpenSSL makes of the same words. */
struct sample {
    struct wire_issue_intent intent;
    struct lint_issuer issuer;
    struct wire_rdn subject;
    struct wire_san san;
    struct wire_extension extension;
    const char *ekus[2];
    const char *critical[1];
    struct fixture_leaf leaf;
};

static void fill(struct sample *s)
{
    *s = (struct sample){
        .issuer = {issuer_cert, true, false},
        .subject = {{"2.5.4.3", "web1", NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"},
        .san = {{GENERAL_DNS, "", bytes_of_text("web1.example.test")},
                WIRE_PROOF_DIRECTORY,
                "dNSHostName"},
        .ekus = {EXT_PURPOSE_CLIENT, EXT_PURPOSE_SERVER},
        .critical = {EXT_OID_KEY_USAGE},
        .leaf = {.cn = "web1",
                 .spki = buf_bytes(&spki),
                 .serial = bytes_of_text(SERIAL),
                 .not_before_utc = FIXTURE_NOW,
                 .not_after_utc = FIXTURE_NOW + 86400,
                 .extensions = {
                     "keyUsage=critical,digitalSignature",
                     "extendedKeyUsage=clientAuth,serverAuth",
                     "subjectAltName=DNS:web1.example.test", "subjectKeyIdentifier=hash",
                     "authorityKeyIdentifier=keyid",
                     "crlDistributionPoints=URI:http://pki.example.test/lab-1-0.crl"}}};
    s->intent = (struct wire_issue_intent){
        .request_id = "R-1",
        .ca = "lab",
        .template = {.oid = "", .name = "Machine"},
        .account = {.id = "1", .principal = "host/web1@T", .sid = ""},
        .content = {.subject = &s->subject,
                    .subject_count = 1,
                    .sans = &s->san,
                    .san_count = 1,
                    .not_before_utc = FIXTURE_NOW,
                    .not_after_utc = FIXTURE_NOW + 86400,
                    .key_usage = EXT_KU_DIGITAL_SIGNATURE,
                    .ekus = s->ekus,
                    .eku_count = 2,
                    .critical = s->critical,
                    .critical_count = 1},
        .spki = buf_bytes(&spki)};
}

static bool lint(const struct sample *s, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;

    fixture_ca_issue(ca, &s->leaf, &der);
    return cert_parse(buf_bytes(&der), &cert, err) &&
           lint_certificate(cert, &s->intent, &s->issuer, err);
}

struct change {
    const char *what;
    void (*apply)(struct sample *s);
    const char *words; /* of the refusal; NULL: it is right */
};

#define DO(name, statement)                                                              \
    static void name(struct sample *s)                                                   \
    {                                                                                    \
        statement;                                                                       \
    }
#define CONTENT    s->intent.content
#define EXTENSIONS s->leaf.extensions

DO(nothing, (void)s)
DO(short_serial, s->leaf.serial = bytes_of_text("@12345678901234"))
DO(foreign_serial, s->leaf.serial = bytes_of_text("?123456789012345"))
DO(last_node, s->leaf.serial = bytes_of_text("\x7f"
                                             "123456789012345"))
DO(another_key, s->leaf.spki.len = 0)
DO(a_second_longer, s->leaf.not_after_utc++)
DO(a_second_earlier, s->leaf.not_before_utc--)
DO(beyond_the_ca, s->leaf.not_after_utc = FIXTURE_NOT_AFTER + 1;
   CONTENT.not_after_utc = FIXTURE_NOT_AFTER + 1)
DO(with_the_ca, s->leaf.not_after_utc = FIXTURE_NOT_AFTER;
   CONTENT.not_after_utc = FIXTURE_NOT_AFTER)
DO(another_cn, s->leaf.cn = "web2")
DO(cn_in_another_case, s->leaf.cn = "WEB1")
DO(no_cn, s->leaf.cn = NULL)
DO(no_cn_wanted, CONTENT.subject_count = 0)
DO(no_cn_and_none_wanted, s->leaf.cn = NULL; CONTENT.subject_count = 0;
   EXTENSIONS[2] = "subjectAltName=critical,DNS:web1.example.test")
DO(no_cn_and_san_not_critical, s->leaf.cn = NULL; CONTENT.subject_count = 0)
DO(another_san, EXTENSIONS[2] = "subjectAltName=DNS:web2.example.test")
DO(one_san_more, EXTENSIONS[2] = "subjectAltName=DNS:web1.example.test,DNS:x.test")
DO(san_of_another_kind, EXTENSIONS[2] = "subjectAltName=email:a@web1.example.test")
DO(san_missing, EXTENSIONS[2] = "1.2.3.4=DER:0500")
DO(critical_san, EXTENSIONS[2] = "subjectAltName=critical,DNS:web1.example.test")
DO(ca_true, EXTENSIONS[6] = "basicConstraints=critical,CA:TRUE")
DO(ca_false, EXTENSIONS[6] = "basicConstraints=CA:FALSE")
DO(ca_false_wanted, EXTENSIONS[6] = "basicConstraints=CA:FALSE";
   CONTENT.basic_constraints = true)
DO(ca_false_missing, CONTENT.basic_constraints = true)
DO(cert_sign, EXTENSIONS[0] = "keyUsage=critical,digitalSignature,keyCertSign")
DO(cert_sign_wanted, cert_sign(s); CONTENT.key_usage |= EXT_KU_KEY_CERT_SIGN)
DO(more_usage, EXTENSIONS[0] = "keyUsage=critical,digitalSignature,keyEncipherment")
DO(more_usage_wanted, more_usage(s); CONTENT.key_usage |= EXT_KU_KEY_ENCIPHERMENT)
DO(usage_not_critical, EXTENSIONS[0] = "keyUsage=digitalSignature")
DO(usage_not_critical_wanted, usage_not_critical(s); CONTENT.critical_count = 0)
DO(another_purpose, EXTENSIONS[1] = "extendedKeyUsage=clientAuth,codeSigning")
DO(purpose_missing, EXTENSIONS[1] = "extendedKeyUsage=clientAuth")
DO(any_purpose, EXTENSIONS[1] = "extendedKeyUsage=clientAuth,2.5.29.37.0";
   s->ekus[1] = "2.5.29.37.0")
DO(ski_missing, EXTENSIONS[3] = "1.2.3.4=DER:0500")
DO(aki_missing, EXTENSIONS[4] = "1.2.3.4=DER:0500")
DO(crl_missing, EXTENSIONS[5] = "1.2.3.4=DER:0500")
DO(crl_not_wanted, CONTENT.no_revocation = true)
DO(ocsp_no_check, EXTENSIONS[6] = "noCheck=ignored")
DO(ocsp_no_check_wanted, EXTENSIONS[6] = "noCheck=ignored"; CONTENT.ocsp_no_check = true)
DO(unasked, EXTENSIONS[6] = "1.2.3.4=DER:0500")

static void want_other(struct sample *s, const char *oid, bool critical, const char *der)
{
    s->extension = (struct wire_extension){oid, critical, bytes_of_text(der)};
    CONTENT.extensions = &s->extension;
    CONTENT.extension_count = 1;
}

DO(asked, EXTENSIONS[6] = "1.2.3.4=DER:0c0161"; want_other(s, "1.2.3.4", false,
                                                           "\x0c\x01"
                                                           "a"))
DO(asked_otherwise, EXTENSIONS[6] = "1.2.3.4=DER:0c0161"; want_other(s, "1.2.3.4", false,
                                                                     "\x0c\x01"
                                                                     "b"))
DO(asked_critical, EXTENSIONS[6] = "1.2.3.4=DER:0c0161"; want_other(s, "1.2.3.4", true,
                                                                    "\x0c\x01"
                                                                    "a"))
DO(asked_reserved, EXTENSIONS[6] = "2.5.29.16=DER:0c0161";
   want_other(s, "2.5.29.16", false,
              "\x0c\x01"
              "a"))
DO(sid_missing, s->intent.account.sid = "S-1-5-21-1-2-3-1104")
DO(template_missing, s->intent.template.oid = "1.2.3")

/* SEQUENCE { [0] { OID 1.3.6.1.4.1.311.25.2.1, [0] { OCTET STRING S-1-5-21-1-2-3-11xx } } } */
DO(the_sid, EXTENSIONS[6] = "1.3.6.1.4.1.311.25.2=DER:"
                            "3025a023060a2b060104018237190201a0150413"
                            "532d312d352d32312d312d322d332d31313034";
   s->intent.account.sid = "S-1-5-21-1-2-3-1104")
DO(another_sid, the_sid(s); s->intent.account.sid = "S-1-5-21-1-2-3-1105")
DO(sid_not_wanted, the_sid(s); s->intent.account.sid = "")

/* SEQUENCE { OID 1.2.3, INTEGER 100, INTEGER 2 } */
DO(the_template, EXTENSIONS[6] = "1.3.6.1.4.1.311.21.7=DER:300a06022a03020164020102";
   s->intent.template.oid = "1.2.3"; s->intent.template.major = 100;
   s->intent.template.minor = 2)
DO(another_version, the_template(s); s->intent.template.minor = 3)
DO(another_template, the_template(s); s->intent.template.oid = "1.2.4")
DO(v1_missing, CONTENT.template_name_v1 = true)
DO(the_v1_name, EXTENSIONS[6] = "1.3.6.1.4.1.311.20.2=DER:"
                                "1e0e004d0061006300680069006e0065";
   CONTENT.template_name_v1 = true)
DO(another_v1_name, the_v1_name(s); s->intent.template.name = "User")

static void the_policy(struct sample *s)
{
    static struct wire_policy policy = {"1.2.3", "", ""};

    EXTENSIONS[6] = "certificatePolicies=1.2.3";
    CONTENT.policies = &policy;
    CONTENT.policy_count = 1;
}

DO(another_policy, the_policy(s); EXTENSIONS[6] = "certificatePolicies=1.2.4")

static const struct change changes[] = {
    {"nothing", nothing, NULL},
    {"a serial of 15 octets", short_serial, "serial"},
    {"a serial of no node", foreign_serial, "serial"},
    {"a serial of the last node", last_node, NULL},
    {"another key", another_key, "key"},
    {"a second longer", a_second_longer, "validity"},
    {"a second earlier", a_second_earlier, "validity"},
    {"longer than the CA", beyond_the_ca, "CA's"},
    {"as long as the CA", with_the_ca, NULL},
    {"another CN", another_cn, "subject"},
    {"the CN in another case", cn_in_another_case, "subject"},
    {"no CN", no_cn, "subject"},
    {"a CN that is not wanted", no_cn_wanted, "subject"},
    {"an empty subject", no_cn_and_none_wanted, NULL},
    {"an empty subject, the SAN not critical", no_cn_and_san_not_critical, "2.5.29.17"},
    {"another SAN", another_san, "alternative"},
    {"a SAN more", one_san_more, "alternative"},
    {"a SAN of another kind", san_of_another_kind, "alternative"},
    {"no SAN", san_missing, "alternative"},
    {"a critical SAN beside a subject", critical_san, "2.5.29.17"},
    {"CA:TRUE", ca_true, "a CA's"},
    {"CA:FALSE that is not wanted", ca_false, "other extensions"},
    {"CA:FALSE", ca_false_wanted, NULL},
    {"CA:FALSE missing", ca_false_missing, "2.5.29.19 is missing"},
    {"keyCertSign", cert_sign, "key usage"},
    {"keyCertSign, though wanted", cert_sign_wanted, "key usage"},
    {"another key usage", more_usage, "key usage"},
    {"another key usage, wanted", more_usage_wanted, NULL},
    {"key usage not critical", usage_not_critical, "not critical"},
    {"key usage not critical, wanted", usage_not_critical_wanted, NULL},
    {"another purpose", another_purpose, "purposes"},
    {"a purpose missing", purpose_missing, "purposes"},
    {"any purpose, though wanted", any_purpose, "purposes"},
    {"no SKI", ski_missing, "2.5.29.14"},
    {"no AKI", aki_missing, "2.5.29.35"},
    {"no CDP", crl_missing, "2.5.29.31"},
    {"a CDP that is not wanted", crl_not_wanted, "other extensions"},
    {"ocsp-nocheck", ocsp_no_check, "other extensions"},
    {"ocsp-nocheck, wanted", ocsp_no_check_wanted, NULL},
    {"an extension that nobody asked for", unasked, "other extensions"},
    {"an extension that was asked for", asked, NULL},
    {"an extension with another content", asked_otherwise, "1.2.3.4"},
    {"an extension that should be critical", asked_critical, "not critical"},
    {"a reserved extension, though wanted", asked_reserved, "2.5.29.16"},
    {"no SID", sid_missing, "25.2 is missing"},
    {"the SID", the_sid, NULL},
    {"another's SID", another_sid, "SID"},
    {"a SID that is not wanted", sid_not_wanted, "other extensions"},
    {"no template", template_missing, "21.7 is missing"},
    {"the template", the_template, NULL},
    {"the template's other version", another_version, "template"},
    {"another template", another_template, "template"},
    {"no template name", v1_missing, "20.2 is missing"},
    {"the template name", the_v1_name, NULL},
    {"another template name", another_v1_name, "name"},
    {"the policy", the_policy, NULL},
    {"another policy", another_policy, "policies"},
};

/* I3, I4, and each refusal beside its twin. */
static void a_certificate_says_what_its_intent_says_and_nothing_else(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct sample s;
        struct error err = {0};

        fill(&s);
        changes[i].apply(&s);
        bool right = lint(&s, &err);
        if (changes[i].words == NULL
                ? !right
                : right || strstr(err.message, changes[i].words) == NULL) {
            fail_msg("%s: %s", changes[i].what, right ? "right" : err.message);
        }
    }
}

static void another_ca_is_not_the_issuer(void **state)
{
    AUTO(fixture_ca) namesake = fixture_ca_new(FIXTURE_EC, "Test Issuing CA", NULL, 0);
    AUTO(fixture_ca) stranger = fixture_ca_new(FIXTURE_EC, "Another CA", NULL, 0);
    AUTO(cert) same_name = NULL;
    AUTO(cert) other_name = NULL;
    struct sample s;
    struct error err = {0};
    (void)state;

    assert_ok(cert_parse(fixture_ca_certificate(namesake), &same_name, &err), &err);
    assert_ok(cert_parse(fixture_ca_certificate(stranger), &other_name, &err), &err);
    fill(&s);
    s.issuer.certificate = other_name;
    assert_fails(lint(&s, &err), &err, ERROR_INVALID, "issuer");
    s.issuer.certificate = same_name;
    assert_fails(lint(&s, &err), &err, ERROR_INVALID, "key ids");
}

static void what_is_yet_to_be_signed_is_read_the_same(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct sample s;
    struct error err = {0};
    (void)state;

    fill(&s);
    fixture_ca_issue(ca, &s.leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    assert_ok(lint_tbs(cert_get_tbs(cert), SIG_ECDSA_SHA256, &s.intent, &s.issuer, &err),
              &err);
    assert_false(
        lint_tbs(cert_get_tbs(cert), SIG_ECDSA_SHA384, &s.intent, &s.issuer, &err));
    assert_false(lint_tbs(buf_bytes(&der), SIG_ECDSA_SHA256, &s.intent, &s.issuer, &err));
    s.intent.template.oid = "1.2.3";
    assert_fails(
        lint_tbs(cert_get_tbs(cert), SIG_ECDSA_SHA256, &s.intent, &s.issuer, &err), &err,
        ERROR_INVALID, "21.7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_says_what_its_intent_says_and_nothing_else),
        cmocka_unit_test(another_ca_is_not_the_issuer),
        cmocka_unit_test(what_is_yet_to_be_signed_is_read_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
