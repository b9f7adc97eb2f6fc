/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/wire_compare.h"

#include <string.h>

#include "common/base/text.h"
#include "common/wire/engine.h"

static const char *text_at(const struct wire_field *field, const unsigned char *record)
{
    const char *text = NULL;

    memcpy(&text, record + field->offset, sizeof(text));
    return text == NULL ? "" : text;
}

static struct bytes octets_at(const struct wire_field *field, const unsigned char *record)
{
    struct bytes octets = {record + field->offset, (size_t)field->max};

    if (field->kind == WIRE_KIND_OCTETS) {
        memcpy(&octets, record + field->offset, sizeof(octets));
    }
    return octets;
}

/* The records that a struct, an optional or a list leads to. */
static const unsigned char *records_at(const struct wire_field *field,
                                       const unsigned char *record, size_t *count)
{
    const unsigned char *records = NULL;

    if (field->kind == WIRE_KIND_STRUCT) {
        *count = 1;
        return record + field->offset;
    }
    memcpy(&records, record + field->offset, sizeof(records));
    *count = records == NULL ? 0 : 1;
    if (field->kind == WIRE_KIND_LIST) {
        memcpy(count, record + field->count_offset, sizeof(*count));
    }
    return records;
}

/* Octets without data count as none, whatever their length says. */
static bool octets_equal(const struct wire_field *field, const unsigned char *a,
                         const unsigned char *b)
{
    struct bytes in_a = octets_at(field, a);
    struct bytes in_b = octets_at(field, b);

    if (in_a.data == NULL || in_b.data == NULL) {
        return in_a.len == 0 && in_b.len == 0;
    }
    return bytes_equal(in_a, in_b);
}

static bool records_equal(const struct wire_field *field, const unsigned char *a,
                          const unsigned char *b)
{
    size_t count_a = 0;
    size_t count_b = 0;
    const unsigned char *in_a = records_at(field, a, &count_a);
    const unsigned char *in_b = records_at(field, b, &count_b);

    if (count_a != count_b) {
        return false;
    }
    for (size_t i = 0; i < count_a; i++) {
        if (!wire_equal(field->of, in_a + i * field->of->size,
                        in_b + i * field->of->size)) {
            return false;
        }
    }
    return true;
}

bool wire_equal(const struct wire_table *table, const void *a, const void *b)
{
    bool equal = true;

    for (size_t i = 0; i < table->count && equal; i++) {
        const struct wire_field *field = &table->fields[i];

        if (field->of != NULL) {
            equal = records_equal(field, a, b);
        } else if (field->kind == WIRE_KIND_TEXT) {
            equal = strcmp(text_at(field, a), text_at(field, b)) == 0;
        } else if (field->kind == WIRE_KIND_OCTETS || field->kind == WIRE_KIND_FIXED) {
            equal = octets_equal(field, a, b);
        } else {
            equal = wire_number_load(field, a) == wire_number_load(field, b);
        }
    }
    return equal;
}

static void dump_fields(const struct wire_table *table, const unsigned char *record,
                        int indent, struct buf *out);

static void dump_records(const struct wire_field *field, const unsigned char *record,
                         int indent, struct buf *out)
{
    size_t count = 0;
    const unsigned char *records = records_at(field, record, &count);

    buf_printf(out, "%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        dump_fields(field->of, records + i * field->of->size, indent + 2, out);
    }
}

static void dump_value(const struct wire_field *field, const unsigned char *record,
                       struct buf *out)
{
    if (field->kind == WIRE_KIND_TEXT) {
        buf_printf(out, "\"%s\"", text_at(field, record));
    } else if (field->secret) {
        buf_printf(out, "(secret, %zu octets)", octets_at(field, record).len);
    } else if (field->kind == WIRE_KIND_OCTETS || field->kind == WIRE_KIND_FIXED) {
        struct bytes octets = octets_at(field, record);

        text_append_hex(out, octets.data, octets.len);
    } else if (field->kind == WIRE_KIND_I64) {
        buf_printf(out, "%lld", (long long)wire_number_load(field, record));
    } else {
        buf_printf(out, "%llu", (unsigned long long)wire_number_load(field, record));
    }
    buf_append_text(out, "\n");
}

static void dump_fields(const struct wire_table *table, const unsigned char *record,
                        int indent, struct buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct wire_field *field = &table->fields[i];

        buf_printf(out, "%*s%s: ", indent, "", field->name);
        if (field->of != NULL) {
            dump_records(field, record, indent, out);
        } else {
            dump_value(field, record, out);
        }
    }
}

void wire_dump(const struct wire_table *table, const void *record, struct buf *out)
{
    dump_fields(table, record, 0, out);
}
