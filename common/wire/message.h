/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: what every message between our processes offers, and the list of them all.
 *
 * A message is a struct wire_<name>, declared where its conversation is (identity.h, facts.h,
 * issue.h, …), and the functions below. A decoded message borrows text and octets from the
 * octets it came from: they must outlive it, and must not change.
 */
#ifndef AE_COMMON_WIRE_MESSAGE_H
#define AE_COMMON_WIRE_MESSAGE_H

#include "common/base/cleanup.h"
#include "common/wire/table.h"
#include "common/wire/type.h"

struct wire_message {
    enum wire_type type;
    const struct wire_table *table;
    size_t
        payload_max; /* octets of an encoding, whatever the bounds of the fields allow */
};

/* The message of a type; NULL when there is none. */
const struct wire_message *wire_message_find(unsigned int type);

/* "issue intent"; "unknown" when there is none. */
const char *wire_type_name(unsigned int type);

/*
 * A message of any type; record is its struct.
 * errors  ERROR_INVALID  as the table's function says, or longer than payload_max
 */
AE_MUST_CHECK bool wire_message_encode(const struct wire_message *message,
                                       const void *record, struct buf *out,
                                       struct error *err);
/* *record is all zero on failure. */
AE_MUST_CHECK bool wire_message_decode(const struct wire_message *message,
                                       struct bytes in, void *record, struct error *err);

/*
 * The functions of one message:
 *   _encode   append the payload to out
 *   _frame    append a whole frame (frame.h) to out
 *   _decode   read a payload: *out is untouched on failure, else to be cleared
 *   _clear    free what decoding allocated; all zero before and after
 * errors  ERROR_INVALID   a value or the whole is out of its bounds, or, when decoding, the
 *                         octets are no encoding of the message; the sentence names the field
 *         ERROR_INTERNAL  (encoding) a list or octets without their pointer
 * AUTO(wire_<name>) clears at the end of the scope.
 */
#define WIRE_DECLARE(name)                                                               \
    extern const struct wire_table wire_##name##_table;                                  \
    extern const struct wire_message wire_##name##_message;                              \
    AE_MUST_CHECK bool wire_##name##_encode(const struct wire_##name *message,           \
                                            struct buf *out, struct error *err);         \
    AE_MUST_CHECK bool wire_##name##_frame(const struct wire_##name *message,            \
                                           uint64_t exchange, struct buf *out,           \
                                           struct error *err);                           \
    AE_MUST_CHECK bool wire_##name##_decode(struct bytes in, struct wire_##name *out,    \
                                            struct error *err);                          \
    void wire_##name##_clear(struct wire_##name *message);                               \
    CLEANUP_DEFINE_VALUE(wire_##name, struct wire_##name, wire_##name##_clear)

#endif
