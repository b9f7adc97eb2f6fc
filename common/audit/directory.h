/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory: a journal as it lies on the disk, for its readers (and its writer's start).
 */
#ifndef AE_COMMON_AUDIT_DIRECTORY_H
#define AE_COMMON_AUDIT_DIRECTORY_H

#include "common/audit/segment.h"
#include "common/base/error.h"

/* Larger than any segment we write; more is refused unread. */
enum { AUDIT_SEGMENT_LIMIT = 1 << 30 };

/* The first sequences of all segments, ascending. */
struct audit_segments {
    uint64_t *first;
    size_t count;
};
void audit_segments_clear(struct audit_segments *list);
CLEANUP_DEFINE_VALUE(audit_segments, struct audit_segments, audit_segments_clear);

/*
 * List the segments; other names are passed over.
 * list    on success owned by the caller
 * errors  ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  the directory cannot be read
 */
AE_MUST_CHECK bool audit_list_segments(const char *directory, struct audit_segments *list,
                                       struct error *err);

/*
 * Append the content of one segment to out.
 * errors  ERROR_NOT_FOUND  there is none of that sequence
 *         ERROR_INVALID    no regular file, or larger than AUDIT_SEGMENT_LIMIT
 *         ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read
 */
AE_MUST_CHECK bool audit_load_segment(const char *directory, uint64_t first_sequence,
                                      struct buf *out, struct error *err);

/*
 * Check one segment by itself: what it says of the one before it is taken as it stands.
 *
 * chain, end  on success where it ends
 * errors      as audit_load_segment(); ERROR_INVALID also for a damaged segment
 */
AE_MUST_CHECK bool audit_adopt_segment(const char *directory, uint64_t first_sequence,
                                       struct audit_chain *chain, struct segment_end *end,
                                       struct error *err);

/*
 * Visit all records from from_sequence on in order, through all later segments. The segment
 * that holds it is taken as it stands; from there on every link is checked.
 *
 * errors  ERROR_NOT_FOUND  no segment holds the sequence: it was moved away, or is yet to come
 *         ERROR_INVALID    a segment is damaged or missing in between; the sentence names it
 *         ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read
 *         the visitor's own
 */
AE_MUST_CHECK bool audit_read_from(const char *directory, uint64_t from_sequence,
                                   const struct audit_visitor *visitor,
                                   struct error *err);

/*
 * Check the whole journal from its first record on.
 *
 * chain, end  on success where it ends; end->torn is not 0 while a writer is at work, or after
 *             a crash
 * errors      as audit_read_from(), with sequence 1
 */
AE_MUST_CHECK bool audit_verify(const char *directory,
                                const struct audit_visitor *visitor,
                                struct audit_chain *chain, struct segment_end *end,
                                struct error *err);

#endif
