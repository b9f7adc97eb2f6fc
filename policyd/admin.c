/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/problem.h"

#include "policyd/admin_json.h"

enum { INSIDE_MAX = 8, LOOKUPS_MAX = 4, STRANGERS_MAX = 3 };
_Static_assert(2 * INSIDE_MAX + LOOKUPS_MAX + STRANGERS_MAX < ADMIN_THREADS,
               "whatever hangs, threads are left for status");

static const struct admin_verb verbs[] = {
    {HTTP_GET, "/v1/status", ADMIN_NEEDS_NOTHING, false, admin_run_status},
    {HTTP_GET, "/healthz", ADMIN_NEEDS_NOTHING, true, admin_run_healthz},
    {HTTP_GET, "/readyz", ADMIN_NEEDS_NOTHING, true, admin_run_readyz},
    {HTTP_GET, "/v1/ca", ADMIN_NEEDS_SIGNER, false, admin_run_cas},
    {HTTP_GET, "/v1/crl", ADMIN_NEEDS_LEDGER, false, admin_run_crls},
    {HTTP_GET, "/v1/certificates", ADMIN_NEEDS_LEDGER, false, admin_run_list},
    {HTTP_GET | HTTP_POST, "/v1/certificates/*", ADMIN_NEEDS_BOTH, false,
     admin_run_certificate},
    {HTTP_GET, "/v1/requests", ADMIN_NEEDS_LEDGER, false, admin_run_requests},
    {HTTP_GET | HTTP_POST, "/v1/requests/*", ADMIN_NEEDS_BOTH, true, NULL},
    {HTTP_GET, "/v1/audit", ADMIN_NEEDS_SIGNER, false, admin_run_audit},
    {HTTP_GET, "/v1/templates", ADMIN_NEEDS_NOTHING, false, admin_run_templates},
    {HTTP_GET, "/v1/templates/*", ADMIN_NEEDS_NOTHING, false, admin_run_templates},
    {HTTP_GET, "/v1/explain", ADMIN_NEEDS_LEDGER, false, admin_run_explain},
    {HTTP_GET, "/v1/explain/*", ADMIN_NEEDS_LEDGER, false, admin_run_explain},
    {HTTP_POST, "/v1/freeze", ADMIN_NEEDS_SIGNER, false, admin_run_freeze},
    {HTTP_POST, "/v1/thaw", ADMIN_NEEDS_SIGNER, false, admin_run_thaw},
    {HTTP_POST, "/v1/clock/confirm", ADMIN_NEEDS_SIGNER, false, admin_run_clock},
    {HTTP_POST, "/v1/checkpoint", ADMIN_NEEDS_SIGNER, false, admin_run_checkpoint},
    {HTTP_POST, "/v1/reload", ADMIN_NEEDS_SIGNER, false, admin_run_reload},
    {HTTP_POST, "/v1/crl/publish", ADMIN_NEEDS_BOTH, false, admin_run_publish},
    {HTTP_POST, "/v1/ledger/rebuild", ADMIN_NEEDS_BOTH, false, admin_run_rebuild},
};
enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };
_Static_assert((int)VERB_COUNT <= (int)ADMIN_VERBS_MAX, "there is a door for each");

static bool is_connected(const struct admin *admin)
{
    const struct admin_port *port = admin->options.port;
    struct admin_link link = {0};

    port->link(port->ctx, &link);
    return link.connected;
}

static enum reason reason_of(const struct admin_door *door, enum error_code code)
{
    static const enum reason reasons[] = {
        [ERROR_NONE] = REASON_INTERNAL,     [ERROR_INVALID] = REASON_MALFORMED,
        [ERROR_NOT_FOUND] = REASON_NO_ITEM, [ERROR_DENIED] = REASON_CONFLICT,
        [ERROR_AUTH] = REASON_NOT_OPERATOR, [ERROR_UNAVAILABLE] = REASON_BUSY,
        [ERROR_CONFLICT] = REASON_CONFLICT, [ERROR_INTERNAL] = REASON_INTERNAL,
    };
    _Static_assert(sizeof(reasons) / sizeof(reasons[0]) == ERROR_CODE_COUNT, "of each");

    if (code != ERROR_UNAVAILABLE) {
        return reasons[code];
    }
    switch (door->verb->need) {
    case ADMIN_NEEDS_LEDGER:
        return REASON_STORE;
    case ADMIN_NEEDS_SIGNER:
        return REASON_SIGNER;
    case ADMIN_NEEDS_BOTH: /* the detail tells which */
        return is_connected(door->admin) ? REASON_BUSY : REASON_SIGNER;
    case ADMIN_NEEDS_NOTHING:
        break;
    }
    return reasons[code];
}

/* With the sentence that operators may read and peers may not. */
static void answer_problem(struct http_answer *answer, enum reason reason,
                           const char *detail)
{
    const struct reason_info *info = reason_get(reason);

    answer->status = info->status;
    answer->content_type = PROBLEM_MEDIA_TYPE;
    answer->retry_after_s = info->retry == RETRY_LATER ? 1 : 0;
    buf_clear(&answer->body);
    problem_write(reason, detail, NULL, &answer->body);
}

/* The body is an object, or there is none. */
static bool parse_body(struct admin_call *call, struct json **doc, struct error *err)
{
    if (call->request->body.len == 0) {
        return true;
    }
    if (!json_parse(call->request->body, ADMIN_BODY_MAX, doc, err)) {
        return false;
    }
    call->in = json_root(*doc);
    return json_as_object(&call->in, err);
}

