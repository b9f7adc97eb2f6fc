/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/wire/fields.h"

#include "tests/support/test.h"

enum color { RED, GREEN, BLUE, COLOR_COUNT };

struct item {
    const char *oid;
    struct bytes der;
};

struct sample {
    bool flag;
    enum color color;
    uint32_t small;
    uint32_t bits;
    uint64_t big;
    int64_t balance;
    const char *title;
    struct bytes blob;
    unsigned char fixed[4];
    struct item inner;
    struct item *maybe;
    struct item *items;
    size_t item_count;
    const char **tags;
    size_t tag_count;
    struct bytes *blobs;
    size_t blob_count;
};

static const struct wire_field item_fields[] = {
    WIRE_OID(item, oid, 1),
    WIRE_OCTETS(item, der, 0, 3),
};
static const WIRE_TABLE(item, "item", item_fields);

static const struct wire_field sample_fields[] = {
    WIRE_BOOL(sample, flag),
    WIRE_ENUM(sample, color, color, COLOR_COUNT),
    WIRE_U32(sample, small, 5, 300),
    WIRE_BITS(sample, bits, 0x105U),
    WIRE_U64(sample, big, 1, UINT64_MAX),
    WIRE_I64(sample, balance, -2, 3),
    WIRE_TEXT(sample, title, 0, 5),
    WIRE_OCTETS(sample, blob, 1, 4),
    WIRE_FIXED(sample, fixed, 4),
    WIRE_STRUCT(sample, inner, item),
    WIRE_OPTIONAL(sample, maybe, item),
    WIRE_LIST(sample, items, item_count, item, 0, 3),
    WIRE_TEXTS(sample, tags, tag_count, WIRE_FORM_TOKEN, 1, 4, 2),
    WIRE_BLOBS(sample, blobs, blob_count, 0, 2, 2),
};
static const WIRE_TABLE(sample, "sample", sample_fields);

#define OCTETS(literal)                                                                  \
    {                                                                                    \
        (const unsigned char *)(literal), sizeof(literal) - 1                            \
    }

/* The sample below, written by hand from the header's description. */
static const struct bytes sample_octets =
    OCTETS("\x01"                                 /* flag */
           "\x02"                                 /* color */
           "\x00\x00\x01\x2C"                     /* small: 300 */
           "\x00\x00\x01\x04"                     /* bits */
           "\x01\x02\x03\x04\x05\x06\x07\x08"     /* big */
           "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"     /* balance: -2 */
           "\x00\x00\x00\x02\xC3\xA4\x00"         /* title */
           "\x00\x00\x00\x01\x2A"                 /* blob */
           "\x61\x62\x63\x64"                     /* fixed */
           "\x00\x00\x00\x03\x31\x2E\x33\x00"     /* inner.oid: 1.3 */
           "\x00\x00\x00\x00"                     /* inner.der */
           "\x01"                                 /* maybe: there */
           "\x00\x00\x00\x03\x31\x2E\x34\x00"     /* maybe.oid: 1.4 */
           "\x00\x00\x00\x02\x05\x00"             /* maybe.der */
           "\x00\x00\x00\x01"                     /* items: one */
           "\x00\x00\x00\x03\x31\x2E\x35\x00"     /* items[0].oid: 1.5 */
           "\x00\x00\x00\x00"                     /* items[0].der */
           "\x00\x00\x00\x02"                     /* tags: two */
           "\x00\x00\x00\x01\x61\x00"             /* tags[0]: a */
           "\x00\x00\x00\x02\x62\x63\x00"         /* tags[1]: bc */
           "\x00\x00\x00\x01\x00\x00\x00\x01\x09" /* blobs: one, of one octet */
    );

static void encode_writes_the_documented_octets(void **state)
{
    struct item maybe = {"1.4", OCTETS("\x05\x00")};
    struct item items[] = {{"1.5", {NULL, 0}}};
    const char *tags[] = {"a", "bc"};
    struct bytes blobs[] = {OCTETS("\x09")};
    const struct sample sample = {.flag = true,
                                  .color = BLUE,
                                  .small = 300,
                                  .bits = 0x104,
                                  .big = UINT64_C(0x0102030405060708),
                                  .balance = -2,
                                  .title = "\xC3\xA4",
                                  .blob = OCTETS("*"),
                                  .fixed = {'a', 'b', 'c', 'd'},
                                  .inner = {"1.3", {NULL, 0}},
                                  .maybe = &maybe,
                                  .items = items,
                                  .item_count = 1,
                                  .tags = tags,
                                  .tag_count = 2,
                                  .blobs = blobs,
                                  .blob_count = 1};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    buf_append_text(&out, "before");
    assert_ok(wire_table_encode(&sample_table, &sample, &out, &err), &err);

    assert_int_equal(out.len, 6 + sample_octets.len);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, sample_octets.data, sample_octets.len);
}

