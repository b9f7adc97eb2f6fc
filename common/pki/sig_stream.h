/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_stream: a signature of data that is never whole in memory, such as a large CRL.
 *
 * The same data goes past the public key on the way, so that the signature is known to verify
 * before anybody gets it.
 */
#ifndef AE_COMMON_PKI_SIG_STREAM_H
#define AE_COMMON_PKI_SIG_STREAM_H

#include "common/base/cleanup.h"
#include "common/pki/sig.h"

struct sig_stream;

/*
 * key         with its private part; key and verify_with outlive the stream
 * verify_with the public key that others will verify with
 * out         on success owned by the caller: sig_stream_free()
 * errors      ERROR_INVALID   no private key, an algorithm that does not fit, or Ed25519,
 *                             which signs only what is whole (RFC 8032 5.1)
 *             ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool sig_stream_new(const struct key *key, const struct key *verify_with,
                                  enum sig_alg alg, struct sig_stream **out,
                                  struct error *err);
void sig_stream_free(struct sig_stream *stream); /* accepts NULL */
CLEANUP_DEFINE(sig_stream, struct sig_stream *, sig_stream_free);

/*
 * errors  ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool sig_stream_update(struct sig_stream *stream, struct bytes data,
                                     struct error *err);

/*
 * Append the signature; the stream may only be freed then.
 * errors  ERROR_INTERNAL  OpenSSL failed, or the signature does not verify
 */
AE_MUST_CHECK bool sig_stream_finish(struct sig_stream *stream, struct buf *out,
                                     struct error *err);

#endif
