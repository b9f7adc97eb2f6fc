/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_est.h"

#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/cert_trust.h"
#include "common/pki/pem.h"
#include "common/wire/ca.h"

#include "policyd/main_listen.h"
#include "policyd/server_known.h"

enum { QUEUE = 1024 };

/* ---- its certificate ----------------------------------------------------------------- */

static void issue(void *ctx, const struct server_wish *wish, struct server_outcome *out)
{
    const struct main_est *est = ctx;

    server_infrastructure(est->options.server, wish, out);
}

static bool is_root(struct bytes der)
{
    AUTO(cert) cert = NULL;
    struct error err = {0};

    return cert_parse(der, &cert, &err) &&
           bytes_equal(cert_get_issuer(cert), cert_get_subject(cert));
}

/* RFC 8446 4.4.2: whoever trusts the root has it. */
static void write_chain(const struct wire_ca *ca, struct buf *pem)
{
    pem_write(PEM_CERTIFICATE, ca->certificate, pem);
    for (size_t i = 0; i < ca->chain_count; i++) {
        if (!is_root(ca->chain[i])) {
            pem_write(PEM_CERTIFICATE, ca->chain[i], pem);
        }
    }
}

static bool get_chain(void *ctx, struct buf *pem, struct error *err)
{
    const struct main_est *est = ctx;
    const char *name = est->options.config->policyd.ca;
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_ca_list) list = {0};

    if (!est->options.ask_cas(est->options.ctx, &octets, err) ||
        !wire_ca_list_decode(buf_bytes(&octets), &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.ca_count; i++) {
        if (strcmp(list.cas[i].name, name) == 0) {
            write_chain(&list.cas[i], pem);
            return true;
        }
    }
    return error_set(err, ERROR_NOT_FOUND, "the signer has no CA named '%s'", name);
}

static bool show(void *ctx, struct bytes chain_pem, struct bytes key_pem,
                 struct error *err)
{
    const struct main_est *est = ctx;

    if (!http_set_certificate(est->http, chain_pem, key_pem, err)) {
        return false;
    }
    log_event(LOG_INFO, "tls.certificate", NULL);
    return true;
}

static void keep(void *ctx)
{
    const struct main_est *est = ctx;

    server_tls_keep(est->tls);
}

static void make_tls(struct main_est *est)
{
    const struct config_tls *tls = &est->options.config->tls;

    est->tls = server_tls_new(&(const struct server_tls_options){
        .clock = clock_system(),
        .port = {issue, get_chain, show, est},
        .from_file = tls->certificate == CONFIG_CERTIFICATE_FILE,
        .chain = tls->chain,
        .key = tls->key,
        .directory = tls->directory,
        .names = tls->names.texts,
        .name_count = tls->names.count,
        .validity_s = tls->validity_s,
        .renew_before_s = tls->renew_before_s});
}

/* ---- its clients --------------------------------------------------------------------- */

static bool make_auth(struct main_est *est, const char *service, struct error *err)
{
    const struct config_auth *c = &est->options.config->auth;
    const struct auth_options options = {
        .keytab = c->keytab,
        .service = service,
        .replay_cache = c->replay_cache,
        .binding = c->channel_binding == CONFIG_BINDING_ACCEPT ? AUTH_BINDING_ACCEPT
                                                               : AUTH_BINDING_REQUIRE,
        .keep_s = c->keep_login_s,
        .clock = clock_system(),
        .ledger = server_known_port(est->options.ledger)};

    return auth_new(&options, &est->auth, err);
}

static bool start_auth(struct main_est *est, struct error *err)
{
    struct error why = {0};

    if (make_auth(est, est->options.config->auth.service, &why)) {
        return true;
    }
    (void)snprintf(est->auth_problem, sizeof(est->auth_problem), "%s", why.message);
    return make_auth(est, "", err);
}

enum { ANCHORS_MAX = CERT_TRUST_MAX };

struct anchors {
    struct cert *certs[ANCHORS_MAX];
    size_t count;
};

static void anchors_clear(struct anchors *anchors)
{
    for (size_t i = 0; i < anchors->count; i++) {
        cert_free(anchors->certs[i]);
    }
}
CLEANUP_DEFINE_VALUE(anchors, struct anchors, anchors_clear);

static void add_anchor(const char *path, struct anchors *anchors)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct error err = {0};

    if (!file_read(path, CERT_DER_MAX, FILE_TRUSTED, &der, &err) ||
        !cert_parse(buf_bytes(&der), &cert, &err)) {
        log_event(LOG_WARNING, "auth.no_anchor",
                  LOG_FIELDS(log_text("path", path), log_text("why", err.message)));
    } else if (cert_is_ca(cert) && anchors->count < ANCHORS_MAX) {
        anchors->certs[anchors->count++] = TAKE(cert);
    }
}

void main_est_trust(struct main_est *est)
{
    AUTO(file_list) files = {NULL, 0};
    AUTO(anchors) anchors = {{NULL}, 0};
    struct cert_trust *trust = NULL;
    struct error err = {0};

    if (!file_list_dropins(est->options.config->policyd.public_dir, ".crt", &files,
                           &err)) {
        log_event(LOG_WARNING, "auth.no_anchors",
                  LOG_FIELDS(log_text("why", err.message)));
        return;
    }
    for (size_t i = 0; i < files.count; i++) {
        add_anchor(files.paths[i], &anchors);
    }
    if (anchors.count == 0) {
        return;
    }
    if (!cert_trust_new((const struct cert *const *)anchors.certs, anchors.count, NULL, 0,
                        &trust, &err)) {
        log_event(LOG_ERR, "auth.no_anchors", LOG_FIELDS(log_text("why", err.message)));
        return;
    }
    auth_set_trust(est->auth, trust);
}

