/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/agent.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/utc.h"
#include "common/pki/cert_file.h"
#include "common/pki/pem.h"
#include "common/policy/policy_json.h"

#include "autoenroll-client/agent_inside.h"

enum { CA_CERTIFICATES_MAX = 32 };

static void agent_clear(struct agent *a)
{
    plan_clear(&a->plan);
    free(a->events);
    free(a->certificates);
    free(a->entries);
    keystore_list_clear(&a->list);
    memory_clear(&a->memory);
    trust_free(a->trust);
    keystore_free(a->keystore);
}
CLEANUP_DEFINE_VALUE(agent, struct agent, agent_clear);

void agent_result_clear(struct agent_result *result)
{
    free(result->lines);
    name_store_clear(&result->store);
    *result = (struct agent_result){.exit_code = AGENT_FAILED};
}

const char *agent_path(const struct agent *a, const char *name)
{
    AUTO(string) path = mem_printf("%s/%s", a->options->store, name);

    return name_store_copy(a->store, path, strlen(path));
}

static bool is_user(const struct agent *a)
{
    return a->options->kind == WIRE_ACCOUNT_USER;
}

static bool is_read_only(const struct agent *a)
{
    return a->options->job == AGENT_STATUS || a->options->job == AGENT_TEMPLATES;
}

/* ---- ends ---------------------------------------------------------------------------- */

static void note(struct agent *a, int exit_code, const char *sentence)
{
    a->result->exit_code = exit_code;
    a->result->note = name_store_copy(a->store, sentence, strlen(sentence));
}

static void note_error(struct agent *a, const struct error *err)
{
    static const int codes[] = {
        [ERROR_NONE] = AGENT_FAILED,          [ERROR_INVALID] = AGENT_FAILED,
        [ERROR_NOT_FOUND] = AGENT_FAILED,     [ERROR_DENIED] = AGENT_FAILED,
        [ERROR_AUTH] = AGENT_CREDENTIALS,     [ERROR_UNAVAILABLE] = AGENT_UNAVAILABLE,
        [ERROR_CONFLICT] = AGENT_UNAVAILABLE, [ERROR_INTERNAL] = AGENT_FAILED,
    };
    _Static_assert(sizeof(codes) / sizeof(codes[0]) == ERROR_CODE_COUNT, "one a class");

    note(a, codes[err->code], err->message);
}

/*
 * A user who is not logged in to the realm waits for a ticket; that is no failure. It is one of
 * what somebody asks for by name, who would think that it was done.
 */
static void note_failure(struct agent *a, const struct wire_agent_failure *f)
{
    static const int codes[] = {
        [WIRE_FAILURE_REFUSED] = AGENT_REFUSED,
        [WIRE_FAILURE_UNAUTHENTICATED] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_NO_TICKET] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_UNAVAILABLE] = AGENT_UNAVAILABLE,
        [WIRE_FAILURE_UNTRUSTED] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_BAD_ANSWER] = AGENT_FAILED,
    };
    _Static_assert(sizeof(codes) / sizeof(codes[0]) == WIRE_FAILURE_COUNT,
                   "one a failure");
    AUTO(string) text = NULL;

    if (f->failure == WIRE_FAILURE_NO_TICKET && is_user(a)) {
        bool waits = a->options->job == AGENT_RUN;

        text = waits ? mem_printf("waits for a Kerberos ticket: %s", f->sentence)
                     : mem_printf("%s: kinit gets one", f->sentence);
        note(a, waits ? AGENT_DONE : AGENT_CREDENTIALS, text);
        return;
    }
    text = mem_printf("%s%s%s", f->reason, f->reason[0] == '\0' ? "" : ": ", f->sentence);
    note(a, codes[f->failure], text);
}

/* ---- what is known already ----------------------------------------------------------- */

/* Neither is worth failing for: both can be asked for again. */
static void load_policy(struct agent *a)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error ignored;

    if (file_read(agent_path(a, "policy.json"), POLICY_JSON_MAX, FILE_NO_SYMLINK, &text,
                  &ignored) &&
        policy_read_json(buf_bytes(&text), a->store, &a->result->answer, &ignored)) {
        a->result->answer.etag = "";
        a->result->policy = &a->result->answer;
        a->result->principal = a->result->answer.principal;
    }
}

static void load_cacerts(struct agent *a)
{
    struct cert *certificates[CA_CERTIFICATES_MAX] = {NULL};
    struct bytes der[CA_CERTIFICATES_MAX];
    const struct cert_count allowed = {1, CA_CERTIFICATES_MAX};
    size_t count = 0;
    struct error ignored;

    if (!cert_file_read(agent_path(a, "cacerts.pem"), FILE_NO_SYMLINK, allowed,
                        certificates, &count, &ignored)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        der[i] = cert_get_der(certificates[i]);
    }
    if (!trust_add(a->trust, der, count, &ignored)) {
        note(a, a->result->exit_code, ignored.message);
    }
    for (size_t i = 0; i < count; i++) {
        cert_free(certificates[i]);
    }
}

