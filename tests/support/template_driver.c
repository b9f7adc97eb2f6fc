/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_driver: the domain's templates as policyd sees them, for stories.
 *
 * Its argument is a policyd.conf. Commands come on standard input, one a line, words apart by
 * tabs; each is answered by one line of JSON:
 *     templates                  all of them, or why none
 *     choose   NAME              the template for a request, or why not
 *     access   NAME PRINCIPAL    what the account may do with it
 *     health                     of the store
 *     reload                     the configuration anew
 */
#include <stdio.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/text.h"

#include "policyd/main_domain.h"
#include "policyd/template_set_caller.h"

enum { LINE_MAX_LEN = 4096, WORDS_MAX = 3, JSON_MAX = 1024 * 1024 };

struct driver {
    const char *path;
    struct config *config; /* what the domain was made of */
    struct main_domain *domain;
    const char *words[WORDS_MAX]; /* of the command */
};

static void print(struct json_writer *w)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    json_close(w);
    if (!json_finish(w, JSON_FORM_COMPACT, JSON_MAX, &text, &err)) {
        (void)printf("{\"failed\":\"%s\"}\n", err.message);
    } else {
        (void)printf("%s\n", buf_text(&text));
    }
    (void)fflush(stdout);
}

static void add_failure(struct json_writer *w, enum reason reason,
                        const struct error *err)
{
    json_add_text(w, "error", error_code_name(err->code));
    json_add_text(w, "reason", reason_get(reason)->code);
    json_add_text(w, "message", err->message);
}

static void add_item(struct json_writer *w, const struct template_item *item)
{
    AUTO(buf) sha256 = BUF_EMPTY;

    text_append_hex(&sha256, item->sha256, sizeof(item->sha256));
    json_add_text(w, "name", item->name);
    json_add_bool(w, "published", item->published);
    json_add_text(w, "problem", item->problem == NULL ? "" : item->problem);
    json_add_text(w, "sha256", buf_text(&sha256));
}

static void add_templates(struct json_writer *w, const struct template_set *set)
{
    const char *problem = template_set_service_problem(set);

    json_open_list(w, "templates");
    for (size_t i = 0; i < template_set_count(set); i++) {
        json_open_object(w, NULL);
        add_item(w, template_set_get(set, i));
        json_close(w);
    }
    json_close(w);
    json_add_text(w, "unpublished", problem == NULL ? "" : problem);
    json_add_i64(w, "missing", (int64_t)template_set_missing(set)->count);
}

static bool choose(const struct driver *d, const struct template_set **set,
                   const struct template_item **item, enum reason *reason,
                   struct error *err)
{
    return template_store_get(main_domain_templates(d->domain), set, reason, err) &&
           (d->words[1] == NULL ||
            template_set_choose(*set, d->words[1], item, reason, err));
}

static void run_choose(const struct driver *d, struct json_writer *w)
{
    AUTO(template_set) set = NULL;
    const struct template_item *item = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    if (!choose(d, &set, &item, &reason, &err)) {
        add_failure(w, reason, &err);
    } else if (item != NULL) {
        add_item(w, item);
    } else {
        add_templates(w, set);
    }
}

static bool find_access(const struct driver *d, const struct template_item *item,
                        struct tmpl_access *access, enum reason *reason,
                        struct error *err)
{
    const struct directory_query query = {
        .principal = d->words[2], .timeout_ms = main_domain_timeout_ms(d->domain)};
    AUTO(directory_account) account = NULL;
    AUTO(template_caller) caller = NULL;

    return directory_find(main_domain_directory(d->domain), &query, &account, reason,
                          err) &&
           template_caller_new(&account->account, TEMPLATE_NAMES, &caller, reason, err) &&
           template_caller_access(caller, item, access, reason, err);
}

static void run_access(const struct driver *d, struct json_writer *w)
{
    AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
    AUTO(template_set) set = NULL;
    const struct template_item *item = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    if (d->words[1] == NULL || d->words[2] == NULL ||
        !choose(d, &set, &item, &reason, &err) ||
        !find_access(d, item, &access, &reason, &err)) {
        add_failure(w, reason, &err);
        return;
    }
    json_add_bool(w, "enroll", access.enroll.granted);
    json_add_bool(w, "autoenroll", access.autoenroll.granted);
    json_add_text(w, "why", access.enroll.why);
}

static void run_health(const struct driver *d, struct json_writer *w)
{
    struct template_health health;

    template_store_health(main_domain_templates(d->domain), &health);
    json_add_bool(w, "serves", health.serves);
    json_add_i64(w, "count", (int64_t)health.count);
    json_add_i64(w, "refused", (int64_t)health.refused);
    json_add_i64(w, "reads", (int64_t)health.reads);
    json_add_text(w, "last", health.last.message);
    json_add_text(w, "watch", health.watch.message);
}

static void run_reload(const struct driver *d, struct json_writer *w)
{
    AUTO(config) next = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    if (!config_load(d->path, &next, NULL, &report, &err)) {
        add_failure(w, REASON_INTERNAL, &err);
        return;
    }
    main_domain_reload(d->domain, next);
    json_add_bool(w, "reloaded", true);
}

static const struct {
    const char *name;
    void (*run)(const struct driver *d, struct json_writer *w);
} commands[] = {
    {"templates", run_choose}, {"choose", run_choose}, {"access", run_access},
    {"health", run_health},    {"reload", run_reload},
};

static void run_line(struct driver *d, char *line)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < WORDS_MAX; i++) {
        d->words[i] = strsep(&line, "\t");
    }
    json_open_object(&w, NULL);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, d->words[0]) == 0) {
            commands[i].run(d, &w);
        }
    }
    print(&w);
}

int main(int argc, char **argv)
{
    AUTO(config) config = NULL;
    AUTO(main_domain) domain = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    char line[LINE_MAX_LEN];

    dap_start();
    if (argc != 2 || !config_load(argv[1], &config, NULL, &report, &err) ||
        !main_domain_new(config, clock_system(), &domain, &err)) {
        (void)fprintf(stderr, "%s%s\n", buf_text(&report), err.message);
        return 3;
    }
    struct driver d = {.path = argv[1], .config = config, .domain = domain};
    while (fgets(line, sizeof(line), stdin) != NULL) {
        run_line(&d, line);
    }
    return 0;
}
