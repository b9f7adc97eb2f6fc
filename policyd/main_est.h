/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_est: the HTTPS listener with what belongs to it alone: its certificate, its threads, and
 * who its clients are.
 *
 * Whatever is missing, the rest of policyd starts: without its address nobody listens, without a
 * certificate every handshake fails, without a keytab tokens are put off (I9). It is tried
 * again, and said.
 */
#ifndef AE_POLICYD_MAIN_EST_H
#define AE_POLICYD_MAIN_EST_H

#include <pthread.h>

#include "policyd/admin.h"
#include "policyd/auth.h"
#include "policyd/config.h"
#include "policyd/http_tls.h"
#include "policyd/main_files.h"
#include "policyd/plain.h"
#include "policyd/pool.h"
#include "policyd/server_tls.h"

enum { MAIN_EST_ROUTES = 8 };

/* All borrowed as long as it lives. */
struct main_est_options {
    const struct config *config; /* as policyd was started with */
    unsigned int others;         /* connections that the other listeners may have */
    int *taken;                  /* a socket that has its port already; -1: none */
    struct ledger *ledger;
    struct server *server;
    struct plain *plain; /* for /healthz and /readyz */
    /* Ask the signer for all its CAs: a wire_ca_list, encoded; appended. */
    bool (*ask_cas)(void *ctx, struct buf *octets, struct error *err);
    void *ctx;
};

struct main_est {
    struct main_est_options options;
    struct http_route routes[MAIN_EST_ROUTES];
    struct main_files files;
    struct auth *auth;
    struct server_tls *tls;
    struct pool *pool;
    struct http *http;      /* NULL: not listening; the main thread's */
    uint64_t admitted;      /* the signer's connection that was seen to issue; likewise */
    pthread_mutex_t lock;   /* of what follows */
    char problem[512];      /* why nobody listens; "" */
    char auth_problem[512]; /* why Kerberos cannot be used at all; "" */
};

/*
 * errors  ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool main_est_start(struct main_est *est,
                                  const struct main_est_options *options,
                                  struct error *err);

/* One more thing that is served; before the first tick. */
void main_est_add_route(struct main_est *est, struct http_route route);

/* Each second, on the main thread: what has to be tried again. */
void main_est_tick(struct main_est *est);

/* False as long as it listens without a certificate. */
bool main_est_is_settled(struct main_est *est);

/* Something that its certificate depends on may have changed; any thread. */
void main_est_look_again(struct main_est *est);

/* Whose client certificates count: those of the CAs in the public directory; any thread. */
void main_est_trust(struct main_est *est);

void main_est_tell_problems(struct main_est *est, admin_problem_visitor *visit,
                            void *ctx);

/* Answer what is in flight, and end the threads; what was never started is no matter. */
void main_est_stop(struct main_est *est, unsigned int drain_s);

/* Behind it, when nobody asks for problems any more. */
void main_est_free(struct main_est *est);

#endif
