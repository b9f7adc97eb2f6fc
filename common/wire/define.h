/* SPDX-License-Identifier: Apache-2.0 */
/*
 * define: what a conversation's .c file needs to make messages of its tables.
 */
#ifndef AE_COMMON_WIRE_DEFINE_H
#define AE_COMMON_WIRE_DEFINE_H

#include "common/wire/fields.h"
#include "common/wire/frame.h"
#include "common/wire/message.h"

/* The message wire_<name> of the rows; title is its name in sentences. */
#define WIRE_DEFINE(name, type_value, title, rows, most)                                 \
    const WIRE_TABLE(wire_##name, title, rows);                                          \
    const struct wire_message wire_##name##_message = {(type_value),                     \
                                                       &wire_##name##_table, (most)};    \
    bool wire_##name##_encode(const struct wire_##name *message, struct buf *out,        \
                              struct error *err)                                         \
    {                                                                                    \
        return wire_message_encode(&wire_##name##_message, message, out, err);           \
    }                                                                                    \
    bool wire_##name##_frame(const struct wire_##name *message, uint64_t exchange,       \
                             struct buf *out, struct error *err)                         \
    {                                                                                    \
        return wire_frame_append(&wire_##name##_message, exchange, message, out, err);   \
    }                                                                                    \
    bool wire_##name##_decode(struct bytes in, struct wire_##name *out,                  \
                              struct error *err)                                         \
    {                                                                                    \
        struct wire_##name message;                                                      \
        if (!wire_message_decode(&wire_##name##_message, in, &message, err)) {           \
            return false;                                                                \
        }                                                                                \
        *out = message;                                                                  \
        return true;                                                                     \
    }                                                                                    \
    void wire_##name##_clear(struct wire_##name *message)                                \
    {                                                                                    \
        wire_table_clear(&wire_##name##_table, message);                                 \
    }                                                                                    \
    _Static_assert(1, "takes the semicolon")

/* The name of an enum's value from its table of count names. */
static inline const char *wire_name_of(const char *const *names, size_t count,
                                       unsigned int value)
{
    return value < count ? names[value] : "unknown";
}

#endif