static void decode_reads_them_and_borrows(void **state)
{
    struct sample out;
    struct error err = {0};
    (void)state;

    assert_ok(wire_table_decode(&sample_table, sample_octets, &out, &err), &err);

    assert_true(out.flag);
    assert_int_equal(out.color, BLUE);
    assert_int_equal(out.small, 300);
    assert_int_equal(out.bits, 0x104);
    assert_true(out.big == UINT64_C(0x0102030405060708));
    assert_int_equal(out.balance, -2);
    assert_string_equal(out.title, "\xC3\xA4");
    assert_ptr_equal(out.title, sample_octets.data + 30);
    assert_int_equal(out.blob.len, 1);
    assert_ptr_equal(out.blob.data, sample_octets.data + 37);
    assert_memory_equal(out.fixed, "abcd", 4);
    assert_string_equal(out.inner.oid, "1.3");
    assert_string_equal(out.maybe->oid, "1.4");
    assert_int_equal(out.maybe->der.len, 2);
    assert_int_equal(out.item_count, 1);
    assert_string_equal(out.items[0].oid, "1.5");
    assert_int_equal(out.tag_count, 2);
    assert_string_equal(out.tags[1], "bc");
    assert_int_equal(out.blob_count, 1);
    assert_int_equal(out.blobs[0].data[0], 9);
    wire_table_clear(&sample_table, &out);
}

static bool all_zero(const void *record, size_t size)
{
    const unsigned char *octets = record;

    for (size_t i = 0; i < size; i++) {
        if (octets[i] != 0) {
            return false;
        }
    }
    return true;
}

static void clear_takes_zeroed_and_cleared_records(void **state)
{
    struct sample out;
    struct error err = {0};
    (void)state;

    assert_ok(wire_table_decode(&sample_table, sample_octets, &out, &err), &err);
    wire_table_clear(&sample_table, &out);

    assert_true(all_zero(&out, sizeof(out)));
    wire_table_clear(&sample_table, &out);
    assert_true(all_zero(&out, sizeof(out)));
}

static void decode_refuses_every_truncation_and_a_longer_message(void **state)
{
    struct sample out;
    struct error err = {0};
    AUTO(octets) longer = mem_dup(sample_octets.data, sample_octets.len);
    (void)state;

    for (size_t len = 0; len < sample_octets.len; len++) {
        AUTO(octets) cut = mem_array(len, 1); /* exactly so long, for the sanitizer */
        memcpy(cut, sample_octets.data, len);
        memset(&out, 0xAA, sizeof(out));
        assert_fails(
            wire_table_decode(&sample_table, (struct bytes){cut, len}, &out, &err), &err,
            ERROR_INVALID, "cut short");
        assert_true(all_zero(&out, sizeof(out)));
    }
    struct bytes in = {longer, sample_octets.len + 1};
    assert_fails(wire_table_decode(&sample_table, in, &out, &err), &err, ERROR_INVALID,
                 "sample: 1 octets behind the end");
    in.len--;
    assert_ok(wire_table_decode(&sample_table, in, &out, &err), &err);
    wire_table_clear(&sample_table, &out);
}

/* Small tables, so that a case's octets can be read. */
struct one_bool {
    bool v;
};
struct one_enum {
    enum color v;
};
struct one_u32 {
    uint32_t v;
};
struct one_u64 {
    uint64_t v;
};
struct one_i64 {
    int64_t v;
};
struct one_text {
    const char *v;
};
struct one_octets {
    struct bytes v;
};
struct one_optional {
    struct one_u32 *v;
};
struct one_list {
    struct one_u64 *v;
    size_t n;
};
struct one_deep {
    struct one_list in;
};

