/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/facts.h"

#include <string.h>

#include "common/base/nearest.h"
#include "common/base/text.h"

enum { NAMES_MAX = 64 };

static struct fact_value unknown(struct buf *scratch)
{
    return (struct fact_value){.kind = FACT_UNKNOWN, .text = buf_bytes(scratch)};
}

static struct fact_value refuse_name(const struct fact_type *type, const char *name,
                                     struct buf *scratch)
{
    const char *names[NAMES_MAX] = {NULL};
    const char *near = NULL;

    for (size_t i = 0; i < type->count && i < NAMES_MAX; i++) {
        names[i] = type->fields[i].name;
    }
    near = nearest_name(name, names, NAMES_MAX);
    buf_truncate(scratch, 0);
    buf_printf(scratch, "%s has no '%.64s'", type->name, name);
    if (near != NULL) {
        buf_printf(scratch, "; is '%s' meant?", near);
    }
    return unknown(scratch);
}

static const void *member(const struct fact_field *field, const void *record)
{
    return (const unsigned char *)record + field->offset;
}

static struct fact_value text_value(const char *text)
{
    return (struct fact_value){.kind = FACT_TEXT,
                               .text = bytes_of_text(text == NULL ? "" : text)};
}

static struct fact_value hex_value(const void *data, size_t len, struct buf *scratch)
{
    buf_truncate(scratch, 0);
    text_append_hex(scratch, data, len);
    return (struct fact_value){.kind = FACT_TEXT, .text = buf_bytes(scratch)};
}

static struct fact_value u64_value(const void *at, struct buf *scratch)
{
    uint64_t number = 0;

    memcpy(&number, at, sizeof(number));
    if (number > INT64_MAX) {
        buf_truncate(scratch, 0);
        buf_append_text(scratch, "the number is too large for rules");
        return unknown(scratch);
    }
    return (struct fact_value){.kind = FACT_NUMBER, .number = (int64_t)number};
}

static struct fact_value number_value(int64_t number)
{
    return (struct fact_value){.kind = FACT_NUMBER, .number = number};
}

static struct fact_value object_value(const struct fact_type *type, const void *record)
{
    return (struct fact_value){
        .kind = record == NULL ? FACT_NIL : FACT_OBJECT, .type = type, .record = record};
}

static struct fact_value octets_value(const void *at)
{
    struct bytes octets = {NULL, 0};

    memcpy(&octets, at, sizeof(octets));
    return (struct fact_value){.kind = FACT_TEXT, .text = octets};
}

static const void *pointer_at(const void *at)
{
    const void *pointer = NULL;

    memcpy(&pointer, at, sizeof(pointer));
    return pointer;
}

static struct fact_value read_plain(const struct fact_field *field, const void *at,
                                    struct buf *scratch)
{
    struct bytes octets = {NULL, 0};
    uint32_t small = 0;
    int64_t large = 0;
    bool flag = false;

    switch ((int)field->source) {
    case FACT_FROM_TEXT:
        return text_value(pointer_at(at));
    case FACT_FROM_BOOL:
        memcpy(&flag, at, sizeof(flag));
        return (struct fact_value){.kind = FACT_BOOL, .flag = flag};
    case FACT_FROM_U32:
        memcpy(&small, at, sizeof(small));
        return number_value(small);
    case FACT_FROM_U64:
        return u64_value(at, scratch);
    case FACT_FROM_I64:
        memcpy(&large, at, sizeof(large));
        return number_value(large);
    case FACT_FROM_OCTETS:
        return octets_value(at);
    case FACT_FROM_HEX:
        octets = octets_value(at).text;
        return hex_value(octets.data, octets.len, scratch);
    default:
        return hex_value(at, WIRE_SHA256, scratch);
    }
}

static struct fact_value read_field(const struct fact_field *field, const void *record,
                                    struct buf *scratch)
{
    const void *at = member(field, record);

    switch ((int)field->source) {
    case FACT_FROM_RECORD:
        return object_value(field->of, at);
    case FACT_FROM_SAME:
        return object_value(field->of, record);
    case FACT_FROM_OPTIONAL:
        return object_value(field->of, pointer_at(at));
    case FACT_FROM_LIST:
    case FACT_FROM_TEXTS:
    case FACT_FROM_OCTETS_LIST:
        return (struct fact_value){.kind = FACT_LIST, .list = field, .record = record};
    case FACT_FROM_GETTER:
        return field->get(record, scratch);
    default:
        return read_plain(field, at, scratch);
    }
}

struct fact_value fact_read(const struct fact_type *type, const void *record,
                            const char *name, struct buf *scratch)
{
    for (size_t i = 0; i < type->count; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return read_field(&type->fields[i], record, scratch);
        }
    }
    if (type->find != NULL) {
        struct fact_value found = type->find(record, name);
        if (found.kind != FACT_UNKNOWN) {
            return found;
        }
    }
    return refuse_name(type, name, scratch);
}

size_t fact_count(const struct fact_field *list, const void *record)
{
    size_t count = 0;

    memcpy(&count, (const unsigned char *)record + list->count_offset, sizeof(count));
    return count;
}

struct fact_value fact_item(const struct fact_field *list, const void *record, size_t i)
{
    const unsigned char *items = pointer_at(member(list, record));

    if (list->source == FACT_FROM_TEXTS) {
        return text_value(pointer_at(items + i * sizeof(const char *)));
    }
    if (list->source == FACT_FROM_OCTETS_LIST) {
        return octets_value(items + i * sizeof(struct bytes));
    }
    return object_value(list->of, items + i * list->size);
}

const char *fact_name_at(const struct fact_type *type, const void *record, size_t i)
{
    if (i < type->count) {
        return type->fields[i].name;
    }
    return type->name_at == NULL ? NULL : type->name_at(record, i - type->count);
}
