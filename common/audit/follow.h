/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow: read on in a segment that is still being written, for who asks again and again for what
 * is new: what was read before is not read again.
 */
#ifndef AE_COMMON_AUDIT_FOLLOW_H
#define AE_COMMON_AUDIT_FOLLOW_H

#include "common/audit/segment.h"
#include "common/base/error.h"

/* A segment as its writer has it. */
struct audit_growing {
    int fd;
    uint64_t first_sequence;
    uint64_t size; /* octets of whole records */
};

struct audit_place {
    uint64_t sequence;
    uint64_t offset;
};

/* Where the last reading began and ended; at first the segment's first record, at 0, is both. */
struct audit_mark {
    struct audit_place asked, last;
};

/*
 * Visit the records from from_sequence on, which is not before the segment's first one; past the
 * last one there are none. The record at the start is taken as it stands; from there on every link
 * is checked.
 *
 * mark    where to begin, at the one of the two that from_sequence is not before; set to the
 *         first record that was visited and the last one, without one that the visitor refused:
 *         who goes on, or asks for the same again, does not begin anew
 * errors  ERROR_INVALID      a record is damaged or does not continue the one before it
 *         ERROR_UNAVAILABLE  it cannot be read
 *         the visitor's own
 */
AE_MUST_CHECK bool audit_follow(const struct audit_growing *segment,
                                uint64_t from_sequence, struct audit_mark *mark,
                                const struct audit_visitor *visitor, struct error *err);

#endif
