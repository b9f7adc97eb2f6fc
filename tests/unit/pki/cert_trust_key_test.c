/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cert_trust says of a certificate's key, and that it says the same whether or not it reads
 * keys in a library context of its own.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>

#include "common/pki/cert_build.h"
#include "common/pki/cert_trust.h"
#include "common/pki/der.h"
#include "common/pki/ext_write.h"
#include "common/pki/ossl_context.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/pubkey.h"
#include "tests/support/test.h"

/* A CA, and trust in it: as it is made, and where OpenSSL has nothing but its default context. */
static struct {
    struct fixture_ca *ca;
    struct cert *cert;
    struct key *key;
    struct cert_trust *trust;
    struct cert_trust *plain;
} pki;

/* ---- which context is used ---------------------------------------------------------------- */

static bool contextless;
static _Thread_local bool judged_in_own_context;

struct ossl_context *__wrap_ossl_context_new(void);
struct ossl_context *__real_ossl_context_new(void);
X509_STORE_CTX *__wrap_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq);
X509_STORE_CTX *__real_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq);

struct ossl_context *__wrap_ossl_context_new(void)
{
    return contextless ? NULL : __real_ossl_context_new();
}

X509_STORE_CTX *__wrap_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq)
{
    judged_in_own_context = libctx != NULL;
    return __real_X509_STORE_CTX_new_ex(libctx, propq);
}

/* ---- certificates ------------------------------------------------------------------------- */

static struct cert_trust *trust_in(const struct cert *anchor)
{
    struct cert_trust *trust = NULL;
    struct error err = {0};

    assert_ok(cert_trust_new(&anchor, 1, NULL, 0, &trust, &err), &err);
    return trust;
}

static struct cert_trust *plain_trust_in(const struct cert *anchor)
{
    contextless = true;
    struct cert_trust *trust = trust_in(anchor);
    contextless = false;
    return trust;
}

static int make_pki(void **state)
{
    struct error err = {0};
    (void)state;

    pki.ca = fixture_ca_new(FIXTURE_EC, "Issuing", NULL, 0);
    assert_ok(cert_parse(fixture_ca_certificate(pki.ca), &pki.cert, &err), &err);
    assert_ok(key_from_pem(fixture_ca_key(pki.ca), NULL, &pki.key, &err), &err);
    pki.trust = trust_in(pki.cert);
    pki.plain = plain_trust_in(pki.cert);
    return 0;
}

static int free_pki(void **state)
{
    (void)state;
    cert_trust_free(pki.trust);
    cert_trust_free(pki.plain);
    key_free(pki.key);
    cert_free(pki.cert);
    fixture_ca_free(pki.ca);
    return 0;
}

static void add_extensions(struct ext_list *list)
{
    static const char *const uses[] = {"1.3.6.1.5.5.7.3.2"};
    struct general_name san = {GENERAL_DNS, "", bytes_of_text("web1.test")};
    struct general_names sans = {&san, 1};
    const struct ext *ski = ext_list_find(cert_get_extensions(pki.cert), EXT_OID_SKI);
    struct bytes key_id = {ski->der.data + 2, ski->der.len - 2};
    struct error err = {0};

    assert_ok(ext_add_san(list, &sans, true, &err), &err);
    assert_ok(ext_add_key_usage(list, EXT_KU_DIGITAL_SIGNATURE, true, &err), &err);
    assert_ok(ext_add_extended_key_usage(list, (struct ext_texts){uses, 1}, false, &err),
              &err);
    assert_ok(ext_add_aki(list, key_id, &err), &err);
}

