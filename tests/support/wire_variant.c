/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/wire_variant.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

size_t wire_variant_count(const struct wire_table *table)
{
    size_t count = table->count;

    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].of != NULL) {
            count += wire_variant_count(table->fields[i].of);
        }
    }
    return count;
}

/* How far a field's values go by their type alone. */
static uint64_t type_max(const struct wire_field *field)
{
    switch (field->kind) {
    case WIRE_KIND_BOOL:
    case WIRE_KIND_FIXED:
    case WIRE_KIND_STRUCT:
    case WIRE_KIND_OPTIONAL:
    case WIRE_KIND_COUNT:
        return field->max; /* no room above */
    case WIRE_KIND_ENUM:
        return 255;
    case WIRE_KIND_U64:
        return UINT64_MAX;
    case WIRE_KIND_I64:
        return INT64_MAX;
    case WIRE_KIND_U32:
    case WIRE_KIND_BITS:
    case WIRE_KIND_TEXT:
    case WIRE_KIND_OCTETS:
    case WIRE_KIND_LIST:
        break;
    }
    return UINT32_MAX;
}

static bool has_room(const struct wire_field *field, enum wire_side side)
{
    if (side == WIRE_SIDE_ABOVE) {
        return field->max < type_max(field);
    }
    return field->kind == WIRE_KIND_I64 ? field->min > INT64_MIN : field->min > 0;
}

static void move_bound(struct wire_field *field, enum wire_side side,
                       struct wire_variant *variant)
{
    if (side == WIRE_SIDE_BELOW) {
        variant->inside = (uint64_t)field->min;
        variant->outside = (uint64_t)(--field->min);
    } else if (field->kind == WIRE_KIND_BITS) {
        variant->inside = field->max;
        variant->outside =
            ~field->max & (field->max + 1); /* the lowest bit that is free */
        field->max |= variant->outside;
    } else {
        variant->inside = field->max;
        variant->outside = ++field->max;
    }
    if (field->form == WIRE_FORM_OID) {
        field->form = WIRE_FORM_TOKEN; /* no OID is as short or long as that */
    }
}

struct copying {
    size_t left; /* fields until the one to change */
    enum wire_side side;
    struct wire_variant *variant;
};

static void *keep(struct wire_variant *variant, void *block)
{
    buf_append(&variant->blocks, &block, sizeof(block));
    return block;
}

static struct wire_table *copy_table(const struct wire_table *table,
                                     struct copying *copying)
{
    struct wire_table *copy = keep(copying->variant, mem_new(sizeof(*copy)));
    struct wire_field *fields =
        keep(copying->variant, mem_array(table->count, sizeof(*fields)));

    *copy = *table;
    copy->fields = fields;
    for (size_t i = 0; i < table->count; i++) {
        fields[i] = table->fields[i];
        if (copying->left-- == 0) {
            copying->variant->original = &table->fields[i];
            copying->variant->field = &fields[i];
            if (has_room(&fields[i], copying->side)) {
                move_bound(&fields[i], copying->side, copying->variant);
            }
        }
        if (fields[i].of != NULL) {
            fields[i].of = copy_table(fields[i].of, copying);
        }
    }
    return copy;
}

bool wire_variant_make(const struct wire_table *table, size_t index, enum wire_side side,
                       struct wire_variant *out)
{
    struct copying copying = {index, side, out};

    *out = (struct wire_variant){.blocks = BUF_EMPTY};
    out->table = copy_table(table, &copying);
    if (out->inside == out->outside) {
        wire_variant_clear(out);
        return false;
    }
    return true;
}

void wire_variant_clear(struct wire_variant *variant)
{
    for (size_t at = 0; at < variant->blocks.len; at += sizeof(void *)) {
        void *block = NULL;

        memcpy(&block, variant->blocks.data + at, sizeof(block));
        free(block);
    }
    buf_clear(&variant->blocks);
    variant->table = NULL;
}
