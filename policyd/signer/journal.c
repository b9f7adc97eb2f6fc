/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/audit/directory.h"
#include "common/audit/follow.h"
#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/file_at.h"
#include "common/base/mem.h"

static const char lock_name[] = "lock";
/* Carries a segment until its first record is synced; a leftover is overwritten. */
static const char new_name[] = "new-segment";

struct journal {
    char *path;
    int directory;
    int lock;
    int segment; /* the one being written */
    uint64_t segment_max;
    uint64_t first_sequence;   /* of the present segment */
    uint64_t size;             /* octets written to it */
    struct audit_chain stored; /* after the last commit */
    struct audit_chain next;   /* after what is pending too */
    struct buf pending;
    uint64_t recovered;
    struct audit_places places; /* of records of this segment */
    bool unsynced;              /* something is written and not yet synced */
    bool unclean;               /* a write failed: the segment may end in a torn record */
    bool failed;                /* a sync failed */
};

static bool sync_data(struct journal *j, int fd, struct error *err)
{
    if (fdatasync(fd) == 0) {
        return true;
    }
    /* What a failed sync left on the disk is unknown, and asking again may answer success. */
    j->failed = true;
    return error_set(
        err, ERROR_INTERNAL,
        "syncing the journal failed (%s); nothing is recorded before a restart",
        strerror(errno));
}

/* Give the written segment its name, and make that durable too. */
static bool publish_segment(struct journal *j, uint64_t first_sequence, struct error *err)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(first_sequence, name);
    if (renameat(j->directory, new_name, j->directory, name) != 0) {
        return error_set_errno(err, errno, "naming journal segment %s", name);
    }
    if (fsync(j->directory) != 0) {
        j->failed = true;
        return error_set(err, ERROR_INTERNAL, "syncing the journal directory failed (%s)",
                         strerror(errno));
    }
    return true;
}

/* Begin the segment after before, whose chain is j->stored. */
static bool begin_segment(struct journal *j, const struct segment_end *before,
                          uint64_t now_ns, struct error *err)
{
    AUTO(buf) first = BUF_EMPTY;
    struct audit_chain chain = j->stored;
    uint64_t first_sequence = chain.tree.size + 1;
    AUTO(fd)
    fd = openat(j->directory, new_name,
                O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return error_set_errno(err, errno, "creating a journal segment");
    }
    segment_begin(&chain, before, now_ns, &first);
    if (!file_write_all_at(fd, buf_bytes(&first), 0, err) || !sync_data(j, fd, err) ||
        !publish_segment(j, first_sequence, err)) {
        return false;
    }
    file_close(&j->segment);
    j->segment = file_take(&fd);
    j->first_sequence = first_sequence;
    j->size = first.len;
    audit_places_clear(&j->places);
    audit_places_note(&j->places, (struct audit_place){first_sequence, 0});
    j->stored = chain;
    j->next = chain;
    j->recovered += before->torn;
    j->unclean = false;
    j->unsynced = false;
    return true;
}

/* Read the segment again as it is on the disk: what it holds whole counts as recorded. */
static bool reload_segment(struct journal *j, uint64_t first_sequence,
                           struct segment_end *end, struct error *err)
{
    if (!audit_adopt_segment(j->path, first_sequence, &j->stored, end, err)) {
        return false;
    }
    j->next = j->stored;
    return true;
}

