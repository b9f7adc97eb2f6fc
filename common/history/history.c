/* SPDX-License-Identifier: Apache-2.0 */
#include "common/history/history.h"

#include <stdio.h>
#include <string.h>

#include "common/audit/directory.h"
#include "common/base/clock.h"
#include "common/wire/journal.h"

struct reading {
    struct history *history;
    const struct history_listener *listener;
    uint64_t since_ns;
};

static void set_frozen(struct history *history, const char *sentence)
{
    (void)snprintf(history->frozen_sentence, sizeof(history->frozen_sentence), "%s",
                   sentence);
}

void history_clear(struct history *history)
{
    crl_numbers_clear(&history->crls);
}

void history_apply(struct history *history, const struct wire_control *control,
                   uint64_t time_ns)
{
    struct error sentence = {0}; /* makes what was cut valid text again */

    if (control->action == WIRE_CONTROL_FREEZE) {
        (void)error_set(&sentence, ERROR_DENIED, "frozen by uid %u (%s)%s%s",
                        control->actor.uid, control->actor.program,
                        *control->sentence == '\0' ? "" : ": ", control->sentence);
        history->frozen = true;
        set_frozen(history, sentence.message);
    } else if (control->action == WIRE_CONTROL_THAW) {
        history->frozen = false;
        set_frozen(history, "");
    } else if (control->action == WIRE_CONTROL_CONFIRM_CLOCK) {
        history->newest_ns = time_ns;
    }
}

static bool read_start(const struct reading *r, const struct audit_record *record,
                       struct error *err)
{
    AUTO(wire_journal_start) start = {0};
    struct history *history = r->history;

    if (!wire_journal_start_decode(record->payload, &start, err)) {
        return false;
    }
    history->frozen = start.frozen;
    set_frozen(history, start.frozen_sentence);
    history->newest_ns = start.newest_ns;
    history->checkpoint = start.checkpoint;
    history->checkpoint_utc = start.checkpoint_utc;
    return true;
}

static bool read_crl(const struct reading *r, const struct audit_record *record,
                     struct error *err)
{
    AUTO(wire_journal_crl) crl = {0};

    if (!wire_journal_crl_decode(record->payload, &crl, err)) {
        return false;
    }
    const struct crl_number used = {crl.begin.ca, crl.begin.generation, crl.begin.shard,
                                    crl.begin.number};
    crl_numbers_note(&r->history->crls, &used);
    return true;
}

static bool read_crl_number(const struct reading *r, const struct audit_record *record,
                            struct error *err)
{
    AUTO(wire_journal_crl_number) last = {0};

    if (!wire_journal_crl_number_decode(record->payload, &last, err)) {
        return false;
    }
    const struct crl_number used = {last.ca, last.generation, last.shard, last.number};
    crl_numbers_note(&r->history->crls, &used);
    return true;
}

static bool read_control(const struct reading *r, const struct audit_record *record,
                         struct error *err)
{
    AUTO(wire_control) control = {0};

    if (!wire_control_decode(record->payload, &control, err)) {
        return false;
    }
    history_apply(r->history, &control, record->time_ns);
    return true;
}

static bool read_checkpoint(const struct reading *r, const struct audit_record *record,
                            struct error *err)
{
    AUTO(wire_journal_checkpoint) checkpoint = {0};

    if (!wire_journal_checkpoint_decode(record->payload, &checkpoint, err)) {
        return false;
    }
    r->history->checkpoint = checkpoint.size;
    r->history->checkpoint_utc = (int64_t)(record->time_ns / CLOCK_NS_PER_SECOND);
    return true;
}

static void tell(const struct reading *r, const struct audit_record *record,
                 const char *template, const char *profile)
{
    r->listener->certificate(r->listener->ctx, template, profile,
                             (int64_t)(record->time_ns / CLOCK_NS_PER_SECOND));
}

static bool read_intent(const struct reading *r, const struct audit_record *record,
                        struct error *err)
{
    AUTO(wire_journal_intent) intent = {0};

