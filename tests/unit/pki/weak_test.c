/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/evp.h>

#include "common/base/cleanup.h"
#include "common/pki/key.h"
#include "common/pki/weak.h"

#include "tests/support/pubkey.h"
#include "tests/support/rsa_pair.h"
#include "tests/support/test.h"

enum { PRIME_BITS = 1024, FERMAT_ROUNDS_INSIDE = 90, FERMAT_ROUNDS_OUTSIDE = 120 };

CLEANUP_DEFINE(test_bn, BIGNUM *, BN_free);
CLEANUP_DEFINE(test_bn_ctx, BN_CTX *, BN_CTX_free);
CLEANUP_DEFINE(test_pkey, EVP_PKEY *, EVP_PKEY_free);

static bool fail_bn_ctx;

BN_CTX *__real_BN_CTX_new(void);
BN_CTX *__wrap_BN_CTX_new(void);

BN_CTX *__wrap_BN_CTX_new(void)
{
    return fail_bn_ctx ? NULL : __real_BN_CTX_new();
}

static unsigned int judge(const BIGNUM *n)
{
    unsigned char octets[KEY_RSA_BITS_MAX / 8];
    struct error err = {0};
    unsigned int weak = 0;

    struct bytes modulus = {octets, (size_t)BN_bn2bin(n, octets)};
    assert_ok(weak_check_modulus(modulus, &weak, &err), &err);
    return weak;
}

static BIGNUM *random_prime(int bits)
{
    BIGNUM *p = BN_new();

    assert_true(p != NULL && BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL) == 1);
    return p;
}

static BIGNUM *product(const BIGNUM *a, const BIGNUM *b)
{
    AUTO(test_bn_ctx) ctx = BN_CTX_new();
    BIGNUM *n = BN_new();

    assert_true(n != NULL && ctx != NULL && BN_mul(n, a, b, ctx) == 1);
    return n;
}

static void weak_finds_nothing_in_honest_keys(void **state)
{
    (void)state;

    for (int bits = KEY_RSA_BITS_MIN; bits <= 3072; bits += 512) {
        AUTO(test_bn) p = random_prime(bits / 2);
        AUTO(test_bn) q = random_prime(bits / 2);
        AUTO(test_bn) n = product(p, q);

        assert_int_equal(judge(n), 0);
    }
}

static void weak_finds_an_even_modulus(void **state)
{
    AUTO(test_bn) n = random_prime(2048);
    (void)state;

    assert_int_equal(judge(n), 0);
    assert_int_equal(BN_add_word(n, 1), 1);

    assert_true((judge(n) & 1U << KEY_WEAK_EVEN_MODULUS) != 0);
}

static void weak_finds_factors_up_to_1021_and_not_1031(void **state)
{
    static const BN_ULONG primes[] = {3, 5, 167, 173, 509, 1019, 1021};
    AUTO(test_bn) big = random_prime(2036);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(primes); i++) {
        AUTO(test_bn) n = BN_dup(big);
        assert_int_equal(BN_mul_word(n, primes[i]), 1);
        if (judge(n) != 1U << KEY_WEAK_SMALL_FACTOR) {
            fail_msg("the factor %lu was not found", (unsigned long)primes[i]);
        }
    }
    AUTO(test_bn) n = BN_dup(big);
    assert_int_equal(BN_mul_word(n, 1031), 1);

    assert_int_equal(judge(n), 0);
}

static bool has_small_factor(const BIGNUM *n)
{
    for (BN_ULONG d = 2; d < 1024; d++) {
        if (BN_mod_word(n, d) == 0) {
            return true;
        }
    }
    return false;
}

/* (a - b)(a + b) with b so that Fermat's method needs about so many rounds. */
static BIGNUM *fermat_product(BN_ULONG rounds)
{
    AUTO(test_bn) a = BN_new();
    AUTO(test_bn) b = BN_new();
    AUTO(test_bn) minus = BN_new();
    AUTO(test_bn) plus = BN_new();

    /* b = sqrt(2 a rounds), which is 2^512 sqrt(rounds) for a = 2^1023 */
    BN_ULONG root = 1;
    while ((root + 1) * (root + 1) <= rounds << 20) {
        root++;
    }
    assert_true(a != NULL && b != NULL && BN_set_bit(a, PRIME_BITS - 1) == 1);
    assert_true(BN_set_word(b, root) == 1 && BN_lshift(b, b, 512 - 10) == 1);
    do {
        assert_int_equal(BN_add_word(a, 1), 1);
        assert_true(BN_sub(minus, a, b) == 1 && BN_add(plus, a, b) == 1);
    } while (has_small_factor(minus) || has_small_factor(plus));
    return product(minus, plus);
}

