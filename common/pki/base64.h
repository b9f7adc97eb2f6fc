/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64: the transfer encoding of EST bodies (RFC 4648 section 4, RFC 8951 section 3).
 */
#ifndef AE_COMMON_PKI_BASE64_H
#define AE_COMMON_PKI_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

/* Append data as one line and one LF; nothing but the LF for no data. */
void base64_encode(struct bytes data, struct buf *out);

/*
 * Append what text stands for. Space, tab, CR and LF may stand anywhere; padding must be
 * there and its unused bits zero, so that only one text (but for white space) means one data.
 *
 * text    borrowed; its length was bounded by whoever received it
 * max     octets of the result
 * out     as before on failure
 * errors  ERROR_INVALID  another character, wrong or missing padding, nothing at all, or more
 *                        than max octets
 */
AE_MUST_CHECK bool base64_decode(struct bytes text, size_t max, struct buf *out,
                                 struct error *err);

#endif
