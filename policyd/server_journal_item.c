/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_journal_item.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/ledger_request.h"

#define NS_PER_S UINT64_C(1000000000)

void server_item_clear(struct server_stretch_item *item)
{
    issue_record_clear(&item->record);
    if (item->content != NULL) {
        wire_table_clear(item->table, item->content);
        free(item->content);
    }
    free(item->names);
    buf_clear(&item->text);
    buf_clear(&item->der);
}

/* What the item is made from; it lives in the item. */
static bool decode(struct server_stretch_item *item, const struct wire_message *message,
                   struct bytes payload, struct error *err)
{
    item->table = message->table;
    item->content = mem_new(message->table->size);
    return wire_message_decode(message, payload, item->content, err);
}

/* ---- intents ------------------------------------------------------------------------- */

static int64_t utc_of(const struct wire_journal_entry *e)
{
    return (int64_t)(e->time_ns / NS_PER_S);
}

/* 0 where the request has no number of ours. */
static int64_t number_of(const char *request_id)
{
    int64_t number = 0;
    struct error why;

    return ledger_request_parse_id(request_id, &number, &why) ? number : 0;
}

static void set_certificate(struct server_stretch_item *item, uint64_t sequence)
{
    item->names = mem_array(ISSUE_NAMES_MAX, sizeof(*item->names));
    server_certificate(&item->record, number_of(item->record.request_id), item->names,
                       &item->certificate);
    item->entry = (struct ledger_journal_entry){.kind = LEDGER_JOURNAL_INTENT,
                                                .sequence = (int64_t)sequence,
                                                .certificate = &item->certificate};
}

static bool waits(const struct server_stretch_source *source, const char *request_id,
                  enum server_item_kind *kind)
{
    bool waiting =
        source->is_in_flight != NULL && source->is_in_flight(source->ctx, request_id);

    *kind = waiting ? SERVER_ITEM_WAITS : SERVER_ITEM_ENTRY;
    return waiting;
}

static bool read_intent(const struct server_stretch_source *source,
                        const struct wire_journal_entry *e,
                        struct server_stretch_item *item, enum server_item_kind *kind,
                        struct error *err)
{
    const struct wire_journal_intent *content = item->content;

    if (waits(source, content->intent.request_id, kind)) {
        return true;
    }
    if (!issue_record_intent(content, e->sequence, utc_of(e), &item->record, err)) {
        return false;
    }
    set_certificate(item, e->sequence);
    return true;
}

static bool read_infrastructure(const struct server_stretch_source *source,
                                const struct wire_journal_entry *e,
                                struct server_stretch_item *item,
                                enum server_item_kind *kind, struct error *err)
{
    const struct wire_journal_infrastructure *content = item->content;

    if (waits(source, content->intent.request_id, kind)) {
        return true;
    }
    if (!issue_record_journalled(content, e->sequence, utc_of(e), &item->record, err)) {
        return false;
    }
    set_certificate(item, e->sequence);
    return true;
}

/* ---- results ------------------------------------------------------------------------- */

static bool tbs_of(unsigned int type, const void *content, struct bytes *tbs)
{
    if (type == WIRE_RECORD_INTENT) {
        *tbs = ((const struct wire_journal_intent *)content)->tbs;
        return true;
    }
    if (type == WIRE_RECORD_INFRASTRUCTURE) {
        *tbs = ((const struct wire_journal_infrastructure *)content)->tbs;
        return true;
    }
    return false;
}

static bool assemble_from(const struct wire_journal_entry *intent,
                          const struct wire_journal_result *result, struct buf *der,
                          struct error *err)
{
    const struct wire_message *message = wire_record_message(intent->type);
    struct bytes tbs = {NULL, 0};

    if (intent->type != WIRE_RECORD_INTENT &&
        intent->type != WIRE_RECORD_INFRASTRUCTURE) {
        return error_set(err, ERROR_INVALID, "record %llu is no intent",
                         (unsigned long long)intent->sequence);
    }
    void *content = mem_new(message->table->size);
    bool done = wire_message_decode(message, intent->payload, content, err) &&
                tbs_of(intent->type, content, &tbs) &&
                issue_assemble(tbs, result, der, err);
    wire_table_clear(message->table, content);
    free(content);
    return done;
}

