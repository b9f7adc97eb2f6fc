/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/audit/record.h"
#include "common/base/mem.h"

enum { PIECE = 1024 * 1024 };
_Static_assert((int)PIECE >= (int)AUDIT_RECORD_MAX, "a piece holds any record");

/* A reading on its way. */
struct reading {
    const struct audit_growing *segment;
    uint64_t from;
    const struct audit_visitor *visitor;
    struct audit_place asked;   /* the first record that was visited */
    struct audit_place mark;    /* the last record that was taken */
    uint64_t next;              /* offset behind it */
    bool begun;                 /* mark was read, not only known */
    struct audit_hash previous; /* its hash */
};

/* As much as there is, up to PIECE octets from the next record on. */
static bool read_piece(const struct reading *r, unsigned char *piece, size_t *len,
                       struct error *err)
{
    uint64_t left = r->segment->size - r->next;
    size_t wanted = left < PIECE ? (size_t)left : PIECE;

    *len = 0;
    while (*len < wanted) {
        ssize_t n =
            pread(r->segment->fd, piece + *len, wanted - *len, (off_t)(r->next + *len));

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return error_set_errno(err, n < 0 ? errno : EIO, "reading the journal");
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool check_link(const struct reading *r, const struct audit_record *record,
                       struct error *err)
{
    uint64_t due = r->begun ? r->mark.sequence + 1 : r->mark.sequence;

    if (record->sequence != due ||
        (r->begun && !audit_hash_equal(&record->previous, &r->previous))) {
        return error_set(err, ERROR_INVALID,
                         "journal record %" PRIu64 " stands where %" PRIu64 " is due",
                         record->sequence, due);
    }
    return true;
}

/* All whole records of a piece; used: their octets. */
static bool visit_piece(struct reading *r, struct bytes piece, size_t *used,
                        struct error *err)
{
    uint64_t start = r->next;
    struct audit_record record;

    *used = 0;
    for (size_t at = 0; audit_record_read(piece, used, &record) == AUDIT_STEP_RECORD;
         at = *used) {
        if (!check_link(r, &record, err)) {
            return false;
        }
        const struct audit_place place = {record.sequence, start + at};
        if (record.sequence <= r->from) {
            r->asked = place;
        }
        if (record.sequence >= r->from &&
            !r->visitor->record(r->visitor->ctx, &record, err)) {
            return false; /* who goes on begins at or behind the one before */
        }
        r->mark = place;
        r->next = start + *used;
        r->previous = record.hash;
        r->begun = true;
    }
    return true;
}

static bool visit(struct reading *r, unsigned char *piece, struct error *err)
{
    while (r->next < r->segment->size) {
        size_t len = 0;
        size_t used = 0;

        if (!read_piece(r, piece, &len, err) ||
            !visit_piece(r, (struct bytes){piece, len}, &used, err)) {
            return false;
        }
        if (used == 0) {
            return error_set(err, ERROR_INVALID,
                             "no whole journal record behind record %" PRIu64,
                             r->mark.sequence);
        }
    }
    return true;
}

static struct audit_place find_start(const struct audit_growing *segment, uint64_t from,
                                     const struct audit_mark *mark)
{
    if (from >= mark->last.sequence) {
        return mark->last;
    }
    return from >= mark->asked.sequence
               ? mark->asked
               : (struct audit_place){segment->first_sequence, 0};
}

bool audit_follow(const struct audit_growing *segment, uint64_t from_sequence,
                  struct audit_mark *mark, const struct audit_visitor *visitor,
                  struct error *err)
{
    const struct audit_place start = find_start(segment, from_sequence, mark);
    struct reading r = {.segment = segment,
                        .from = from_sequence,
                        .visitor = visitor,
                        .asked = start,
                        .mark = start};
    AUTO(octets) piece = mem_array(PIECE, 1);

    r.next = r.mark.offset;
    bool done = visit(&r, piece, err);
    *mark = (struct audit_mark){r.asked, r.mark};
    return done;
}
