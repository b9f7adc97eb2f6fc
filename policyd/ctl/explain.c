/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a decision are somebody else's text: all of it goes through output_text(). */
#include <stdlib.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"

#include "policyd/ctl/groups.h"

enum { STEP_WIDTH = 15, RESULT_WIDTH = 5, FACTS_MAX = 16 * 1024 * 1024 };

static const char *text_of(const struct json_at *object, const char *key)
{
    const char *text = ctl_text_of(object, key);

    return text == NULL ? "" : text;
}

static void add(struct ctl *ctl, struct buf *out, const char *text)
{
    output_text(out, &ctl->style, text);
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_append_byte(out, ' ');
    }
}

/* Padded to width, and one space at least behind it. */
static void add_padded(struct ctl *ctl, struct buf *out, const char *text, size_t width)
{
    size_t before = out->len;

    add(ctl, out, text);
    size_t len = out->len - before;
    add_spaces(out, len < width ? width - len : 1);
}

/* Several lines (a traceback) one below the other, each behind the same margin. */
static void add_lines(struct ctl *ctl, struct buf *out, size_t margin, const char *text)
{
    AUTO(string) copy = mem_strdup(text);
    char *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        add_spaces(out, margin);
        add(ctl, out, line);
        buf_append_byte(out, '\n');
    }
}

/* ---- parts --------------------------------------------------------------------------- */

enum { SERVER_STATUS = 500 /* from here on it was not for the request */ };

static const char *verdict_word(const struct json_at *root, const char *verdict)
{
    struct json_at shown = {.value = NULL};

    if (strcmp(verdict, "issue") == 0) {
        return "ISSUED";
    }
    if (strcmp(verdict, "hold") == 0) {
        return "HELD";
    }
    (void)ctl_object_of(root, "shown", &shown);
    return ctl_number_of(&shown, "status", 0) >= SERVER_STATUS ? "FAILED" : "DENIED";
}

/* "Request R-…  alice@REALM  template User  2027-01-14 10:12 CET (…)  DENIED  NO_ENROLL" */
static void add_title(struct ctl *ctl, const struct json_at *root,
                      const struct json_at *request, const struct json_at *decision,
                      struct buf *out)
{
    const char *verdict = text_of(decision, "verdict");
    const char *template = text_of(request, "template");
    bool issued = strcmp(verdict, "issue") == 0;

    buf_append_text(out, "Request ");
    add(ctl, out, text_of(request, "id"));
    buf_append_text(out, "  ");
    add(ctl, out, text_of(request, "principal"));
    if (*template != '\0') {
        buf_append_text(out, "  template ");
        add(ctl, out, template);
    }
    buf_append_text(out, "  ");
    ctl_append_time(ctl, decision, "time", out);
    buf_append_text(out, "  ");
    output_colored(out, &ctl->style, issued ? OUTPUT_GOOD : OUTPUT_BAD,
                   verdict_word(root, verdict));
    if (*text_of(decision, "reason") != '\0') {
        buf_append_text(out, "  ");
        add(ctl, out, text_of(decision, "reason"));
    }
    buf_append_text(out, "\n");
}

static void add_problems(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(root, "problems", &list)) {
        return;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            buf_append_text(out, "Note: ");
            add(ctl, out, text);
            buf_append_byte(out, '\n');
        }
    }
}

static void add_result(struct ctl *ctl, const char *result, struct buf *out)
{
    bool failed = strcmp(result, "fail") == 0;

    output_colored(out, &ctl->style,
                   failed ? OUTPUT_BAD
                          : (strcmp(result, "pass") == 0 ? OUTPUT_GOOD : OUTPUT_PLAIN),
                   failed ? "FAIL" : result);
    add_spaces(out, RESULT_WIDTH - 3);
}

/* Texts of a list, one a line. */
static void add_texts(struct ctl *ctl, const struct json_at *object, const char *key,
                      size_t margin, struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(object, key, &list)) {
        return;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            add_lines(ctl, out, margin, text);
        }
    }
}

enum { MARGIN = 4 + STEP_WIDTH + RESULT_WIDTH + 1 };

