/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_ca: certificates of CAs, from typed fields (RFC 5280 4.2).
 *
 * Only what makes CAs includes this; no road to an end entity's certificate does (I4).
 */
#ifndef AE_COMMON_PKI_CERT_CA_H
#define AE_COMMON_PKI_CERT_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/pki/cert.h"
#include "common/pki/sig.h"

struct cert_ca_fields {
    struct bytes serial;           /* as cert_fields has it */
    const struct name_dn *subject; /* not empty */
    struct bytes spki;             /* the CA's key */
    const struct cert *issuer;     /* the CA above it; NULL: it is a root */
    enum sig_alg sig_alg;          /* of the issuer's key, or its own */
    int64_t not_before_utc;
    int64_t not_after_utc;
    uint32_t path_length; /* how many CAs may follow below */
};

/*
 * Append the TBSCertificate: basicConstraints and key usage critical, SKI, and AKI below another.
 * errors  ERROR_INVALID  as cert_build_tbs(); no subject; an issuer without
 *                        subjectKeyIdentifier, of the same name, or that ends earlier
 */
AE_MUST_CHECK bool cert_ca_build_tbs(const struct cert_ca_fields *fields, struct buf *out,
                                     struct error *err);

#endif
