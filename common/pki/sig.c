/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/sig.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "common/pki/der.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"
#include "common/pki/sig_ossl.h"

#define OID_PSS  "1.2.840.113549.1.1.10"
#define OID_MGF1 "1.2.840.113549.1.1.8"

enum parameters { PARAMETERS_NULL, PARAMETERS_ABSENT, PARAMETERS_PSS };

struct algorithm {
    const char *name;
    const char *oid;
    enum key_alg key;
    enum parameters parameters;
    const char *hash; /* OpenSSL's name, NULL for Ed25519 */
    const char *hash_oid;
    unsigned int salt; /* PSS: octets */
};

#define OID_SHA256 "2.16.840.1.101.3.4.2.1"
#define OID_SHA384 "2.16.840.1.101.3.4.2.2"
#define OID_SHA512 "2.16.840.1.101.3.4.2.3"

static const struct algorithm algorithms[] = {
    [SIG_RSA_SHA256] = {"rsa-sha256", "1.2.840.113549.1.1.11", KEY_RSA, PARAMETERS_NULL,
                        "SHA256", OID_SHA256, 0},
    [SIG_RSA_SHA384] = {"rsa-sha384", "1.2.840.113549.1.1.12", KEY_RSA, PARAMETERS_NULL,
                        "SHA384", OID_SHA384, 0},
    [SIG_RSA_SHA512] = {"rsa-sha512", "1.2.840.113549.1.1.13", KEY_RSA, PARAMETERS_NULL,
                        "SHA512", OID_SHA512, 0},
    [SIG_PSS_SHA256] = {"rsa-pss-sha256", OID_PSS, KEY_RSA, PARAMETERS_PSS, "SHA256",
                        OID_SHA256, 32},
    [SIG_PSS_SHA384] = {"rsa-pss-sha384", OID_PSS, KEY_RSA, PARAMETERS_PSS, "SHA384",
                        OID_SHA384, 48},
    [SIG_PSS_SHA512] = {"rsa-pss-sha512", OID_PSS, KEY_RSA, PARAMETERS_PSS, "SHA512",
                        OID_SHA512, 64},
    [SIG_ECDSA_SHA256] = {"ecdsa-sha256", "1.2.840.10045.4.3.2", KEY_EC,
                          PARAMETERS_ABSENT, "SHA256", OID_SHA256, 0},
    [SIG_ECDSA_SHA384] = {"ecdsa-sha384", "1.2.840.10045.4.3.3", KEY_EC,
                          PARAMETERS_ABSENT, "SHA384", OID_SHA384, 0},
    [SIG_ECDSA_SHA512] = {"ecdsa-sha512", "1.2.840.10045.4.3.4", KEY_EC,
                          PARAMETERS_ABSENT, "SHA512", OID_SHA512, 0},
    [SIG_ED25519] = {"ed25519", "1.3.101.112", KEY_ED25519, PARAMETERS_ABSENT, NULL, NULL,
                     0},
};
_Static_assert(sizeof(algorithms) / sizeof(algorithms[0]) == SIG_ALG_COUNT,
               "every algorithm has a row");

/* Known only to be refused by name. */
static const struct {
    const char *oid;
    const char *name;
} refused[] = {
    {"1.2.840.113549.1.1.2", "MD2 with RSA"},
    {"1.2.840.113549.1.1.4", "MD5 with RSA"},
    {"1.2.840.113549.1.1.5", "SHA-1 with RSA"},
    {"1.2.840.113549.1.1.14", "SHA-224 with RSA"},
    {"1.2.840.10045.4.1", "ECDSA with SHA-1"},
    {"1.2.840.10045.4.3.1", "ECDSA with SHA-224"},
    {"1.2.840.10040.4.3", "DSA with SHA-1"},
    {"1.3.101.113", "Ed448"},
};

const char *sig_name(enum sig_alg alg)
{
    return (unsigned int)alg < SIG_ALG_COUNT ? algorithms[alg].name : "unknown";
}

bool sig_fits(enum sig_alg alg, enum key_alg key)
{
    return algorithms[alg].key == key;
}

enum sig_alg sig_default(const struct key_info *key)
{
    if (key->alg == KEY_RSA) {
        return SIG_RSA_SHA256;
    }
    if (key->alg == KEY_ED25519) {
        return SIG_ED25519;
    }
    switch (key->curve) {
    case KEY_CURVE_P384:
        return SIG_ECDSA_SHA384;
    case KEY_CURVE_P521:
        return SIG_ECDSA_SHA512;
    case KEY_CURVE_NONE:
    case KEY_CURVE_P256:
    case KEY_CURVE_COUNT:
    default:
        return SIG_ECDSA_SHA256;
    }
}

