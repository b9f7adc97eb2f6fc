/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "common/pki/der.h"
#include "common/pki/key_ossl.h"
#include "common/pki/sig.h"

#include "tests/support/keys.h"
#include "tests/support/test.h"
#include "tests/support/twin.h"

#define OID_PSS    "1.2.840.113549.1.1.10"
#define OID_MGF1   "1.2.840.113549.1.1.8"
#define OID_SHA1   "1.3.14.3.2.26"
#define OID_SHA256 "2.16.840.1.101.3.4.2.1"
#define OID_SHA384 "2.16.840.1.101.3.4.2.2"

static const struct bytes message = {(const unsigned char *)"what is signed", 14};

/* Which library call fails next; none otherwise. */
static enum { FAIL_NONE, FAIL_CTX, FAIL_SIGN, FAIL_VERIFY_INIT } failing;

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
int __real_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len);
int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len);
int __real_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[]);
int __wrap_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[]);

EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
    return failing == FAIL_CTX ? NULL : __real_EVP_MD_CTX_new();
}

int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len)
{
    return failing == FAIL_SIGN && out != NULL
               ? 0
               : __real_EVP_DigestSign(ctx, out, out_len, data, len);
}

int __wrap_EVP_DigestVerifyInit_ex(/* NOLINT(readability-function-size): OpenSSL's */
                                   EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[])
{
    return failing == FAIL_VERIFY_INIT ? 0
                                       : __real_EVP_DigestVerifyInit_ex(
                                             ctx, pctx, name, lib, props, pkey, params);
}

static void sig_verifies_what_it_signed_and_nothing_else(void **state)
{
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        AUTO(buf) signature = BUF_EMPTY;
        struct error err = {0};
        const struct key *key = keys_fitting(alg);
        struct bytes other = {message.data, message.len - 1};

        assert_ok(sig_sign(key, alg, message, &signature, &err), &err);
        assert_ok(sig_verify(key, alg, message, buf_bytes(&signature), &err), &err);

        assert_fails(sig_verify(key, alg, other, buf_bytes(&signature), &err), &err,
                     ERROR_INVALID, "not by this key");
        signature.data[signature.len - 1] ^= 1;
        assert_fails(sig_verify(key, alg, message, buf_bytes(&signature), &err), &err,
                     ERROR_INVALID, "not by this key");
        buf_truncate(&signature, 0);
        assert_fails(sig_verify(key, alg, message, buf_bytes(&signature), &err), &err,
                     ERROR_INVALID, "not by this key");
    }
}

/* With OpenSSL alone: a PSS signature of the message with a salt of so many octets. */
static void sign_pss(int salt, struct buf *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    EVP_PKEY *pkey = key_borrow_pkey(keys_get(KEYS_RSA2048));
    size_t len = 256;

    assert_int_equal(EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, pkey), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt), 1);
    buf_reserve(out, len);
    assert_int_equal(EVP_DigestSign(ctx, out->data, &len, message.data, message.len), 1);
    out->len = len;
    EVP_MD_CTX_free(ctx);
}

static void sig_verifies_pss_with_a_salt_of_the_hashs_length_only(void **state)
{
    static const int salts[] = {0, 31, 33, 222};
    AUTO(buf) good = BUF_EMPTY;
    struct error err = {0};
    const struct key *key = keys_get(KEYS_RSA2048);
    (void)state;

    sign_pss(32, &good);
    assert_ok(sig_verify(key, SIG_PSS_SHA256, message, buf_bytes(&good), &err), &err);

    for (size_t i = 0; i < COUNT_OF(salts); i++) {
        AUTO(buf) bad = BUF_EMPTY;
        sign_pss(salts[i], &bad);
        assert_fails(sig_verify(key, SIG_PSS_SHA256, message, buf_bytes(&bad), &err),
                     &err, ERROR_INVALID, "not by this key");
    }
}

