/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: frames out of a byte stream. Octets in, frames out; descriptors are the ports' job.
 *
 * The length, version and type of a frame are judged before the rest of it is waited for.
 */
#ifndef AE_COMMON_WIRE_READER_H
#define AE_COMMON_WIRE_READER_H

#include "common/wire/frame.h"

/* The types that may come from one direction of a conversation (peer.h has them). */
struct wire_types {
    const char *from; /* who sends them, for sentences */
    const enum wire_type *types;
    size_t count;
};

struct wire_frame {
    enum wire_type type;
    uint64_t exchange;
    struct bytes payload; /* for the type's _decode */
};

struct wire_reader {
    const struct wire_types *allowed;
    struct buf input;
    size_t used; /* octets of input that were handed out */
    bool broken;
};

/* secret: wipe what was read (frames with passwords or tickets). allowed is borrowed. */
void wire_reader_init(struct wire_reader *reader, const struct wire_types *allowed,
                      bool secret);
void wire_reader_clear(struct wire_reader *reader);
CLEANUP_DEFINE_VALUE(wire_reader, struct wire_reader, wire_reader_clear);

/*
 * Take octets that arrived, as many as one read gave. Frames handed out before end here.
 * Memory grows with what arrived, never with what a length promises; call
 * wire_reader_next() until it has none, so that at most one unfinished frame stays.
 */
void wire_reader_feed(struct wire_reader *reader, const void *data, size_t len);

/*
 * The next complete frame, if there is one.
 *
 * out     borrowed until the next feed; to keep it longer, copy the payload and decode there
 * errors  ERROR_INVALID  another version, a type that is unknown or not for this direction,
 *                        a length beyond the type's maximum. Close the connection: whatever
 *                        follows cannot be told apart
 */
AE_MUST_CHECK bool wire_reader_next(struct wire_reader *reader, struct wire_frame *out,
                                    bool *complete, struct error *err);

#endif
