/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "common/base/cleanup.h"
#include "common/pki/csr.h"
#include "common/pki/key_ossl.h"

#include "tests/support/pubkey.h"
#include "tests/support/request_table.h"
#include "tests/support/rsa_pair.h"
#include "tests/support/test.h"

#define RSA_SHA256   "30(06092a864886f70d01010b0500)"
#define ECDSA_SHA256 "30(06082a8648ce3d040302)"

CLEANUP_DEFINE(test_pkey, EVP_PKEY *, EVP_PKEY_free);

static struct {
    unsigned int verifications; /* begun by our code */
    bool init_fails;
} openssl;

int __real_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[]);
int __wrap_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[]);
int __real_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
                            size_t signature_len, const unsigned char *data, size_t len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
                            size_t signature_len, const unsigned char *data, size_t len);

/* NOLINTNEXTLINE(readability-function-size): the parameters are OpenSSL's */
int __wrap_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *name,
                                   OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
                                   const OSSL_PARAM params[])
{
    openssl.verifications++;
    return openssl.init_fails ? 0
                              : __real_EVP_DigestVerifyInit_ex(ctx, pctx, name, lib,
                                                               props, pkey, params);
}

int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
                            size_t signature_len, const unsigned char *data, size_t len)
{
    openssl.verifications++;
    return __real_EVP_DigestVerify(ctx, signature, signature_len, data, len);
}

/* The request of this key pair against a verdict, and what was computed for it. */
static void expect_pair(const char *label, EVP_PKEY *pkey, const char *algorithm,
                        enum csr_fault fault, const char *words)
{
    AUTO(buf) spki = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct request request = request_of(pkey, algorithm, &spki);

    if (strcmp(algorithm, "30(06032b6571)") == 0) {
        request.hash = NULL; /* Ed448 */
    }
    request_put(&request, &der);
    if (!request_verifies(buf_bytes(&der))) {
        fail_msg("%s: its own signature is bad",
                 label); /* then the case proves nothing */
    }
    openssl.verifications = 0;
    request_expect(label, &request, fault, words);
    if (openssl.verifications != (fault == CSR_FAULT_NONE ? 2 : 0)) {
        fail_msg("%s: %u calls", label, openssl.verifications);
    }
}

static void csr_parse_refuses_a_3071_bit_exponent_before_verifying(void **state)
{
    AUTO(test_pkey) hostile = rsa_pair_with_exponent(3072, 3071);
    AUTO(test_pkey) twin = rsa_pair_with_exponent(3072, 17);
    (void)state;

    expect_pair("3071 bits", hostile, RSA_SHA256, CSR_FAULT_KEY, "3071 bits");
    expect_pair("65537", twin, RSA_SHA256, CSR_FAULT_NONE, NULL);
}

static void csr_parse_refuses_exponents_out_of_range(void **state)
{
    AUTO(test_pkey) above = rsa_pair_with_exponent(2048, 65);
    AUTO(test_pkey) largest = rsa_pair_with_exponent(2048, 64);
    AUTO(test_pkey) smallest = rsa_pair_with_exponent(2048, 17);
    AUTO(test_pkey) below = rsa_pair_with_exponent(2048, 16);
    AUTO(test_pkey) three = rsa_pair_with_exponent(2048, 2);
    (void)state;

    expect_pair("65 bits", above, RSA_SHA256, CSR_FAULT_KEY, "65 bits");
    expect_pair("64 bits", largest, RSA_SHA256, CSR_FAULT_NONE, NULL);
    expect_pair("65537", smallest, RSA_SHA256, CSR_FAULT_NONE, NULL);
    expect_pair("16 bits", below, RSA_SHA256, CSR_FAULT_KEY, "small_exponent");
    expect_pair("3", three, RSA_SHA256, CSR_FAULT_KEY, "small_exponent");
}

static void csr_parse_refuses_weak_rsa_keys(void **state)
{
    AUTO(test_pkey) close = rsa_pair_close(2048);
    AUTO(test_pkey) roca = rsa_pair_roca(2048);
    AUTO(test_pkey) small = rsa_pair_small_factor(2048);
    AUTO(test_pkey) short_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    AUTO(test_pkey) honest = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    (void)state;

    expect_pair("close primes", close, RSA_SHA256, CSR_FAULT_KEY, "close_primes");
    expect_pair("ROCA", roca, RSA_SHA256, CSR_FAULT_KEY, "roca");
    expect_pair("small factor", small, RSA_SHA256, CSR_FAULT_KEY, "small_factor");
    expect_pair("RSA-1024", short_key, RSA_SHA256, CSR_FAULT_KEY, "1024 bits");
    expect_pair("RSA-2048", honest, RSA_SHA256, CSR_FAULT_NONE, NULL);
}

static void csr_parse_refuses_other_curves_and_algorithms(void **state)
{
    AUTO(test_pkey) p192 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime192v1");
    AUTO(test_pkey) p224 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224");
    AUTO(test_pkey) koblitz = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    AUTO(test_pkey) brainpool = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
    AUTO(test_pkey) ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    AUTO(test_pkey) p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    (void)state;

    expect_pair("P-192", p192, ECDSA_SHA256, CSR_FAULT_KEY, "P-192");
    expect_pair("P-224", p224, ECDSA_SHA256, CSR_FAULT_KEY, "P-224");
    expect_pair("secp256k1", koblitz, ECDSA_SHA256, CSR_FAULT_KEY, "secp256k1");
    expect_pair("brainpool", brainpool, ECDSA_SHA256, CSR_FAULT_KEY, "brainpoolP256r1");
    expect_pair("Ed448", ed448, "30(06032b6571)", CSR_FAULT_KEY, "Ed448");
    expect_pair("P-256", p256, ECDSA_SHA256, CSR_FAULT_NONE, NULL);
}

