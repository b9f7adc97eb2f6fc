/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "common/base/mem.h"
#include "common/pki/cert_trust.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

#define LEAF_EXTENSIONS                                                                  \
    "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",          \
        "authorityKeyIdentifier=keyid:always", "subjectAltName=DNS:web1.test"

/* Two CAs, one below the other, a stranger with the same name, and trust in the upper one. */
static struct {
    struct fixture_ca *root;
    struct fixture_ca *issuing;
    struct fixture_ca *stranger;
    struct cert *root_cert;
    struct cert *issuing_cert;
    struct cert_trust *trust;
} pki;

static struct cert *parsed(struct bytes der)
{
    struct cert *cert = NULL;
    struct error err = {0};

    assert_ok(cert_parse(der, &cert, &err), &err);
    return cert;
}

static int make_pki(void **state)
{
    struct error err = {0};
    (void)state;

    pki.root = fixture_ca_new(FIXTURE_RSA, "Root", NULL, 1);
    pki.issuing = fixture_ca_new(FIXTURE_EC, "Issuing", pki.root, 0);
    pki.stranger = fixture_ca_new(FIXTURE_EC, "Issuing", NULL, 0);
    pki.root_cert = parsed(fixture_ca_certificate(pki.root));
    pki.issuing_cert = parsed(fixture_ca_certificate(pki.issuing));
    const struct cert *anchors[] = {pki.root_cert};
    const struct cert *between[] = {pki.issuing_cert};
    return cert_trust_new(anchors, 1, between, 1, &pki.trust, &err) ? 0 : -1;
}

static int free_pki(void **state)
{
    (void)state;
    cert_trust_free(pki.trust);
    cert_free(pki.root_cert);
    cert_free(pki.issuing_cert);
    fixture_ca_free(pki.root);
    fixture_ca_free(pki.issuing);
    fixture_ca_free(pki.stranger);
    return 0;
}

static void judge(struct bytes der, int64_t now_utc, enum cert_purpose purpose,
                  struct cert_verdict *out)
{
    AUTO(cert) cert = parsed(der);
    struct error err = {0};

    memset(out, 0xFF, sizeof(*out));
    assert_ok(cert_trust_judge(pki.trust, cert, now_utc, purpose, out, &err), &err);
    assert_int_equal(ERR_peek_error(), 0);
}

static void assert_verdict(const char *label, const struct cert_verdict *verdict,
                           enum cert_class class, const char *words)
{
    if (verdict->class != class || strstr(verdict->sentence, words) == NULL ||
        (class == CERT_TRUSTED && verdict->sentence[0] != '\0')) {
        fail_msg("'%s': %s: '%s'", label, cert_class_name(verdict->class),
                 verdict->sentence);
    }
}

