/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/audit_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit/directory.h"
#include "common/base/mem.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"

/* What a checkpoint says: the root of the first size records. */
struct claim {
    uint64_t size;
    struct audit_hash root;
    uint64_t sequence; /* of the record that says it; 0: it was kept elsewhere */
};

/* A reading under way. */
struct reading {
    const struct audit_check_job *job;
    struct audit_chain chain;
    struct segment_end end;
    struct claim *claims;
    size_t claim_count, claim_room;
};

static void reading_clear(struct reading *r)
{
    free(r->claims);
}
CLEANUP_DEFINE_VALUE(reading, struct reading, reading_clear);

static void add_claim(struct reading *r, const struct claim *claim)
{
    if (r->claim_count == r->claim_room) {
        r->claim_room = r->claim_room == 0 ? 16 : r->claim_room * 2;
        r->claims = mem_resize(r->claims, r->claim_room, sizeof(*r->claims));
    }
    r->claims[r->claim_count++] = *claim;
}

/* The note in the record, signed by the key, says what the record says. */
static bool check_note(const struct reading *r,
                       const struct wire_journal_checkpoint *said, struct error *err)
{
    struct note_checkpoint signed_for;
    struct audit_hash root;

    if (!note_read(bytes_of_text(said->note), r->job->key, &signed_for, err)) {
        return false;
    }
    memcpy(root.octets, said->root, AUDIT_HASH_SIZE);
    if (signed_for.size != said->size || !audit_hash_equal(&signed_for.root, &root)) {
        return error_set(err, ERROR_INVALID, "its note is for other records");
    }
    return true;
}

static bool take_checkpoint(struct reading *r, const struct audit_record *record,
                            struct error *err)
{
    AUTO(wire_journal_checkpoint) said = {.origin = NULL};
    struct claim claim = {.sequence = record->sequence};

    if (!wire_journal_checkpoint_decode(record->payload, &said, err) ||
        !check_note(r, &said, err)) {
        return error_wrap(err, "record %" PRIu64 " is no checkpoint of this signer",
                          record->sequence);
    }
    claim.size = said.size;
    memcpy(claim.root.octets, said.root, AUDIT_HASH_SIZE);
    add_claim(r, &claim);
    return true;
}

static bool visit_claims(void *ctx, const struct audit_record *record, struct error *err)
{
    struct reading *r = ctx;

    return r->job->key == NULL || record->type != WIRE_RECORD_CHECKPOINT ||
           take_checkpoint(r, record, err);
}

/*
 * The end of the segment before is not as the first record of the next one says. Both ends are
 * known, so say what was done to it.
 */
static bool fail_joint(const struct reading *r, const struct segment_end *said,
                       uint64_t next, struct error *err)
{
    uint64_t due = r->chain.tree.size + 1;
    uint64_t there = r->end.whole + r->end.torn;
    uint64_t was = said->whole + said->torn;

    if (said->first_sequence != r->end.first_sequence && next > due) {
        return error_set(err, ERROR_INVALID,
                         "records %" PRIu64 " to %" PRIu64
                         " are missing: no segment holds them",
                         due, next - 1);
    }
    if (there < was) {
        return error_set(err, ERROR_INVALID,
                         "records from %" PRIu64 " on are missing: segment %" PRIu64
                         " was cut by %" PRIu64 " octets",
                         due, r->end.first_sequence, was - there);
    }
    if (there > was) {
        return error_set(err, ERROR_INVALID,
                         "%" PRIu64 " octets were added behind record %" PRIu64
                         " in segment %" PRIu64,
                         there - was, due - 1, r->end.first_sequence);
    }
    return error_set(err, ERROR_INVALID,
                     "record %" PRIu64 " was changed: it is in segment %" PRIu64
                     " and its hash does not fit its content",
                     due, r->end.first_sequence);
}

/* Does the segment continue the one before it? Its first record says how that one ended. */
static bool check_joint(const struct reading *r, struct bytes data, uint64_t next,
                        struct error *err)
{
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end said = {0};

    if (!segment_adopt(data, &chain, &said, err)) {
        return error_set(err, ERROR_INVALID,
                         "record %" PRIu64 " was changed: it begins segment %" PRIu64
                         " and is no first record of one",
                         next, next);
    }
    if (chain.tree.size == r->chain.tree.size &&
        said.first_sequence == r->end.first_sequence && said.whole == r->end.whole &&
        said.torn == r->end.torn &&
        audit_hash_equal(&said.torn_hash, &r->end.torn_hash)) {
        return true;
    }
    return fail_joint(r, &said, next, err);
}

static bool read_one(struct reading *r, uint64_t first, struct error *err)
{
    const struct audit_visitor visitor = {visit_claims, r};
    AUTO(buf) data = BUF_EMPTY;

    if (!audit_load_segment(r->job->directory, first, &data, err)) {
        return false;
    }
    return check_joint(r, buf_bytes(&data), first, err) &&
           segment_read(buf_bytes(&data), &r->chain, &r->end, &visitor, err);
}

