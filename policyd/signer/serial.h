/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial: serial numbers that are never used twice (I2; RFC 5280 4.1.2.2).
 *
 * 16 octets: the node (0x40-0x7F, so that the INTEGER is positive and has no padding), 32 bits
 * of time, which keep an index over serials append-only, and 88 random bits.
 */
#ifndef AE_POLICYD_SIGNER_SERIAL_H
#define AE_POLICYD_SIGNER_SERIAL_H

#include <stdint.h>

#include "common/base/error.h"

enum { SERIAL_SIZE = 16, SERIAL_NODE_MIN = 0x40, SERIAL_NODE_MAX = 0x7F };

/*
 * node    SERIAL_NODE_MIN..SERIAL_NODE_MAX
 * errors  ERROR_INVALID   another node, or a time outside 1970..2106 (32 bits)
 *         ERROR_INTERNAL  the system gave no random octets
 */
AE_MUST_CHECK bool serial_make(uint8_t node, int64_t now_utc,
                               unsigned char serial[SERIAL_SIZE], struct error *err);

#endif