#define ONE(tag, row)                                                                    \
    static const struct wire_field tag##_fields[] = {row};                               \
    static const WIRE_TABLE(tag, "small message", tag##_fields)

ONE(one_bool, WIRE_BOOL(one_bool, v));
ONE(one_enum, WIRE_ENUM(one_enum, v, color, COLOR_COUNT));
ONE(one_u32, WIRE_U32(one_u32, v, 5, 300));
ONE(one_u64, WIRE_U64(one_u64, v, 1, UINT64_MAX));
ONE(one_i64, WIRE_I64(one_i64, v, -2, 3));
static const struct wire_field bits_fields[] = {WIRE_BITS(one_u32, v, 0x105U)};
static const struct wire_table bits_table = {"small message", sizeof(struct one_u32),
                                             bits_fields, 1};
ONE(one_text, WIRE_TEXT(one_text, v, 1, 4));
static const struct wire_field lines_fields[] = {WIRE_LINES(one_text, v, 0, 4)};
static const struct wire_table lines_table = {"small message", sizeof(struct one_text),
                                              lines_fields, 1};
static const struct wire_field token_fields[] = {WIRE_TOKEN(one_text, v, 0, 4)};
static const struct wire_table token_table = {"small message", sizeof(struct one_text),
                                              token_fields, 1};
static const struct wire_field oid_fields[] = {WIRE_OID(one_text, v, 0)};
static const struct wire_table oid_table = {"small message", sizeof(struct one_text),
                                            oid_fields, 1};
ONE(one_octets, WIRE_OCTETS(one_octets, v, 1, 3));
ONE(one_optional, WIRE_OPTIONAL(one_optional, v, one_u32));
ONE(one_list, WIRE_LIST(one_list, v, n, one_u64, 1, 2));
ONE(one_deep, WIRE_STRUCT(one_deep, in, one_list));

/* words NULL: is accepted, and encodes to the same octets again */
static const struct {
    const struct wire_table *table;
    struct bytes in;
    const char *words;
} values[] = {
    {&one_bool_table, OCTETS("\x00"), NULL},
    {&one_bool_table, OCTETS("\x01"), NULL},
    {&one_bool_table, OCTETS("\x02"), "2 is outside 0 to 1"},
    {&one_bool_table, OCTETS("\xFF"), "255 is outside 0 to 1"},
    {&one_enum_table, OCTETS("\x02"), NULL},
    {&one_enum_table, OCTETS("\x03"), "3 is outside 0 to 2"},
    {&one_u32_table, OCTETS("\x00\x00\x00\x05"), NULL},
    {&one_u32_table, OCTETS("\x00\x00\x00\x04"), "4 is outside 5 to 300"},
    {&one_u32_table, OCTETS("\x00\x00\x01\x2C"), NULL},
    {&one_u32_table, OCTETS("\x00\x00\x01\x2D"), "301 is outside 5 to 300"},
    {&bits_table, OCTETS("\x00\x00\x00\x00"), NULL},
    {&bits_table, OCTETS("\x00\x00\x01\x05"), NULL},
    {&bits_table, OCTETS("\x00\x00\x01\x07"), "unknown bits 0x2"},
    {&bits_table, OCTETS("\x80\x00\x00\x00"), "unknown bits 0x80000000"},
    {&one_u64_table, OCTETS("\0\0\0\0\0\0\0\x01"), NULL},
    {&one_u64_table, OCTETS("\0\0\0\0\0\0\0\0"), "0 is outside 1 to 1844"},
    {&one_u64_table, OCTETS("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), NULL},
    {&one_i64_table, OCTETS("\0\0\0\0\0\0\0\x03"), NULL},
    {&one_i64_table, OCTETS("\0\0\0\0\0\0\0\x04"), "4 is outside -2 to 3"},
    {&one_i64_table, OCTETS("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"), NULL},
    {&one_i64_table, OCTETS("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFD"), "-3 is outside -2 to 3"},
    {&one_i64_table, OCTETS("\x80\0\0\0\0\0\0\0"), "-9223372036854775808 is outside"},
    {&one_text_table,
     OCTETS("\0\0\0\x04"
            "abcd\0"),
     NULL},
    {&one_text_table,
     OCTETS("\0\0\0\x05"
            "abcde\0"),
     "5 octets, at most 4"},
    {&one_text_table,
     OCTETS("\0\0\0\x01"
            "a\0"),
     NULL},
    {&one_text_table, OCTETS("\0\0\0\0\0"), "0 octets, at least 1"},
    {&one_text_table,
     OCTETS("\xFF\xFF\xFF\xFF"
            "abcd\0"),
     "4294967295 octets, at most 4"},
    {&one_text_table,
     OCTETS("\0\0\0\x04"
            "abcdX"),
     "no NUL behind the text"},
    {&one_text_table,
     OCTETS("\0\0\0\x04"
            "abc\0\0"),
     "not printable UTF-8"},
    {&one_text_table,
     OCTETS("\0\0\0\x04"
            "ab\tc\0"),
     "not printable UTF-8"},
    {&one_text_table,
     OCTETS("\0\0\0\x02"
            "\xC3\xA4\0"),
     NULL},
    {&one_text_table,
     OCTETS("\0\0\0\x02"
            "\xC3(\0"),
     "not printable UTF-8"},
    {&lines_table,
     OCTETS("\0\0\0\x03"
            "a\n\t\0"),
     NULL},
    {&lines_table,
     OCTETS("\0\0\0\x03"
            "a\0b\0"),
     "not UTF-8"},
    {&lines_table, OCTETS("\0\0\0\0\0"), NULL},
    {&token_table, OCTETS("\0\0\0\x02!~\0"), NULL},
    {&token_table,
     OCTETS("\0\0\0\x02"
            "a \0"),
     "not printable ASCII"},
    {&token_table, OCTETS("\0\0\0\x02\xC3\xA4\0"), "not printable ASCII"},
    {&token_table, OCTETS("\0\0\0\x01\x7F\0"), "not printable ASCII"},
    {&oid_table,
     OCTETS("\0\0\0\x04"
            "2.25\0"),
     NULL},
    {&oid_table, OCTETS("\0\0\0\0\0"), NULL},
    {&oid_table,
     OCTETS("\0\0\0\x04"
            "2.05\0"),
     "not a dotted object identifier"},
    {&oid_table,
     OCTETS("\0\0\0\x04"
            "2.5\0\0"),
     "not a dotted object identifier"},
    {&one_octets_table, OCTETS("\0\0\0\x03\0\0\0"), NULL},
    {&one_octets_table, OCTETS("\0\0\0\x04\0\0\0\0"), "4 octets, at most 3"},
    {&one_octets_table, OCTETS("\0\0\0\0"), "0 octets, at least 1"},
    {&one_optional_table, OCTETS("\0"), NULL},
    {&one_optional_table, OCTETS("\x01\0\0\0\x05"), NULL},
    {&one_optional_table, OCTETS("\x01\0\0\0\x04"), "'v.v': 4 is outside"},
    {&one_optional_table, OCTETS("\x02\0\0\0\x05"), "2 is outside 0 to 1"},
    {&one_list_table, OCTETS("\0\0\0\0"), "0 entries, at least 1"},
    {&one_list_table, OCTETS("\0\0\0\x01\0\0\0\0\0\0\0\x07"), NULL},
    {&one_list_table, OCTETS("\0\0\0\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x08"), NULL},
    {&one_list_table, OCTETS("\0\0\0\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0"),
     "field 'v[1].v': 0 is outside"},
    {&one_list_table, OCTETS("\0\0\0\x03"), "3 entries, at most 2"},
    {&one_list_table, OCTETS("\0\0\0\x02\0\0\0\0\0\0\0\x07\0\0\0"),
     "cut short: 2 entries, 11 octets left"},
    {&one_deep_table, OCTETS("\0\0\0\x01\0\0\0\0\0\0\0\0"),
     "small message: field 'in.v[0].v': 0 is outside"},
};

static void decode_takes_a_value_to_its_bounds_and_no_further(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        max_align_t record[8];
        AUTO(buf) again = BUF_EMPTY;
        struct error err = {0};
        bool good = wire_table_decode(values[i].table, values[i].in, record, &err);

        if (good != (values[i].words == NULL) ||
            (!good && strstr(err.message, values[i].words) == NULL)) {
            fail_msg("case %zu: %s, expected %s", i, good ? "accepted" : err.message,
                     values[i].words == NULL ? "success" : values[i].words);
        }
        if (good) {
            assert_ok(wire_table_encode(values[i].table, record, &again, &err), &err);
            assert_int_equal(again.len, values[i].in.len);
            assert_memory_equal(again.data, values[i].in.data, again.len);
            wire_table_clear(values[i].table, record);
        }
    }
}

static void encode_refuses_what_decode_would(void **state)
{
    static const char *const long_text = "abcde";
    static const char *const controls = "a\nb";
    static const unsigned char four[4] = {0};
    const struct {
        const struct wire_table *table;
        const void *record;
        const char *words;
    } cases[] = {
        {&one_enum_table, &(struct one_enum){(enum color)3}, "3 is outside 0 to 2"},
        {&one_u32_table, &(struct one_u32){4}, "4 is outside 5 to 300"},
        {&one_u32_table, &(struct one_u32){5}, NULL},
        {&bits_table, &(struct one_u32){2}, "unknown bits 0x2"},
        {&one_i64_table, &(struct one_i64){INT64_MIN}, "is outside -2 to 3"},
        {&one_text_table, &(struct one_text){long_text}, "5 octets, at most 4"},
        {&one_text_table, &(struct one_text){long_text + 1}, NULL},
        {&one_text_table, &(struct one_text){controls}, "not printable UTF-8"},
        {&one_text_table, &(struct one_text){NULL}, "0 octets, at least 1"},
        {&lines_table, &(struct one_text){NULL}, NULL},
        {&one_octets_table, &(struct one_octets){{four, 4}}, "4 octets, at most 3"},
        {&one_octets_table, &(struct one_octets){{four, 3}}, NULL},
        {&one_octets_table, &(struct one_octets){{NULL, 2}}, "octets without data"},
        {&one_list_table, &(struct one_list){NULL, 1}, "a list without entries"},
        {&one_list_table, &(struct one_list){(struct one_u64[]){{1}, {2}, {3}}, 3},
         "3 entries, at most 2"},
        {&one_list_table, &(struct one_list){(struct one_u64[]){{1}, {0}}, 2},
         "field 'v[1].v': 0 is outside"},
        {&one_list_table, &(struct one_list){(struct one_u64[]){{1}, {2}}, 2}, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};
        buf_append_byte(&out, 0x77);
        bool good = wire_table_encode(cases[i].table, cases[i].record, &out, &err);

        if (good != (cases[i].words == NULL) ||
            (!good && (strstr(err.message, cases[i].words) == NULL || out.len != 1))) {
            fail_msg("case %zu: %s, expected %s", i, good ? "accepted" : err.message,
                     cases[i].words == NULL ? "success" : cases[i].words);
        }
    }
}

static void encode_tells_a_caller_s_bug_from_a_bad_value(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(
        wire_table_encode(&one_list_table, &(struct one_list){NULL, 1}, &out, &err), &err,
        ERROR_INTERNAL, "");
    assert_fails(wire_table_encode(&one_u32_table, &(struct one_u32){0}, &out, &err),
                 &err, ERROR_INVALID, "");
}

static void a_failed_decode_frees_what_it_had_allocated(void **state)
{
    /* cut inside the second tag: two lists and an optional exist by then */
    const struct bytes in = {sample_octets.data, sample_octets.len - 10};
    struct sample out;
    struct error err = {0};
    (void)state;

    assert_fails(wire_table_decode(&sample_table, in, &out, &err), &err, ERROR_INVALID,
                 "sample: field 'tags[1]': the message is cut short");
    assert_null(
        out.items); /* the leak checker of the sanitizer build has the last word */
}

static void octets_min_is_the_length_of_the_shortest_message(void **state)
{
    (void)state;

    assert_int_equal(wire_table_octets_min(&one_bool_table), 1);
    assert_int_equal(wire_table_octets_min(&one_text_table), 4 + 1 + 1);
    assert_int_equal(wire_table_octets_min(&one_list_table), 4 + 8);
    assert_int_equal(wire_table_octets_min(&item_table), 4 + 1 + 1 + 4);
    assert_int_equal(wire_table_octets_min(&sample_table),
                     1 + 1 + 4 + 4 + 8 + 8 + 5 + 5 + 4 + 10 + 1 + 4 + 4 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode_writes_the_documented_octets),
        cmocka_unit_test(decode_reads_them_and_borrows),
        cmocka_unit_test(clear_takes_zeroed_and_cleared_records),
        cmocka_unit_test(decode_refuses_every_truncation_and_a_longer_message),
        cmocka_unit_test(decode_takes_a_value_to_its_bounds_and_no_further),
        cmocka_unit_test(encode_refuses_what_decode_would),
        cmocka_unit_test(encode_tells_a_caller_s_bug_from_a_bad_value),
        cmocka_unit_test(a_failed_decode_frees_what_it_had_allocated),
        cmocka_unit_test(octets_min_is_the_length_of_the_shortest_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
