/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "policyd/ctl/groups.h"

static const char *text_of(const struct json_at *object, const char *key)
{
    const char *text = ctl_text_of(object, key);

    return text == NULL ? "" : text;
}

/* What keeps all of them from issuing, or may soon. */
static void add_reading(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    static const char *const keys[] = {"problem", "watch_problem"};
    struct json_at reading;

    if (!ctl_object_of(root, "reading", &reading)) {
        return;
    }
    if (!ctl_true(&reading, "counts")) {
        output_colored(out, &ctl->style, OUTPUT_BAD,
                       "Nothing is issued: the directory's templates are not known, or "
                       "too old.");
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (*text_of(&reading, keys[i]) != '\0') {
            buf_append_text(out, i == 0 ? "The last reading failed: "
                                        : "Changes are seen late: ");
            output_text(out, &ctl->style, text_of(&reading, keys[i]));
            buf_append_byte(out, '\n');
        }
    }
}

static void append_key(const struct json_at *item, struct buf *out)
{
    struct json_at key;

    if (ctl_object_of(item, "key", &key)) {
        buf_printf(out, "%s %" PRId64, text_of(&key, "family"),
                   ctl_number_of(&key, "bits_min", 0));
    }
}

/* ---- list ---------------------------------------------------------------------------- */

static const char *state_of(const struct json_at *item)
{
    if (ctl_true(item, "issues")) {
        return "issues";
    }
    if (!ctl_true(item, "published")) {
        return "not published here";
    }
    if (!ctl_true(item, "readable")) {
        return "cannot be read";
    }
    return *text_of(item, "problem") != '\0' ? "refused" : "not now";
}

static void add_row(struct ctl *ctl, const struct json_at *item,
                    struct output_table *table)
{
    AUTO(buf) name = BUF_EMPTY;
    AUTO(buf) version = BUF_EMPTY;
    AUTO(buf) kind = BUF_EMPTY;
    AUTO(buf) raw_key = BUF_EMPTY;
    AUTO(buf) key = BUF_EMPTY;
    AUTO(buf) valid = BUF_EMPTY;
    AUTO(buf) state = BUF_EMPTY;
    const char *word = state_of(item);

    output_text(&name, &ctl->style, text_of(item, "name"));
    output_text(&version, &ctl->style, text_of(item, "version"));
    output_text(&kind, &ctl->style, text_of(item, "kind"));
    append_key(item, &raw_key);
    output_text(&key, &ctl->style, buf_text(&raw_key));
    if (json_has(item, "validity_s")) {
        output_duration(&valid, ctl_number_of(item, "validity_s", 0));
    }
    output_colored(&state, &ctl->style,
                   ctl_true(item, "published") && !ctl_true(item, "issues")
                       ? OUTPUT_BAD
                       : OUTPUT_PLAIN,
                   word);
    output_table_add(table, (const char *const[]){buf_text(&name), buf_text(&version),
                                                  buf_text(&kind), buf_text(&key),
                                                  buf_text(&valid), buf_text(&state)});
}

/* Of those that should issue and do not. */
static void add_problem(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    const char *problem = text_of(item, "problem");

    if (*problem != '\0' && ctl_true(item, "published")) {
        buf_append_byte(out, '\n');
        output_text(out, &ctl->style, text_of(item, "name"));
        buf_append_text(out, ": ");
        output_text(out, &ctl->style, problem);
        buf_append_text(out, "\n  policyctl template show ");
        output_text(out, &ctl->style, text_of(item, "name"));
        buf_append_byte(out, '\n');
    }
}

static void add_missing(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at list;

    if (*text_of(root, "service_problem") != '\0') {
        buf_append_byte(out, '\n');
        output_text(out, &ctl->style, text_of(root, "service_problem"));
        buf_append_byte(out, '\n');
    }
    if (ctl_list_of(root, "missing", &list) && json_count(&list) > 0) {
        buf_append_byte(out, '\n');
        ctl_field(ctl, out, "missing", root, "missing");
        buf_append_text(out, "These are published on this CA, and the directory has no "
                             "template of the name.\n");
    }
}

enum exit_code verb_template_list(struct ctl *ctl)
{
    static const char *const titles[] = {"NAME", "VERSION", "FOR",
                                         "KEY",  "VALID",   "STATE"};
    AUTO(output_table) table;
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) problems = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at list;

    output_table_init(&table, titles, sizeof(titles) / sizeof(titles[0]));
    if (!ctl_get(ctl, "/v1/templates", "cannot list the templates", &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    add_reading(ctl, &root, &text);
    size_t count = ctl_list_of(&root, "templates", &list) ? json_count(&list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&list, i);

        add_row(ctl, &item, &table);
        add_problem(ctl, &item, &problems);
    }
    if (count == 0) {
        buf_append_text(&text, "There is no template.\nNext:  policyctl status\n");
    } else {
        output_table_print(&table, &text);
    }
    buf_append(&text, problems.data, problems.len);
    add_missing(ctl, &root, &text);
    ctl_say(ctl, &text);
    return code;
}

/* ---- show ---------------------------------------------------------------------------- */

static void add_text(struct ctl *ctl, struct buf *out, const char *label,
                     const struct buf *text)
{
    AUTO(buf) copy = BUF_EMPTY;

    buf_append(&copy, text->data, text->len);
    output_field(out, &ctl->style, 12, label, buf_text(&copy));
}

static void add_duration(struct ctl *ctl, const struct json_at *item, const char *label,
                         const char *key, struct buf *out)
{
    AUTO(buf) text = BUF_EMPTY;

    if (json_has(item, key)) {
        output_duration(&text, ctl_number_of(item, key, 0));
        add_text(ctl, out, label, &text);
    }
}

