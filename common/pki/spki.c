/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/spki.h"

#include <string.h>

#include "common/pki/canon.h"
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/pki/weak.h"

enum { RSA_EXPONENT_GOOD = 65537, ED25519_POINT_SIZE = 32 };

/* SubjectPublicKeyInfo, taken apart. */
struct parts {
    char algorithm[DER_OID_TEXT_SIZE];
    struct bytes parameters; /* whole; len 0 when absent */
    struct bytes bits;       /* whole octets */
};

struct curve {
    const char *oid;
    enum key_curve curve;
    unsigned int bits;
};

struct refused {
    const char *oid;
    const char *name;
};

/* RFC 5480 2.1.1.1 */
static const struct curve curves[] = {
    {"1.2.840.10045.3.1.7", KEY_CURVE_P256, 256},
    {"1.3.132.0.34", KEY_CURVE_P384, 384},
    {"1.3.132.0.35", KEY_CURVE_P521, 521},
    {NULL, KEY_CURVE_NONE, 0},
};

static const struct refused refused_curves[] = {
    {"1.2.840.10045.3.1.1", "P-192"},
    {"1.3.132.0.33", "P-224"},
    {"1.3.132.0.10", "secp256k1"},
    {"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"},
    {"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"},
    {"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"},
    {"1.2.156.10197.1.301", "SM2"},
    {NULL, NULL},
};

static const struct refused refused_algorithms[] = {
    {"1.2.840.113549.1.1.10", "RSA restricted to PSS"},
    {"1.2.840.113549.1.1.7", "RSA restricted to OAEP"},
    {"1.2.840.10040.4.1", "DSA"},
    {"1.2.840.113549.1.3.1", "Diffie-Hellman"},
    {"1.2.840.10046.2.1", "Diffie-Hellman"},
    {"1.3.101.110", "X25519"},
    {"1.3.101.111", "X448"},
    {"1.3.101.113", "Ed448"},
    {NULL, NULL},
};

/* The name of an OID, or the OID itself. */
static const char *name_of(const struct refused *table, const char *oid)
{
    for (; table->oid != NULL; table++) {
        if (strcmp(table->oid, oid) == 0) {
            return table->name;
        }
    }
    return oid;
}

/* AlgorithmIdentifier and BIT STRING (RFC 5280 4.1.2.7). */
static bool take_apart(struct bytes der, struct parts *out)
{
    struct bytes outer;
    struct bytes identifier;
    struct bytes content;
    struct der_item parameters = {0};

    if (!der_read_only(der, DER_SEQUENCE, &outer) ||
        !der_read(&outer, DER_SEQUENCE, &identifier) ||
        !der_read_oid(&identifier, out->algorithm)) {
        return false;
    }
    if (identifier.len > 0 &&
        (!der_next(&identifier, &parameters) || identifier.len > 0)) {
        return false;
    }
    if (!der_read_only(outer, DER_BIT_STRING, &content) || content.data[0] != 0) {
        return false;
    }
    out->parameters = parameters.whole;
    out->bits = (struct bytes){content.data + 1, content.len - 1};
    return true;
}

/* A positive INTEGER without its sign octet; canon_check() has seen to its form. */
static bool read_magnitude(struct bytes *in, struct bytes *out)
{
    struct bytes content;

    if (!der_read(in, DER_INTEGER, &content) || content.data[0] >= 0x80) {
        return false;
    }
    if (content.data[0] == 0) {
        content = (struct bytes){content.data + 1, content.len - 1};
    }
    *out = content;
    return content.len > 0;
}