static void write_oid(struct buf *out, const char *oid)
{
    (void)der_put_oid(out, oid); /* from our own tables: always one */
}

/* HashAlgorithm as RFC 4055 2.1 has it generated: with NULL. */
static void write_hash(const struct algorithm *alg, struct buf *out)
{
    size_t identifier = der_open(out, DER_SEQUENCE);

    write_oid(out, alg->hash_oid);
    der_put(out, DER_NULL, (struct bytes){NULL, 0});
    der_close(out, identifier);
}

/* RSASSA-PSS-params (RFC 4055 3.1); the trailer field has its default. */
static void write_pss(const struct algorithm *alg, struct buf *out)
{
    size_t params = der_open(out, DER_SEQUENCE);
    size_t hash = der_open(out, DER_EXPLICIT | 0);
    write_hash(alg, out);
    der_close(out, hash);

    size_t mask = der_open(out, DER_EXPLICIT | 1);
    size_t mgf1 = der_open(out, DER_SEQUENCE);
    write_oid(out, OID_MGF1);
    write_hash(alg, out);
    der_close(out, mgf1);
    der_close(out, mask);

    size_t salt = der_open(out, DER_EXPLICIT | 2);
    der_put_uint(out, alg->salt);
    der_close(out, salt);
    der_close(out, params);
}

void sig_write(enum sig_alg alg, struct buf *out)
{
    const struct algorithm *row = &algorithms[alg];
    size_t identifier = der_open(out, DER_SEQUENCE);

    write_oid(out, row->oid);
    switch (row->parameters) {
    case PARAMETERS_NULL:
        der_put(out, DER_NULL, (struct bytes){NULL, 0});
        break;
    case PARAMETERS_PSS:
        write_pss(row, out);
        break;
    case PARAMETERS_ABSENT:
    default:
        break;
    }
    der_close(out, identifier);
}

/* HashAlgorithm: without parameters or with NULL, RFC 4055 2.1 demands that both be read. */
static bool read_hash(struct bytes *in, char oid[DER_OID_TEXT_SIZE])
{
    struct bytes identifier;
    struct bytes null;

    return der_read(in, DER_SEQUENCE, &identifier) && der_read_oid(&identifier, oid) &&
           (identifier.len == 0 ||
            (der_read_only(identifier, DER_NULL, &null) && null.len == 0));
}

/* [1] MaskGenAlgorithm: MGF1 and its hash */
static bool read_mask(struct bytes in, char oid[DER_OID_TEXT_SIZE])
{
    struct bytes identifier;
    char generator[DER_OID_TEXT_SIZE];

    return der_read_only(in, DER_SEQUENCE, &identifier) &&
           der_read_oid(&identifier, generator) && strcmp(generator, OID_MGF1) == 0 &&
           read_hash(&identifier, oid) && identifier.len == 0;
}

/* RSASSA-PSS-params (RFC 4055 3.1); a field left out means SHA-1 or its salt. */
static bool read_pss(struct bytes parameters, enum sig_alg *out, struct error *err)
{
    struct bytes params;
    struct bytes hash;
    struct bytes mask;
    struct bytes salt;
    char hash_oid[DER_OID_TEXT_SIZE];
    char mask_oid[DER_OID_TEXT_SIZE];
    uint64_t salt_len = 0;

    if (!der_read_only(parameters, DER_SEQUENCE, &params) ||
        !der_read(&params, DER_EXPLICIT | 0, &hash) ||
        !der_read(&params, DER_EXPLICIT | 1, &mask) ||
        !der_read(&params, DER_EXPLICIT | 2, &salt) || params.len > 0 ||
        !read_hash(&hash, hash_oid) || hash.len > 0 || !read_mask(mask, mask_oid) ||
        !der_read_uint(&salt, UINT64_MAX, &salt_len) || salt.len > 0) {
        return error_set(
            err, ERROR_DENIED,
            "RSA-PSS: hash, MGF1 and salt length must be given, and no more");
    }
    for (unsigned int i = SIG_PSS_SHA256; i <= SIG_PSS_SHA512; i++) {
        if (strcmp(algorithms[i].hash_oid, hash_oid) == 0 &&
            strcmp(hash_oid, mask_oid) == 0 && salt_len == algorithms[i].salt) {
            *out = (enum sig_alg)i;
            return true;
        }
    }
    return error_set(err, ERROR_DENIED,
                     "RSA-PSS: one hash of SHA-256, SHA-384, SHA-512 must serve both, "
                     "with a salt of its length");
}

