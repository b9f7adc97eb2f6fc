/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/ctl.h"

#include <string.h>
#include <time.h>

#include "common/base/json_write.h"
#include "common/base/text.h"
#include "common/wire/reason.h"

enum { ANSWER_LINE_MAX = 256, HTTP_OK_MIN = 200, HTTP_OK_MAX = 299 };

bool ctl_local_time(int64_t utc, struct output_local *out)
{
    time_t seconds = (time_t)utc;
    struct tm parts;

    if (localtime_r(&seconds, &parts) == NULL) {
        return false;
    }
    *out = (struct output_local){.year = parts.tm_year + 1900,
                                 .month = parts.tm_mon + 1,
                                 .day = parts.tm_mday,
                                 .hour = parts.tm_hour,
                                 .minute = parts.tm_min,
                                 .second = parts.tm_sec};
    (void)snprintf(out->zone, sizeof(out->zone), "%s",
                   parts.tm_zone == NULL ? "" : parts.tm_zone);
    return true;
}

/* Which exit code an HTTP status means. */
static enum exit_code code_of_status(long status)
{
    switch (status) {
    case 401:
        return EXIT_CODE_CREDENTIALS;
    case 403:
        return EXIT_CODE_REFUSED;
    case 429:
    case 502:
    case 503:
    case 504:
        return EXIT_CODE_UNAVAILABLE;
    default:
        return EXIT_CODE_FAILED;
    }
}

/* "policyctl cert revoke", as far as it was understood. */
static void append_command(const struct arguments *args, struct buf *out)
{
    buf_append_text(out, "policyctl");
    if (args->group != NULL) {
        buf_printf(out, " %s", args->group);
    }
    if (args->verb != NULL) {
        buf_printf(out, " %s", args->verb->name);
    }
}

/* Another verb of the group, where there is one, tells more about what was named. */
static bool append_sibling(const struct arguments *args, const char *reason,
                           struct buf *out)
{
    const char *group = args->verb->group;

    if (strcmp(reason, "NO_ITEM") == 0 && verbs_find(group, "list") != NULL) {
        buf_printf(out, "policyctl %s list", group);
        return true;
    }
    if (strcmp(reason, "CONFLICT") == 0 && args->operand_count > 0 &&
        verbs_find(group, "show") != NULL) {
        buf_printf(out, "policyctl %s show %s", group, args->operands[0]);
        return true;
    }
    return false;
}

/* What to run about a reason when policyd does not say it itself. */
static const char *remedy(const char *reason, long status)
{
    static const struct {
        const char *reason;
        const char *run;
    } remedies[] = {
        {"AUTH_NONE", "kinit, then again"},
        {"NOT_APPROVER", "have it decided by others: request show names their groups"},
        {"FROZEN", "policyctl thaw"},
        {"CLOCK", "policyctl clock confirm"},
        {"SIGNER", "systemctl status policyd-signer"},
        {"STORE", "policyctl status"},
        {"TOO_LARGE", "ask for less, with --limit"},
        {"INTERNAL", "journalctl -u policyd, and report it"},
    };

    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
        if (strcmp(reason, remedies[i].reason) == 0) {
            return remedies[i].run;
        }
    }
    return status == 403 ? "sudo, or as a member of policyd's admin group"
                         : "policyctl status";
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text == NULL || *text == '\0' ? otherwise : text;
}

/* RFC 9457, as policyd fills it. */
static void fault_of_problem(struct ctl *ctl, const struct ctl_answer *answer,
                             const char *what)
{
    struct json_at root = json_root(answer->doc);
    const char *reason = or_else(ctl_text_of(&root, "reason"), "");
    const char *why = or_else(ctl_text_of(&root, "detail"), ctl_text_of(&root, "title"));
    const char *run = ctl_text_of(&root, "run");
    AUTO(buf) made = BUF_EMPTY;

    if (strcmp(reason, "MALFORMED") == 0) {
        append_command(ctl->args, &made);
        buf_append_text(&made, " --help");
    } else if (!append_sibling(ctl->args, reason, &made)) {
        buf_append_text(&made, remedy(reason, answer->status));
    }
    (void)fault_set(&ctl->fault, code_of_status(answer->status),
                    or_else(ctl_text_of(&root, "request"), reason), what,
                    or_else(why, reason_get(REASON_INTERNAL)->sentence),
                    or_else(run, buf_text(&made)));
}

