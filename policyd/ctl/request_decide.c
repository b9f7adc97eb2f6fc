/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"

#include "policyd/ctl/groups.h"
#include "policyd/ctl/request.h"

/* approve or deny. */
struct decision {
    const char *verb; /* and last part of the path */
    const char *fails;
    const char *question;
};

/* What policyd will compare with: exactly what was shown. */
static bool make_body(struct ctl *ctl, const struct json_at *request, struct buf *body,
                      struct error *err)
{
    const char *reason = ctl->args->value[OPTION_REASON];
    const char *key = ctl_text_of(request, "key_sha256");
    const char *names = ctl_text_of(request, "names_sha256");
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    json_open_object(&w, NULL);
    if (reason != NULL) {
        json_add_text(&w, "reason", reason);
    }
    json_add_text(&w, "key_sha256", key == NULL ? "" : key);
    json_add_text(&w, "names_sha256", names == NULL ? "" : names);
    json_close(&w);
    return json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, body, err);
}

/* Nobody approves what he cannot be shown. */
static bool check_shown(struct ctl *ctl, const struct decision *decision,
                        const struct json_at *request)
{
    struct json_at ignored;

    if (strcmp(decision->verb, "approve") != 0 ||
        ctl_list_of(request, "subject", &ignored)) {
        return true;
    }
    (void)fault_set(
        &ctl->fault, EXIT_CODE_UNAVAILABLE, "CTL_UNSEEN", decision->fails,
        "what the request asks for is not known now; its client tells when it "
        "asks again",
        "policyctl request show, a little later");
    return false;
}

/* "HTTP/ca.corp.example@CORP.EXAMPLE": its host, whose ticket is shown. */
static char *host_of(const struct json_at *root)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    const char *service = ctl_text_of(root, "approve_with");
    const char *host = service == NULL ? NULL : strchr(service, '/');
    size_t len = host == NULL ? 0 : strspn(host + 1, allowed);

    return len == 0 || host[1 + len] != '@' ? NULL : mem_dup(host + 1, len);
}

static void say_done(struct ctl *ctl, const struct json_at *root)
{
    const char *state = ctl_text_of(root, "state");
    AUTO(buf) text = BUF_EMPTY;

    state = state == NULL ? "" : state;
    if (strcmp(state, "approved") == 0) {
        buf_append_text(&text,
                        "\nThe request is approved: when its client asks again, it "
                        "is decided anew and issued.\n");
    } else if (strcmp(state, "denied") == 0) {
        buf_append_text(&text, "\nThe request is denied.\n");
    } else {
        buf_printf(&text,
                   "\nYour approval is recorded: %" PRId64 " of %" PRId64 " so far.\n",
                   ctl_number_of(root, "approvals", 0),
                   ctl_number_of(root, "approvals_needed", 0));
    }
    ctl_say(ctl, &text);
}

static enum exit_code say_dry(struct ctl *ctl, const struct decision *decision)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_printf(&text, "Would %s request %.32s; nothing was changed.\n", decision->verb,
               ctl->args->operands[0]);
    return ctl_dry(ctl, &text);
}

static enum exit_code send(struct ctl *ctl, const struct decision *decision,
                           const struct json_at *root, const struct json_at *request)
{
    AUTO(json) doc = NULL;
    AUTO(buf) body = BUF_EMPTY;
    AUTO(string) host = host_of(root);
    const char *id = ctl_text_of(request, "id");
    enum exit_code code = EXIT_CODE_DONE;
    struct error err;

    if (host == NULL || id == NULL) {
        return fault_set(&ctl->fault, EXIT_CODE_UNAVAILABLE, "CTL_SERVICE",
                         decision->fails,
                         "policyd takes no Kerberos tickets: [auth] service is not set",
                         "policyctl status");
    }
    if (!make_body(ctl, request, &body, &err)) {
        return ctl_misused(ctl, &err);
    }
    AUTO(string) path = mem_printf("/v1/requests/%s/%s", id, decision->verb);
    if (!ctl_post_with_ticket(ctl, host, path, buf_text(&body), decision->fails, &doc)) {
        return ctl->fault.code;
    }
    if (!ctl_answered(ctl, doc, &code)) {
        struct json_at answer = json_root(doc);

        say_done(ctl, &answer);
    }
    return code;
}

static enum exit_code decide(struct ctl *ctl, const struct decision *decision)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    struct json_at request = {.value = NULL};

    if (!request_fetch(ctl, decision->fails, &doc)) {
        return ctl->fault.code;
    }
    struct json_at root = json_root(doc);
    (void)ctl_object_of(&root, "request", &request);
    request_describe(ctl, &root, &text);
    ctl_say(ctl, &text);
    (void)fflush(ctl->out);
    if (!check_shown(ctl, decision, &request)) {
        return ctl->fault.code;
    }
    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        return say_dry(ctl, decision);
    }
    if (!ctl_confirm(ctl, decision->question)) {
        return ctl->fault.code;
    }
    return send(ctl, decision, &root, &request);
}

enum exit_code verb_request_approve(struct ctl *ctl)
{
    static const struct decision decision = {
        .verb = "approve",
        .fails = "cannot approve the request",
        .question = "Approve this request, with these names and this key?",
    };

    return decide(ctl, &decision);
}

enum exit_code verb_request_deny(struct ctl *ctl)
{
    static const struct decision decision = {
        .verb = "deny",
        .fails = "cannot deny the request",
        .question = "Deny this request?",
    };
    struct error err;

    if (!ctl_has(ctl, OPTION_REASON)) {
        (void)error_set(&err, ERROR_INVALID,
                        "--reason TEXT is required: the requester reads it");
        return ctl_misused(ctl, &err);
    }
    return decide(ctl, &decision);
}
