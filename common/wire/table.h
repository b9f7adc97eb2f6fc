/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: a message as a table of fields, from which encoding, decoding and clearing follow.
 *
 * A struct and its table are the whole definition of a message: what is encoded is also
 * decoded, in the same order and under the same bounds. fields.h has the macros that make
 * the rows. On the wire numbers are big-endian and every field is there:
 *
 *     bool, enum            one octet            optional  bool, then the record if true
 *     u32, bits / u64, i64  4 / 8 octets         list      u32 count, the entries
 *     text                  u32 length without its NUL, octets, NUL
 *     octets                u32 length, octets   fixed, struct   their octets alone
 */
#ifndef AE_COMMON_WIRE_TABLE_H
#define AE_COMMON_WIRE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

enum wire_kind {
    WIRE_KIND_BOOL = 0,
    WIRE_KIND_ENUM,     /* max: the largest value; at most 255 */
    WIRE_KIND_U32,      /* min, max: value */
    WIRE_KIND_BITS,     /* uint32_t; max: the bits that may be set */
    WIRE_KIND_U64,      /* min, max: value */
    WIRE_KIND_I64,      /* min, max: value, both read as int64_t */
    WIRE_KIND_TEXT,     /* const char *; min, max: length; NULL is encoded as "" */
    WIRE_KIND_OCTETS,   /* struct bytes; min, max: length */
    WIRE_KIND_FIXED,    /* unsigned char [max] */
    WIRE_KIND_STRUCT,   /* a record inside the record */
    WIRE_KIND_OPTIONAL, /* a pointer to a record, NULL when absent */
    WIRE_KIND_LIST,     /* a pointer to records and their number; min, max: count */
    WIRE_KIND_COUNT
};

/* What a text may consist of. No form allows a NUL inside. */
enum wire_form {
    WIRE_FORM_PRINTABLE = 0, /* UTF-8 without control characters */
    WIRE_FORM_LINES,         /* any UTF-8: line ends and tabs too */
    WIRE_FORM_TOKEN,         /* ASCII U+0021-007E: ids, codes, addresses */
    WIRE_FORM_OID,           /* dotted decimal; may be empty where min is 0 */
    WIRE_FORM_COUNT
};

struct wire_table;

/* Lengths are octets, bounds are inclusive. */
struct wire_field {
    const char *name; /* of the member; "" for the only field of a plain entry */
    enum wire_kind kind;
    enum wire_form form; /* of a text */
    bool secret;         /* never shown */
    size_t offset;       /* of the member */
    size_t count_offset; /* of a list's size_t */
    int64_t min;         /* negative for an i64 only */
    uint64_t max;
    const struct wire_table *of; /* the record of a struct, an optional, a list's entry */
};

struct wire_table {
    const char *name; /* as sentences call it: "issue intent" */
    size_t size;      /* octets of the struct */
    const struct wire_field *fields;
    size_t count;
};

enum { WIRE_DEPTH_MAX = 8 }; /* records inside records; tables are no deeper */

/*
 * Append the encoding of the record to out.
 *
 * out     as before on failure; a buffer that is secret where the record is
 * errors  ERROR_INVALID   a value is outside its bounds; nothing is ever shortened
 *         ERROR_INTERNAL  a list or octets without their pointer
 */
AE_MUST_CHECK bool wire_table_encode(const struct wire_table *table, const void *record,
                                     struct buf *out, struct error *err);

/*
 * Read one record that takes up all of in.
 *
 * record  table->size octets; text and octets borrow from in, lists and optionals are
 *         allocated (wire_table_clear), bounded by their max and by what is left of in.
 *         All zero on failure
 * errors  ERROR_INVALID  another encoding than wire_table_encode() would make: a value out
 *                        of bounds, octets missing or left over. Names the field
 */
AE_MUST_CHECK bool wire_table_decode(const struct wire_table *table, struct bytes in,
                                     void *record, struct error *err);

/* Free lists and optionals at every depth; the record is all zero afterwards and before. */
void wire_table_clear(const struct wire_table *table, void *record);

/* The octets of the shortest encoding. */
size_t wire_table_octets_min(const struct wire_table *table);

#endif
