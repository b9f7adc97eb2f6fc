/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ossl: the OpenSSL object inside a key, for common/pki and the signer's CA only.
 */
#ifndef AE_COMMON_PKI_KEY_OSSL_H
#define AE_COMMON_PKI_KEY_OSSL_H

#include <openssl/types.h>
#include <stdbool.h>

#include "common/base/error.h"
#include "common/pki/key.h"

/* Borrowed; not to be changed. */
EVP_PKEY *key_borrow_pkey(const struct key *key);

/*
 * Make a key of an OpenSSL key pair, whose public part is judged as any other.
 *
 * pkey    moves in, on failure too
 * errors  ERROR_DENIED    a kind of key that we do not take, or a weak one
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool key_take_pair(EVP_PKEY *pkey, struct key **out, struct error *err);

#endif