/*
 * A writer at work, or a crash, leaves part of a record at the end. A whole record behind it
 * means something else: what stands before was changed.
 */
static bool check_tail(const struct reading *r, struct error *err)
{
    AUTO(buf) data = BUF_EMPTY;
    struct audit_record record;

    if (r->end.torn == 0) {
        return true;
    }
    if (!audit_load_segment(r->job->directory, r->end.first_sequence, &data, err)) {
        return false;
    }
    for (size_t at = r->end.whole + 1; at < data.len; at++) {
        size_t offset = at;

        if (data.data[at] == 'A' &&
            audit_record_read(buf_bytes(&data), &offset, &record) == AUDIT_STEP_RECORD &&
            record.sequence > r->chain.tree.size) {
            return error_set(err, ERROR_INVALID,
                             "record %" PRIu64 " was changed: its hash does not fit its "
                             "content, and record %" PRIu64 " follows it whole",
                             r->chain.tree.size + 1, record.sequence);
        }
    }
    return true;
}

static bool read_all(struct reading *r, struct audit_report *out, struct error *err)
{
    AUTO(audit_segments) list = {NULL, 0};

    if (!audit_list_segments(r->job->directory, &list, err)) {
        return false;
    }
    if (list.count == 0) {
        return error_set(err, ERROR_NOT_FOUND, "there is no journal in '%s'",
                         r->job->directory);
    }
    if (list.first[0] != 1) {
        return error_set(err, ERROR_INVALID,
                         "records 1 to %" PRIu64
                         " are missing: the first segment is gone",
                         list.first[0] - 1);
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!read_one(r, list.first[i], err)) {
            return false;
        }
    }
    out->segments = list.count;
    return check_tail(r, err);
}

/* The roots, computed again, beside the claims in order of their size. */
struct comparing {
    const struct reading *reading;
    size_t next;
    struct merkle tree;
    uint64_t covered; /* by the last claim that was right */
};

static int compare_claims(const void *a, const void *b)
{
    const struct claim *left = a;
    const struct claim *right = b;

    return left->size < right->size ? -1 : left->size > right->size;
}

static bool fail_claim(const struct claim *claim, uint64_t covered, struct error *err)
{
    char of[64] = "that was kept";

    if (claim->sequence != 0) {
        (void)snprintf(of, sizeof(of), "in record %" PRIu64, claim->sequence);
    }
    return error_set(err, ERROR_INVALID,
                     "one of the records %" PRIu64 " to %" PRIu64
                     " was changed and all after it written anew: the checkpoint %s "
                     "covers them with another root",
                     covered + 1, claim->size, of);
}

static bool visit_roots(void *ctx, const struct audit_record *record, struct error *err)
{
    struct comparing *c = ctx;
    const struct reading *r = c->reading;
    struct audit_record again = *record;
    AUTO(buf) leaf = BUF_EMPTY;

    audit_record_append(&again, &leaf);
    merkle_append(&c->tree, buf_bytes(&leaf));
    for (; c->next < r->claim_count && r->claims[c->next].size == c->tree.size;
         c->next++) {
        struct audit_hash root;

        merkle_root(&c->tree, &root);
        if (!audit_hash_equal(&root, &r->claims[c->next].root)) {
            return fail_claim(&r->claims[c->next], c->covered, err);
        }
        c->covered = c->tree.size;
    }
    return true;
}

static bool check_claims(struct reading *r, struct audit_report *out, struct error *err)
{
    struct comparing c = {.reading = r};
    const struct audit_visitor visitor = {visit_roots, &c};

    if (r->claim_count == 0) {
        return true;
    }
    qsort(r->claims, r->claim_count, sizeof(*r->claims), compare_claims);
    const struct claim *last = &r->claims[r->claim_count - 1];
    if (last->size > r->chain.tree.size) {
        return error_set(err, ERROR_INVALID,
                         "records %" PRIu64 " to %" PRIu64
                         " are missing: the journal ends before them, and a checkpoint "
                         "covers them",
                         r->chain.tree.size + 1, last->size);
    }
    if (!audit_read_from(r->job->directory, 1, &visitor, err)) {
        return false;
    }
    out->covered = c.covered;
    return true;
}

bool audit_check(const struct audit_check_job *job, struct audit_report *out,
                 struct error *err)
{
    AUTO(reading) r = {.job = job};
    struct audit_report report = {0};

    if (!read_all(&r, &report, err)) {
        return false;
    }
    report.checkpoints = r.claim_count;
    if (job->kept != NULL) {
        add_claim(&r, &(struct claim){job->kept->size, job->kept->root, 0});
    }
    if (!check_claims(&r, &report, err)) {
        return false;
    }
    report.records = r.chain.tree.size;
    report.time_ns = r.chain.time_ns;
    report.torn_octets = r.end.torn;
    merkle_root(&r.chain.tree, &report.root);
    *out = report;
    return true;
}
