/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mem.h"

enum {
    ADMIN_QUEUE = 256,
    ADMIN_CONNECTIONS = 128,
    ADMIN_DEADLINE_S = 60, /* a rebuild takes its time */
    PLAIN_THREADS = 4,
    PLAIN_QUEUE = 256,
    PLAIN_CONNECTIONS = 512,
    PLAIN_DEADLINE_S = 30,
};

/* ---- the parts ------------------------------------------------------------------------ */

static void open_ledger(struct main_daemon *d)
{
    const struct config *c = d->first;
    struct ledger_health health;

    d->ledger = ledger_open(&(const struct ledger_options){
        .path = c->ledger.path,
        .node = c->policyd.node,
        .now_utc = clock_now_utc(clock_system()),
        .lock_wait_ms = (unsigned int)c->ledger.lock_wait_s * 1000,
        .check_ms = (unsigned int)c->ledger.check_s * 1000,
        .readers_max = (unsigned int)c->ledger.readers,
        .wal_checkpoint_at = (uint64_t)c->ledger.wal_checkpoint_at,
        .wal_size_max = (uint64_t)c->ledger.wal_size_max,
    });
    ledger_health_get(d->ledger, &health);
    if (health.state != LEDGER_READY) {
        log_event(LOG_ERR, "ledger.not_ready",
                  LOG_FIELDS(log_text("state", ledger_state_name(health.state)),
                             log_text("why", health.message)));
    }
}

/* Everybody may read what is in it. */
static void make_public_dir(const struct config *c)
{
    if (mkdir(c->policyd.public_dir, 0755) == 0) {
        (void)chmod(c->policyd.public_dir, 0755); /* whatever the umask is */
    } else if (errno != EEXIST) {
        log_event(LOG_ERR, "public_dir.missing",
                  LOG_FIELDS(log_text("path", c->policyd.public_dir),
                             log_text("why", strerror(errno))));
    }
}

static bool start_server(struct main_daemon *d, struct error *err)
{
    const struct config *c = d->first;
    const struct server_options options = {
        .ledger = d->ledger,
        .ledger_path = c->ledger.path,
        .clock = clock_system(),
        .node = c->policyd.node,
        .ca = c->policyd.ca,
        .software = MAIN_VERSION,
        .signer = {.path = c->signer.socket, .software = MAIN_VERSION},
        .public_dir = c->policyd.public_dir,
        .crl_generation = (uint32_t)c->crl.generation,
        .crl_debounce_ms = (uint32_t)c->crl.debounce_s * 1000,
        .crl_lifetime_s = c->crl.validity_s,
        .crl_renew_before_s = c->crl.overlap_s,
    };

    return server_new(&options, &d->server, err);
}

static bool start_admin(struct main_daemon *d, struct error *err)
{
    const struct config *c = d->first;
    const struct admin_options options = {
        .port = &d->port,
        .ledger = d->ledger,
        .clock = clock_system(),
        .software = MAIN_VERSION,
        .group = c->listen.admin_group,
        .approver_group = c->listen.approver_group,
        .crl_url = c->crl.url,
        .node = c->policyd.node,
    };

    main_port_fill(d, &d->port);
    return admin_new(&options, &d->admin, err) &&
           pool_new(&(const struct pool_options){ADMIN_THREADS, ADMIN_QUEUE},
                    &d->admin_pool, err) &&
           http_start(&(const struct http_options){.listener = file_take(
                                                       &d->admin_listener.socket),
                                                   .routes = admin_routes(d->admin),
                                                   .pool = d->admin_pool,
                                                   .threads = 1,
                                                   .connections_max = ADMIN_CONNECTIONS,
                                                   .deadline_s = ADMIN_DEADLINE_S},
                      &d->admin_http, err);
}

static void why_not_ready(void *ctx, struct buf *out)
{
    const struct main_daemon *d = ctx;

    admin_why_not_ready(d->admin, out);
}

static bool make_plain(struct main_daemon *d, struct error *err)
{
    d->plain =
        plain_new(&(const struct plain_options){.directory = d->first->policyd.public_dir,
                                                .why_not_ready = why_not_ready,
                                                .ctx = d});
    return pool_new(&(const struct pool_options){PLAIN_THREADS, PLAIN_QUEUE},
                    &d->plain_pool, err);
}

