/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/admin_facts.h"
#include "policyd/admin_json.h"
#include "policyd/admin_query.h"
#include "policyd/explain.h"
#include "policyd/ledger_names.h"
#include "policyd/ledger_read_request.h"

enum { GROUPS_SHOWN_MAX = 64 };

static void add_id(struct json_writer *out, const char *key, int64_t number)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(number, id);
    json_add_text(out, key, id);
}

static void add_hash(struct json_writer *out, const char *key,
                     const struct ledger_hash *hash)
{
    if (ledger_hash_is_none(hash)) {
        json_add_null(out, key);
    } else {
        admin_add_hex(out, key, hash->octets, sizeof(hash->octets));
    }
}

static void add_serial(struct json_writer *out, const char *key,
                       const struct ledger_serial *serial)
{
    if (ledger_serial_is_none(serial)) {
        json_add_null(out, key);
    } else {
        admin_add_hex(out, key, serial->octets, sizeof(serial->octets));
    }
}

/* By name, LF between them. */
static void add_approvers(struct json_writer *out, const struct ledger_request *r)
{
    const char *rest = r->approvers;
    AUTO(buf) names = BUF_EMPTY;
    struct ledger_group group;

    while (ledger_group_next(r, &rest, &group)) {
        buf_append_text(&names, names.len > 0 ? "\n" : "");
        buf_append(&names, group.name, group.len);
    }
    json_add_text(out, "approvers", buf_text(&names));
}

static void add_request(struct json_writer *out, const struct ledger_request *r)
{
    json_open_object(out, "request");
    add_id(out, "id", r->number);
    json_add_i64(out, "number", r->number);
    json_add_text(out, "state", ledger_request_state_name(r->state));
    json_add_text(out, "reason", r->reason);
    json_add_text(out, "principal", r->principal);
    json_add_text(out, "account", r->account);
    json_add_text(out, "template", r->template.name);
    json_add_text(out, "operation", ledger_operation_name(r->operation));
    json_add_text(out, "protocol", r->protocol);
    json_add_text(out, "peer", r->peer);
    admin_add_utc(out, "created", r->created_utc);
    admin_add_utc(out, "updated", r->updated_utc);
    admin_add_utc(out, "expires", r->expires_utc);
    add_approvers(out, r);
    json_add_i64(out, "approvals_needed", r->approvals_needed);
    add_serial(out, "serial", &r->serial);
    json_close(out);
}

/* ---- the decision -------------------------------------------------------------------- */

static void add_decision(struct json_writer *out, const struct explain *x)
{
    const struct ledger_decision *d = x->decision;
    AUTO(string)
    version = mem_printf("%lld.%lld", (long long)d->template.major,
                         (long long)d->template.minor);

    json_open_object(out, "decision");
    admin_add_utc(out, "time", d->decided_utc);
    json_add_text(out, "verdict", ledger_verdict_name(d->verdict));
    json_add_text(out, "reason", d->reason);
    json_add_text(out, "detail", x->has_trail ? x->trail.detail : "");
    json_add_text(out, "template", d->template.name);
    json_add_text(out, "template_oid", d->template.oid);
    json_add_text(out, "template_version", version);
    add_hash(out, "template_sha256", &d->template.content);
    add_hash(out, "rules", &d->bundle);
    add_hash(out, "configuration", &d->config);
    add_hash(out, "request_sha256", &d->request_hash);
    add_hash(out, "facts_sha256", &d->facts_hash);
    json_add_text(out, "software", d->engine);
    add_serial(out, "serial", &d->serial);
    json_add_i64(out, "node", d->node);
    json_add_i64(out, "journal_sequence", d->journal_seq);
    json_close(out);
}

static void add_steps(struct json_writer *out, const struct explain *x)
{
    json_open_list(out, "steps");
    for (size_t i = 0; i < x->step_count; i++) {
        const struct explain_step *s = &x->steps[i];

        json_open_object(out, NULL);
        json_add_text(out, "step", s->step);
        json_add_text(out, "result", wire_step_result_name(s->result));
        json_add_text(out, "reason", s->reason);
        json_add_text(out, "sentence", s->sentence);
        json_close(out);
    }
    json_close(out);
}

static void add_texts(struct json_writer *out, const char *key, const char *const *texts,
                      size_t count)
{
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++) {
        json_add_text(out, NULL, texts[i]);
    }
    json_close(out);
}

static void add_rules(struct json_writer *out, const struct explain *x)
{
    json_open_list(out, "rules");
    for (size_t i = 0; i < x->verdict.trace_count; i++) {
        const struct wire_trace *t = &x->verdict.trace[i];

        json_open_object(out, NULL);
        json_add_text(out, "rule", t->rule);
        json_add_text(out, "file", t->file);
        admin_add_hex(out, "file_sha256", t->file_sha256, sizeof(t->file_sha256));
        json_add_text(out, "phase", wire_phase_name(t->phase));
        json_add_text(out, "mode", wire_mode_name(t->mode));
        json_add_bool(out, "matched", t->matched);
        json_add_text(out, "decision", wire_decision_name(t->decision));
        add_texts(out, "codes", t->codes, t->code_count);
        add_texts(out, "changes", t->changes, t->change_count);
        json_add_text(out, "detail", t->detail);
        json_add_bool(out, "decided", strcmp(t->rule, x->verdict.rule) == 0);
        json_close(out);
    }
    json_close(out);
}