static void sig_verifies_with_the_public_key_alone(void **state)
{
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        AUTO(buf) signature = BUF_EMPTY;
        AUTO(key) public = NULL;
        struct error err = {0};
        const struct key *key = keys_fitting(alg);
        assert_ok(key_from_spki(key_get_spki(key), &public, &err), &err);
        assert_ok(sig_sign(key, alg, message, &signature, &err), &err);

        assert_ok(sig_verify(public, alg, message, buf_bytes(&signature), &err), &err);
        assert_fails(sig_sign(public, alg, message, &signature, &err), &err,
                     ERROR_INVALID, "no private key");
    }
}

static void sig_refuses_another_algorithm_of_the_same_key(void **state)
{
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};
    const struct key *key = keys_get(KEYS_RSA2048);
    (void)state;

    assert_ok(sig_sign(key, SIG_RSA_SHA256, message, &signature, &err), &err);

    for (unsigned int alg = SIG_RSA_SHA384; alg <= SIG_PSS_SHA512; alg++) {
        assert_fails(sig_verify(key, alg, message, buf_bytes(&signature), &err), &err,
                     ERROR_INVALID, "not by this key");
    }
}

static void sig_refuses_algorithms_that_do_not_fit_the_key(void **state)
{
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        AUTO(buf) signature = BUF_EMPTY;
        struct error err = {0};
        const struct key *key = keys_not_fitting(alg);

        assert_fails(sig_sign(key, alg, message, &signature, &err), &err, ERROR_INVALID,
                     "does not fit");
        assert_fails(sig_verify(key, alg, message, message, &err), &err, ERROR_INVALID,
                     "does not fit");
        assert_int_equal(signature.len, 0);
    }
}

static void sig_reads_back_every_identifier_it_writes(void **state)
{
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};
        enum sig_alg again = SIG_ALG_COUNT;

        sig_write(alg, &der);
        assert_ok(sig_read(buf_bytes(&der), &again, &err), &err);

        assert_int_equal(again, alg);
    }
}

static void sig_chooses_the_hash_by_the_key(void **state)
{
    static const enum sig_alg expected[KEYS_COUNT] = {
        [KEYS_RSA2048] = SIG_RSA_SHA256, [KEYS_RSA3072] = SIG_RSA_SHA256,
        [KEYS_P256] = SIG_ECDSA_SHA256,  [KEYS_P384] = SIG_ECDSA_SHA384,
        [KEYS_P521] = SIG_ECDSA_SHA512,  [KEYS_ED25519] = SIG_ED25519,
    };
    (void)state;

    for (unsigned int kind = 0; kind < KEYS_COUNT; kind++) {
        assert_int_equal(sig_default(key_get_info(keys_get(kind))), expected[kind]);
    }
}

/* AlgorithmIdentifier with nothing, NULL, or an OID's own content as parameters. */
static void put_identifier(struct buf *out, const char *oid, bool null)
{
    size_t identifier = der_open(out, DER_SEQUENCE);

    assert_true(der_put_oid(out, oid));
    if (null) {
        der_put(out, DER_NULL, (struct bytes){NULL, 0});
    }
    der_close(out, identifier);
}

static void rsa_with_md5(struct buf *out, bool fault)
{
    put_identifier(out, fault ? "1.2.840.113549.1.1.4" : "1.2.840.113549.1.1.11", true);
}

static void rsa_with_sha1(struct buf *out, bool fault)
{
    put_identifier(out, fault ? "1.2.840.113549.1.1.5" : "1.2.840.113549.1.1.12", true);
}

static void rsa_with_sha224(struct buf *out, bool fault)
{
    put_identifier(out, fault ? "1.2.840.113549.1.1.14" : "1.2.840.113549.1.1.13", true);
}