/* Signed by the CA, whatever the key is. */
static struct cert *certificate_of(struct bytes spki)
{
    static const unsigned char serial[] = {0x41, 2, 3, 4};
    const struct name_dn nobody = {NULL, 0};
    struct ext_list extensions = {0};
    struct cert_fields fields = {.serial = {serial, sizeof(serial)},
                                 .sig_alg = SIG_ECDSA_SHA256,
                                 .issuer = cert_get_subject(pki.cert),
                                 .subject = &nobody,
                                 .not_before_utc = FIXTURE_NOT_BEFORE,
                                 .not_after_utc = FIXTURE_NOT_AFTER,
                                 .spki = spki,
                                 .extensions = &extensions};
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct cert *cert = NULL;
    struct error err = {0};

    add_extensions(&extensions);
    assert_ok(cert_build_tbs(&fields, &tbs, &err), &err);
    assert_ok(sig_sign(pki.key, SIG_ECDSA_SHA256, buf_bytes(&tbs), &signature, &err),
              &err);
    assert_ok(cert_assemble(buf_bytes(&tbs), SIG_ECDSA_SHA256, buf_bytes(&signature),
                            &der, &err),
              &err);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    ext_list_clear(&extensions);
    return cert;
}

static void judge(const struct cert_trust *trust, const struct cert *cert,
                  struct cert_verdict *out)
{
    struct error err = {0};

    *out = (struct cert_verdict){.class = CERT_CLASS_COUNT};
    assert_ok(cert_trust_judge(trust, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT, out, &err),
              &err);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void put_key(EVP_PKEY *pkey, struct buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);

    assert_true(len > 0);
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void put_curve(struct buf *out, const char *curve, const char *encoding)
{
    EVP_PKEY *pkey = EVP_EC_gen(curve);

    assert_non_null(pkey);
    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding), 1);
    put_key(pkey, out);
}

static void on_p192(struct buf *out, bool fault)
{
    put_curve(out, fault ? "P-192" : "P-384", "named_curve");
}

static void with_an_explicit_curve(struct buf *out, bool fault)
{
    put_curve(out, "P-256", fault ? "explicit" : "named_curve");
}

static void off_its_curve(struct buf *out, bool fault)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    point.data[point.len - 1] ^= fault ? 1 : 0;
    pubkey_put_ec(out, PUBKEY_OID_P256, buf_bytes(&point));
}

static void of_another_curve(struct buf *out, bool fault)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    pubkey_put_ec(out, fault ? PUBKEY_OID_P384 : PUBKEY_OID_P256, buf_bytes(&point));
}

static void cut_short(struct buf *out, bool fault)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    point.len -= fault ? 1 : 0;
    pubkey_put_ec(out, PUBKEY_OID_P256, buf_bytes(&point));
}

static void put_rsa(struct buf *out, unsigned int bits)
{
    static const unsigned char e[] = {1, 0, 1};
    AUTO(buf) n = BUF_EMPTY;

    pubkey_make_modulus(&n, bits);
    pubkey_put_rsa(out, buf_bytes(&n), (struct bytes){e, sizeof(e)});
}

static void of_rsa_1024(struct buf *out, bool fault)
{
    put_rsa(out, fault ? 1024 : 2048);
}

/* The same octets under another algorithm. */
static void put_as(struct buf *out, struct bytes spki, const char *algorithm,
                   struct bytes parameters)
{
    struct bytes outer;
    struct bytes identifier;
    struct bytes bits = {NULL, 0};

    assert_true(der_read_only(spki, DER_SEQUENCE, &outer) &&
                der_read(&outer, DER_SEQUENCE, &identifier) &&
                der_read_only(outer, DER_BIT_STRING, &bits));
    assert_true(bits.len > 1);
    pubkey_put(out, algorithm, parameters, (struct bytes){bits.data + 1, bits.len - 1});
}

static void of_rsa_called_ec(struct buf *out, bool fault)
{
    AUTO(buf) rsa = BUF_EMPTY;
    AUTO(buf) curve = BUF_EMPTY;

    put_rsa(&rsa, 2048);
    assert_true(der_put_oid(&curve, PUBKEY_OID_P256));
    put_as(out, buf_bytes(&rsa), fault ? PUBKEY_OID_EC : PUBKEY_OID_RSA,
           fault ? buf_bytes(&curve) : pubkey_null);
}

