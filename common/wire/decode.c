/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/engine.h"

struct decoder {
    struct wire_walk walk;
    const unsigned char *at;
    size_t left;
};

static bool decode_fields(struct decoder *d, const struct wire_table *table,
                          unsigned char *record);

/* The next octets, borrowed; NULL, and the error set, when there are not so many. */
static const unsigned char *get(struct decoder *d, const struct wire_field *field,
                                size_t octets)
{
    const unsigned char *at = d->at;

    if (octets > d->left) {
        wire_walk_fail(&d->walk, field, ERROR_INVALID,
                       "the message is cut short: %zu octets wanted, %zu left", octets,
                       d->left);
        return NULL;
    }
    d->at += octets;
    d->left -= octets;
    return at;
}

static bool get_number(struct decoder *d, const struct wire_field *field, size_t octets,
                       uint64_t *out)
{
    const unsigned char *big_endian = get(d, field, octets);
    uint64_t value = 0;

    if (big_endian == NULL) {
        return false;
    }
    for (size_t i = 0; i < octets; i++) {
        value = (value << 8) | big_endian[i];
    }
    *out = value;
    return true;
}

/* The u32 in front of texts, octets and lists; within the field's bounds. */
static bool get_size(struct decoder *d, const struct wire_field *field, size_t *out)
{
    uint64_t size = 0;

    if (!get_number(d, field, 4, &size) || !wire_walk_check_size(&d->walk, field, size)) {
        return false;
    }
    *out = (size_t)size;
    return true;
}

static bool decode_number(struct decoder *d, const struct wire_field *field,
                          unsigned char *record)
{
    uint64_t value = 0;

    if (!get_number(d, field, wire_number_octets(field->kind), &value) ||
        !wire_walk_check_number(&d->walk, field, value)) {
        return false;
    }
    wire_number_store(field, record, value);
    return true;
}

static bool decode_text(struct decoder *d, const struct wire_field *field,
                        unsigned char *record)
{
    size_t len = 0;

    if (!get_size(d, field, &len)) {
        return false;
    }
    const char *text = (const char *)get(d, field, len + 1);
    if (text == NULL) {
        return false;
    }
    if (text[len] != '\0') {
        return wire_walk_fail(&d->walk, field, ERROR_INVALID, "no NUL behind the text");
    }
    if (!wire_walk_check_text(&d->walk, field, text, len)) {
        return false;
    }
    memcpy(record + field->offset, &text, sizeof(text));
    return true;
}

static bool decode_octets(struct decoder *d, const struct wire_field *field,
                          unsigned char *record)
{
    struct bytes octets = {NULL, 0};

    if (!get_size(d, field, &octets.len)) {
        return false;
    }
    octets.data = get(d, field, octets.len);
    if (octets.data == NULL) {
        return false;
    }
    memcpy(record + field->offset, &octets, sizeof(octets));
    return true;
}

static bool decode_fixed(struct decoder *d, const struct wire_field *field,
                         unsigned char *record)
{
    const unsigned char *octets = get(d, field, (size_t)field->max);

    if (octets == NULL) {
        return false;
    }
    memcpy(record + field->offset, octets, (size_t)field->max);
    return true;
}

static bool decode_inner(struct decoder *d, const struct wire_field *field, size_t index,
                         unsigned char *inner)
{
    wire_walk_enter(&d->walk, field, index);
    if (!decode_fields(d, field->of, inner)) {
        return false;
    }
    wire_walk_leave(&d->walk);
    return true;
}

static bool decode_struct(struct decoder *d, const struct wire_field *field,
                          unsigned char *record)
{
    return decode_inner(d, field, WIRE_NO_INDEX, record + field->offset);
}

static bool decode_optional(struct decoder *d, const struct wire_field *field,
                            unsigned char *record)
{
    uint64_t present = 0;

    if (!get_number(d, field, 1, &present) ||
        !wire_walk_check_number(&d->walk, field, present)) {
        return false;
    }
    if (present == 0) {
        return true;
    }
    /* in the record at once, so that clearing finds it whatever happens next */
    unsigned char *inner = mem_new(field->of->size);
    memcpy(record + field->offset, &inner, sizeof(inner));
    return decode_inner(d, field, WIRE_NO_INDEX, inner);
}

static bool decode_list(struct decoder *d, const struct wire_field *field,
                        unsigned char *record)
{
    size_t count = 0;

    if (!get_size(d, field, &count)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    /* A count that the octets left cannot hold costs no memory. */
    if (count > d->left / wire_table_octets_min(field->of)) {
        return wire_walk_fail(&d->walk, field, ERROR_INVALID,
                              "the message is cut short: %zu entries, %zu octets left",
                              count, d->left);
    }
    unsigned char *entries = mem_array(count, field->of->size);
    memcpy(record + field->offset, &entries, sizeof(entries));
    memcpy(record + field->count_offset, &count, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        if (!decode_inner(d, field, i, entries + i * field->of->size)) {
            return false;
        }
    }
    return true;
}

static bool decode_fields(struct decoder *d, const struct wire_table *table,
                          unsigned char *record)
{
    static bool (*const decoders[])(struct decoder *, const struct wire_field *,
                                    unsigned char *) = {
        [WIRE_KIND_BOOL] = decode_number,       [WIRE_KIND_ENUM] = decode_number,
        [WIRE_KIND_U32] = decode_number,        [WIRE_KIND_BITS] = decode_number,
        [WIRE_KIND_U64] = decode_number,        [WIRE_KIND_I64] = decode_number,
        [WIRE_KIND_TEXT] = decode_text,         [WIRE_KIND_OCTETS] = decode_octets,
        [WIRE_KIND_FIXED] = decode_fixed,       [WIRE_KIND_STRUCT] = decode_struct,
        [WIRE_KIND_OPTIONAL] = decode_optional, [WIRE_KIND_LIST] = decode_list,
    };
    _Static_assert(sizeof(decoders) / sizeof(decoders[0]) == WIRE_KIND_COUNT,
                   "every kind has its decoder");

    for (size_t i = 0; i < table->count; i++) {
        if (!decoders[table->fields[i].kind](d, &table->fields[i], record)) {
            return false;
        }
    }
    return true;
}

bool wire_table_decode(const struct wire_table *table, struct bytes in, void *record,
                       struct error *err)
{
    struct decoder d = {{.message = table->name, .err = err}, in.data, in.len};

    memset(record, 0, table->size);
    if (!decode_fields(&d, table, record)) {
        wire_table_clear(table, record);
        return false;
    }
    if (d.left > 0) {
        wire_table_clear(table, record);
        return error_set(err, ERROR_INVALID, "%s: %zu octets behind the end", table->name,
                         d.left);
    }
    return true;
}