static void add_remarks(struct json_writer *out, const char *key,
                        const struct wire_remark *remarks, size_t count)
{
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(out, NULL);
        json_add_text(out, "rule", remarks[i].rule);
        json_add_text(out, "key", remarks[i].key);
        json_add_text(out, "text", remarks[i].text);
        json_close(out);
    }
    json_close(out);
}

static void add_holds(struct json_writer *out, const struct explain *x)
{
    json_open_list(out, "holds");
    for (size_t i = 0; i < x->verdict.hold_count; i++) {
        const struct wire_hold *h = &x->verdict.holds[i];

        json_open_object(out, NULL);
        json_add_text(out, "rule", h->rule);
        json_add_text(out, "code", h->code);
        json_add_i64(out, "need", h->need);
        json_add_text(out, "from", h->from);
        json_close(out);
    }
    json_close(out);
}

/* By their names; where the directory told of a SID alone, by that. null: not recorded. */
static void add_groups(struct json_writer *out, const struct explain *x)
{
    const struct wire_account *account = &x->facts.requester;
    size_t shown =
        account->group_count < GROUPS_SHOWN_MAX ? account->group_count : GROUPS_SHOWN_MAX;

    if (!x->has_facts) {
        json_add_null(out, "groups");
        json_add_null(out, "group_count");
        return;
    }
    json_open_list(out, "groups");
    for (size_t i = 0; i < shown; i++) {
        const struct wire_group *g = &account->groups[i];

        json_add_text(out, NULL, *g->dn != '\0' ? g->dn : g->sid);
    }
    json_close(out);
    json_add_i64(out, "group_count", (int64_t)account->group_count);
}

static void add_changes(struct json_writer *out, const struct explain *x)
{
    json_open_list(out, "changes");
    for (size_t i = 0; i < x->change_count; i++) {
        json_open_object(out, NULL);
        json_add_text(out, "sentence", x->changes[i].sentence);
        if (x->changes[i].run != NULL) {
            json_add_text(out, "run", x->changes[i].run);
        } else {
            json_add_null(out, "run");
        }
        json_close(out);
    }
    json_close(out);
}

static void add_shown(struct json_writer *out, const struct explain *x)
{
    const struct explain_shown shown = explain_shown(x);

    json_open_object(out, "shown");
    json_add_text(out, "reason", shown.code);
    json_add_text(out, "sentence", shown.sentence);
    json_add_i64(out, "status", shown.status);
    json_close(out);
}

static void add_facts(struct json_writer *out, const struct explain *x)
{
    AUTO(buf) text = BUF_EMPTY;

    if (x->has_facts) {
        admin_facts_add(out, "facts", &x->facts);
    } else {
        json_add_null(out, "facts");
    }
    if (explain_append_case(x, &text)) {
        json_add_text(out, "case", buf_text(&text));
    } else {
        json_add_null(out, "case");
    }
}

static void add_explained(struct json_writer *out, const struct ledger_decision *decision,
                          bool with_facts)
{
    AUTO(explain) x = {0};

    explain_read(decision, &x);
    add_decision(out, &x);
    add_steps(out, &x);
    add_rules(out, &x);
    add_holds(out, &x);
    add_remarks(out, "warnings", x.verdict.warnings, x.verdict.warning_count);
    add_remarks(out, "notes", x.verdict.notes, x.verdict.note_count);
    add_groups(out, &x);
    add_changes(out, &x);
    add_shown(out, &x);
    add_texts(out, "problems", (const char *const *)x.problems, x.problem_count);
    if (with_facts) {
        add_facts(out, &x);
    }
}

/* ---- which one ----------------------------------------------------------------------- */

static bool show(struct ledger *ledger, int64_t number, bool with_facts,
                 struct json_writer *out, struct error *err)
{
    AUTO(ledger_decision) decision = NULL;
    AUTO(ledger_request) request = NULL;
    char id[LEDGER_REQUEST_ID_SIZE] = "";

    if (!ledger_decision_get(ledger, number, &decision, err) ||
        !ledger_request_get(ledger, decision != NULL ? decision->request : number,
                            &request, err)) {
        return false;
    }
    if (decision == NULL && number == 0) {
        return error_set(err, ERROR_NOT_FOUND, "nothing has been decided yet");
    }
    ledger_request_id(decision != NULL ? decision->request : number, id);
    if (decision == NULL) {
        return error_set(
            err, ERROR_NOT_FOUND,
            request != NULL
                ? "request %s is on its way, or was restored without its decision"
                : "no decision is recorded for %s: it is of another ledger, or a "
                  "repetition that got the earlier certificate; policyd's log may know "
                  "it",
            id);
    }
    if (request != NULL) {
        add_request(out, request);
    } else {
        json_add_null(out, "request");
    }
    add_explained(out, decision, with_facts);
    return true;
}

bool admin_run_explain(const struct admin_call *call, struct json_writer *out,
                       struct error *err)
{
    static const char *const names[] = {"last", "facts", NULL};
    AUTO(admin_query) query = {.count = 0};
    int64_t facts = 0;
    int64_t last = 0;
    int64_t number = 0;

    if (!admin_query_parse(call->request->query, names, &query, err) ||
        !admin_query_i64(&query, "last", 1, 1, &last, err) ||
        !admin_query_i64(&query, "facts", 0, 1, &facts, err)) {
        return false;
    }
    if ((*call->rest == '\0') != (last == 1)) {
        return error_set(err, ERROR_INVALID,
                         "name one request, /v1/explain/ID, or ask for last=1");
    }
    if (last == 0 && !ledger_request_parse_id(call->rest, &number, err)) {
        return false;
    }
    return show(call->admin->options.ledger, number, facts == 1, out, err);
}
