/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json_write.h"

#include "policyd/ctl/groups.h"

/* {"note": "…"}, without the member when no --note was given. */
static bool make_note(struct ctl *ctl, struct buf *body, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    const char *note = ctl->args->value[OPTION_NOTE];

    json_open_object(&w, NULL);
    if (note != NULL) {
        json_add_text(&w, "note", note);
    }
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, body, err);
}

/* An order that policyd carries out and answers with a few members. */
struct order {
    const char *path;
    const char *question; /* NULL: it is not asked about */
    const char *fails;    /* "cannot stop issuing" */
    const char *would;    /* for --dry-run */
    const char *done;     /* what to say, unless say is there */
    const char *already;  /* the same when nothing changed */
    const char *mend;     /* what to do when it is refused for a file's content */
    void (*say)(struct ctl *ctl, const struct json_at *root, struct buf *out);
};

static enum exit_code fail_order(struct ctl *ctl, const struct order *order)
{
    struct fault *fault = &ctl->fault;

    if (order->mend != NULL && strcmp(fault->id, "CONFLICT") == 0) {
        fault->code = EXIT_CODE_CONFIG;
        (void)snprintf(fault->run, sizeof(fault->run), "%s", order->mend);
    }
    return fault->code;
}

static enum exit_code give(struct ctl *ctl, const struct order *order)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) body = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct error err;

    if (!make_note(ctl, &body, &err)) {
        return ctl_misused(ctl, &err);
    }
    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_printf(&text, "Would %s; nothing was changed.\n", order->would);
        return ctl_dry(ctl, &text);
    }
    if ((order->question != NULL && !ctl_confirm(ctl, order->question)) ||
        !ctl_post(ctl, order->path, buf_text(&body), order->fails, &doc)) {
        return fail_order(ctl, order);
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    if (order->say != NULL) {
        order->say(ctl, &root, &text);
    } else {
        buf_printf(&text, "%s\n",
                   ctl_true(&root, "changed") ? order->done : order->already);
    }
    ctl_say(ctl, &text);
    return code;
}

enum exit_code verb_freeze(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/freeze",
        .question = "Stop issuing certificates?",
        .fails = "cannot stop issuing",
        .would = "stop issuing",
        .done = "Nothing is issued any more. CRLs go on.\nNext:  policyctl thaw",
        .already = "Issuing was stopped already. CRLs go on.\nNext:  policyctl thaw",
    };

    return give(ctl, &order);
}

enum exit_code verb_thaw(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/thaw",
        .fails = "cannot issue again",
        .would = "issue again",
        .done = "The freeze is over.\nNext:  policyctl status",
        .already = "Nothing was frozen.\nNext:  policyctl status",
    };

    return give(ctl, &order);
}

enum exit_code verb_clock_confirm(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/clock/confirm",
        .question = "Is this machine's clock right?",
        .fails = "cannot confirm the clock",
        .would = "take the present time as right and issue again",
        .done = "The clock is taken as right.\nNext:  policyctl status",
        .already = "The clock was not in doubt.\nNext:  policyctl status",
    };

    return give(ctl, &order);
}

static void say_reload(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at changes;
    size_t count = ctl_list_of(root, "changes", &changes) ? json_count(&changes) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&changes, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            output_text(out, &ctl->style, text);
            buf_append_byte(out, '\n');
        }
    }
    buf_printf(out, "policyd has read its configuration again%s.\n",
               count == 0 ? "; nothing differs" : "");
}

enum exit_code verb_reload(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/reload",
        .fails = "cannot have policyd read its configuration again",
        .would = "have policyd read its configuration again",
        .mend =
            "mend or undo that, then policyctl reload; until then the old configuration "
            "holds",
        .say = say_reload,
    };

    return give(ctl, &order);
}

static void say_rebuild(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    int64_t undelivered = ctl_number_of(root, "undelivered", 0);
    const char *kept = ctl_text_of(root, "kept");

    buf_printf(out,
               "The ledger was made anew: the journal's %" PRId64 " records hold %" PRId64
               " certificates and %" PRId64 " revocations, holds and releases.\n",
               ctl_number_of(root, "records", 0), ctl_number_of(root, "certificates", 0),
               ctl_number_of(root, "revocations", 0));
    if (undelivered > 0) {
        buf_printf(out, "%" PRId64 " of them reached nobody and are being revoked.\n",
                   undelivered);
    }
    if (kept != NULL) {
        buf_append_text(out, "The old file is kept as ");
        output_text(out, &ctl->style, kept);
        buf_append_text(out, ".\n");
    }
    buf_append_text(out, "Next:  policyctl status\n");
}

enum exit_code verb_ledger_rebuild(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/ledger/rebuild",
        .question = "Make the ledger anew? Requests, facts and traces are not in the "
                    "journal and come back only from a backup.",
        .fails = "cannot rebuild the ledger",
        .would = "make the ledger anew from the journal and keep the old file aside",
        .say = say_rebuild,
    };

    return give(ctl, &order);
}
