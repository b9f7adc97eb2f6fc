/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_random: messages of any table, made by a seeded generator.
 */
#ifndef AE_TESTS_SUPPORT_WIRE_RANDOM_H
#define AE_TESTS_SUPPORT_WIRE_RANDOM_H

#include "common/wire/table.h"

/* Texts and octets of all its records live until wire_random_clear(). */
struct wire_random {
    uint64_t state;
    bool full;                       /* one entry in every list, no optional absent */
    const struct wire_field *forced; /* this field gets this length, count or value */
    uint64_t forced_to;
    struct buf blocks; /* pointers to free */
};

void wire_random_init(struct wire_random *random, uint64_t seed);
void wire_random_clear(struct wire_random *random);
CLEANUP_DEFINE_VALUE(wire_random, struct wire_random, wire_random_clear);

/* Any number below limit (limit > 0). */
uint64_t wire_random_below(struct wire_random *random, uint64_t limit);

/*
 * Fill a record of table->size octets with values inside the table's bounds: mostly short,
 * now and then the shortest or the longest. What was allocated for lists and optionals is
 * freed by wire_table_clear().
 */
void wire_random_fill(struct wire_random *random, const struct wire_table *table,
                      void *record);

#endif
