/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_ossl: what OpenSSL needs to know of a signature algorithm, for sig's own files.
 */
#ifndef AE_COMMON_PKI_SIG_OSSL_H
#define AE_COMMON_PKI_SIG_OSSL_H

#include <openssl/types.h>
#include <stdbool.h>

#include "common/pki/sig.h"

/* OpenSSL's name of the hash; NULL for Ed25519, which has none of its own to name. */
const char *sig_ossl_hash(enum sig_alg alg);

/* PSS parameters, where the algorithm has them; false when OpenSSL refuses. */
bool sig_ossl_set_padding(enum sig_alg alg, EVP_PKEY_CTX *ctx);

#endif
