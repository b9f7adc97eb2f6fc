/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_trust: does a certificate lead to one of ours, now, for this purpose?
 *
 * The whole verdict comes from OpenSSL with X509_V_FLAG_X509_STRICT at one given time;
 * revocation is not part of it: the ledger knows better and sooner than a CRL. Which of its
 * contexts OpenSSL uses makes no difference but in time (ossl_context.h).
 */
#ifndef AE_COMMON_PKI_CERT_TRUST_H
#define AE_COMMON_PKI_CERT_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/cert.h"

enum { CERT_TRUST_MAX = 64 }; /* anchors, and intermediates */

/* Immutable; threads may share it. */
struct cert_trust;

/*
 * Take CA certificates to judge by. Any anchor ends a chain, self-signed or not; an
 * intermediate only helps to reach one.
 *
 * anchors, intermediates  borrowed for the call; at least one anchor
 * out     on success owned by the caller: cert_trust_free()
 * errors  ERROR_INVALID   none or too many, or one that is no CA's
 *         ERROR_INTERNAL  OpenSSL cannot take one
 */
AE_MUST_CHECK bool cert_trust_new(const struct cert *const *anchors, size_t anchor_count,
                                  const struct cert *const *intermediates,
                                  size_t intermediate_count, struct cert_trust **out,
                                  struct error *err);
void cert_trust_free(struct cert_trust *trust); /* accepts NULL */
CLEANUP_DEFINE(cert_trust, struct cert_trust *, cert_trust_free);

enum cert_purpose {
    CERT_PURPOSE_CLIENT = 0,
    CERT_PURPOSE_SERVER,
    CERT_PURPOSE_CA, /* it signs certificates and CRLs */
    CERT_PURPOSE_ANY, /* no CA's, whatever else it is for: who asks looks at the chain alone */
    CERT_PURPOSE_COUNT
};

enum cert_class {
    CERT_TRUSTED = 0,
    CERT_UNTRUSTED,     /* leads to none of the anchors */
    CERT_NOT_YET_VALID, /* it, or a CA above it */
    CERT_EXPIRED,
    CERT_WRONG_PURPOSE, /* a CA's where none is asked for or none where one is, or its (extended)
                           key usage lacks the purpose */
    CERT_BROKEN,        /* a signature is wrong or weak, an extension is unknown, … */
    CERT_CLASS_COUNT
};
const char *cert_class_name(enum cert_class class); /* "trusted", …; never NULL */

struct cert_verdict {
    enum cert_class class;
    char sentence[256]; /* why, for a person; "" when trusted */
};

/*
 * Judge a certificate. One that is not a CA's must name the purpose in its extended key usage:
 * one that names none, or any, is refused, unless CERT_PURPOSE_ANY is asked for. A CA's must be
 * for signing certificates and CRLs.
 *
 * now_utc  the moment that counts for the whole chain; notAfter itself counts as expired, as
 *          OpenSSL has it
 * errors   ERROR_INTERNAL  OpenSSL failed before it could tell
 * source   RFC 5280 6.1; RFC 8446 4.4.2.4 (SHA-1 and keys below 112 bits are refused)
 */
AE_MUST_CHECK bool cert_trust_judge(const struct cert_trust *trust,
                                    const struct cert *cert, int64_t now_utc,
                                    enum cert_purpose purpose, struct cert_verdict *out,
                                    struct error *err);

#endif
