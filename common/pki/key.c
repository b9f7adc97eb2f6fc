/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"
#include "common/pki/spki.h"

enum { RSA_BITS_STEP = 256 };

struct key {
    EVP_PKEY *pkey;
    bool has_private;
    struct key_info info;
    struct bytes spki;
    unsigned char spki_octets[KEY_SPKI_MAX];
};

CLEANUP_DEFINE(key_params, OSSL_PARAM *, OSSL_PARAM_free);
CLEANUP_DEFINE(key_param_bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free);
CLEANUP_DEFINE(key_bignum, BIGNUM *, BN_free);

static const char *const alg_names[] = {
    [KEY_RSA] = "rsa",
    [KEY_EC] = "ec",
    [KEY_ED25519] = "ed25519",
};
_Static_assert(sizeof(alg_names) / sizeof(alg_names[0]) == KEY_ALG_COUNT,
               "every algorithm has a name");

/* These are OpenSSL's group names, too. */
static const char *const curve_names[] = {
    [KEY_CURVE_NONE] = "",
    [KEY_CURVE_P256] = "P-256",
    [KEY_CURVE_P384] = "P-384",
    [KEY_CURVE_P521] = "P-521",
};
_Static_assert(sizeof(curve_names) / sizeof(curve_names[0]) == KEY_CURVE_COUNT,
               "every curve has a name");

static const char *const weakness_names[] = {
    [KEY_WEAK_EVEN_MODULUS] = "even_modulus",
    [KEY_WEAK_SMALL_FACTOR] = "small_factor",
    [KEY_WEAK_CLOSE_PRIMES] = "close_primes",
    [KEY_WEAK_ROCA] = "roca",
    [KEY_WEAK_SMALL_EXPONENT] = "small_exponent",
    [KEY_WEAK_SMALL_ORDER] = "small_order",
};
_Static_assert(sizeof(weakness_names) / sizeof(weakness_names[0]) == KEY_WEAKNESS_COUNT,
               "every weakness has a name");

const char *key_alg_name(enum key_alg alg)
{
    return (unsigned int)alg < KEY_ALG_COUNT ? alg_names[alg] : "unknown";
}

const char *key_curve_name(enum key_curve curve)
{
    return (unsigned int)curve < KEY_CURVE_COUNT ? curve_names[curve] : "unknown";
}

const char *key_weakness_name(enum key_weakness weakness)
{
    return (unsigned int)weakness < KEY_WEAKNESS_COUNT ? weakness_names[weakness]
                                                       : "unknown";
}

void key_append_weaknesses(unsigned int weak, struct buf *out)
{
    const char *separator = "";

    for (unsigned int i = 0; i < KEY_WEAKNESS_COUNT; i++) {
        if ((weak >> i & 1) != 0) {
            buf_append_text(out, separator);
            buf_append_text(out, weakness_names[i]);
            separator = ", ";
        }
    }
}

void key_free(struct key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

const struct key_info *key_get_info(const struct key *key)
{
    return &key->info;
}

struct bytes key_get_spki(const struct key *key)
{
    return key->spki;
}

bool key_has_private(const struct key *key)
{
    return key->has_private;
}

EVP_PKEY *key_borrow_pkey(const struct key *key)
{
    return key->pkey;
}

static bool refuse_weak(const struct key_info *info, struct error *err)
{
    AUTO(buf) words = BUF_EMPTY;

    if (info->weak == 0) {
        return true;
    }
    key_append_weaknesses(info->weak, &words);
    return error_set(err, ERROR_DENIED, "a weak %s key: %s", key_alg_name(info->alg),
                     buf_text(&words));
}

static struct key *make(EVP_PKEY *pkey, bool has_private, const struct spki *spki,
                        struct bytes der)
{
    struct key *key = mem_new(sizeof(*key));

    key->pkey = pkey;
    key->has_private = has_private;
    key->info = spki->info;
    memcpy(key->spki_octets, der.data, der.len);
    key->spki = (struct bytes){key->spki_octets, der.len};
    return key;
}

static bool push_rsa(OSSL_PARAM_BLD *bld, BIGNUM *n, const struct spki *spki)
{
    return BN_bin2bn(spki->modulus.data, (int)spki->modulus.len, n) != NULL &&
           OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
           OSSL_PARAM_BLD_push_uint64(bld, OSSL_PKEY_PARAM_RSA_E, spki->info.e) == 1;
}

static bool push_ec(OSSL_PARAM_BLD *bld, const struct spki *spki)
{
    return OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           key_curve_name(spki->info.curve), 0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                            spki->point.data, spki->point.len) == 1;
}

