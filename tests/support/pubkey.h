/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pubkey: SubjectPublicKeyInfo of any content, right or wrong, piece by piece.
 */
#ifndef AE_TESTS_SUPPORT_PUBKEY_H
#define AE_TESTS_SUPPORT_PUBKEY_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"

#define PUBKEY_OID_RSA     "1.2.840.113549.1.1.1"
#define PUBKEY_OID_EC      "1.2.840.10045.2.1"
#define PUBKEY_OID_ED25519 "1.3.101.112"
#define PUBKEY_OID_P256    "1.2.840.10045.3.1.7"
#define PUBKEY_OID_P384    "1.3.132.0.34"
#define PUBKEY_OID_P521    "1.3.132.0.35"

/* DER of the NULL that goes with RSA, and of nothing. */
extern const struct bytes pubkey_null;
extern const struct bytes pubkey_absent;

/* parameters: a whole element or pubkey_absent; bits: whole octets. */
void pubkey_put(struct buf *out, const char *algorithm, struct bytes parameters,
                struct bytes bits);
/* Big-endian numbers; bits beyond RSAPublicKey are the caller's with pubkey_put(). */
void pubkey_put_rsa(struct buf *out, struct bytes n, struct bytes e);
void pubkey_put_ec(struct buf *out, const char *curve, struct bytes point);

/* A number of exactly so many bits, odd, without a factor below 1024, the same every time. */
void pubkey_make_modulus(struct buf *out, unsigned int bits);
/* A generator's multiple: a point of the curve ("P-256", …), uncompressed, new every time. */
void pubkey_make_point(struct buf *out, const char *curve);

#endif
