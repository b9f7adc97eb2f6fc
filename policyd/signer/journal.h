/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: the signer's record of everything it does, written before it does it (I1).
 *
 * Records are appended in memory and reach stable storage together by journal_commit(): many
 * intents, one sync. What a commit did not store was never recorded, and nobody may act on it.
 * The file format is common/audit's. One writer holds a journal; readers need no lock.
 */
#ifndef AE_POLICYD_SIGNER_JOURNAL_H
#define AE_POLICYD_SIGNER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/audit/segment.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

struct journal;

struct journal_options {
    const char *directory; /* exists, ours alone (0700) */
    uint64_t segment_max;  /* octets; a segment that reached it is followed by another */
};

/* What status and recovery need to know. */
struct journal_state {
    uint64_t sequence;       /* of the last stored record */
    uint64_t time_ns;        /* of that record */
    struct audit_hash hash;  /* of that record */
    struct audit_hash root;  /* of the tree over all stored records */
    uint64_t first_sequence; /* of the present segment */
    uint64_t segment_octets;
    uint64_t recovered; /* octets of torn tails that this writer chained over */
    bool failed;        /* a sync failed: nothing is recorded before a restart */
};

/*
 * Take the lock, check the last segment, and begin a new one (recorded and synced).
 *
 * now_ns  wall time for that first record
 * out     owned by the caller: journal_free()
 * errors  ERROR_CONFLICT     another process holds this journal
 *         ERROR_INVALID      the last segment is damaged inside, not only torn at its end
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  the directory or disk refuses
 */
AE_MUST_CHECK bool journal_open(const struct journal_options *options, uint64_t now_ns,
                                struct journal **out, struct error *err);
void journal_free(struct journal *j); /* accepts NULL; what was not committed is lost */
CLEANUP_DEFINE(journal, struct journal *, journal_free);

/*
 * Make ready for a batch: begin another segment when the present one is full or when a failed
 * commit may have left something behind. To be called before the first append of a batch.
 *
 * errors  as journal_commit()
 */
AE_MUST_CHECK bool journal_prepare(struct journal *j, uint64_t now_ns, struct error *err);

/*
 * Append a record in memory. The journal is prepared, and has not failed to commit since.
 *
 * type     AUDIT_TYPE_CONTENT or above
 * payload  borrowed, at most AUDIT_PAYLOAD_MAX octets
 * returns  the sequence it will have once committed
 */
uint64_t journal_append(struct journal *j, uint16_t type, uint64_t now_ns,
                        struct bytes payload);

/* The hash of the record that was appended last. */
void journal_get_pending_hash(const struct journal *j, struct audit_hash *out);

enum journal_durability {
    JOURNAL_WRITTEN = 0, /* survives the process, not a power loss: for results */
    JOURNAL_SYNCED       /* on stable storage, with everything written before it */
};

/*
 * Store what was appended since the last commit. On failure nothing of it counts as recorded
 * and its sequences are void; some of its records may be found on the disk all the same, and
 * then stay in the journal (an intent there is taken as possibly signed).
 *
 * errors  ERROR_UNAVAILABLE  no room or another write error: try again later; preparing then
 *                            chains over what this commit may have left behind
 *         ERROR_INTERNAL     a sync failed: what is on the disk is unknown, so this journal
 *                            takes nothing more until the process is started again
 */
AE_MUST_CHECK bool journal_commit(struct journal *j, enum journal_durability durability,
                                  struct error *err);

/* Octets appended and not yet committed; 0 right after a commit. */
size_t journal_pending(const struct journal *j);

/* With the root of the tree, which costs some hashes. */
void journal_get_state(const struct journal *j, struct journal_state *out);

/* Of the state alone: its sequence, and the present segment's first. */
uint64_t journal_last_sequence(const struct journal *j);
uint64_t journal_first_sequence(const struct journal *j);

/*
 * Visit the stored records from a sequence on, in order, until the visitor says stop by
 * returning false (its error is passed on) or the last one is reached.
 *
 * errors  ERROR_NOT_FOUND    the segment that holds the sequence is not there (moved away)
 *         ERROR_INVALID      a segment is damaged
 *         ERROR_UNAVAILABLE  it cannot be read
 */
AE_MUST_CHECK bool journal_read(struct journal *j, uint64_t from_sequence,
                                const struct audit_visitor *visitor, struct error *err);

#endif
