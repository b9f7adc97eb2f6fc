/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/base/text.h"

#include "policyd/ctl/groups.h"

static const char what_fails[] = "cannot tell how policyd is";

/* The codes of a Nagios check. */
enum nagios { NAGIOS_OK = 0, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static void append_colored(struct ctl *ctl, struct buf *out, enum output_color color,
                           const char *text)
{
    output_colored(out, &ctl->style, color, text == NULL ? "" : text);
}

static void append_problem(struct ctl *ctl, size_t number, const struct json_at *problem,
                           struct buf *out)
{
    const char *why = ctl_text_of(problem, "why");
    const char *run = ctl_text_of(problem, "run");

    buf_printf(out, "%zu. ", number);
    append_colored(ctl, out, OUTPUT_BAD, ctl_text_of(problem, "what"));
    buf_append_byte(out, '\n');
    if (why != NULL && *why != '\0') {
        buf_append_text(out, "   why  ");
        output_text(out, &ctl->style, why);
        buf_append_byte(out, '\n');
    }
    if (run != NULL && *run != '\0') {
        buf_append_text(out, "   run  ");
        output_text(out, &ctl->style, run);
        buf_append_byte(out, '\n');
    }
}

static size_t append_problems(struct ctl *ctl, const struct json_at *root,
                              struct buf *out)
{
    struct json_at list;
    size_t count = ctl_list_of(root, "problems", &list) ? json_count(&list) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_at problem = json_item(&list, i);

        append_problem(ctl, i + 1, &problem, out);
    }
    if (count == 0) {
        append_colored(ctl, out, OUTPUT_GOOD, "Nothing is wrong.");
        buf_append_byte(out, '\n');
    }
    return count;
}

/* ", label value" */
static void append_part(struct ctl *ctl, struct buf *out, const char *label,
                        const char *text)
{
    if (text != NULL && *text != '\0') {
        buf_printf(out, "%s%s", out->len > 0 ? ", " : "", label);
        output_text(out, &ctl->style, text);
    }
}

static void append_part_time(struct ctl *ctl, struct buf *out, const char *label,
                             const struct json_at *object, const char *key)
{
    AUTO(buf) text = BUF_EMPTY;

    ctl_append_time(ctl, object, key, &text);
    if (text.len > 0) {
        buf_printf(out, "%s%s%s", out->len > 0 ? ", " : "", label, buf_text(&text));
    }
}

/* The parts are escaped already. */
static void append_line(struct buf *out, const char *label, struct buf *parts)
{
    buf_printf(out, "%-10s%s\n", label, parts->len > 0 ? buf_text(parts) : "unknown");
}

static void append_policyd(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    AUTO(buf) parts = BUF_EMPTY;
    struct json_at policyd;

    if (ctl_object_of(root, "policyd", &policyd)) {
        int64_t uptime_s = ctl_number_of(&policyd, "uptime_s", -1);

        append_part(ctl, &parts, "", ctl_text_of(&policyd, "state"));
        append_part(ctl, &parts, "version ", ctl_text_of(&policyd, "version"));
        if (uptime_s >= 0) {
            buf_append_text(&parts, ", up ");
            output_duration(&parts, uptime_s);
        }
    }
    append_line(out, "policyd", &parts);
}

static void append_signer(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    AUTO(buf) parts = BUF_EMPTY;
    struct json_at signer;

    if (ctl_object_of(root, "signer", &signer)) {
        bool connected = ctl_true(&signer, "connected");

        int64_t age_s = ctl_number_of(&signer, "age_s", -1);

        append_part(ctl, &parts, "", connected ? "connected" : "not connected");
        if (age_s >= 0) {
            buf_append_text(&parts, "; what follows is as it was ");
            output_duration(&parts, age_s);
            buf_append_text(&parts, " ago");
        } else {
            append_part(ctl, &parts, "version ", ctl_text_of(&signer, "software"));
        }
        append_part(ctl, &parts, "", ctl_true(&signer, "frozen") ? "frozen" : "");
    }
    append_line(out, "signer", &parts);
}

static void append_journal(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    AUTO(buf) parts = BUF_EMPTY;
    struct json_at signer;
    struct json_at journal;

    if (!ctl_object_of(root, "signer", &signer) ||
        !ctl_object_of(&signer, "journal", &journal)) {
        return;
    }
    int64_t sequence = ctl_number_of(&journal, "sequence", -1);
    int64_t octets_free = ctl_number_of(&journal, "octets_free", -1);
    if (sequence >= 0) {
        buf_printf(&parts, "%" PRId64 " records", sequence);
    }
    if (octets_free >= 0) {
        buf_printf(&parts, ", %" PRId64 " MiB free", octets_free >> 20);
    }
    append_part(ctl, &parts, "", ctl_text_of(&journal, "problem"));
    append_line(out, "journal", &parts);
}

static void append_ledger(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    AUTO(buf) parts = BUF_EMPTY;
    struct json_at ledger;

    if (ctl_object_of(root, "ledger", &ledger)) {
        append_part(ctl, &parts, "", ctl_text_of(&ledger, "state"));
    }
    append_line(out, "ledger", &parts);
}

