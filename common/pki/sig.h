/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig: signature algorithms: which we know, which key they fit, signing and verifying.
 *
 * Nothing with MD5, SHA-1 or SHA-224 is known here, so nothing of it can be accepted.
 */
#ifndef AE_COMMON_PKI_SIG_H
#define AE_COMMON_PKI_SIG_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/key.h"

enum sig_alg {
    SIG_RSA_SHA256 = 0, /* RSASSA-PKCS1-v1_5 */
    SIG_RSA_SHA384,
    SIG_RSA_SHA512,
    SIG_PSS_SHA256, /* RSASSA-PSS: MGF1 with the same hash, salt as long as it */
    SIG_PSS_SHA384,
    SIG_PSS_SHA512,
    SIG_ECDSA_SHA256,
    SIG_ECDSA_SHA384,
    SIG_ECDSA_SHA512,
    SIG_ED25519,
    SIG_ALG_COUNT
};

const char *sig_name(enum sig_alg alg); /* "ecdsa-sha256", …; never NULL */
bool sig_fits(enum sig_alg alg, enum key_alg key);
/* What we sign with: SHA-256, for P-384 and P-521 a hash of the curve's strength. */
enum sig_alg sig_default(const struct key_info *key);

/*
 * Read an AlgorithmIdentifier (whole element, DER).
 * errors  ERROR_INVALID  malformed, or the parameters are not the ones required: NULL for
 *                        RSASSA-PKCS1-v1_5, absent for ECDSA and Ed25519
 *         ERROR_DENIED   an algorithm, hash or form of PSS that we do not accept
 * source  RFC 4055 2.2, 3.1, 5; RFC 5758 3.2; RFC 8410 3
 */
AE_MUST_CHECK bool sig_read(struct bytes der, enum sig_alg *out, struct error *err);

/* Append the AlgorithmIdentifier. */
void sig_write(enum sig_alg alg, struct buf *out);

/*
 * Append the signature of data.
 * errors  ERROR_INVALID   no private key, or the algorithm does not fit it
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool sig_sign(const struct key *key, enum sig_alg alg, struct bytes data,
                            struct buf *out, struct error *err);

/*
 * Is this the key's signature of data?
 * errors  ERROR_INVALID   it is not, or the algorithm does not fit the key
 *         ERROR_INTERNAL  OpenSSL failed before it could tell
 */
AE_MUST_CHECK bool sig_verify(const struct key *key, enum sig_alg alg, struct bytes data,
                              struct bytes signature, struct error *err);

#endif
