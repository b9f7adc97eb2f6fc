/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert_build.h"

#include "common/pki/canon.h"
#include "common/pki/cert.h"
#include "common/pki/der.h"

enum { VERSION_3 = 2 };

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_INVALID, "cannot build the certificate: %s", why);
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets, the sign included. */
static bool is_serial(struct bytes serial)
{
    while (serial.len > 0 && serial.data[0] == 0) {
        serial.data++;
        serial.len--;
    }
    return serial.len > 0 &&
           serial.len + ((serial.data[0] & 0x80) != 0 ? 1 : 0) <= CERT_SERIAL_MAX;
}

static bool is_issuer(struct bytes issuer)
{
    struct error why = {0};
    struct bytes rdns;

    return issuer.len <= NAME_DN_DER_MAX && canon_check(issuer, &why) &&
           der_read_only(issuer, DER_SEQUENCE, &rdns) && rdns.len > 0;
}

static bool is_spki(struct bytes spki)
{
    struct error why = {0};
    struct bytes parts;
    struct bytes algorithm;
    struct bytes bits;

    return spki.len <= KEY_SPKI_MAX && canon_check(spki, &why) &&
           der_read_only(spki, DER_SEQUENCE, &parts) &&
           der_read(&parts, DER_SEQUENCE, &algorithm) &&
           der_read_only(parts, DER_BIT_STRING, &bits) && bits.len > 1;
}

/* RFC 5280 4.1.2.6, 4.2.1.6: a subject, or critical alternative names. */
static bool has_a_name(const struct cert_fields *fields)
{
    const struct ext *san = ext_list_find(fields->extensions, EXT_OID_SAN);

    return fields->subject->count > 0 || (san != NULL && san->critical);
}

static bool check_fields(const struct cert_fields *fields, struct error *err)
{
    if (!is_serial(fields->serial)) {
        return refuse(err, "the serial number is zero or too long");
    }
    if ((unsigned)fields->sig_alg >= SIG_ALG_COUNT) {
        return refuse(err, "no such signature algorithm");
    }
    if (!is_issuer(fields->issuer)) {
        return refuse(err, "the issuer is not the DER of a name, or empty");
    }
    if (!is_spki(fields->spki)) {
        return refuse(err, "the public key is not a SubjectPublicKeyInfo");
    }
    if (fields->not_before_utc > fields->not_after_utc) {
        return refuse(err, "it would end before it begins");
    }
    return has_a_name(fields) ||
           refuse(err, "it has no subject and no critical subjectAltName");
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time } */
static bool put_validity(const struct cert_fields *fields, struct buf *out)
{
    size_t mark = der_open(out, DER_SEQUENCE);

    if (!der_put_time(out, fields->not_before_utc) ||
        !der_put_time(out, fields->not_after_utc)) {
        return false;
    }
    der_close(out, mark);
    return true;
}

bool cert_build_tbs(const struct cert_fields *fields, struct buf *out, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!check_fields(fields, err)) {
        return false;
    }
    size_t tbs = der_open(&der, DER_SEQUENCE);
    size_t version = der_open(&der, DER_EXPLICIT | 0);
    der_put_uint(&der, VERSION_3);
    der_close(&der, version);
    der_put_unsigned(&der, fields->serial);
    sig_write(fields->sig_alg, &der);
    der_put_raw(&der, fields->issuer);
    if (!put_validity(fields, &der)) {
        return refuse(err, "a time is outside of the years 1950 to 9999");
    }
    if (!name_encode_dn(fields->subject, &der, err)) {
        return error_wrap(err, "subject");
    }
    der_put_raw(&der, fields->spki);
    size_t extensions = der_open(&der, DER_EXPLICIT | 3);
    if (!ext_list_encode(fields->extensions, &der, err)) {
        return false;
    }
    der_close(&der, extensions);
    der_close(&der, tbs);
    if (der.len > CERT_DER_MAX) {
        return refuse(err, "it is too large");
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}

/* The AlgorithmIdentifier inside a TBSCertificate. */
static bool read_inner_algorithm(struct bytes tbs, struct bytes *algorithm)
{
    struct der_item item;
    struct bytes fields;
    struct bytes skipped;

    if (!der_read_only(tbs, DER_SEQUENCE, &fields) ||
        !der_read(&fields, DER_EXPLICIT | 0, &skipped) ||
        !der_read(&fields, DER_INTEGER, &skipped) || !der_next(&fields, &item)) {
        return false;
    }
    *algorithm = item.whole;
    return true;
}

bool cert_assemble(struct bytes tbs, enum sig_alg alg, struct bytes signature,
                   struct buf *out, struct error *err)
{
    AUTO(buf) algorithm = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct bytes inner;

    if ((unsigned)alg >= SIG_ALG_COUNT || signature.len == 0 ||
        signature.len > CERT_DER_MAX || tbs.len > CERT_DER_MAX) {
        return refuse(err, "no such algorithm, no signature, or too large");
    }
    sig_write(alg, &algorithm);
    if (!read_inner_algorithm(tbs, &inner) ||
        !bytes_equal(inner, buf_bytes(&algorithm))) { /* RFC 5280 4.1.1.2 */
        return refuse(err, "what was signed names another algorithm");
    }
    size_t certificate = der_open(&der, DER_SEQUENCE);
    der_put_raw(&der, tbs);
    der_put_raw(&der, buf_bytes(&algorithm));
    size_t bits = der_open(&der, DER_BIT_STRING);
    buf_append_byte(&der, 0); /* no unused bits */
    der_put_raw(&der, signature);
    der_close(&der, bits);
    der_close(&der, certificate);
    if (der.len > CERT_DER_MAX) {
        return refuse(err, "it is too large");
    }
    der_put_raw(out, buf_bytes(&der));
    return true;
}