/* The same key pair, its public part written in another way: OpenSSL reads and verifies it. */
static void csr_parse_refuses_explicit_curves_and_compressed_points(void **state)
{
    AUTO(test_pkey) pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    (void)state;

    expect_pair("named", pkey, ECDSA_SHA256, CSR_FAULT_NONE, NULL);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
                                                    OSSL_PKEY_EC_ENCODING_EXPLICIT),
                     1);
    expect_pair("explicit", pkey, ECDSA_SHA256, CSR_FAULT_KEY, "explicit parameters");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
                                                    OSSL_PKEY_EC_ENCODING_GROUP),
                     1);
    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
        1);
    expect_pair("compressed", pkey, ECDSA_SHA256, CSR_FAULT_KEY, "compressed");
    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED),
        1);
    expect_pair("uncompressed", pkey, ECDSA_SHA256, CSR_FAULT_NONE, NULL);
}

/* A key restricted to PSS, which signs with PSS. */
static void csr_parse_refuses_keys_restricted_to_pss(void **state)
{
    AUTO(test_pkey) pkey = NULL;
    AUTO(buf) spki = BUF_EMPTY;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    (void)state;
    assert_true(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &pkey) == 1);
    EVP_PKEY_CTX_free(ctx);
    struct request request = request_of(pkey, RSA_SHA256, &spki);
    request.pss_salt = 32;

    openssl.verifications = 0;
    request_expect("RSA-PSS", &request, CSR_FAULT_KEY, "restricted to PSS");
    assert_int_equal(openssl.verifications, 0);
}

/* Nobody has the private keys of these, so another key signs; it never comes to that. */
static void csr_parse_refuses_public_keys_without_a_private_one(void **state)
{
    static const unsigned char infinity[] = {0};
    static const unsigned char identity[32] = {1};
    AUTO(buf) at_infinity = BUF_EMPTY;
    AUTO(buf) small_order = BUF_EMPTY;
    AUTO(buf) even = BUF_EMPTY;
    AUTO(buf) n = BUF_EMPTY;
    struct request request = request_good(KEYS_P256);
    (void)state;
    pubkey_put_ec(&at_infinity, PUBKEY_OID_P256, (struct bytes){infinity, 1});
    pubkey_put(&small_order, PUBKEY_OID_ED25519, pubkey_absent,
               (struct bytes){identity, 32});
    pubkey_make_modulus(&n, 2048);
    n.data[n.len - 1] ^= 1;
    pubkey_put_rsa(&even, buf_bytes(&n), (struct bytes){(unsigned char[]){1, 0, 1}, 3});

    openssl.verifications = 0;
    request.spki = buf_bytes(&at_infinity);
    request_expect("infinity", &request, CSR_FAULT_KEY, "infinity");
    request.spki = buf_bytes(&small_order);
    request_expect("small order", &request, CSR_FAULT_KEY, "small_order");
    request.spki = buf_bytes(&even);
    request_expect("even modulus", &request, CSR_FAULT_KEY, "even_modulus");
    assert_int_equal(openssl.verifications, 0);
}

static void csr_parse_calls_a_malformed_key_malformed(void **state)
{
    AUTO(buf) no_null = BUF_EMPTY;
    struct request request = request_good(KEYS_P256);
    (void)state;
    pubkey_put(&no_null, PUBKEY_OID_RSA, pubkey_absent, (struct bytes){NULL, 0});

    request.spki = buf_bytes(&no_null);

    request_expect("RSA without NULL", &request, CSR_FAULT_MALFORMED, "not NULL");
}

static void csr_parse_says_so_when_the_library_fails(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_POP;
    struct request request = request_good(KEYS_P256);
    (void)state;
    request_put(&request, &der);

    openssl.init_fails = true;
    bool ok = csr_parse(buf_bytes(&der), &csr, &fault, &err);
    openssl.init_fails = false;

    assert_fails(ok, &err, ERROR_INTERNAL, "verifying");
    assert_int_equal(fault, CSR_FAULT_NONE);
    assert_null(csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_parse_refuses_a_3071_bit_exponent_before_verifying),
        cmocka_unit_test(csr_parse_refuses_exponents_out_of_range),
        cmocka_unit_test(csr_parse_refuses_weak_rsa_keys),
        cmocka_unit_test(csr_parse_refuses_other_curves_and_algorithms),
        cmocka_unit_test(csr_parse_refuses_explicit_curves_and_compressed_points),
        cmocka_unit_test(csr_parse_refuses_keys_restricted_to_pss),
        cmocka_unit_test(csr_parse_refuses_public_keys_without_a_private_one),
        cmocka_unit_test(csr_parse_calls_a_malformed_key_malformed),
        cmocka_unit_test(csr_parse_says_so_when_the_library_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
