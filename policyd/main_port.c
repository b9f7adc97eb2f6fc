/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/ca.h"

#include "policyd/main_daemon.h"

/* How long an answer of the signer is waited for; a reload may change it. */
static uint32_t timeout_of(struct main_daemon *d)
{
    (void)pthread_mutex_lock(&d->lock);
    uint32_t timeout_ms = (uint32_t)d->config->signer.timeout_s * 1000;
    (void)pthread_mutex_unlock(&d->lock);
    return timeout_ms;
}

static bool ask(void *ctx, const struct wire_message *question, const void *record,
                const struct wire_message *wanted, struct buf *answer, struct error *err)
{
    struct main_daemon *d = ctx;
    const struct signer_question q = {.message = question,
                                      .record = record,
                                      .wanted = wanted,
                                      .timeout_ms = timeout_of(d)};
    AUTO(signer_reply) reply = {0};

    if (!signer_port_ask(server_port(d->server), &q, &reply, err) ||
        !signer_reply_check(&reply, err)) {
        return false;
    }
    buf_append(answer, reply.octets.data, reply.octets.len);
    return true;
}

static void get_link(void *ctx, struct admin_link *out)
{
    struct main_daemon *d = ctx;
    struct signer_port_state state;

    signer_port_get_state(server_port(d->server), &state);
    out->connected = state.connected;
    out->admitted = state.admitted;
    (void)snprintf(out->message, sizeof(out->message), "%s", state.message);
}

static bool revoke(void *ctx, struct admin_revocation *what, struct error *err)
{
    struct main_daemon *d = ctx;
    const struct server_revocation order = {
        .serial = what->serial,
        .event = what->event,
        .reason = what->reason,
        .invalidity_utc = what->invalidity_utc,
        .actor = {.uid = (uint32_t)what->uid, .program = "policyctl"},
        .note = what->note,
    };
    struct server_revoked done = {0};

    if (!server_revoke(d->server, &order, &done, err)) {
        return false;
    }
    what->status = done.status;
    what->changed = done.changed;
    what->crl_generation = done.crl_generation;
    what->crl_shard = done.crl_shard;
    return true;
}

/* Of the one CA that issues, which is the one whose CRL the server publishes. */
static bool get_crls(void *ctx, struct admin_crls *out, struct error *err)
{
    struct main_daemon *d = ctx;
    const char *ca = d->first->policyd.ca;
    struct admin_crl *crl = &out->crls[0];
    struct ledger_crl found = {0};

    if (!ledger_crl_get(d->ledger, ca, d->first->crl.generation, 0, &found, err)) {
        return false;
    }
    *out = (struct admin_crls){.count = 1};
    (void)snprintf(crl->ca, sizeof(crl->ca), "%s", ca);
    crl->generation = d->first->crl.generation;
    crl->number = found.published;
    crl->entries = found.entries;
    crl->this_update_utc = found.this_update_utc;
    crl->next_update_utc = found.next_update_utc;
    return true;
}

static bool publish(void *ctx, struct error *err)
{
    struct main_daemon *d = ctx;

    return server_publish(d->server, err);
}

static void confirm_clock(void *ctx)
{
    struct main_daemon *d = ctx;

    server_confirm_clock(d->server);
    main_est_look_again(&d->est);
}

static bool rebuild(void *ctx, struct admin_rebuilt *out, struct error *err)
{
    struct main_daemon *d = ctx;
    struct server_rebuilt done = {0};

    if (!server_rebuild(d->server, &done, err)) {
        return false;
    }
    out->certificates = (int64_t)done.certificates;
    out->revocations = (int64_t)done.revocations;
    out->undelivered = (int64_t)done.undelivered;
    out->records = (int64_t)done.records;
    (void)snprintf(out->kept, sizeof(out->kept), "%s", done.kept);
    return true;
}

static bool reload(void *ctx, struct buf *changes, struct error *err)
{
    return main_daemon_reload(ctx, changes, err);
}

static void requests(void *ctx, bool operates, const struct http_request *request,
                     struct http_answer *answer)
{
    struct main_daemon *d = ctx;

    main_road_answer_request(d->road, operates, request, answer);
}

static void tell(const char *what, const char *why, admin_problem_visitor *visit,
                 void *visitor_ctx)
{
    const struct admin_problem problem = {what, why, NULL, false};

    if (*why != '\0') {
        visit(visitor_ctx, &problem);
    }
}

/* Those of the server that admin cannot see for itself. */
static void tell_servers(struct main_daemon *d, admin_problem_visitor *visit, void *ctx)
{
    struct server_state *state = mem_new(sizeof(*state));

    server_get_state(d->server, state);
    for (size_t i = 0; i < state->problem_count; i++) {
        const struct server_problem *p = &state->problems[i];
        const struct admin_problem problem = {p->what, p->why, p->run, p->stops_issuing};
        bool seen = strcmp(p->what, "signer") == 0 || strcmp(p->what, "ledger") == 0;

        if (!seen) {
            visit(ctx, &problem);
        }
    }
    free(state);
}

static void problems(void *ctx, admin_problem_visitor *visit, void *visitor_ctx)
{
    struct main_daemon *d = ctx;
    char plain[sizeof(d->plain_problem)];
    char public[sizeof(d->public_problem)];

    (void)pthread_mutex_lock(&d->lock);
    memcpy(plain, d->plain_problem, sizeof(plain));
    memcpy(public, d->public_problem, sizeof(public));
    (void)pthread_mutex_unlock(&d->lock);
    tell("listen", plain, visit, visitor_ctx);
    tell("public_dir", public, visit, visitor_ctx);
    main_est_tell_problems(&d->est, visit, visitor_ctx);
    main_road_tell_problems(d->road, visit, visitor_ctx);
    tell_servers(d, visit, visitor_ctx);
}

static bool templates(void *ctx, struct admin_templates *out, struct error *err)
{
    const struct main_daemon *d = ctx;

    return main_road_look_at_templates(d->road, out, err);
}

void main_port_fill(struct main_daemon *d, struct admin_port *out)
{
    *out = (struct admin_port){
        .ctx = d,
        .link = get_link,
        .ask = ask,
        .revoke = revoke,
        .crls = get_crls,
        .publish = publish,
        .confirm_clock = confirm_clock,
        .rebuild = rebuild,
        .reload = reload,
        .requests = requests,
        .templates = templates,
        .problems = problems,
    };
}

bool main_port_ask_cas(void *d, struct buf *octets, struct error *err)
{
    const struct wire_ca_request question = {.ca = ""};

    return ask(d, &wire_ca_request_message, &question, &wire_ca_list_message, octets,
               err);
}

bool main_port_publish_cas(struct main_daemon *d, bool *answered, struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_ca_list) list = {0};

    if (!main_port_ask_cas(d, &octets, err) ||
        !wire_ca_list_decode(buf_bytes(&octets), &list, err)) {
        return false;
    }
    *answered = true;
    main_road_take_cas(d->road, &list);
    for (size_t i = 0; i < list.ca_count; i++) {
        AUTO(string) name = mem_printf("%s.crt", list.cas[i].name);
        AUTO(string)
        path = mem_printf("%s/%s", d->first->policyd.public_dir, name);

        if (plain_content_type(name) == NULL) {
            return error_set(err, ERROR_INVALID,
                             "the name of CA '%s' is no file name that is served",
                             list.cas[i].name);
        }
        if (!file_write_atomic(path, list.cas[i].certificate, FILE_MODE(0644), err)) {
            return false;
        }
    }
    return true;
}
