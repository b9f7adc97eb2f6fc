/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>

#include "common/pki/sig_prepared.h"

#include "tests/support/keys.h"
#include "tests/support/test.h"

enum { ROUNDS = 3 };

static const struct bytes message = {(const unsigned char *)"what is signed", 14};
static const struct bytes other = {(const unsigned char *)"what is signeD", 14};

/* OpenSSL's calls that fail at present. */
static struct {
    bool ctx;
    bool sign;
    bool digest;
} failing;

EVP_PKEY_CTX *__real_EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *lib, EVP_PKEY *pkey,
                                                const char *query);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *lib, EVP_PKEY *pkey,
                                                const char *query);
int __real_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len);
int __real_EVP_Digest(const void *data, size_t len, unsigned char *out,
                      unsigned int *size, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *out,
                      unsigned int *size, const EVP_MD *type, ENGINE *engine);

EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *lib, EVP_PKEY *pkey,
                                                const char *query)
{
    return failing.ctx ? NULL : __real_EVP_PKEY_CTX_new_from_pkey(lib, pkey, query);
}

int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *hash, size_t hash_len)
{
    return failing.sign ? 0 : __real_EVP_PKEY_sign(ctx, sig, sig_len, hash, hash_len);
}

int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *out,
                      unsigned int *size, const EVP_MD *type, ENGINE *engine)
{
    return failing.digest ? 0 : __real_EVP_Digest(data, len, out, size, type, engine);
}

/* Made for a test, of the key that fits. */
struct pair {
    struct sig_prepared *signing;
    struct sig_prepared *verifying;
};

static void pair_free(struct pair *pair)
{
    sig_prepared_free(pair->signing);
    sig_prepared_free(pair->verifying);
}

static void make_pair(enum sig_alg alg, struct pair *out)
{
    const struct key *key = keys_fitting(alg);
    struct error err = {0};

    assert_ok(sig_prepare(key, alg, SIG_USE_SIGN, &out->signing, &err), &err);
    assert_ok(sig_prepare(key, alg, SIG_USE_VERIFY, &out->verifying, &err), &err);
}

static void every_signature_is_one_that_others_verify(void **state)
{
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        struct pair pair = {NULL, NULL};
        struct error err = {0};

        make_pair(alg, &pair);
        for (unsigned int i = 0; i < ROUNDS; i++) {
            AUTO(buf) signature = BUF_EMPTY;
            struct bytes data = {message.data, message.len - i};

            assert_ok(sig_prepared_sign(pair.signing, data, &signature, &err), &err);
            assert_ok(
                sig_verify(keys_fitting(alg), alg, data, buf_bytes(&signature), &err),
                &err);
        }
        pair_free(&pair);
    }
}

static void only_what_was_signed_verifies_however_often(void **state)
{
    (void)state;

    for (unsigned int i = 0; i < SIG_ALG_COUNT * ROUNDS; i++) {
        const enum sig_alg alg = i / ROUNDS;
        AUTO(buf) good = BUF_EMPTY;
        struct pair pair = {NULL, NULL};
        struct error err = {0};

        make_pair(alg, &pair);
        assert_ok(sig_sign(keys_fitting(alg), alg, message, &good, &err), &err);

        assert_ok(sig_prepared_verify(pair.verifying, message, buf_bytes(&good), &err),
                  &err);
        assert_fails(sig_prepared_verify(pair.verifying, other, buf_bytes(&good), &err),
                     &err, ERROR_INVALID, "not by this key");
        good.data[good.len - 1] ^= 1;
        assert_fails(sig_prepared_verify(pair.verifying, message, buf_bytes(&good), &err),
                     &err, ERROR_INVALID, "not by this key");
        good.data[good.len - 1] ^= 1;
        assert_fails(sig_prepared_verify(pair.verifying, message, message, &err), &err,
                     ERROR_INVALID, "not by this key");
        assert_ok(sig_prepared_verify(pair.verifying, message, buf_bytes(&good), &err),
                  &err);
        pair_free(&pair);
    }
}

