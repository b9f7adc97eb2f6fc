/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of a plan, carried out.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"

#include "autoenroll-client/agent_inside.h"
#include "autoenroll-client/hooks.h"
#include "autoenroll-client/issued.h"
#include "autoenroll-client/request.h"

enum { HOOK_TIMEOUT_S = 60, KEPT_GENERATIONS = 1 };

/* One template that is being seen to. */
struct attempt {
    struct agent *a;
    const struct wire_policy_template *template;
    const struct keystore_entry *old; /* NULL: none in force */
    struct memory_entry *memory;
    struct key *key;
    struct wire_agent_failure failure;
};

/* How it shall be asked for. */
struct way {
    enum wire_op op;
    enum wire_credential credential;
    bool with_old_names;
};

enum outcome { OUTCOME_ISSUED = 0, OUTCOME_PENDING, OUTCOME_FAILED };

/* ---- what is noted ------------------------------------------------------------------- */

static void add_event(struct agent *a, const char *oid, const char *word,
                      enum agent_exit code)
{
    a->events = mem_resize(a->events, a->event_count + 1, sizeof(*a->events));
    a->events[a->event_count++] = (struct agent_event){oid, word, code};
}

static enum outcome fail_locally(struct attempt *t, const struct error *err)
{
    t->failure = (struct wire_agent_failure){
        .failure = err->code == ERROR_UNAVAILABLE ? WIRE_FAILURE_UNAVAILABLE
                                                  : WIRE_FAILURE_BAD_ANSWER,
        .reason = "",
        .sentence = name_store_copy(t->a->store, err->message, strlen(err->message)),
        .request_id = ""};
    return OUTCOME_FAILED;
}

static int64_t left_of(const struct attempt *t)
{
    if (t->old == NULL || t->old->certificate == NULL) {
        return 0;
    }
    return cert_get_not_after_utc(t->old->certificate) - t->a->now_utc;
}

/* A key that was refused may be the reason (KEY_REUSE, KEY_WEAK): the next request gets another. */
static void drop_refused_key(struct attempt *t)
{
    struct error err;

    if (!keystore_drop_pending(t->a->keystore, t->template->ref.name, &err)) {
        memory_set_text(&t->memory->sentence, err.message);
    }
}

static void remember_failure(struct attempt *t)
{
    static const enum agent_exit codes[] = {
        [WIRE_FAILURE_REFUSED] = AGENT_REFUSED,
        [WIRE_FAILURE_UNAUTHENTICATED] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_NO_TICKET] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_UNAVAILABLE] = AGENT_UNAVAILABLE,
        [WIRE_FAILURE_UNTRUSTED] = AGENT_CREDENTIALS,
        [WIRE_FAILURE_BAD_ANSWER] = AGENT_FAILED,
    };
    _Static_assert(sizeof(codes) / sizeof(codes[0]) == WIRE_FAILURE_COUNT,
                   "one a failure");
    struct memory_entry *m = t->memory;
    int64_t wait = 0;

    m->is_refused = t->failure.failure == WIRE_FAILURE_REFUSED;
    m->is_pending = m->is_pending && !m->is_refused;
    m->failures += m->failures < UINT32_MAX ? 1 : 0;
    wait = plan_back_off(m->failures, left_of(t));
    wait = wait > (int64_t)t->failure.retry_after_s ? wait
                                                    : (int64_t)t->failure.retry_after_s;
    m->next_attempt_utc = t->a->now_utc + wait;
    memcpy(m->content_sha256, t->template->ref.content_sha256, WIRE_SHA256);
    memory_set_text(&m->reason, t->failure.reason);
    memory_set_text(&m->sentence, t->failure.sentence);
    memory_set_text(&m->request_id, t->failure.request_id);
    if (m->is_refused) {
        drop_refused_key(t);
    }
    add_event(t->a, t->template->ref.oid, "", codes[t->failure.failure]);
}

static void remember_pending(struct attempt *t, const struct way *way,
                             const struct wire_enroll_pending *pending)
{
    struct memory_entry *m = t->memory;

    if (!m->is_pending) {
        m->pending_since_utc = t->a->now_utc;
    }
    m->is_pending = true;
    m->is_renewal = way->op != WIRE_OP_ENROLL;
    m->is_refused = false;
    m->failures = 0;
    m->next_attempt_utc = t->a->now_utc + pending->retry_after_s;
    memory_set_text(&m->reason, "HELD");
    memory_set_text(&m->sentence, pending->sentence);
    memory_set_text(&m->request_id, pending->request_id);
    add_event(t->a, t->template->ref.oid, "", AGENT_PENDING);
}