static unsigned int count_bits(struct bytes magnitude)
{
    unsigned int bits = (unsigned int)magnitude.len * 8;

    for (unsigned int top = magnitude.data[0]; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

/* Bounds first: a verification with a long exponent costs ninety times a usual one. */
static bool judge_exponent(struct bytes magnitude, struct key_info *info,
                           struct error *err)
{
    uint64_t e = 0;

    if (magnitude.len > sizeof(e)) {
        return error_set(err, ERROR_DENIED,
                         "an RSA exponent of %u bits: at most 64 are accepted",
                         count_bits(magnitude));
    }
    for (size_t i = 0; i < magnitude.len; i++) {
        e = e << 8 | magnitude.data[i];
    }
    if (e < 3 || e % 2 == 0) {
        return error_set(err, ERROR_DENIED,
                         "an RSA exponent of %llu: it must be odd and at least 3",
                         (unsigned long long)e);
    }
    info->e = e;
    if (e < RSA_EXPONENT_GOOD) {
        info->weak |= 1U << KEY_WEAK_SMALL_EXPONENT;
    }
    return true;
}

/* RSAPublicKey (RFC 8017 A.1.1); the identifier's parameters are NULL (RFC 3279 2.3.1). */
static bool read_rsa(const struct parts *parts, struct spki *out, struct error *err)
{
    struct bytes numbers;
    struct bytes e;
    struct bytes parameters = parts->parameters;
    struct bytes null;

    if (!der_read_only(parameters, DER_NULL, &null)) {
        return error_set(err, ERROR_INVALID, "RSA key: its parameters are not NULL");
    }
    if (!canon_check(parts->bits, err)) {
        return error_wrap(err, "RSA key");
    }
    if (!der_read_only(parts->bits, DER_SEQUENCE, &numbers) ||
        !read_magnitude(&numbers, &out->modulus) || !read_magnitude(&numbers, &e) ||
        numbers.len > 0) {
        return error_set(err, ERROR_INVALID, "RSA key: not two positive integers");
    }
    out->info.bits = count_bits(out->modulus);
    if (out->info.bits < KEY_RSA_BITS_MIN || out->info.bits > KEY_RSA_BITS_MAX) {
        return error_set(err, ERROR_DENIED,
                         "an RSA key of %u bits: %d to %d are accepted", out->info.bits,
                         KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX);
    }
    out->info.alg = KEY_RSA;
    return judge_exponent(e, &out->info, err) &&
           weak_check_modulus(out->modulus, &out->info.weak, err);
}

/* NULL, and an error, if there is none. */
static const struct curve *find_curve(struct bytes parameters, struct error *err)
{
    char oid[DER_OID_TEXT_SIZE];

    if (der_has_tag(parameters, DER_SEQUENCE)) { /* RFC 5480 2.1.1: MUST NOT be used */
        error_set(err, ERROR_DENIED,
                  "an EC key with explicit parameters: only named curves are accepted");
        return NULL;
    }
    if (!der_read_oid(&parameters, oid)) {
        error_set(err, ERROR_INVALID, "EC key: it names no curve");
        return NULL;
    }
    for (const struct curve *curve = curves; curve->oid != NULL; curve++) {
        if (strcmp(curve->oid, oid) == 0) {
            return curve;
        }
    }
    error_set(err, ERROR_DENIED,
              "an EC key on curve %.64s: P-256, P-384 and P-521 are accepted",
              name_of(refused_curves, oid));
    return NULL;
}

/* SEC 1 2.3.3; RFC 5480 2.2 leaves compressed points to the implementation: not ours. */
static bool read_ec(const struct parts *parts, struct spki *out, struct error *err)
{
    const struct curve *curve = find_curve(parts->parameters, err);
    struct bytes point = parts->bits;

    if (curve == NULL) {
        return false;
    }
    size_t field = (curve->bits + 7) / 8;
    if (point.len == 1 && point.data[0] == 0x00) {
        return error_set(err, ERROR_DENIED, "an EC key that is the point at infinity");
    }
    if (point.len == 1 + field && (point.data[0] == 0x02 || point.data[0] == 0x03)) {
        return error_set(err, ERROR_DENIED,
                         "an EC key in compressed form: only uncompressed points are "
                         "accepted");
    }
    if (point.len != 1 + 2 * field || point.data[0] != 0x04) {
        return error_set(err, ERROR_INVALID, "EC key: not a point of %s",
                         key_curve_name(curve->curve));
    }
    out->info.alg = KEY_EC;
    out->info.curve = curve->curve;
    out->info.bits = curve->bits;
    out->point = point;
    return true;
}

/* RFC 8410 3: the parameters MUST be absent. */
static bool read_ed25519(const struct parts *parts, struct spki *out, struct error *err)
{
    if (parts->parameters.len > 0 || parts->bits.len != ED25519_POINT_SIZE) {
        return error_set(err, ERROR_INVALID,
                         "Ed25519 key: not %d octets without parameters",
                         ED25519_POINT_SIZE);
    }
    out->info.alg = KEY_ED25519;
    out->info.bits = 255;
    out->point = parts->bits;
    if (weak_is_small_order(parts->bits)) {
        out->info.weak |= 1U << KEY_WEAK_SMALL_ORDER;
    }
    return true;
}

static bool read_by_algorithm(const struct parts *parts, struct spki *out,
                              struct error *err)
{
    if (strcmp(parts->algorithm, "1.2.840.113549.1.1.1") == 0) {
        return read_rsa(parts, out, err);
    }
    if (strcmp(parts->algorithm, "1.2.840.10045.2.1") == 0) {
        return read_ec(parts, out, err);
    }
    if (strcmp(parts->algorithm, "1.3.101.112") == 0) {
        return read_ed25519(parts, out, err);
    }
    return error_set(err, ERROR_DENIED,
                     "a key of algorithm %.64s: RSA, EC and Ed25519 are accepted",
                     name_of(refused_algorithms, parts->algorithm));
}

bool spki_read(struct bytes der, struct spki *out, struct error *err)
{
    struct parts parts = {0};
    struct spki spki = {0};

    if (der.len == 0 || der.len > KEY_SPKI_MAX) {
        return error_set(err, der.len == 0 ? ERROR_INVALID : ERROR_DENIED,
                         "a public key of %zu octets: 1 to %d are accepted", der.len,
                         KEY_SPKI_MAX);
    }
    if (!canon_check(der, err)) {
        return error_wrap(err, "public key");
    }
    if (!take_apart(der, &parts)) {
        return error_set(err, ERROR_INVALID, "not a SubjectPublicKeyInfo");
    }
    if (!read_by_algorithm(&parts, &spki, err)) {
        return false;
    }
    digest_sha256(der.data, der.len, spki.info.spki_sha256);
    *out = spki;
    return true;
}
