/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/view.h"

#include <string.h>

#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/wire/reason.h"

enum { DAY_S = 86400, NAME_WIDTH = 20 };

/* ---- for people ---------------------------------------------------------------------- */

static void append_day(struct buf *out, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    utc_append(&text, utc);
    buf_truncate(&text, strlen("2026-11-21"));
    buf_append_text(out, buf_text(&text));
}

static void append_days(struct buf *out, int64_t until_utc, int64_t now_utc)
{
    int64_t days = (until_utc - now_utc) / DAY_S;

    if (until_utc <= now_utc) {
        buf_append_text(out, " (over)");
    } else if (days == 0) {
        buf_printf(out, " (in %lld h)", (long long)((until_utc - now_utc) / 3600));
    } else {
        buf_printf(out, " (in %lld day%s)", (long long)days, days == 1 ? "" : "s");
    }
}

/* Of the last attempt, and not said with the state already. */
static bool has_more_to_say(const struct agent_line *l)
{
    return l->failure[0] != '\0' && strstr(l->sentence, l->failure) == NULL;
}

static void append_line(struct buf *out, const struct agent_line *l, int64_t now_utc)
{
    const char *word = l->event[0] != '\0' && l->health == WIRE_HEALTH_HEALTHY
                           ? l->event
                           : wire_health_name(l->health);

    buf_printf(out, "%-*s %-9s ", NAME_WIDTH, l->name, word);
    if (l->health != WIRE_HEALTH_HEALTHY) {
        buf_append_text(out, l->sentence);
        if (l->request[0] != '\0') {
            buf_printf(out, " (request %s)", l->request);
        }
    } else {
        buf_printf(out, "%s  until ", l->subject);
        append_day(out, l->not_after_utc);
        append_days(out, l->not_after_utc, now_utc);
        if (l->renew_utc != 0) {
            buf_append_text(out, "  renews ~ ");
            append_day(out, l->renew_utc);
        }
    }
    buf_append_byte(out, '\n');
    if (has_more_to_say(l)) {
        buf_printf(out, "%-*s %-9s %s\n", NAME_WIDTH, "", "failed", l->failure);
    }
}

void view_status(const struct view *view, struct buf *out)
{
    const struct agent_result *r = view->result;

    for (size_t i = 0; i < r->line_count; i++) {
        append_line(out, &r->lines[i], r->finished_utc);
    }
    if (r->line_count == 0 && r->note[0] == '\0') {
        buf_append_text(out, "no certificates, and none that should be there\n");
    }
    if (r->note[0] != '\0') {
        buf_printf(out, "%s\n", r->note);
    }
}

void view_templates(const struct view *view, struct buf *out)
{
    const struct wire_policy_answer *policy = view->result->policy;

    for (size_t i = 0; policy != NULL && i < policy->template_count; i++) {
        const struct wire_policy_template *t = &policy->templates[i];

        buf_printf(out, "%-*s %-8s ", NAME_WIDTH, t->ref.name,
                   wire_account_kind_name(t->kind));
        if (!t->enroll) {
            buf_printf(out, "no         %s: %s\n", t->reason, t->sentence);
        } else {
            buf_printf(out, "%s\n",
                       t->autoenroll ? "automatic"
                                     : "on demand  autoenroll-client enroll");
        }
    }
    if (view->result->note[0] != '\0') {
        buf_printf(out, "%s\n", view->result->note);
    }
}

/* ---- one of them --------------------------------------------------------------------- */

static void append_field(struct buf *out, const char *name, const char *value)
{
    if (value[0] != '\0') {
        buf_printf(out, "  %-12s %s\n", name, value);
    }
}

static void append_time(struct buf *out, const char *name, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    if (utc != 0) {
        utc_append(&text, utc);
        append_field(out, name, buf_text(&text));
    }
}

static void append_helper(struct buf *out, const char *code)
{
    enum reason reason = REASON_NONE;

    if (reason_find(code, &reason)) {
        append_field(out, "who can help", reason_actor_name(reason_get(reason)->actor));
    }
}

static void explain_line(const struct agent_line *l, struct buf *out)
{
    append_field(out, "state", wire_health_name(l->health));
    append_field(out, "because", l->sentence);
    append_field(out, "last failure", has_more_to_say(l) ? l->failure : "");
    append_field(out, "certificate", l->subject);
    append_field(out, "serial", l->serial);
    append_time(out, "from", l->not_before_utc);
    append_time(out, "until", l->not_after_utc);
    append_time(out, "renewal from", l->renew_utc);
    append_field(out, "where", l->path);
    append_field(out, "request", l->request);
    append_helper(out, l->reason);
}

static void explain_template(const struct wire_policy_template *t, bool has_line,
                             struct buf *out)
{
    if (!has_line) {
        buf_printf(out, "%s\n", t->ref.name);
    }
    append_field(out, "template", t->display);
    append_field(out, "may enroll", t->enroll ? "yes" : "no");
    append_field(out, "by itself", t->autoenroll ? "yes" : "no");
    if (!t->enroll) {
        append_field(out, "reason", t->reason);
        append_field(out, "it says", t->sentence);
        append_helper(out, has_line ? "" : t->reason);
    }
}

static bool explain_lines(const struct agent_result *r, const char *name, struct buf *out)
{
    bool is_known = false;

    for (size_t i = 0; i < r->line_count; i++) {
        const struct agent_line *l = &r->lines[i];

        if (name[0] == '\0' || strcmp(l->name, name) == 0 ||
            strcmp(l->request, name) == 0) {
            is_known = true;
            buf_printf(out, "%s\n", l->name);
            explain_line(l, out);
        }
    }
    return is_known;
}

bool view_explain(const struct view *view, const char *name, struct buf *out)
{
    const struct wire_policy_answer *policy = view->result->policy;
    bool is_known = explain_lines(view->result, name, out);

    for (size_t i = 0; policy != NULL && i < policy->template_count; i++) {
        const struct wire_policy_template *t = &policy->templates[i];

        if (strcmp(t->ref.name, name) == 0) {
            explain_template(t, is_known, out);
            is_known = true;
        }
    }
    return is_known;
}