static void ecdsa_with_sha1(struct buf *out, bool fault)
{
    put_identifier(out, fault ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2", false);
}

static void unknown_algorithm(struct buf *out, bool fault)
{
    put_identifier(out, fault ? "1.3.6.1.4.1.99999.1" : "1.3.101.112", false);
}

static void rsa_without_null(struct buf *out, bool fault)
{
    put_identifier(out, "1.2.840.113549.1.1.11", !fault);
}

static void ecdsa_with_null(struct buf *out, bool fault)
{
    put_identifier(out, "1.2.840.10045.4.3.2", fault);
}

static void ed25519_with_null(struct buf *out, bool fault)
{
    put_identifier(out, "1.3.101.112", fault);
}

static void octets_behind(struct buf *out, bool fault)
{
    put_identifier(out, "1.3.101.112", false);
    if (fault) {
        buf_append_byte(out, 0);
    }
}

static void no_object_identifier(struct buf *out, bool fault)
{
    size_t identifier = der_open(out, DER_SEQUENCE);

    if (!fault) {
        assert_true(der_put_oid(out, "1.3.101.112"));
    }
    der_close(out, identifier);
}

/* RSASSA-PSS, each field given or (NULL, 0) left out. */
struct pss {
    const char *hash;
    const char *mask_generator;
    const char *mask_hash;
    unsigned int salt;
    unsigned int trailer;
    bool null;
};

static void put_pss(struct buf *out, const struct pss *pss)
{
    size_t identifier = der_open(out, DER_SEQUENCE);

    assert_true(der_put_oid(out, OID_PSS));
    size_t params = der_open(out, DER_SEQUENCE);
    if (pss->hash != NULL) {
        size_t field = der_open(out, DER_EXPLICIT | 0);
        put_identifier(out, pss->hash, pss->null);
        der_close(out, field);
    }
    size_t mask = der_open(out, DER_EXPLICIT | 1);
    size_t generator = der_open(out, DER_SEQUENCE);
    assert_true(der_put_oid(out, pss->mask_generator));
    put_identifier(out, pss->mask_hash, pss->null);
    der_close(out, generator);
    der_close(out, mask);
    if (pss->salt != 0) {
        size_t field = der_open(out, DER_EXPLICIT | 2);
        der_put_uint(out, pss->salt);
        der_close(out, field);
    }
    if (pss->trailer != 0) {
        size_t field = der_open(out, DER_EXPLICIT | 3);
        der_put_uint(out, pss->trailer);
        der_close(out, field);
    }
    der_close(out, params);
    der_close(out, identifier);
}

static const struct pss good_pss = {OID_SHA256, OID_MGF1, OID_SHA256, 32, 0, true};

#define PSS_CASE(name, field, bad)                                                       \
    static void name(struct buf *out, bool fault)                                        \
    {                                                                                    \
        struct pss pss = good_pss;                                                       \
        if (fault) {                                                                     \
            pss.field = (bad);                                                           \
        }                                                                                \
        put_pss(out, &pss);                                                              \
    }

PSS_CASE(pss_with_sha1, hash, OID_SHA1)
PSS_CASE(pss_without_hash, hash, NULL)
PSS_CASE(pss_with_two_hashes, mask_hash, OID_SHA384)
PSS_CASE(pss_with_another_mask, mask_generator, OID_PSS)
PSS_CASE(pss_with_short_salt, salt, 20)
PSS_CASE(pss_with_long_salt, salt, 222)
PSS_CASE(pss_without_salt, salt, 0)
PSS_CASE(pss_with_trailer, trailer, 2)

static const struct twin_case cases[] = {
    {"MD5", rsa_with_md5, ERROR_DENIED, "MD5 with RSA"},
    {"SHA-1", rsa_with_sha1, ERROR_DENIED, "SHA-1 with RSA"},
    {"SHA-224", rsa_with_sha224, ERROR_DENIED, "SHA-224 with RSA"},
    {"ECDSA with SHA-1", ecdsa_with_sha1, ERROR_DENIED, "ECDSA with SHA-1"},
    {"unknown", unknown_algorithm, ERROR_DENIED, "1.3.6.1.4.1.99999.1"},
    {"RSA without NULL", rsa_without_null, ERROR_INVALID, "must be NULL"},
    {"ECDSA with NULL", ecdsa_with_null, ERROR_INVALID, "must be absent"},
    {"Ed25519 with NULL", ed25519_with_null, ERROR_INVALID, "must be absent"},
    {"octets behind", octets_behind, ERROR_INVALID, "AlgorithmIdentifier"},
    {"no OID", no_object_identifier, ERROR_INVALID, "AlgorithmIdentifier"},
    {"PSS with SHA-1", pss_with_sha1, ERROR_DENIED, "one hash"},
    {"PSS without hash", pss_without_hash, ERROR_DENIED, "must be given"},
    {"PSS with two hashes", pss_with_two_hashes, ERROR_DENIED, "one hash"},
    {"PSS with another mask", pss_with_another_mask, ERROR_DENIED, "must be given"},
    {"PSS with a short salt", pss_with_short_salt, ERROR_DENIED, "its length"},
    {"PSS with the longest salt", pss_with_long_salt, ERROR_DENIED, "its length"},
    {"PSS without salt", pss_without_salt, ERROR_DENIED, "must be given"},
    {"PSS with a trailer", pss_with_trailer, ERROR_DENIED, "no more"},
};

static bool read_identifier(struct bytes der, struct error *err)
{
    enum sig_alg alg;

    return sig_read(der, &alg, err);
}

static void sig_refuses_each_fault_and_reads_its_twin(void **state)
{
    (void)state;

    twin_run(cases, COUNT_OF(cases), read_identifier);
}

/* RFC 4055 2.1: both forms of the hash identifiers MUST be accepted. */
static void sig_reads_pss_with_and_without_nulls(void **state)
{
    struct pss pss = good_pss;
    (void)state;

    for (int null = 0; null <= 1; null++) {
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};
        enum sig_alg alg = SIG_ALG_COUNT;
        pss.null = null == 1;
        put_pss(&der, &pss);

        assert_ok(sig_read(buf_bytes(&der), &alg, &err), &err);
        assert_int_equal(alg, SIG_PSS_SHA256);
    }
}

