/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_build: a certificate from typed fields, signed by somebody else.
 *
 * The subject's key is copied as it is: decoding and encoding it again costs more than the
 * signature. What may stand in a certificate is decided by the caller; here only what RFC 5280
 * says of any certificate holds.
 */
#ifndef AE_COMMON_PKI_CERT_BUILD_H
#define AE_COMMON_PKI_CERT_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/ext.h"
#include "common/pki/name.h"
#include "common/pki/sig.h"

struct cert_fields {
    struct bytes serial;           /* big-endian, positive, 1..CERT_SERIAL_MAX octets */
    enum sig_alg sig_alg;          /* that the issuer's key will sign with */
    struct bytes issuer;           /* DER Name: the issuer's subject, octet by octet */
    const struct name_dn *subject; /* may be empty: then a critical SAN must be there */
    int64_t not_before_utc;
    int64_t not_after_utc;
    struct bytes spki; /* DER SubjectPublicKeyInfo, 1..KEY_SPKI_MAX octets */
    const struct ext_list *extensions; /* at least one */
};

/*
 * Append the DER TBSCertificate, version 3.
 * errors  ERROR_INVALID  a field is not as said; an empty issuer; no subject and no critical
 *                        SAN; an end before the beginning or beyond year 9999; more than
 *                        CERT_DER_MAX octets; out is as before
 * source  RFC 5280 4.1.2, 4.2.1.6
 */
AE_MUST_CHECK bool cert_build_tbs(const struct cert_fields *fields, struct buf *out,
                                  struct error *err);

/*
 * Append the DER Certificate. That the signature is right is for the caller to check
 * (cert_check_signature()).
 * errors  ERROR_INVALID  tbs is none, or names another algorithm than alg; an empty signature;
 *                        more than CERT_DER_MAX octets; out is as before
 */
AE_MUST_CHECK bool cert_assemble(struct bytes tbs, enum sig_alg alg,
                                 struct bytes signature, struct buf *out,
                                 struct error *err);

#endif
