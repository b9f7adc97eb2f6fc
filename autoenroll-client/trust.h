/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust: the CAs that certificates must lead to: the pinned ones, and what stands between.
 *
 * Only the administrator's file makes anchors. What a server sends helps to reach them, and can
 * never become one.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRUST_H
#define AE_AUTOENROLL_CLIENT_TRUST_H

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/cert.h"

enum { TRUST_CHAIN_MAX = 8 };

struct trust;
void trust_free(struct trust *trust); /* accepts NULL */
CLEANUP_DEFINE(trust, struct trust *, trust_free);

/*
 * path    PEM file of CA certificates; nobody else may be able to write it
 * out     on success owned by the caller
 * errors  ERROR_INVALID  no certificate, or one that is no CA's
 *         and those of file_read()
 */
AE_MUST_CHECK bool trust_load(const char *path, struct trust **out, struct error *err);

/* The anchors' PEM, borrowed. */
struct bytes trust_anchors(const struct trust *trust);

/*
 * Take CA certificates that a server sent; what leads nowhere is passed over.
 * errors  ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool trust_add(struct trust *trust, const struct bytes *certificates,
                             size_t count, struct error *err);

/*
 * errors  ERROR_DENIED    it does not lead to an anchor, or not now
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool trust_check(const struct trust *trust, const struct cert *certificate,
                               int64_t now_utc, struct error *err);

/* The certificates between it and its anchor, issuer first, as views into the trust. */
size_t trust_chain(const struct trust *trust, const struct cert *certificate,
                   struct bytes out[TRUST_CHAIN_MAX]);

#endif