/* The intent is mostly in the same stretch; else the signer is asked for it. */
static bool assemble(const struct server_stretch_source *source,
                     const struct server_stretch *stretch,
                     const struct wire_journal_result *result, struct buf *der,
                     struct error *err)
{
    const struct wire_journal_records *records = &stretch->records;
    uint64_t first = records->record_count > 0 ? records->records[0].sequence : 0;
    AUTO(signer_reply) reply = {0};
    AUTO(wire_journal_records) fetched = {0};

    if (first > 0 && result->intent_sequence >= first &&
        result->intent_sequence - first < records->record_count) {
        return assemble_from(&records->records[result->intent_sequence - first], result,
                             der, err);
    }
    return server_journal_fetch(source, result->intent_sequence, &reply, &fetched, err) &&
           assemble_from(&fetched.records[0], result, der, err);
}

static bool read_result(const struct server_stretch_source *source,
                        const struct server_stretch *stretch,
                        const struct wire_journal_entry *e,
                        struct server_stretch_item *item, struct error *err)
{
    const struct wire_journal_result *content = item->content;

    if (!assemble(source, stretch, content, &item->der, err)) {
        return false;
    }
    item->certificate = (struct ledger_certificate){
        .serial = server_serial((struct bytes){content->serial, WIRE_SERIAL}),
        .der = buf_bytes(&item->der)};
    item->entry = (struct ledger_journal_entry){.kind = LEDGER_JOURNAL_RESULT,
                                                .sequence = (int64_t)e->sequence,
                                                .certificate = &item->certificate};
    return true;
}

/* ---- the others ---------------------------------------------------------------------- */

static void read_revocation(const struct server_stretch_source *source,
                            const struct wire_journal_entry *e,
                            struct server_stretch_item *item)
{
    const struct wire_revocation *content = item->content;

    server_actor_text(&content->actor, &item->text);
    server_revoke_entry(content, buf_text(&item->text), source->node, e->sequence,
                        &item->revoke);
    item->entry = (struct ledger_journal_entry){.kind = LEDGER_JOURNAL_REVOCATION,
                                                .sequence = (int64_t)e->sequence,
                                                .revoke = &item->revoke};
}

static void read_crl(const struct wire_journal_entry *e, struct server_stretch_item *item)
{
    const struct wire_journal_crl *content = item->content;

    item->crl = (struct ledger_crl){.ca = content->begin.ca,
                                    .generation = content->begin.generation,
                                    .shard = content->begin.shard,
                                    .number = (int64_t)content->begin.number,
                                    .this_update_utc = content->begin.this_update_utc,
                                    .next_update_utc = content->begin.next_update_utc,
                                    .entries = (int64_t)content->begin.entry_count,
                                    .journal_seq = (int64_t)e->sequence};
    item->entry = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_CRL, .sequence = (int64_t)e->sequence, .crl = &item->crl};
}

static bool is_kept(unsigned int type)
{
    return type == WIRE_RECORD_INTENT || type == WIRE_RECORD_INFRASTRUCTURE ||
           type == WIRE_RECORD_RESULT || type == WIRE_RECORD_REVOCATION ||
           type == WIRE_RECORD_CRL;
}

bool server_item_read(const struct server_stretch_source *source,
                      const struct server_stretch *stretch,
                      const struct wire_journal_entry *e,
                      struct server_stretch_item *item, enum server_item_kind *kind,
                      struct error *err)
{
    *kind = SERVER_ITEM_NOTHING;
    if (!is_kept(e->type)) {
        return true;
    }
    if (!decode(item, wire_record_message(e->type), e->payload, err)) {
        return false;
    }
    *kind = SERVER_ITEM_ENTRY;
    switch (e->type) {
    case WIRE_RECORD_INTENT:
        return read_intent(source, e, item, kind, err);
    case WIRE_RECORD_INFRASTRUCTURE:
        return read_infrastructure(source, e, item, kind, err);
    case WIRE_RECORD_RESULT:
        return read_result(source, stretch, e, item, err);
    case WIRE_RECORD_REVOCATION:
        read_revocation(source, e, item);
        return true;
    default:
        read_crl(e, item);
        return true;
    }
}
