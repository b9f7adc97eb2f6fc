/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/csr.h"

#include "policyd/server_tls_pair.h"

enum { RETRY_MIN_S = 5, RETRY_MAX_S = 300 };

struct server_tls {
    struct server_tls_options options;
    char *path; /* of what we keep */
    pthread_mutex_t keeping;
    struct server_tls_pair pair; /* as it is shown; of whoever holds keeping */

    pthread_mutex_t lock; /* of the rest */
    struct server_tls_state state;
    bool busy;
    bool look_again;
    bool not_looked; /* it was tried, and failed */
    int64_t retry_s; /* 0: the last try was well */
    int64_t retry_ns;
};

struct server_tls *server_tls_new(const struct server_tls_options *options)
{
    struct server_tls *tls = mem_new(sizeof(*tls));

    tls->options = *options;
    tls->pair = SERVER_TLS_PAIR_EMPTY;
    if (!options->from_file) {
        tls->path = mem_printf("%s/tls.pem", options->directory);
    }
    (void)pthread_mutex_init(&tls->keeping, NULL);
    (void)pthread_mutex_init(&tls->lock, NULL);
    return tls;
}

void server_tls_free(struct server_tls *tls)
{
    if (tls != NULL) {
        server_tls_pair_clear(&tls->pair);
        (void)pthread_mutex_destroy(&tls->keeping);
        (void)pthread_mutex_destroy(&tls->lock);
        free(tls->path);
        free(tls);
    }
}

/* ---- when ---------------------------------------------------------------------------- */

void server_tls_look_again(struct server_tls *tls)
{
    (void)pthread_mutex_lock(&tls->lock);
    tls->look_again = true;
    (void)pthread_mutex_unlock(&tls->lock);
}

static bool is_to_renew(const struct server_tls *tls, int64_t not_after_utc)
{
    return !tls->options.from_file && clock_now_utc(tls->options.clock) >=
                                          not_after_utc - tls->options.renew_before_s;
}

bool server_tls_is_due(struct server_tls *tls)
{
    (void)pthread_mutex_lock(&tls->lock);
    bool waited =
        tls->retry_s == 0 || clock_boottime_ns(tls->options.clock) >= tls->retry_ns;
    bool wanted = !tls->state.shown || tls->retry_s > 0 ||
                  is_to_renew(tls, tls->state.not_after_utc);
    bool due = !tls->busy && (tls->look_again || (wanted && waited));
    (void)pthread_mutex_unlock(&tls->lock);
    return due;
}

static bool begin(struct server_tls *tls)
{
    (void)pthread_mutex_lock(&tls->lock);
    bool look_again = tls->look_again || tls->not_looked;
    tls->busy = true;
    tls->look_again = false;
    (void)pthread_mutex_unlock(&tls->lock);
    return look_again;
}

static void end(struct server_tls *tls, bool look_again, const struct error *failure)
{
    (void)pthread_mutex_lock(&tls->lock);
    tls->busy = false;
    tls->not_looked = look_again && failure != NULL;
    if (failure == NULL) {
        tls->retry_s = 0;
        tls->state.problem[0] = '\0';
    } else {
        tls->retry_s = tls->retry_s == 0 ? RETRY_MIN_S : tls->retry_s * 2;
        tls->retry_s = tls->retry_s > RETRY_MAX_S ? RETRY_MAX_S : tls->retry_s;
        tls->retry_ns =
            clock_boottime_ns(tls->options.clock) + tls->retry_s * CLOCK_NS_PER_SECOND;
        (void)snprintf(tls->state.problem, sizeof(tls->state.problem), "%s",
                       failure->message);
    }
    (void)pthread_mutex_unlock(&tls->lock);
}

void server_tls_get_state(struct server_tls *tls, struct server_tls_state *out)
{
    int64_t now_utc = clock_now_utc(tls->options.clock);

    (void)pthread_mutex_lock(&tls->lock);
    *out = tls->state;
    (void)pthread_mutex_unlock(&tls->lock);
    if (out->problem[0] != '\0') {
        return;
    }
    if (!out->shown) {
        (void)snprintf(out->problem, sizeof(out->problem),
                       "the HTTPS listener has no certificate yet");
    } else if (now_utc > out->not_after_utc) {
        (void)snprintf(out->problem, sizeof(out->problem),
                       "the certificate of the HTTPS listener has expired");
    }
}

/* ---- what ---------------------------------------------------------------------------- */

static bool show(struct server_tls *tls, struct server_tls_pair *pair, struct error *err)
{
    const struct server_tls_port *port = &tls->options.port;

    if (!port->show(port->ctx, buf_bytes(&pair->chain), buf_bytes(&pair->key), err)) {
        return error_wrap(err, "the certificate of the HTTPS listener");
    }
    server_tls_pair_move(pair, &tls->pair);
    (void)pthread_mutex_lock(&tls->lock);
    tls->state.shown = true;
    tls->state.not_after_utc = cert_get_not_after_utc(tls->pair.leaf);
    (void)pthread_mutex_unlock(&tls->lock);
    return true;
}