static void append_cas(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at signer;
    struct json_at cas;

    if (!ctl_object_of(root, "signer", &signer) || !ctl_list_of(&signer, "cas", &cas)) {
        return;
    }
    for (size_t i = 0; i < json_count(&cas); i++) {
        AUTO(buf) parts = BUF_EMPTY;
        struct json_at ca = json_item(&cas, i);

        append_part(ctl, &parts, "", ctl_text_of(&ca, "name"));
        append_part(ctl, &parts, "", ctl_true(&ca, "active") ? "issues" : "");
        append_part_time(ctl, &parts, "valid until ", &ca, "not_after");
        append_part(ctl, &parts, "", ctl_text_of(&ca, "problem"));
        append_line(out, "ca", &parts);
    }
}

static void append_crls(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at crls;

    if (!ctl_list_of(root, "crl", &crls)) {
        return;
    }
    for (size_t i = 0; i < json_count(&crls); i++) {
        AUTO(buf) parts = BUF_EMPTY;
        struct json_at crl = json_item(&crls, i);
        int64_t entries = ctl_number_of(&crl, "entries", -1);
        bool made = ctl_number_of(&crl, "number", 0) > 0;

        append_part(ctl, &parts, "", ctl_text_of(&crl, "ca"));
        append_part(ctl, &parts, "", made ? "" : "none made yet");
        if (made && entries >= 0) {
            buf_printf(&parts, ", %" PRId64 " %s", entries,
                       entries == 1 ? "entry" : "entries");
        }
        append_part_time(ctl, &parts, "next ", &crl, "next_update");
        append_part(ctl, &parts, "", ctl_text_of(&crl, "problem"));
        append_line(out, "crl", &parts);
    }
}

/* Whether certificates can be issued now, as far as the answer tells. */
static bool issues(const struct json_at *root)
{
    struct json_at policyd;
    const char *state = NULL;

    if (ctl_object_of(root, "policyd", &policyd)) {
        state = ctl_text_of(&policyd, "state");
    }
    return state != NULL && strcmp(state, "issuing") == 0;
}

/* "signer: it is away, and 2 more", of what is wrong. */
static void append_first(struct ctl *ctl, const struct json_at *root, struct buf *line)
{
    struct json_at list;
    size_t count = ctl_list_of(root, "problems", &list) ? json_count(&list) : 0;

    if (count == 0) {
        buf_append_text(line, "nothing is issued");
        return;
    }
    struct json_at first = json_item(&list, 0);
    const char *const keys[] = {"what", "why"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = ctl_text_of(&first, keys[i]);

        buf_append_text(line, i > 0 ? ": " : "");
        output_text(line, &ctl->style, text == NULL ? "" : text);
    }
    if (count > 1) {
        buf_printf(line, ", and %zu more", count - 1);
    }
}

static enum exit_code say_nagios(struct ctl *ctl, const struct json_at *root)
{
    static const char *const words[] = {
        [NAGIOS_OK] = "OK",
        [NAGIOS_WARNING] = "WARNING",
        [NAGIOS_CRITICAL] = "CRITICAL",
        [NAGIOS_UNKNOWN] = "UNKNOWN",
    };
    _Static_assert(sizeof(words) / sizeof(words[0]) == NAGIOS_UNKNOWN + 1, "one each");
    enum nagios level = NAGIOS_UNKNOWN;
    AUTO(buf) line = BUF_EMPTY;
    struct json_at list;

    if (root != NULL) {
        bool wrong = ctl_list_of(root, "problems", &list) && json_count(&list) > 0;

        level = wrong ? NAGIOS_WARNING : NAGIOS_OK;
        level = issues(root) ? level : NAGIOS_CRITICAL;
    }
    buf_printf(&line, "POLICYD %s: ", words[level]);
    if (level == NAGIOS_UNKNOWN) {
        output_text(&line, &ctl->style, ctl->fault.why);
    } else if (level == NAGIOS_OK) {
        buf_append_text(&line, "nothing is wrong");
    } else {
        append_first(ctl, root, &line);
    }
    buf_append_byte(&line, '\n');
    ctl_write(ctl, buf_bytes(&line));
    ctl->fault = (struct fault){.code = EXIT_CODE_DONE};
    return (enum exit_code)level;
}

static void say_status(struct ctl *ctl, const struct json_at *root)
{
    AUTO(buf) text = BUF_EMPTY;

    (void)append_problems(ctl, root, &text);
    buf_append_byte(&text, '\n');
    append_policyd(ctl, root, &text);
    append_signer(ctl, root, &text);
    append_journal(ctl, root, &text);
    append_ledger(ctl, root, &text);
    append_cas(ctl, root, &text);
    append_crls(ctl, root, &text);
    ctl_say(ctl, &text);
}

enum exit_code verb_status(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at problems;

    if (!ctl_get(ctl, "/v1/status", what_fails, &doc)) {
        return ctl_has(ctl, OPTION_NAGIOS) ? say_nagios(ctl, NULL) : ctl->fault.code;
    }
    struct json_at root = json_root(doc);
    if (ctl_has(ctl, OPTION_NAGIOS)) {
        return say_nagios(ctl, &root);
    }
    if (!ctl_answered(ctl, doc, &code)) {
        say_status(ctl, &root);
    }
    bool wrong = ctl_list_of(&root, "problems", &problems) && json_count(&problems) > 0;
    return code == EXIT_CODE_DONE && wrong && ctl_has(ctl, OPTION_EXIT_CODE)
               ? EXIT_CODE_FAILED
               : code;
}
