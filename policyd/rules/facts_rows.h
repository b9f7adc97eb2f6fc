/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_rows: the rows of the tables. For the .c files of facts.
 *
 * A macro names a struct by its tag and a member, which may be a path; a member of another
 * type than the macro is for does not compile.
 */
#ifndef AE_POLICYD_RULES_FACTS_ROWS_H
#define AE_POLICYD_RULES_FACTS_ROWS_H

#include "common/wire/fields.h"

#include "policyd/rules/facts.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): arguments are types, tags and members */

#define FACT_ROW(label, tag, member, type, from)                                         \
    {                                                                                    \
        .name = (label), .source = (from), .offset = WIRE_AT(tag, member, type)          \
    }
#define FACT_TEXT(label, tag, member)                                                    \
    FACT_ROW(label, tag, member, const char *, FACT_FROM_TEXT)
#define FACT_BOOL(label, tag, member) FACT_ROW(label, tag, member, bool, FACT_FROM_BOOL)
#define FACT_U32(label, tag, member)  FACT_ROW(label, tag, member, uint32_t, FACT_FROM_U32)
#define FACT_U64(label, tag, member)  FACT_ROW(label, tag, member, uint64_t, FACT_FROM_U64)
#define FACT_I64(label, tag, member)  FACT_ROW(label, tag, member, int64_t, FACT_FROM_I64)
#define FACT_OCTETS(label, tag, member)                                                  \
    FACT_ROW(label, tag, member, struct bytes, FACT_FROM_OCTETS)
#define FACT_HEX(label, tag, member)                                                     \
    FACT_ROW(label, tag, member, struct bytes, FACT_FROM_HEX)
#define FACT_SHA256(label, tag, member)                                                  \
    FACT_ROW(label, tag, member, __typeof__(unsigned char[WIRE_SHA256]), FACT_FROM_SHA256)

#define FACT_RECORD(label, tag, member, record_tag, record_type)                         \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_RECORD, .of = &(record_type),               \
        .offset = WIRE_AT(tag, member, struct record_tag)                                \
    }
#define FACT_SAME(label, record_type)                                                    \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_SAME, .of = &(record_type)                  \
    }
#define FACT_OPTIONAL(label, tag, member, record_tag, record_type)                       \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_OPTIONAL, .of = &(record_type),             \
        .offset = WIRE_AT(tag, member, struct record_tag *)                              \
    }
#define FACT_LIST(label, tag, member, counter, record_tag, record_type)                  \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_LIST, .of = &(record_type),                 \
        .size = sizeof(struct record_tag),                                               \
        .offset = WIRE_AT(tag, member, struct record_tag *),                             \
        .count_offset = WIRE_AT(tag, counter, size_t)                                    \
    }
#define FACT_TEXTS(label, tag, member, counter)                                          \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_TEXTS,                                      \
        .offset = WIRE_AT(tag, member, const char **),                                   \
        .count_offset = WIRE_AT(tag, counter, size_t)                                    \
    }
/* A function of the record: struct fact_value get(const void *record, struct buf *scratch) */
#define FACT_GET(label, getter)                                                          \
    {                                                                                    \
        .name = (label), .source = FACT_FROM_GETTER, .get = (getter)                     \
    }

/* NOLINTEND(bugprone-macro-parentheses) */

/* After "const" or "static const": the type called name, of the rows. */
#define FACT_TYPE(variable, title, rows)                                                 \
    struct fact_type variable = {                                                        \
        .name = (title), .fields = (rows), .count = sizeof(rows) / sizeof((rows)[0])}

static inline struct fact_value fact_of_text(const char *text)
{
    return (struct fact_value){.kind = FACT_TEXT, .text = bytes_of_text(text)};
}

static inline struct fact_value fact_of_number(int64_t number)
{
    return (struct fact_value){.kind = FACT_NUMBER, .number = number};
}

static inline struct fact_value fact_of_flag(bool flag)
{
    return (struct fact_value){.kind = FACT_BOOL, .flag = flag};
}

/* In facts_account.c, facts_names.c, facts_template.c and facts_time.c. */
extern const struct fact_type fact_account_type;
extern const struct fact_type fact_account_ref_type;
extern const struct fact_type fact_ava_type;     /* struct name_ava */
extern const struct fact_type fact_general_type; /* struct general_name */
extern const struct fact_type fact_content_type; /* struct wire_content */
extern const struct fact_type fact_template_type;
extern const struct fact_type fact_time_type; /* struct wire_facts */

#endif
