/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/crl.h"

#include "policyd/ledger_rows.h"
#include "policyd/server_convert.h"
#include "policyd/server_crl.h"

enum { STEP_MS = 30000, SHARD = 0 };

/* One CRL under work. */
struct crl_work {
    struct server *server;
    struct ledger_crl_rows *rows;
    struct server_crl_file file;
    struct wire_crl_begin begin;
    struct signer_reply reply; /* of the last step */
    struct ledger_crl_entry *kept;
    struct wire_crl_entry *entries;
    uint64_t journal_sequence;
};

static void crl_work_free(struct crl_work *work)
{
    ledger_crl_rows_free(work->rows);
    server_crl_file_clear(&work->file);
    signer_reply_clear(&work->reply);
    free(work->kept);
    free(work->entries);
    free(work);
}
CLEANUP_DEFINE(crl_work, struct crl_work *, crl_work_free);

/* ---- what will be on it -------------------------------------------------------------- */

static bool take_number(struct crl_work *work, struct error *err)
{
    struct ledger_op op = {.kind = LEDGER_CRL_NUMBER,
                           .crl_number = {.ca = work->begin.ca,
                                          .generation = work->begin.generation,
                                          .shard = work->begin.shard}};

    if (!ledger_execute(work->server->options.ledger, &op, err)) {
        return false;
    }
    work->begin.number = (uint64_t)op.crl_number.number;
    return true;
}

/* An expired certificate stays on the CRLs until one was published after its end, so that nobody
 * sees it vanish while it was valid (RFC 5280 3.3). */
static bool open_rows(struct crl_work *work, struct error *err)
{
    struct ledger *ledger = work->server->options.ledger;
    const struct wire_crl_begin *begin = &work->begin;
    struct ledger_crl last;

    if (!ledger_crl_get(ledger, begin->ca, begin->generation, begin->shard, &last, err)) {
        return false;
    }
    bool known = last.published > 0 && last.this_update_utc < begin->this_update_utc;
    const struct ledger_crl_scope scope = {begin->ca, begin->generation, begin->shard,
                                           known ? last.this_update_utc
                                                 : begin->this_update_utc};
    return ledger_crl_rows_open(ledger, &scope, &work->rows, err);
}

static void convert_entry(const struct ledger_crl_entry *row, struct wire_crl_entry *out)
{
    *out = (struct wire_crl_entry){{row->serial.octets, sizeof(row->serial.octets)},
                                   row->revoked_utc,
                                   server_wire_reason(row->reason)};
}

/* DER wants lengths first. */
static bool measure(struct crl_work *work, struct error *err)
{
    bool found = true;

    for (;;) {
        struct ledger_crl_entry row;
        struct wire_crl_entry entry;

        if (!ledger_crl_rows_next(work->rows, &row, &found, err)) {
            return false;
        }
        if (!found) {
            break;
        }
        convert_entry(&row, &entry);
        work->begin.entry_count++;
        work->begin.entry_octets += wire_crl_entry_octets(&entry);
    }
    ledger_crl_rows_rewind(work->rows);
    return true;
}

/* ---- the conversation ---------------------------------------------------------------- */

static bool ask(struct crl_work *work, const struct wire_message *message,
                const void *record, const struct wire_message *wanted, struct error *err)
{
    const struct signer_question question = {.message = message,
                                             .record = record,
                                             .wanted = wanted,
                                             .timeout_ms = STEP_MS,
                                             .exchange = work->reply.exchange,
                                             .connection = work->reply.connection};

    return signer_port_ask(work->server->port, &question, &work->reply, err) &&
           signer_reply_check(&work->reply, err);
}

static bool begin(struct crl_work *work, struct error *err)
{
    AUTO(wire_crl_opened) opened = {0};

    return ask(work, &wire_crl_begin_message, &work->begin, &wire_crl_opened_message,
               err) &&
           wire_crl_opened_decode(buf_bytes(&work->reply.octets), &opened, err) &&
           server_crl_file_add(&work->file, opened.der, err);
}