static void of_ec_called_rsa(struct buf *out, bool fault)
{
    AUTO(buf) ec = BUF_EMPTY;
    AUTO(buf) curve = BUF_EMPTY;

    put_curve(&ec, "P-256", "named_curve");
    assert_true(der_put_oid(&curve, PUBKEY_OID_P256));
    put_as(out, buf_bytes(&ec), fault ? PUBKEY_OID_RSA : PUBKEY_OID_EC,
           fault ? pubkey_null : buf_bytes(&curve));
}

static void of_ed25519_called_ed448(struct buf *out, bool fault)
{
    AUTO(buf) ed25519 = BUF_EMPTY;

    fixture_spki(FIXTURE_ED25519, &ed25519);
    put_as(out, buf_bytes(&ed25519), fault ? "1.3.101.113" : PUBKEY_OID_ED25519,
           pubkey_absent);
}

static void of_an_unknown_algorithm(struct buf *out, bool fault)
{
    AUTO(buf) ed25519 = BUF_EMPTY;

    fixture_spki(FIXTURE_ED25519, &ed25519);
    put_as(out, buf_bytes(&ed25519), fault ? "1.2.3.4" : PUBKEY_OID_ED25519,
           pubkey_absent);
}

static void with_trailing_octets(struct buf *out, bool fault)
{
    AUTO(buf) ed25519 = BUF_EMPTY;

    fixture_spki(FIXTURE_ED25519, &ed25519);
    if (fault) {
        pubkey_put(out, PUBKEY_OID_ED25519, pubkey_absent, buf_bytes(&ed25519));
    } else {
        buf_append(out, ed25519.data, ed25519.len);
    }
}

static const struct {
    const char *label;
    void (*make)(struct buf *out, bool fault);
    const char *words;
} faults[] = {
    {"on P-192", on_p192, "key too weak"},
    {"with an explicit curve", with_an_explicit_curve, "explicit ECC parameters"},
    {"off its curve", off_its_curve, "key too weak"},
    {"of another curve's size", of_another_curve, "key too weak"},
    {"cut short", cut_short, "key too weak"},
    {"RSA-1024", of_rsa_1024, "key too weak"},
    {"RSA called EC", of_rsa_called_ec, "key too weak"},
    {"EC called RSA", of_ec_called_rsa, "key too weak"},
    {"Ed25519 called Ed448", of_ed25519_called_ed448, "key too weak"},
    {"of an unknown algorithm", of_an_unknown_algorithm, "key too weak"},
    {"too long", with_trailing_octets, "key too weak"},
};

/* ---- what is said of them ----------------------------------------------------------------- */

static void assert_verdicts(const char *label, struct bytes spki, enum cert_class class,
                            const char *words)
{
    AUTO(cert) cert = certificate_of(spki);
    struct cert_verdict verdict;
    struct cert_verdict plain;

    judge(pki.trust, cert, &verdict);
    judge(pki.plain, cert, &plain);

    if (verdict.class != class || strstr(verdict.sentence, words) == NULL) {
        fail_msg("'%s': %s: '%s'", label, cert_class_name(verdict.class),
                 verdict.sentence);
    }
    if (plain.class != verdict.class || strcmp(plain.sentence, verdict.sentence) != 0) {
        fail_msg("'%s': '%s', elsewhere %s: '%s'", label, verdict.sentence,
                 cert_class_name(plain.class), plain.sentence);
    }
}

static void cert_trust_refuses_keys_that_are_weak_or_none(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        AUTO(buf) wrong = BUF_EMPTY;
        AUTO(buf) right = BUF_EMPTY;
        faults[i].make(&wrong, true);
        faults[i].make(&right, false);

        assert_verdicts(faults[i].label, buf_bytes(&wrong), CERT_BROKEN, faults[i].words);
        assert_verdicts(faults[i].label, buf_bytes(&right), CERT_TRUSTED, "");
    }
}