/* The clock was set back since the last run: what was to be waited for is no more that far off. */
static void forget_waits(struct agent *a)
{
    for (size_t i = 0; i < a->memory.count && a->memory.finished_utc > a->now_utc; i++) {
        a->memory.entries[i].next_attempt_utc = 0;
    }
}

static bool load(struct agent *a, struct error *err)
{
    const struct keystore_options store = {.directory = a->options->store,
                                           .is_private = is_user(a),
                                           .is_read_only = is_read_only(a)};
    struct error ignored;

    if (!keystore_open(&store, &a->keystore, err)) {
        /* nothing was ever stored: that is an answer, too */
        return is_read_only(a) && err->code == ERROR_NOT_FOUND;
    }
    if (!memory_load(agent_path(a, "state.json"), &a->memory, &ignored)) {
        memory_clear(&a->memory); /* costs a repeated question */
    }
    forget_waits(a);
    return true;
}

/* Before the server is asked anything. */
static bool open_network(struct agent *a, struct error *err)
{
    const struct agent_network *n = a->options->network;

    return trust_load(a->options->anchors, &a->trust, err) &&
           (a->options->job == AGENT_STATUS || n->open == NULL ||
            n->open(n->ctx, trust_anchors(a->trust), err));
}

/* ---- what the server says ------------------------------------------------------------ */

static void keep(struct agent *a, const char *name, const struct buf *content)
{
    struct error err;

    if (!is_read_only(a) &&
        !file_write_atomic(agent_path(a, name), buf_bytes(content),
                           FILE_MODE(is_user(a) ? 0600 : 0644), &err)) {
        note(a, a->result->exit_code, err.message);
    }
}

static bool ask_policy(struct agent *a, struct wire_agent_failure *failure)
{
    const struct agent_network *n = a->options->network;
    const struct wire_policy_request question = {"", a->options->timeout_ms};
    AUTO(buf) text = BUF_EMPTY;
    struct error ignored;

    if (!n->whoami(n->ctx, a->store, &a->result->principal, failure) ||
        !n->ask_policy(n->ctx, &question, a->store, &a->result->answer, failure)) {
        return false;
    }
    a->result->policy = &a->result->answer;
    if (policy_write_json(&a->result->answer, &text, &ignored)) {
        keep(a, "policy.json", &text);
    }
    return true;
}

static bool ask_cacerts(struct agent *a, struct wire_agent_failure *failure)
{
    const struct agent_network *n = a->options->network;
    const struct wire_cacerts_request question = {a->options->timeout_ms};
    struct wire_cacerts_answer answer = {.certificates = NULL};
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    if (!n->ask_cacerts(n->ctx, &question, a->store, &answer, failure)) {
        return false;
    }
    for (size_t i = 0; i < answer.certificate_count; i++) {
        pem_write(PEM_CERTIFICATE, answer.certificates[i], &text);
    }
    keep(a, "cacerts.pem", &text);
    if (!trust_add(a->trust, answer.certificates, answer.certificate_count, &err)) {
        *failure = (struct wire_agent_failure){
            .failure = WIRE_FAILURE_BAD_ANSWER,
            .reason = "",
            .sentence = name_store_copy(a->store, err.message, strlen(err.message)),
            .request_id = ""};
        return false;
    }
    return true;
}

/* ---- a run --------------------------------------------------------------------------- */

static bool is_for_people(const struct agent *a)
{
    return a->options->only[0] != '\0';
}

/* A template that was named must be there. */
static bool check_only(struct agent *a)
{
    for (size_t i = 0; i < a->plan.count; i++) {
        const struct wire_policy_template *t = a->plan.steps[i].template;

        if (t != NULL && strcmp(t->ref.name, a->options->only) == 0) {
            return true;
        }
    }
    AUTO(string)
    text = mem_printf("there is no template '%s' on this server: see autoenroll-client "
                      "templates",
                      a->options->only);
    note(a, AGENT_REFUSED, text);
    return false;
}

static bool is_meant(const struct agent *a, const struct plan_step *step)
{
    if (is_for_people(a)) {
        return step->template != NULL &&
               strcmp(step->template->ref.name, a->options->only) == 0;
    }
    return a->options->job != AGENT_RENEW || step->certificate != NULL;
}

static void work(struct agent *a)
{
    agent_make_plan(a, false);
    if (is_for_people(a) && !check_only(a)) {
        return;
    }
    for (size_t i = 0; i < a->plan.count; i++) {
        if (is_meant(a, &a->plan.steps[i])) {
            agent_act(a, &a->plan.steps[i]);
        }
    }
    if (a->result->exit_code == AGENT_DONE) {
        a->result->exit_code = agent_sum_up(a);
    }
}