static void forget(struct memory_entry *m)
{
    m->is_pending = false;
    m->is_renewal = false;
    m->is_refused = false;
    m->pending_since_utc = 0;
    m->failures = 0;
    m->next_attempt_utc = 0;
    memory_set_text(&m->reason, "");
    memory_set_text(&m->sentence, "");
    memory_set_text(&m->request_id, "");
}

/* ---- keys ---------------------------------------------------------------------------- */

static bool make_key(struct attempt *t, struct error *err)
{
    return request_make_key(t->template, &t->key, err) &&
           keystore_put_pending(t->a->keystore, t->template->ref.name, t->key, err);
}

/* The key of an unanswered request again, so that a lost answer costs no second certificate. */
static bool take_key(struct attempt *t, bool is_renewal, struct error *err)
{
    AUTO(key) waiting = NULL;
    const char *name = t->template->ref.name;
    bool same = is_renewal && (t->template->flags & WIRE_POLICY_SAME_KEY) != 0;

    if (!keystore_prepare(t->a->keystore, name, err)) {
        return false;
    }
    if (same && t->old != NULL) {
        return keystore_read_key(t->a->keystore, name, t->old->generation, &t->key, err);
    }
    if (!keystore_get_pending(t->a->keystore, name, &waiting, err)) {
        return false;
    }
    if (waiting != NULL && request_key_fits(t->template, waiting)) {
        t->key = TAKE(waiting);
        return true;
    }
    return make_key(t, err);
}

/* ---- asking -------------------------------------------------------------------------- */

static const char *own_host(const struct attempt *t)
{
    return issued_host_of(t->a->result->principal, t->a->store);
}

/* Now; or, by a clock that is a bit behind the server's, when the certificate begins. */
static int64_t moment_of(const struct attempt *t, const struct cert *certificate)
{
    int64_t now = clock_now_utc(t->a->options->clock);
    int64_t begins = cert_get_not_before_utc(certificate);

    return begins > now && begins <= now + ISSUED_SKEW_S ? begins : now;
}

static bool judge(const struct attempt *t, const struct way *way,
                  const struct cert *certificate, struct error *err)
{
    int64_t moment = moment_of(t, certificate);
    const struct issued_facts facts = {
        .spki = key_get_spki(t->key),
        .principal = t->a->result->principal,
        .template = t->template,
        .old = way->with_old_names && t->old != NULL ? t->old->certificate : NULL,
        .host = own_host(t),
        .now_utc = moment};

    return issued_check(certificate, &facts, err) &&
           (trust_check(t->a->trust, certificate, moment, err) ||
            error_wrap(err, "the certificate for template '%s' is not installed",
                       t->template->ref.name));
}

static bool install(const struct attempt *t, const struct cert *certificate,
                    struct error *err)
{
    struct bytes chain[TRUST_CHAIN_MAX];
    const struct keystore_pair pair = {.template = t->template->ref.name,
                                       .key = t->key,
                                       .certificate = certificate,
                                       .chain = chain,
                                       .chain_count =
                                           trust_chain(t->a->trust, certificate, chain)};

    return keystore_install(t->a->keystore, &pair, err) &&
           keystore_drop_pending(t->a->keystore, t->template->ref.name, err);
}

static void run_hooks(struct attempt *t, const struct cert *certificate);

static enum outcome take_issued(struct attempt *t, const struct way *way,
                                const struct wire_enroll_issued *issued)
{
    AUTO(cert) certificate = NULL;
    struct error err;

    if (!cert_parse(issued->certificate, &certificate, &err)) {
        error_wrap(&err, "the server's answer");
        return fail_locally(t, &err);
    }
    if (!judge(t, way, certificate, &err) || !install(t, certificate, &err)) {
        return fail_locally(t, &err);
    }
    forget(t->memory);
    if (!keystore_prune(t->a->keystore, t->template->ref.name, KEPT_GENERATIONS, &err)) {
        memory_set_text(&t->memory->sentence, err.message); /* costs room, no more */
    }
    run_hooks(t, certificate);
    return OUTCOME_ISSUED;
}

static enum outcome ask(struct attempt *t, const struct way *way)
{
    const struct agent_network *n = t->a->options->network;
    AUTO(buf) csr = BUF_EMPTY;
    struct transport_enrolled enrolled;
    struct error err;
    bool has_old = t->old != NULL && t->old->certificate != NULL;
    AUTO(string)
    generation = has_old ? mem_printf("%s/%s", t->old->template, t->old->generation)
                         : mem_strdup("");

