/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/canon.h"
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/pki/ext_read.h"
#include "common/pki/sig.h"

enum { VERSION_3 = 2 };
_Static_assert((int)CERT_SHA256_SIZE == (int)DIGEST_SHA256_SIZE, "one size of SHA-256");

struct cert {
    unsigned char *octets; /* the DER, owned; all views point into it */
    struct bytes der;
    struct bytes tbs;
    struct bytes serial;
    struct bytes issuer;
    struct bytes subject;
    struct bytes spki;
    struct bytes sig_alg;
    struct bytes signature;
    int64_t not_before_utc;
    int64_t not_after_utc;
    struct ext_list extensions;
    bool ca;
    unsigned char sha256[CERT_SHA256_SIZE];
    unsigned char spki_sha256[CERT_SHA256_SIZE];
};

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_INVALID, "the certificate %s", why);
}

/* A whole element of this tag. */
static bool read_whole(struct bytes *in, unsigned char tag, struct bytes *whole)
{
    struct der_item item;

    if (!der_has_tag(*in, tag) || !der_next(in, &item)) {
        return false;
    }
    *whole = item.whole;
    return true;
}

/* BIT STRING of whole octets; out gets them without the count of unused bits. */
static bool read_octet_bits(struct bytes in, struct bytes *out)
{
    struct bytes bits;

    if (!der_read_only(in, DER_BIT_STRING, &bits) || bits.len < 2 || bits.data[0] != 0) {
        return false;
    }
    *out = (struct bytes){bits.data + 1, bits.len - 1};
    return true;
}

/* version [0] EXPLICIT INTEGER, serialNumber INTEGER */
static bool read_version_and_serial(struct bytes *tbs, struct cert *cert,
                                    struct error *err)
{
    struct bytes wrapped;
    struct bytes serial;
    uint64_t version = 0;

    if (!der_read(tbs, DER_EXPLICIT | 0, &wrapped) ||
        !der_read_uint(&wrapped, UINT64_MAX, &version) || wrapped.len > 0 ||
        version != VERSION_3) {
        return refuse(err, "has another version than 3");
    }
    if (!der_read(tbs, DER_INTEGER, &serial) || serial.len == 0 ||
        serial.len > CERT_SERIAL_MAX || (serial.data[0] & 0x80) != 0) {
        return refuse(err, "has a serial number that is negative or too long");
    }
    if (serial.data[0] == 0) { /* the sign, or the number zero */
        serial.data++;
        serial.len--;
    }
    cert->serial = serial;
    return serial.len > 0 || refuse(err, "has the serial number zero");
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time } */
static bool read_validity(struct bytes *tbs, struct cert *cert, struct error *err)
{
    struct bytes times;

    if (!der_read(tbs, DER_SEQUENCE, &times) ||
        !der_read_time(&times, &cert->not_before_utc) ||
        !der_read_time(&times, &cert->not_after_utc) || times.len > 0) {
        return refuse(err, "has times that are not as RFC 5280 wants them");
    }
    return cert->not_before_utc <= cert->not_after_utc ||
           refuse(err, "ends before it begins");
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm SEQUENCE, subjectPublicKey BIT STRING } */
static bool read_spki(struct bytes *tbs, struct cert *cert)
{
    struct bytes rest;
    struct bytes algorithm;
    struct bytes bits;

    return read_whole(tbs, DER_SEQUENCE, &cert->spki) &&
           der_read_only(cert->spki, DER_SEQUENCE, &rest) &&
           der_read(&rest, DER_SEQUENCE, &algorithm) && read_octet_bits(rest, &bits);
}

/* extensions [3] EXPLICIT, or nothing */
static bool read_extensions(struct bytes tbs, struct cert *cert, struct error *err)
{
    struct ext_constraints constraints = {.ca = false};
    struct bytes wrapped;

    if (tbs.len == 0) {
        return true;
    }
    if (!der_read_only(tbs, DER_EXPLICIT | 3, &wrapped)) {
        return refuse(err, "has unique identifiers or unknown fields");
    }
    if (!ext_list_parse(wrapped, &cert->extensions, err)) {
        return false;
    }
    const struct ext *ext = ext_list_find(&cert->extensions, EXT_OID_BASIC_CONSTRAINTS);
    if (ext != NULL && !ext_read_basic_constraints(ext->der, &constraints, err)) {
        return error_wrap(err, "basicConstraints");
    }
    cert->ca = constraints.ca;
    return true;
}

