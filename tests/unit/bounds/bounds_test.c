/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/bounds/bounds.h"
#include "common/pki/ext.h"
#include "common/pki/ext_words.h"

#include "tests/support/test.h"
#include "tests/unit/bounds/bounds_file.h"

#define NOW INT64_C(1800000000)

enum { DAY_S = 86400, SANS = 3, AVAS = 2 };

/* A good intent of each template, which a case changes in one place. */
struct request {
    struct wire_issue_intent intent;
    struct wire_rdn subject[AVAS];
    struct wire_san sans[SANS];
    const char *ekus[3];
    struct wire_policy policy;
    struct wire_extension extension;
    struct wire_account_ref requester;
    struct wire_approval approvals[3];
    struct key_info key;
};

static struct wire_san san_of(enum general_type type, const char *text)
{
    return (struct wire_san){
        {type, "", bytes_of_text(text)}, WIRE_PROOF_DIRECTORY, "attribute"};
}

static struct wire_rdn rdn_of(const char *oid, const char *text)
{
    return (struct wire_rdn){
        {oid, text, NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "attribute"};
}

static void fill(struct request *r, const char *template, const char *principal)
{
    struct wire_content *c = &r->intent.content;

    *r = (struct request){.key = {.alg = KEY_EC, .curve = KEY_CURVE_P256, .bits = 256}};
    r->intent.request_id = "R-1";
    r->intent.ca = "lab";
    r->intent.template =
        (struct wire_template_ref){.oid = "1.2.3.4", .name = template, .major = 1};
    r->intent.account = (struct wire_account_ref){
        .id = "a-1", .principal = principal, .sid = "S-1-5-21-1-2-3-1104"};
    c->subject = r->subject;
    c->sans = r->sans;
    c->ekus = r->ekus;
    c->subject_count = c->san_count = c->eku_count = 1;
    c->not_before_utc = NOW - 600;
    c->not_after_utc = NOW + 365 * (int64_t)DAY_S;
    c->key_usage = EXT_KU_DIGITAL_SIGNATURE;
    r->ekus[0] = EXT_PURPOSE_CLIENT;
    r->requester = (struct wire_account_ref){
        .id = "b-2", .kind = WIRE_ACCOUNT_USER, .principal = "bob@EXAMPLE.TEST"};
}

static void fill_machine(struct request *r)
{
    fill(r, "Machine", "host/web1.example.test@EXAMPLE.TEST");
    r->subject[0] = rdn_of("2.5.4.3", "web1.example.test");
    r->sans[0] = san_of(GENERAL_DNS, "web1.example.test");
    r->ekus[1] = EXT_PURPOSE_SERVER;
    r->intent.content.eku_count = 2;
}

static void fill_user(struct request *r)
{
    fill(r, "User", "alice@EXAMPLE.TEST");
    r->intent.account.kind = WIRE_ACCOUNT_USER;
    r->subject[0] = rdn_of("2.5.4.3", "alice");
    r->sans[0] = san_of(GENERAL_UPN, "alice@example.test");
}

static void approve(struct request *r, size_t count)
{
    static const char *const ids[] = {"c-3", "d-4", "e-5"};
    static const char *const principals[] = {"carol@EXAMPLE.TEST", "dave@EXAMPLE.TEST",
                                             "erin@EXAMPLE.TEST"};

    for (size_t i = 0; i < count; i++) {
        r->approvals[i] = (struct wire_approval){.request_id = "R-1",
                                                 .approver = {.id = ids[i],
                                                              .kind = WIRE_ACCOUNT_USER,
                                                              .principal = principals[i]},
                                                 .group = "cn=approvers",
                                                 .approved_utc = NOW - 60,
                                                 .valid_until_utc = NOW + 60,
                                                 .journal_sequence = i + 1};
    }
    r->intent.approvals = r->approvals;
    r->intent.approval_count = count;
}

static void add_san(struct request *r, enum general_type type, const char *text)
{
    r->sans[r->intent.content.san_count++] = san_of(type, text);
}

static void add_extension(struct request *r, const char *oid, const char *der)
{
    r->extension = (struct wire_extension){oid, false, bytes_of_text(der)};
    r->intent.content.extensions = &r->extension;
    r->intent.content.extension_count = 1;
}

static struct bounds *read_bounds(const char *text)
{
    const struct cfg_text file = {"bounds.conf", bytes_of_text(text)};
    struct bounds *b = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    assert_ok(bounds_parse(&file, &b, &report, &err), &err);
    return b;
}

enum answer { GOOD = -1 };

/* Applied to a machine's or a user's good request: refused for this reason, or GOOD. */
struct change {
    const char *what;
    void (*apply)(struct request *r);
    int reason;        /* enum wire_signer_reason, or GOOD */
    const char *words; /* of the sentence */
};

static void judge_all(void (*good)(struct request *r), const struct change *changes,
                      size_t count)
{
    AUTO(bounds) b = read_bounds(BOUNDS_FILE);

    for (size_t i = 0; i < count; i++) {
        struct request r;
        enum wire_signer_reason reason = WIRE_SIGNER_INTERNAL;
        struct error err = {0};

        good(&r);
        changes[i].apply(&r);
        bool judged = bounds_judge(b, &r.intent, &r.key, NOW, &reason, &err);
        bool right = changes[i].reason == GOOD
                         ? judged
                         : !judged && (int)reason == changes[i].reason &&
                               strstr(err.message, changes[i].words) != NULL;
        if (!right) {
            fail_msg("%s: %s, %s: %s", changes[i].what, judged ? "allowed" : "refused",
                     wire_signer_reason_name(reason), err.message);
        }
    }
}

/* Each change is a function of its own: DO(name, statement). */
#define DO(name, statement)                                                              \
    static void name(struct request *r)                                                  \
    {                                                                                    \
        statement;                                                                       \
    }
#define CONTENT r->intent.content

DO(nothing, (void)r)
DO(another_template, r->intent.template.name = "WebServer")
DO(name_in_another_case, r->intent.template.name = "machine")
DO(another_oid, r->intent.template.oid = "1.2.3.5")
DO(another_ca, r->intent.ca = "other")
DO(a_user, r->intent.account.kind = WIRE_ACCOUNT_USER)
DO(foreign_realm, r->intent.account.principal = "host/web1.example.test@OTHER.TEST")
DO(realm_in_another_case, r->intent.account.principal = "host/web1@example.test")
DO(realm_before_the_last_at, r->intent.account.principal = "x@EXAMPLE.TEST@OTHER.TEST")
DO(no_realm, r->intent.account.principal = "alice")
DO(on_behalf, r->intent.op = WIRE_OP_ON_BEHALF; r->intent.requester = &r->requester)
DO(on_behalf_of_nobody, r->intent.op = WIRE_OP_ON_BEHALF)
DO(a_hidden_requester, r->intent.requester = &r->requester)

static const struct change origins[] = {
    {"nothing", nothing, GOOD, ""},
    {"an unknown template", another_template, WIRE_SIGNER_UNKNOWN_PROFILE, "no section"},
    {"its name in another case", name_in_another_case, WIRE_SIGNER_UNKNOWN_PROFILE,
     "no section"},
    {"any OID where none is said", another_oid, GOOD, ""},
    {"another CA", another_ca, WIRE_SIGNER_BOUNDS, "not in its ca"},
    {"a user on a machine's", a_user, WIRE_SIGNER_BOUNDS, "kinds"},
    {"a foreign realm", foreign_realm, WIRE_SIGNER_BOUNDS, "OTHER.TEST"},
    {"a realm in another case", realm_in_another_case, WIRE_SIGNER_BOUNDS, "realms"},
    {"a realm in front of the realm", realm_before_the_last_at, WIRE_SIGNER_BOUNDS,
     "OTHER.TEST"},
    {"no realm", no_realm, WIRE_SIGNER_MALFORMED, "no realm"},
    {"on behalf", on_behalf, WIRE_SIGNER_BOUNDS, "on_behalf"},
    {"on behalf without a requester", on_behalf_of_nobody, WIRE_SIGNER_MALFORMED,
     "requester"},
    {"a requester without on behalf", a_hidden_requester, WIRE_SIGNER_MALFORMED,
     "requester"},
};

static const struct change user_origins[] = {
    {"nothing", nothing, GOOD, ""},
    {"another OID than the section's", another_oid, WIRE_SIGNER_UNKNOWN_PROFILE,
     "1.2.3.4"},
};

static void only_known_templates_accounts_and_cas_are_signed_for(void **state)
{
    (void)state;

    judge_all(fill_machine, origins, COUNT_OF(origins));
    judge_all(fill_user, user_origins, COUNT_OF(user_origins));
}

DO(a_century, CONTENT.not_after_utc = NOW + INT64_C(36500) * DAY_S)
DO(a_second_too_long, CONTENT.not_after_utc++)
DO(ends_at_once, CONTENT.not_after_utc = CONTENT.not_before_utc)
DO(long_ago, CONTENT.not_before_utc = NOW - 3601)
DO(an_hour_ago, CONTENT.not_before_utc = NOW - 3600)
DO(far_off, CONTENT.not_before_utc = NOW + 3601)
DO(in_an_hour, CONTENT.not_before_utc = NOW + 3600)
DO(short_rsa, r->key = ((struct key_info){.alg = KEY_RSA, .bits = 2047, .e = 65537}))
DO(rsa_2048, r->key = ((struct key_info){.alg = KEY_RSA, .bits = 2048, .e = 65537}))
DO(p384, r->key.bits = 384)
DO(ed25519, r->key = ((struct key_info){.alg = KEY_ED25519, .bits = 255}))
DO(weak, r->key = ((struct key_info){.alg = KEY_RSA, .bits = 4096, .weak = 1U << 3}))

static const struct change keys_and_times[] = {
    {"a hundred years", a_century, WIRE_SIGNER_BOUNDS, "validity_max of 365d"},
    {"a second too long", a_second_too_long, WIRE_SIGNER_BOUNDS, "validity_max"},
    {"an end at the beginning", ends_at_once, WIRE_SIGNER_MALFORMED, "ends before"},
    {"begun long ago", long_ago, WIRE_SIGNER_BOUNDS, "begin_tolerance"},
    {"begun an hour ago", an_hour_ago, GOOD, ""},
    {"beginning far off", far_off, WIRE_SIGNER_BOUNDS, "begin_tolerance"},
    {"beginning in an hour", in_an_hour, GOOD, ""},
    {"RSA of 2047 bits", short_rsa, WIRE_SIGNER_BOUNDS, "rsa-2047"},
    {"RSA of 2048 bits", rsa_2048, GOOD, ""},
    {"P-384", p384, GOOD, ""},
    {"Ed25519 where it is not named", ed25519, WIRE_SIGNER_BOUNDS, "ed25519"},
    {"a ROCA key", weak, WIRE_SIGNER_BOUNDS, "roca"},
};

static void keys_and_validity_stay_within_the_section(void **state)
{
    (void)state;

    judge_all(fill_machine, keys_and_times, COUNT_OF(keys_and_times));
}

DO(sign_certificates, CONTENT.key_usage |= EXT_KU_KEY_CERT_SIGN)
DO(encipher, CONTENT.key_usage |= EXT_KU_KEY_ENCIPHERMENT)
DO(any_purpose, r->ekus[1] = "2.5.29.37.0")
DO(any_application, r->ekus[1] = "1.3.6.1.4.1.311.10.12.1")
DO(ocsp_signing, r->ekus[1] = EXT_PURPOSE_OCSP_SIGNER)
DO(code_signing, r->ekus[1] = "1.3.6.1.5.5.7.3.3")
DO(one_purpose, CONTENT.eku_count = 1)
DO(no_key_usage, CONTENT.key_usage = 0)
DO(no_purpose, CONTENT.eku_count = 0)
DO(application, CONTENT.application_policies = r->ekus; r->ekus[2] = "1.2.3";
   CONTENT.application_policy_count = 3)
DO(same_application, CONTENT.application_policies = r->ekus;
   CONTENT.application_policy_count = 2)
DO(policy, r->policy = ((struct wire_policy){"1.2.3", "", ""});
   CONTENT.policies = &r->policy; CONTENT.policy_count = 1)
DO(ca_true, add_extension(r, EXT_OID_BASIC_CONSTRAINTS, "\x30\x03\x01\x01\xff"))
DO(netscape_ca, add_extension(r, "2.16.840.1.113730.1.1", "\x03\x02\x02\x04"))
DO(other_sid, add_extension(r, EXT_OID_SID, "\x05"))
DO(named_extension, add_extension(r, "1.3.6.1.4.1.99999.1", "\x05"))
DO(unnamed_extension, add_extension(r, "1.3.6.1.4.1.99999.2", "\x05"))
DO(no_check, CONTENT.ocsp_no_check = true)
DO(no_revocation, CONTENT.no_revocation = true)

static const struct change usages[] = {
    {"keyCertSign", sign_certificates, WIRE_SIGNER_BOUNDS, "0x21"},
    {"a key usage that is not named", encipher, WIRE_SIGNER_BOUNDS, "key_usage"},
    {"no key usage", no_key_usage, WIRE_SIGNER_BOUNDS, "no_key_usage"},
    {"anyExtendedKeyUsage", any_purpose, WIRE_SIGNER_BOUNDS, "never signed"},
    {"any application policy", any_application, WIRE_SIGNER_BOUNDS, "never signed"},
    {"OCSPSigning", ocsp_signing, WIRE_SIGNER_BOUNDS, "never signed"},
    {"a purpose that is not named", code_signing, WIRE_SIGNER_BOUNDS, "ekus"},
    {"fewer purposes", one_purpose, GOOD, ""},
    {"no purpose", no_purpose, WIRE_SIGNER_BOUNDS, "no_eku"},
    {"an application policy that is not named", application, WIRE_SIGNER_BOUNDS, "1.2.3"},
    {"application policies as the purposes", same_application, GOOD, ""},
    {"a policy that is not named", policy, WIRE_SIGNER_BOUNDS, "policies"},
    {"CA:TRUE", ca_true, WIRE_SIGNER_BOUNDS, "2.5.29.19"},
    {"a CA by Netscape's certificate type", netscape_ca, WIRE_SIGNER_BOUNDS, "113730"},
    {"another's SID", other_sid, WIRE_SIGNER_BOUNDS, "25.2"},
    {"an extension that is named", named_extension, GOOD, ""},
    {"an extension that is not named", unnamed_extension, WIRE_SIGNER_BOUNDS, "99999.2"},
    {"ocsp-nocheck", no_check, WIRE_SIGNER_BOUNDS, "ocsp-nocheck"},
    {"no revocation", no_revocation, WIRE_SIGNER_BOUNDS, "no_revocation"},
};

static const struct change free_usages[] = {
    {"no key usage where that is allowed", no_key_usage, GOOD, ""},
    {"keyCertSign where none need be", sign_certificates, WIRE_SIGNER_BOUNDS, "0x21"},
};

/* I4, and each refusal beside its twin. */
static void usages_and_extensions_stay_within_the_section(void **state)
{
    (void)state;

    judge_all(fill_machine, usages, COUNT_OF(usages));
    judge_all(fill_user, free_usages, COUNT_OF(free_usages));
}

DO(foreign_suffix, add_san(r, GENERAL_DNS, "web1.example.test.evil.test"))
DO(half_a_label, add_san(r, GENERAL_DNS, "badexample.test"))
DO(deep_below, add_san(r, GENERAL_DNS, "a.b.example.test"))
DO(the_domain, add_san(r, GENERAL_DNS, "example.test"))
DO(wildcard, add_san(r, GENERAL_DNS, "*.example.test"))

static void nul_inside(struct request *r)
{
    static const unsigned char value[] = "evil.test\0.example.test";

    add_san(r, GENERAL_DNS, "x");
    r->sans[1].name.value = (struct bytes){value, sizeof(value) - 1};
}

DO(realm, add_san(r, GENERAL_KRB5, "host/web1.example.test@EXAMPLE.TEST"))
DO(other_realm, add_san(r, GENERAL_KRB5, "host/web1.example.test@OTHER.TEST"))
DO(ip_inside, add_san(r, GENERAL_IP, "\x0a\x01\xff\x01"))
DO(ip_outside, add_san(r, GENERAL_IP, "\x0a\x02\x01\x01"))
DO(ip_of_6, add_san(r, GENERAL_IP,
                    "\x0a\x01\xff\x01"
                    "456789012345"))
DO(page, add_san(r, GENERAL_URI, "https://www.example.test/x"))
DO(other_site, add_san(r, GENERAL_URI, "https://www.example.test.evil.test/x"))
DO(user_in_front, add_san(r, GENERAL_URI, "https://www.example.test@evil.test/"))
DO(spiffe, add_san(r, GENERAL_URI, "spiffe://example.test/x"))
DO(email, add_san(r, GENERAL_EMAIL, "x@example.test"))
DO(upn, add_san(r, GENERAL_UPN, "x@example.test"))
DO(rid, add_san(r, GENERAL_RID, "1.2.3"))
DO(directory, add_san(r, GENERAL_DIRECTORY, "0"))
DO(guid, add_san(r, GENERAL_GUID, "0123456789abcdef"))
DO(organization, r->subject[1] = rdn_of("2.5.4.10", "x"); CONTENT.subject_count = 2)
DO(foreign_cn, r->subject[0].ava.value = "www.evil.test")
DO(foreign_cn_of_client, r->subject[0].ava.value = "www.evil.test"; CONTENT.eku_count = 1)
DO(short_cn, r->subject[0].ava.value = "web1")

static const struct change names[] = {
    {"a foreign suffix", foreign_suffix, WIRE_SIGNER_BOUNDS, "evil.test"},
    {"half a label of the suffix", half_a_label, WIRE_SIGNER_BOUNDS, "badexample.test"},
    {"deep below the domain", deep_below, GOOD, ""},
    {"the domain", the_domain, GOOD, ""},
    {"a wildcard", wildcard, WIRE_SIGNER_BOUNDS, "*.example.test"},
    {"a NUL inside", nul_inside, WIRE_SIGNER_BOUNDS, "evil.test"},
    {"a principal of the realm", realm, GOOD, ""},
    {"a principal of another realm", other_realm, WIRE_SIGNER_BOUNDS, "OTHER.TEST"},
    {"an address inside", ip_inside, GOOD, ""},
    {"an address outside", ip_outside, WIRE_SIGNER_BOUNDS, "10.2.1.1"},
    {"an address of the other family", ip_of_6, WIRE_SIGNER_BOUNDS, "ip:"},
    {"a page", page, GOOD, ""},
    {"a page elsewhere", other_site, WIRE_SIGNER_BOUNDS, "evil.test"},
    {"a user in front of the host", user_in_front, WIRE_SIGNER_BOUNDS, "evil.test"},
    {"any URI of an open scheme", spiffe, GOOD, ""},
    {"a mail address", email, WIRE_SIGNER_BOUNDS, "email:"},
    {"a user principal name", upn, WIRE_SIGNER_BOUNDS, "upn:"},
    {"a registered id", rid, WIRE_SIGNER_BOUNDS, "rid:"},
    {"a directory name", directory, WIRE_SIGNER_BOUNDS, "dir:"},
    {"a GUID", guid, WIRE_SIGNER_BOUNDS, "guid:"},
    {"an attribute that is not named", organization, WIRE_SIGNER_BOUNDS, "attribute O"},
    {"a server's CN elsewhere", foreign_cn, WIRE_SIGNER_BOUNDS, "www.evil.test"},
    {"a client's CN elsewhere", foreign_cn_of_client, GOOD, ""},
    {"a short CN", short_cn, GOOD, ""},
};

DO(named_attribute, r->subject[1] = rdn_of("2.5.4.10", "Example Inc.");
   CONTENT.subject_count = 2)
DO(own_address, r->subject[1] = rdn_of("1.2.840.113549.1.9.1", "a@EXAMPLE.test");
   CONTENT.subject_count = 2)
DO(other_address, r->subject[1] = rdn_of("1.2.840.113549.1.9.1", "a@x.example.test");
   CONTENT.subject_count = 2)
DO(other_mail, add_san(r, GENERAL_EMAIL, "alice@example.test@evil.test"))
DO(any_dns, add_san(r, GENERAL_DNS, "example.test"))

static const struct change user_names[] = {
    {"an attribute that is named", named_attribute, GOOD, ""},
    {"an address of the domain", own_address, GOOD, ""},
    {"an address below the domain", other_address, WIRE_SIGNER_BOUNDS, "x.example.test"},
    {"a mail address", email, GOOD, ""},
    {"a mail address elsewhere", other_mail, WIRE_SIGNER_BOUNDS, "evil.test"},
    {"any host where no dns is named", any_dns, WIRE_SIGNER_BOUNDS, "example.test"},
};

/* I3 */
static void names_stay_within_the_section(void **state)
{
    (void)state;

    judge_all(fill_machine, names, COUNT_OF(names));
    judge_all(fill_user, user_names, COUNT_OF(user_names));
}

static void prove(struct request *r, enum wire_proof proof, const char *source)
{
    r->sans[0].proof = proof;
    r->sans[0].source = source;
}

static void renew(struct request *r)
{
    r->intent.op = WIRE_OP_RENEW;
    r->intent.renewed_serial = (struct bytes){(const unsigned char *)"\x40\xab", 2};
}

DO(by_bounds, prove(r, WIRE_PROOF_BOUNDS, "tls"))
DO(by_nothing, prove(r, WIRE_PROOF_COUNT, "x"))
DO(by_subject_bounds, r->subject[0].proof = WIRE_PROOF_BOUNDS)
DO(by_rule, prove(r, WIRE_PROOF_RULE, "10-names.lua"))
DO(by_rule_and_approved, prove(r, WIRE_PROOF_RULE, "10-names.lua"); approve(r, 1))
DO(by_approval, prove(r, WIRE_PROOF_APPROVAL, "R-1"))
DO(by_approval_and_approved, prove(r, WIRE_PROOF_APPROVAL, "R-1"); approve(r, 1))
DO(by_anothers_approval, prove(r, WIRE_PROOF_APPROVAL, "R-2"); approve(r, 1))
DO(by_certificate, prove(r, WIRE_PROOF_CERTIFICATE, "40ab"); renew(r))
DO(by_another_certificate, prove(r, WIRE_PROOF_CERTIFICATE, "40ac"); renew(r))
DO(by_certificate_afresh, prove(r, WIRE_PROOF_CERTIFICATE, "40ab"); renew(r);
   r->intent.op = WIRE_OP_ENROLL)
DO(approved_elsewhere, approve(r, 1); r->approvals[0].request_id = "R-2")
DO(approved_by_oneself, approve(r, 1); r->approvals[0].approver = r->intent.account)
DO(approved_by_a_machine, approve(r, 1);
   r->approvals[0].approver.kind = WIRE_ACCOUNT_MACHINE)
DO(approved_long_ago, approve(r, 1); r->approvals[0].valid_until_utc = NOW - 1)
DO(approved_tomorrow, approve(r, 1); r->approvals[0].approved_utc = NOW + 1)
DO(approved_unrecorded, approve(r, 1); r->approvals[0].journal_sequence = 0)
DO(approved_needlessly, approve(r, 1))

static const struct change proofs[] = {
    {"proof by the bounds", by_bounds, WIRE_SIGNER_BOUNDS, "no proof"},
    {"no proof", by_nothing, WIRE_SIGNER_BOUNDS, "no proof"},
    {"a subject by the bounds", by_subject_bounds, WIRE_SIGNER_BOUNDS, "no proof"},
    {"a rule alone", by_rule, WIRE_SIGNER_APPROVAL, "'rule' needs 1"},
    {"a rule and an approval", by_rule_and_approved, GOOD, ""},
    {"an approval that is not there", by_approval, WIRE_SIGNER_APPROVAL, "'approval'"},
    {"an approval", by_approval_and_approved, GOOD, ""},
    {"another request's approval", by_anothers_approval, WIRE_SIGNER_BOUNDS, "another"},
    {"the renewed certificate", by_certificate, GOOD, ""},
    {"another certificate", by_another_certificate, WIRE_SIGNER_BOUNDS, "not renewed"},
    {"a certificate without renewal", by_certificate_afresh, WIRE_SIGNER_BOUNDS,
     "not renewed"},
    {"an approval for another request", approved_elsewhere, WIRE_SIGNER_APPROVAL,
     "another request"},
    {"one's own approval", approved_by_oneself, WIRE_SIGNER_APPROVAL, "own"},
    {"a machine's approval", approved_by_a_machine, WIRE_SIGNER_APPROVAL, "person"},
    {"an expired approval", approved_long_ago, WIRE_SIGNER_APPROVAL, "not valid now"},
    {"an approval to come", approved_tomorrow, WIRE_SIGNER_APPROVAL, "not valid now"},
    {"an approval without record", approved_unrecorded, WIRE_SIGNER_APPROVAL, "record"},
    {"an approval that nobody needs", approved_needlessly, GOOD, ""},
};

/* I3 */
static void every_name_has_a_proof_that_fits_the_request(void **state)
{
    (void)state;

    judge_all(fill_machine, proofs, COUNT_OF(proofs));
}

DO(protected_host, add_san(r, GENERAL_DNS, "dc1.example.test"))
DO(host_beside_it, add_san(r, GENERAL_DNS, "dc10.example.test"))
DO(protected_domain, add_san(r, GENERAL_DNS, "x.ad.example.test"))
DO(domain_beside_it, add_san(r, GENERAL_DNS, "xad.example.test"))
DO(protected_principal, add_san(r, GENERAL_KRB5, "host/DC1.example.test@EXAMPLE.TEST"))
DO(protected_page, r->subject[0].ava.value = "x.example.test";
   add_san(r, GENERAL_URI, "spiffe://dc1.example.test:1/x"))
DO(protected_cn, r->subject[0].ava.value = "DC1.EXAMPLE.TEST")
DO(protected_account, r->intent.account.principal = "administrator@EXAMPLE.TEST")
DO(protected_sid, r->intent.account.sid = "S-1-5-21-1-2-3-500")
DO(once_approved, protected_host(r); approve(r, 1))
DO(twice_approved, protected_host(r); approve(r, 2))
DO(twice_by_one, protected_host(r); approve(r, 2);
   r->approvals[1].approver = r->approvals[0].approver)

static const struct change protected_names[] = {
    {"a protected host", protected_host, WIRE_SIGNER_APPROVAL, "dc1.example.test"},
    {"a host beside it", host_beside_it, GOOD, ""},
    {"below a protected domain", protected_domain, WIRE_SIGNER_APPROVAL, "ad.example"},
    {"a domain beside it", domain_beside_it, GOOD, ""},
    {"a protected host's principal", protected_principal, WIRE_SIGNER_APPROVAL, "dc1"},
    {"a protected host's page", protected_page, WIRE_SIGNER_APPROVAL, "dc1"},
    {"a protected host as CN", protected_cn, WIRE_SIGNER_APPROVAL, "dc1"},
    {"a protected account", protected_account, WIRE_SIGNER_APPROVAL, "administrator"},
    {"a protected SID", protected_sid, WIRE_SIGNER_APPROVAL, "-500"},
    {"one approval of two", once_approved, WIRE_SIGNER_APPROVAL, "needs 2"},
    {"two approvals", twice_approved, GOOD, ""},
    {"one person's two approvals", twice_by_one, WIRE_SIGNER_APPROVAL, "second"},
};

static void protected_names_need_their_approvals(void **state)
{
    (void)state;

    judge_all(fill_machine, protected_names, COUNT_OF(protected_names));
}

/* A line that replaces one of a good file, and what is said of it. */
static const struct {
    const char *good, *bad, *words;
} lines[] = {
    {"kinds = machine", "kinds = robot", "'machine' or 'user'"},
    {"ekus = clientAuth, serverAuth", "ekus = 2.5.29.37.0", "purpose"},
    {"ekus = clientAuth, serverAuth", "ekus = OCSPSigning", "purpose"},
    {"ekus = clientAuth, serverAuth", "ekus = clientauth", "purpose"},
    {"ip = 10.1.0.0/16", "ip = 10.1.0.0", "network"},
    {"ip = 10.1.0.0/16", "ip = 10.1.0.0/33", "network"},
    {"dns = example.test", "dns = *.example.test", "domain"},
    {"dns = example.test", "dns = .example.test", "domain"},
    {"extensions = 1.3.6.1.4.1.99999.1", "extensions = 2.5.29.19", "extension"},
    {"extensions = 1.3.6.1.4.1.99999.1", "key_usage = keyCertSign", "key usage"},
    {"validity_max = 365d", "validity_max = 100000d", "between"},
    {"ca = lab", "# none", "'ca' in [template Machine] is required"},
    {"oid = 1.2.3.4", "oid = User", "OID"},
    {"subject = CN, O, emailAddress", "subject = CommonName", "attribute"},
    {"subject = CN, O, emailAddress", "keys = rsa-1024", "rsa-3072"},
    {"subject = CN, O, emailAddress", "approval_for = bounds", "'rule'"},
    {"[profile ocsp]", "[profile crl]", "none of tls"},
    {"subject = OCSP responder", "subject =", "neither dns nor subject"},
    {"realms = EXAMPLE.TEST", "realm = EXAMPLE.TEST", "realm"},
};

static char *replace(const char *good, const char *bad)
{
    const char *at = strstr(BOUNDS_FILE, good);

    assert_non_null(at);
    return mem_printf("%.*s%s%s", (int)(at - BOUNDS_FILE), BOUNDS_FILE, bad,
                      at + strlen(good));
}

static void a_file_that_would_mean_something_else_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        AUTO(string) text = replace(lines[i].good, lines[i].bad);
        const struct cfg_text file = {"bounds.conf", bytes_of_text(text)};
        AUTO(bounds) b = NULL;
        AUTO(buf) report = BUF_EMPTY;
        struct error err = {0};

