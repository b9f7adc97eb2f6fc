/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cms.h"

#include <stdlib.h>
#include <string.h>

#include "common/pki/der.h"

#define OID_DATA        "1.2.840.113549.1.7.1"
#define OID_SIGNED_DATA "1.2.840.113549.1.7.2"

enum { WRAPPING_MAX = 96 }; /* octets of a message besides its certificates */

static int by_der(const void *a, const void *b)
{
    const struct bytes *left = a;
    const struct bytes *right = b;

    return der_compare(*left, *right);
}

/* out_len: of all together */
static bool sort_certificates(const struct bytes *given, size_t count,
                              struct bytes *sorted, size_t *out_len, struct error *err)
{
    size_t total = 0;

    if (count == 0 || count > CMS_CERTIFICATES_MAX) {
        return error_set(err, ERROR_INVALID, "%zu certificates; 1 to %d are allowed",
                         count, CMS_CERTIFICATES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct bytes content;

        if (given[i].len > CMS_DER_MAX ||
            !der_read_only(given[i], DER_SEQUENCE, &content)) {
            return error_set(err, ERROR_INVALID, "certificate %zu is not DER", i + 1);
        }
        sorted[i] = given[i];
        total += given[i].len;
    }
    qsort(sorted, count, sizeof(*sorted), by_der);
    for (size_t i = 1; i < count; i++) {
        if (der_compare(sorted[i - 1], sorted[i]) == 0) {
            return error_set(err, ERROR_INVALID, "a certificate is there twice");
        }
    }
    *out_len = total;
    return total <= CMS_DER_MAX || error_set(err, ERROR_INVALID,
                                             "certificates of %zu octets; %d are "
                                             "allowed",
                                             total, CMS_DER_MAX);
}

/*
 * ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT ANY }
 * SignedData  ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo,
 *                            certificates [0] IMPLICIT SET OPTIONAL,
 *                            crls [1] IMPLICIT SET OPTIONAL, signerInfos SET }
 */
bool cms_encode_certificates(const struct bytes *certificates, size_t count,
                             struct buf *out, struct error *err)
{
    struct bytes sorted[CMS_CERTIFICATES_MAX] = {{NULL, 0}};
    const struct bytes nothing = {NULL, 0};
    size_t octets = 0;

    if (!sort_certificates(certificates, count, sorted, &octets, err)) {
        return false;
    }
    buf_reserve(out, octets + WRAPPING_MAX);
    size_t info = der_open(out, DER_SEQUENCE);
    (void)der_put_oid(out, OID_SIGNED_DATA);
    size_t content = der_open(out, DER_EXPLICIT | 0);
    size_t data = der_open(out, DER_SEQUENCE);
    der_put_uint(out, 1);
    der_put(out, DER_SET, nothing);
    size_t encapsulated = der_open(out, DER_SEQUENCE);
    (void)der_put_oid(out, OID_DATA);
    der_close(out, encapsulated);
    size_t set = der_open(out, DER_EXPLICIT | 0);
    for (size_t i = 0; i < count; i++) {
        der_put_raw(out, sorted[i]);
    }
    der_close(out, set);
    der_put(out, DER_SET, nothing);
    der_close(out, data);
    der_close(out, content);
    der_close(out, info);
    return true;
}

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_INVALID, "the PKCS #7 message %s", why);
}

static bool read_this_oid(struct bytes *in, const char *expected)
{
    char oid[DER_OID_TEXT_SIZE];

    return der_read_oid(in, oid) && strcmp(oid, expected) == 0;
}

/* The content of [0] EXPLICIT SignedData. */
static bool open_message(struct bytes der, struct bytes *fields)
{
    struct bytes info;
    struct bytes content;

    return der_read_only(der, DER_SEQUENCE, &info) &&
           read_this_oid(&info, OID_SIGNED_DATA) &&
           der_read_only(info, DER_EXPLICIT | 0, &content) &&
           der_read_only(content, DER_SEQUENCE, fields);
}

static bool read_header(struct bytes *fields, struct error *err)
{
    uint64_t version = 0;
    struct bytes algorithms;
    struct bytes encapsulated;

    if (!der_read_uint(fields, UINT64_MAX, &version) || version != 1) {
        return refuse(err, "has another version than 1");
    }
    if (!der_read(fields, DER_SET, &algorithms) || algorithms.len > 0) {
        return refuse(err, "names digest algorithms, so it is not certs-only");
    }
    if (!der_read(fields, DER_SEQUENCE, &encapsulated) ||
        !read_this_oid(&encapsulated, OID_DATA) || encapsulated.len > 0) {
        return refuse(err, "has content, so it is not certs-only");
    }
    return true;
}

static bool read_certificates(struct bytes set, struct cms_certificates *out,
                              struct error *err)
{
    struct der_item item;

    while (set.len > 0) {
        if (!der_next(&set, &item) || item.tag != DER_SEQUENCE) {
            return refuse(err, "holds something that is no X.509 certificate");
        }
        if (out->count == CMS_CERTIFICATES_MAX) {
            return refuse(err, "holds too many certificates");
        }
        out->certificates[out->count++] = item.whole;
    }
    return out->count > 0 || refuse(err, "holds no certificate");
}

bool cms_parse_certificates(struct bytes der, struct cms_certificates *out,
                            struct error *err)
{
    struct cms_certificates found = {.count = 0};
    struct bytes fields;
    struct bytes set;
    struct bytes signers;

    if (der.len > CMS_DER_MAX || !open_message(der, &fields)) {
        return refuse(err, "is not the DER of one SignedData, or it is too large");
    }
    if (!read_header(&fields, err)) {
        return false;
    }
    if (!der_read(&fields, DER_EXPLICIT | 0, &set)) {
        return refuse(err, "holds no certificate");
    }
    if (der_has_tag(fields, DER_EXPLICIT | 1)) {
        return refuse(err, "holds CRLs, which nobody asked for");
    }
    if (!der_read_only(fields, DER_SET, &signers) || signers.len > 0) {
        return refuse(err, "has signers, so it is not certs-only");
    }
    if (!read_certificates(set, &found, err)) {
        return false;
    }
    *out = found;
    return true;
}
