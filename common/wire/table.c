/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/engine.h"

static size_t field_octets_min(const struct wire_field *field)
{
    switch (field->kind) {
    case WIRE_KIND_TEXT:
        return 4 + (size_t)field->min + 1;
    case WIRE_KIND_OCTETS:
        return 4 + (size_t)field->min;
    case WIRE_KIND_FIXED:
        return (size_t)field->max;
    case WIRE_KIND_STRUCT:
        return wire_table_octets_min(field->of);
    case WIRE_KIND_OPTIONAL:
        return 1;
    case WIRE_KIND_LIST:
        return 4 + (size_t)field->min * wire_table_octets_min(field->of);
    case WIRE_KIND_BOOL:
    case WIRE_KIND_ENUM:
    case WIRE_KIND_U32:
    case WIRE_KIND_BITS:
    case WIRE_KIND_U64:
    case WIRE_KIND_I64:
    case WIRE_KIND_COUNT:
        break;
    }
    return wire_number_octets(field->kind);
}

size_t wire_table_octets_min(const struct wire_table *table)
{
    size_t octets = 0;

    for (size_t i = 0; i < table->count; i++) {
        octets += field_octets_min(&table->fields[i]);
    }
    return octets;
}

static void clear_fields(const struct wire_table *table, unsigned char *record);

/* The count entries that the pointer of the field leads to. */
static void clear_entries(const struct wire_field *field, unsigned char *record,
                          size_t count)
{
    unsigned char *entries = NULL;

    memcpy(&entries, record + field->offset, sizeof(entries));
    for (size_t i = 0; entries != NULL && i < count; i++) {
        clear_fields(field->of, entries + i * field->of->size);
    }
    free(entries);
}

static void clear_fields(const struct wire_table *table, unsigned char *record)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct wire_field *field = &table->fields[i];
        size_t count = 1;

        if (field->kind == WIRE_KIND_STRUCT) {
            clear_fields(field->of, record + field->offset);
        } else if (field->kind == WIRE_KIND_OPTIONAL) {
            clear_entries(field, record, count);
        } else if (field->kind == WIRE_KIND_LIST) {
            memcpy(&count, record + field->count_offset, sizeof(count));
            clear_entries(field, record, count);
        }
    }
}

void wire_table_clear(const struct wire_table *table, void *record)
{
    clear_fields(table, record);
    memset(record, 0, table->size);
}