    if (!request_build(t->template, t->key,
                       way->with_old_names && has_old ? t->old->certificate : NULL,
                       own_host(t), &csr, &err)) {
        return fail_locally(t, &err);
    }
    const struct wire_enroll_submit question = {
        .template = t->template->ref.name,
        .label = t->template->label,
        .op = way->op,
        .csr = buf_bytes(&csr),
        .credential = way->credential,
        .old_certificate =
            has_old ? cert_get_der(t->old->certificate) : (struct bytes){NULL, 0},
        .old_generation = generation,
        .deadline_ms = t->a->options->timeout_ms};
    if (!n->enroll(n->ctx, &question, t->a->store, &enrolled, &t->failure)) {
        return OUTCOME_FAILED;
    }
    if (enrolled.is_pending) {
        remember_pending(t, way, &enrolled.pending);
        return OUTCOME_PENDING;
    }
    return take_issued(t, way, &enrolled.issued);
}

/* ---- hooks --------------------------------------------------------------------------- */

static void write_event(const struct attempt *t, const char *serial,
                        const char *not_after, struct buf *out)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct error ignored;

    json_open_object(&w, NULL);
    json_add_text(&w, "event", "deploy");
    json_add_text(&w, "template", t->template->ref.name);
    json_add_text(&w, "serial", serial);
    json_add_text(&w, "not_after", not_after);
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_COMPACT, 8192, out, &ignored)) {
        buf_append_text(out, "{}");
    }
}

/* "AUTOENROLL_CERT=…/cert.pem" and the like, as text that lives as long as the result. */
static const char *variable(const struct attempt *t, const char *name, const char *value,
                            const char *file)
{
    AUTO(string) text = mem_printf("AUTOENROLL_%s=%s%s", name, value, file);

    return name_store_copy(t->a->store, text, strlen(text));
}

/* The pair is installed whatever a hook says; that it failed is a state of its own. */
static void run_hooks(struct attempt *t, const struct cert *certificate)
{
    const char *name = t->template->ref.name;
    struct bytes number = cert_get_serial(certificate);
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) end = BUF_EMPTY;
    AUTO(buf) json = BUF_EMPTY;
    AUTO(string) place = mem_printf("%s/certs/%s/current", t->a->options->store, name);
    AUTO(string) directory = mem_printf("%s/deploy.d", t->a->options->hooks);
    struct error err;

    memory_set_text(&t->memory->hook_failure, "");
    if (t->a->options->hooks[0] == '\0') {
        return;
    }
    text_append_hex(&serial, number.data, number.len);
    utc_append(&end, cert_get_not_after_utc(certificate));
    write_event(t, buf_text(&serial), buf_text(&end), &json);
    const char *const variables[] = {variable(t, "EVENT", "deploy", ""),
                                     variable(t, "NAME", name, ""),
                                     variable(t, "TEMPLATE", name, ""),
                                     variable(t, "CERT", place, "/cert.pem"),
                                     variable(t, "KEY", place, "/key.pem"),
                                     variable(t, "CHAIN", place, "/chain.pem"),
                                     variable(t, "SERIAL", buf_text(&serial), ""),
                                     variable(t, "NOT_AFTER", buf_text(&end), ""),
                                     NULL};
    const struct hooks_event event = {variables, buf_bytes(&json), HOOK_TIMEOUT_S};
    if (!hooks_run(directory, &event, &err)) {
        memory_set_text(&t->memory->hook_failure, err.message);
    }
}

/* ---- steps --------------------------------------------------------------------------- */

static enum outcome enroll(struct attempt *t)
{
    const struct way way = {WIRE_OP_ENROLL, WIRE_CREDENTIAL_KERBEROS, false};
    struct error err;

    return take_key(t, false, &err) ? ask(t, &way) : fail_locally(t, &err);
}

/* Names that only the old certificate knows go into the request whoever authenticates it. */
static bool needs_old_names(const struct attempt *t)
{
    return t->template->subject != WIRE_SUBJECT_DIRECTORY;
}

/* The old certificate does not serve, or its names are ours no more. */
static bool helps_to_enroll(const struct wire_agent_failure *failure)
{
    return failure->failure == WIRE_FAILURE_UNAUTHENTICATED ||
           (failure->failure == WIRE_FAILURE_REFUSED &&
            strcmp(failure->reason, "NAME_NOT_YOURS") == 0);
}

