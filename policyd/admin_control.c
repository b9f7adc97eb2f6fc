/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"

#include "policyd/admin_json.h"

enum { TAIL_WAIT_MS = 10000, AFTER_CONTROL_MAX = 16 };

static const char *const note_names[] = {"note", NULL};

/* An order to the signer, with whose it is and the words given. */
static bool order(const struct admin_call *call, enum wire_control_action action,
                  struct wire_recorded *out, struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    struct wire_control control = {
        .action = action,
        .actor = {.uid = (uint32_t)call->request->peer.uid, .program = "policyctl"},
    };
    AUTO(buf) octets = BUF_EMPTY;

    return admin_body_expect(call, note_names, err) &&
           admin_body_text(call, "note", ADMIN_NOTE_MAX, &control.sentence, err) &&
           port->ask(port->ctx, &wire_control_message, &control, &wire_recorded_message,
                     &octets, err) &&
           (wire_recorded_decode(buf_bytes(&octets), out, err) || admin_fail_answer(err));
}

static bool was_frozen(const struct admin_call *call)
{
    AUTO(admin_view) v = {0};

    admin_view_get(call->admin, &v);
    return v.signer_known && v.signer.frozen;
}

static bool freeze_or_thaw(const struct admin_call *call, bool freeze,
                           struct json_writer *out, struct error *err)
{
    struct wire_recorded recorded = {0};
    bool before = was_frozen(call);

    if (!order(call, freeze ? WIRE_CONTROL_FREEZE : WIRE_CONTROL_THAW, &recorded, err)) {
        return false;
    }
    json_add_bool(out, "frozen", freeze);
    json_add_bool(out, "changed", before != freeze);
    json_add_i64(out, "journal_sequence", (int64_t)recorded.journal_sequence);
    return true;
}

bool admin_run_freeze(const struct admin_call *call, struct json_writer *out,
                      struct error *err)
{
    return freeze_or_thaw(call, true, out, err);
}

bool admin_run_thaw(const struct admin_call *call, struct json_writer *out,
                    struct error *err)
{
    return freeze_or_thaw(call, false, out, err);
}

bool admin_run_clock(const struct admin_call *call, struct json_writer *out,
                     struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    struct wire_recorded recorded = {0};
    AUTO(admin_view) v = {0};

    admin_view_get(call->admin, &v);
    if (!order(call, WIRE_CONTROL_CONFIRM_CLOCK, &recorded, err)) {
        return false;
    }
    port->confirm_clock(port->ctx);
    json_add_bool(out, "confirmed", true);
    json_add_bool(out, "changed", v.signer_known && v.signer.clock_jumped);
    json_add_i64(out, "journal_sequence", (int64_t)recorded.journal_sequence);
    return true;
}

/* The first checkpoint at or behind the order's record. */
static bool find_note(const struct wire_journal_records *tail, struct json_writer *out,
                      struct error *err)
{
    for (size_t i = 0; i < tail->record_count; i++) {
        AUTO(wire_journal_checkpoint) c = {0};

        if (tail->records[i].type != WIRE_RECORD_CHECKPOINT) {
            continue;
        }
        if (!wire_journal_checkpoint_decode(tail->records[i].payload, &c, err)) {
            return admin_fail_answer(err);
        }
        json_add_text(out, "note", c.note);
        json_add_i64(out, "size", (int64_t)c.size);
        admin_add_hex(out, "root", c.root, sizeof(c.root));
        return true;
    }
    return error_set(err, ERROR_UNAVAILABLE,
                     "the signer made no checkpoint; has it an audit key?");
}

bool admin_run_checkpoint(const struct admin_call *call, struct json_writer *out,
                          struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    struct wire_recorded recorded = {0};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_journal_records) tail = {0};

    if (!order(call, WIRE_CONTROL_CHECKPOINT, &recorded, err)) {
        return false;
    }
    const struct wire_journal_tail question = {.after = recorded.journal_sequence - 1,
                                               .max = AFTER_CONTROL_MAX,
                                               .deadline_ms = TAIL_WAIT_MS};
    return port->ask(port->ctx, &wire_journal_tail_message, &question,
                     &wire_journal_records_message, &octets, err) &&
           (wire_journal_records_decode(buf_bytes(&octets), &tail, err) ||
            admin_fail_answer(err)) &&
           find_note(&tail, out, err);
}

static void add_lines(struct json_writer *out, const char *key, const char *text)
{
    json_open_list(out, key);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        AUTO(buf) line = BUF_EMPTY;

        buf_append(&line, text, len);
        json_add_text(out, NULL, buf_text(&line));
        text += len;
        text += *text == '\n';
    }
    json_close(out);
}

/* policyd's own configuration first: a faulty one must not reach the signer half done. */
bool admin_run_reload(const struct admin_call *call, struct json_writer *out,
                      struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    struct wire_recorded recorded = {0};
    AUTO(buf) changes = BUF_EMPTY;

    if (!admin_body_expect(call, note_names, err)) {
        return false;
    }
    if (!port->reload(port->ctx, &changes, err)) {
        /* the request is well-formed: what is not, is the file */
        err->code = err->code == ERROR_INVALID ? ERROR_CONFLICT : err->code;
        return false;
    }
    if (!order(call, WIRE_CONTROL_RELOAD, &recorded, err)) {
        return error_wrap(err, "policyd was reloaded, the signer was not");
    }
    add_lines(out, "changes", buf_text(&changes));
    return true;
}

bool admin_run_rebuild(const struct admin_call *call, struct json_writer *out,
                       struct error *err)
{
    static const char *const names[] = {NULL};
    const struct admin_port *port = call->admin->options.port;
    struct admin_rebuilt done = {0};

    if (!admin_body_expect(call, names, err) || !port->rebuild(port->ctx, &done, err)) {
        return false;
    }
    json_add_i64(out, "certificates", done.certificates);
    json_add_i64(out, "revocations", done.revocations);
    json_add_i64(out, "undelivered", done.undelivered);
    json_add_i64(out, "records", done.records);
    json_add_text(out, "kept", done.kept);
    return true;
}
