/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input is a type in two octets and a payload; the type after the last is the frame
 * reader, whose payload is a direction, the size of the pieces, and a stream.
 */
#include "tests/fuzz/wire_fuzz.h"

#include <stdint.h>
#include <string.h>

#include "common/base/text.h"
#include "common/wire/peer.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/wire_random.h"

enum { RECORD_MAX = 4096 /* octets of the largest struct */ };

static void check_refusal(const struct wire_message *message, const struct error *err,
                          const unsigned char *record)
{
    FUZZ_CHECK(err->code == ERROR_INVALID);
    FUZZ_CHECK(text_has_prefix(err->message, message->table->name));
    FUZZ_CHECK(text_is_printable(err->message, strlen(err->message)));
    for (size_t i = 0; i < message->table->size; i++) {
        FUZZ_CHECK(record[i] == 0);
    }
}

bool wire_fuzz_message(const struct wire_message *message, struct bytes payload)
{
    _Alignas(max_align_t) unsigned char record[RECORD_MAX];
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};

    FUZZ_CHECK(message->table->size <= sizeof(record));
    if (!wire_message_decode(message, payload, record, &err)) {
        check_refusal(message, &err, record);
        return false;
    }
    buf_reserve(&again, payload.len);
    FUZZ_CHECK(wire_message_encode(message, record, &again, &err));
    FUZZ_CHECK(again.len == payload.len);
    FUZZ_CHECK(memcmp(again.data, payload.data, payload.len) == 0);
    wire_table_clear(message->table, record);
    return true;
}

static const struct wire_types *direction(unsigned int number)
{
    return wire_direction_types((enum wire_direction)(number % WIRE_DIRECTION_COUNT));
}

/* What the reader has ready; false when it refused the stream. */
static bool take_frames(struct wire_reader *reader)
{
    struct wire_frame frame = {0};
    struct error err = {0};

    for (bool complete = true; complete;) {
        if (!wire_reader_next(reader, &frame, &complete, &err)) {
            FUZZ_CHECK(err.code == ERROR_INVALID);
            return false;
        }
        if (complete) {
            wire_fuzz_message(wire_message_find(frame.type), frame.payload);
        }
    }
    return true;
}

static void read_stream(const struct wire_types *from, size_t piece, struct bytes stream)
{
    AUTO(wire_reader) reader = {0};
    bool good = true;

    wire_reader_init(&reader, from, piece % 2 == 0);
    while (stream.len > 0 && good) {
        size_t now = piece < stream.len ? piece : stream.len;

        wire_reader_feed(&reader, stream.data, now);
        stream.data += now;
        stream.len -= now;
        good = take_frames(&reader);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }
    unsigned int type = (data[0] * 256U + data[1]) % (WIRE_TYPE_COUNT + 1);
    if (type == WIRE_TYPE_COUNT) {
        read_stream(direction(data[2]), (size_t)data[3] + 1,
                    (struct bytes){data + 4, size - 4});
    } else {
        wire_fuzz_message(wire_message_find(type), (struct bytes){data + 2, size - 2});
    }
    return 0;
}

void wire_fuzz_seed(const struct wire_message *message, unsigned int number,
                    struct buf *payload)
{
    _Alignas(max_align_t) unsigned char record[RECORD_MAX];
    AUTO(wire_random) random = {0};
    struct error err = {0};

    wire_random_init(&random, number);
    random.full = true;
    wire_random_fill(&random, message->table, record);
    FUZZ_CHECK(wire_message_encode(message, record, payload, &err));
    wire_table_clear(message->table, record);
}

static void emit_stream(fuzz_emit *emit, void *ctx, unsigned int number)
{
    const struct wire_types *from = direction(number);
    AUTO(buf) input = BUF_EMPTY;

    buf_append_byte(&input, WIRE_TYPE_COUNT / 256);
    buf_append_byte(&input, WIRE_TYPE_COUNT % 256);
    buf_append_byte(&input, (unsigned char)number);
    buf_append_byte(&input, (unsigned char)(20 * number));
    for (size_t i = 0; i < from->count; i++) {
        const struct wire_message *message = wire_message_find(from->types[i]);
        _Alignas(max_align_t) unsigned char record[RECORD_MAX];
        AUTO(wire_random) random = {0};
        struct error err = {0};

        wire_random_init(&random, i);
        random.full = true;
        wire_random_fill(&random, message->table, record);
        FUZZ_CHECK(wire_frame_append(message, i, record, &input, &err));
        wire_table_clear(message->table, record);
    }
    emit(ctx, input.data, input.len);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        for (unsigned int i = 0; i < WIRE_FUZZ_SEEDS; i++) {
            AUTO(buf) input = BUF_EMPTY;

            buf_append_byte(&input, (unsigned char)(type / 256));
            buf_append_byte(&input, (unsigned char)(type % 256));
            wire_fuzz_seed(wire_message_find(type), i, &input);
            emit(ctx, input.data, input.len);
        }
    }
    for (unsigned int i = 0; i < WIRE_DIRECTION_COUNT; i++) {
        emit_stream(emit, ctx, i);
    }
}
