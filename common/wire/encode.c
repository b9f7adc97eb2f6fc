/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/octets.h"
#include "common/wire/engine.h"

/* Octets; a message that grew from a few would be copied again and again. */
enum { ENCODED_USUALLY = 1024 };

struct encoder {
    struct wire_walk walk;
    struct buf *out;
};

static bool encode_fields(struct encoder *e, const struct wire_table *table,
                          const unsigned char *record);

/* Room for so many octets more, for the caller to fill. */
static unsigned char *extend(struct encoder *e, size_t octets)
{
    if (octets > e->out->cap - e->out->len) {
        buf_reserve(e->out, octets);
    }
    unsigned char *at = e->out->data + e->out->len;
    e->out->len += octets;
    return at;
}

static void put(struct encoder *e, uint64_t value, size_t octets)
{
    unsigned char *at = extend(e, octets);

    if (octets == 1) {
        *at = (unsigned char)value;
    } else if (octets == sizeof(uint32_t)) {
        octets_put_u32(at, (uint32_t)value);
    } else {
        octets_put_u64(at, value);
    }
}

/* What has no fixed length, behind its length; end: how many octets of it are no part of that. */
static void put_sized(struct encoder *e, const void *data, size_t len, size_t end)
{
    unsigned char *at = extend(e, sizeof(uint32_t) + len + end);

    octets_put_u32(at, (uint32_t)len);
    if (len + end > 0) {
        memcpy(at + sizeof(uint32_t), data, len + end);
    }
}

static bool encode_number(struct encoder *e, const struct wire_field *field,
                          const unsigned char *record)
{
    uint64_t value = wire_number_load(field, record);

    if (!wire_walk_check_number(&e->walk, field, value)) {
        return false;
    }
    put(e, value, wire_number_octets(field->kind));
    return true;
}

static bool encode_text(struct encoder *e, const struct wire_field *field,
                        const unsigned char *record)
{
    const char *text = NULL;

    memcpy(&text, record + field->offset, sizeof(text));
    text = text == NULL ? "" : text;
    size_t len = strnlen(text, (size_t)field->max + 1);
    if (!wire_walk_check_size(&e->walk, field, len) ||
        !wire_walk_check_text(&e->walk, field, text, len)) {
        return false;
    }
    put_sized(e, text, len, 1);
    return true;
}

static bool encode_octets(struct encoder *e, const struct wire_field *field,
                          const unsigned char *record)
{
    struct bytes octets = {NULL, 0};

    memcpy(&octets, record + field->offset, sizeof(octets));
    if (!wire_walk_check_size(&e->walk, field, octets.len)) {
        return false;
    }
    if (octets.data == NULL && octets.len > 0) {
        return wire_walk_fail(&e->walk, field, ERROR_INTERNAL, "octets without data");
    }
    put_sized(e, octets.data, octets.len, 0);
    return true;
}

static bool encode_fixed(struct encoder *e, const struct wire_field *field,
                         const unsigned char *record)
{
    memcpy(extend(e, (size_t)field->max), record + field->offset, (size_t)field->max);
    return true;
}

static bool encode_inner(struct encoder *e, const struct wire_field *field, size_t index,
                         const unsigned char *inner)
{
    wire_walk_enter(&e->walk, field, index);
    if (!encode_fields(e, field->of, inner)) {
        return false;
    }
    wire_walk_leave(&e->walk);
    return true;
}

static bool encode_struct(struct encoder *e, const struct wire_field *field,
                          const unsigned char *record)
{
    return encode_inner(e, field, WIRE_NO_INDEX, record + field->offset);
}

static bool encode_optional(struct encoder *e, const struct wire_field *field,
                            const unsigned char *record)
{
    const unsigned char *inner = NULL;

    memcpy(&inner, record + field->offset, sizeof(inner));
    put(e, inner != NULL, 1);
    return inner == NULL || encode_inner(e, field, WIRE_NO_INDEX, inner);
}

static bool encode_list(struct encoder *e, const struct wire_field *field,
                        const unsigned char *record)
{
    const unsigned char *entries = NULL;
    size_t count = 0;

    memcpy(&entries, record + field->offset, sizeof(entries));
    memcpy(&count, record + field->count_offset, sizeof(count));
    if (!wire_walk_check_size(&e->walk, field, count)) {
        return false;
    }
    if (entries == NULL && count > 0) {
        return wire_walk_fail(&e->walk, field, ERROR_INTERNAL, "a list without entries");
    }
    put(e, count, 4);
    for (size_t i = 0; i < count; i++) {
        if (!encode_inner(e, field, i, entries + i * field->of->size)) {
            return false;
        }
    }
    return true;
}

static bool encode_fields(struct encoder *e, const struct wire_table *table,
                          const unsigned char *record)
{
    static bool (*const encoders[])(struct encoder *, const struct wire_field *,
                                    const unsigned char *) = {
        [WIRE_KIND_BOOL] = encode_number,       [WIRE_KIND_ENUM] = encode_number,
        [WIRE_KIND_U32] = encode_number,        [WIRE_KIND_BITS] = encode_number,
        [WIRE_KIND_U64] = encode_number,        [WIRE_KIND_I64] = encode_number,
        [WIRE_KIND_TEXT] = encode_text,         [WIRE_KIND_OCTETS] = encode_octets,
        [WIRE_KIND_FIXED] = encode_fixed,       [WIRE_KIND_STRUCT] = encode_struct,
        [WIRE_KIND_OPTIONAL] = encode_optional, [WIRE_KIND_LIST] = encode_list,
    };
    _Static_assert(sizeof(encoders) / sizeof(encoders[0]) == WIRE_KIND_COUNT,
                   "every kind has its encoder");

    for (size_t i = 0; i < table->count; i++) {
        if (!encoders[table->fields[i].kind](e, &table->fields[i], record)) {
            return false;
        }
    }
    return true;
}

bool wire_table_encode(const struct wire_table *table, const void *record,
                       struct buf *out, struct error *err)
{
    struct encoder e = {{.message = table->name, .err = err}, out};
    size_t start = out->len;

    buf_reserve(out, ENCODED_USUALLY);
    if (!encode_fields(&e, table, record)) {
        buf_truncate(out, start);
        return false;
    }
    return true;
}
