/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: the rows of a message's table.
 *
 * A macro names a struct by its tag and a member, which may be a path (name.value); a member
 * of another type than the macro is for does not compile. Bounds are inclusive.
 */
#ifndef AE_COMMON_WIRE_FIELDS_H
#define AE_COMMON_WIRE_FIELDS_H

#include "common/base/utc.h"
#include "common/wire/table.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): arguments are types, tags and members */

#define WIRE_AT(tag, member, type)                                                       \
    _Generic(&((struct tag *)0)->member, type * : offsetof(struct tag, member))

#define WIRE_NUMBER(tag, member, type, k, least, most)                                   \
    {                                                                                    \
        .name = #member, .kind = (k), .offset = WIRE_AT(tag, member, type),              \
        .min = (least), .max = (uint64_t)(most)                                          \
    }
#define WIRE_BOOL(tag, member) WIRE_NUMBER(tag, member, bool, WIRE_KIND_BOOL, 0, 1)
#define WIRE_ENUM(tag, member, enum_tag, values)                                         \
    WIRE_NUMBER(tag, member, enum enum_tag, WIRE_KIND_ENUM, 0, (values)-1)
#define WIRE_U32(tag, member, least, most)                                               \
    WIRE_NUMBER(tag, member, uint32_t, WIRE_KIND_U32, least, most)
#define WIRE_BITS(tag, member, allowed)                                                  \
    WIRE_NUMBER(tag, member, uint32_t, WIRE_KIND_BITS, 0, allowed)
#define WIRE_U64(tag, member, least, most)                                               \
    WIRE_NUMBER(tag, member, uint64_t, WIRE_KIND_U64, least, most)
#define WIRE_I64(tag, member, least, most)                                               \
    WIRE_NUMBER(tag, member, int64_t, WIRE_KIND_I64, least, most)
/* Seconds since 1970, UTC; 0 for a moment that is not set. */
#define WIRE_UTC(tag, member) WIRE_I64(tag, member, 0, UTC_MAX)

#define WIRE_TEXT_OF(tag, member, f, least, most)                                        \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_TEXT, .form = (f),                            \
        .offset = WIRE_AT(tag, member, const char *), .min = (least), .max = (most)      \
    }
#define WIRE_TEXT(tag, member, least, most)                                              \
    WIRE_TEXT_OF(tag, member, WIRE_FORM_PRINTABLE, least, most)
#define WIRE_LINES(tag, member, least, most)                                             \
    WIRE_TEXT_OF(tag, member, WIRE_FORM_LINES, least, most)
#define WIRE_TOKEN(tag, member, least, most)                                             \
    WIRE_TEXT_OF(tag, member, WIRE_FORM_TOKEN, least, most)
/* least 0: may be empty. */
#define WIRE_OID(tag, member, least)                                                     \
    WIRE_TEXT_OF(tag, member, WIRE_FORM_OID, least, WIRE_OID_MAX)
enum { WIRE_OID_MAX = 256 }; /* text_is_oid() takes no more */

#define WIRE_OCTETS_OF(tag, member, hidden, least, most)                                 \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_OCTETS, .secret = (hidden),                   \
        .offset = WIRE_AT(tag, member, struct bytes), .min = (least), .max = (most)      \
    }
#define WIRE_OCTETS(tag, member, least, most)                                            \
    WIRE_OCTETS_OF(tag, member, false, least, most)
#define WIRE_SECRET(tag, member, least, most)                                            \
    WIRE_OCTETS_OF(tag, member, true, least, most)
#define WIRE_FIXED(tag, member, octets)                                                  \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_FIXED, .max = (octets),                       \
        .offset = WIRE_AT(tag, member, __typeof__(unsigned char[octets]))                \
    }

/* record_tag: of the record's struct; its table is <record_tag>_table. */
#define WIRE_STRUCT(tag, member, record_tag)                                             \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_STRUCT, .of = &record_tag##_table,            \
        .offset = WIRE_AT(tag, member, struct record_tag)                                \
    }
#define WIRE_OPTIONAL(tag, member, record_tag)                                           \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_OPTIONAL, .max = 1,                           \
        .of = &record_tag##_table, .offset = WIRE_AT(tag, member, struct record_tag *)   \
    }

/* counter: the size_t that says how many entries stand at the pointer. */
#define WIRE_LIST_OF(tag, member, counter, type, table, least, most)                     \
    {                                                                                    \
        .name = #member, .kind = WIRE_KIND_LIST, .min = (least), .max = (most),          \
        .of = (table), .offset = WIRE_AT(tag, member, type *),                           \
        .count_offset = WIRE_AT(tag, counter, size_t)                                    \
    }
#define WIRE_LIST(tag, member, counter, record_tag, least, most)                         \
    WIRE_LIST_OF(tag, member, counter, struct record_tag, &record_tag##_table, least,    \
                 most)

/* A list of plain entries, which need no struct: const char * or struct bytes. */
#define WIRE_PLAIN(type, k, f, least, most)                                              \
    &(const struct wire_table)                                                           \
    {                                                                                    \
        "", sizeof(type),                                                                \
            &(const struct wire_field){                                                  \
                .name = "", .kind = (k), .form = (f), .min = (least), .max = (most)},    \
            1                                                                            \
    }
/* Each text least..most octets of form f, up to count_most of them. */
#define WIRE_TEXTS(tag, member, counter, f, least, most, count_most)                     \
    WIRE_LIST_OF(tag, member, counter, const char *,                                     \
                 WIRE_PLAIN(const char *, WIRE_KIND_TEXT, f, least, most), 0,            \
                 count_most)
#define WIRE_OIDS(tag, member, counter, count_most)                                      \
    WIRE_TEXTS(tag, member, counter, WIRE_FORM_OID, 1, WIRE_OID_MAX, count_most)
/* Each struct bytes least..most octets, up to count_most of them. */
#define WIRE_BLOBS(tag, member, counter, least, most, count_most)                        \
    WIRE_LIST_OF(                                                                        \
        tag, member, counter, struct bytes,                                              \
        WIRE_PLAIN(struct bytes, WIRE_KIND_OCTETS, WIRE_FORM_PRINTABLE, least, most), 0, \
        count_most)

/* NOLINTEND(bugprone-macro-parentheses) */

/* After "const" or "static const": the table of struct tag, named <tag>_table. */
#define WIRE_TABLE(tag, title, rows)                                                     \
    struct wire_table tag##_table = {(title), sizeof(struct tag), (rows),                \
                                     sizeof(rows) / sizeof((rows)[0])}

#endif
