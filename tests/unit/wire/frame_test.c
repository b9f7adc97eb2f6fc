/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/wire/agent.h"
#include "common/wire/crl.h"
#include "common/wire/peer.h"
#include "common/wire/status.h"

#include "tests/support/test.h"
#include "tests/support/wire_random.h"

/* A frame with a small payload: CRL_FINISH is 9 octets. */
static void append_finish(struct buf *out, uint64_t exchange, uint64_t count)
{
    const struct wire_crl_finish finish = {false, count};
    struct error err = {0};

    assert_ok(wire_crl_finish_frame(&finish, exchange, out, &err), &err);
}

static void frame_has_length_version_type_exchange_and_payload(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    static const unsigned char expected[] = {
        0,    0,
        0,    20,                   /* length of what follows */
        1,                          /* version */
        0,    WIRE_TYPE_CRL_FINISH, /* type */
        0x11, 0x22,
        0x33, 0x44,
        0x55, 0x66,
        0x77, 0x88, /* exchange */
        0,    0,
        0,    0,
        0,    0,
        0,    0,
        5, /* payload */
    };
    (void)state;

    append_finish(&out, UINT64_C(0x1122334455667788), 5);

    assert_int_equal(out.len, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
}

static void a_payload_that_is_encoded_makes_the_same_frame(void **state)
{
    const struct wire_crl_finish finish = {false, 5};
    AUTO(buf) frame = BUF_EMPTY;
    AUTO(buf) payload = BUF_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    append_finish(&frame, 1, 1);
    append_finish(&frame, UINT64_C(0x1122334455667788), 5);
    append_finish(&out, 1, 1);
    assert_ok(wire_crl_finish_encode(&finish, &payload, &err), &err);
    wire_frame_append_encoded(&wire_crl_finish_message, UINT64_C(0x1122334455667788),
                              buf_bytes(&payload), &out);

    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&frame)));
}

static void a_frame_that_cannot_be_made_leaves_nothing_behind(void **state)
{
    const struct wire_report_taken bad = {99};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    append_finish(&out, 1, 1);
    size_t before = out.len;

    assert_fails(wire_report_taken_frame(&bad, 1, &out, &err), &err, ERROR_INVALID,
                 "report taken: field 'http_status': 99 is outside 100 to 999");
    assert_int_equal(out.len, before);
}

/* Feeds the stream in pieces as the generator cuts it and counts what comes out. */
static void check_stream(const struct buf *stream, uint64_t frames, uint64_t piece_max,
                         struct wire_random *random)
{
    AUTO(wire_reader) reader;
    struct wire_frame frame;
    struct wire_crl_finish finish;
    struct error err = {0};
    uint64_t seen = 0;

    wire_reader_init(&reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), false);
    for (size_t at = 0; at < stream->len;) {
        size_t piece = (size_t)(1 + wire_random_below(random, piece_max));
        piece = piece < stream->len - at ? piece : stream->len - at;
        AUTO(octets) exactly = mem_array(piece, 1);

        memcpy(exactly, stream->data + at, piece);
        wire_reader_feed(&reader, exactly, piece);
        at += piece;
        for (bool complete = true; complete;) {
            assert_ok(wire_reader_next(&reader, &frame, &complete, &err), &err);
            if (complete) {
                seen++;
                assert_int_equal(frame.type, WIRE_TYPE_CRL_FINISH);
                assert_int_equal(frame.exchange, seen);
                assert_ok(wire_crl_finish_decode(frame.payload, &finish, &err), &err);
                assert_int_equal(finish.entry_count, 1000 + seen);
            }
        }
    }
    assert_int_equal(seen, frames);
}

static void reader_finds_the_frames_however_the_stream_is_cut(void **state)
{
    AUTO(wire_random) random;
    AUTO(buf) stream = BUF_EMPTY;
    static const uint64_t pieces[] = {1, 2, 14, 16, 24, 25, 100, 5000};
    (void)state;

    wire_random_init(&random, 1);
    for (uint64_t i = 1; i <= 50; i++) {
        append_finish(&stream, i, 1000 + i);
    }

    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        check_stream(&stream, 50, pieces[i], &random);
    }
}

static void reader_waits_without_allocating_what_a_length_promises(void **state)
{
    AUTO(wire_reader) reader;
    static const unsigned char head[] = {
        0, 2, 0, 11, 1, 0, WIRE_TYPE_CRL_ENTRIES, 0, 0, 0, 0, 0, 0, 0, 9, 'x'};
    struct wire_frame frame;
    struct error err = {0};
    bool complete = true;
    (void)state;

    wire_reader_init(&reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), false);
    wire_reader_feed(&reader, head, sizeof(head)); /* 128 KiB promised, one octet there */

    assert_ok(wire_reader_next(&reader, &frame, &complete, &err), &err);
    assert_false(complete);
    assert_true(reader.input.cap <= 4096);
}

struct head_case {
    const char *label;
    unsigned char length[4];
    unsigned char version;
    unsigned char type[2];
    const char *words; /* NULL: the head is fine */
};

