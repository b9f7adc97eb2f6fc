/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/reader.h"

#include <string.h>

#include "common/base/octets.h"

enum { LENGTH_OCTETS = 4, REST_OF_HEAD = WIRE_FRAME_HEAD - LENGTH_OCTETS };

void wire_reader_init(struct wire_reader *reader, const struct wire_types *allowed,
                      bool secret)
{
    *reader = (struct wire_reader){.allowed = allowed,
                                   .input = secret ? BUF_SECRET : BUF_EMPTY};
}

void wire_reader_clear(struct wire_reader *reader)
{
    buf_clear(&reader->input);
    reader->used = 0;
}

void wire_reader_feed(struct wire_reader *reader, const void *data, size_t len)
{
    struct buf *input = &reader->input;

    if (reader->used > 0) {
        size_t left = input->len - reader->used;

        memmove(input->data, input->data + reader->used, left);
        buf_truncate(input, left);
        reader->used = 0;
    }
    if (!reader->broken) {
        buf_append(input, data, len);
    }
}

static bool is_allowed(const struct wire_types *allowed, unsigned int type)
{
    for (size_t i = 0; i < allowed->count; i++) {
        if (allowed->types[i] == type) {
            return true;
        }
    }
    return false;
}

/* The type, the version and the length are judged before anything is waited for. */
static bool check_head(const struct wire_types *allowed, const unsigned char *head,
                       struct error *err)
{
    uint32_t length = octets_get_u32(head);
    unsigned int version = head[4];
    unsigned int type = octets_get_u16(head + 5);
    const struct wire_message *message = wire_message_find(type);

    if (version != WIRE_VERSION) {
        return error_set(err, ERROR_INVALID,
                         "%s speaks version %u of the messages, this program version %d",
                         allowed->from, version, WIRE_VERSION);
    }
    if (message == NULL) {
        return error_set(err, ERROR_INVALID, "%s sent an unknown type of message, %u",
                         allowed->from, type);
    }
    if (!is_allowed(allowed, type)) {
        return error_set(err, ERROR_INVALID, "%s may not send the message '%s'",
                         allowed->from, message->table->name);
    }
    if (length < REST_OF_HEAD || length - REST_OF_HEAD > message->payload_max) {
        return error_set(err, ERROR_INVALID,
                         "%s sent a frame of %u octets for '%s', %d to %zu expected",
                         allowed->from, length, message->table->name, REST_OF_HEAD,
                         REST_OF_HEAD + message->payload_max);
    }
    return true;
}

bool wire_reader_next(struct wire_reader *reader, struct wire_frame *out, bool *complete,
                      struct error *err)
{
    size_t left = reader->input.len - reader->used;

    if (reader->broken) {
        return error_set(err, ERROR_INVALID, "the stream from %s was refused already",
                         reader->allowed->from);
    }
    if (left < WIRE_FRAME_HEAD) {
        *complete = false;
        return true;
    }
    const unsigned char *head = reader->input.data + reader->used;
    if (!check_head(reader->allowed, head, err)) {
        reader->broken = true;
        return false;
    }
    size_t frame = LENGTH_OCTETS + (size_t)octets_get_u32(head);
    *complete = left >= frame;
    if (*complete) {
        out->type = (enum wire_type)octets_get_u16(head + 5);
        out->exchange = octets_get_u64(head + 7);
        out->payload = (struct bytes){head + WIRE_FRAME_HEAD, frame - WIRE_FRAME_HEAD};
        reader->used += frame;
    }
    return true;
}
