/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/follow.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/audit/record.h"
#include "common/base/mem.h"

enum {
    EVERY = 16, /* records from one noted place to the next */
    PIECE_FIRST = 16 * 1024,
    PIECE_MAX = 256 * 1024 /* octets: mostly few records are wanted */
};
_Static_assert((int)PIECE_MAX >= (int)AUDIT_RECORD_MAX, "a piece holds any record");

/* ---- places -------------------------------------------------------------------------- */

void audit_places_note(struct audit_places *places, struct audit_place place)
{
    if (places->count > 0 &&
        place.sequence - places->items[places->count - 1].sequence < EVERY) {
        return;
    }
    if (places->count == places->capacity) {
        places->capacity = places->capacity == 0 ? 64 : places->capacity * 2;
        places->items =
            mem_resize(places->items, places->capacity, sizeof(*places->items));
    }
    places->items[places->count++] = place;
}

void audit_places_clear(struct audit_places *places)
{
    free(places->items);
    *places = AUDIT_PLACES_EMPTY;
}

/* The last one that a record is not before. */
static struct audit_place find_place(const struct audit_places *places, uint64_t sequence)
{
    size_t low = 0;
    size_t high = places->count;

    assert(places->count > 0);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (places->items[middle].sequence <= sequence) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return places->items[low];
}

/* ---- reading ------------------------------------------------------------------------- */

/* A reading on its way. */
struct reading {
    const struct audit_growing *segment;
    uint64_t from;
    const struct audit_visitor *visitor;
    uint64_t due;               /* sequence of the next record */
    uint64_t next;              /* its offset */
    bool begun;                 /* the one before was read, not only known */
    struct audit_hash previous; /* its hash */
};

/* As much as there is, up to wanted octets from the next record on. */
static bool read_piece(const struct reading *r, size_t wanted, struct buf *piece,
                       struct error *err)
{
    uint64_t left = r->segment->size - r->next;

    buf_truncate(piece, 0);
    wanted = left < wanted ? (size_t)left : wanted;
    buf_reserve(piece, wanted);
    while (piece->len < wanted) {
        ssize_t n = pread(r->segment->fd, piece->data + piece->len, wanted - piece->len,
                          (off_t)(r->next + piece->len));

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return error_set_errno(err, n < 0 ? errno : EIO, "reading the journal");
        }
        piece->len += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool check_link(const struct reading *r, const struct audit_record *record,
                       struct error *err)
{
    if (record->sequence != r->due ||
        (r->begun && !audit_hash_equal(&record->previous, &r->previous))) {
        return error_set(err, ERROR_INVALID,
                         "journal record %" PRIu64 " stands where %" PRIu64 " is due",
                         record->sequence, r->due);
    }
    return true;
}

/* All whole records of a piece; used: their octets. */
static bool visit_piece(struct reading *r, struct bytes piece, size_t *used,
                        struct error *err)
{
    struct audit_record record;

    *used = 0;
    while (audit_record_read(piece, used, &record) == AUDIT_STEP_RECORD) {
        if (!check_link(r, &record, err) ||
            (record.sequence >= r->from &&
             !r->visitor->record(r->visitor->ctx, &record, err))) {
            return false;
        }
        r->due = record.sequence + 1;
        r->previous = record.hash;
        r->begun = true;
    }
    r->next += *used;
    return true;
}

bool audit_follow(const struct audit_growing *segment, uint64_t from_sequence,
                  const struct audit_visitor *visitor, struct error *err)
{
    const struct audit_place start = find_place(segment->places, from_sequence);
    struct reading r = {.segment = segment,
                        .from = from_sequence,
                        .visitor = visitor,
                        .due = start.sequence,
                        .next = start.offset};
    AUTO(buf) piece = BUF_EMPTY;

    for (size_t wanted = PIECE_FIRST; r.next < segment->size;) {
        size_t used = 0;

        if (!read_piece(&r, wanted, &piece, err) ||
            !visit_piece(&r, buf_bytes(&piece), &used, err)) {
            return false;
        }
        if (used == 0 && wanted == PIECE_MAX) {
            return error_set(err, ERROR_INVALID,
                             "no whole journal record where %" PRIu64 " is due", r.due);
        }
        wanted = wanted < PIECE_MAX ? wanted * 2 : PIECE_MAX;
    }
    return true;
}
