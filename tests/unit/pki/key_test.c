/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/pki/digest.h"
#include "common/pki/key.h"
#include "common/pki/key_ossl.h"
#include "common/pki/key_probe.h"

#include "tests/support/keys.h"
#include "tests/support/pubkey.h"
#include "tests/support/test.h"
#include "tests/support/twin.h"

/* OpenSSL's calls that fail at present. */
static struct {
    bool fromdata;
    bool pkey_ctx;
    bool spki;
    bool copy;
    bool point;
} failing;

int __real_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **out, int selection,
                             OSSL_PARAM params[]);
int __wrap_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **out, int selection,
                             OSSL_PARAM params[]);
EVP_PKEY_CTX *__real_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *lib, const char *name,
                                                const char *query);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *lib, const char *name,
                                                const char *query);
int __real_i2d_PUBKEY(const EVP_PKEY *pkey, unsigned char **out);
int __wrap_i2d_PUBKEY(const EVP_PKEY *pkey, unsigned char **out);
int __real_EVP_PKEY_copy_parameters(EVP_PKEY *to, const EVP_PKEY *from);
int __wrap_EVP_PKEY_copy_parameters(EVP_PKEY *to, const EVP_PKEY *from);
int __real_EVP_PKEY_set1_encoded_public_key(EVP_PKEY *pkey, const unsigned char *point,
                                            size_t len);
int __wrap_EVP_PKEY_set1_encoded_public_key(EVP_PKEY *pkey, const unsigned char *point,
                                            size_t len);

int __wrap_EVP_PKEY_copy_parameters(EVP_PKEY *to, const EVP_PKEY *from)
{
    return failing.copy ? 0 : __real_EVP_PKEY_copy_parameters(to, from);
}

int __wrap_EVP_PKEY_set1_encoded_public_key(EVP_PKEY *pkey, const unsigned char *point,
                                            size_t len)
{
    return failing.point ? 0 : __real_EVP_PKEY_set1_encoded_public_key(pkey, point, len);
}

int __wrap_EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **out, int selection,
                             OSSL_PARAM params[])
{
    return failing.fromdata ? 0 : __real_EVP_PKEY_fromdata(ctx, out, selection, params);
}

EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *lib, const char *name,
                                                const char *query)
{
    return failing.pkey_ctx ? NULL : __real_EVP_PKEY_CTX_new_from_name(lib, name, query);
}

int __wrap_i2d_PUBKEY(const EVP_PKEY *pkey, unsigned char **out)
{
    return failing.spki ? -1 : __real_i2d_PUBKEY(pkey, out);
}

struct size_case {
    enum key_alg alg;
    unsigned int bits;
    bool good;
    enum key_curve curve;
};

static void key_generates_the_sizes_we_issue_for_and_no_other(void **state)
{
    static const struct size_case cases[] = {
        {KEY_RSA, 2048, true, KEY_CURVE_NONE},
        {KEY_RSA, 2304, true, KEY_CURVE_NONE},
        {KEY_RSA, 1024, false, KEY_CURVE_NONE},
        {KEY_RSA, 2049, false, KEY_CURVE_NONE},
        {KEY_RSA, 4352, false, KEY_CURVE_NONE},
        {KEY_EC, 256, true, KEY_CURVE_P256},
        {KEY_EC, 384, true, KEY_CURVE_P384},
        {KEY_EC, 521, true, KEY_CURVE_P521},
        {KEY_EC, 224, false, KEY_CURVE_NONE},
        {KEY_EC, 512, false, KEY_CURVE_NONE},
        {KEY_ED25519, 255, true, 0},
        {KEY_ED25519, 256, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct size_case *c = &cases[i];
        AUTO(key) key = NULL;
        struct error err = {0};

        bool ok = key_generate(c->alg, c->bits, &key, &err);

        if (ok != c->good || (!ok && err.code != ERROR_INVALID)) {
            fail_msg("%s %u: %s", key_alg_name(c->alg), c->bits, err.message);
        }
        if (ok) {
            const struct key_info *info = key_get_info(key);
            assert_int_equal(info->alg, c->alg);
            assert_int_equal(info->bits, c->bits);
            assert_int_equal(info->curve, c->curve);
            assert_int_equal(info->e, c->alg == KEY_RSA ? 65537 : 0);
            assert_int_equal(info->weak, 0);
            assert_true(key_has_private(key));
        }
    }
}

static void key_from_spki_is_the_same_public_key(void **state)
{
    (void)state;

    for (unsigned int kind = 0; kind < KEYS_COUNT; kind++) {
        AUTO(key) public = NULL;
        struct error err = {0};
        unsigned char sha256[DIGEST_SHA256_SIZE];
        const struct key *pair = keys_get(kind);
        struct bytes spki = key_get_spki(pair);

        assert_ok(key_from_spki(spki, &public, &err), &err);

        digest_sha256(spki.data, spki.len, sha256);
        assert_memory_equal(key_get_info(public)->spki_sha256, sha256, sizeof(sha256));
        assert_true(bytes_equal(key_get_spki(public), spki));
        assert_int_equal(EVP_PKEY_eq(key_borrow_pkey(public), key_borrow_pkey(pair)), 1);
        assert_false(key_has_private(public));
    }
}

/* Of a key that lends its curve nothing else may be found in the other. */
static void key_from_spki_like_another_is_the_same_public_key(void **state)
{
    (void)state;

    for (unsigned int i = 0; i < KEYS_COUNT * KEYS_COUNT; i++) {
        AUTO(key) like = NULL;
        AUTO(key) public = NULL;
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};
        const struct key *pair = keys_get(i / KEYS_COUNT);
        const struct key_info *kind = key_get_info(keys_get(i % KEYS_COUNT));
        struct bytes spki = key_get_spki(pair);
        unsigned char octets[KEY_SPKI_MAX];
        unsigned char *end = octets;

        if (kind->alg == KEY_RSA) { /* slow to make, and no curve to lend */
            continue;
        }
        assert_ok(key_generate(kind->alg, kind->bits, &like, &err), &err);

        assert_ok(key_from_spki_like(spki, like, &public, &err), &err);

        assert_int_equal(EVP_PKEY_eq(key_borrow_pkey(public), key_borrow_pkey(pair)), 1);
        assert_int_equal(i2d_PUBKEY(key_borrow_pkey(public), &end), (int)spki.len);
        assert_memory_equal(octets, spki.data, spki.len);
        assert_false(key_has_private(public));
        assert_true(i2d_PrivateKey(key_borrow_pkey(public), NULL) <= 0);
    }
}

