/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weak: public keys whose private key anybody can compute. Bounded work only.
 */
#ifndef AE_COMMON_PKI_WEAK_H
#define AE_COMMON_PKI_WEAK_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Look for what enum key_weakness says of an RSA modulus.
 *
 * modulus big-endian, 1..KEY_RSA_BITS_MAX bits
 * weak    the bits found are set, the others left as they are
 * errors  ERROR_INTERNAL  no memory
 */
AE_MUST_CHECK bool weak_check_modulus(struct bytes modulus, unsigned int *weak,
                                      struct error *err);

/* Ed25519, 32 octets: of small order, or a number beyond the field (RFC 8032 5.1.3). */
bool weak_is_small_order(struct bytes point);

#endif
