/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/frame.h"

#include "common/base/octets.h"

enum { LENGTH_OCTETS = 4 };

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
    unsigned char *at = out->data + start;
    octets_put_u32(at, (uint32_t)(out->len - start - LENGTH_OCTETS));
    at[4] = WIRE_VERSION;
    octets_put_u16(at + 5, (uint16_t)message->type);
    octets_put_u64(at + 7, exchange);
    return true;
}