/* From the parts: OpenSSL's decoder of whole keys costs five times as much. */
EVP_PKEY *key_build_public(const struct spki *spki)
{
    AUTO(key_param_bld) bld = OSSL_PARAM_BLD_new();
    AUTO(key_bignum) n = BN_new();
    bool is_rsa = spki->info.alg == KEY_RSA;
    EVP_PKEY *pkey = NULL;

    if (spki->info.alg == KEY_ED25519) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, spki->point.data,
                                           spki->point.len);
    }
    if (bld == NULL || n == NULL ||
        !(is_rsa ? push_rsa(bld, n, spki) : push_ec(bld, spki))) {
        return NULL;
    }
    AUTO(key_params) params = OSSL_PARAM_BLD_to_param(bld);
    AUTO(evp_pkey_ctx)
    ctx = EVP_PKEY_CTX_new_from_name(NULL, is_rsa ? "RSA" : "EC", NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return NULL;
    }
    return pkey;
}

/* With the curve of another key, which takes a quarter of the time. */
static EVP_PKEY *build_like(const struct spki *spki, const struct key *like)
{
    AUTO(evp_pkey) pkey = EVP_PKEY_new();

    if (pkey == NULL || EVP_PKEY_copy_parameters(pkey, like->pkey) != 1 ||
        EVP_PKEY_set1_encoded_public_key(pkey, spki->point.data, spki->point.len) != 1) {
        return NULL;
    }
    return TAKE(pkey);
}

static bool is_like(const struct spki *spki, const struct key *like)
{
    return like != NULL && spki->info.curve != KEY_CURVE_NONE &&
           spki->info.curve == like->info.curve;
}

bool key_read_spki(struct bytes der, struct spki *out, struct error *err)
{
    return spki_read(der, out, err) && refuse_weak(&out->info, err);
}

bool key_fail_public(const struct spki *spki, struct error *err)
{
    if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_EC) {
        ERR_clear_error();
        return error_set(err, ERROR_DENIED, "an EC key that is no point of %s",
                         key_curve_name(spki->info.curve));
    }
    return ossl_fail(err, "public key");
}

bool key_from_spki_like(struct bytes der, const struct key *like, struct key **out,
                        struct error *err)
{
    struct spki spki;

    if (!key_read_spki(der, &spki, err)) {
        return false;
    }
    ERR_clear_error();
    EVP_PKEY *pkey =
        is_like(&spki, like) ? build_like(&spki, like) : key_build_public(&spki);
    if (pkey == NULL) {
        return key_fail_public(&spki, err);
    }
    *out = make(pkey, false, &spki, der);
    return true;
}

bool key_from_spki(struct bytes der, struct key **out, struct error *err)
{
    return key_from_spki_like(der, NULL, out, err);
}

bool key_take_pair(EVP_PKEY *pkey, struct key **out, struct error *err)
{
    AUTO(evp_pkey) owned = pkey;
    unsigned char octets[KEY_SPKI_MAX];
    unsigned char *end = octets;
    struct spki spki;
    int len = i2d_PUBKEY(pkey, NULL);

    if (len <= 0) {
        return ossl_fail(err, "public part of a key");
    }
    if (len > KEY_SPKI_MAX) {
        return error_set(err, ERROR_DENIED, "a public key of %d octets: %d are accepted",
                         len, KEY_SPKI_MAX);
    }
    if (i2d_PUBKEY(pkey, &end) != len) {
        return ossl_fail(err, "public part of a key");
    }
    struct bytes der = {octets, (size_t)len};
    if (!key_read_spki(der, &spki, err)) {
        return false;
    }
    *out = make(TAKE(owned), true, &spki, der);
    return true;
}

static EVP_PKEY *generate(enum key_alg alg, unsigned int bits)
{
    switch (alg) {
    case KEY_RSA:
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    case KEY_EC:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC",
                                 bits == 256   ? "P-256"
                                 : bits == 384 ? "P-384"
                                               : "P-521");
    case KEY_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case KEY_ALG_COUNT:
    default:
        return NULL;
    }
}

static bool is_size(enum key_alg alg, unsigned int bits)
{
    switch (alg) {
    case KEY_RSA:
        return bits >= KEY_RSA_BITS_MIN && bits <= KEY_RSA_BITS_MAX &&
               bits % RSA_BITS_STEP == 0;
    case KEY_EC:
        return bits == 256 || bits == 384 || bits == 521;
    case KEY_ED25519:
        return bits == 255;
    case KEY_ALG_COUNT:
    default:
        return false;
    }
}

bool key_generate(enum key_alg alg, unsigned int bits, struct key **out,
                  struct error *err)
{
    if (!is_size(alg, bits)) {
        return error_set(err, ERROR_INVALID, "there are no %s keys of %u bits here",
                         key_alg_name(alg), bits);
    }
    EVP_PKEY *pkey = generate(alg, bits);
    if (pkey == NULL) {
        return ossl_fail(err, "key generation");
    }
    return key_take_pair(pkey, out, err);
}