static bool fill_chunk(struct crl_work *work, size_t *count, struct error *err)
{
    bool found = true;

    *count = 0;
    while (*count < WIRE_CRL_ENTRIES_MAX) {
        struct ledger_crl_entry *row = &work->kept[*count];

        if (!ledger_crl_rows_next(work->rows, row, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        convert_entry(row, &work->entries[*count]);
        (*count)++;
    }
    return true;
}

static bool send_chunk(struct crl_work *work, size_t count, struct error *err)
{
    const struct wire_crl_entries chunk = {work->entries, count};
    AUTO(wire_crl_der) der = {{NULL, 0}};

    return ask(work, &wire_crl_entries_message, &chunk, &wire_crl_der_message, err) &&
           wire_crl_der_decode(buf_bytes(&work->reply.octets), &der, err) &&
           server_crl_file_add(&work->file, der.der, err);
}

static bool send_entries(struct crl_work *work, struct error *err)
{
    size_t count = 0;

    work->kept = mem_array(WIRE_CRL_ENTRIES_MAX, sizeof(*work->kept));
    work->entries = mem_array(WIRE_CRL_ENTRIES_MAX, sizeof(*work->entries));
    do {
        if (!fill_chunk(work, &count, err) ||
            (count > 0 && !send_chunk(work, count, err))) {
            return false;
        }
    } while (count == WIRE_CRL_ENTRIES_MAX);
    return true;
}

static bool finish(struct crl_work *work, struct error *err)
{
    const struct wire_crl_finish done = {.entry_count = work->begin.entry_count};
    AUTO(wire_crl_signed) crl = {0};

    if (!ask(work, &wire_crl_finish_message, &done, &wire_crl_signed_message, err) ||
        !wire_crl_signed_decode(buf_bytes(&work->reply.octets), &crl, err)) {
        return false;
    }
    work->journal_sequence = crl.journal_sequence;
    return server_crl_file_publish(&work->file, crl.head, crl.tail, err);
}

/* So that the signer forgets it at once; what it answers does not matter. */
static void abandon(struct crl_work *work)
{
    const struct wire_crl_finish give_up = {.abandon = true};
    struct error ignored;

    if (work->reply.exchange != 0 && !work->reply.refused) {
        (void)!ask(work, &wire_crl_finish_message, &give_up, &wire_crl_signed_message,
                   &ignored);
    }
}

/* ---- all of it ----------------------------------------------------------------------- */

static bool record(const struct crl_work *work, struct error *err)
{
    const struct wire_crl_begin *b = &work->begin;
    struct ledger_op op = {
        .kind = LEDGER_CRL_PUBLISHED,
        .crl_published.crl = {.ca = b->ca,
                              .generation = b->generation,
                              .shard = b->shard,
                              .published = (int64_t)b->number,
                              .this_update_utc = b->this_update_utc,
                              .next_update_utc = b->next_update_utc,
                              .entries = (int64_t)b->entry_count,
                              .journal_seq = (int64_t)work->journal_sequence}};

    return ledger_execute(work->server->options.ledger, &op, err);
}

static bool make(struct crl_work *work, struct error *err)
{
    AUTO(string)
    name = mem_printf("%s-%u-%u.crl", work->begin.ca, work->begin.generation,
                      work->begin.shard);

    if (!server_crl_file_open(work->server->options.public_dir, name, &work->file, err) ||
        !take_number(work, err) || !open_rows(work, err) || !measure(work, err)) {
        return false;
    }
    if (!begin(work, err) || !send_entries(work, err)) {
        abandon(work);
        return false;
    }
    return finish(work, err) && record(work, err);
}

bool server_crl_make(struct server *server, int64_t *next_update_utc, struct error *err)
{
    const struct server_options *o = &server->options;
    int64_t now_utc = server_now_utc(server);
    AUTO(crl_work) work = mem_new(sizeof(*work));

    work->server = server;
    work->file.body = -1;
    work->begin = (struct wire_crl_begin){.request_id = "crl",
                                          .ca = o->ca,
                                          .generation = o->crl_generation,
                                          .shard = SHARD,
                                          .this_update_utc = now_utc,
                                          .next_update_utc = now_utc + o->crl_lifetime_s,
                                          .deadline_ms = STEP_MS};
    if (!make(work, err)) {
        return false;
    }
    *next_update_utc = work->begin.next_update_utc;
    log_event(LOG_INFO, "crl.published",
              LOG_FIELDS(log_text("ca", o->ca), log_size("number", work->begin.number),
                         log_size("entries", work->begin.entry_count)));
    return true;
}