static const struct {
    const char *label;
    struct fixture_leaf leaf;
    enum cert_purpose purpose;
    enum cert_class class;
    const char *words;
} leaves[] = {
    {"client",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth"}},
     CERT_PURPOSE_CLIENT,
     CERT_TRUSTED,
     ""},
    {"server",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=serverAuth"}},
     CERT_PURPOSE_SERVER,
     CERT_TRUSTED,
     ""},
    {"both",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=serverAuth,clientAuth"}},
     CERT_PURPOSE_CLIENT,
     CERT_TRUSTED,
     ""},
    {"an unknown extension",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth", "1.2.3=DER:05:00"}},
     CERT_PURPOSE_CLIENT,
     CERT_TRUSTED,
     ""},
    {"an unknown critical extension",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth",
                     "1.2.3=critical,DER:05:00"}},
     CERT_PURPOSE_CLIENT,
     CERT_BROKEN,
     "critical extension"},
    {"server as client",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=serverAuth"}},
     CERT_PURPOSE_CLIENT,
     CERT_WRONG_PURPOSE,
     "purpose"},
    {"client as server",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth"}},
     CERT_PURPOSE_SERVER,
     CERT_WRONG_PURPOSE,
     "purpose"},
    {"no extended key usage",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS}},
     CERT_PURPOSE_CLIENT,
     CERT_WRONG_PURPOSE,
     "does not name clientAuth"},
    {"no extended key usage, and none is asked for",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS}},
     CERT_PURPOSE_ANY,
     CERT_TRUSTED,
     ""},
    {"a purpose that OpenSSL takes for serverAuth",
     {.cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=msSGC"}},
     CERT_PURPOSE_SERVER,
     CERT_WRONG_PURPOSE,
     "does not name serverAuth"},
    {"any extended key usage",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=anyExtendedKeyUsage"}},
     CERT_PURPOSE_CLIENT,
     CERT_WRONG_PURPOSE,
     ""},
    {"key usage without signing",
     {.cn = "web1",
      .extensions = {"keyUsage=critical,keyEncipherment", "extendedKeyUsage=clientAuth",
                     "authorityKeyIdentifier=keyid:always"}},
     CERT_PURPOSE_CLIENT,
     CERT_WRONG_PURPOSE,
     "purpose"},
    {"a damaged signature",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth"},
      .bad_signature = true},
     CERT_PURPOSE_CLIENT,
     CERT_BROKEN,
     "signature"},
    {"SHA-1",
     {.cn = "web1",
      .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth"},
      .digest = "SHA1"},
     CERT_PURPOSE_CLIENT,
     CERT_BROKEN,
     "weak"},
    {"no authority key identifier, which RFC 5280 4.2.1.1 requires",
     {.cn = "web1",
      .extensions = {"keyUsage=critical,digitalSignature",
                     "extendedKeyUsage=clientAuth"}},
     CERT_PURPOSE_CLIENT,
     CERT_BROKEN,
     "Authority Key Identifier"},
    {"a malformed key usage",
     {.cn = "web1",
      .extensions = {"keyUsage=critical,DER:03:03:06:80:40",
                     "extendedKeyUsage=clientAuth",
                     "authorityKeyIdentifier=keyid:always"}},
     CERT_PURPOSE_CLIENT,
     CERT_BROKEN,
     "key usage"},
    {"no path below a path length of zero",
     {.cn = "Sub",
      .extensions = {"basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash",
                     "keyUsage=critical,digitalSignature,keyCertSign",
                     "authorityKeyIdentifier=keyid:always",
                     "extendedKeyUsage=clientAuth"}},
     CERT_PURPOSE_CLIENT,
     CERT_WRONG_PURPOSE,
     "a CA's certificate"},
};

static void cert_trust_judges_purpose_and_form(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        AUTO(buf) der = BUF_EMPTY;
        struct cert_verdict verdict;
        fixture_ca_issue(pki.issuing, &leaves[i].leaf, &der);

        judge(buf_bytes(&der), FIXTURE_NOW, leaves[i].purpose, &verdict);
        assert_verdict(leaves[i].label, &verdict, leaves[i].class, leaves[i].words);
    }
}

static const struct fixture_leaf client = {
    .cn = "web1", .extensions = {LEAF_EXTENSIONS, "extendedKeyUsage=clientAuth"}};