static void put_point(struct buf *out, const char *curve, const char *oid, bool fault)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, curve);
    point.data[point.len - 1] ^= fault ? 1 : 0;
    pubkey_put_ec(out, oid, buf_bytes(&point));
}

static void off_p256(struct buf *out, bool fault)
{
    put_point(out, "P-256", PUBKEY_OID_P256, fault);
}

static void off_p384(struct buf *out, bool fault)
{
    put_point(out, "P-384", PUBKEY_OID_P384, fault);
}

static void off_p521(struct buf *out, bool fault)
{
    put_point(out, "P-521", PUBKEY_OID_P521, fault);
}

/* x + p is the same residue and no field element. */
static void beyond_the_field(struct buf *out, bool fault)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    if (fault) {
        memset(point.data + 1, 0xFF, 32);
    }
    pubkey_put_ec(out, PUBKEY_OID_P256, buf_bytes(&point));
}

static void put_rsa(struct buf *out, unsigned char last_of_n, unsigned char e)
{
    AUTO(buf) n = BUF_EMPTY;
    unsigned char f4[] = {1, 0, 1};

    pubkey_make_modulus(&n, 2048);
    n.data[n.len - 1] ^= last_of_n;
    pubkey_put_rsa(out, buf_bytes(&n),
                   e == 0 ? (struct bytes){f4, sizeof(f4)} : (struct bytes){&e, 1});
}

static void even_modulus(struct buf *out, bool fault)
{
    put_rsa(out, fault ? 1 : 0, 0);
}

static void small_exponent(struct buf *out, bool fault)
{
    put_rsa(out, 0, fault ? 3 : 0);
}

static void small_order(struct buf *out, bool fault)
{
    unsigned char point[32] = {fault ? 1 : 2};

    pubkey_put(out, PUBKEY_OID_ED25519, pubkey_absent,
               (struct bytes){point, sizeof(point)});
}

static void explicit_curve(struct buf *out, bool fault)
{
    AUTO(buf) good = BUF_EMPTY;

    off_p256(&good, false);
    if (fault) { /* the curve's OID becomes a SEQUENCE of as many octets */
        good.data[13] = 0x30;
        memcpy(good.data + 15, "\x04\x06......", 8);
    }
    buf_append(out, good.data, good.len);
}

static const struct twin_case cases[] = {
    {"off P-256", off_p256, ERROR_DENIED, "no point of P-256"},
    {"off P-384", off_p384, ERROR_DENIED, "no point of P-384"},
    {"off P-521", off_p521, ERROR_DENIED, "no point of P-521"},
    {"x beyond the field", beyond_the_field, ERROR_DENIED, "no point of P-256"},
    {"even modulus", even_modulus, ERROR_DENIED, "even_modulus"},
    {"e = 3", small_exponent, ERROR_DENIED, "weak rsa key: small_exponent"},
    {"small order", small_order, ERROR_DENIED, "weak ed25519 key: small_order"},
    {"explicit curve", explicit_curve, ERROR_DENIED, "explicit parameters"},
};

static bool read_key(struct bytes der, struct error *err)
{
    AUTO(key) key = NULL;

    return key_from_spki(der, &key, err);
}

/* P-256, as the first cases are. */
static bool read_key_like(struct bytes der, struct error *err)
{
    AUTO(key) key = NULL;

    return key_from_spki_like(der, keys_get(KEYS_P256), &key, err);
}

static void key_from_spki_refuses_weak_keys_and_points_off_their_curve(void **state)
{
    (void)state;

    twin_run(cases, COUNT_OF(cases), read_key);
    twin_run(cases, COUNT_OF(cases), read_key_like);
}

