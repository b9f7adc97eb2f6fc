/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for every message: the tests go through the registry.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/wire/frame.h"

#include "tests/support/test.h"
#include "tests/support/wire_compare.h"
#include "tests/support/wire_random.h"
#include "tests/support/wire_variant.h"

enum { ROUNDS = 1000, TRUNCATED = 5, AMPLIFICATION_MAX = 4 };

/* A record of any message, from the heap, so that a sanitizer sees its ends. */
struct any {
    const struct wire_message *message;
    void *record;
};

static void any_clear(struct any *any)
{
    if (any->record != NULL) {
        wire_table_clear(any->message->table, any->record);
        free(any->record);
    }
}
CLEANUP_DEFINE_VALUE(any, struct any, any_clear);

static struct any any_new(const struct wire_message *message)
{
    return (struct any){message, mem_new(message->table->size)};
}

static void fail_with_dump(const struct wire_message *message, const void *record,
                           const char *what)
{
    AUTO(buf) text = BUF_EMPTY;

    wire_dump(message->table, record, &text);
    fail_msg("%s: %s\n%s", message->table->name, what, buf_text(&text));
}

/* A random message and its encoding; a random one that is too long is tried again. */
static void make_message(struct wire_random *random, const struct wire_message *message,
                         void *record, struct buf *out)
{
    struct error err = {0};

    for (;;) {
        wire_random_fill(random, message->table, record);
        if (wire_message_encode(message, record, out, &err)) {
            return;
        }
        if (strstr(err.message, "octets, at most") == NULL ||
            strstr(err.message, "field") != NULL) {
            fail_with_dump(message, record, err.message);
        }
        wire_table_clear(message->table, record);
    }
}

static void check_round_trip(struct wire_random *random,
                             const struct wire_message *message)
{
    AUTO(any) sent = any_new(message);
    AUTO(any) received = any_new(message);
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};

    make_message(random, message, sent.record, &octets);
    if (!wire_message_decode(message, buf_bytes(&octets), received.record, &err)) {
        fail_with_dump(message, sent.record, err.message);
    }
    if (!wire_equal(message->table, sent.record, received.record)) {
        fail_with_dump(message, sent.record, "another message came out");
    }
    if (!wire_message_encode(message, received.record, &again, &err) ||
        !bytes_equal(buf_bytes(&octets), buf_bytes(&again))) {
        fail_with_dump(message, sent.record, "encodes differently the second time");
    }
}

static void random_messages_of_every_type_round_trip(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        for (uint64_t i = 0; i < ROUNDS; i++) {
            AUTO(wire_random) random;

            wire_random_init(&random, (uint64_t)type * ROUNDS + i);
            check_round_trip(&random, wire_message_find(type));
        }
    }
}

static void check_cut_and_longer(const struct wire_message *message,
                                 const struct buf *octets)
{
    AUTO(any) out = any_new(message);
    struct error err = {0};
    /* every cut of a short message, some of a long one */
    size_t step = octets->len / 500 + 1;

    for (size_t len = 0; len < octets->len; len += step) {
        AUTO(octets) cut = mem_array(len, 1);

        memcpy(cut, octets->data, len);
        if (wire_message_decode(message, (struct bytes){cut, len}, out.record, &err)) {
            fail_msg("%s: %zu of %zu octets accepted", message->table->name, len,
                     octets->len);
        }
    }
    AUTO(octets) longer = mem_dup(octets->data, octets->len);
    assert_fails(wire_message_decode(message, (struct bytes){longer, octets->len + 1},
                                     out.record, &err),
                 &err, ERROR_INVALID, "1 octets behind the end");
}

static void every_message_is_refused_when_cut_or_longer(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        const struct wire_message *message = wire_message_find(type);

        for (uint64_t i = 0; i < TRUNCATED; i++) {
            AUTO(wire_random) random;
            AUTO(any) sent = any_new(message);
            AUTO(buf) octets = BUF_EMPTY;

            wire_random_init(&random, i);
            make_message(&random, message, sent.record, &octets);
            check_cut_and_longer(message, &octets);
        }
    }
}

/* The message with one field forced to a value, made by a table that lets it through. */
static void encode_forced(const struct wire_table *table, const struct wire_field *field,
                          uint64_t value, struct buf *out)
{
    AUTO(wire_random) random;
    AUTO(octets) record = mem_new(table->size);
    struct error err = {0};

    wire_random_init(&random, value);
    random.full = true;
    random.forced = field;
    random.forced_to = value;
    wire_random_fill(&random, table, record);
    if (!wire_table_encode(table, record, out, &err)) {
        fail_msg("field '%s' = %llu: %s", field->name, (unsigned long long)value,
                 err.message);
    }
    wire_table_clear(table, record);
}

