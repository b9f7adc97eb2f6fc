/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/server_chain.h"
#include "policyd/server_inside.h"

#define DAY_S INT64_C(86400)

enum { NODE_MAX = 63 };

/* ---- small things -------------------------------------------------------------------- */

void server_lock(struct server *server)
{
    (void)pthread_mutex_lock(&server->lock);
}

void server_unlock(struct server *server)
{
    (void)pthread_mutex_unlock(&server->lock);
}

int64_t server_now_utc(const struct server *server)
{
    return clock_now_utc(server->options.clock);
}

uint32_t server_wire_node(const struct server *server)
{
    return (uint32_t)(WIRE_NODE_MIN + server->options.node);
}

void server_wait(struct server *server, unsigned int ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= CLOCK_NS_PER_SECOND) {
        until.tv_nsec -= CLOCK_NS_PER_SECOND;
        until.tv_sec++;
    }
    (void)pthread_cond_clockwait(&server->changed, &server->lock, CLOCK_MONOTONIC,
                                 &until);
}

int64_t server_retry_window_s(const struct server *server)
{
    return server->options.retry_window_s;
}

struct signer_port *server_port(struct server *server)
{
    return server->port;
}

/* ---- what is wrong ------------------------------------------------------------------- */

void server_set_fault(struct server *server, enum server_trouble trouble, const char *run,
                      const char *why)
{
    struct server_fault *fault = &server->faults[trouble];

    server_lock(server);
    bool news = strcmp(fault->why, why) != 0 && !server->ending;
    (void)snprintf(fault->why, sizeof(fault->why), "%s", why);
    fault->run = run;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
    if (news) {
        log_event_limited(LOG_ERR, "server.problem", LOG_FIELDS(log_text("why", why)));
    }
}

void server_clear_fault(struct server *server, enum server_trouble trouble)
{
    server_lock(server);
    server->faults[trouble] = (struct server_fault){0};
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
}

void server_doubt(struct server *server)
{
    server_lock(server);
    signer_port_admit(server->port, server->connection, false);
    server->doubt = true;
    server->agreed = 0;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
}

void server_confirm_clock(struct server *server)
{
    struct clock_mark mark = clock_mark_now(server->options.clock);

    server_lock(server);
    server->clock_mark = mark;
    server_unlock(server);
}

/* ---- outcomes ------------------------------------------------------------------------ */

void server_outcome_clear(struct server_outcome *outcome)
{
    buf_clear(&outcome->certificate);
}

void server_outcome_set(struct server_outcome *out, enum reason reason,
                        uint32_t retry_after_s, const char *detail)
{
    out->reason = reason;
    out->retry_after_s = retry_after_s;
    (void)snprintf(out->detail, sizeof(out->detail), "%s", detail);
}

void server_outcome_refused(struct server_outcome *out,
                            const struct wire_signer_refusal *refusal)
{
    static const enum reason reasons[] = {
        [WIRE_SIGNER_MALFORMED] = REASON_INTERNAL,
        [WIRE_SIGNER_UNKNOWN_CA] = REASON_SIGNER,
        [WIRE_SIGNER_UNKNOWN_PROFILE] = REASON_BOUNDS,
        [WIRE_SIGNER_BOUNDS] = REASON_BOUNDS,
        [WIRE_SIGNER_APPROVAL] = REASON_BOUNDS,
        [WIRE_SIGNER_RATE] = REASON_RATE,
        [WIRE_SIGNER_LINT] = REASON_LINT,
        [WIRE_SIGNER_DEADLINE] = REASON_SIGNER,
        [WIRE_SIGNER_BUSY] = REASON_BUSY,
        [WIRE_SIGNER_FROZEN] = REASON_FROZEN,
        [WIRE_SIGNER_CLOCK] = REASON_CLOCK,
        [WIRE_SIGNER_JOURNAL] = REASON_SIGNER,
        [WIRE_SIGNER_KEY] = REASON_SIGNER,
        [WIRE_SIGNER_SEQUENCE] = REASON_INTERNAL,
        [WIRE_SIGNER_NOT_FOUND] = REASON_INTERNAL,
        [WIRE_SIGNER_INTERNAL] = REASON_INTERNAL,
        [WIRE_SIGNER_PEER] = REASON_SIGNER,
    };
    _Static_assert(sizeof(reasons) / sizeof(reasons[0]) == WIRE_SIGNER_REASON_COUNT,
                   "every refusal has its reason");

    server_outcome_set(out, reasons[refusal->reason], refusal->retry_after_s,
                       refusal->sentence);
}

/* ---- the port's calls ---------------------------------------------------------------- */

static void connected(void *ctx, uint64_t connection,
                      const unsigned char run_id[SIGNER_RUN_ID])
{
    struct server *server = ctx;

    (void)run_id;
    server_lock(server);
    server->connection = connection;
    server->agreed = 0;
    server->doubt = true;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
    log_event(LOG_INFO, "signer.connected", NULL);
}