static bool write_answer(const struct admin_verb *verb, struct admin_call *call,
                         struct http_answer *answer, struct error *err)
{
    AUTO(json) doc = NULL;
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    json_open_object(&w, NULL);
    if (!parse_body(call, &doc, err) || !verb->run(call, &w, err)) {
        return false;
    }
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_COMPACT, ADMIN_ANSWER_MAX, &answer->body, err)) {
        err->code = ERROR_INTERNAL; /* what we wrote ourselves */
        return false;
    }
    buf_append_byte(&answer->body, '\n');
    answer->status = 200;
    answer->content_type = "application/json";
    return true;
}

/* Strangers bring words on requests as often as they like. */
static void log_order(const struct http_request *request, bool operates, int status)
{
    const struct log_field *fields = LOG_FIELDS(
        log_text("path", request->path), log_number("uid", (int64_t)request->peer.uid),
        log_number("pid", (int64_t)request->peer.pid), log_number("status", status));

    if (request->method == HTTP_POST && operates) {
        log_event(LOG_INFO, "admin.order", fields);
    } else if (request->method == HTTP_POST) {
        log_event_limited(LOG_INFO, "admin.order", fields);
    }
}

static void run_verb(const struct admin_door *door, const struct http_request *request,
                     struct http_answer *answer)
{
    const struct admin_verb *verb = door->verb;
    size_t len = strlen(verb->path);
    bool tree = verb->path[len - 1] == '*';
    struct admin_call call = {
        .admin = door->admin,
        .request = request,
        .rest = tree ? request->path + len - 1 : "",
    };
    struct error err = {0};

    if (!write_answer(verb, &call, answer, &err)) {
        answer_problem(answer, reason_of(door, err.code), err.message);
    }
}

/*
 * Nobody needs a right to look, where a verb is open. A word is taken only from a process that may
 * bring one: a ticket that comes over a socket is bound to nothing, and may be somebody else's.
 */
static bool may_ask(const struct admin_door *door, const struct http_request *request,
                    bool operates, struct error *err)
{
    if (!door->verb->open || operates) {
        return operates;
    }
    return request->method != HTTP_POST ||
           admin_who_may_decide(door->admin, &request->peer, err);
}

static void turn_away(const struct admin_door *door, const struct http_request *request,
                      const struct error *why, struct http_answer *answer)
{
    bool decides = door->verb->open;
    enum reason reason = decides ? REASON_NOT_APPROVER : REASON_NOT_OPERATOR;

    log_event_limited(LOG_WARNING, decides ? "approval.refused" : "admin.refused",
                      LOG_FIELDS(log_text("path", decides ? request->path : NULL),
                                 log_number("uid", (int64_t)request->peer.uid),
                                 log_text("why", why->message)));
    answer_problem(answer, why->code == ERROR_DENIED ? reason : REASON_BUSY,
                   why->message);
}

static void handle(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    const struct admin_door *door = ctx;
    const struct admin_port *port = door->admin->options.port;
    bool forwards = door->verb->run == NULL;
    struct error err = {0};
    bool operates = (forwards || !door->verb->open) &&
                    admin_who_check(door->admin, &request->peer, &err);
    struct gate *gate = forwards && !operates ? &door->admin->strangers
                                              : &door->admin->gates[door->verb->need];

    if (!may_ask(door, request, operates, &err)) {
        turn_away(door, request, &err, answer);
        return;
    }
    if (!gate_enter(gate)) {
        answer_problem(answer, reason_of(door, ERROR_UNAVAILABLE),
                       "earlier requests still wait for it");
        return;
    }
    if (forwards) {
        port->requests(port->ctx, operates, request, answer);
    } else {
        run_verb(door, request, answer);
    }
    gate_leave(gate);
    log_order(request, operates, answer->status);
}

static void make_routes(struct admin *admin)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        admin->doors[i] = (struct admin_door){admin, &verbs[i]};
        admin->routes[i] = (struct http_route){
            .methods = verbs[i].methods,
            .path = verbs[i].path,
            .body_max = (verbs[i].methods & HTTP_POST) != 0 ? ADMIN_BODY_MAX : 0,
            .handler = handle,
            .ctx = &admin->doors[i]};
    }
}

bool admin_new(const struct admin_options *options, struct admin **out, struct error *err)
{
    AUTO(admin) admin = mem_new(sizeof(*admin));

    admin->options = *options;
    admin->started_ns = clock_boottime_ns(options->clock);
    (void)pthread_mutex_init(&admin->lock, NULL);
    admin->gates[ADMIN_NEEDS_NOTHING].most = ADMIN_THREADS;
    admin->gates[ADMIN_NEEDS_LEDGER].most = INSIDE_MAX / 2;
    admin->gates[ADMIN_NEEDS_SIGNER].most = INSIDE_MAX / 2;
    admin->gates[ADMIN_NEEDS_BOTH].most = INSIDE_MAX;
    admin->lookups.most = LOOKUPS_MAX;
    admin->strangers.most = STRANGERS_MAX;
    admin_set_group(admin, options->group);
    admin_set_approver_group(admin, options->approver_group);
    make_routes(admin);
    if (!probe_new(admin_view_ask_signer, admin, &admin->signer_probe, err) ||
        !probe_new(admin_view_ask_ledger, admin, &admin->ledger_probe, err)) {
        return false;
    }
    *out = TAKE(admin);
    return true;
}

void admin_free(struct admin *admin)
{
    if (admin == NULL) {
        return;
    }
    probe_free(admin->signer_probe);
    probe_free(admin->ledger_probe);
    (void)pthread_mutex_destroy(&admin->lock);
    free(admin);
}

const struct http_route *admin_routes(const struct admin *admin)
{
    return admin->routes;
}