        if (bounds_parse(&file, &b, &report, &err) || err.code != ERROR_INVALID ||
            strstr(buf_text(&report), lines[i].words) == NULL) {
            fail_msg("%s: %s", lines[i].bad, buf_text(&report));
        }
    }
}

static void the_table_is_right(void **state)
{
    struct error err = {0};
    (void)state;

    assert_ok(cfg_check_table(bounds_get_table(), &err), &err);
}

static void print_page(struct buf *out)
{
    cfg_print_reference(bounds_get_table(), out);
    buf_append_text(
        out,
        "\n## How it is read\n\n"
        "* The signer reads the file at start and on SIGHUP, and builds every "
        "certificate "
        "within it, whoever asks. The\n  file belongs to root, or to the signer's own "
        "user "
        "when it runs unprivileged; nobody else may write it.\n"
        "* Whatever the file says, no certificate gets CA:TRUE, keyCertSign, cRLSign, "
        "any "
        "purpose, a key usage or an\n  extension that is not named, or a name without a "
        "proof; directory names and registered ids are never signed.\n"
        "* A protected name needs the approvals of different people, each recorded in "
        "the "
        "journal and valid, none of them\n  the requester. The account itself counts as "
        "a "
        "name: by its principal and its SID.\n"
        "* A refusal says the section, the field and the bound; policyd answers "
        "`BOUNDS`.\n"
        "* Hourly counts outlast a restart, since the signer reads them from its "
        "journal.\n"
        "\n## Example\n\n```ini\n" BOUNDS_EXAMPLE "```\n");
}

