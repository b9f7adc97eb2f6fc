/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: the journal's state, signed by a key that signs nothing else, for whoever keeps
 * them elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/audit/note_file.h"
#include "common/base/log.h"

#include "policyd/signer/service_parts.h"

enum { ROUND_S_MAX = 60 };

/* A journal that is shorter than what was signed of it was replaced by an older one. */
static bool check_last(const struct service *s, struct error *err)
{
    uint64_t size = 0;

    if (!note_read_latest(s->settings.checkpoints, s->audit_key, &size, err)) {
        return false;
    }
    return size <= service_last_sequence(s) ||
           error_set(
               err, ERROR_INVALID,
               "the journal has %llu records, but a checkpoint was signed for %llu: "
               "an older journal was put in its place",
               (unsigned long long)service_last_sequence(s), (unsigned long long)size);
}

void checkpoint_open(struct service *s)
{
    const char *directory = s->settings.checkpoints;
    struct error err = {0};

    (void)mkdir(directory, 0700);
    s->checkpoint_directory =
        open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (s->checkpoint_directory < 0) {
        (void)error_set_errno(&s->journal_problem, errno, "opening '%s'", directory);
    } else if (!note_open_key(s->settings.checkpoint_key, directory, &s->audit_key,
                              &err) ||
               (s->journal != NULL && !check_last(s, &err))) {
        key_free(TAKE(s->audit_key));
        s->journal_problem = err;
    }
}

static bool append_note(struct service *s, const struct note_checkpoint *checkpoint,
                        const char *note, struct error *err)
{
    struct wire_journal_checkpoint record = {
        .origin = checkpoint->origin, .size = checkpoint->size, .note = note};
    AUTO(buf) payload = BUF_EMPTY;

    memcpy(record.root, checkpoint->root.octets, WIRE_SHA256);
    if (!wire_journal_checkpoint_encode(&record, &payload, err)) {
        return false;
    }
    (void)journal_append(s->journal, WIRE_RECORD_CHECKPOINT, service_now_ns(s),
                         buf_bytes(&payload));
    return journal_commit(s->journal, JOURNAL_WRITTEN, err);
}

bool checkpoint_make(struct service *s, struct error *err)
{
    struct note_checkpoint checkpoint = {.size = 0};
    struct journal_state state;
    AUTO(buf) note = BUF_EMPTY;

    if (!service_prepare(s) || !service_commit(s, JOURNAL_SYNCED)) {
        *err = s->journal_problem;
        return false;
    }
    journal_get_state(s->journal, &state);
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
                   s->settings.checkpoint_origin);
    checkpoint.size = state.sequence;
    checkpoint.root = state.root;
    if (!note_sign(&checkpoint, s->audit_key, &note, err) ||
        !append_note(s, &checkpoint, buf_text(&note), err) ||
        !note_write_latest(s->checkpoint_directory, buf_bytes(&note), err)) {
        return false;
    }
    s->history.checkpoint = checkpoint.size;
    s->history.checkpoint_utc = service_now_utc(s);
    s->counters[COUNTER_CHECKPOINTS]++;
    return true;
}

bool checkpoint_is_due(const struct service *s)
{
    uint64_t new_records = service_last_sequence(s) - s->history.checkpoint;

    return s->audit_key != NULL && new_records > 1 &&
           s->now.boottime_ns >= s->journal_retry_ns &&
           (new_records >= (uint64_t)s->settings.checkpoint_records ||
            service_now_utc(s) - s->history.checkpoint_utc >=
                s->settings.checkpoint_interval_s);
}

int service_get_timeout_ms(const struct service *s)
{
    int64_t left_s = s->history.checkpoint_utc + s->settings.checkpoint_interval_s -
                     service_now_utc(s);

    return left_s > ROUND_S_MAX ? ROUND_S_MAX * 1000
                                : (int)(left_s < 1 ? 1 : left_s) * 1000;
}

void service_stop(struct service *s)
{
    struct error err = {0};

    if (s->audit_key != NULL && s->journal != NULL &&
        service_last_sequence(s) > s->history.checkpoint + 1 &&
        !checkpoint_make(s, &err)) {
        log_event(LOG_ERR, "checkpoint.failed", LOG_FIELDS(log_text("why", err.message)));
    }
    if (s->journal != NULL) {
        (void)service_commit(s, JOURNAL_SYNCED);
    }
}