/* What the right was looked for in, when it was not found. */
static void add_groups(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    int64_t count = ctl_number_of(root, "group_count", 0);
    struct json_at list;

    if (!ctl_list_of(root, "groups", &list)) {
        return;
    }
    add_spaces(out, MARGIN);
    if (count == 0) {
        buf_append_text(out, "the account is a member of no group\n");
        return;
    }
    buf_append_text(out, "the account is a member of:\n");
    add_texts(ctl, root, "groups", MARGIN + 2, out);
    if ((size_t)count > json_count(&list)) {
        add_spaces(out, MARGIN + 2);
        buf_printf(out, "and %lld more: --facts\n",
                   (long long)count - (long long)json_count(&list));
    }
}

/* Behind " " each, on the line that is begun. */
static void add_words(struct ctl *ctl, const struct json_at *object, const char *key,
                      struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(object, key, &list)) {
        return;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            buf_append_byte(out, ' ');
            add(ctl, out, text);
        }
    }
}

static void add_rule(struct ctl *ctl, const struct json_at *rule, struct buf *out)
{
    const char *decision = text_of(rule, "decision");
    bool silent = strcmp(decision, "none") == 0;

    add_spaces(out, MARGIN);
    add(ctl, out, text_of(rule, "rule"));
    buf_append_text(out, " (");
    add(ctl, out, text_of(rule, "file"));
    buf_append_text(out, "): ");
    if (!ctl_true(rule, "matched")) {
        buf_append_text(out, "does not concern this request\n");
        return;
    }
    add(ctl, out, silent ? "says nothing" : decision);
    add_words(ctl, rule, "codes", out);
    if (strcmp(text_of(rule, "mode"), "audit") == 0) {
        buf_append_text(out, " (audit: without effect)");
    }
    buf_append_text(out, ctl_true(rule, "decided") ? "   <- decides\n" : "\n");
    add_texts(ctl, rule, "changes", MARGIN + 2, out);
    add_lines(ctl, out, MARGIN + 2, text_of(rule, "detail"));
}

static void add_each(struct ctl *ctl, const struct json_at *root, const char *key,
                     void (*one)(struct ctl *, const struct json_at *, struct buf *),
                     struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(root, key, &list)) {
        return;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);

        one(ctl, &item, out);
    }
}

static void add_remark(struct ctl *ctl, const struct json_at *remark, struct buf *out)
{
    add_spaces(out, MARGIN);
    add(ctl, out, text_of(remark, "rule"));
    buf_append_text(out, " remarks: ");
    add(ctl, out, text_of(remark, "key"));
    buf_append_byte(out, '\n');
    add_lines(ctl, out, MARGIN + 2, text_of(remark, "text"));
}

static void add_step(struct ctl *ctl, const struct json_at *root,
                     const struct json_at *step, size_t number, struct buf *out)
{
    const char *name = text_of(step, "step");
    const char *result = text_of(step, "result");
    const char *reason = text_of(step, "reason");

    buf_printf(out, "%3zu ", number);
    add_padded(ctl, out, name, STEP_WIDTH);
    add_result(ctl, result, out);
    if (*reason != '\0') {
        add(ctl, out, reason);
        buf_append_text(out, ": ");
    }
    add(ctl, out, text_of(step, "sentence"));
    buf_append_byte(out, '\n');
    if (strcmp(name, "access") == 0 && strcmp(result, "fail") == 0) {
        add_groups(ctl, root, out);
    }
    if (strcmp(name, "rules") == 0) {
        add_each(ctl, root, "rules", add_rule, out);
        add_each(ctl, root, "warnings", add_remark, out);
        add_each(ctl, root, "notes", add_remark, out);
    }
}

static void add_steps(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(root, "steps", &list) || json_count(&list) == 0) {
        return;
    }
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at step = json_item(&list, i);

        add_step(ctl, root, &step, i + 1, out);
    }
}

static void add_change(struct ctl *ctl, const struct json_at *change, struct buf *out)
{
    const char *run = text_of(change, "run");

    buf_append_text(out, "  - ");
    add(ctl, out, text_of(change, "sentence"));
    buf_append_byte(out, '\n');
    if (*run != '\0') {
        buf_append_text(out, "      ");
        add(ctl, out, run);
        buf_append_byte(out, '\n');
    }
}

static void add_changes(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at list;

    if (ctl_list_of(root, "changes", &list) && json_count(&list) > 0) {
        buf_append_text(out, "\nWhat would change the answer\n");
        add_each(ctl, root, "changes", add_change, out);
    }
}