static void another_algorithm_of_the_same_key_does_not_verify(void **state)
{
    struct error err = {0};
    (void)state;

    for (unsigned int made = SIG_RSA_SHA256; made <= SIG_PSS_SHA512; made++) {
        AUTO(buf) signature = BUF_EMPTY;
        assert_ok(sig_sign(keys_get(KEYS_RSA2048), made, message, &signature, &err),
                  &err);

        for (unsigned int alg = SIG_RSA_SHA256; alg <= SIG_PSS_SHA512; alg++) {
            struct pair pair = {NULL, NULL};

            make_pair(alg, &pair);
            assert_int_equal(
                sig_prepared_verify(pair.verifying, message, buf_bytes(&signature), &err),
                alg == made);
            pair_free(&pair);
        }
    }
}

/* r of an ECDSA signature comes from its nonce alone: twice the same would give the key away. */
static void each_signature_has_a_nonce_of_its_own(void **state)
{
    static const enum sig_alg random[] = {SIG_ECDSA_SHA256, SIG_ECDSA_SHA384,
                                          SIG_ECDSA_SHA512, SIG_PSS_SHA256};
    enum { AT_R = 6, R_OCTETS = 16 };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(random); i++) {
        AUTO(buf) one = BUF_EMPTY;
        AUTO(buf) two = BUF_EMPTY;
        struct pair pair = {NULL, NULL};
        struct error err = {0};

        make_pair(random[i], &pair);
        assert_ok(sig_prepared_sign(pair.signing, message, &one, &err), &err);
        assert_ok(sig_prepared_sign(pair.signing, message, &two, &err), &err);

        assert_memory_not_equal(one.data + AT_R, two.data + AT_R, R_OCTETS);
        pair_free(&pair);
    }
}

static void what_does_not_fit_is_refused_before_anything_is_signed(void **state)
{
    AUTO(sig_prepared) prepared = NULL;
    AUTO(key) public = NULL;
    struct error err = {0};
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        const struct key *key = keys_not_fitting(alg);

        assert_fails(sig_prepare(key, alg, SIG_USE_SIGN, &prepared, &err), &err,
                     ERROR_INVALID, "does not fit");
        assert_fails(sig_prepare(key, alg, SIG_USE_VERIFY, &prepared, &err), &err,
                     ERROR_INVALID, "does not fit");
    }
    assert_ok(key_from_spki(key_get_spki(keys_get(KEYS_P256)), &public, &err), &err);
    assert_fails(sig_prepare(public, SIG_ECDSA_SHA256, SIG_USE_SIGN, &prepared, &err),
                 &err, ERROR_INVALID, "no private key");
    assert_null(prepared);
    assert_ok(sig_prepare(public, SIG_ECDSA_SHA256, SIG_USE_VERIFY, &prepared, &err),
              &err);
}

static void a_failing_library_is_told_and_nothing_appended(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    AUTO(sig_prepared) none = NULL;
    struct pair pair = {NULL, NULL};
    struct error err = {0};
    (void)state;

    failing.ctx = true;
    bool ok =
        sig_prepare(keys_get(KEYS_P256), SIG_ECDSA_SHA256, SIG_USE_SIGN, &none, &err);
    failing.ctx = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "preparing signatures");
    assert_null(none);

    make_pair(SIG_ECDSA_SHA256, &pair);
    failing.sign = true;
    ok = sig_prepared_sign(pair.signing, message, &out, &err);
    failing.sign = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "signing");
    failing.digest = true;
    ok = sig_prepared_sign(pair.signing, message, &out, &err);
    assert_fails(ok, &err, ERROR_INTERNAL, "signing");
    ok = sig_prepared_verify(pair.verifying, message, message, &err);
    failing.digest = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "verifying");
    assert_int_equal(out.len, 0);
    assert_ok(sig_prepared_sign(pair.signing, message, &out, &err), &err);
    assert_ok(sig_prepared_verify(pair.verifying, message, buf_bytes(&out), &err), &err);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signature_is_one_that_others_verify),
        cmocka_unit_test(only_what_was_signed_verifies_however_often),
        cmocka_unit_test(another_algorithm_of_the_same_key_does_not_verify),
        cmocka_unit_test(each_signature_has_a_nonce_of_its_own),
        cmocka_unit_test(what_does_not_fit_is_refused_before_anything_is_signed),
        cmocka_unit_test(a_failing_library_is_told_and_nothing_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