/* Only the speed depends on it: a key that its own context does not know is read elsewhere. */
static void cert_trust_reads_usual_keys_in_its_own_context(void **state)
{
    static const struct {
        enum fixture_key kind;
        bool own;
    } kinds[] = {{FIXTURE_EC, true},
                 {FIXTURE_RSA, true},
                 {FIXTURE_ED25519, true},
                 {FIXTURE_ED448, false}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        AUTO(buf) spki = BUF_EMPTY;
        struct cert_verdict verdict;
        fixture_spki(kinds[i].kind, &spki);
        AUTO(cert) cert = certificate_of(buf_bytes(&spki));

        judge(pki.trust, cert, &verdict);
        assert_int_equal(verdict.class, CERT_TRUSTED);
        assert_int_equal(judged_in_own_context, kinds[i].own);
        judge(pki.plain, cert, &verdict);
        assert_int_equal(verdict.class, CERT_TRUSTED);
        assert_false(judged_in_own_context);
    }
}

static void cert_trust_takes_cas_with_any_key(void **state)
{
    static const struct fixture_leaf client = {
        .cn = "web1",
        .extensions = {"keyUsage=critical,digitalSignature",
                       "extendedKeyUsage=clientAuth",
                       "authorityKeyIdentifier=keyid:always"}};
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_ED448; kind++) {
        AUTO(fixture_ca) ca = fixture_ca_new((enum fixture_key)kind, "CA", NULL, 0);
        AUTO(buf) der = BUF_EMPTY;
        AUTO(cert) anchor = NULL;
        AUTO(cert) cert = NULL;
        struct cert_verdict verdict;
        struct error err = {0};
        fixture_ca_issue(ca, &client, &der);
        assert_ok(cert_parse(fixture_ca_certificate(ca), &anchor, &err), &err);
        assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
        AUTO(cert_trust) trust = trust_in(anchor);

        judge(trust, cert, &verdict);
        assert_string_equal(verdict.sentence, "");
        assert_int_equal(verdict.class, CERT_TRUSTED);
        assert_int_equal(judged_in_own_context, kind != FIXTURE_ED448);
        judge(pki.trust, cert, &verdict);
        assert_int_equal(verdict.class, CERT_UNTRUSTED);
    }
}

/* ---- threads ------------------------------------------------------------------------------ */

enum { THREADS = 4, TURNS = 25 };

/* Each judges by the trust that all share, and by some of its own. */
static void *judge_often(void *arg)
{
    const struct cert *cert = arg;
    size_t trusted = 0;

    for (size_t i = 0; i < TURNS; i++) {
        const struct cert *anchor = pki.cert;
        AUTO(cert_trust) own = NULL;
        struct cert_verdict verdicts[2];
        struct error err;

        trusted += cert_trust_new(&anchor, 1, NULL, 0, &own, &err) &&
                   cert_trust_judge(own, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT,
                                    &verdicts[0], &err) &&
                   cert_trust_judge(pki.trust, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT,
                                    &verdicts[1], &err) &&
                   verdicts[0].class == CERT_TRUSTED && verdicts[1].class == CERT_TRUSTED;
    }
    return trusted == TURNS ? arg : NULL;
}

static void cert_trust_is_shared_by_threads(void **state)
{
    pthread_t threads[THREADS];
    AUTO(buf) spki = BUF_EMPTY;
    (void)state;
    fixture_spki(FIXTURE_EC, &spki);
    AUTO(cert) cert = certificate_of(buf_bytes(&spki));

    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, judge_often, cert), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, cert);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cert_trust_refuses_keys_that_are_weak_or_none),
        cmocka_unit_test(cert_trust_reads_usual_keys_in_its_own_context),
        cmocka_unit_test(cert_trust_takes_cas_with_any_key),
        cmocka_unit_test(cert_trust_is_shared_by_threads),
    };
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
