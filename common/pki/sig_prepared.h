/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_prepared: a key and an algorithm made ready for many signatures, of one kind, by one thread.
 *
 * What sig_sign() and sig_verify() have OpenSSL look up each time is looked up once; each signature
 * is made, or checked, as wholly as by those.
 */
#ifndef AE_COMMON_PKI_SIG_PREPARED_H
#define AE_COMMON_PKI_SIG_PREPARED_H

#include "common/base/cleanup.h"
#include "common/pki/sig.h"

struct sig_prepared;

enum sig_use { SIG_USE_SIGN = 0, SIG_USE_VERIFY };

/*
 * key     outlives it; with its private part to sign
 * out     on success owned by the caller: sig_prepared_free()
 * errors  ERROR_INVALID   no private key to sign with, or the algorithm does not fit the key
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool sig_prepare(const struct key *key, enum sig_alg alg, enum sig_use use,
                               struct sig_prepared **out, struct error *err);
void sig_prepared_free(struct sig_prepared *prepared); /* accepts NULL */
CLEANUP_DEFINE(sig_prepared, struct sig_prepared *, sig_prepared_free);

/*
 * Append the signature of data; made for SIG_USE_SIGN.
 * errors  ERROR_INTERNAL  OpenSSL failed; out is as before
 */
AE_MUST_CHECK bool sig_prepared_sign(struct sig_prepared *prepared, struct bytes data,
                                     struct buf *out, struct error *err);

/*
 * Is this the key's signature of data? Made for SIG_USE_VERIFY.
 * errors  ERROR_INVALID   it is not
 *         ERROR_INTERNAL  OpenSSL failed before it could tell
 */
AE_MUST_CHECK bool sig_prepared_verify(struct sig_prepared *prepared, struct bytes data,
                                       struct bytes signature, struct error *err);

#endif