static void weak_finds_close_primes_within_its_rounds(void **state)
{
    AUTO(test_bn) p = random_prime(PRIME_BITS);
    AUTO(test_bn) next = BN_dup(p);
    AUTO(test_bn) twin = random_prime(PRIME_BITS);
    AUTO(test_bn) inside = fermat_product(FERMAT_ROUNDS_INSIDE);
    AUTO(test_bn) outside = fermat_product(FERMAT_ROUNDS_OUTSIDE);
    (void)state;

    do {
        assert_int_equal(BN_add_word(next, 2), 1);
    } while (BN_check_prime(next, NULL, NULL) != 1);
    AUTO(test_bn) close = product(p, next);
    AUTO(test_bn) square = product(p, p);
    AUTO(test_bn) apart = product(p, twin);

    assert_int_equal(judge(close), 1U << KEY_WEAK_CLOSE_PRIMES);
    assert_int_equal(judge(square), 1U << KEY_WEAK_CLOSE_PRIMES);
    assert_int_equal(judge(apart), 0);
    assert_int_equal(judge(inside), 1U << KEY_WEAK_CLOSE_PRIMES);
    assert_int_equal(judge(outside), 0);
}

static void weak_finds_the_fingerprint_of_roca(void **state)
{
    AUTO(test_bn) p = rsa_pair_roca_prime(PRIME_BITS);
    AUTO(test_bn) q = rsa_pair_roca_prime(PRIME_BITS);
    AUTO(test_bn) honest = random_prime(PRIME_BITS);
    (void)state;

    AUTO(test_bn) both = product(p, q);
    AUTO(test_bn) one = product(p, honest);

    assert_int_equal(judge(both), 1U << KEY_WEAK_ROCA);
    assert_int_equal(judge(one), 0);
}

static void weak_says_so_when_there_is_no_memory(void **state)
{
    AUTO(buf) modulus = BUF_EMPTY;
    struct error err = {0};
    unsigned int weak = 0;
    (void)state;
    pubkey_make_modulus(&modulus, 2048);

    fail_bn_ctx = true;
    bool ok = weak_check_modulus(buf_bytes(&modulus), &weak, &err);
    fail_bn_ctx = false;

    assert_fails(ok, &err, ERROR_INTERNAL, "memory");
}

/*
 * With A of small order, the signature (R = identity, S = 0) is good whenever the hash is a
 * multiple of the order: one message in eight at worst.
 */
static bool anybody_can_sign(struct bytes point)
{
    AUTO(test_pkey)
    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.data, point.len);
    unsigned char forged[64] = {1};
    bool good = false;

    assert_non_null(pkey);
    for (unsigned char message = 0; message < 128 && !good; message++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
        good = EVP_DigestVerify(ctx, forged, sizeof(forged), &message, 1) == 1;
        EVP_MD_CTX_free(ctx);
    }
    return good;
}

static void weak_knows_the_points_for_which_anybody_can_sign(void **state)
{
    static const char *const hex[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
        "26E8958FC2B227B045C3F489F2EF98F0D5DFAC05D3C63339B13802886D53FC05",
        "C7176A703D4DD84FBA3C0B760D10670F2A2053FA2C39CCC64EC7FD7792AC037A",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(hex); i++) {
        long len = 0;
        unsigned char *point = OPENSSL_hexstr2buf(hex[i], &len);
        assert_int_equal(len, 32);

        assert_true(anybody_can_sign((struct bytes){point, 32}));
        assert_true(weak_is_small_order((struct bytes){point, 32}));
        point[31] |= 0x80; /* the other x, where there is one */
        assert_true(weak_is_small_order((struct bytes){point, 32}));
        OPENSSL_free(point);
    }
}

static void weak_takes_honest_points_and_refuses_numbers_beyond_the_field(void **state)
{
    AUTO(test_pkey) pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    unsigned char point[32];
    size_t len = sizeof(point);
    (void)state;

    assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, point, &len), 1);
    assert_false(weak_is_small_order((struct bytes){point, 32}));
    assert_false(anybody_can_sign((struct bytes){point, 32}));

    memset(point, 0xFF, sizeof(point)); /* 2^255 - 1 */
    assert_true(weak_is_small_order((struct bytes){point, 32}));
    point[0] = 0xED; /* 2^255 - 19 */
    assert_true(weak_is_small_order((struct bytes){point, 32}));
    point[0] = 0xEB; /* 2^255 - 21 */
    assert_false(weak_is_small_order((struct bytes){point, 32}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_finds_nothing_in_honest_keys),
        cmocka_unit_test(weak_finds_an_even_modulus),
        cmocka_unit_test(weak_finds_factors_up_to_1021_and_not_1031),
        cmocka_unit_test(weak_finds_close_primes_within_its_rounds),
        cmocka_unit_test(weak_finds_the_fingerprint_of_roca),
        cmocka_unit_test(weak_says_so_when_there_is_no_memory),
        cmocka_unit_test(weak_knows_the_points_for_which_anybody_can_sign),
        cmocka_unit_test(weak_takes_honest_points_and_refuses_numbers_beyond_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
