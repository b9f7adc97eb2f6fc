/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

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
    void (*say)(struct ctl *ctl, const struct json_at *root, struct buf *out);
};

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
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    if (order->say != NULL) {
        order->say(ctl, &root, &text);
    } else {
        buf_printf(&text, "%s\n", order->done);
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
    };

    return give(ctl, &order);
}

enum exit_code verb_thaw(struct ctl *ctl)
{
    static const struct order order = {
        .path = "/v1/thaw",
        .fails = "cannot issue again",
        .would = "issue again",
        .done = "Certificates are issued again.\nNext:  policyctl status",
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
        .say = say_reload,
    };

    return give(ctl, &order);
}

static void say_rebuild(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    buf_append_text(out, "The ledger was made anew from the journal.\n");
    ctl_field(ctl, out, "records", root, "records");
    ctl_field(ctl, out, "certificates", root, "certificates");
    ctl_field(ctl, out, "revocations", root, "revocations");
    ctl_field(ctl, out, "undelivered", root, "undelivered");
    ctl_field(ctl, out, "old file", root, "kept");
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
