/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/request.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/ctl/groups.h"

enum { FIELD_WIDTH = 12 }; /* as ctl_field() has it */

/* ---- names --------------------------------------------------------------------------- */

static void append_text(struct ctl *ctl, const struct json_at *object, const char *key,
                        struct buf *out)
{
    const char *text = ctl_text_of(object, key);

    output_text(out, &ctl->style, text == NULL ? "" : text);
}

/* "  dns:web1.corp.example  ASKED FOR, not the account's: needs approval" */
static void append_name(struct ctl *ctl, const struct json_at *name, struct buf *out)
{
    buf_append_text(out, "  ");
    append_text(ctl, name, "name", out);
    if (ctl_true(name, "needs_approval")) {
        buf_append_text(out, "  ");
        output_colored(out, &ctl->style, OUTPUT_WARN,
                       "asked for, and nobody vouches for it: needs approval");
    } else {
        buf_append_text(out, "  by ");
        append_text(ctl, name, "proof", out);
        buf_append_text(out, " (");
        append_text(ctl, name, "source", out);
        buf_append_text(out, ctl_true(name, "asked") ? "), asked for" : ")");
    }
    buf_append_byte(out, '\n');
}

static size_t append_list(struct ctl *ctl, const struct json_at *object, const char *key,
                          void (*append)(struct ctl *ctl, const struct json_at *item,
                                         struct buf *out),
                          struct buf *out)
{
    struct json_at list;
    size_t count = ctl_list_of(object, key, &list) ? json_count(&list) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&list, i);

        append(ctl, &item, out);
    }
    return count;
}

static void append_names(struct ctl *ctl, const struct json_at *request, struct buf *out)
{
    struct json_at ignored;

    if (!ctl_list_of(request, "subject", &ignored)) {
        buf_append_text(out, "\nWhat it asks for now is not known; the client's next "
                             "poll tells.\n");
        return;
    }
    buf_append_text(out, "\nThe certificate would name:\n");
    size_t count = append_list(ctl, request, "subject", append_name, out);
    count += append_list(ctl, request, "san", append_name, out);
    buf_append_text(out, count == 0 ? "  nobody\n" : "");
}

/* ---- who holds it, who spoke --------------------------------------------------------- */

static void append_hold(struct ctl *ctl, const struct json_at *hold, struct buf *out)
{
    buf_append_text(out, "  rule '");
    append_text(ctl, hold, "rule", out);
    buf_append_text(out, "' (");
    append_text(ctl, hold, "code", out);
    buf_printf(out, ") wants %" PRId64 "\n", ctl_number_of(hold, "need", 0));
}

/* "2026-11-21 10:06:34 CET  approved by carol@CORP.EXAMPLE: as agreed" */
static void append_word(struct ctl *ctl, const struct json_at *approval, struct buf *out)
{
    const char *reason = ctl_text_of(approval, "reason");

    buf_append_text(out, "  ");
    ctl_append_time(ctl, approval, "time", out);
    buf_append_text(out,
                    ctl_true(approval, "approved") ? "  approved by " : "  denied by ");
    append_text(ctl, approval, "principal", out);
    if (reason != NULL && *reason != '\0') {
        buf_append_text(out, ": ");
        output_text(out, &ctl->style, reason);
    }
    buf_append_byte(out, '\n');
}

/* A text of a list, on a line of its own. */
static void append_remark(struct ctl *ctl, const struct json_at *remark, struct buf *out)
{
    const char *text = NULL;
    struct error ignored;

    if (json_as_text(remark, CONNECTION_ANSWER_MAX, &text, &ignored)) {
        buf_append_text(out, "  ");
        output_text(out, &ctl->style, text);
        buf_append_byte(out, '\n');
    }
}

static void append_words(struct ctl *ctl, const struct json_at *root,
                         const struct json_at *request, struct buf *out)
{
    AUTO(buf) holds = BUF_EMPTY;
    AUTO(buf) words = BUF_EMPTY;
    AUTO(buf) remarks = BUF_EMPTY;

    if (append_list(ctl, request, "holds", append_hold, &holds) > 0) {
        buf_printf(out, "\nHeld by rules:\n%s", buf_text(&holds));
    }
    if (append_list(ctl, root, "approvals", append_word, &words) > 0) {
        buf_printf(out, "\nSaid so far:\n%s", buf_text(&words));
    }
    if (append_list(ctl, request, "remarks", append_remark, &remarks) > 0) {
        buf_printf(out, "\nWhen its client asked last:\n%s", buf_text(&remarks));
    }
}

