/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canon: is this DER all the way down, and not merely BER?
 */
#ifndef AE_COMMON_PKI_CANON_H
#define AE_COMMON_PKI_CANON_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

enum { CANON_DEPTH_MAX = 24 };

/*
 * Check that data is exactly one element whose every part has the one encoding that DER
 * allows: definite shortest lengths, shortest integers and object identifiers, booleans 00 or
 * FF, zero padding bits, empty NULLs, strings in one piece and of whole characters, SETs in
 * order.
 *
 * What OCTET STRINGs and primitive context tags hold is not looked into, nor is the order
 * inside a context tag that stands for a SET.
 * errors  ERROR_INVALID  it has not; the message names the octet
 * source  X.690 sections 8, 10, 11
 */
AE_MUST_CHECK bool canon_check(struct bytes data, struct error *err);

#endif
