/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow: read on in a segment that is still being written, from any of its records on, without
 * reading it from its beginning: its writer notes where some of them lie.
 */
#ifndef AE_COMMON_AUDIT_FOLLOW_H
#define AE_COMMON_AUDIT_FOLLOW_H

#include "common/audit/segment.h"
#include "common/base/error.h"

struct audit_place {
    uint64_t sequence;
    uint64_t offset; /* in the segment */
};

/* Where every so-many-th record of a segment lies, ascending. AUDIT_PLACES_EMPTY has none. */
struct audit_places {
    struct audit_place *items;
    size_t count, capacity;
};
#define AUDIT_PLACES_EMPTY ((struct audit_places){NULL, 0, 0})

/* Told of each record of a segment in turn, its first one included; some are kept. One that was
 * never stored does no harm: it is behind what the segment holds. */
void audit_places_note(struct audit_places *places, struct audit_place place);
void audit_places_clear(struct audit_places *places);

/* A segment as its writer has it. */
struct audit_growing {
    int fd;
    uint64_t size;                     /* octets of whole records */
    const struct audit_places *places; /* the first record's at least; borrowed */
};

/*
 * Visit the records from from_sequence on, which is not before the segment's first one; past the
 * last one there are none. The record at the noted place is taken as it stands; from there on every
 * link is checked.
 *
 * errors  ERROR_INVALID      a record is damaged or does not continue the one before it
 *         ERROR_UNAVAILABLE  it cannot be read
 *         the visitor's own
 */
AE_MUST_CHECK bool audit_follow(const struct audit_growing *segment,
                                uint64_t from_sequence,
                                const struct audit_visitor *visitor, struct error *err);

#endif