/* What to do when policyd cannot be asked at all. */
static const char *advice(enum error_code code)
{
    if (code == ERROR_DENIED) {
        return "sudo, or as a member of policyd's admin group";
    }
    return code == ERROR_UNAVAILABLE ? "systemctl status policyd" : "policyctl status";
}

/* ticket_host: NULL without a ticket */
static bool connect_to(struct ctl *ctl, const char *ticket_host,
                       struct ctl_connection **out, struct error *err)
{
    const char *socket = ctl->args->value[OPTION_SOCKET];
    const char *timeout = ctl->args->value[OPTION_TIMEOUT];
    int64_t timeout_s = ctl->conf->timeout_s;

    if (timeout != NULL && !text_parse_i64(timeout, 1, 3600, &timeout_s, err)) {
        return error_wrap(err, "--timeout");
    }
    const struct ctl_connection_options options = {
        .socket = socket == NULL ? ctl->conf->socket : socket,
        .timeout_s = (long)timeout_s,
        .ticket_host = ticket_host,
    };
    return ctl_connection_new(&options, out, err);
}

static bool fail_to_connect(struct ctl *ctl, const char *what, const struct error *err)
{
    (void)fault_set(&ctl->fault, EXIT_CODE_USAGE, "CTL_USAGE", what, err->message,
                    "policyctl --help");
    return false;
}

static bool ask_on(struct ctl *ctl, struct ctl_connection *connection,
                   const struct ctl_question *question, const char *what,
                   struct json **doc)
{
    AUTO(ctl_answer) answer = {.doc = NULL};
    struct error err;

    if (!ctl_connection_ask(connection, question, &answer, &err)) {
        (void)fault_set_error(&ctl->fault, &err, what, advice(err.code));
        return false;
    }
    if (ctl_has(ctl, OPTION_VERBOSE)) {
        (void)fprintf(ctl->err, "policyctl: %s %s: %ld\n",
                      question->body == NULL ? "GET" : "POST", question->path,
                      answer.status);
    }
    if (answer.status < HTTP_OK_MIN || answer.status > HTTP_OK_MAX) {
        fault_of_problem(ctl, &answer, what);
        return false;
    }
    *doc = TAKE(answer.doc);
    return true;
}

static bool ask(struct ctl *ctl, const struct ctl_question *question, const char *what,
                struct json **doc)
{
    struct error err;

    if (ctl->connection == NULL && !connect_to(ctl, NULL, &ctl->connection, &err)) {
        return fail_to_connect(ctl, what, &err);
    }
    return ask_on(ctl, ctl->connection, question, what, doc);
}

bool ctl_post_with_ticket(struct ctl *ctl, const char *host, const char *path,
                          const char *body, const char *what, struct json **doc)
{
    AUTO(ctl_connection) connection = NULL;
    struct error err;

    if (!connect_to(ctl, host, &connection, &err)) {
        return fail_to_connect(ctl, what, &err);
    }
    return ask_on(ctl, connection, &(const struct ctl_question){path, body}, what, doc);
}

bool ctl_get(struct ctl *ctl, const char *path, const char *what, struct json **doc)
{
    return ask(ctl, &(const struct ctl_question){path, NULL}, what, doc);
}

bool ctl_post(struct ctl *ctl, const char *path, const char *body, const char *what,
              struct json **doc)
{
    return ask(ctl, &(const struct ctl_question){path, body}, what, doc);
}

enum exit_code ctl_misused(struct ctl *ctl, const struct error *err)
{
    AUTO(buf) run = BUF_EMPTY;

