/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_variant: a table like another but for one bound, moved outwards by one. What it
 * encodes at that bound the other must refuse.
 */
#ifndef AE_TESTS_SUPPORT_WIRE_VARIANT_H
#define AE_TESTS_SUPPORT_WIRE_VARIANT_H

#include "common/wire/table.h"

enum wire_side {
    WIRE_SIDE_ABOVE = 0, /* max + 1 is let through */
    WIRE_SIDE_BELOW      /* min - 1 is let through */
};

struct wire_variant {
    struct wire_table *table;
    const struct wire_field *original; /* the field whose bound moved */
    const struct wire_field *field;    /* the same in table */
    uint64_t inside;                   /* the bound: the last that both let through */
    uint64_t outside;                  /* the first that only this one lets through */
    struct buf blocks;                 /* pointers to free */
};

/* Fields of the table at every depth: those of a record count once for each use of it. */
size_t wire_variant_count(const struct wire_table *table);

/* The variant of the index-th field; false when there is no bound on that side. */
bool wire_variant_make(const struct wire_table *table, size_t index, enum wire_side side,
                       struct wire_variant *out);
void wire_variant_clear(struct wire_variant *variant);
CLEANUP_DEFINE_VALUE(wire_variant, struct wire_variant, wire_variant_clear);

#endif