static void go_online(struct agent *a)
{
    struct wire_agent_failure failure = {.sentence = "", .reason = ""};

    if (!ask_policy(a, &failure)) {
        note_failure(a, &failure);
        return;
    }
    if (a->options->job == AGENT_TEMPLATES) {
        return;
    }
    if (!ask_cacerts(a, &failure)) {
        note_failure(a, &failure);
        return;
    }
    work(a);
}

static void remember(struct agent *a)
{
    struct error err;

    a->memory.finished_utc = clock_now_utc(a->options->clock);
    a->memory.exit_code = a->result->exit_code;
    memory_set_text(&a->memory.note, a->result->note);
    if (!memory_save(&a->memory, agent_path(a, "state.json"), is_user(a) ? 0600 : 0644,
                     &err)) {
        note_error(a, &err);
    }
}

/* Nothing of the run depends on whether the server wants to hear of it. */
static void report(struct agent *a)
{
    const struct agent_network *n = a->options->network;
    struct wire_report_taken taken;
    struct wire_agent_failure ignored;
    struct wire_report out = {
        .software = a->options->software,
        .started_utc = a->result->started_utc,
        .finished_utc = a->memory.finished_utc,
        .exit_code = (uint32_t)a->result->exit_code,
        .entries =
            name_store_new(a->store, (a->result->line_count + 1) * sizeof(*out.entries)),
        .deadline_ms = a->options->timeout_ms};

    for (size_t i = 0; i < a->result->line_count; i++) {
        const struct agent_line *l = &a->result->lines[i];

        if (l->template.oid != NULL) {
            out.entries[out.entry_count++] =
                (struct wire_report_entry){.template = l->template,
                                           .health = l->health,
                                           .not_after_utc = l->not_after_utc,
                                           .reason = l->reason,
                                           .sentence = l->sentence};
        }
    }
    a->result->is_reported =
        n->report != NULL && n->report(n->ctx, &out, a->store, &taken, &ignored);
}

static void keep_result(struct agent *a)
{
    const struct agent_keeper *keeper = a->options->keeper;
    struct error err;

    if (!keeper->keep(keeper->ctx, a->result, &err)) {
        note_error(a, &err);
    }
}

/* What the last run had to say about itself, for who asks without a network. */
static void recall(struct agent *a)
{
    AUTO(buf) text = BUF_EMPTY;

    if (a->memory.note == NULL || a->memory.note[0] == '\0' ||
        a->result->note[0] != '\0') {
        return;
    }
    buf_append_text(&text, "the last run, at ");
    utc_append(&text, a->memory.finished_utc);
    buf_printf(&text, ": %s", a->memory.note);
    a->result->note = name_store_copy(a->store, buf_text(&text), text.len);
}

static void finish(struct agent *a, bool is_online)
{
    struct error err;

    a->result->finished_utc = clock_now_utc(a->options->clock);
    a->now_utc = a->result->finished_utc;
    if (a->keystore != NULL && !agent_read_store(a, &err)) {
        note_error(a, &err);
    }
    if (!is_read_only(a)) {
        remember(a);
    } else if (!is_online) {
        recall(a);
    }
    if (a->result->policy != NULL) {
        agent_make_plan(a, true);
    }
    agent_make_lines(a);
    if (is_online && !is_read_only(a) && a->result->policy != NULL) {
        report(a);
    }
    if (!is_read_only(a)) {
        keep_result(a); /* still alone with the store */
    }
}

/* What is in the store, or whom to trust, is not known, and that is told. */
static void give_up(struct agent *a)
{
    a->result->finished_utc = clock_now_utc(a->options->clock);
    if (!is_read_only(a)) {
        remember(a);
        keep_result(a);
    }
}

void agent_run(const struct agent_options *options, struct agent_result *result)
{
    AUTO(agent)
    a = {.options = options,
         .result = result,
         .store = &result->store,
         .now_utc = clock_now_utc(options->clock)};
    struct error err;

    *result =
        (struct agent_result){.note = "", .principal = "", .started_utc = a.now_utc};
    if (!open_network(&a, &err)) {
        note(&a, AGENT_CONFIGURATION, err.message);
        if (access(options->store, F_OK) == 0 &&
            load(&a, &err)) { /* none is made for it */
            give_up(&a);
        }
        return;
    }
    if (!load(&a, &err)) {
        note_error(&a, &err);
        return;
    }
    load_cacerts(&a);
    load_policy(&a);
    if (a.keystore != NULL && (!agent_read_store(&a, &err) ||
                               (!is_read_only(&a) && !agent_drop_installed(&a, &err)))) {
        note_error(&a, &err);
        give_up(&a);
        return;
    }
    bool is_online = options->job != AGENT_STATUS;
    if (is_online) {
        go_online(&a);
    }
    finish(&a, is_online);
}
