/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spki: what kind of public key a SubjectPublicKeyInfo holds, judged octet by octet.
 *
 * Whatever the input says, this costs well under a millisecond: it comes before everything
 * that computes with the key.
 */
#ifndef AE_COMMON_PKI_SPKI_H
#define AE_COMMON_PKI_SPKI_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/key.h"

/* A key's parts, borrowed from the DER that was read. */
struct spki {
    struct key_info info;
    struct bytes modulus; /* RSA: big-endian, no leading zero octet */
    struct bytes point;   /* EC: 04 x y; Ed25519: 32 octets */
};

/*
 * Read and judge a SubjectPublicKeyInfo. A weak key is read and said to be weak in
 * out->info.weak. That an EC point lies on its curve is not checked: key_from_spki() does.
 *
 * der     1..KEY_SPKI_MAX octets; trailing ones are an error
 * errors  ERROR_INVALID   not one well-formed DER SubjectPublicKeyInfo
 *         ERROR_DENIED    longer than any key that we take, or well-formed and not one of
 *                         them: another algorithm, another or an explicit curve, a
 *                         compressed or infinite point, an RSA modulus or exponent out of
 *                         range
 *         ERROR_INTERNAL  no memory
 * source  RFC 5280 4.1.2.7; RFC 3279 2.3.1; RFC 5480 2; RFC 8410 4
 */
AE_MUST_CHECK bool spki_read(struct bytes der, struct spki *out, struct error *err);

#endif