static bool read_tbs(struct bytes tbs, struct cert *cert, struct error *err)
{
    struct bytes inner;

    if (!read_version_and_serial(&tbs, cert, err)) {
        return false;
    }
    if (!read_whole(&tbs, DER_SEQUENCE, &inner) || !bytes_equal(inner, cert->sig_alg)) {
        return refuse(err, "names two different signature algorithms"); /* 4.1.1.2 */
    }
    if (!read_whole(&tbs, DER_SEQUENCE, &cert->issuer)) {
        return refuse(err, "has no issuer");
    }
    if (!read_validity(&tbs, cert, err)) {
        return false;
    }
    if (!read_whole(&tbs, DER_SEQUENCE, &cert->subject)) {
        return refuse(err, "has no subject");
    }
    if (!read_spki(&tbs, cert)) {
        return refuse(err, "has no public key");
    }
    return read_extensions(tbs, cert, err);
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } */
static bool read_certificate(struct cert *cert, struct error *err)
{
    struct bytes fields;
    struct bytes tbs;

    if (!canon_check(cert->der, err)) {
        return error_wrap(err, "the certificate is not DER");
    }
    if (!der_read_only(cert->der, DER_SEQUENCE, &fields) ||
        !read_whole(&fields, DER_SEQUENCE, &cert->tbs) ||
        !der_read_only(cert->tbs, DER_SEQUENCE, &tbs) ||
        !read_whole(&fields, DER_SEQUENCE, &cert->sig_alg) ||
        !read_octet_bits(fields, &cert->signature)) {
        return refuse(err, "is not one X.509 certificate");
    }
    return read_tbs(tbs, cert, err);
}

bool cert_parse(struct bytes der, struct cert **out, struct error *err)
{
    if (der.len == 0 || der.len > CERT_DER_MAX) {
        return error_set(err, ERROR_INVALID,
                         "a certificate of %zu octets; 1 to %d are allowed", der.len,
                         CERT_DER_MAX);
    }
    AUTO(cert) cert = mem_new(sizeof(*cert));
    cert->octets = mem_dup(der.data, der.len);
    cert->der = (struct bytes){cert->octets, der.len};
    if (!read_certificate(cert, err)) {
        return false;
    }
    digest_sha256(cert->der.data, cert->der.len, cert->sha256);
    digest_sha256(cert->spki.data, cert->spki.len, cert->spki_sha256);
    *out = TAKE(cert);
    return true;
}

void cert_free(struct cert *cert)
{
    if (cert != NULL) {
        ext_list_clear(&cert->extensions);
        free(cert->octets);
        free(cert);
    }
}

struct bytes cert_get_der(const struct cert *cert)
{
    return cert->der;
}

struct bytes cert_get_tbs(const struct cert *cert)
{
    return cert->tbs;
}

struct bytes cert_get_serial(const struct cert *cert)
{
    return cert->serial;
}

struct bytes cert_get_issuer(const struct cert *cert)
{
    return cert->issuer;
}

struct bytes cert_get_subject(const struct cert *cert)
{
    return cert->subject;
}

struct bytes cert_get_spki(const struct cert *cert)
{
    return cert->spki;
}

struct bytes cert_get_sig_alg(const struct cert *cert)
{
    return cert->sig_alg;
}

struct bytes cert_get_signature(const struct cert *cert)
{
    return cert->signature;
}

int64_t cert_get_not_before_utc(const struct cert *cert)
{
    return cert->not_before_utc;
}

int64_t cert_get_not_after_utc(const struct cert *cert)
{
    return cert->not_after_utc;
}

const unsigned char *cert_get_sha256(const struct cert *cert)
{
    return cert->sha256;
}

const unsigned char *cert_get_spki_sha256(const struct cert *cert)
{
    return cert->spki_sha256;
}

const struct ext_list *cert_get_extensions(const struct cert *cert)
{
    return &cert->extensions;
}

bool cert_is_ca(const struct cert *cert)
{
    return cert->ca;
}

bool cert_has_spki(const struct cert *cert, struct bytes spki)
{
    return bytes_equal(cert->spki, spki);
}

bool cert_read_subject(const struct cert *cert, struct name_store *store,
                       struct name_dn *out, struct error *err)
{
    return name_parse_dn(cert->subject, store, out, err) || error_wrap(err, "subject");
}

bool cert_read_issuer(const struct cert *cert, struct name_store *store,
                      struct name_dn *out, struct error *err)
{
    return name_parse_dn(cert->issuer, store, out, err) || error_wrap(err, "issuer");
}

bool cert_read_sans(const struct cert *cert, struct name_store *store,
                    struct general_names *out, struct error *err)
{
    const struct ext *ext = ext_list_find(&cert->extensions, EXT_OID_SAN);

    if (ext == NULL) {
        *out = (struct general_names){NULL, 0};
        return true;
    }
    return name_parse_generals(ext->der, store, out, err) ||
           error_wrap(err, "subjectAltName");
}

bool cert_read_usage(const struct cert *cert, struct name_store *store,
                     struct cert_usage *out, struct error *err)
{
    const struct ext *key = ext_list_find(&cert->extensions, EXT_OID_KEY_USAGE);
    const struct ext *purposes =
        ext_list_find(&cert->extensions, EXT_OID_EXTENDED_KEY_USAGE);
    struct cert_usage usage = {.has_key_usage = key != NULL,
                               .has_purposes = purposes != NULL};

    if (key != NULL && !ext_read_key_usage(key->der, &usage.key_usage, err)) {
        return error_wrap(err, "key usage");
    }
    if (purposes != NULL &&
        !ext_read_extended_key_usage(purposes->der, store, &usage.purposes, err)) {
        return error_wrap(err, "extended key usage");
    }
    *out = usage;
    return true;
}

bool cert_check_signature(const struct cert *cert, const struct key *issuer,
                          struct error *err)
{
    enum sig_alg alg = SIG_ALG_COUNT;

    return sig_read(cert->sig_alg, &alg, err) &&
           sig_verify(issuer, alg, cert->tbs, cert->signature, err);
}
