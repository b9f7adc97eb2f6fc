/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>

#include "common/base/mem.h"
#include "common/pki/cert_trust.h"
#include "common/pki/ext_read.h"

#include "policyd/signer/ca.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

/* Flips a bit of every signature that OpenSSL makes, as a fault attack would. */
static bool faulty_key;

int __real_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len);

int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len)
{
    int done = __real_EVP_PKEY_sign(ctx, sig, sig_len, hash, hash_len);

    if (done == 1 && sig != NULL && faulty_key) {
        sig[*sig_len - 1] ^= 1;
    }
    return done;
}

struct house {
    struct fixture_ca *fixture;
    struct ca *ca;
    struct buf spki;
    unsigned char serial[SERIAL_SIZE];
};

static const struct ca_urls urls = {"http://pki.example.test/crl",
                                    "http://ocsp.example.test",
                                    "http://pki.example.test/ca.cer"};

static struct key *fixture_key(const struct fixture_ca *fixture)
{
    struct key *key = NULL;
    struct error err = {0};

    assert_ok(key_from_pem(fixture_ca_key(fixture), NULL, &key, &err), &err);
    return key;
}

static int set_up_with(void **state, enum fixture_key kind)
{
    struct house *h = mem_new(sizeof(*h));
    struct error err = {0};

    faulty_key = false;
    h->fixture = fixture_ca_new(kind, "Test Issuing CA", NULL, 0);
    fixture_spki(FIXTURE_EC, &h->spki);
    assert_ok(serial_make(0x40, FIXTURE_NOW, h->serial, &err), &err);
    assert_ok(ca_new("lab", fixture_key(h->fixture), fixture_ca_certificate(h->fixture),
                     &urls, &h->ca, &err),
              &err);
    *state = h;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, FIXTURE_EC);
}

static int set_up_rsa(void **state)
{
    return set_up_with(state, FIXTURE_RSA);
}

static int tear_down(void **state)
{
    struct house *h = *state;

    ca_free(h->ca);
    fixture_ca_free(h->fixture);
    buf_clear(&h->spki);
    free(h);
    return 0;
}

/* A machine's certificate as a template would have it. */
static struct wire_issue_intent machine(const struct house *h)
{
    static struct wire_rdn subject[] = {
        {{"2.5.4.3", "web1.example.test", NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"}};
    static struct wire_san sans[] = {
        {{GENERAL_DNS, "", {(const unsigned char *)"web1.example.test", 17}},
         WIRE_PROOF_DIRECTORY,
         "dNSHostName"}};
    static const char *ekus[] = {"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"};
    static const char *critical[] = {EXT_OID_KEY_USAGE};

    return (struct wire_issue_intent){
        .request_id = "R-1",
        .ca = "lab",
        .template = {.oid = "1.3.6.1.4.1.311.21.8.1.2.3",
                     .name = "Machine",
                     .major = 100,
                     .minor = 2},
        .account = {.id = "1", .principal = "host/web1@T", .sid = "S-1-5-21-1-2-3-1104"},
        .content = {.subject = subject,
                    .subject_count = 1,
                    .sans = sans,
                    .san_count = 1,
                    .not_before_utc = FIXTURE_NOW - 300,
                    .not_after_utc = FIXTURE_NOW + 86400,
                    .key_usage = EXT_KU_DIGITAL_SIGNATURE,
                    .ekus = ekus,
                    .eku_count = 2,
                    .critical = critical,
                    .critical_count = 1},
        .spki = buf_bytes(&h->spki),
        .crl_generation = 1};
}

/* Build and sign; the certificate as others read it. */
static struct cert *issue(const struct house *h, const struct wire_issue_intent *intent)
{
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct cert *cert = NULL;
    struct error err = {0};