static bool keep_file(struct server_tls *tls, struct error *err)
{
    AUTO(server_tls_pair) pair = SERVER_TLS_PAIR_EMPTY;

    return server_tls_pair_read(tls->options.chain, tls->options.key, &pair, err) &&
           show(tls, &pair, err);
}

static bool is_good(const struct server_tls *tls, const struct server_tls_pair *pair)
{
    int64_t now_utc = clock_now_utc(tls->options.clock);

    return now_utc >= cert_get_not_before_utc(pair->leaf) &&
           now_utc <= cert_get_not_after_utc(pair->leaf) &&
           server_tls_pair_has_names(pair, tls->options.names, tls->options.name_count);
}

/* What an earlier life has left; whatever is wrong with it, there will be a new one. */
static void load(struct server_tls *tls)
{
    AUTO(server_tls_pair) pair = SERVER_TLS_PAIR_EMPTY;
    struct error err = {0};

    if (server_tls_pair_load(tls->path, &pair, &err) && is_good(tls, &pair)) {
        (void)show(tls, &pair, &err);
    } else if (err.code != ERROR_NONE && err.code != ERROR_NOT_FOUND) {
        log_event(LOG_WARNING, "tls.not_kept", LOG_FIELDS(log_text("why", err.message)));
    }
}

/* A new key each time: nothing ties one certificate to the next. */
static bool ask(const struct server_tls *tls, struct buf *key_pem,
                struct server_outcome *out, struct error *err)
{
    const struct server_tls_options *o = &tls->options;
    AUTO(key) key = NULL;
    AUTO(buf) csr = BUF_EMPTY;
    const struct csr_wish wish = {.extensions = NULL};

    if (!key_generate(KEY_EC, 256, &key, err) || !key_to_pem(key, NULL, key_pem, err) ||
        !csr_build(key, SIG_ECDSA_SHA256, &wish, &csr, err)) {
        return false;
    }
    const char **names = mem_array(o->name_count + 1, sizeof(*names));
    for (size_t i = 0; i < o->name_count; i++) {
        names[i] = o->names[i];
    }
    o->port.issue(o->port.ctx,
                  &(const struct server_wish){.profile = WIRE_PROFILE_TLS,
                                              .dns_names = names,
                                              .dns_name_count = o->name_count,
                                              .spki = key_get_spki(key),
                                              .csr = buf_bytes(&csr),
                                              .validity_s = (uint64_t)o->validity_s},
                  out);
    free(names);
    return out->reason == REASON_NONE ||
           error_set(err, ERROR_UNAVAILABLE,
                     "no certificate for the HTTPS listener: %s: %s",
                     reason_get(out->reason)->code, out->detail);
}

static bool issue(struct server_tls *tls, struct bytes above, struct error *err)
{
    AUTO(server_outcome) outcome = {0};
    AUTO(server_tls_pair) pair = SERVER_TLS_PAIR_EMPTY;
    AUTO(buf) key = BUF_SECRET;
    struct error unsaved = {0};

    if (!ask(tls, &key, &outcome, err) ||
        !server_tls_pair_make(buf_bytes(&outcome.certificate), above, buf_bytes(&key),
                              &pair, err)) {
        return false;
    }
    /* It serves all the same when it cannot be kept. */
    if (!server_tls_pair_save(&pair, tls->options.directory, tls->path, &unsaved)) {
        log_event(LOG_WARNING, "tls.not_kept",
                  LOG_FIELDS(log_text("why", unsaved.message)));
    }
    return show(tls, &pair, err);
}

static bool is_of(const struct server_tls *tls, struct bytes above)
{
    return bytes_equal(server_tls_pair_above(&tls->pair), above);
}

static bool keep_issued(struct server_tls *tls, bool look_again, struct error *err)
{
    AUTO(buf) above = BUF_EMPTY;
    const struct server_tls_port *port = &tls->options.port;

    if (tls->pair.leaf == NULL) {
        load(tls);
    }
    bool wanted = tls->pair.leaf == NULL ||
                  is_to_renew(tls, cert_get_not_after_utc(tls->pair.leaf));
    if (!wanted && !look_again) {
        return true;
    }
    if (!port->get_chain(port->ctx, &above, err)) {
        return error_wrap(err, "the CA above the HTTPS listener's certificate");
    }
    return (!wanted && is_of(tls, buf_bytes(&above))) ||
           issue(tls, buf_bytes(&above), err);
}

void server_tls_keep(struct server_tls *tls)
{
    struct error err = {0};

    (void)pthread_mutex_lock(&tls->keeping);
    bool look_again = begin(tls);
    bool kept = tls->options.from_file ? keep_file(tls, &err)
                                       : keep_issued(tls, look_again, &err);
    end(tls, look_again, kept ? NULL : &err);
    (void)pthread_mutex_unlock(&tls->keeping);
}