/* One for all keys of a test. */
static struct key_probe *probe;

static bool probe_key(struct bytes der, struct error *err)
{
    struct key_info info;

    return key_probe_spki(probe, der, &info, err);
}

static void a_probe_refuses_what_is_no_key_however_many_it_has_seen(void **state)
{
    (void)state;

    for (unsigned int like = 0; like < KEYS_COUNT; like++) {
        struct error err = {0};

        assert_ok(key_probe_new(keys_get(like), &probe, &err), &err);
        twin_run(cases, COUNT_OF(cases), probe_key);
        twin_run(cases, COUNT_OF(cases), probe_key);
        key_probe_free(probe);
    }
}

static void a_probe_tells_what_each_key_is(void **state)
{
    (void)state;

    for (unsigned int i = 0; i < KEYS_COUNT * KEYS_COUNT; i++) {
        AUTO(key_probe) mine = NULL;
        struct error err = {0};
        const struct key *key = keys_get(i / KEYS_COUNT);
        struct key_info info;

        assert_ok(key_probe_new(keys_get(i % KEYS_COUNT), &mine, &err), &err);
        memset(&info, 0xff, sizeof(info));
        assert_ok(key_probe_spki(mine, key_get_spki(key), &info, &err), &err);

        assert_int_equal(info.alg, key_get_info(key)->alg);
        assert_int_equal(info.bits, key_get_info(key)->bits);
        assert_int_equal(info.curve, key_get_info(key)->curve);
        assert_int_equal(info.weak, 0);
        assert_memory_equal(info.spki_sha256, key_get_info(key)->spki_sha256,
                            sizeof(info.spki_sha256));
    }
}

static void a_probe_says_so_when_the_library_fails(void **state)
{
    AUTO(key_probe) mine = NULL;
    struct error err = {0};
    struct bytes spki = key_get_spki(keys_get(KEYS_P256));
    struct key_info info;
    (void)state;

    failing.copy = true;
    bool ok = key_probe_new(keys_get(KEYS_P256), &mine, &err);
    failing.copy = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "preparing for public keys");
    assert_null(mine);

    assert_ok(key_probe_new(keys_get(KEYS_P256), &mine, &err), &err);
    failing.point = true;
    ok = key_probe_spki(mine, spki, &info, &err);
    failing.point = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");
    failing.fromdata = true;
    ok = key_probe_spki(mine, key_get_spki(keys_get(KEYS_P384)), &info, &err);
    failing.fromdata = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");
    assert_ok(key_probe_spki(mine, spki, &info, &err), &err);
}

static void key_says_so_when_the_library_fails(void **state)
{
    AUTO(key) key = NULL;
    struct error err = {0};
    struct bytes spki = key_get_spki(keys_get(KEYS_P256));
    (void)state;

    failing.fromdata = true;
    bool ok = key_from_spki(spki, &key, &err);
    failing.fromdata = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");

    failing.pkey_ctx = true;
    ok = key_from_spki(spki, &key, &err);
    failing.pkey_ctx = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");

    failing.copy = true;
    ok = key_from_spki_like(spki, keys_get(KEYS_P256), &key, &err);
    failing.copy = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");

    failing.point = true;
    ok = key_from_spki_like(spki, keys_get(KEYS_P256), &key, &err);
    failing.point = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public key: ");

    failing.spki = true;
    ok = key_generate(KEY_EC, 256, &key, &err);
    failing.spki = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "public part");
    assert_null(key);
}

static void key_names_are_words(void **state)
{
    AUTO(buf) none = BUF_EMPTY;
    AUTO(buf) two = BUF_EMPTY;
    (void)state;

    key_append_weaknesses(0, &none);
    key_append_weaknesses(1U << KEY_WEAK_SMALL_FACTOR | 1U << KEY_WEAK_ROCA, &two);

    assert_string_equal(buf_text(&none), "");
    assert_string_equal(buf_text(&two), "small_factor, roca");
    assert_string_equal(key_alg_name(KEY_ED25519), "ed25519");
    assert_string_equal(key_alg_name((enum key_alg)99), "unknown");
    assert_string_equal(key_curve_name(KEY_CURVE_NONE), "");
    assert_string_equal(key_curve_name(KEY_CURVE_P521), "P-521");
    assert_string_equal(key_weakness_name(KEY_WEAK_CLOSE_PRIMES), "close_primes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_generates_the_sizes_we_issue_for_and_no_other),
        cmocka_unit_test(key_from_spki_is_the_same_public_key),
        cmocka_unit_test(key_from_spki_like_another_is_the_same_public_key),
        cmocka_unit_test(key_from_spki_refuses_weak_keys_and_points_off_their_curve),
        cmocka_unit_test(a_probe_refuses_what_is_no_key_however_many_it_has_seen),
        cmocka_unit_test(a_probe_tells_what_each_key_is),
        cmocka_unit_test(a_probe_says_so_when_the_library_fails),
        cmocka_unit_test(key_says_so_when_the_library_fails),
        cmocka_unit_test(key_names_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