static void the_page_is_what_the_table_prints(void **state)
{
    AUTO(buf) printed = BUF_EMPTY;
    AUTO(buf) page = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    print_page(&printed);
    assert_ok(file_read(REFERENCE_PAGE, CFG_FILE_MAX, FILE_ANY, &page, &err), &err);

    assert_string_equal(buf_text(&page), buf_text(&printed));
}

static void the_example_is_right(void **state)
{
    AUTO(bounds) b = read_bounds(BOUNDS_EXAMPLE);
    (void)state;

    assert_non_null(b);
}

/* With --print: the page itself, for docs/reference/bounds.md. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_known_templates_accounts_and_cas_are_signed_for),
        cmocka_unit_test(keys_and_validity_stay_within_the_section),
        cmocka_unit_test(usages_and_extensions_stay_within_the_section),
        cmocka_unit_test(names_stay_within_the_section),
        cmocka_unit_test(every_name_has_a_proof_that_fits_the_request),
        cmocka_unit_test(protected_names_need_their_approvals),
        cmocka_unit_test(a_file_that_would_mean_something_else_is_refused),
        cmocka_unit_test(the_table_is_right),
        cmocka_unit_test(the_page_is_what_the_table_prints),
        cmocka_unit_test(the_example_is_right),
    };
    AUTO(buf) page = BUF_EMPTY;

    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        print_page(&page);
        return fputs(buf_text(&page), stdout) == EOF;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
