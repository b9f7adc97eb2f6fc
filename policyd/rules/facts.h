/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: what rules see of struct wire_facts, as tables: which names an object has and where
 * their values come from. Nothing of Lua is here; env.h makes read-only userdata of it.
 *
 * A name that is in no table is an error where it is read, never nil.
 */
#ifndef AE_POLICYD_RULES_FACTS_H
#define AE_POLICYD_RULES_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/wire/facts.h"

enum fact_kind {
    FACT_NIL = 0, /* there is none, and that says something */
    FACT_BOOL,
    FACT_NUMBER,
    FACT_TEXT, /* octets; text in UTF-8 where the message says so */
    FACT_OBJECT,
    FACT_LIST,
    FACT_UNKNOWN, /* not known: reading it fails with the sentence in text */
};

struct fact_field;
struct fact_type;

struct fact_value {
    enum fact_kind kind;
    bool flag;
    int64_t number;
    struct bytes text; /* borrowed from the record, or from the scratch buffer */
    const struct fact_type *type; /* of an object */
    const struct fact_field *list;
    const void *record; /* the object, or what the list is a member of */
};

/* Where a value comes from. The member's type is checked by the macros of facts.c. */
enum fact_source {
    FACT_FROM_TEXT,
    FACT_FROM_BOOL,
    FACT_FROM_U32,
    FACT_FROM_U64, /* beyond INT64_MAX: FACT_UNKNOWN */
    FACT_FROM_I64,
    FACT_FROM_OCTETS,
    FACT_FROM_HEX,      /* struct bytes, as lower-case hexadecimal */
    FACT_FROM_SHA256,   /* unsigned char[32], likewise */
    FACT_FROM_RECORD,   /* an object inside the record */
    FACT_FROM_SAME,     /* the record itself, seen as another type */
    FACT_FROM_OPTIONAL, /* a pointer to an object; NULL is nil */
    FACT_FROM_LIST,     /* of objects */
    FACT_FROM_TEXTS,    /* a list of const char * */
    FACT_FROM_OCTETS_LIST,
    FACT_FROM_GETTER,
};

struct fact_field {
    const char *name; /* as rules write it */
    enum fact_source source;
    size_t offset;
    size_t count_offset;        /* of a list's size_t */
    size_t size;                /* of a list's records */
    const struct fact_type *of; /* of objects */
    struct fact_value (*get)(const void *record, struct buf *scratch);
};

struct fact_type {
    const char *name; /* as sentences call it: "req.csr.key" */
    const struct fact_field *fields;
    size_t count;
    /* Instead of fields, or besides them: names that the record itself has; may be NULL. */
    struct fact_value (*find)(const void *record, const char *name);
    const char *(*name_at)(const void *record, size_t i); /* NULL at the end */
};

/* The whole: record is struct wire_facts. */
extern const struct fact_type fact_request_type;
/* Told apart by whoever binds them: its name "has" is a method, its values are declared. */
extern const struct fact_type fact_groups_type;
extern const struct fact_type fact_attributes_type;

/*
 * The value of a name. FACT_UNKNOWN also for a name that the type does not have (the sentence
 * names the nearest that it has); scratch is overwritten.
 */
struct fact_value fact_read(const struct fact_type *type, const void *record,
                            const char *name, struct buf *scratch);

size_t fact_count(const struct fact_field *list, const void *record);
/* i < fact_count() */
struct fact_value fact_item(const struct fact_field *list, const void *record, size_t i);

/* The names of an object one after another, fields first; NULL at the end. */
const char *fact_name_at(const struct fact_type *type, const void *record, size_t i);

/* The types of alternative names as rules write them: "dns", "upn", ... */
const char *fact_general_word(enum general_type type);
bool fact_general_find(const char *word, enum general_type *out);

#endif