static void lost(void *ctx, uint64_t connection, const struct error *why)
{
    struct server *server = ctx;

    server_lock(server);
    if (server->connection == connection) {
        server->connection = 0;
        server->agreed = 0;
    }
    bool ending = server->ending;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
    if (!ending) {
        log_event_limited(LOG_WARNING, "signer.lost",
                          LOG_FIELDS(log_text("why", why->message)));
    }
}

/* ---- beginning ----------------------------------------------------------------------- */

static bool check_options(const struct server_options *o, struct error *err)
{
    if (o->ledger == NULL || o->clock == NULL || o->ca == NULL || o->software == NULL ||
        o->ledger_path == NULL) {
        return error_set(err, ERROR_INVALID,
                         "the server needs ledger, clock, CA and version");
    }
    return (o->node >= 0 && o->node <= NODE_MAX) ||
           error_set(err, ERROR_INVALID, "node %lld is not between 0 and %d",
                     (long long)o->node, NODE_MAX);
}

static void copy_options(struct server *server, const struct server_options *options)
{
    struct server_options *o = &server->options;

    *o = *options;
    o->ca = server->texts[0] = mem_strdup(options->ca);
    o->software = server->texts[1] = mem_strdup(options->software);
    o->ledger_path = server->texts[2] = mem_strdup(options->ledger_path);
    if (options->public_dir != NULL) {
        o->public_dir = server->texts[3] = mem_strdup(options->public_dir);
    }
    o->crl_generation = o->crl_generation != 0 ? o->crl_generation : 1;
    o->retry_window_s = o->retry_window_s != 0 ? o->retry_window_s : 600;
    o->sign_deadline_ms = o->sign_deadline_ms != 0 ? o->sign_deadline_ms : 10000;
    o->silence_ms = o->silence_ms != 0 ? o->silence_ms : 10000;
    o->crl_debounce_ms = o->crl_debounce_ms != 0 ? o->crl_debounce_ms : 2000;
    o->crl_lifetime_s = o->crl_lifetime_s != 0 ? o->crl_lifetime_s : 7 * DAY_S;
    o->crl_renew_before_s = o->crl_renew_before_s != 0 ? o->crl_renew_before_s : DAY_S;
    o->undelivered_max = o->undelivered_max != 0 ? o->undelivered_max : 128;
}

static void free_server(struct server *server)
{
    (void)pthread_mutex_destroy(&server->lock);
    (void)pthread_cond_destroy(&server->changed);
    free(server->signer_name);
    for (size_t i = 0; i < SERVER_TEXTS; i++) {
        free(server->texts[i]);
    }
    free(server);
}

static void end_threads(struct server *server, bool keeper, bool publisher)
{
    server_lock(server);
    server->ending = true;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
    signer_port_stop(server->port); /* whoever waits for it gets an error */
    if (keeper) {
        (void)pthread_join(server->keeper, NULL);
    }
    if (publisher) {
        (void)pthread_join(server->publisher, NULL);
    }
    signer_port_free(TAKE(server->port));
}

/* Signals belong to the main thread: a new thread inherits the mask of its maker. */
static bool start_threads(struct server *server, struct error *err)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool keeper = pthread_create(&server->keeper, NULL, server_keep, server) == 0;
    bool publisher = keeper && pthread_create(&server->publisher, NULL,
                                              server_publish_loop, server) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!publisher) {
        end_threads(server, keeper, false);
        return error_set(err, ERROR_UNAVAILABLE, "no thread for the server");
    }
    return true;
}

bool server_new(const struct server_options *options, struct server **out,
                struct error *err)
{
    if (!check_options(options, err)) {
        return false;
    }
    struct server *server = mem_new(sizeof(*server));
    copy_options(server, options);
    server->signer_name = mem_printf("node%lld", (long long)options->node);
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->changed, NULL);
    server->clock_mark = clock_mark_now(options->clock);
    struct signer_port_options signer = options->signer;
    signer.software = server->options.software;
    signer.connected = connected;
    signer.lost = lost;
    signer.answered = server_chain_signed;
    signer.ctx = server;
    if (!signer_port_new(&signer, &server->port, err) || !start_threads(server, err)) {
        free_server(server);
        return false;
    }
    ledger_on_completed(options->ledger, server_chain_reserved, server);
    *out = server;
    return true;
}

/* ---- end ----------------------------------------------------------------------------- */

void server_stop(struct server *server)
{
    server_lock(server);
    server->stopping = true;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
}

void server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    server_stop(server);
    server_lock(server);
    while (server->flight_count > 0) {
        server_wait(server, 1000);
    }
    server_unlock(server);
    ledger_on_completed(server->options.ledger, NULL, NULL);
    end_threads(server, true, true);
    free_server(server);
}