/* With the old certificate; where that does not serve, with a ticket (RFC 7030 4.2.2). */
static enum outcome renew(struct attempt *t, bool fresh)
{
    struct way way = {WIRE_OP_REKEY, WIRE_CREDENTIAL_CERTIFICATE, true};
    enum outcome outcome = OUTCOME_FAILED;
    struct error err;

    if ((t->template->flags & WIRE_POLICY_SAME_KEY) != 0) {
        way.op = WIRE_OP_RENEW;
    }
    if (!take_key(t, true, &err)) {
        return fail_locally(t, &err);
    }
    if (!fresh) {
        outcome = ask(t, &way);
        if (outcome != OUTCOME_FAILED || !helps_to_enroll(&t->failure)) {
            return outcome;
        }
    }
    way = (struct way){WIRE_OP_ENROLL, WIRE_CREDENTIAL_KERBEROS, needs_old_names(t)};
    return ask(t, &way);
}

static void retire(struct agent *a, const struct plan_step *step)
{
    struct error err;
    const char *oid = step->template == NULL ? step->certificate->template_oid
                                             : step->template->ref.oid;
    bool ok = keystore_retire(a->keystore, step->certificate->name, &err);

    add_event(a, oid, ok ? "archived" : "", ok ? AGENT_DONE : AGENT_FAILED);
}

static void note_waiting(struct agent *a, const struct plan_step *step)
{
    const struct memory_entry *m = memory_find(&a->memory, step->template->ref.oid);
    enum agent_exit code = AGENT_UNAVAILABLE;

    if (m != NULL && m->is_pending) {
        code = AGENT_PENDING;
    } else if (m != NULL && m->is_refused) {
        code = AGENT_REFUSED;
    }
    add_event(a, step->template->ref.oid, "", code);
}

static void try(struct agent *a, const struct plan_step *step)
{
    struct attempt t = {.a = a,
                        .template = step->template,
                        .old = agent_entry_of(a, step->certificate),
                        .memory = memory_of(&a->memory, step->template->ref.oid,
                                            step->template->ref.name)};
    /* a held request is matched by its operation, too */
    bool is_polled = step->action == PLAN_POLL && t.memory->is_renewal && t.old != NULL;
    bool is_renewal = step->action == PLAN_RENEW || is_polled;
    bool fresh = step->fresh || (is_polled && !step->certificate->can_authenticate);
    enum outcome outcome = is_renewal ? renew(&t, fresh) : enroll(&t);

    if (outcome == OUTCOME_ISSUED) {
        add_event(a, t.template->ref.oid, is_renewal ? "renewed" : "issued",
                  t.memory->hook_failure[0] == '\0' ? AGENT_DONE : AGENT_HOOK);
    } else if (outcome == OUTCOME_FAILED) {
        remember_failure(&t);
    }
    key_free(t.key);
}

void agent_act(struct agent *a, const struct plan_step *step)
{
    switch (step->action) {
    case PLAN_ENROLL:
    case PLAN_RENEW:
    case PLAN_POLL:
        try(a, step);
        break;
    case PLAN_WAIT:
        note_waiting(a, step);
        break;
    case PLAN_REFUSED:
        add_event(a,
                  step->template == NULL ? step->certificate->template_oid
                                         : step->template->ref.oid,
                  "", AGENT_REFUSED);
        break;
    case PLAN_ARCHIVE:
        retire(a, step);
        break;
    case PLAN_NOTHING:
    case PLAN_ACTION_COUNT:
    default:
        break;
    }
}

int agent_sum_up(const struct agent *a)
{
    size_t count[AGENT_HOOK + 1] = {0};
    size_t failed = 0;
    size_t worked = 0;

    for (size_t i = 0; i < a->event_count; i++) {
        count[a->events[i].code]++;
        worked += a->events[i].word[0] != '\0' ? 1 : 0;
    }
    failed = count[AGENT_FAILED] + count[AGENT_UNAVAILABLE] + count[AGENT_CREDENTIALS];
    if (count[AGENT_HOOK] > 0) {
        return AGENT_HOOK;
    }
    if (failed > 0 && worked > 0) {
        return AGENT_PARTLY;
    }
    if (failed > 0) {
        return count[AGENT_FAILED] > 0        ? AGENT_FAILED
               : count[AGENT_CREDENTIALS] > 0 ? AGENT_CREDENTIALS
                                              : AGENT_UNAVAILABLE;
    }
    return count[AGENT_REFUSED] > 0   ? AGENT_REFUSED
           : count[AGENT_PENDING] > 0 ? AGENT_PENDING
                                      : AGENT_DONE;
}
