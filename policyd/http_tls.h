/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls: what TLS adds to http: the server's certificate, and what a handler may know of the
 * connection that a request came on.
 *
 * Sessions are not resumed: every connection shows the server's certificate, so that its binding
 * is certain, and asks for the peer's. Nothing of the peer's certificate was verified but that the
 * peer has its key.
 */
#ifndef AE_POLICYD_HTTP_TLS_H
#define AE_POLICYD_HTTP_TLS_H

#include "policyd/http.h"

enum {
    HTTP_TLS_PEM_MAX = 64 * 1024, /* octets of a chain, and of a key */
    HTTP_TLS_HASH_MAX = 64        /* octets of a binding */
};

enum http_tls_version { HTTP_TLS_12 = 0, HTTP_TLS_13 };

/* One TLS connection; borrowed as the request is. */
struct http_tls {
    enum http_tls_version version;
    struct bytes peer_certificate; /* DER of the leaf; none where the peer showed none */
    struct bytes server_end_point; /* the hash of our certificate here (RFC 5929 4.1) */
    struct bytes linking; /* what a challengePassword must be (RFC 7030 3.5): tls-unique
                             with TLS 1.2, tls-exporter (RFC 9266) with TLS 1.3 */
};

/*
 * Show this certificate to connections from now on; those that are open keep theirs. Until the
 * first one is set all handshakes fail. Any thread may call this, at any time before http_stop().
 *
 * chain_pem, key_pem  1..HTTP_TLS_PEM_MAX octets, borrowed; the leaf comes first
 * errors  ERROR_INVALID   not a certificate with its key; a key that is neither EC nor RSA; a
 *                         signature for which RFC 5929 defines no binding
 *         ERROR_INTERNAL  GnuTLS failed before it could tell
 */
AE_MUST_CHECK bool http_set_certificate(struct http *h, struct bytes chain_pem,
                                        struct bytes key_pem, struct error *err);

/*
 * Something of a handler's own that lives as long as the connection and its requests: the first
 * one given stays, a later one is freed at once. http does not look into it and holds no lock
 * for it.
 *
 * state  taken over; free_state frees it, on any thread
 * result borrowed as the request is: what is kept
 */
void *http_keep(const struct http_request *request, void *state,
                void (*free_state)(void *state));
void *http_kept(const struct http_request *request); /* NULL: nothing yet */

#endif
