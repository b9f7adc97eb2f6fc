/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/utc.h"

#include "policyd/ctl/cert.h"
#include "policyd/ctl/groups.h"
#include "policyd/ctl/operand.h"

/* revoke, hold or unhold. */
struct change {
    const char *verb; /* and last part of the path */
    const char *fails;
    const char *question;
    const char *done;
    const char *already; /* when the answer says that nothing changed */
};

/* {"reason", "invalidity", "note"}, what was given of it. */
static bool make_body(struct ctl *ctl, struct buf *body, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) moment = BUF_EMPTY;
    const char *const *value = ctl->args->value;
    const char *reason = "unspecified";
    int64_t invalidity = 0;

    json_open_object(&w, NULL);
    if (value[OPTION_REASON] != NULL &&
        !operand_parse_reason(value[OPTION_REASON], &reason, err)) {
        return false;
    }
    if (strcmp(ctl->args->verb->name, "revoke") == 0) {
        json_add_text(&w, "reason", reason);
    }
    if (value[OPTION_INVALIDITY] != NULL) {
        if (!operand_parse_time(value[OPTION_INVALIDITY], ctl->style.now_utc, &invalidity,
                                err)) {
            return false;
        }
        utc_append(&moment, invalidity);
        json_add_text(&w, "invalidity", buf_text(&moment));
    }
    if (value[OPTION_NOTE] != NULL) {
        json_add_text(&w, "note", value[OPTION_NOTE]);
    }
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, body, err);
}

/* Shows whom it concerns before anybody is asked. */
static bool show_and_ask(struct ctl *ctl, const struct change *change, struct buf *serial)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    struct json_at certificate = {.value = NULL};

    if (!cert_fetch(ctl, change->fails, serial, &doc)) {
        return false;
    }
    struct json_at root = json_root(doc);
    (void)ctl_object_of(&root, "certificate", &certificate);
    cert_describe(ctl, &certificate, &text);
    ctl_say(ctl, &text);
    (void)fflush(ctl->out);
    return ctl_has(ctl, OPTION_DRY_RUN) || ctl_confirm(ctl, change->question);
}

static void say_done(struct ctl *ctl, const struct change *change,
                     const struct json_at *root)
{
    AUTO(buf) text = BUF_EMPTY;
    struct json_at crl;

    buf_printf(&text, "\n%s\n",
               ctl_true(root, "changed") ? change->done : change->already);
    if (ctl_object_of(root, "crl", &crl)) {
        buf_printf(&text,
                   "On CRL generation %" PRId64 ", shard %" PRId64
                   " as soon as it is published.\n",
                   ctl_number_of(&crl, "generation", 0), ctl_number_of(&crl, "shard", 0));
    }
    buf_append_text(&text, "Next:  policyctl crl show\n");
    ctl_say(ctl, &text);
}

static enum exit_code make_change(struct ctl *ctl, const struct change *change)
{
    AUTO(json) doc = NULL;
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) body = BUF_EMPTY;
    AUTO(buf) dry = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct error err;

    if (!make_body(ctl, &body, &err)) {
        return ctl_misused(ctl, &err);
    }
    if (!show_and_ask(ctl, change, &serial)) {
        return ctl->fault.code;
    }
    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_printf(&dry, "Would %s certificate %s; nothing was changed.\n", change->verb,
                   buf_text(&serial));
        return ctl_dry(ctl, &dry);
    }
    AUTO(string)
    path = mem_printf("/v1/certificates/%s/%s", buf_text(&serial), change->verb);
    if (!ctl_post(ctl, path, buf_text(&body), change->fails, &doc)) {
        return ctl->fault.code;
    }
    if (!ctl_answered(ctl, doc, &code)) {
        struct json_at root = json_root(doc);

        say_done(ctl, change, &root);
    }
    return code;
}

enum exit_code verb_cert_revoke(struct ctl *ctl)
{
    static const struct change change = {
        .verb = "revoke",
        .fails = "cannot revoke the certificate",
        .question = "Revoke this certificate for good?",
        .done = "The certificate is revoked.",
        .already = "The certificate was revoked already.",
    };

    return make_change(ctl, &change);
}

enum exit_code verb_cert_hold(struct ctl *ctl)
{
    static const struct change change = {
        .verb = "hold",
        .fails = "cannot hold the certificate",
        .question = "Suspend this certificate?",
        .done = "The certificate is held; policyctl cert unhold ends that.",
        .already = "The certificate was held already.",
    };

    return make_change(ctl, &change);
}

enum exit_code verb_cert_unhold(struct ctl *ctl)
{
    static const struct change change = {
        .verb = "unhold",
        .fails = "cannot end the hold",
        .question = "Make this certificate good again?",
        .done = "The certificate is good again.",
        .already = "The certificate was not held.",
    };

    return make_change(ctl, &change);
}