static bool refuse_oid(const char *oid, struct error *err)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (strcmp(refused[i].oid, oid) == 0) {
            return error_set(err, ERROR_DENIED, "signatures by %s are not accepted",
                             refused[i].name);
        }
    }
    return error_set(err, ERROR_DENIED, "signature algorithm %.64s is not accepted", oid);
}

static bool has_parameters(const struct algorithm *alg, struct bytes parameters)
{
    struct bytes null;

    if (alg->parameters == PARAMETERS_ABSENT) { /* RFC 5758 3.2, RFC 8410 3 */
        return parameters.len == 0;
    }
    /* RFC 4055 5; absence, which it lets pass on reading, is refused here */
    return der_read_only(parameters, DER_NULL, &null) && null.len == 0;
}

bool sig_read(struct bytes der, enum sig_alg *out, struct error *err)
{
    struct bytes rest;
    char oid[DER_OID_TEXT_SIZE];

    if (!der_read_only(der, DER_SEQUENCE, &rest) || !der_read_oid(&rest, oid)) {
        return error_set(err, ERROR_INVALID, "not a signature AlgorithmIdentifier");
    }
    if (strcmp(oid, OID_PSS) == 0) {
        return read_pss(rest, out, err);
    }
    for (unsigned int i = 0; i < SIG_ALG_COUNT; i++) {
        if (strcmp(algorithms[i].oid, oid) != 0) {
            continue;
        }
        if (!has_parameters(&algorithms[i], rest)) {
            return error_set(
                err, ERROR_INVALID, "%s: its parameters must be %s", algorithms[i].name,
                algorithms[i].parameters == PARAMETERS_NULL ? "NULL" : "absent");
        }
        *out = (enum sig_alg)i;
        return true;
    }
    return refuse_oid(oid, err);
}

const char *sig_ossl_hash(enum sig_alg alg)
{
    return algorithms[alg].hash;
}

bool sig_ossl_set_padding(enum sig_alg alg, EVP_PKEY_CTX *ctx)
{
    return algorithms[alg].parameters != PARAMETERS_PSS ||
           (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)algorithms[alg].salt) == 1);
}

static bool check_fit(const struct key *key, enum sig_alg alg, struct error *err)
{
    enum key_alg kind = key_get_info(key)->alg;

    return sig_fits(alg, kind) ||
           error_set(err, ERROR_INVALID,
                     "a signature by %s does not fit a key of kind %s", sig_name(alg),
                     key_alg_name(kind));
}

bool sig_sign(const struct key *key, enum sig_alg alg, struct bytes data, struct buf *out,
              struct error *err)
{
    AUTO(evp_md_ctx) ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL; /* belongs to ctx */
    EVP_PKEY *pkey = key_borrow_pkey(key);
    size_t len = 0;

    if (!key_has_private(key)) {
        return error_set(err, ERROR_INVALID, "there is no private key to sign with");
    }
    if (!check_fit(key, alg, err)) {
        return false;
    }
    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, &pctx, algorithms[alg].hash, NULL, NULL, pkey, NULL) !=
            1 ||
        !sig_ossl_set_padding(alg, pctx) ||
        EVP_DigestSign(ctx, NULL, &len, data.data, data.len) != 1) {
        return ossl_fail(err, "signing");
    }
    buf_reserve(out, len);
    if (EVP_DigestSign(ctx, out->data + out->len, &len, data.data, data.len) != 1) {
        return ossl_fail(err, "signing");
    }
    out->len += len;
    return true;
}

bool sig_verify(const struct key *key, enum sig_alg alg, struct bytes data,
                struct bytes signature, struct error *err)
{
    AUTO(evp_md_ctx) ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL; /* belongs to ctx */

    if (!check_fit(key, alg, err)) {
        return false;
    }
    ERR_clear_error();
    if (ctx == NULL ||
        EVP_DigestVerifyInit_ex(ctx, &pctx, algorithms[alg].hash, NULL, NULL,
                                key_borrow_pkey(key), NULL) != 1 ||
        !sig_ossl_set_padding(alg, pctx)) {
        return ossl_fail(err, "verifying a signature");
    }
    if (EVP_DigestVerify(ctx, signature.data, signature.len, data.data, data.len) == 1) {
        return true;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
        return ossl_fail(err, "verifying a signature");
    }
    ERR_clear_error();
    return error_set(err, ERROR_INVALID, "the signature is not by this key");
}