    if (!wire_journal_intent_decode(record->payload, &intent, err)) {
        return false;
    }
    tell(r, record, intent.intent.template.name, NULL);
    return true;
}

static bool read_infrastructure(const struct reading *r,
                                const struct audit_record *record, struct error *err)
{
    AUTO(wire_journal_infrastructure) intent = {0};

    if (!wire_journal_infrastructure_decode(record->payload, &intent, err)) {
        return false;
    }
    tell(r, record, NULL, wire_profile_name(intent.intent.profile));
    return true;
}

typedef bool reader(const struct reading *r, const struct audit_record *record,
                    struct error *err);

static reader *find_reader(const struct reading *r, const struct audit_record *record)
{
    static reader *const readers[WIRE_RECORD_END] = {
        [WIRE_RECORD_START] = read_start,
        [WIRE_RECORD_CONTROL] = read_control,
        [WIRE_RECORD_CHECKPOINT] = read_checkpoint,
        [WIRE_RECORD_CRL] = read_crl,
        [WIRE_RECORD_CRL_NUMBER] = read_crl_number,
        [WIRE_RECORD_INTENT] = read_intent,
        [WIRE_RECORD_INFRASTRUCTURE] = read_infrastructure,
    };
    reader *found = record->type < WIRE_RECORD_END ? readers[record->type] : NULL;
    bool counts = found == read_intent || found == read_infrastructure;

    return counts && record->time_ns < r->since_ns ? NULL : found;
}

static bool read_record(void *ctx, const struct audit_record *record, struct error *err)
{
    const struct reading *r = ctx;
    reader *read = find_reader(r, record);

    if (read != NULL && !read(r, record, err)) {
        return error_wrap(err, "journal record %llu",
                          (unsigned long long)record->sequence);
    }
    if (record->time_ns > r->history->newest_ns) {
        r->history->newest_ns = record->time_ns;
    }
    return true;
}

/* The sum of what was before is whole where a START stands behind its CRL numbers. */
static bool begins_with_start(struct bytes data, uint64_t *time_ns)
{
    struct audit_record record;
    size_t offset = 0;

    if (audit_record_read(data, &offset, &record) != AUDIT_STEP_RECORD) {
        return false;
    }
    *time_ns = record.time_ns;
    do {
        if (audit_record_read(data, &offset, &record) != AUDIT_STEP_RECORD) {
            return false;
        }
    } while (record.type == WIRE_RECORD_CRL_NUMBER);
    return record.type == WIRE_RECORD_START;
}

/* Does a segment begin with a START, and long enough ago? */
static bool is_far_enough(const char *directory, uint64_t first_sequence,
                          uint64_t since_ns, bool *out, struct error *err)
{
    AUTO(buf) data = BUF_EMPTY;
    uint64_t time_ns = 0;

    if (!audit_load_segment(directory, first_sequence, &data, err)) {
        return false;
    }
    *out = begins_with_start(buf_bytes(&data), &time_ns) && time_ns < since_ns;
    return true;
}

bool history_read(const char *directory, const struct history_listener *listener,
                  struct history *out, struct error *err)
{
    AUTO(audit_segments) list = {NULL, 0};
    AUTO(history) history = {0};
    struct reading reading = {&history, listener,
                              (uint64_t)listener->since_utc * CLOCK_NS_PER_SECOND};
    const struct audit_visitor visitor = {read_record, &reading};
    bool found = false;
    size_t i = 0;

    if (!audit_list_segments(directory, &list, err)) {
        return false;
    }
    for (i = list.count; i > 0 && !found; i--) {
        if (!is_far_enough(directory, list.first[i - 1], reading.since_ns, &found, err)) {
            return false;
        }
    }
    if (list.count > 0 && !audit_read_from(directory, list.first[i], &visitor, err)) {
        return false;
    }
    *out = history;
    history = (struct history){0}; /* out owns it now */
    return true;
}
