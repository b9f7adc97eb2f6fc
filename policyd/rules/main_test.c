/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"

#include "policyd/rules/cases.h"
#include "policyd/rules/main.h"

enum { JSON_MAX = 4 * 1024 * 1024 };

/* What ran so far; with --json nothing is said before the end. */
struct tally {
    struct main_offline *o;
    struct json_writer json;
    unsigned int passed, failed;
};

static void say(const struct buf *out)
{
    struct error err = {0};

    (void)!file_write_all(STDOUT_FILENO, buf_bytes(out), &err);
}

static void case_begins(void *ctx, const char *file, const char *name)
{
    struct tally *t = ctx;

    (void)snprintf(t->o->at, MAIN_AT_MAX, "%s/tests/%s: %s", t->o->directory, file,
                   *name == '\0' ? "reading it" : name);
    main_watch_begin(t->o->rules.load.budget.cpu_ms);
}

/* "not ok 2 - servers.lua: a short key is refused", and why: what TAP readers read. */
static void case_ended(void *ctx, const struct cases_result *result)
{
    struct tally *t = ctx;
    const int why_len = (int)strcspn(result->why, "\n"); /* without the traceback */
    AUTO(buf) out = BUF_EMPTY;

    main_watch_end();
    *(result->passed ? &t->passed : &t->failed) += 1;
    if (t->o->json) {
        AUTO(buf) why = BUF_EMPTY;

        buf_append(&why, result->why, (size_t)why_len);
        json_open_object(&t->json, NULL);
        json_add_text(&t->json, "file", result->file);
        json_add_text(&t->json, "name", result->name);
        json_add_bool(&t->json, "passed", result->passed);
        json_add_text(&t->json, "why", buf_text(&why));
        json_close(&t->json);
        return;
    }
    buf_printf(&out, "%s %u - %s%s%s\n", result->passed ? "ok" : "not ok",
               t->passed + t->failed, result->file, *result->name == '\0' ? "" : ": ",
               result->name);
    if (!result->passed) {
        buf_printf(&out, "# %.*s\n", why_len, result->why);
    }
    say(&out);
}

static void end_text(const struct tally *t, const struct bundle *bundle,
                     const bool *reached)
{
    AUTO(buf) out = BUF_EMPTY;

    for (size_t i = 0; i < bundle->loaded.rule_count; i++) {
        if (!reached[i]) {
            buf_printf(&out, "# no case reaches rule '%s' of %s\n",
                       bundle->loaded.rules[i].name, bundle->loaded.rules[i].file);
        }
    }
    buf_printf(&out, "1..%u\n# %u passed, %u failed\n", t->passed + t->failed, t->passed,
               t->failed);
    say(&out);
}

static void end_json(struct tally *t, const struct bundle *bundle, const bool *reached)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    json_close(&t->json);
    json_open_list(&t->json, "unreached");
    for (size_t i = 0; i < bundle->loaded.rule_count; i++) {
        if (!reached[i]) {
            json_add_text(&t->json, NULL, bundle->loaded.rules[i].name);
        }
    }
    json_close(&t->json);
    json_add_bool(&t->json, "good", t->failed == 0);
    json_add_i64(&t->json, "passed", t->passed);
    json_add_i64(&t->json, "failed", t->failed);
    json_close(&t->json);
    if (!json_finish(&t->json, JSON_FORM_COMPACT, JSON_MAX, &out, &err)) {
        (void)fprintf(stderr, "policyd-rules: %s\n", err.message);
        return;
    }
    buf_append_byte(&out, '\n');
    say(&out);
}

int main_test(struct main_offline *o)
{
    struct tally t = {.o = o, .json = JSON_WRITER_EMPTY};
    const struct cases_port port = {
        .ctx = &t, .begins = case_begins, .ended = case_ended};
    bool reached[WIRE_RULES_MAX] = {false};
    struct bundle *bundle = NULL;
    int code = main_compile(o, &bundle);

    if (code != MAIN_OK) {
        return code;
    }
    json_open_object(&t.json, NULL);
    json_add_text(&t.json, "directory", o->directory);
    json_open_list(&t.json, "cases");
    for (size_t i = 0; i < o->tests.load.file_count; i++) {
        cases_run(bundle, &o->tests.files[i], &port, reached);
    }
    if (o->json) {
        end_json(&t, bundle, reached);
    } else {
        end_text(&t, bundle, reached);
    }
    json_writer_clear(&t.json);
    return t.failed == 0 ? MAIN_OK : MAIN_FAILED;
}
