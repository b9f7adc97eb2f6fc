/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/audit/segment.h"

#include "tests/support/test.h"

enum { CONTENT = AUDIT_TYPE_CONTENT };

/* A writer as the signer has it: its chain, and where the segment before ended. */
struct writer {
    struct audit_chain chain;
    struct segment_end before;
};

static void write_segment(struct writer *w, int records, struct buf *out)
{
    uint64_t first = w->chain.tree.size + 1;

    segment_begin(&w->chain, &w->before, 1000, out);
    for (int i = 0; i < records; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "record %d", i);
        audit_chain_append(&w->chain, CONTENT, 1001, bytes_of_text(text), out);
    }
    w->before = (struct segment_end){.first_sequence = first, .whole = out->len};
}

static bool count_record(void *ctx, const struct audit_record *record, struct error *err)
{
    int *left = ctx;

    (void)record;
    (*left)--;
    return *left >= 0 || error_set(err, ERROR_DENIED, "enough");
}

static void segments_read_back_as_one_chain(void **state)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    struct writer w = {0};
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct error err = {0};
    int left = 100;
    const struct audit_visitor visitor = {count_record, &left};
    (void)state;

    write_segment(&w, 5, &first);
    write_segment(&w, 0, &second);

    assert_ok(segment_read(buf_bytes(&first), &chain, &end, &visitor, &err), &err);
    assert_int_equal(end.first_sequence, 1);
    assert_int_equal(end.whole, first.len);
    assert_ok(segment_read(buf_bytes(&second), &chain, &end, &visitor, &err), &err);
    assert_int_equal(100 - left, 7);
    assert_int_equal(chain.tree.size, 7);
    assert_true(audit_hash_equal(&chain.last, &w.chain.last));
    assert_memory_equal(&chain.tree, &w.chain.tree, sizeof(chain.tree));
}

static void the_visitor_may_end_the_reading(void **state)
{
    AUTO(buf) data = BUF_EMPTY;
    struct writer w = {0};
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct error err = {0};
    int left = 2;
    const struct audit_visitor visitor = {count_record, &left};
    (void)state;

    write_segment(&w, 5, &data);

    assert_fails(segment_read(buf_bytes(&data), &chain, &end, &visitor, &err), &err,
                 ERROR_DENIED, "enough");
}

/* A torn tail of every length is described by the next segment's first record. */
static void a_torn_tail_is_chained_over(void **state)
{
    AUTO(buf) whole = BUF_EMPTY;
    struct writer w = {0};
    size_t kept = 0;
    (void)state;

    segment_begin(&w.chain, &w.before, 1000, &whole);
    kept = whole.len;
    audit_chain_append(&w.chain, CONTENT, 1001, bytes_of_text("lost"), &whole);
    for (size_t len = kept + 1; len < whole.len; len++) {
        AUTO(buf) next = BUF_EMPTY;
        struct audit_chain chain = AUDIT_CHAIN_START;
        struct audit_chain again = AUDIT_CHAIN_START;
        struct segment_end end = {0};
        struct segment_end end_again = {0};
        const struct bytes torn = {whole.data, len};
        struct error err = {0};

        assert_ok(segment_read(torn, &chain, &end, NULL, &err), &err);
        assert_int_equal(end.whole, kept);
        assert_int_equal(end.torn, len - kept);
        segment_begin(&chain, &end, 1002, &next);
        audit_chain_append(&chain, CONTENT, 1003, bytes_of_text("after"), &next);

        assert_ok(segment_read(torn, &again, &end_again, NULL, &err), &err);
        assert_ok(segment_read(buf_bytes(&next), &again, &end_again, NULL, &err), &err);
        assert_int_equal(again.tree.size, 3);
    }
}

/* Whoever changes what stands before a segment is found by the segment. */
static void a_segment_does_not_continue_a_changed_one(void **state)
{
    static const char *const changes[] = {"tail cut", "torn octets added",
                                          "torn octet changed", "unchanged"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        AUTO(buf) first = BUF_EMPTY;
        AUTO(buf) second = BUF_EMPTY;
        struct writer w = {0};
        struct audit_chain chain = AUDIT_CHAIN_START;
        struct segment_end end = {0};
        struct error err = {0};

        write_segment(&w, 2, &first);
        buf_append_text(&first, "torn");
        assert_ok(segment_read(buf_bytes(&first), &chain, &end, NULL, &err), &err);
        w.before = end;
        end = (struct segment_end){0};
        segment_begin(&w.chain, &w.before, 1000, &second);
        if (i == 0) {
            buf_truncate(&first, first.len - 4);
        } else if (i == 1) {
            buf_append_text(&first, "more");
        } else if (i == 2) {
            first.data[first.len - 1] = 'N';
        }

        chain = AUDIT_CHAIN_START;
        assert_ok(segment_read(buf_bytes(&first), &chain, &end, NULL, &err), &err);
        if (segment_read(buf_bytes(&second), &chain, &end, NULL, &err) !=
            (i == COUNT_OF(changes) - 1)) {
            fail_msg("%s", changes[i]);
        }
    }
}

