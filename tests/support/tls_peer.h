/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_peer: a server on loopback that answers with whatever octets a test wants, right or wrong.
 * By OpenSSL, in a thread of its own; whatever fails ends the process.
 */
#ifndef AE_TESTS_SUPPORT_TLS_PEER_H
#define AE_TESTS_SUPPORT_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

#include "tests/support/tls_cert.h"

struct tls_peer_script {
    const struct tls_cert *certificate;
    const char *client_ca; /* PEM file; NULL: no certificate is asked for */
    bool old;              /* TLS 1.1 at most */
    const char *answer;    /* to each request, head and body */
    size_t filler; /* that many octets more; SIZE_MAX: until the client has enough */
    bool stalls;   /* then says nothing more, and keeps the connection */
    bool closes;   /* after each answer */
};

struct tls_peer;
/* The script is borrowed. Stop with tls_peer_free(). */
struct tls_peer *tls_peer_start(const struct tls_peer_script *script);
void tls_peer_free(struct tls_peer *peer); /* accepts NULL */
CLEANUP_DEFINE(tls_peer, struct tls_peer *, tls_peer_free);

unsigned int tls_peer_port(const struct tls_peer *peer);
/* So far: connections that were accepted, those that got through their handshake. */
size_t tls_peer_connections(struct tls_peer *peer);
size_t tls_peer_handshakes(struct tls_peer *peer);
/* Append all requests that came. */
void tls_peer_requests(struct tls_peer *peer, struct buf *out);

#endif