static void add_purposes(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    AUTO(buf) text = BUF_EMPTY;
    struct json_at list;

    if (!ctl_list_of(item, "purposes", &list)) {
        return;
    }
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at purpose = json_item(&list, i);
        const char *name = text_of(&purpose, "name");

        buf_printf(&text, "%s%s", i == 0 ? "" : ", ",
                   *name != '\0' ? name : text_of(&purpose, "oid"));
    }
    add_text(ctl, out, "purposes", &text);
}

static void add_flags(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    static const struct {
        const char *key, *label;
    } fields[] = {
        {"flags", "general"},
        {"msPKI-Enrollment-Flag", "enrollment"},
        {"msPKI-Private-Key-Flag", "private key"},
        {"msPKI-Certificate-Name-Flag", "names"},
    };
    struct json_at flags;

    if (!ctl_object_of(item, "flags", &flags)) {
        return;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        ctl_field(ctl, out, fields[i].label, &flags, fields[i].key);
    }
}

static void add_approval(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    AUTO(buf) text = BUF_EMPTY;
    struct json_at approval;

    if (!ctl_object_of(item, "approval", &approval)) {
        return;
    }
    if (ctl_true(&approval, "needed")) {
        buf_append_text(&text, ctl_true(&approval, "renewal_without")
                                   ? "needed, but for a renewal"
                                   : "needed");
    } else if (strcmp(text_of(item, "names_from"), "request") == 0) {
        buf_append_text(&text, "needed for names that no rule vouches for");
    } else {
        buf_append_text(&text, "not needed");
    }
    add_text(ctl, out, "approval", &text);
}

static void add_access(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    struct json_at access;

    if (ctl_object_of(item, "access", &access)) {
        ctl_field(ctl, out, "may enroll", &access, "enroll");
        ctl_field(ctl, out, "automatically", &access, "autoenroll");
        ctl_field(ctl, out, "may not", &access, "deny");
        ctl_field(ctl, out, "descriptor", &access, "descriptor");
    }
}

static void add_lint(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    struct json_at list;

    if (!ctl_list_of(item, "lint", &list) || json_count(&list) == 0) {
        return;
    }
    buf_append_text(out, "\nWhat lint finds:\n");
    for (size_t i = 0; i < json_count(&list); i++) {
        struct json_at finding = json_item(&list, i);
        const char *severity = text_of(&finding, "severity");

        buf_append_text(out, "  ");
        output_colored(out, &ctl->style,
                       strcmp(severity, "note") == 0 ? OUTPUT_PLAIN : OUTPUT_BAD,
                       severity);
        buf_append_text(out, "  ");
        output_text(out, &ctl->style, text_of(&finding, "finding"));
        buf_append_text(out, ": ");
        output_text(out, &ctl->style, text_of(&finding, "sentence"));
        buf_append_byte(out, '\n');
    }
}

/* Line by line: a name may hold what a terminal would act on. */
static void add_acknowledge(struct ctl *ctl, const struct json_at *item, struct buf *out)
{
    const char *text = text_of(item, "acknowledge");

    if (*text == '\0') {
        return;
    }
    buf_append_text(out, "\nWho wants it all the same writes into policyd.conf:\n");
    while (*text != '\0') {
        AUTO(buf) line = BUF_EMPTY;
        size_t len = strcspn(text, "\n");

        buf_append(&line, text, len);
        buf_append_text(out, "  ");
        output_text(out, &ctl->style, buf_text(&line));
        buf_append_byte(out, '\n');
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    buf_append_text(out, "Next:  policyctl reload\n");
}

static void describe(struct ctl *ctl, const struct json_at *root,
                     const struct json_at *item, struct buf *out)
{
    AUTO(buf) key = BUF_EMPTY;
    struct json_at reading = {.value = NULL};

    (void)ctl_object_of(root, "reading", &reading);
    append_key(item, &key);
    ctl_field(ctl, out, "name", item, "name");
    ctl_field(ctl, out, "title", item, "display_name");
    output_field(out, &ctl->style, 12, "state", state_of(item));
    ctl_field(ctl, out, "problem", item, "problem");
    ctl_field(ctl, out, "oid", item, "oid");
    ctl_field(ctl, out, "version", item, "version");
    ctl_field(ctl, out, "for", item, "kind");
    add_text(ctl, out, "key", &key);
    add_duration(ctl, item, "valid", "validity_s", out);
    add_duration(ctl, item, "renewed", "overlap_s", out);
    add_purposes(ctl, item, out);
    ctl_field(ctl, out, "names from", item, "names_from");
    ctl_field(ctl, out, "enrolls itself", item, "autoenroll");
    add_approval(ctl, item, out);
    ctl_field(ctl, out, "supersedes", item, "supersedes");
    add_flags(ctl, item, out);
    add_access(ctl, item, out);
    ctl_field(ctl, out, "entry", item, "dn");
    ctl_field(ctl, out, "sha256", item, "sha256");
    ctl_time_field(ctl, out, "read", &reading, "time");
}

enum exit_code verb_template_show(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    AUTO(buf) path = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at item = {.value = NULL};

    buf_append_text(&path, "/v1/templates?name=");
    ctl_connection_escape(&path, ctl->args->operands[0]);
    if (!ctl_get(ctl, buf_text(&path), "cannot show the template", &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    (void)ctl_object_of(&root, "template", &item);
    add_reading(ctl, &root, &text);
    describe(ctl, &root, &item, &text);
    add_lint(ctl, &item, &text);
    add_acknowledge(ctl, &item, &text);
    ctl_say(ctl, &text);
    return code;
}
