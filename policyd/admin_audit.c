/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_json.h"
#include "policyd/admin_query.h"
#include "policyd/admin_record.h"

enum { RECORDS_DEFAULT = 100, RECORDS_MAX = 1000, TAIL_WAIT_MS = 10000 };
enum { OCTETS_MAX = 2 * 1024 * 1024 /* of payloads in an answer */ };

static const char *const names[] = {"after", "max", NULL};

static bool ask_tail(const struct admin_call *call, uint64_t after, uint32_t max,
                     struct buf *out, struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    const struct wire_journal_tail question = {
        .after = after, .max = max, .deadline_ms = TAIL_WAIT_MS};

    return port->ask(port->ctx, &wire_journal_tail_message, &question,
                     &wire_journal_records_message, out, err);
}

/* Behind which record the newest max records begin. */
static bool find_newest(const struct admin_call *call, int64_t max, int64_t *after,
                        struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_signer_status) status = {0};

    if (!admin_view_ask_signer(call->admin, &octets, err)) {
        return false;
    }
    if (!wire_signer_status_decode(buf_bytes(&octets), &status, err)) {
        return admin_fail_answer(err);
    }
    int64_t last = (int64_t)status.journal.sequence;
    *after = last > max ? last - max : 0;
    return true;
}

static void add_records(struct json_writer *out, const struct wire_journal_records *tail)
{
    size_t octets = 0;
    size_t shown = 0;

    json_open_list(out, "records");
    while (shown < tail->record_count && octets <= OCTETS_MAX) {
        octets += tail->records[shown].payload.len;
        admin_record_add(out, &tail->records[shown]);
        shown++;
    }
    json_close(out);
    json_add_bool(out, "more", tail->more || shown < tail->record_count);
    json_add_i64(out, "last", (int64_t)tail->last);
}

bool admin_run_audit(const struct admin_call *call, struct json_writer *out,
                     struct error *err)
{
    AUTO(admin_query) query = {0};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_journal_records) tail = {0};
    int64_t after = -1;
    int64_t max = RECORDS_DEFAULT;

    if (!admin_query_parse(call->request->query, names, &query, err) ||
        !admin_query_i64(&query, "after", 0, INT64_MAX, &after, err) ||
        !admin_query_i64(&query, "max", 1, RECORDS_MAX, &max, err) ||
        (after < 0 && !find_newest(call, max, &after, err)) ||
        !ask_tail(call, (uint64_t)after, (uint32_t)max, &octets, err)) {
        return false;
    }
    if (!wire_journal_records_decode(buf_bytes(&octets), &tail, err)) {
        return admin_fail_answer(err);
    }
    add_records(out, &tail);
    return true;
}
