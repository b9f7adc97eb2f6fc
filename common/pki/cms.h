/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cms: certs-only SignedData, the body of EST's answers (RFC 7030 4.1.3, 4.2.3; RFC 5652).
 */
#ifndef AE_COMMON_PKI_CMS_H
#define AE_COMMON_PKI_CMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

enum {
    CMS_CERTIFICATES_MAX = 32,
    CMS_DER_MAX = 256 * 1024 /* octets; larger messages are refused unread */
};

struct cms_certificates {
    struct bytes certificates[CMS_CERTIFICATES_MAX]; /* each a whole DER Certificate */
    size_t count;
};

/*
 * Append a message of these certificates, in the order of DER (the smallest octets first).
 * errors  ERROR_INVALID  none or more than CMS_CERTIFICATES_MAX; one is not a DER SEQUENCE;
 *                        one twice; more than CMS_DER_MAX octets
 */
AE_MUST_CHECK bool cms_encode_certificates(const struct bytes *certificates, size_t count,
                                           struct buf *out, struct error *err);

/*
 * The certificates of a message, as views into der, unread; in any order, because most
 * senders do not sort.
 *
 * der     1..CMS_DER_MAX octets; trailing ones are an error
 * errors  ERROR_INVALID  not DER, not certs-only (content, signers, digest algorithms or
 *                        CRLs), no certificate or more than CMS_CERTIFICATES_MAX, something
 *                        among them that is not X.509
 */
AE_MUST_CHECK bool cms_parse_certificates(struct bytes der, struct cms_certificates *out,
                                          struct error *err);

#endif
