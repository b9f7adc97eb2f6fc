/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/port.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/base/mem.h"

#include "policyd/rules/match.h"
#include "policyd/rules/port_parts.h"

enum {
    LOAD_MS = 20000 /* starting and compiling: generous, nobody waits but a reload */
};

struct rules_port {
    struct port_options options;
    pthread_mutex_t reloading; /* one at a time */
    pthread_mutex_t lock;      /* of what follows */
    struct rules *current;     /* NULL: nothing in force */
    struct error problem;      /* of the last reload; ERROR_NONE */
};

struct wire_budget rules_budget(void)
{
    return fileset_budget();
}

static void copy_options(struct port_options *out, const struct rules_options *options)
{
    out->program = mem_strdup(options->program);
    out->directory = mem_strdup(options->directory);
    out->set = *options;
    out->set.program = out->program;
    out->set.directory = out->directory;
    if (options->workers < 1 || options->workers > RULES_WORKERS_MAX) {
        out->set.workers = options->workers < 1 ? 1 : RULES_WORKERS_MAX;
    }
}

static void free_options(struct port_options *options)
{
    free(options->program);
    free(options->directory);
}

struct rules_port *rules_port_new(const struct rules_options *options)
{
    struct rules_port *port = mem_new(sizeof(*port));

    copy_options(&port->options, options);
    (void)pthread_mutex_init(&port->reloading, NULL);
    (void)pthread_mutex_init(&port->lock, NULL);
    return port;
}

void rules_port_free(struct rules_port *port)
{
    if (port == NULL) {
        return;
    }
    rules_unref(port->current);
    (void)pthread_mutex_destroy(&port->lock);
    (void)pthread_mutex_destroy(&port->reloading);
    free_options(&port->options);
    free(port);
}

static struct rules *rules_new(const struct rules_options *options)
{
    struct rules *rules = mem_new(sizeof(*rules));

    atomic_init(&rules->references, 1);
    copy_options(&rules->options, options);
    (void)pthread_mutex_init(&rules->lock, NULL);
    for (size_t i = 0; i < RULES_WORKERS_MAX; i++) {
        rules->slots[i].worker.fd = -1;
    }
    return rules;
}

void rules_unref(struct rules *rules)
{
    if (rules == NULL || atomic_fetch_sub(&rules->references, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < RULES_WORKERS_MAX; i++) {
        port_worker_kill(&rules->slots[i].worker);
    }
    (void)pthread_mutex_destroy(&rules->lock);
    wire_bundle_loaded_clear(&rules->loaded);
    buf_clear(&rules->loaded_octets);
    fileset_clear(&rules->files);
    free_options(&rules->options);
    free(rules);
}

static bool tell_refusal(struct bytes octets, struct error *err)
{
    AUTO(wire_bundle_refusal) refusal = {0};
    AUTO(buf) more = BUF_EMPTY;

    if (!wire_bundle_refusal_decode(octets, &refusal, err)) {
        err->code = ERROR_UNAVAILABLE;
        return error_wrap(err, "the rules' worker");
    }
    const struct wire_problem *first = &refusal.problems[0];
    if (refusal.problem_count > 1) {
        buf_printf(&more, " (and %zu more)", refusal.problem_count - 1);
    }
    if (first->line > 0) {
        return error_set(err, ERROR_INVALID, "%s:%u: %.300s%s", first->file, first->line,
                         first->sentence, buf_text(&more));
    }
    return error_set(err, ERROR_INVALID, "%s: %.300s%s", first->file, first->sentence,
                     buf_text(&more));
}

static bool take_loaded(const struct port_answer *answer, struct buf *loaded,
                        struct error *err)
{
    const struct bytes payload = buf_bytes(&answer->payload);

    if (answer->type == WIRE_TYPE_BUNDLE_REFUSAL) {
        return tell_refusal(payload, err);
    }
    if (answer->type != WIRE_TYPE_BUNDLE_LOADED) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the rules' worker answered what it was not asked");
    }
    if (loaded != NULL) {
        buf_append(loaded, payload.data, payload.len);
    }
    return true;
}

