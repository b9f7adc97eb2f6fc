/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der: one element of DER at a time, read strictly and written.
 *
 * Reading refuses what X.690 forbids in DER: indefinite or padded lengths, padded integers
 * and object identifiers; and what we never need: tag numbers above 30. A reader answers
 * false for "not that": it moves nothing, and its caller has the sentence.
 */
#ifndef AE_COMMON_PKI_DER_H
#define AE_COMMON_PKI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8 = 0x0C,
    DER_PRINTABLE = 0x13,
    DER_IA5 = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_GENERAL_STRING = 0x1B,
    DER_BMP = 0x1E,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONSTRUCTED = 0x20, /* bit of a tag */
    DER_CONTEXT = 0x80,     /* | number: [number] of a primitive type */
    DER_EXPLICIT = 0xA0,    /* | number: [number] of a constructed type */

    DER_OID_TEXT_SIZE = 257 /* bytes incl. NUL: what text_is_oid() allows */
};

struct der_item {
    unsigned char tag;
    struct bytes content;
    struct bytes whole; /* tag, length and content */
};

/* The next element; *in moves behind it. */
bool der_next(struct bytes *in, struct der_item *item);
/* The same, if it has this tag. */
bool der_read(struct bytes *in, unsigned char tag, struct bytes *content);
/* in is exactly one element of this tag, nothing behind it. */
bool der_read_only(struct bytes in, unsigned char tag, struct bytes *content);
bool der_has_tag(struct bytes in, unsigned char tag); /* the next element's */

bool der_read_bool(struct bytes *in, bool *value);
bool der_read_uint(struct bytes *in, uint64_t max, uint64_t *value);
/* Dotted text; false also when an arc has more than 39 digits. */
bool der_read_oid(struct bytes *in, char text[DER_OID_TEXT_SIZE]);
/* UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5: seconds, "Z", each its era. */
bool der_read_time(struct bytes *in, int64_t *utc);
/* Content octets of an object identifier as dotted text. */
bool der_oid_text(struct bytes content, char text[DER_OID_TEXT_SIZE]);

/* The order of SET OF in DER: below 0, 0, above 0 (X.690 11.6). */
int der_compare(struct bytes a, struct bytes b);

/* Everything appended to out until der_close() becomes the element's content. */
size_t der_open(struct buf *out, unsigned char tag);
void der_close(struct buf *out, size_t mark);

/* Tag and length alone, for content that is never whole in memory. */
void der_put_head(struct buf *out, unsigned char tag, uint64_t length);

void der_put(struct buf *out, unsigned char tag, struct bytes content);
void der_put_raw(struct buf *out, struct bytes whole);
void der_put_bool(struct buf *out, bool value);
void der_put_uint(struct buf *out, uint64_t value);
/* A positive number as big-endian octets, any leading zeros. */
void der_put_unsigned(struct buf *out, struct bytes magnitude);
void der_put_text(struct buf *out, unsigned char tag, const char *text);
/* Named bit list: bit 0 is 0x80 of the first octet; trailing zeros drop (X.690 11.2.2). */
void der_put_named_bits(struct buf *out, struct bytes bits);

/* false: not an object identifier, and nothing was written. */
bool der_put_oid(struct buf *out, const char *dotted);
/* UTCTime through 2049, GeneralizedTime after it; false outside 1950-9999. */
bool der_put_time(struct buf *out, int64_t utc);

#endif