static bool listen_plain(struct main_daemon *d, uint16_t *port, struct error *err)
{
    const struct http_options options = {.routes = plain_routes(d->plain),
                                         .pool = d->plain_pool,
                                         .threads = 1,
                                         .connections_max = PLAIN_CONNECTIONS,
                                         .deadline_s = PLAIN_DEADLINE_S};

    *port = (uint16_t)d->first->listen.plain_port;
    return main_listen_serve(&d->taken.plain, d->first->listen.plain_address, port,
                             &options, &d->plain_http, err);
}

static void set_problem(struct main_daemon *d, char *problem, const char *why)
{
    (void)pthread_mutex_lock(&d->lock);
    bool news = strcmp(problem, why) != 0;
    (void)snprintf(problem, sizeof(d->plain_problem), "%s", why);
    (void)pthread_mutex_unlock(&d->lock);
    if (news && *why != '\0') {
        log_event(LOG_ERR, "policyd.problem", LOG_FIELDS(log_text("why", why)));
    }
}

/* The port may be taken, or the address not there yet: that is no reason not to start. */
static void try_plain(struct main_daemon *d)
{
    const struct config_listen *listen = &d->first->listen;
    uint16_t port = 0;
    struct error err = {0};

    if (d->plain_http != NULL || *listen->plain_address == '\0') {
        return;
    }
    if (!listen_plain(d, &port, &err)) {
        set_problem(d, d->plain_problem, err.message);
        return;
    }
    set_problem(d, d->plain_problem, "");
    log_event(
        LOG_INFO, "listen.plain",
        LOG_FIELDS(log_text("address", listen->plain_address), log_number("port", port)));
}

/* On a thread of the plain listener's pool: it waits for the signer. */
static void publish_cas(void *ctx)
{
    struct main_daemon *d = ctx;
    struct error err = {0};
    bool answered = false;

    if (main_port_publish_cas(d, &answered, &err)) {
        set_problem(d, d->public_problem, "");
        main_est_trust(&d->est);
        return;
    }
    /* A signer that is away is a problem of its own, which others tell of. */
    set_problem(d, d->public_problem, answered ? err.message : "");
    (void)pthread_mutex_lock(&d->lock);
    d->republish = true;
    (void)pthread_mutex_unlock(&d->lock);
}

/* A signer that was restarted may have other CAs. */
static void try_publish_cas(struct main_daemon *d)
{
    struct signer_port_state state;

    signer_port_get_state(server_port(d->server), &state);
    if (!state.connected) {
        return;
    }
    (void)pthread_mutex_lock(&d->lock);
    bool again = d->republish || d->published != state.connection;
    d->republish = false;
    (void)pthread_mutex_unlock(&d->lock);
    if (again && pool_submit(d->plain_pool, publish_cas, d)) {
        d->published = state.connection;
    }
}

static bool start_est(struct main_daemon *d, struct error *err)
{
    const struct main_est_options options = {.config = d->first,
                                             .others =
                                                 ADMIN_CONNECTIONS + PLAIN_CONNECTIONS,
                                             .taken = &d->taken.est,
                                             .ledger = d->ledger,
                                             .server = d->server,
                                             .plain = d->plain,
                                             .ask_cas = main_port_ask_cas,
                                             .ctx = d};

    return main_est_start(&d->est, &options, err);
}

/* Behind start_est(): its auth says who comes. */
static bool start_road(struct main_daemon *d, struct error *err)
{
    const struct main_road_parts parts = {.config = d->first,
                                          .server = d->server,
                                          .ledger = d->ledger,
                                          .auth = d->est.auth,
                                          .software = MAIN_VERSION};
    struct http_route routes[MAIN_ROAD_ROUTES];

    if (!main_road_new(&parts, &d->road, err)) {
        return false;
    }
    if (d->road != NULL) {
        main_road_routes(d->road, routes);
        for (size_t i = 0; i < MAIN_ROAD_ROUTES; i++) {
            main_est_add_route(&d->est, routes[i]);
        }
    }
    return true;
}

void main_daemon_tick(struct main_daemon *d)
{
    try_plain(d);
    try_publish_cas(d);
    main_est_tick(&d->est);
    log_report_suppressed();
}

bool main_daemon_is_settled(struct main_daemon *d)
{
    return main_est_is_settled(&d->est);
}

/* ---- all of them ------------------------------------------------------------------------ */