static void sig_says_so_when_the_library_fails(void **state)
{
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};
    const struct key *key = keys_get(KEYS_P256);
    (void)state;

    failing = FAIL_CTX;
    bool signed_without = sig_sign(key, SIG_ECDSA_SHA256, message, &signature, &err);
    bool verified_without = sig_verify(key, SIG_ECDSA_SHA256, message, message, &err);
    failing = FAIL_SIGN;
    bool unsigned_still = sig_sign(key, SIG_ECDSA_SHA256, message, &signature, &err);
    failing = FAIL_NONE;
    assert_false(signed_without || verified_without);
    assert_fails(unsigned_still, &err, ERROR_INTERNAL, "signing");
    assert_int_equal(signature.len, 0);

    failing = FAIL_VERIFY_INIT;
    bool verified = sig_verify(key, SIG_ECDSA_SHA256, message, message, &err);
    failing = FAIL_NONE;
    assert_fails(verified, &err, ERROR_INTERNAL, "verifying");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sig_verifies_what_it_signed_and_nothing_else),
        cmocka_unit_test(sig_verifies_pss_with_a_salt_of_the_hashs_length_only),
        cmocka_unit_test(sig_verifies_with_the_public_key_alone),
        cmocka_unit_test(sig_refuses_another_algorithm_of_the_same_key),
        cmocka_unit_test(sig_refuses_algorithms_that_do_not_fit_the_key),
        cmocka_unit_test(sig_reads_back_every_identifier_it_writes),
        cmocka_unit_test(sig_chooses_the_hash_by_the_key),
        cmocka_unit_test(sig_refuses_each_fault_and_reads_its_twin),
        cmocka_unit_test(sig_reads_pss_with_and_without_nulls),
        cmocka_unit_test(sig_says_so_when_the_library_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