    append_command(ctl->args, &run);
    buf_append_text(&run, " --help");
    return fault_set(&ctl->fault, EXIT_CODE_USAGE, "CTL_USAGE",
                     "the command is not understood", err->message, buf_text(&run));
}

bool ctl_ask(struct ctl *ctl, const char *prompt, char *line, size_t size)
{
    (void)fprintf(ctl->err, "%s ", prompt);
    (void)fflush(ctl->err);
    if (fgets(line, (int)size, ctl->in) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return true;
}

bool ctl_confirm(struct ctl *ctl, const char *question)
{
    char line[ANSWER_LINE_MAX];
    AUTO(string) prompt = NULL;

    if (ctl_has(ctl, OPTION_YES)) {
        return true;
    }
    if (!ctl->interactive) {
        (void)fault_set(&ctl->fault, EXIT_CODE_USAGE, "CTL_CONFIRM",
                        "nothing was changed",
                        "this is asked about first, and there is no terminal to ask on",
                        "the same command with --yes, or first with --dry-run");
        return false;
    }
    (void)fprintf(ctl->err, "%s ", question);
    if (ctl_ask(ctl, "Type yes:", line, sizeof(line)) && strcmp(line, "yes") == 0) {
        return true;
    }
    (void)fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_CONFIRM", "nothing was changed",
                    "you did not say yes", NULL);
    return false;
}

void ctl_write(struct ctl *ctl, struct bytes octets)
{
    if (octets.len > 0) {
        (void)fwrite(octets.data, 1, octets.len, ctl->out);
    }
}

void ctl_say(struct ctl *ctl, struct buf *text)
{
    if (!ctl_has(ctl, OPTION_QUIET) && !ctl_has(ctl, OPTION_JSON)) {
        ctl_write(ctl, buf_bytes(text));
    }
}

enum exit_code ctl_dry(struct ctl *ctl, struct buf *text)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error ignored;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", "policyctl.dry-run.1");
    json_add_text(&w, "dry_run", buf_text(text));
    json_close(&w);
    if (ctl_has(ctl, OPTION_JSON) &&
        json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, &out, &ignored)) {
        buf_append_byte(&out, '\n');
        ctl_write(ctl, buf_bytes(&out));
    }
    ctl_say(ctl, text);
    return EXIT_CODE_DONE;
}

bool ctl_answered(struct ctl *ctl, struct json *doc, enum exit_code *code)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    if (!ctl_has(ctl, OPTION_JSON)) {
        return false;
    }
    if (!output_json(&text, ctl->args->verb->schema, doc, &err)) {
        *code = fault_set_error(&ctl->fault, &err, "cannot show the answer", NULL);
        return true;
    }
    ctl_write(ctl, buf_bytes(&text));
    *code = EXIT_CODE_DONE;
    return true;
}

const char *ctl_text_of(const struct json_at *object, const char *key)
{
    const char *text = NULL;
    struct error ignored;

    return json_has(object, key) &&
                   json_get_text(object, key, CONNECTION_ANSWER_MAX, &text, &ignored)
               ? text
               : NULL;
}

int64_t ctl_number_of(const struct json_at *object, const char *key, int64_t otherwise)
{
    int64_t number = 0;
    struct error ignored;

    return json_has(object, key) &&
                   json_get_i64(object, key, INT64_MIN, INT64_MAX, &number, &ignored)
               ? number
               : otherwise;
}

bool ctl_true(const struct json_at *object, const char *key)
{
    bool value = false;
    struct error ignored;

    return json_has(object, key) && json_get_bool(object, key, &value, &ignored) && value;
}

bool ctl_object_of(const struct json_at *object, const char *key, struct json_at *out)
{
    struct error ignored;

    return json_has(object, key) && json_get_object(object, key, out, &ignored);
}

bool ctl_list_of(const struct json_at *object, const char *key, struct json_at *out)
{
    struct error ignored;

    return json_has(object, key) && json_get_list(object, key, SIZE_MAX, out, &ignored);
}