bool main_daemon_start(struct main_daemon *d, struct config *config, struct error *err)
{
    (void)pthread_mutex_init(&d->reload, NULL);
    (void)pthread_mutex_init(&d->lock, NULL);
    d->first = config;
    d->config = config;
    d->admin_listener = (struct local_listener){-1, -1};
    d->taken = (struct main_listen){-1, -1};
    /* First, as long as there is one thread. */
    if (!local_listen(&(const struct local_options){.path = config->listen.admin_socket,
                                                    .mode = 0666,
                                                    .group = (gid_t)-1},
                      &d->admin_listener, err)) {
        return error_wrap(err, "the admin socket");
    }
    if (!main_listen_take(&config->listen, &d->taken, err)) {
        return false;
    }
    make_public_dir(config);
    open_ledger(d);
    /* The admin socket last: whoever asks there looks at all of them. */
    if (!start_server(d, err) || !make_plain(d, err) || !start_est(d, err) ||
        !start_road(d, err) || !start_admin(d, err)) {
        return false;
    }
    main_daemon_tick(d);
    return true;
}

static int64_t drain_of(struct main_daemon *d)
{
    (void)pthread_mutex_lock(&d->lock);
    int64_t drain_s = d->config != NULL ? d->config->policyd.drain_s : 0;
    (void)pthread_mutex_unlock(&d->lock);
    return drain_s;
}

static void stop_http(struct http *http, unsigned int drain_s)
{
    if (http != NULL) {
        http_stop(http, drain_s);
    }
}

void main_daemon_stop(struct main_daemon *d)
{
    unsigned int drain_s = (unsigned int)drain_of(d);

    if (d->server != NULL) {
        server_stop(d->server);
    }
    stop_http(d->plain_http, 1);
    stop_http(d->admin_http, drain_s);
    main_est_stop(&d->est, drain_s);
    /* Handlers may still wait for the signer or the ledger: each has its own deadline. */
    pool_free(d->plain_pool);
    pool_free(d->admin_pool);
    http_free(d->plain_http);
    http_free(d->admin_http);
    plain_free(d->plain);
    admin_free(d->admin);
    main_road_free(d->road);
    main_est_free(&d->est);
    server_free(d->server);
    ledger_free(d->ledger);
    file_close(&d->admin_listener.socket);
    file_close(&d->admin_listener.lock);
    main_listen_clear(&d->taken);
    if (d->config != d->first) {
        config_free(d->config);
    }
    config_free(d->first);
    *d = (struct main_daemon){0};
}

/* ---- reload ------------------------------------------------------------------------------ */

static void put_in_force(struct main_daemon *d, struct config *next)
{
    (void)pthread_mutex_lock(&d->lock);
    struct config *before = d->config;
    d->config = next;
    d->republish = true;
    (void)pthread_mutex_unlock(&d->lock);
    log_set_level(config_log_level(next->policyd.log_level));
    main_est_look_again(&d->est);
    admin_set_group(d->admin, next->listen.admin_group);
    admin_set_approver_group(d->admin, next->listen.approver_group);
    if (before != d->first) {
        config_free(before);
    }
}

static bool load_and_compare(struct main_daemon *d, struct buf *changes,
                             struct error *err)
{
    AUTO(config) next = NULL;
    AUTO(buf) report = BUF_EMPTY;

    if (!config_load(d->config_path, &next, NULL, &report, err)) {
        log_event(LOG_ERR, "config.refused",
                  LOG_FIELDS(log_text("faults", buf_text(&report))));
        return false;
    }
    if (!cfg_check_reload(&config_table, d->config, next, changes, err)) {
        return false;
    }
    if (!main_road_reload(d->road, next, changes, err)) {
        return false;
    }
    put_in_force(d, TAKE(next));
    return true;
}

bool main_daemon_reload(struct main_daemon *d, struct buf *changes, struct error *err)
{
    (void)pthread_mutex_lock(&d->reload);
    bool loaded = load_and_compare(d, changes, err);
    (void)pthread_mutex_unlock(&d->reload);
    if (loaded) {
        log_event(LOG_INFO, "config.reloaded",
                  LOG_FIELDS(log_text("changes", buf_text(changes))));
    } else {
        log_event(LOG_ERR, "config.kept", LOG_FIELDS(log_text("why", err->message)));
    }
    return loaded;
}
