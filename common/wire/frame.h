/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame: one message as it travels on a byte stream; reader.h takes them apart again.
 *
 *     u32 length of what follows, u8 version, u16 type, u64 exchange, payload
 *
 * The exchange id ties an answer to its question. Whoever asks chooses it, unique among those
 * it has open on the connection; every question gets exactly one answer, in any order. So
 * many questions are in flight on one socket, and that is how ledger and signer work in
 * batches (one sync for many): policyd writes intents as they come, the signer takes all that
 * it has read, appends them to the journal, syncs once, signs, and answers each.
 * Conversations of several steps (crl.h) keep one exchange id. HELLO has exchange id 0.
 */
#ifndef AE_COMMON_WIRE_FRAME_H
#define AE_COMMON_WIRE_FRAME_H

#include "common/wire/message.h"

enum {
    WIRE_VERSION = 1,         /* of all messages together */
    WIRE_FRAME_HEAD = 15,     /* octets before the payload */
    WIRE_FRAME_MAX = 4 << 20, /* octets of any frame; types have smaller maxima */
};

/*
 * Append one frame.
 * out     as before on failure
 * errors  as wire_message_encode()
 */
AE_MUST_CHECK bool wire_frame_append(const struct wire_message *message,
                                     uint64_t exchange, const void *record,
                                     struct buf *out, struct error *err);

/* The same with a payload that wire_message_encode() of this message made. */
void wire_frame_append_encoded(const struct wire_message *message, uint64_t exchange,
                               struct bytes payload, struct buf *out);

#endif