static void add_shown(struct ctl *ctl, const struct json_at *root,
                      const struct json_at *request, struct buf *out)
{
    struct json_at shown;

    if (!ctl_object_of(root, "shown", &shown)) {
        return;
    }
    buf_append_text(out, "\nShown to the client: ");
    if (*text_of(&shown, "reason") == '\0') {
        buf_append_text(out, "its certificate\n");
        return;
    }
    buf_append_byte(out, '"');
    add(ctl, out, text_of(&shown, "reason"));
    buf_append_text(out, ": ");
    add(ctl, out, text_of(&shown, "sentence"));
    buf_append_text(out, " (request ");
    add(ctl, out, text_of(request, "id"));
    buf_append_text(out, ")\"\n");
}

/* ---- facts --------------------------------------------------------------------------- */

/* The facts alone, as JSON: what `policyctl rule` and a script want. */
static enum exit_code write_facts(struct ctl *ctl, const struct json_at *root)
{
    struct json_at facts;
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    if (!ctl_object_of(root, "facts", &facts)) {
        return fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_FACTS",
                         "cannot show the facts",
                         "none are recorded: the request was refused before there were "
                         "any, or they cannot be read",
                         "the same without --facts");
    }
    if (!json_print(facts.value, JSON_FORM_INDENTED, FACTS_MAX, &text, &err)) {
        return fault_set_error(&ctl->fault, &err, "cannot show the facts", NULL);
    }
    buf_append_byte(&text, '\n');
    ctl_write(ctl, buf_bytes(&text));
    return EXIT_CODE_DONE;
}

static enum exit_code write_case(struct ctl *ctl, const struct json_at *root)
{
    const char *text = ctl_text_of(root, "case");
    AUTO(buf) shown = BUF_EMPTY;

    if (text == NULL) {
        return fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_FACTS",
                         "cannot make a case of the request",
                         "the rules were not asked about it, or what they were asked "
                         "cannot be read",
                         "the same without --case");
    }
    output_lines(&shown, text);
    ctl_write(ctl, buf_bytes(&shown));
    return EXIT_CODE_DONE;
}

/* ---- the verb ------------------------------------------------------------------------ */

/* Letters, digits and '-': what an address can hold as it is; policyd reads the rest of it. */
static bool is_id(const char *text)
{
    return *text != '\0' && text[strspn(text, "-0123456789abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static bool ask(struct ctl *ctl, struct json **doc)
{
    bool last = ctl_has(ctl, OPTION_LAST);
    bool wanted = ctl_has(ctl, OPTION_FACTS) || ctl_has(ctl, OPTION_CASE);
    const char *facts = wanted ? "1" : "0";
    AUTO(buf) path = BUF_EMPTY;
    struct error err = {0};

    if (last == (ctl->args->operand_count > 0)) {
        (void)error_set(&err, ERROR_INVALID, "name one request by its id, or say --last");
        (void)ctl_misused(ctl, &err);
        return false;
    }
    if (!last && !is_id(ctl->args->operands[0])) {
        (void)error_set(&err, ERROR_INVALID, "a request's id is written R-000000HC");
        (void)ctl_misused(ctl, &err);
        return false;
    }
    buf_append_text(&path, "/v1/explain");
    if (last) {
        buf_printf(&path, "?last=1&facts=%s", facts);
    } else {
        buf_append_byte(&path, '/');
        buf_append_text(&path, ctl->args->operands[0]);
        buf_printf(&path, "?facts=%s", facts);
    }
    return ctl_get(ctl, buf_text(&path), "cannot explain the decision", doc);
}

static void say_all(struct ctl *ctl, const struct json_at *root)
{
    struct json_at request = {.value = NULL};
    struct json_at decision = {.value = NULL};
    AUTO(buf) text = BUF_EMPTY;

    (void)ctl_object_of(root, "request", &request);
    (void)ctl_object_of(root, "decision", &decision);
    add_title(ctl, root, &request, &decision, &text);
    add_problems(ctl, root, &text);
    add_steps(ctl, root, &text);
    add_changes(ctl, root, &text);
    add_shown(ctl, root, &request, &text);
    ctl_say(ctl, &text);
}

enum exit_code verb_explain(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    enum exit_code code = EXIT_CODE_DONE;

    if (!ask(ctl, &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    if (ctl_has(ctl, OPTION_FACTS)) {
        return write_facts(ctl, &root);
    }
    if (ctl_has(ctl, OPTION_CASE)) {
        return write_case(ctl, &root);
    }
    say_all(ctl, &root);
    return code;
}
