/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/server_inside.h"

enum {
    CLOCK_TOLERANCE_S = 5, /* a step of the wall clock up to this is no jump */
    RETRY_S = 2,
};

/* ---- who is on his way --------------------------------------------------------------- */

bool server_doubts_clock(const struct server *server, struct clock_mark now)
{
    return clock_has_jumped(server->clock_mark, now,
                            (int64_t)CLOCK_TOLERANCE_S * CLOCK_NS_PER_SECOND);
}

/* The lock is held. REASON_NONE: nothing is in the way. */
static enum reason may_take_off(const struct server *server, const char **why)
{
    if (server->stopping) {
        *why = "policyd is ending";
        return REASON_BUSY;
    }
    if (server->connection == 0) {
        *why = "the signer is not connected";
        return REASON_SIGNER;
    }
    if (server->agreed != server->connection || server->rebuilding) {
        *why = "the ledger is being compared with the signer's journal";
        return REASON_STORE;
    }
    return REASON_NONE;
}

bool server_take_off(struct server *server, struct server_flight *flight,
                     struct server_outcome *out)
{
    struct clock_mark now = clock_mark_now(server->options.clock);
    const char *why = "";

    server_lock(server);
    enum reason reason = may_take_off(server, &why);
    if (reason == REASON_NONE && server_doubts_clock(server, now)) {
        reason = REASON_CLOCK;
        why = "the wall clock was set while policyd ran; an operator must confirm it";
    }
    if (reason == REASON_NONE) {
        flight->next = server->flights;
        flight->back = &server->flights;
        if (flight->next != NULL) {
            flight->next->back = &flight->next;
        }
        server->flights = flight;
        server->flight_count++;
    }
    server_unlock(server);
    if (reason != REASON_NONE) {
        server_outcome_set(out, reason, RETRY_S, why);
    }
    return reason == REASON_NONE;
}

void server_land(struct server *server, struct server_flight *flight)
{
    server_lock(server);
    *flight->back = flight->next;
    if (flight->next != NULL) {
        flight->next->back = flight->back;
    }
    server->flight_count--;
    server->behind = true;
    if (server->stopping || server->doubt || server->rebuilding) {
        (void)pthread_cond_broadcast(
            &server->changed); /* somebody waits for it to land */
    }
    server_unlock(server);
}

bool server_is_in_flight(struct server *server, const char *request_id)
{
    bool found = false;

    server_lock(server);
    for (const struct server_flight *f = server->flights; f != NULL && !found;
         f = f->next) {
        found = strcmp(f->request_id, request_id) == 0;
    }
    server_unlock(server);
    return found;
}

/* The numbers of those on their way, to be freed. */
static int64_t *list_flights(struct server *server, size_t *count)
{
    size_t used = 0;

    server_lock(server);
    int64_t *numbers = mem_array(server->flight_count + 1, sizeof(*numbers));
    for (const struct server_flight *f = server->flights; f != NULL; f = f->next) {
        numbers[used++] = f->request;
    }
    server_unlock(server);
    *count = used;
    return numbers;
}

bool server_release_strays(struct server *server, struct error *err)
{
    size_t count = 0;
    int64_t *kept = list_flights(server, &count);
    struct ledger_op op = {
        .kind = LEDGER_RELEASE,
        .release = {.node = server->options.node, .kept = kept, .kept_len = count}};

    bool done = ledger_execute(server->options.ledger, &op, err);
    free(kept);
    return done || error_wrap(err, "reservations of requests that have ended");
}

/* ---- how the server is --------------------------------------------------------------- */

static void add_problem(struct server_state *out, const char *what, const char *why,
                        const char *run, bool stops_issuing)
{
    if (out->problem_count < SERVER_PROBLEMS_MAX) {
        struct server_problem *p = &out->problems[out->problem_count++];

        *p = (struct server_problem){
            .what = what, .run = run, .stops_issuing = stops_issuing};
        memcpy(p->why, why, strnlen(why, sizeof(p->why) - 1));
    }
}

static void add_faults(const struct server *server, struct server_state *out)
{
    static const char *const what[] = {
        [SERVER_TROUBLE_RECONCILE] = "journal",
        [SERVER_TROUBLE_ANSWER] = "signer",
        [SERVER_TROUBLE_ORPHANS] = "journal",
        [SERVER_TROUBLE_CRL] = "crl",
    };
    _Static_assert(sizeof(what) / sizeof(what[0]) == SERVER_TROUBLE_COUNT,
                   "every trouble has its word");

    for (size_t i = 0; i < SERVER_TROUBLE_COUNT; i++) {
        const struct server_fault *fault = &server->faults[i];

        if (fault->why[0] != '\0') {
            add_problem(out, what[i], fault->why, fault->run,
                        i == SERVER_TROUBLE_RECONCILE);
        }
    }
}

static void add_ledger(const struct server *server, struct server_state *out)
{
    struct ledger_health health;

    ledger_health_get(server->options.ledger, &health);
    if (health.state != LEDGER_READY) {
        add_problem(out, "ledger", health.message,
                    health.state == LEDGER_DAMAGED ? "policyctl ledger rebuild" : NULL,
                    health.state != LEDGER_FAILING);
    }
}

void server_get_state(struct server *server, struct server_state *out)
{
    struct clock_mark now = clock_mark_now(server->options.clock);
    const char *why = "";

    *out = (struct server_state){0};
    signer_port_get_state(server->port, &out->signer);
    if (!out->signer.connected) {
        add_problem(out, "signer", out->signer.message, "systemctl status policyd-signer",
                    true);
    }
    add_ledger(server, out);
    server_lock(server);
    bool jumped = server_doubts_clock(server, now);
    out->issuing = may_take_off(server, &why) == REASON_NONE && !jumped;
    out->reconciled = server->reconciled;
    out->in_flight = server->flight_count;
    out->issued = server->issued;
    out->revoked_undelivered = server->orphans;
    out->crls_published = server->published;
    add_faults(server, out);
    server_unlock(server);
    if (jumped) {
        add_problem(out, "clock", "the wall clock was set while policyd ran",
                    "policyctl clock confirm", true);
    }
}

bool server_await_issuing(struct server *server, unsigned int timeout_ms,
                          struct error *err)
{
    enum { STEP_MS = 20 };
    struct server_state state;

    for (unsigned int waited = 0; waited <= timeout_ms; waited += STEP_MS) {
        server_get_state(server, &state);
        if (state.issuing) {
            return true;
        }
        server_lock(server);
        server_wait(server, STEP_MS);
        server_unlock(server);
    }
    return error_set(err, ERROR_UNAVAILABLE, "policyd cannot issue: %s",
                     state.problem_count > 0 ? state.problems[0].why
                                             : "ledger and journal are being compared");
}
