/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents that schemas/json describes.
 */
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/utc.h"
#include "common/wire/reason.h"

#include "autoenroll-client/view.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024, ERROR_MAX = 64 * 1024 };

static void add_time(struct json_writer *w, const char *key, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    if (utc == 0) {
        json_add_null(w, key);
        return;
    }
    utc_append(&text, utc);
    json_add_text(w, key, buf_text(&text));
}

static void add_head(struct json_writer *w, const char *schema, const struct view *view)
{
    const struct agent_result *r = view->result;

    json_open_object(w, NULL);
    json_add_text(w, "schema", schema);
    json_add_text(w, "scope", view->scope);
    json_add_text(w, "server", view->server);
    json_add_text(w, "principal", r->principal);
    json_add_i64(w, "exit_code", r->exit_code);
    json_add_text(w, "note", r->note);
    add_time(w, "started", r->started_utc);
    add_time(w, "finished", r->finished_utc);
}

static void add_line(struct json_writer *w, const char *key, const struct agent_line *l)
{
    json_open_object(w, key);
    json_add_text(w, "name", l->name);
    json_add_text(w, "event", l->event);
    json_add_text(w, "state", wire_health_name(l->health));
    json_add_text(w, "sentence", l->sentence);
    json_add_text(w, "failure", l->failure);
    json_add_text(w, "reason", l->reason);
    json_add_text(w, "request", l->request);
    json_add_text(w, "serial", l->serial);
    json_add_text(w, "subject", l->subject);
    json_add_text(w, "path", l->path);
    add_time(w, "not_before", l->not_before_utc);
    add_time(w, "not_after", l->not_after_utc);
    add_time(w, "renew_at", l->renew_utc);
    json_close(w);
}

static bool end(struct json_writer *w, struct buf *out, struct error *err)
{
    json_close(w);
    json_close(w);
    if (!json_finish(w, JSON_FORM_INDENTED, DOCUMENT_MAX, out, err)) {
        return false;
    }
    buf_append_byte(out, '\n');
    return true;
}

bool view_status_json(const struct view *view, struct buf *out, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    add_head(&w, "autoenroll-client.status.1", view);
    json_add_bool(&w, "reported", view->result->is_reported);
    json_open_list(&w, "certificates");
    for (size_t i = 0; i < view->result->line_count; i++) {
        add_line(&w, NULL, &view->result->lines[i]);
    }
    return end(&w, out, err);
}

static void add_template(struct json_writer *w, const char *key,
                         const struct wire_policy_template *t)
{
    json_open_object(w, key);
    json_add_text(w, "name", t->ref.name);
    json_add_text(w, "display", t->display);
    json_add_text(w, "oid", t->ref.oid);
    json_add_i64(w, "major", t->ref.major);
    json_add_i64(w, "minor", t->ref.minor);
    json_add_text(w, "kind", wire_account_kind_name(t->kind));
    json_add_bool(w, "enroll", t->enroll);
    json_add_bool(w, "autoenroll", t->autoenroll);
    json_add_text(w, "reason", t->reason);
    json_add_text(w, "sentence", t->sentence);
    json_add_i64(w, "validity_s", (int64_t)t->validity_s);
    json_close(w);
}

bool view_templates_json(const struct view *view, struct buf *out, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    const struct wire_policy_answer *policy = view->result->policy;

    add_head(&w, "autoenroll-client.templates.1", view);
    json_open_list(&w, "templates");
    for (size_t i = 0; policy != NULL && i < policy->template_count; i++) {
        add_template(&w, NULL, &policy->templates[i]);
    }
    return end(&w, out, err);
}

/* ---- one of them --------------------------------------------------------------------- */

static const struct wire_policy_template *find_template(const struct agent_result *r,
                                                        const char *name)
{
    for (size_t i = 0; r->policy != NULL && i < r->policy->template_count; i++) {
        if (strcmp(r->policy->templates[i].ref.name, name) == 0) {
            return &r->policy->templates[i];
        }
    }
    return NULL;
}

/* What is there or pending, and what the server says of it: one of both may be unknown. */
static void add_explained(struct json_writer *w, const struct agent_line *l,
                          const struct wire_policy_template *t)
{
    const char *code = l != NULL && l->reason[0] != '\0' ? l->reason
                       : t != NULL                       ? t->reason
                                                         : "";
    enum reason reason = REASON_NONE;

    json_open_object(w, NULL);
    json_add_text(w, "name", l != NULL ? l->name : t->ref.name);
    json_add_text(w, "reason", code);
    json_add_text(
        w, "who_can_help",
        reason_find(code, &reason) ? reason_actor_name(reason_get(reason)->actor) : "");
    if (l == NULL) {
        json_add_null(w, "certificate");
    } else {
        add_line(w, "certificate", l);
    }
    if (t == NULL) {
        json_add_null(w, "template");
    } else {
        add_template(w, "template", t);
    }
    json_close(w);
}

bool view_explain_json(const struct view *view, const char *name, bool *is_known,
                       struct buf *out, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    const struct agent_result *r = view->result;
    const struct wire_policy_template *alone = find_template(r, name);
    bool found = name[0] == '\0';

    add_head(&w, "autoenroll-client.explain.1", view);
    json_open_list(&w, "explained");
    for (size_t i = 0; i < r->line_count; i++) {
        const struct agent_line *l = &r->lines[i];

        if (name[0] == '\0' || strcmp(l->name, name) == 0 ||
            strcmp(l->request, name) == 0) {
            add_explained(&w, l, find_template(r, l->name));
            found = true;
            alone = NULL;
        }
    }
    if (alone != NULL) {
        add_explained(&w, NULL, alone);
        found = true;
    }
    *is_known = found;
    return end(&w, out, err);
}

/* ---- what went wrong before anything could be found out ------------------------------ */

bool view_error_json(int exit_code, const struct error *why, struct buf *out)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct error ignored;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", "autoenroll-client.error.1");
    json_add_i64(&w, "exit", exit_code);
    json_add_text(&w, "what", "autoenroll-client did nothing");
    json_add_text(&w, "why", why->message);
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_INDENTED, ERROR_MAX, out, &ignored)) {
        return false;
    }
    buf_append_byte(out, '\n');
    return true;
}