static bool take_lock(struct journal *j, struct error *err)
{
    j->lock =
        openat(j->directory, lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->lock < 0) {
        return error_set_errno(err, errno, "opening the journal's lock");
    }
    if (flock(j->lock, LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    if (errno == EWOULDBLOCK) {
        return error_set(err, ERROR_CONFLICT, "another process holds this journal");
    }
    return error_set_errno(err, errno, "locking the journal");
}

/* What a killed run wrote and did not sync must not be less durable than what follows it. */
static bool sync_segment(struct journal *j, uint64_t first_sequence, struct error *err)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(first_sequence, name);
    AUTO(fd) fd = openat(j->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? error_set_errno(err, errno, "opening journal segment %s", name)
                  : sync_data(j, fd, err);
}

static bool start(struct journal *j, uint64_t now_ns, struct error *err)
{
    AUTO(audit_segments) list = {NULL, 0};
    struct segment_end before = {0};

    j->directory = open(j->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (j->directory < 0) {
        return error_set_errno(err, errno, "opening the journal directory '%s'", j->path);
    }
    if (!take_lock(j, err) || !audit_list_segments(j->path, &list, err)) {
        return false;
    }
    if (list.count > 0 &&
        (!sync_segment(j, list.first[list.count - 1], err) ||
         !reload_segment(j, list.first[list.count - 1], &before, err))) {
        return false;
    }
    return begin_segment(j, &before, now_ns, err);
}

bool journal_open(const struct journal_options *options, uint64_t now_ns,
                  struct journal **out, struct error *err)
{
    AUTO(journal) j = mem_new(sizeof(*j));

    j->directory = -1;
    j->lock = -1;
    j->segment = -1;
    j->segment_max = options->segment_max;
    j->path = mem_strdup(options->directory);
    if (!start(j, now_ns, err)) {
        return false;
    }
    *out = TAKE(j);
    return true;
}

void journal_free(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    file_close(&j->segment);
    file_close(&j->directory);
    file_close(&j->lock); /* the lock goes with it */
    buf_clear(&j->pending);
    audit_places_clear(&j->places);
    free(j->path);
    free(j);
}

bool journal_prepare(struct journal *j, uint64_t now_ns, struct error *err)
{
    struct segment_end end = {.first_sequence = j->first_sequence, .whole = j->size};

    assert(j->pending.len == 0);
    if (j->failed) {
        return error_set(err, ERROR_INTERNAL, "a sync of the journal failed earlier");
    }
    if (!j->unclean && j->size < j->segment_max) {
        return true;
    }
    if (j->unclean && !reload_segment(j, j->first_sequence, &end, err)) {
        return false;
    }
    /* Written results must not be less durable than what follows them. */
    return (!j->unsynced || sync_data(j, j->segment, err)) &&
           begin_segment(j, &end, now_ns, err);
}

uint64_t journal_append(struct journal *j, uint16_t type, uint64_t now_ns,
                        struct bytes payload)
{
    const struct audit_place place = {j->next.tree.size + 1, j->size + j->pending.len};

    assert(type >= AUDIT_TYPE_CONTENT && !j->unclean && !j->failed);
    audit_chain_append(&j->next, type, now_ns, payload, &j->pending);
    audit_places_note(&j->places, place);
    return j->next.tree.size;
}

void journal_get_pending_hash(const struct journal *j, struct audit_hash *out)
{
    *out = j->next.last;
}

static void drop_pending(struct journal *j)
{
    buf_clear(&j->pending);
    j->next = j->stored;
}

bool journal_commit(struct journal *j, enum journal_durability durability,
                    struct error *err)
{
    if (j->failed) {
        drop_pending(j);
        return error_set(err, ERROR_INTERNAL, "a sync of the journal failed earlier");
    }
    if (j->pending.len > 0) {
        j->unsynced = true; /* a part that was written counts, too */
        if (!file_write_all_at(j->segment, buf_bytes(&j->pending), j->size, err)) {
            j->unclean = true;
            drop_pending(j);
            return error_set(err, ERROR_UNAVAILABLE, "writing to the journal: %s",
                             err->message);
        }
        j->size += j->pending.len;
        j->stored = j->next;
        buf_clear(&j->pending);
    }
    if (durability == JOURNAL_SYNCED && j->unsynced) {
        if (!sync_data(j, j->segment, err)) {
            return false;
        }
        j->unsynced = false;
    }
    return true;
}

size_t journal_pending(const struct journal *j)
{
    return j->pending.len;
}

void journal_get_state(const struct journal *j, struct journal_state *out)
{
    *out = (struct journal_state){.sequence = j->stored.tree.size,
                                  .time_ns = j->stored.time_ns,
                                  .hash = j->stored.last,
                                  .first_sequence = j->first_sequence,
                                  .segment_octets = j->size,
                                  .recovered = j->recovered,
                                  .failed = j->failed};
    merkle_root(&j->stored.tree, &out->root);
}

uint64_t journal_last_sequence(const struct journal *j)
{
    return j->stored.tree.size;
}

uint64_t journal_first_sequence(const struct journal *j)
{
    return j->first_sequence;
}

bool journal_read(struct journal *j, uint64_t from_sequence,
                  const struct audit_visitor *visitor, struct error *err)
{
    const struct audit_growing growing = {j->segment, j->size, &j->places};

    return from_sequence >= j->first_sequence
               ? audit_follow(&growing, from_sequence, visitor, err)
               : audit_read_from(j->path, from_sequence, visitor, err);
}
