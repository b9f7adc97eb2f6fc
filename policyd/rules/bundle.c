/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/bundle.h"

#include <string.h>

#include "policyd/rules/bundle_declare.h"
#include "policyd/rules/bundle_warn.h"
#include "policyd/rules/legible.h"

enum { LOAD_SHARE = 10 /* the top level of a file gets a tenth of the budget */ };

void bundle_problems_clear(struct bundle_problems *problems)
{
    name_store_clear(&problems->texts);
    problems->count = 0;
}

/* "20-web.lua:14: what" becomes line 14 and what; a traceback behind it is left out. */
static uint32_t split_line(const char *file, struct bytes *what)
{
    const unsigned char *feed = memchr(what->data, '\n', what->len);
    size_t at = strlen(file);
    uint32_t line = 0;

    if (feed != NULL) {
        what->len = (size_t)(feed - what->data);
    }
    if (what->len <= at + 1 || what->data[at] != ':' ||
        !bytes_equal((struct bytes){what->data, at}, bytes_of_text(file))) {
        return 0;
    }
    for (at++; at < what->len && what->data[at] >= '0' && what->data[at] <= '9'; at++) {
        line = line * 10 + (uint32_t)(what->data[at] - '0');
    }
    if (at + 1 >= what->len || what->data[at] != ':') {
        return 0;
    }
    at += what->data[at + 1] == ' ' ? 2 : 1;
    *what = (struct bytes){what->data + at, what->len - at};
    return line;
}

static void add_problem(struct bundle_problems *problems, const char *file,
                        struct bytes what)
{
    AUTO(buf) sentence = BUF_EMPTY;

    if (problems->count == BUNDLE_PROBLEMS_MAX) {
        return;
    }
    struct wire_problem *problem = &problems->list[problems->count++];
    problem->file = name_store_copy(&problems->texts, file, strlen(file));
    problem->line = split_line(file, &what);
    legible_append(&sentence, what, WIRE_SENTENCE_MAX, false);
    if (sentence.len == 0) {
        buf_append_text(&sentence, "failed without a sentence");
    }
    problem->sentence =
        name_store_copy(&problems->texts, buf_text(&sentence), sentence.len);
}

struct loading {
    struct bundle *bundle;
    const struct wire_bundle_file *file;
    struct wire_rule *out;
};

static int load_body(lua_State *lua)
{
    struct loading *loading = lua_touserdata(lua, 1);

    lua_settop(lua, 0);
    env_run_file(lua, loading->file->name, loading->file->content);
    bundle_declare(lua, 1, &loading->bundle->texts, loading->out);
    return 0;
}

static struct wire_budget load_budget(const struct wire_budget *budget)
{
    struct wire_budget share = *budget;

    share.instructions_rule /= LOAD_SHARE;
    share.instructions_decision /= LOAD_SHARE;
    return share;
}

static bool load_file(struct bundle *bundle, const struct wire_bundle_file *file,
                      struct wire_rule *out, struct bundle_problems *problems,
                      struct error *err)
{
    const struct wire_budget budget = load_budget(&bundle->load->budget);
    struct loading loading = {bundle, file, out};
    AUTO(buf) failure = BUF_EMPTY;
    AUTO(env) env = {0};

    *out = (struct wire_rule){.file = file->name};
    if (!env_init(&env, &budget, err)) {
        return false;
    }
    if (!env_call(&env, load_body, &loading, &failure)) {
        add_problem(problems, file->name, buf_bytes(&failure));
    }
    return true;
}

/* A file that did not load has no name. */
static void check_name(const struct wire_rule *rule, const struct wire_rule *before,
                       struct bundle_problems *problems)
{
    AUTO(buf) what = BUF_EMPTY;

    if (rule->name != NULL && before->name != NULL &&
        strcmp(rule->name, before->name) == 0) {
        buf_printf(&what, "the rule's name '%s' is that of %s too", rule->name,
                   before->file);
        add_problem(problems, rule->file, buf_bytes(&what));
    }
}

static void check_names(const struct wire_rule *rules, size_t count,
                        struct bundle_problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            check_name(&rules[i], &rules[j], problems);
        }
    }
}

/* Shape rules first, then check rules, each in the order of the files. */
static void put_in_order(struct bundle *bundle, const struct wire_rule *rules,
                         size_t count)
{
    size_t at = 0;

    for (size_t n = 0; n < count * WIRE_PHASE_COUNT; n++) {
        const size_t i = n % count;

        if (rules[i].phase == (enum wire_phase)(n / count)) {
            bundle->rules[at].declared = rules[i];
            bundle->rules[at].file = &bundle->load->files[i];
            bundle->declared[at++] = rules[i];
        }
    }
}

static bool refuse(const struct bundle_problems *problems, struct error *err)
{
    const struct wire_problem *first = &problems->list[0];

    (void)error_set(err, ERROR_INVALID, "%s", first->sentence);
    if (first->line > 0) {
        (void)error_wrap(err, "%s:%u", first->file, first->line);
    } else {
        (void)error_wrap(err, "%s", first->file);
    }
    return false;
}

/* Without compiled files, if they are too much; without it each decision says what is wrong. */
static struct env_image *make_image(const struct wire_bundle_load *load)
{
    const struct wire_bundle_load bare = {.budget = load->budget};
    struct env_image *image = NULL;
    struct error ignored = {0};

    if (!env_image_new(load, &image, &ignored)) {
        (void)!env_image_new(&bare, &image, &ignored);
    }
    return image;
}

bool bundle_init(struct bundle *bundle, const struct wire_bundle_load *load,
                 struct bundle_problems *problems, struct error *err)
{
    struct wire_rule rules[WIRE_RULES_MAX];

    *problems = (struct bundle_problems){.count = 0};
    *bundle = (struct bundle){.load = load};
    if (load->file_count > WIRE_RULES_MAX) {
        return error_set(err, ERROR_INVALID, "a bundle has at most %d files",
                         WIRE_RULES_MAX);
    }
    for (size_t i = 0; i < load->file_count; i++) {
        if (!load_file(bundle, &load->files[i], &rules[i], problems, err)) {
            bundle_clear(bundle);
            return false;
        }
    }
    check_names(rules, load->file_count, problems);
    if (problems->count > 0) {
        bundle_clear(bundle);
        return refuse(problems, err);
    }
    put_in_order(bundle, rules, load->file_count);
    bundle->loaded = (struct wire_bundle_loaded){.rules = bundle->declared,
                                                 .rule_count = load->file_count,
                                                 .warnings = bundle->warnings};
    memcpy(bundle->loaded.bundle_id, load->bundle_id, sizeof(load->bundle_id));
    bundle_warn(bundle);
    bundle->image = make_image(load);
    return true;
}

void bundle_clear(struct bundle *bundle)
{
    name_store_clear(&bundle->texts);
    env_image_free(TAKE(bundle->image));
}