/* At the bound: accepted. One further: refused with the field's name, by both sides. */
static void check_bound(const struct wire_message *message, size_t index,
                        enum wire_side side)
{
    AUTO(wire_variant) variant;
    AUTO(any) out = any_new(message);
    AUTO(buf) inside = BUF_EMPTY;
    AUTO(buf) outside = BUF_EMPTY;
    struct error err = {0};

    if (!wire_variant_make(message->table, index, side, &variant)) {
        return;
    }
    encode_forced(message->table, variant.original, variant.inside, &inside);
    if (!wire_message_decode(message, buf_bytes(&inside), out.record, &err)) {
        fail_msg("%s: '%s' at its bound %llu: %s", message->table->name,
                 variant.field->name, (unsigned long long)variant.inside, err.message);
    }
    wire_table_clear(message->table, out.record);

    encode_forced(variant.table, variant.field, variant.outside, &outside);
    AUTO(string) words = mem_printf("%s'", variant.field->name);
    /* some more octets, so that it is not the number of entries that is refused first */
    AUTO(octets) longer = mem_array(outside.len + 64, 1);
    memcpy(longer, outside.data, outside.len);
    assert_fails(wire_table_decode(message->table,
                                   (struct bytes){longer, outside.len + 64}, out.record,
                                   &err),
                 &err, ERROR_INVALID, words);
    assert_ok(wire_table_decode(variant.table, buf_bytes(&outside), out.record, &err),
              &err);
    AUTO(buf) again = BUF_EMPTY;
    assert_fails(wire_table_encode(message->table, out.record, &again, &err), &err,
                 ERROR_INVALID, words);
}

static void every_field_goes_to_its_bounds_and_no_further(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        const struct wire_message *message = wire_message_find(type);
        size_t count = wire_variant_count(message->table);

        for (size_t i = 0; i < count; i++) {
            check_bound(message, i, WIRE_SIDE_ABOVE);
            check_bound(message, i, WIRE_SIDE_BELOW);
        }
    }
}

static void clear_accepts_zeroed_and_cleared_messages(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        const struct wire_message *message = wire_message_find(type);
        AUTO(any) out = any_new(message);
        AUTO(any) zero = any_new(message);
        AUTO(wire_random) random;
        AUTO(buf) octets = BUF_EMPTY;
        struct error err = {0};

        wire_table_clear(message->table, out.record);
        wire_random_init(&random, type);
        random.full = true;
        make_message(&random, message, out.record, &octets);
        wire_table_clear(message->table, out.record);
        assert_ok(wire_message_decode(message, buf_bytes(&octets), out.record, &err),
                  &err);
        wire_table_clear(message->table, out.record);
        wire_table_clear(message->table, out.record);
        assert_memory_equal(out.record, zero.record, message->table->size);
    }
}

static size_t member_size(const struct wire_field *field)
{
    static const size_t sizes[] = {
        [WIRE_KIND_BOOL] = sizeof(bool),
        [WIRE_KIND_ENUM] = sizeof(unsigned int),
        [WIRE_KIND_U32] = sizeof(uint32_t),
        [WIRE_KIND_BITS] = sizeof(uint32_t),
        [WIRE_KIND_U64] = sizeof(uint64_t),
        [WIRE_KIND_I64] = sizeof(int64_t),
        [WIRE_KIND_TEXT] = sizeof(char *),
        [WIRE_KIND_OCTETS] = sizeof(struct bytes),
        [WIRE_KIND_OPTIONAL] = sizeof(void *),
        [WIRE_KIND_LIST] = sizeof(void *),
        [WIRE_KIND_FIXED] = 0,
        [WIRE_KIND_STRUCT] = 0,
    };

    if (field->kind == WIRE_KIND_FIXED) {
        return (size_t)field->max;
    }
    return field->kind == WIRE_KIND_STRUCT ? field->of->size : sizes[field->kind];
}

/* The rows stand in the order of the members, and no member is without its row. */
static void check_covers_struct(const struct wire_table *table)
{
    size_t end = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct wire_field *field = &table->fields[i];

        if (field->offset < end || field->offset - end >= sizeof(uint64_t)) {
            fail_msg("%s: before '%s'", table->name, field->name);
        }
        end = field->offset + member_size(field);
        if (field->kind == WIRE_KIND_LIST) {
            assert_int_equal(field->count_offset, end);
            end += sizeof(size_t);
        }
    }
    if (table->size - end >= sizeof(uint64_t)) {
        fail_msg("%s: at the end", table->name);
    }
}

