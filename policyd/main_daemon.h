/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_daemon: policyd's parts, made from a configuration and tied together.
 *
 * It always starts (I9): without signer, CA or a readable ledger it issues nothing and
 * says why. What must work is the admin socket, and giving root's rights up; the rest is tried again.
 */
#ifndef AE_POLICYD_MAIN_DAEMON_H
#define AE_POLICYD_MAIN_DAEMON_H

#include <pthread.h>

#include "common/base/local.h"

#include "policyd/admin.h"
#include "policyd/config.h"
#include "policyd/http.h"
#include "policyd/main_est.h"
#include "policyd/main_listen.h"
#include "policyd/main_road.h"
#include "policyd/plain.h"
#include "policyd/pool.h"
#include "policyd/server_state.h"

#define MAIN_VERSION "0.1.0"

struct main_daemon {
    const char *config_path;
    struct config *first; /* as it was started with: parts borrow from it */
    struct ledger *ledger;
    struct server *server;
    struct admin_port port;
    struct admin *admin;
    struct plain *plain;
    struct local_listener admin_listener;
    struct main_listen taken; /* ports that took a right */
    struct pool *admin_pool;
    struct pool *plain_pool;
    struct http *admin_http;
    struct http *plain_http; /* NULL: not listening */
    struct main_est est;
    struct main_road *road;   /* NULL: no directory is configured */
    uint64_t published;       /* number of the signer's connection; the main thread's */
    pthread_mutex_t reload;   /* held by whoever reloads */
    pthread_mutex_t lock;     /* of what follows */
    struct config *config;    /* in force */
    char plain_problem[512];  /* why nobody listens there; "" */
    char public_problem[512]; /* why CA certificates are not published; "" */
    bool republish;           /* the CA certificates, though the connection is the same */
};

/*
 * Make and start everything.
 * config  taken over
 * errors  ERROR_UNAVAILABLE, ERROR_CONFLICT, …  no admin socket, no threads
 *         ERROR_INTERNAL                        root's rights cannot be given up
 */
AE_MUST_CHECK bool main_daemon_start(struct main_daemon *d, struct config *config,
                                     struct error *err);

/* Answer what is in flight, within the drain time, and end everything. */
void main_daemon_stop(struct main_daemon *d);

/* Now and then: what has to be tried again. */
void main_daemon_tick(struct main_daemon *d);

/* Whether nothing is missing that may come at any moment. */
bool main_daemon_is_settled(struct main_daemon *d);

/*
 * Read the configuration again; all of it or nothing.
 * changes  appended: a line each
 * errors   ERROR_INVALID  faults, or a change that takes a restart: the old one stays in force
 */
AE_MUST_CHECK bool main_daemon_reload(struct main_daemon *d, struct buf *changes,
                                      struct error *err);

/* ---- main_port.c: what admin needs, from the server ------------------------------------ */

void main_port_fill(struct main_daemon *d, struct admin_port *out);

/*
 * Ask the signer for all its CAs: a wire_ca_list, encoded; appended.
 * d       a struct main_daemon
 * errors  ERROR_UNAVAILABLE, …  the signer
 */
AE_MUST_CHECK bool main_port_ask_cas(void *d, struct buf *octets, struct error *err);

/*
 * Write the certificates of all CAs to the public directory, where AIA leads.
 *
 * answered  becomes true when the signer has said which there are
 * errors    ERROR_UNAVAILABLE, …  the signer or the disk
 */
AE_MUST_CHECK bool main_port_publish_cas(struct main_daemon *d, bool *answered,
                                         struct error *err);

#endif