bool port_load(const struct rules *rules, struct port_worker *worker, struct buf *loaded,
               struct error *err)
{
    const int64_t deadline_ns = port_deadline_ns(LOAD_MS);
    struct port_answer answer = {.payload = BUF_EMPTY};

    if (!port_worker_start(worker, rules->options.set.program, deadline_ns, err)) {
        return false;
    }
    bool good = port_worker_ask(worker, &wire_bundle_load_message, &rules->files.load,
                                deadline_ns, &answer, err) ||
                error_wrap(err, "loading the rules");
    good = good && take_loaded(&answer, loaded, err);
    buf_clear(&answer.payload);
    buf_clear(&answer.asked);
    if (!good) {
        port_worker_kill(worker);
    }
    return good;
}

/* Read, compile in the first worker, and believe what it says of these files only. */
static bool fill(struct rules *rules, struct error *err)
{
    struct wire_bundle_load *load = &rules->files.load;

    if (!fileset_read(rules->options.set.directory, &rules->files, err)) {
        return false;
    }
    load->budget = rules->options.set.budget;
    if (!port_load(rules, &rules->slots[0].worker, &rules->loaded_octets, err)) {
        return false;
    }
    if (!wire_bundle_loaded_decode(buf_bytes(&rules->loaded_octets), &rules->loaded,
                                   err) ||
        !port_hash_equal(rules->loaded.bundle_id, load->bundle_id) ||
        rules->loaded.rule_count != load->file_count) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the rules' worker loaded something else than it was given");
    }
    return true;
}

bool rules_port_reload(struct rules_port *port, struct error *err)
{
    struct rules *fresh = rules_new(&port->options.set);
    struct error problem = {ERROR_NONE, ""};
    struct rules *old = NULL;

    (void)pthread_mutex_lock(&port->reloading);
    const bool good = fill(fresh, &problem);
    (void)pthread_mutex_lock(&port->lock);
    old = good ? port->current : fresh;
    if (good) {
        port->current = fresh;
    }
    port->problem = problem;
    (void)pthread_mutex_unlock(&port->lock);
    (void)pthread_mutex_unlock(&port->reloading);
    rules_unref(old);
    if (!good) {
        *err = problem;
    }
    return good;
}

void rules_port_problem(struct rules_port *port, struct error *out)
{
    (void)pthread_mutex_lock(&port->lock);
    *out = port->problem;
    (void)pthread_mutex_unlock(&port->lock);
}

struct rules *rules_port_get(struct rules_port *port)
{
    (void)pthread_mutex_lock(&port->lock);
    struct rules *rules = port->current;
    if (rules != NULL) {
        atomic_fetch_add(&rules->references, 1);
    }
    (void)pthread_mutex_unlock(&port->lock);
    return rules;
}

const struct wire_bundle_loaded *rules_loaded(const struct rules *rules)
{
    return &rules->loaded;
}

const struct wire_bundle_load *rules_files(const struct rules *rules)
{
    return &rules->files.load;
}

static void need_attribute(struct rules_needs *needs, const char *name)
{
    for (size_t i = 0; i < needs->count; i++) {
        if (strcasecmp(needs->names[i], name) == 0) {
            return;
        }
    }
    if (needs->count < WIRE_ATTRIBUTES_MAX) {
        needs->names[needs->count++] = name;
    }
}

void rules_need(const struct rules *rules, const char *template, enum wire_op op,
                enum wire_account_kind kind, struct rules_needs *out)
{
    *out = (struct rules_needs){.count = 0};
    for (size_t i = 0; i < rules->loaded.rule_count; i++) {
        const struct wire_rule *rule = &rules->loaded.rules[i];

        if (!match_rule(rule, template, op, kind)) {
            continue;
        }
        out->history = out->history || rule->history;
        for (size_t j = 0; j < rule->attribute_count; j++) {
            need_attribute(out, rule->attributes[j]);
        }
    }
}
