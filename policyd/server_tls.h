/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_tls: the certificate that policyd's HTTPS listener shows: issued by the CA that policyd
 * serves, kept on disk and renewed by itself, or that of a file.
 *
 * It has no thread: main asks now and then whether something is due, and has it done by one of
 * its own. What is shown goes on being shown until there is something better.
 */
#ifndef AE_POLICYD_SERVER_TLS_H
#define AE_POLICYD_SERVER_TLS_H

#include "common/base/clock.h"

#include "policyd/server.h"

/* On the thread of server_tls_keep(). */
struct server_tls_port {
    /* As server_infrastructure(). */
    void (*issue)(void *ctx, const struct server_wish *wish, struct server_outcome *out);
    /* Append the PEM of the CA that issues, and of those above it that clients may lack. */
    bool (*get_chain)(void *ctx, struct buf *pem, struct error *err);
    /* As http_set_certificate(). */
    bool (*show)(void *ctx, struct bytes chain_pem, struct bytes key_pem,
                 struct error *err);
    void *ctx;
};

/* All borrowed as long as it lives. */
struct server_tls_options {
    const struct clock *clock;
    struct server_tls_port port;
    bool from_file;
    const char *chain, *key; /* from_file: paths */
    const char *directory;   /* else: where it is kept */
    char *const *names;      /* DNS; none: all that the signer's bounds allow */
    size_t name_count;
    int64_t validity_s;
    int64_t renew_before_s;
};

struct server_tls;

struct server_tls *server_tls_new(const struct server_tls_options *options);
void server_tls_free(struct server_tls *tls); /* accepts NULL */
CLEANUP_DEFINE(server_tls, struct server_tls *, server_tls_free);

/* Something may have changed: the files, or the signer's CAs. At any time, on any thread. */
void server_tls_look_again(struct server_tls *tls);

/* Whether server_tls_keep() has something to do. Waits for nothing. */
bool server_tls_is_due(struct server_tls *tls);

/*
 * Do what is due: load, issue, renew, show. May wait for signer, ledger and disk. What fails is
 * in the state, and due again after a while.
 */
void server_tls_keep(struct server_tls *tls);

struct server_tls_state {
    bool shown; /* then: */
    int64_t not_after_utc;
    char problem[512]; /* what a person may have to see to; "" */
};
void server_tls_get_state(struct server_tls *tls, struct server_tls_state *out);

#endif
