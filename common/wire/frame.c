/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/frame.h"

#include "common/base/octets.h"

enum { LENGTH_OCTETS = 4 };

static void fill_head(const struct wire_message *message, uint64_t exchange,
                      size_t payload_len, unsigned char head[WIRE_FRAME_HEAD])
{
    octets_put_u32(head, (uint32_t)(WIRE_FRAME_HEAD - LENGTH_OCTETS + payload_len));
    head[4] = WIRE_VERSION;
    octets_put_u16(head + 5, (uint16_t)message->type);
    octets_put_u64(head + 7, exchange);
}

bool wire_frame_append(const struct wire_message *message, uint64_t exchange,
                       const void *record, struct buf *out, struct error *err)
{
    unsigned char head[WIRE_FRAME_HEAD] = {0};
    size_t start = out->len;

    buf_append(out, head, sizeof(head));
    if (!wire_message_encode(message, record, out, err)) {
        buf_truncate(out, start);
        return false;
    }
    fill_head(message, exchange, out->len - start - WIRE_FRAME_HEAD, out->data + start);
    return true;
}

void wire_frame_append_encoded(const struct wire_message *message, uint64_t exchange,
                               struct bytes payload, struct buf *out)
{
    unsigned char head[WIRE_FRAME_HEAD];

    fill_head(message, exchange, payload.len, head);
    buf_append(out, head, sizeof(head));
    buf_append(out, payload.data, payload.len);
}
