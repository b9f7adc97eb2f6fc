/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/wire_random.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { SHORT = 24, FEW = 3, LONGEST_BY_CHANCE = 4096 };

void wire_random_init(struct wire_random *random, uint64_t seed)
{
    /* the seed is stirred, so that small ones differ from the start */
    *random = (struct wire_random){.state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15),
                                   .blocks = BUF_EMPTY};
}

void wire_random_clear(struct wire_random *random)
{
    for (size_t at = 0; at < random->blocks.len; at += sizeof(void *)) {
        void *block = NULL;

        memcpy(&block, random->blocks.data + at, sizeof(block));
        free(block);
    }
    buf_clear(&random->blocks);
}

/* xorshift64* */
static uint64_t next(struct wire_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

uint64_t wire_random_below(struct wire_random *random, uint64_t limit)
{
    return (next(random) >> 16) % limit;
}

static void *keep(struct wire_random *random, void *block)
{
    buf_append(&random->blocks, &block, sizeof(block));
    return block;
}

static uint64_t pick_number(struct wire_random *random, const struct wire_field *field)
{
    uint64_t span =
        field->max - (uint64_t)field->min; /* modulo 2^64: right for i64 too */
    uint64_t chance = wire_random_below(random, 8);

    if (field->kind == WIRE_KIND_BITS) {
        return next(random) & field->max;
    }
    if (chance == 0) {
        return (uint64_t)field->min;
    }
    if (chance == 1) {
        return field->max;
    }
    return (uint64_t)field->min +
           (span == UINT64_MAX ? next(random) : next(random) % (span + 1));
}

static size_t pick_length(struct wire_random *random, const struct wire_field *field)
{
    uint64_t span = field->max - (uint64_t)field->min;
    uint64_t chance = wire_random_below(random, 16);

    if (chance == 0) {
        return (size_t)field->min;
    }
    if (chance == 1 && field->max <= LONGEST_BY_CHANCE && !random->full) {
        return (size_t)field->max;
    }
    return (size_t)((uint64_t)field->min +
                    wire_random_below(random, (span < SHORT ? span : SHORT) + 1));
}

static size_t pick_count(struct wire_random *random, const struct wire_field *field)
{
    uint64_t span = field->max - (uint64_t)field->min;

    if (random->full) {
        return field->min == 0 && field->max > 0 ? 1 : (size_t)field->min;
    }
    return (size_t)((uint64_t)field->min +
                    wire_random_below(random, (span < FEW ? span : FEW) + 1));
}

/* Exactly len octets of an OID: "1.3", arcs of one digit, the last of two if len is even. */
static void fill_oid(struct wire_random *random, char *text, size_t len)
{
    static const char start[] = "1.3";
    static const char digits[] = "123456789";

    for (size_t i = 0; i < len; i++) {
        if (i < sizeof(start) - 1) {
            text[i] = start[i];
        } else if (i % 2 == 1 && i != len - 1) {
            text[i] = '.';
        } else {
            text[i] = digits[wire_random_below(random, 9)];
        }
    }
}

static void fill_text(struct wire_random *random, enum wire_form form, char *text,
                      size_t len)
{
    static const char *const wide[] = {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x94\x91"};

    for (size_t i = 0; i < len;) {
        const char *character = wide[wire_random_below(random, 3)];
        size_t octets = strlen(character);
        uint64_t chance = wire_random_below(random, 12);

        if (form != WIRE_FORM_TOKEN && chance == 0 && octets <= len - i) {
            for (const char *c = character; *c != '\0'; c++) {
                text[i++] = *c;
            }
        } else if (form == WIRE_FORM_LINES && chance == 1) {
            text[i++] = '\n';
        } else {
            text[i++] = (char)(0x21 + wire_random_below(random, 0x7F - 0x21));
        }
    }
}

static const char *make_text(struct wire_random *random, const struct wire_field *field,
                             size_t len)
{
    if (field->form == WIRE_FORM_OID && len > 0 && len < 3) {
        len = 3; /* nothing shorter is one */
    }
    char *text = keep(random, mem_new(len + 1));
    if (field->form == WIRE_FORM_OID) {
        fill_oid(random, text, len);
    } else {
        fill_text(random, field->form, text, len);
    }
    return text;
}

static void fill_octets(struct wire_random *random, unsigned char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        octets[i] = (unsigned char)next(random);
    }
}

static struct bytes make_octets(struct wire_random *random, size_t len)
{
    unsigned char *octets = keep(random, mem_new(len));

    fill_octets(random, octets, len);
    return (struct bytes){octets, len};
}

static void store_number(const struct wire_field *field, unsigned char *member,
                         uint64_t value)
{
    uint32_t small = (uint32_t)value;
    bool flag = value != 0;

    if (field->kind == WIRE_KIND_BOOL) {
        memcpy(member, &flag, sizeof(flag));
    } else if (field->kind == WIRE_KIND_U64 || field->kind == WIRE_KIND_I64) {
        memcpy(member, &value, sizeof(value));
    } else {
        memcpy(member, &small, sizeof(small));
    }
}

static void fill_entries(struct wire_random *random, const struct wire_field *field,
                         unsigned char *record, size_t count)
{
    if (count == 0) {
        return;
    }
    unsigned char *entries = mem_array(count, field->of->size);
    for (size_t i = 0; i < count; i++) {
        wire_random_fill(random, field->of, entries + i * field->of->size);
    }
    memcpy(record + field->offset, &entries, sizeof(entries));
}

static void fill_field(struct wire_random *random, const struct wire_field *field,
                       unsigned char *record)
{
    unsigned char *member = record + field->offset;
    bool forced = field == random->forced;
    size_t size = (size_t)random->forced_to;
    struct bytes octets = {NULL, 0};
    const char *text = NULL;

    switch (field->kind) {
    case WIRE_KIND_TEXT:
        text = make_text(random, field, forced ? size : pick_length(random, field));
        memcpy(member, &text, sizeof(text));
        break;
    case WIRE_KIND_OCTETS:
        octets = make_octets(random, forced ? size : pick_length(random, field));
        memcpy(member, &octets, sizeof(octets));
        break;
    case WIRE_KIND_FIXED:
        fill_octets(random, member, (size_t)field->max);
        break;
    case WIRE_KIND_STRUCT:
        wire_random_fill(random, field->of, member);
        break;
    case WIRE_KIND_OPTIONAL:
        fill_entries(random, field, record,
                     random->full || wire_random_below(random, 2) == 0 ? 1 : 0);
        break;
    case WIRE_KIND_LIST:
        size = forced ? size : pick_count(random, field);
        fill_entries(random, field, record, size);
        memcpy(record + field->count_offset, &size, sizeof(size));
        break;
    case WIRE_KIND_BOOL:
    case WIRE_KIND_ENUM:
    case WIRE_KIND_U32:
    case WIRE_KIND_BITS:
    case WIRE_KIND_U64:
    case WIRE_KIND_I64:
        store_number(field, member,
                     forced ? random->forced_to : pick_number(random, field));
        break;
    case WIRE_KIND_COUNT:
        abort();
    }
}

void wire_random_fill(struct wire_random *random, const struct wire_table *table,
                      void *record)
{
    memset(record, 0, table->size);
    for (size_t i = 0; i < table->count; i++) {
        fill_field(random, &table->fields[i], record);
    }
}
