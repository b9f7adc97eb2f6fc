/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_decisions.h"

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/digest.h"
#include "common/wire/record.h"

#include "policyd/ledger_digest.h"
#include "policyd/ledger_read_request.h"

#define SETTING "decisions.digested"
#define SENDING "decisions.sending"

enum { BATCH_MAX = 4096, PAGE = 256, ASK_MS = 10000 };

/* ---- a batch ------------------------------------------------------------------------- */

/* Those above `after`, newest first, as the ledger lists them. */
struct batch {
    int64_t after;
    struct ledger_hash hashes[BATCH_MAX];
    size_t count;
    uint32_t refused;
    int64_t first_utc;
    int64_t last_utc;
};

static void add_digest(struct batch *b, const struct ledger_digest *digest)
{
    b->hashes[b->count] = digest->hash;
    b->last_utc = b->count == 0 ? digest->decided_utc : b->last_utc;
    b->first_utc = digest->decided_utc;
    b->refused += digest->refused;
    b->count++;
}

static bool add_decision(void *ctx, const struct ledger_decision *d, struct error *err)
{
    struct batch *b = ctx;
    struct ledger_digest digest;

    (void)err;
    if (d->id <= b->after || b->count == BATCH_MAX) {
        return true;
    }
    ledger_decision_digest(d, &digest);
    add_digest(b, &digest);
    return true;
}

static bool read_rows(struct ledger *ledger, int64_t upper, struct batch *b,
                      struct error *err)
{
    struct ledger_page page = {.id = upper + 1, .more = true};

    while (page.more && page.id > b->after + 1) {
        int64_t before = page.id;

        if (!ledger_decision_list(ledger, PAGE, &page, add_decision, b, err)) {
            return false;
        }
        page.more = page.more && page.id < before;
    }
    return true;
}

/* Mostly their digests are kept since they were stored; else they are read. */
static bool collect(struct ledger *ledger, int64_t upper, struct batch *b,
                    struct error *err)
{
    size_t count = (size_t)(upper - b->after);
    AUTO(ledger_digest) digests = mem_array(count, sizeof(*digests));

    if (!ledger_digests_get(ledger, b->after + 1, upper, digests)) {
        return read_rows(ledger, upper, b, err);
    }
    while (count > 0) {
        add_digest(b, &digests[--count]);
    }
    return true;
}

static bool send_batch(struct server *server, const struct batch *b, int64_t first,
                       struct error *err)
{
    struct wire_decision_batch message = {.first_sequence = (uint64_t)first,
                                          .count = (uint32_t)b->count,
                                          .refused = b->refused,
                                          .node = server_wire_node(server),
                                          .first_utc = b->first_utc,
                                          .last_utc = b->last_utc};
    const struct signer_question question = {.message = &wire_decision_batch_message,
                                             .record = &message,
                                             .wanted = &wire_recorded_message,
                                             .timeout_ms = ASK_MS};
    AUTO(signer_reply) reply = {0};
    AUTO(digest) digest = digest_new();

    for (size_t i = b->count; i > 0; i--) {
        digest_update(digest, b->hashes[i - 1].octets, LEDGER_HASH_SIZE);
    }
    digest_finish(digest, message.sha256);
    return signer_port_ask(server->port, &question, &reply, err) &&
           signer_reply_check(&reply, err);
}

/* ---- where it stands ----------------------------------------------------------------- */

static bool write_number(struct server *server, const char *name, int64_t id,
                         struct error *err)
{
    AUTO(string) value = mem_printf("%lld", (long long)id);
    struct ledger_op op = {.kind = LEDGER_SETTING, .setting = {name, value}};

    return ledger_execute(server->options.ledger, &op, err);
}

static bool read_digested(struct server *server, int64_t *out, struct error *err)
{
    AUTO(string) value = NULL;

    *out = 0;
    return ledger_setting_get(server->options.ledger, SETTING, &value, err) &&
           (value == NULL || text_parse_i64(value, 0, INT64_MAX, out, err));
}

/* done: nothing is left. */
static bool send_next(struct server *server, bool *done, struct error *err)
{
    AUTO(ledger_decision) newest = NULL;
    int64_t digested = 0;

    if (!read_digested(server, &digested, err) ||
        !ledger_decision_get(server->options.ledger, 0, &newest, err)) {
        return false;
    }
    *done = newest == NULL || newest->id <= digested;
    if (*done) {
        return true;
    }
    int64_t upper = newest->id - digested > BATCH_MAX ? digested + BATCH_MAX : newest->id;
    struct batch *b = mem_new(sizeof(*b));
    b->after = digested;
    /* A write that waits for stable storage takes what was written before it there, too: a ledger
     * that lacks a digested decision was replaced (server_survey). */
    bool sent = write_number(server, SENDING, upper, err) &&
                collect(server->options.ledger, upper, b, err) &&
                (b->count == 0 || send_batch(server, b, digested + 1, err)) &&
                write_number(server, SETTING, upper, err);
    free(b);
    return sent;
}

void server_send_decisions(struct server *server)
{
    struct error why;
    bool done = false;

    while (!done) {
        if (!send_next(server, &done, &why)) {
            log_event_limited(LOG_WARNING, "decisions.unjournalled",
                              LOG_FIELDS(log_text("why", why.message)));
            return;
        }
    }
}
