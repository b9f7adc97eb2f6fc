/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_journal.h"

#include <stdlib.h>
#include <string.h>

#include "common/audit/record.h"
#include "common/base/mem.h"
#include "common/wire/record.h"

#include "policyd/server_journal_item.h"

enum { TAIL_MS = 30000 };

/* ---- asking -------------------------------------------------------------------------- */

static bool ask_tail(const struct server_stretch_source *source, uint64_t after,
                     uint32_t max, struct signer_reply *reply,
                     struct wire_journal_records *out, struct error *err)
{
    const struct wire_journal_tail tail = {
        .after = after, .max = max, .deadline_ms = TAIL_MS};
    const struct signer_question question = {.message = &wire_journal_tail_message,
                                             .record = &tail,
                                             .wanted = &wire_journal_records_message,
                                             .timeout_ms = TAIL_MS,
                                             .connection = source->connection};

    return signer_port_ask(source->port, &question, reply, err) &&
           signer_reply_check(reply, err) &&
           wire_journal_records_decode(buf_bytes(&reply->octets), out, err);
}

bool server_journal_fetch(const struct server_stretch_source *source, uint64_t sequence,
                          struct signer_reply *reply, struct wire_journal_records *out,
                          struct error *err)
{
    if (!ask_tail(source, sequence - 1, 1, reply, out, err)) {
        return false;
    }
    return (out->record_count == 1 && out->records[0].sequence == sequence) ||
           error_set(err, ERROR_INVALID, "the journal has no record %llu",
                     (unsigned long long)sequence);
}

/* ---- the chain ----------------------------------------------------------------------- */

static bool check_hash(const struct wire_journal_entry *e, struct buf *scratch,
                       struct error *err)
{
    struct audit_record r = {.sequence = e->sequence,
                             .time_ns = e->time_ns,
                             .type = (uint16_t)e->type,
                             .payload = e->payload};

    memcpy(r.previous.octets, e->previous_sha256, sizeof(r.previous.octets));
    buf_truncate(scratch, 0);
    audit_record_append(&r, scratch);
    return bytes_equal((struct bytes){r.hash.octets, WIRE_SHA256},
                       (struct bytes){e->sha256, WIRE_SHA256}) ||
           error_set(err, ERROR_INVALID, "journal record %llu does not have its hash",
                     (unsigned long long)e->sequence);
}

static bool check_chain(const struct wire_journal_records *records, uint64_t after,
                        struct error *err)
{
    AUTO(buf) scratch = BUF_EMPTY;

    if (records->record_count > SERVER_STRETCH_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the signer sent more records than asked for");
    }
    for (size_t i = 0; i < records->record_count; i++) {
        const struct wire_journal_entry *e = &records->records[i];
        const struct wire_journal_entry *before = i > 0 ? e - 1 : NULL;

        if (e->sequence != after + i + 1 ||
            (before != NULL &&
             !bytes_equal((struct bytes){e->previous_sha256, WIRE_SHA256},
                          (struct bytes){before->sha256, WIRE_SHA256}))) {
            return error_set(err, ERROR_INVALID,
                             "journal record %llu does not follow the one before",
                             (unsigned long long)e->sequence);
        }
        if (!check_hash(e, &scratch, err)) {
            return false;
        }
    }
    return true;
}

/* The first one is the record that the cursor stands on. */
static bool check_cursor(const struct wire_journal_records *records,
                         const struct ledger_cursor *cursor, struct error *err)
{
    if (records->record_count == 0) {
        return error_set(
            err, ERROR_CONFLICT,
            "the signer's journal ends at record %llu, before record %lld that "
            "the ledger has seen: it was replaced or restored from a backup",
            (unsigned long long)records->last, (long long)cursor->reconciled);
    }
    return bytes_equal((struct bytes){records->records[0].sha256, WIRE_SHA256},
                       (struct bytes){cursor->record.octets, WIRE_SHA256}) ||
           error_set(err, ERROR_CONFLICT,
                     "record %lld of the signer's journal is another one than the ledger "
                     "has seen: this is not the journal that it followed",
                     (long long)cursor->reconciled);
}

/* ---- the stretch --------------------------------------------------------------------- */

void server_stretch_free(struct server_stretch *stretch)
{
    for (size_t i = 0; i < stretch->item_count; i++) {
        server_item_clear(&stretch->items[i]);
    }
    free(stretch->items);
    wire_journal_records_clear(&stretch->records);
    signer_reply_clear(&stretch->reply);
    free(stretch);
}

static void take_in(struct server_stretch *s, const struct wire_journal_entry *e)
{
    s->through = e->sequence;
    memcpy(s->record.octets, e->sha256, sizeof(s->record.octets));
}

/* The numbers of another node's decisions are not ours. */
static bool note_decisions(const struct server_stretch_source *source,
                           struct server_stretch *s, const struct wire_journal_entry *e,
                           struct error *err)
{
    AUTO(wire_decision_batch) batch = {0};

    if (!wire_decision_batch_decode(e->payload, &batch, err)) {
        return false;
    }
    uint64_t last = batch.first_sequence + batch.count - 1;
    if (batch.node == (uint32_t)(WIRE_NODE_MIN + source->node) && last > s->decisions) {
        s->decisions = last;
    }
    return true;
}

/* One record, until one that must wait. */
static bool add_record(const struct server_stretch_source *source,
                       struct server_stretch *s, const struct wire_journal_entry *e,
                       struct error *err)
{
    struct server_stretch_item *item = &s->items[s->item_count++];
    enum server_item_kind kind = SERVER_ITEM_NOTHING;

    if (!server_item_read(source, s, e, item, &kind, err)) {
        return error_wrap(err, "journal record %llu", (unsigned long long)e->sequence);
    }
    s->stopped = kind == SERVER_ITEM_WAITS;
    if (s->stopped) {
        return true;
    }
    take_in(s, e);
    if (kind == SERVER_ITEM_ENTRY) {
        s->entries[s->entry_count++] = item->entry;
    }
    return e->type != WIRE_RECORD_DECISIONS || note_decisions(source, s, e, err) ||
           error_wrap(err, "journal record %llu", (unsigned long long)e->sequence);
}

static bool add_records(const struct server_stretch_source *source,
                        struct server_stretch *s, size_t first, struct error *err)
{
    for (size_t i = first; i < s->records.record_count && !s->stopped; i++) {
        if (!add_record(source, s, &s->records.records[i], err)) {
            return false;
        }
    }
    s->more = s->records.more;
    s->last = s->records.last;
    return true;
}

bool server_stretch_read(const struct server_stretch_source *source,
                         const struct ledger_cursor *cursor, struct server_stretch **out,
                         struct error *err)
{
    AUTO(server_stretch) s = mem_new(sizeof(*s));
    bool again = cursor->reconciled > 0;
    uint64_t after = (uint64_t)cursor->reconciled - (again ? 1 : 0);

    s->items = mem_array(SERVER_STRETCH_MAX, sizeof(*s->items));
    s->after = (uint64_t)cursor->reconciled;
    s->through = s->after;
    s->record = cursor->record;
    if (!ask_tail(source, after, SERVER_STRETCH_MAX, &s->reply, &s->records, err) ||
        !check_chain(&s->records, after, err) ||
        (again && !check_cursor(&s->records, cursor, err)) ||
        !add_records(source, s, again ? 1 : 0, err)) {
        return false;
    }
    *out = TAKE(s);
    return true;
}