    assert_ok(ca_build_tbs(h->ca, intent, h->serial, &tbs, &err), &err);
    assert_ok(ca_sign(h->ca, buf_bytes(&tbs), &tail, &der, &err), &err);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    assert_int_equal(cert_get_tbs(cert).len + tail.len + 4, der.len);
    return cert;
}

static const struct ext *must_have(const struct cert *cert, const char *oid)
{
    const struct ext *ext = ext_list_find(cert_get_extensions(cert), oid);

    if (ext == NULL) {
        fail_msg("no extension %s", oid);
    }
    return ext;
}

static bool contains(struct bytes octets, const char *text)
{
    return memmem(octets.data, octets.len, text, strlen(text)) != NULL;
}

static void a_certificate_says_what_the_intent_says(void **state)
{
    const struct house *h = *state;
    const struct wire_issue_intent intent = machine(h);
    AUTO(cert) cert = issue(h, &intent);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct cert_usage usage;
    struct general_names sans;
    struct error err = {0};

    assert_true(
        bytes_equal(cert_get_serial(cert), (struct bytes){h->serial, SERIAL_SIZE}));
    assert_true(cert_has_spki(cert, buf_bytes(&h->spki)));
    assert_int_equal(cert_get_not_after_utc(cert), FIXTURE_NOW + 86400);
    assert_ok(cert_read_usage(cert, &store, &usage, &err), &err);
    assert_int_equal(usage.key_usage, EXT_KU_DIGITAL_SIGNATURE);
    assert_int_equal(usage.purposes.count, 2);
    assert_true(must_have(cert, EXT_OID_KEY_USAGE)->critical);
    assert_ok(cert_read_sans(cert, &store, &sans, &err), &err);
    assert_int_equal(sans.count, 1);
    assert_true(name_general_equal(&sans.names[0], &intent.content.sans[0].name));
    assert_false(must_have(cert, EXT_OID_SAN)->critical);
}

static void what_no_request_decides_is_always_there(void **state)
{
    const struct house *h = *state;
    const struct wire_issue_intent intent = machine(h);
    AUTO(cert) cert = issue(h, &intent);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct ext_template template;
    const char *sid = NULL;
    struct error err = {0};

    assert_ok(ext_read_sid(must_have(cert, EXT_OID_SID)->der, &store, &sid, &err), &err);
    assert_string_equal(sid, "S-1-5-21-1-2-3-1104");
    assert_ok(ext_read_template(must_have(cert, EXT_OID_TEMPLATE)->der, &store, &template,
                                &err),
              &err);
    assert_string_equal(template.oid, "1.3.6.1.4.1.311.21.8.1.2.3");
    assert_int_equal(template.major, 100);
    assert_int_equal(template.minor, 2);
    (void)must_have(cert, EXT_OID_AKI);
    (void)must_have(cert, EXT_OID_SKI);
    assert_true(contains(must_have(cert, EXT_OID_CRL_POINTS)->der,
                         "http://pki.example.test/crl/lab-1-0.crl"));
    assert_true(contains(must_have(cert, EXT_OID_AUTHORITY_INFO)->der,
                         "http://ocsp.example.test"));
    assert_null(ext_list_find(cert_get_extensions(cert), EXT_OID_BASIC_CONSTRAINTS));
}

static void strangers_accept_it(void **state)
{
    const struct house *h = *state;
    const struct wire_issue_intent intent = machine(h);
    AUTO(cert) cert = issue(h, &intent);
    const struct cert *anchor = ca_get_certificate(h->ca);
    AUTO(cert_trust) trust = NULL;
    struct cert_verdict verdict;
    struct error err = {0};

    assert_ok(cert_trust_new(&anchor, 1, NULL, 0, &trust, &err), &err);
    assert_ok(
        cert_trust_judge(trust, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict, &err),
        &err);
    assert_string_equal(verdict.sentence, "");
    assert_int_equal(verdict.class, CERT_TRUSTED);
}

/* One change to a good intent, and whether a certificate may come of it. */
struct change {
    const char *what;
    void (*apply)(struct wire_issue_intent *intent);
    bool good;
};

static void leave_it(struct wire_issue_intent *intent)
{
    (void)intent;
}

static void no_sid(struct wire_issue_intent *intent)
{
    intent->account.sid = "";
}

static void empty_subject(struct wire_issue_intent *intent)
{
    intent->content.subject_count = 0;
}

static void no_names_at_all(struct wire_issue_intent *intent)
{
    intent->content.subject_count = 0;
    intent->content.san_count = 0;
}

static void sign_certificates(struct wire_issue_intent *intent)
{
    intent->content.key_usage |= EXT_KU_KEY_CERT_SIGN;
}

static void sign_crls(struct wire_issue_intent *intent)
{
    intent->content.key_usage |= EXT_KU_CRL_SIGN;
}

static void any_purpose(struct wire_issue_intent *intent)
{
    static const char *ekus[] = {"1.3.6.1.5.5.7.3.2", "2.5.29.37.0"};

    intent->content.ekus = ekus;
}

static void add_extension(struct wire_issue_intent *intent, const char *oid,
                          const char *der, size_t len)
{
    static struct wire_extension extension;

    extension = (struct wire_extension){oid, false, {(const unsigned char *)der, len}};
    intent->content.extensions = &extension;
    intent->content.extension_count = 1;
}

static void private_extension(struct wire_issue_intent *intent)
{
    add_extension(intent, "1.3.6.1.4.1.99999.1", "\x05\x00", 2);
}

static void ca_by_the_back_door(struct wire_issue_intent *intent)
{
    add_extension(intent, EXT_OID_BASIC_CONSTRAINTS, "\x30\x03\x01\x01\xff", 5);
}

static void names_by_the_back_door(struct wire_issue_intent *intent)
{
    add_extension(intent, EXT_OID_SAN, "\x30\x03\x82\x01x", 5);
}

static void sid_by_the_back_door(struct wire_issue_intent *intent)
{
    add_extension(intent, EXT_OID_SID, "\x05\x00", 2);
}

static void name_constraints(struct wire_issue_intent *intent)
{
    add_extension(intent, "2.5.29.30", "\x30\x00", 2);
}

static void longer_than_the_ca(struct wire_issue_intent *intent)
{
    intent->content.not_after_utc = FIXTURE_NOT_AFTER + 1;
}

static void as_long_as_the_ca(struct wire_issue_intent *intent)
{
    intent->content.not_after_utc = FIXTURE_NOT_AFTER;
}

static void before_the_ca(struct wire_issue_intent *intent)
{
    intent->content.not_before_utc = FIXTURE_NOT_BEFORE - 1;
}

static void ends_before_it_begins(struct wire_issue_intent *intent)
{
    intent->content.not_after_utc = intent->content.not_before_utc - 1;
}

static void no_key(struct wire_issue_intent *intent)
{
    intent->spki.len = 0;
}

static void half_a_key(struct wire_issue_intent *intent)
{
    intent->spki.len /= 2;
}

static void end_entity(struct wire_issue_intent *intent)
{
    intent->content.basic_constraints = true;
}

static const struct change changes[] = {
    {"none", leave_it, true},
    {"an account without SID", no_sid, true},
    {"an empty subject", empty_subject, true},
    {"basicConstraints CA:FALSE", end_entity, true},
    {"an extension of the site's own", private_extension, true},
    {"as long as the CA", as_long_as_the_ca, true},
    {"no names at all", no_names_at_all, false},
    {"keyCertSign", sign_certificates, false},
    {"cRLSign", sign_crls, false},
    {"anyExtendedKeyUsage", any_purpose, false},
    {"CA:TRUE as another extension", ca_by_the_back_door, false},
    {"a SAN as another extension", names_by_the_back_door, false},
    {"a SID as another extension", sid_by_the_back_door, false},
    {"nameConstraints", name_constraints, false},
    {"longer than the CA", longer_than_the_ca, false},
    {"from before the CA", before_the_ca, false},
    {"an end before the beginning", ends_before_it_begins, false},
    {"no key", no_key, false},
    {"half a key", half_a_key, false},
};

/* I4, and each refusal beside its twin. */
static void nothing_makes_more_of_it_than_an_end_entity(void **state)
{
    const struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct wire_issue_intent intent = machine(h);
        AUTO(buf) tbs = BUF_EMPTY;
        struct error err = {0};

        changes[i].apply(&intent);
        bool built = ca_build_tbs(h->ca, &intent, h->serial, &tbs, &err);
        if (built != changes[i].good ||
            (!built && (tbs.len > 0 || err.code != ERROR_INVALID))) {
            fail_msg("%s: %s", changes[i].what, built ? "built" : err.message);
        }
    }
}

static void a_faulty_signature_is_never_released(void **state)
{
    const struct house *h = *state;
    const struct wire_issue_intent intent = machine(h);
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    assert_ok(ca_build_tbs(h->ca, &intent, h->serial, &tbs, &err), &err);
    faulty_key = true;
    assert_fails(ca_sign(h->ca, buf_bytes(&tbs), &tail, &der, &err), &err, ERROR_INTERNAL,
                 "nothing is released");
    assert_int_equal(tail.len + der.len, 0);
    assert_fails(ca_test(h->ca, buf_bytes(&h->spki), &err), &err, ERROR_INTERNAL,
                 "does not verify");
    faulty_key = false;
    assert_ok(ca_test(h->ca, buf_bytes(&h->spki), &err), &err);
    assert_ok(ca_sign(h->ca, buf_bytes(&tbs), &tail, &der, &err), &err);
}

static void a_ca_needs_its_own_certificate(void **state)
{
    const struct house *h = *state;
    AUTO(fixture_ca) other = fixture_ca_new(FIXTURE_EC, "Other", NULL, 0);
    AUTO(buf) leaf = BUF_EMPTY;
    struct ca *ca = NULL;
    struct error err = {0};

    assert_fails(ca_new("lab", fixture_key(other), fixture_ca_certificate(h->fixture),
                        &urls, &ca, &err),
                 &err, ERROR_INVALID, "another key");
    fixture_ca_issue(other, &(struct fixture_leaf){.cn = "leaf"}, &leaf);
    assert_fails(ca_new("lab", fixture_key(other), buf_bytes(&leaf), &urls, &ca, &err),
                 &err, ERROR_INVALID, "not a CA's");
    buf_truncate(&leaf, leaf.len - 1);
    assert_false(ca_new("lab", fixture_key(other), buf_bytes(&leaf), &urls, &ca, &err));
    assert_null(ca);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_certificate_says_what_the_intent_says),
        STORY(what_no_request_decides_is_always_there),
        STORY(strangers_accept_it),
        cmocka_unit_test_setup_teardown(strangers_accept_it, set_up_rsa, tear_down),
        STORY(nothing_makes_more_of_it_than_an_end_entity),
        STORY(a_faulty_signature_is_never_released),
        cmocka_unit_test_setup_teardown(a_faulty_signature_is_never_released, set_up_rsa,
                                        tear_down),
        STORY(a_ca_needs_its_own_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