static const struct head_case heads[] = {
    {"good", {0, 0, 0, 20}, 1, {0, WIRE_TYPE_CRL_FINISH}, NULL},
    {"version 0",
     {0, 0, 0, 20},
     0,
     {0, WIRE_TYPE_CRL_FINISH},
     "policyd speaks version 0 of the messages, this program version 1"},
    {"version 2", {0, 0, 0, 20}, 2, {0, WIRE_TYPE_CRL_FINISH}, "speaks version 2"},
    {"unknown type",
     {0, 0, 0, 20},
     1,
     {0, WIRE_TYPE_COUNT},
     "policyd sent an unknown type of message"},
    {"type 65535", {0, 0, 0, 20}, 1, {0xFF, 0xFF}, "unknown type of message, 65535"},
    {"an answer",
     {0, 0, 0, 20},
     1,
     {0, WIRE_TYPE_CRL_SIGNED},
     "policyd may not send the message 'CRL signed'"},
    {"another conversation",
     {0, 0, 0, 20},
     1,
     {0, WIRE_TYPE_REPORT},
     "may not send the message 'report'"},
    {"no room for the head",
     {0, 0, 0, 10},
     1,
     {0, WIRE_TYPE_CRL_FINISH},
     "a frame of 10 octets for 'CRL finish'"},
    {"empty payload", {0, 0, 0, 11}, 1, {0, WIRE_TYPE_CRL_FINISH}, NULL},
    {"longest payload", {0, 2, 0, 11}, 1, {0, WIRE_TYPE_CRL_ENTRIES}, NULL},
    {"one octet more",
     {0, 2, 0, 12},
     1,
     {0, WIRE_TYPE_CRL_ENTRIES},
     "a frame of 131084 octets for 'CRL entries', 11 to 131083 expected"},
    {"4 GiB",
     {0xFF, 0xFF, 0xFF, 0xFF},
     1,
     {0, WIRE_TYPE_CRL_ENTRIES},
     "a frame of 4294967295 octets"},
};

static void reader_refuses_a_head_before_it_waits_for_the_rest(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        const struct head_case *c = &heads[i];
        unsigned char head[WIRE_FRAME_HEAD] = {
            c->length[0], c->length[1], c->length[2], c->length[3],
            c->version,   c->type[0],   c->type[1],
        };
        AUTO(wire_reader) reader;
        struct wire_frame frame;
        struct error err = {0};
        bool complete = false;

        wire_reader_init(&reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), false);
        wire_reader_feed(&reader, head, sizeof(head));
        bool good = wire_reader_next(&reader, &frame, &complete, &err);
        if (good != (c->words == NULL) ||
            (!good && strstr(err.message, c->words) == NULL)) {
            fail_msg("%s: %s", c->label, good ? "accepted" : err.message);
        }
    }
}

static void a_refused_stream_stays_refused(void **state)
{
    AUTO(wire_reader) reader;
    AUTO(buf) stream = BUF_EMPTY;
    struct wire_frame frame;
    struct error err = {0};
    bool complete = false;
    (void)state;

    append_finish(&stream, 1, 1);
    append_finish(&stream, 2, 2);
    stream.data[24 + 4] = 9; /* the version of the second frame */
    wire_reader_init(&reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), false);
    wire_reader_feed(&reader, stream.data, stream.len);

    assert_ok(wire_reader_next(&reader, &frame, &complete, &err), &err);
    assert_true(complete);
    assert_fails(wire_reader_next(&reader, &frame, &complete, &err), &err, ERROR_INVALID,
                 "version 9");
    wire_reader_feed(&reader, stream.data, 24);
    assert_fails(wire_reader_next(&reader, &frame, &complete, &err), &err, ERROR_INVALID,
                 "refused already");
}

static void a_secret_reader_wipes_what_it_handed_out(void **state)
{
    AUTO(wire_reader) reader;
    AUTO(buf) stream = BUF_EMPTY;
    struct wire_frame frame;
    struct error err = {0};
    bool complete = false;
    (void)state;

    append_finish(&stream, 1, UINT32_MAX);
    wire_reader_init(&reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), true);
    wire_reader_feed(&reader, stream.data, stream.len);
    assert_ok(wire_reader_next(&reader, &frame, &complete, &err), &err);
    assert_memory_equal(frame.payload.data + 5, "\xFF\xFF\xFF\xFF", 4);
    wire_reader_feed(&reader, "", 0);

    assert_int_equal(reader.input.len, 0);
    for (size_t i = 0; i < stream.len; i++) {
        assert_int_equal(reader.input.data[i], 0);
    }
}

static bool contains(const struct wire_types *types, unsigned int type)
{
    for (size_t i = 0; i < types->count; i++) {
        if (types->types[i] == type) {
            return true;
        }
    }
    return false;
}

static void every_type_travels_in_one_direction_or_lies_in_the_journal(void **state)
{
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        bool stored =
            (type >= WIRE_TYPE_JOURNAL_START && type <= WIRE_TYPE_JOURNAL_CHECKPOINT) ||
            type >= WIRE_TYPE_JOURNAL_AUTHORITY;
        size_t expected = type == WIRE_TYPE_HELLO ? WIRE_DIRECTION_COUNT : 1;
        size_t found = 0;

        for (unsigned int i = 0; i < WIRE_DIRECTION_COUNT; i++) {
            found += contains(wire_direction_types((enum wire_direction)i), type) ? 1 : 0;
        }
        if (found != (stored ? 0 : expected)) {
            fail_msg("'%s' is in %zu directions", wire_type_name(type), found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_has_length_version_type_exchange_and_payload),
        cmocka_unit_test(a_payload_that_is_encoded_makes_the_same_frame),
        cmocka_unit_test(a_frame_that_cannot_be_made_leaves_nothing_behind),
        cmocka_unit_test(reader_finds_the_frames_however_the_stream_is_cut),
        cmocka_unit_test(reader_waits_without_allocating_what_a_length_promises),
        cmocka_unit_test(reader_refuses_a_head_before_it_waits_for_the_rest),
        cmocka_unit_test(a_refused_stream_stays_refused),
        cmocka_unit_test(a_secret_reader_wipes_what_it_handed_out),
        cmocka_unit_test(every_type_travels_in_one_direction_or_lies_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
