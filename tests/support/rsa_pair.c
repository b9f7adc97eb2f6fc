/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/rsa_pair.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "common/base/cleanup.h"

#include "tests/support/test.h"

CLEANUP_DEFINE(pair_bn, BIGNUM *, BN_free);
CLEANUP_DEFINE(pair_bn_ctx, BN_CTX *, BN_CTX_free);

/* n, e and d are enough for OpenSSL to sign. */
static EVP_PKEY *make(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;

    assert_int_equal(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, d), 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* NULL when e has no inverse. */
static EVP_PKEY *combine(const BIGNUM *p, const BIGNUM *q, const BIGNUM *e)
{
    AUTO(pair_bn_ctx) ctx = BN_CTX_new();
    AUTO(pair_bn) n = BN_new();
    AUTO(pair_bn) order = BN_new();
    AUTO(pair_bn) p1 = BN_dup(p);
    AUTO(pair_bn) q1 = BN_dup(q);

    assert_true(BN_mul(n, p, q, ctx) == 1 && BN_sub_word(p1, 1) == 1 &&
                BN_sub_word(q1, 1) == 1 && BN_mul(order, p1, q1, ctx) == 1);
    AUTO(pair_bn) d = BN_mod_inverse(NULL, e, order, ctx);
    return d == NULL ? NULL : make(n, e, d);
}

static BIGNUM *prime(unsigned int bits)
{
    BIGNUM *p = BN_new();

    assert_int_equal(BN_generate_prime_ex(p, (int)bits, 0, NULL, NULL, NULL), 1);
    return p;
}

EVP_PKEY *rsa_pair_with_exponent(unsigned int bits, unsigned int exponent_bits)
{
    EVP_PKEY *pkey = NULL;

    while (pkey == NULL) {
        AUTO(pair_bn) p = prime(bits / 2);
        AUTO(pair_bn) q = prime(bits / 2);
        AUTO(pair_bn) e = BN_new();

        if (exponent_bits <= 17) {
            assert_true(BN_set_word(e, (BN_ULONG)1 << (exponent_bits - 1) | 1) == 1);
        } else {
            assert_int_equal(
                BN_rand(e, (int)exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
        }
        pkey = combine(p, q, e);
    }
    return pkey;
}

static EVP_PKEY *with_f4(const BIGNUM *p, const BIGNUM *q)
{
    AUTO(pair_bn) e = BN_new();

    assert_int_equal(BN_set_word(e, 65537), 1);
    return combine(p, q, e);
}

EVP_PKEY *rsa_pair_close(unsigned int bits)
{
    EVP_PKEY *pkey = NULL;

    while (pkey == NULL) {
        AUTO(pair_bn) p = prime(bits / 2);
        AUTO(pair_bn) q = BN_dup(p);
        do {
            assert_int_equal(BN_add_word(q, 2), 1);
        } while (BN_check_prime(q, NULL, NULL) != 1);
        pkey = with_f4(p, q);
    }
    return pkey;
}

EVP_PKEY *rsa_pair_small_factor(unsigned int bits)
{
    EVP_PKEY *pkey = NULL;

    /* 1021 is nearly 2^10 and q at least 3/4 of its power of two. */
    while (pkey == NULL) {
        AUTO(pair_bn) p = BN_new();
        AUTO(pair_bn) q = prime(bits - 10);
        assert_int_equal(BN_set_word(p, 1021), 1);
        pkey = with_f4(p, q);
    }
    return pkey;
}

/* k * M + (65537^a mod M), M the product of the primes to 167, until it is prime. */
BIGNUM *rsa_pair_roca_prime(unsigned int bits)
{
    AUTO(pair_bn_ctx) ctx = BN_CTX_new();
    AUTO(pair_bn) m = BN_new();
    AUTO(pair_bn) a = BN_new();
    AUTO(pair_bn) generator = BN_new();
    BIGNUM *p = BN_new();

    assert_true(BN_set_word(m, 2) == 1 && BN_set_word(generator, 65537) == 1);
    for (BN_ULONG d = 3; d <= 167; d += 2) {
        assert_true(BN_set_word(a, d) == 1);
        if (BN_check_prime(a, ctx, NULL) == 1) {
            assert_int_equal(BN_mul_word(m, d), 1);
        }
    }
    assert_int_equal(BN_rand(a, 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), 1);
    assert_int_equal(BN_mod_exp(generator, generator, a, m, ctx), 1);
    /* The two top bits set, so that the product of two such has twice as many bits. */
    do {
        assert_int_equal(BN_rand(p, (int)bits - BN_num_bits(m) + 1, BN_RAND_TOP_ANY, 0),
                         1);
        assert_true(BN_mul(p, p, m, ctx) == 1 && BN_add(p, p, generator) == 1);
    } while (BN_num_bits(p) != (int)bits || BN_is_bit_set(p, (int)bits - 2) == 0 ||
             BN_check_prime(p, ctx, NULL) != 1);
    return p;
}

EVP_PKEY *rsa_pair_roca(unsigned int bits)
{
    EVP_PKEY *pkey = NULL;

    while (pkey == NULL) {
        AUTO(pair_bn) p = rsa_pair_roca_prime(bits / 2);
        AUTO(pair_bn) q = rsa_pair_roca_prime(bits / 2);
        pkey = with_f4(p, q);
    }
    return pkey;
}
