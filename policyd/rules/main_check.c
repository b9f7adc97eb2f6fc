/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/rules/main.h"

enum { JSON_MAX = 4 * 1024 * 1024 };

/* ---- compiling ------------------------------------------------------------------------- */

/* Each file alone first, so that one that never comes back is known by its name. */
static void try_alone(struct main_offline *o)
{
    for (size_t i = 0; i < o->rules.load.file_count; i++) {
        struct wire_bundle_load one = o->rules.load;
        AUTO(bundle_problems) problems = {.count = 0};
        struct bundle *bundle = mem_new(sizeof(*bundle));
        struct error err = {0};

        one.files = &o->rules.files[i];
        one.file_count = 1;
        (void)snprintf(o->at, MAIN_AT_MAX, "%s/%s", o->directory, one.files[0].name);
        main_watch_begin(one.budget.cpu_ms);
        if (bundle_init(bundle, &one, &problems, &err)) {
            bundle_clear(bundle);
        }
        main_watch_end();
        free(bundle);
    }
    (void)snprintf(o->at, MAIN_AT_MAX, "%s", o->directory);
}

static void write_out(const struct buf *out)
{
    struct error err = {0};

    /* Who started us no longer listens otherwise; the exit code says the rest. */
    (void)!file_write_all(STDOUT_FILENO, buf_bytes(out), &err);
}

static void show_problem(const struct main_offline *o, const struct wire_problem *p,
                         const char *kind, struct buf *out)
{
    buf_printf(out, "%s/%s:", o->directory, p->file);
    if (p->line > 0) {
        buf_printf(out, "%u:", p->line);
    }
    buf_printf(out, " %s%s\n", kind, p->sentence);
}

static void add_problems(struct json_writer *w, const char *key,
                         const struct wire_problem *list, size_t count)
{
    json_open_list(w, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(w, NULL);
        json_add_text(w, "file", list[i].file);
        json_add_i64(w, "line", list[i].line);
        json_add_text(w, "sentence", list[i].sentence);
        json_close(w);
    }
    json_close(w);
}

static void finish(struct json_writer *w)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    if (!json_finish(w, JSON_FORM_COMPACT, JSON_MAX, &out, &err)) {
        (void)fprintf(stderr, "policyd-rules: %s\n", err.message);
        return;
    }
    buf_append_byte(&out, '\n');
    write_out(&out);
}

static void tell_refusal(const struct main_offline *o,
                         const struct bundle_problems *problems, const struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) out = BUF_EMPTY;

    if (o->json) {
        json_open_object(&w, NULL);
        json_add_text(&w, "directory", o->directory);
        json_add_bool(&w, "good", false);
        add_problems(&w, "problems", problems->list, problems->count);
        json_close(&w);
        finish(&w);
        return;
    }
    for (size_t i = 0; i < problems->count; i++) {
        show_problem(o, &problems->list[i], "", &out);
    }
    if (problems->count == 0) {
        buf_printf(&out, "%s: %s\n", o->directory, err->message);
    }
    buf_append_text(&out, "These rules would not come into force.\n");
    write_out(&out);
}

int main_compile(struct main_offline *o, struct bundle **bundle)
{
    AUTO(bundle_problems) problems = {.count = 0};
    struct bundle *made = mem_new(sizeof(*made));
    struct error err = {0};

    try_alone(o);
    main_watch_begin(o->rules.load.budget.cpu_ms * WIRE_RULES_MAX);
    const bool good = bundle_init(made, &o->rules.load, &problems, &err);
    main_watch_end();
    if (!good) {
        tell_refusal(o, &problems, &err);
        free(made);
        return MAIN_RULES;
    }
    *bundle = made;
    return MAIN_OK;
}

/* ---- saying what there is ---------------------------------------------------------------- */

static const char *op_word(unsigned int value)
{
    return wire_op_name((enum wire_op)value);
}

static const char *kind_word(unsigned int value)
{
    return wire_account_kind_name((enum wire_account_kind)value);
}

static void show_bits(const char *label, uint32_t bits, unsigned int count,
                      const char *(*name)(unsigned int), struct buf *out)
{
    const char *comma = "";

    if (bits == (1U << count) - 1) {
        return; /* any */
    }
    buf_printf(out, "  %s ", label);
    for (unsigned int i = 0; i < count; i++) {
        if ((bits >> i & 1U) != 0) {
            buf_printf(out, "%s%s", comma, name(i));
            comma = ",";
        }
    }
}

