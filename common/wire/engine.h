/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: what encoding and decoding share: where they are, and whether a value may stand
 * there. Only for the two of them.
 */
#ifndef AE_COMMON_WIRE_ENGINE_H
#define AE_COMMON_WIRE_ENGINE_H

#include "common/wire/table.h"

#define WIRE_NO_INDEX SIZE_MAX

/* The way from the message down to the record at hand, for the sentence of a failure. */
struct wire_walk {
    const char *message;
    struct {
        const struct wire_field *field;
        size_t index; /* of a list's entry, else WIRE_NO_INDEX */
    } path[WIRE_DEPTH_MAX];
    size_t depth;
    struct error *err;
};

/* Down into the record of a field, and back. A table that is too deep aborts: our bug. */
void wire_walk_enter(struct wire_walk *walk, const struct wire_field *field,
                     size_t index);
void wire_walk_leave(struct wire_walk *walk);

/* "issue intent: field 'content.sans[3].value': " and the words; returns false. */
bool wire_walk_fail(const struct wire_walk *walk, const struct wire_field *field,
                    enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * May this number, this length or count, this text stand in the field?
 * errors  ERROR_INVALID  no
 */
AE_MUST_CHECK bool wire_walk_check_number(const struct wire_walk *walk,
                                          const struct wire_field *field, uint64_t value);
AE_MUST_CHECK bool wire_walk_check_size(const struct wire_walk *walk,
                                        const struct wire_field *field, uint64_t size);
AE_MUST_CHECK bool wire_walk_check_text(const struct wire_walk *walk,
                                        const struct wire_field *field, const char *text,
                                        size_t len);

/* Octets of a number of this kind on the wire: 1, 4 or 8. */
size_t wire_number_octets(enum wire_kind kind);

/* The number in a record; an i64 as its two's complement. */
uint64_t wire_number_load(const struct wire_field *field, const void *record);
void wire_number_store(const struct wire_field *field, void *record, uint64_t value);

#endif