/* ---- all of it ----------------------------------------------------------------------- */

static int64_t count_missing(const struct json_at *request)
{
    struct json_at list;
    size_t count = ctl_list_of(request, "groups", &list) ? json_count(&list) : 0;
    int64_t missing = 0;

    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&list, i);

        missing += ctl_number_of(&item, "missing", 0);
    }
    return missing;
}

/* "  1 more of cn=pki-approvers,dc=corp,dc=example" */
static void append_missing(struct ctl *ctl, const struct json_at *group, struct buf *out)
{
    int64_t missing = ctl_number_of(group, "missing", 0);

    if (missing > 0) {
        buf_printf(out, "  %" PRId64 " more of ", missing);
        append_text(ctl, group, "group", out);
        buf_append_byte(out, '\n');
    }
}

static bool waits(const struct json_at *request)
{
    const char *state = ctl_text_of(request, "state");

    return state != NULL &&
           (strcmp(state, "held") == 0 || strcmp(state, "approved") == 0);
}

static void append_key(struct ctl *ctl, const struct json_at *request, struct buf *out)
{
    struct json_at key;
    AUTO(buf) text = BUF_EMPTY;

    if (ctl_object_of(request, "key", &key)) {
        buf_printf(&text, "%s, %" PRId64 " bits",
                   ctl_text_of(&key, "algorithm") != NULL ? ctl_text_of(&key, "algorithm")
                                                          : "",
                   ctl_number_of(&key, "bits", 0));
    }
    output_field(out, &ctl->style, FIELD_WIDTH, "key", buf_text(&text));
}

void request_describe(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at request = {.value = NULL};

    if (!ctl_object_of(root, "request", &request)) {
        return;
    }
    ctl_field(ctl, out, "request", &request, "id");
    ctl_field(ctl, out, "state", &request, "state");
    ctl_field(ctl, out, "asked by", &request, "principal");
    ctl_field(ctl, out, "account", &request, "account");
    ctl_field(ctl, out, "template", &request, "template");
    ctl_field(ctl, out, "to", &request, "operation");
    ctl_field(ctl, out, "from", &request, "peer");
    append_key(ctl, &request, out);
    ctl_field(ctl, out, "key sha256", &request, "key_sha256");
    ctl_time_field(ctl, out, "asked", &request, "created");
    ctl_time_field(ctl, out, "lapses", &request, "expires");
    ctl_field(ctl, out, "serial", &request, "serial");
    ctl_field(ctl, out, "approvers", &request, "approvers");
    int64_t needed = ctl_number_of(&request, "approvals_needed", 0);
    if (needed > 0) {
        AUTO(string)
        text = mem_printf("%" PRId64 " of %" PRId64, needed - count_missing(&request),
                          needed);

        output_field(out, &ctl->style, FIELD_WIDTH, "approvals", text);
    }
    append_names(ctl, &request, out);
    if (waits(&request) && count_missing(&request) > 0) {
        buf_append_text(out, "\nMissing:\n");
        (void)append_list(ctl, &request, "groups", append_missing, out);
    }
    append_words(ctl, root, &request, out);
}

bool request_fetch(struct ctl *ctl, const char *what, struct json **doc)
{
    AUTO(json) got = NULL;
    AUTO(buf) path = BUF_EMPTY;
    struct json_at ignored;

    buf_append_text(&path, "/v1/requests/");
    ctl_connection_escape(&path, ctl->args->operands[0]);
    if (!ctl_get(ctl, buf_text(&path), what, &got)) {
        return false;
    }
    struct json_at root = json_root(got);
    if (!ctl_object_of(&root, "request", &ignored)) {
        (void)fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_ANSWER", what,
                        "policyd's answer holds no request", "policyctl version");
        return false;
    }
    *doc = TAKE(got);
    return true;
}

static void append_next(const struct json_at *root, const char *id, struct buf *out)
{
    struct json_at request;
    const char *state =
        ctl_object_of(root, "request", &request) ? ctl_text_of(&request, "state") : NULL;

    if (state != NULL && strcmp(state, "held") == 0) {
        buf_printf(out, "\nNext:  policyctl request approve %s   or   deny %s\n", id, id);
    }
}

enum exit_code verb_request_show(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) id = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;

    if (!request_fetch(ctl, "cannot show the request", &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    request_describe(ctl, &root, &text);
    output_text(&id, &ctl->style, ctl->args->operands[0]);
    append_next(&root, buf_text(&id), &text);
    ctl_say(ctl, &text);
    return code;
}