static void cert_trust_refuses_strangers(void **state)
{
    static const struct fixture_leaf administrator = {
        .cn = "Administrator",
        .extensions = {"keyUsage=critical,digitalSignature", "subjectKeyIdentifier=hash",
                       "extendedKeyUsage=clientAuth"}};
    AUTO(buf) foreign = BUF_EMPTY;
    AUTO(buf) self_signed = BUF_EMPTY;
    AUTO(buf) known = BUF_EMPTY;
    struct cert_verdict verdict;
    (void)state;
    fixture_ca_issue(pki.stranger, &client, &foreign);
    fixture_self_signed(&administrator, &self_signed);
    fixture_ca_issue(pki.issuing, &client, &known);

    judge(buf_bytes(&foreign), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("foreign CA", &verdict, CERT_UNTRUSTED, "issuer");
    judge(buf_bytes(&self_signed), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("self-signed", &verdict, CERT_UNTRUSTED, "self");
    judge(fixture_ca_certificate(pki.stranger), FIXTURE_NOW, CERT_PURPOSE_CLIENT,
          &verdict);
    assert_verdict("foreign CA itself", &verdict, CERT_UNTRUSTED, "self");
    judge(fixture_ca_certificate(pki.root), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("an anchor itself", &verdict, CERT_WRONG_PURPOSE, "purpose");
    judge(buf_bytes(&known), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("our own", &verdict, CERT_TRUSTED, "");
}

/* The first second counts as valid; of the last one OpenSSL makes the first expired one. */
static void cert_trust_counts_seconds(void **state)
{
    const int64_t begin = FIXTURE_NOT_BEFORE + 1000;
    const int64_t end = FIXTURE_NOT_BEFORE + 2000;
    struct fixture_leaf leaf = client;
    AUTO(buf) der = BUF_EMPTY;
    struct cert_verdict verdict;
    (void)state;
    leaf.not_before_utc = begin;
    leaf.not_after_utc = end;
    fixture_ca_issue(pki.issuing, &leaf, &der);

    judge(buf_bytes(&der), begin - 1, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("before", &verdict, CERT_NOT_YET_VALID, "not yet valid");
    judge(buf_bytes(&der), begin, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("first", &verdict, CERT_TRUSTED, "");
    judge(buf_bytes(&der), end - 1, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("last", &verdict, CERT_TRUSTED, "");
    judge(buf_bytes(&der), end, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("end", &verdict, CERT_EXPIRED, "expired");
    judge(buf_bytes(&der), FIXTURE_NOT_AFTER + 1, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("after the CA's end, too", &verdict, CERT_EXPIRED, "expired");
    judge(buf_bytes(&der), FIXTURE_NOT_BEFORE - 1, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("before the CA's beginning", &verdict, CERT_NOT_YET_VALID, "not yet");
}

/* An anchor need not be self-signed: policyd trusts its issuing CA, and nothing beside it. */
static void cert_trust_ends_at_any_anchor(void **state)
{
    const struct cert *anchors[] = {pki.issuing_cert};
    AUTO(fixture_ca) sibling = fixture_ca_new(FIXTURE_EC, "Sibling", pki.root, 0);
    AUTO(buf) ours = BUF_EMPTY;
    AUTO(buf) theirs = BUF_EMPTY;
    AUTO(cert_trust) trust = NULL;
    struct cert_verdict verdict;
    struct error err = {0};
    (void)state;
    fixture_ca_issue(pki.issuing, &client, &ours);
    fixture_ca_issue(sibling, &client, &theirs);
    AUTO(cert) our_cert = parsed(buf_bytes(&ours));
    AUTO(cert) their_cert = parsed(buf_bytes(&theirs));

    assert_ok(cert_trust_new(anchors, 1, NULL, 0, &trust, &err), &err);
    assert_ok(cert_trust_judge(trust, our_cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT,
                               &verdict, &err),
              &err);
    assert_verdict("ours", &verdict, CERT_TRUSTED, "");
    assert_ok(cert_trust_judge(trust, their_cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT,
                               &verdict, &err),
              &err);
    assert_verdict("a sibling CA's", &verdict, CERT_UNTRUSTED, "issuer");
}

static void cert_trust_holds_path_lengths(void **state)
{
    AUTO(fixture_ca) too_deep = fixture_ca_new(FIXTURE_EC, "Deep", pki.issuing, 0);
    AUTO(cert) deep_cert = parsed(fixture_ca_certificate(too_deep));
    const struct cert *anchors[] = {pki.root_cert};
    const struct cert *between[] = {pki.issuing_cert, deep_cert};
    AUTO(cert_trust) trust = NULL;
    AUTO(buf) der = BUF_EMPTY;
    struct cert_verdict verdict;
    struct error err = {0};
    (void)state;
    fixture_ca_issue(too_deep, &client, &der);
    AUTO(cert) cert = parsed(buf_bytes(&der));

    assert_ok(cert_trust_new(anchors, 1, between, 2, &trust, &err), &err);
    assert_ok(
        cert_trust_judge(trust, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict, &err),
        &err);

    assert_verdict("below a path length of 0", &verdict, CERT_BROKEN, "path length");
}

static void cert_trust_takes_ca_certificates_only(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    const struct cert *many[65];
    AUTO(cert_trust) trust = NULL;
    struct error err = {0};
    (void)state;
    fixture_ca_issue(pki.issuing, &client, &der);
    AUTO(cert) leaf = parsed(buf_bytes(&der));
    const struct cert *leaves_only[] = {leaf};

    for (size_t i = 0; i < 65; i++) {
        many[i] = pki.root_cert;
    }
    assert_fails(cert_trust_new(NULL, 0, many, 1, &trust, &err), &err, ERROR_INVALID,
                 "no CA certificate");
    assert_fails(cert_trust_new(leaves_only, 1, NULL, 0, &trust, &err), &err,
                 ERROR_INVALID, "is no CA's");
    assert_fails(cert_trust_new(many, 1, leaves_only, 1, &trust, &err), &err,
                 ERROR_INVALID, "is no CA's");
    assert_fails(cert_trust_new(many, 65, NULL, 0, &trust, &err), &err, ERROR_INVALID,
                 "65 CA certificates");
    assert_null(trust);
    assert_ok(cert_trust_new(many, 64, many, 64, &trust, &err), &err);
}

/* ---- OpenSSL fails ------------------------------------------------------------------ */

enum failure { NOTHING, READ, STORE, CONTEXT, INIT, VERIFY };
static enum failure failing;

X509 *__wrap_d2i_X509(X509 **out, const unsigned char **in, long len);
X509 *__real_d2i_X509(X509 **out, const unsigned char **in, long len);
X509_STORE *__wrap_X509_STORE_new(void);
X509_STORE *__real_X509_STORE_new(void);
X509_STORE_CTX *__wrap_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq);
X509_STORE_CTX *__real_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq);
int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *x,
                               STACK_OF(X509) * chain);
int __real_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *x,
                               STACK_OF(X509) * chain);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);
int __real_X509_verify_cert(X509_STORE_CTX *ctx);

X509 *__wrap_d2i_X509(X509 **out, const unsigned char **in, long len)
{
    return failing == READ ? NULL : __real_d2i_X509(out, in, len);
}

X509_STORE *__wrap_X509_STORE_new(void)
{
    return failing == STORE ? NULL : __real_X509_STORE_new();
}

X509_STORE_CTX *__wrap_X509_STORE_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq)
{
    return failing == CONTEXT ? NULL : __real_X509_STORE_CTX_new_ex(libctx, propq);
}

int __wrap_X509_STORE_CTX_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *x,
                               STACK_OF(X509) * chain)
{
    return failing == INIT ? 0 : __real_X509_STORE_CTX_init(ctx, store, x, chain);
}

int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
    return failing == VERIFY ? -1 : __real_X509_verify_cert(ctx);
}

static void cert_trust_never_takes_a_failing_library_for_a_verdict(void **state)
{
    const struct cert *anchors[] = {pki.root_cert};
    AUTO(buf) der = BUF_EMPTY;
    (void)state;
    fixture_ca_issue(pki.issuing, &client, &der);
    AUTO(cert) cert = parsed(buf_bytes(&der));

    for (int point = READ; point <= VERIFY; point++) {
        AUTO(cert_trust) trust = NULL;
        struct cert_verdict verdict = {.class = CERT_CLASS_COUNT};
        struct error err = {0};

        failing = (enum failure)point;
        bool made = cert_trust_new(anchors, 1, NULL, 0, &trust, &err);
        bool judged = cert_trust_judge(pki.trust, cert, FIXTURE_NOW, CERT_PURPOSE_CLIENT,
                                       &verdict, &err);
        failing = NOTHING;
        assert_true(made == (point > STORE));
        assert_true(judged == (point == STORE));
        assert_int_equal(err.code, ERROR_INTERNAL);
        assert_int_equal(verdict.class, judged ? CERT_TRUSTED : CERT_CLASS_COUNT);
    }
}

/* A name that is not UTF-8 is none for OpenSSL; we read names later. */
static void cert_trust_calls_broken_what_openssl_cannot_read(void **state)
{
    struct fixture_leaf leaf = client;
    AUTO(buf) der = BUF_EMPTY;
    struct cert_verdict verdict;
    (void)state;
    leaf.cn = "m\xc3\xbcller";
    fixture_ca_issue(pki.issuing, &leaf, &der);

    judge(buf_bytes(&der), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("UTF-8", &verdict, CERT_TRUSTED, "");
    unsigned char *at = memmem(der.data, der.len, "m\xc3\xbcller", 7);
    assert_non_null(at);
    at[2] = 'x';
    judge(buf_bytes(&der), FIXTURE_NOW, CERT_PURPOSE_CLIENT, &verdict);
    assert_verdict("not UTF-8", &verdict, CERT_BROKEN, "cannot read it");
}

static void cert_class_names_are_words(void **state)
{
    (void)state;

    assert_string_equal(cert_class_name(CERT_TRUSTED), "trusted");
    assert_string_equal(cert_class_name(CERT_BROKEN), "broken");
    assert_string_equal(cert_class_name(CERT_CLASS_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cert_trust_judges_purpose_and_form),
        cmocka_unit_test(cert_trust_refuses_strangers),
        cmocka_unit_test(cert_trust_counts_seconds),
        cmocka_unit_test(cert_trust_ends_at_any_anchor),
        cmocka_unit_test(cert_trust_holds_path_lengths),
        cmocka_unit_test(cert_trust_takes_ca_certificates_only),
        cmocka_unit_test(cert_trust_never_takes_a_failing_library_for_a_verdict),
        cmocka_unit_test(cert_trust_calls_broken_what_openssl_cannot_read),
        cmocka_unit_test(cert_class_names_are_words),
    };
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