static void a_record_removed_repeated_or_swapped_is_found(void **state)
{
    AUTO(buf) head = BUF_EMPTY;
    AUTO(buf) one = BUF_EMPTY;
    AUTO(buf) two = BUF_EMPTY;
    struct writer w = {0};
    (void)state;

    segment_begin(&w.chain, &w.before, 1000, &head);
    audit_chain_append(&w.chain, CONTENT, 1001, bytes_of_text("one"), &one);
    audit_chain_append(&w.chain, CONTENT, 1001, bytes_of_text("two"), &two);
    const struct {
        const struct buf *parts[4];
        const char *words;
    } cases[] = {
        {{&head, &one, &two, NULL}, NULL},
        {{&head, &two, NULL, NULL}, "record 3 stands where 2 is due"},
        {{&head, &two, &one, NULL}, "record 3 stands where 2 is due"},
        {{&head, &one, &one, NULL}, "record 2 stands where 3 is due"},
        {{&head, &head, NULL, NULL}, "record 1 stands where 2 is due"},
        {{&one, &two, NULL, NULL}, "record 2 stands where 1 is due"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) data = BUF_EMPTY;
        struct audit_chain chain = AUDIT_CHAIN_START;
        struct segment_end end = {0};
        struct error err = {0};

        for (size_t p = 0; cases[i].parts[p] != NULL; p++) {
            buf_append(&data, cases[i].parts[p]->data, cases[i].parts[p]->len);
        }
        bool good = segment_read(buf_bytes(&data), &chain, &end, NULL, &err);
        if (cases[i].words == NULL) {
            assert_ok(good, &err);
        } else {
            assert_fails(good, &err, ERROR_INVALID, cases[i].words);
        }
    }
}

/* Another content under the same sequence: hashed well, but not what follows was chained to. */
static void a_record_rewritten_with_a_right_hash_is_found_by_the_next(void **state)
{
    AUTO(buf) data = BUF_EMPTY;
    struct writer w = {0};
    struct audit_chain forged;
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct error err = {0};
    (void)state;

    segment_begin(&w.chain, &w.before, 1000, &data);
    forged = w.chain;
    audit_chain_append(&forged, CONTENT, 1001, bytes_of_text("forged"), &data);
    AUTO(buf) real = BUF_EMPTY;
    audit_chain_append(&w.chain, CONTENT, 1001, bytes_of_text("real"), &real);
    audit_chain_append(&w.chain, CONTENT, 1001, bytes_of_text("next"), &data);

    assert_fails(segment_read(buf_bytes(&data), &chain, &end, NULL, &err), &err,
                 ERROR_INVALID, "record 3 does not continue");
}

static void a_first_record_in_the_middle_is_found(void **state)
{
    AUTO(buf) data = BUF_EMPTY;
    struct writer w = {0};
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct error err = {0};
    (void)state;

    write_segment(&w, 1, &data);
    segment_begin(&w.chain, &w.before, 1000, &data);

    assert_fails(segment_read(buf_bytes(&data), &chain, &end, NULL, &err), &err,
                 ERROR_INVALID, "in the middle");
}

static void a_writer_adopts_the_last_segment_alone(void **state)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    struct writer w = {0};
    struct audit_chain chain;
    struct segment_end end;
    struct error err = {0};
    (void)state;

    write_segment(&w, 9, &first);
    write_segment(&w, 3, &second);

    assert_ok(segment_adopt(buf_bytes(&second), &chain, &end, &err), &err);
    assert_int_equal(chain.tree.size, 10);
    assert_int_equal(end.first_sequence, 1);
    assert_ok(segment_read(buf_bytes(&second), &chain, &end, NULL, &err), &err);
    assert_true(audit_hash_equal(&chain.last, &w.chain.last));
    assert_memory_equal(&chain.tree, &w.chain.tree, sizeof(chain.tree));

    /* What begins with a record of content, or with nothing whole, is none. */
    struct bytes middle = {first.data, 10};
    assert_fails(segment_adopt(middle, &chain, &end, &err), &err, ERROR_INVALID,
                 "no first");
    assert_fails(segment_read((struct bytes){first.data, 10}, &chain, &end, NULL, &err),
                 &err, ERROR_INVALID, "whole first record");
}

static void names_are_sequences_and_nothing_else(void **state)
{
    static const char *const bad[] = {
        "",
        "0000000000000000001.journal",
        "000000000000000000001.journal",
        "00000000000000000000.journal",
        "99999999999999999999.journal",
        "0000000000000000000x.journal",
        "00000000000000000001.journam",
        "00000000000000000001.journal~",
        "+0000000000000000001.journal",
    };
    char name[SEGMENT_NAME_SIZE];
    uint64_t sequence = 0;
    (void)state;

    segment_name(UINT64_MAX, name);
    assert_string_equal(name, "18446744073709551615.journal");
    assert_true(segment_parse_name(name, &sequence));
    assert_int_equal(sequence, UINT64_MAX);
    assert_true(segment_parse_name("00000000000000000042.journal", &sequence));
    assert_int_equal(sequence, 42);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (segment_parse_name(bad[i], &sequence)) {
            fail_msg("'%s'", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_read_back_as_one_chain),
        cmocka_unit_test(the_visitor_may_end_the_reading),
        cmocka_unit_test(a_torn_tail_is_chained_over),
        cmocka_unit_test(a_segment_does_not_continue_a_changed_one),
        cmocka_unit_test(a_record_removed_repeated_or_swapped_is_found),
        cmocka_unit_test(a_record_rewritten_with_a_right_hash_is_found_by_the_next),
        cmocka_unit_test(a_first_record_in_the_middle_is_found),
        cmocka_unit_test(a_writer_adopts_the_last_segment_alone),
        cmocka_unit_test(names_are_sequences_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
