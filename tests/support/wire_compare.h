/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_compare: two records of a table side by side, and a record as text.
 */
#ifndef AE_TESTS_SUPPORT_WIRE_COMPARE_H
#define AE_TESTS_SUPPORT_WIRE_COMPARE_H

#include "common/wire/table.h"

/* Equal at every depth; a text that is NULL equals "". */
bool wire_equal(const struct wire_table *table, const void *a, const void *b);

/* One line a field, records indented, octets as hexadecimal, secrets by their length. */
void wire_dump(const struct wire_table *table, const void *record, struct buf *out);

#endif
