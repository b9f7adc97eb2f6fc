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

struct spki;

/*
 * Read a SubjectPublicKeyInfo and refuse a weak key: all of key_from_spki() that needs no OpenSSL.
 * errors  ERROR_INVALID, ERROR_DENIED, ERROR_INTERNAL  as key_from_spki()
 */
AE_MUST_CHECK bool key_read_spki(struct bytes der, struct spki *out, struct error *err);

/* The key of its parts, owned by the caller; NULL: a point off its curve, or OpenSSL failed. */
EVP_PKEY *key_build_public(const struct spki *spki);

/*
 * What its error queue says of a key that OpenSSL did not take.
 * errors  ERROR_DENIED    an EC point that is not on its curve
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool key_fail_public(const struct spki *spki, struct error *err);

#endif