static void show_texts(const char *label, const char *const *texts, size_t count,
                       struct buf *out)
{
    if (count > 0) {
        buf_printf(out, "  %s ", label);
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s%s", i > 0 ? "," : "", texts[i]);
    }
}

static void show_rule(const struct wire_rule *rule, struct buf *out)
{
    buf_printf(out, "%s  %s  %s", wire_phase_name(rule->phase), rule->file, rule->name);
    if (rule->mode == WIRE_MODE_AUDIT) {
        buf_append_text(out, "  (audit: without effect)");
    }
    show_texts("templates", rule->templates, rule->template_count, out);
    show_bits("ops", rule->ops, WIRE_OP_COUNT, op_word, out);
    show_bits("kinds", rule->kinds, WIRE_ACCOUNT_KIND_COUNT, kind_word, out);
    show_texts("needs", rule->attributes, rule->attribute_count, out);
    if (rule->history) {
        buf_append_text(out, "  history");
    }
    buf_append_byte(out, '\n');
}

static void add_texts(struct json_writer *w, const char *key, const char *const *texts,
                      size_t count)
{
    json_open_list(w, key);
    for (size_t i = 0; i < count; i++) {
        json_add_text(w, NULL, texts[i]);
    }
    json_close(w);
}

static void add_bits(struct json_writer *w, const char *key, uint32_t bits,
                     unsigned int count, const char *(*name)(unsigned int))
{
    json_open_list(w, key);
    for (unsigned int i = 0; i < count; i++) {
        if ((bits >> i & 1U) != 0) {
            json_add_text(w, NULL, name(i));
        }
    }
    json_close(w);
}

static void add_rule(struct json_writer *w, const struct wire_rule *rule)
{
    json_open_object(w, NULL);
    json_add_text(w, "file", rule->file);
    json_add_text(w, "name", rule->name);
    json_add_text(w, "phase", wire_phase_name(rule->phase));
    json_add_text(w, "mode", wire_mode_name(rule->mode));
    add_texts(w, "templates", rule->templates, rule->template_count);
    add_bits(w, "ops", rule->ops, WIRE_OP_COUNT, op_word);
    add_bits(w, "kinds", rule->kinds, WIRE_ACCOUNT_KIND_COUNT, kind_word);
    add_texts(w, "attributes", rule->attributes, rule->attribute_count);
    json_add_bool(w, "history", rule->history);
    json_close(w);
}

static void show_json(const struct main_offline *o, const struct bundle *bundle)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) id = BUF_EMPTY;

    text_append_hex(&id, bundle->loaded.bundle_id, WIRE_SHA256);
    json_open_object(&w, NULL);
    json_add_text(&w, "directory", o->directory);
    json_add_bool(&w, "good", true);
    json_add_text(&w, "bundle", buf_text(&id));
    json_open_list(&w, "rules");
    for (size_t i = 0; i < bundle->loaded.rule_count; i++) {
        add_rule(&w, &bundle->loaded.rules[i]);
    }
    json_close(&w);
    add_problems(&w, "warnings", bundle->loaded.warnings, bundle->loaded.warning_count);
    json_close(&w);
    finish(&w);
}

static void show_end(const struct main_offline *o, const struct bundle *bundle,
                     struct buf *out)
{
    const size_t count = bundle->loaded.rule_count;

    for (size_t i = 0; i < bundle->loaded.warning_count; i++) {
        show_problem(o, &bundle->loaded.warnings[i], "warning: ", out);
    }
    buf_printf(out, "%zu %s in %s%s, bundle ", count, count == 1 ? "rule" : "rules",
               o->directory, count == 0 ? ", so nothing is permitted" : "");
    text_append_hex(out, bundle->loaded.bundle_id, WIRE_SHA256);
    buf_append_byte(out, '\n');
}

static int show(struct main_offline *o, bool each)
{
    struct bundle *bundle = NULL;
    AUTO(buf) out = BUF_EMPTY;
    int code = main_compile(o, &bundle);

    if (code != MAIN_OK) {
        return code;
    }
    if (o->json) {
        show_json(o, bundle);
        return MAIN_OK;
    }
    for (size_t i = 0; each && i < bundle->loaded.rule_count; i++) {
        show_rule(&bundle->loaded.rules[i], &out);
    }
    show_end(o, bundle, &out);
    write_out(&out);
    return MAIN_OK;
}

int main_check(struct main_offline *o)
{
    return show(o, false);
}

int main_list(struct main_offline *o)
{
    return show(o, true);
}