static void check_field(const struct wire_table *table, const struct wire_field *field)
{
    bool is_signed = field->kind == WIRE_KIND_I64;
    bool is_record = field->kind == WIRE_KIND_STRUCT;

    if (field->name == NULL || field->kind >= WIRE_KIND_COUNT ||
        field->form >= WIRE_FORM_COUNT ||
        (is_signed ? field->min > (int64_t)field->max
                   : field->min < 0 || (uint64_t)field->min > field->max) ||
        (!is_record && field->max == 0) ||
        (field->kind == WIRE_KIND_ENUM && field->max > 255) ||
        (field->of != NULL && wire_table_octets_min(field->of) == 0)) {
        fail_msg("%s: bad row '%s'", table->name, field->name);
    }
}

/* No frame makes the receiver allocate more than that many times its length. */
static void check_amplification(const struct wire_table *table,
                                const struct wire_table *entry)
{
    size_t octets = wire_table_octets_min(entry);

    if (entry->size > AMPLIFICATION_MAX * octets) {
        fail_msg("%s: '%s' takes %zu octets for %zu", table->name, entry->name,
                 entry->size, octets);
    }
}

static void check_table(const struct wire_table *table, int depth)
{
    assert_in_range(depth, 0, WIRE_DEPTH_MAX);
    assert_true(table->count > 0);
    check_covers_struct(table);
    for (size_t i = 0; i < table->count; i++) {
        check_field(table, &table->fields[i]);
        if (table->fields[i].of != NULL) {
            check_amplification(table, table->fields[i].of);
            check_table(table->fields[i].of, depth + 1);
        }
    }
}

static void every_table_covers_its_struct_and_has_sane_bounds(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        const struct wire_message *message = wire_message_find(type);

        assert_int_equal(message->type, type);
        assert_true(message->payload_max >= wire_table_octets_min(message->table));
        assert_true(message->payload_max <= WIRE_FRAME_MAX - WIRE_FRAME_HEAD);
        check_table(message->table, 0);
    }
}

static void the_registry_knows_each_message_by_a_name_of_its_own(void **state)
{
    (void)state;

    assert_null(wire_message_find(WIRE_TYPE_COUNT));
    assert_null(wire_message_find(0xFFFF));
    assert_string_equal(wire_type_name(WIRE_TYPE_COUNT), "unknown");
    assert_string_equal(wire_type_name(WIRE_TYPE_HELLO), "hello");
    for (unsigned int a = 0; a < WIRE_TYPE_COUNT; a++) {
        for (unsigned int b = 0; b < a; b++) {
            assert_string_not_equal(wire_type_name(a), wire_type_name(b));
        }
    }
}

static void a_message_is_bounded_as_a_whole_too(void **state)
{
    const struct wire_message *full = wire_message_find(WIRE_TYPE_HELLO);
    struct wire_message tight = *full;
    AUTO(any) sent = any_new(full);
    AUTO(any) out = any_new(full);
    AUTO(wire_random) random;
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    wire_random_init(&random, 7);
    make_message(&random, full, sent.record, &octets);

    tight.payload_max = octets.len;
    assert_ok(wire_message_decode(&tight, buf_bytes(&octets), out.record, &err), &err);
    assert_ok(wire_message_encode(&tight, sent.record, &octets, &err), &err);
    buf_truncate(&octets, octets.len / 2);
    tight.payload_max--;
    assert_fails(wire_message_decode(&tight, buf_bytes(&octets), out.record, &err), &err,
                 ERROR_INVALID, "hello: ");
    size_t before = octets.len;
    assert_fails(wire_message_encode(&tight, sent.record, &octets, &err), &err,
                 ERROR_INVALID, "octets, at most");
    assert_int_equal(octets.len, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_messages_of_every_type_round_trip),
        cmocka_unit_test(every_message_is_refused_when_cut_or_longer),
        cmocka_unit_test(every_field_goes_to_its_bounds_and_no_further),
        cmocka_unit_test(clear_accepts_zeroed_and_cleared_messages),
        cmocka_unit_test(every_table_covers_its_struct_and_has_sane_bounds),
        cmocka_unit_test(the_registry_knows_each_message_by_a_name_of_its_own),
        cmocka_unit_test(a_message_is_bounded_as_a_whole_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
