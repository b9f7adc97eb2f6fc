/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: checked parsing of what people and peers write: numbers, durations, sizes, hex, UTF-8.
 *
 * Parsers take the whole text or refuse it: no leading or trailing white space, no sign where
 * none is meant, no octal, no silent overflow. All comparisons are of ASCII letters only and
 * know no locale.
 */
#ifndef AE_COMMON_BASE_TEXT_H
#define AE_COMMON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Decimal numbers.
 * errors  ERROR_INVALID  not a decimal number, or outside min..max
 */
AE_MUST_CHECK bool text_parse_i64(const char *text, int64_t min, int64_t max,
                                  int64_t *out, struct error *err);
AE_MUST_CHECK bool text_parse_u64(const char *text, uint64_t min, uint64_t max,
                                  uint64_t *out, struct error *err);

/*
 * A duration in seconds: one or more "<number><unit>" from large to small, units d h m s,
 * each at most once: "14d", "1h30m". A number without a unit is refused.
 * errors  ERROR_INVALID  as said, or more than INT64_MAX seconds
 */
AE_MUST_CHECK bool text_parse_duration(const char *text, int64_t *seconds,
                                       struct error *err);

/*
 * A size in octets: "<number>" followed by B, KiB, MiB or GiB; the unit is required.
 * errors  ERROR_INVALID  as said, or more than INT64_MAX octets
 */
AE_MUST_CHECK bool text_parse_size(const char *text, uint64_t *octets, struct error *err);

/* The shortest form that text_parse_duration() reads back ("0s" for 0); seconds >= 0. */
void text_append_duration(struct buf *out, int64_t seconds);
/* The largest unit without a remainder ("0B" for 0). */
void text_append_size(struct buf *out, uint64_t octets);

/*
 * Hexadecimal, two digits an octet, either case, no separators.
 * out     appended to; untouched on failure
 * errors  ERROR_INVALID  an odd number of digits, another character, more than max octets
 */
AE_MUST_CHECK bool text_parse_hex(const char *text, size_t max, struct buf *out,
                                  struct error *err);
void text_append_hex(struct buf *out, const void *data, size_t len); /* lower case */

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong form), NUL refused. */
bool text_is_utf8(const char *data, size_t len);
/* UTF-8 as above and no control character (U+0000-001F, U+007F-009F). */
bool text_is_printable(const char *data, size_t len);

/*
 * A dotted-decimal object identifier as X.660 has it: at least two arcs, first 0-2, second
 * below 40 under 0 and 1, no leading zeros; an arc has at most 39 digits (2.25.<UUID> needs
 * as many), the whole at most 256 characters.
 */
bool text_is_oid(const char *text);

/* Equal without regard to the case of A-Z. */
bool text_equal_nocase(const char *a, const char *b);
void text_lower(char *text); /* in place, A-Z only */
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);

#endif
