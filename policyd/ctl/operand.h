/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operand: what people write on the command line: serials, times, reasons.
 */
#ifndef AE_POLICYD_CTL_OPERAND_H
#define AE_POLICYD_CTL_OPERAND_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/error.h"

enum { OPERAND_SERIAL_MAX = 20 /* octets, RFC 5280 4.1.2.2 */ };

/*
 * A serial number in hexadecimal of either case, with or without colons between the octets
 * (as openssl prints it) and "0x" in front.
 * out     appended: lower case, no colons
 * errors  ERROR_INVALID  another notation, nothing, or more than OPERAND_SERIAL_MAX octets
 */
AE_MUST_CHECK bool operand_parse_serial(const char *text, struct buf *out,
                                        struct error *err);

/*
 * A moment: "2026-11-21T09:06:34Z", "2026-11-21" (its first second, UTC), or a duration ago:
 * "3d".
 * errors  ERROR_INVALID  another notation, no such moment
 */
AE_MUST_CHECK bool operand_parse_time(const char *text, int64_t now_utc, int64_t *out,
                                      struct error *err);

/*
 * A reason to revoke, by its RFC 5280 name, whatever its case.
 * out     the name as the RFC writes it: a constant
 * errors  ERROR_INVALID  there is none of that name, or certificateHold: that is a hold
 */
AE_MUST_CHECK bool operand_parse_reason(const char *text, const char **out,
                                        struct error *err);

/*
 * Which list of certificates a text asks for: "dns:web1" and its like a name, 64 digits a
 * key, everything else a text to look for.
 */
enum operand_search { SEARCH_TEXT = 0, SEARCH_NAME, SEARCH_KEY };
enum operand_search operand_search_kind(const char *text);

#endif