/* ---- all of it ----------------------------------------------------------------------- */

bool main_est_start(struct main_est *est, const struct main_est_options *options,
                    struct error *err)
{
    (void)pthread_mutex_init(&est->lock, NULL);
    est->options = *options;
    main_files_make_room((unsigned int)options->config->listen.est_connections,
                         options->others, &est->files);
    est->routes[0] = (struct http_route){HTTP_GET, "/healthz",           0,
                                         true,     plain_handle_healthz, options->plain};
    est->routes[1] = (struct http_route){HTTP_GET, "/readyz",           0,
                                         false,    plain_handle_readyz, options->plain};
    if (!start_auth(est, err) ||
        !pool_new(
            &(const struct pool_options){(unsigned int)options->config->policyd.threads,
                                         QUEUE},
            &est->pool, err)) {
        return false;
    }
    make_tls(est);
    main_est_trust(est);
    return true;
}

void main_est_add_route(struct main_est *est, struct http_route route)
{
    for (size_t i = 0; i + 1 < MAIN_EST_ROUTES; i++) {
        if (est->routes[i].path == NULL) {
            est->routes[i] = route;
            return;
        }
    }
}

static bool try_listen(struct main_est *est, uint16_t *port, struct error *err)
{
    const struct config_listen *c = &est->options.config->listen;
    const struct http_options options = {.routes = est->routes,
                                         .pool = est->pool,
                                         .threads = (unsigned int)c->est_threads,
                                         .connections_max = est->files.est_connections,
                                         .per_address_max =
                                             (unsigned int)c->est_per_address,
                                         .deadline_s = (unsigned int)c->est_deadline_s,
                                         .tls = true};

    *port = (uint16_t)c->est_port;
    return main_listen_serve(est->options.taken, c->est_address, port, &options,
                             &est->http, err);
}

static void set_problem(struct main_est *est, const char *why)
{
    (void)pthread_mutex_lock(&est->lock);
    bool news = strcmp(est->problem, why) != 0;
    (void)snprintf(est->problem, sizeof(est->problem), "%s", why);
    (void)pthread_mutex_unlock(&est->lock);
    if (news && *why != '\0') {
        log_event(LOG_ERR, "policyd.problem", LOG_FIELDS(log_text("why", why)));
    }
}

static void listen_est(struct main_est *est)
{
    const char *address = est->options.config->listen.est_address;
    uint16_t port = 0;
    struct error err = {0};

    if (est->http != NULL || *address == '\0') {
        return;
    }
    if (!try_listen(est, &port, &err)) {
        set_problem(est, err.message);
        return;
    }
    set_problem(est, "");
    log_event(LOG_INFO, "listen.est",
              LOG_FIELDS(log_text("address", address), log_number("port", port)));
}

/* A signer that lets issue again may have other CAs. */
static void watch_signer(struct main_est *est)
{
    struct signer_port_state state;

    signer_port_get_state(server_port(est->options.server), &state);
    if (state.admitted && state.connection != est->admitted) {
        est->admitted = state.connection;
        main_est_look_again(est);
    }
}

void main_est_tick(struct main_est *est)
{
    listen_est(est);
    watch_signer(est);
    if (est->http != NULL && server_tls_is_due(est->tls)) {
        (void)pool_submit(est->pool, keep, est);
    }
}

bool main_est_is_settled(struct main_est *est)
{
    struct server_tls_state tls;

    server_tls_get_state(est->tls, &tls);
    return est->http == NULL || tls.shown;
}

void main_est_look_again(struct main_est *est)
{
    server_tls_look_again(est->tls);
}

static void tell(const char *what, const char *why, const char *run,
                 admin_problem_visitor *visit, void *ctx)
{
    const struct admin_problem problem = {what, why, run, false};

    if (*why != '\0') {
        visit(ctx, &problem);
    }
}

void main_est_tell_problems(struct main_est *est, admin_problem_visitor *visit, void *ctx)
{
    char listening[sizeof(est->problem)];
    struct server_tls_state tls;
    struct error err = {0};

    if (*est->options.config->listen.est_address == '\0') {
        return;
    }
    (void)pthread_mutex_lock(&est->lock);
    memcpy(listening, est->problem, sizeof(listening));
    (void)pthread_mutex_unlock(&est->lock);
    server_tls_get_state(est->tls, &tls);
    tell("listen", listening, NULL, visit, ctx);
    tell("files", est->files.problem, NULL, visit, ctx);
    tell("tls", tls.problem, "policyctl reload", visit, ctx);
    tell("kerberos", est->auth_problem, NULL, visit, ctx);
    if (est->auth_problem[0] == '\0' && !auth_check_keytab(est->auth, &err)) {
        tell("kerberos", err.message, NULL, visit, ctx);
    }
}

void main_est_stop(struct main_est *est, unsigned int drain_s)
{
    if (est->http != NULL) {
        http_stop(est->http, drain_s);
    }
    pool_free(TAKE(est->pool));
    http_free(TAKE(est->http));
}

void main_est_free(struct main_est *est)
{
    server_tls_free(est->tls);
    auth_free(est->auth);
    *est = (struct main_est){.http = NULL};
}
