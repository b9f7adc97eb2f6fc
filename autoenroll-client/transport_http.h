/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_http: one kept HTTPS connection to one server, by libcurl.
 *
 * A Kerberos token is made in the moment when the connection stands, has been verified, and
 * nothing is written yet: bound to the certificate of that very connection. A connection that
 * libcurl makes anew gets a new token by itself.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_HTTP_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

struct transport_ticket;

/* How it shows who it is: neither member set: not at all. */
struct transport_identity {
    struct transport_ticket *ticket; /* borrowed; NULL: none */
    const char *certificate;         /* PEM file of a chain; NULL: none */
    const char *key;                 /* its PEM file */
};

struct transport_http;
void transport_http_free(struct transport_http *h); /* accepts NULL */
CLEANUP_DEFINE(transport_http, struct transport_http *, transport_http_free);

/*
 * url and anchors are as transport_options has them; anchors are borrowed.
 * errors  ERROR_INTERNAL  libcurl cannot be set up
 */
AE_MUST_CHECK bool transport_http_new(const char *url, const struct buf *anchors,
                                      const struct transport_identity *identity,
                                      struct transport_http **out, struct error *err);

struct transport_question {
    const char *path;         /* "/.well-known/est/cacerts" */
    const char *content_type; /* of the body; NULL: GET */
    struct bytes body;
    const char *etag;  /* If-None-Match; "": none */
    long expected[2];  /* the statuses that are no failure */
    size_t answer_max; /* octets of body that are taken */
    uint32_t deadline_ms;
};

enum { TRANSPORT_ETAG_SIZE = 65, TRANSPORT_TYPE_SIZE = 128, TRANSPORT_PLACE_SIZE = 256 };

struct transport_answer {
    long status;
    char content_type[TRANSPORT_TYPE_SIZE]; /* "" without */
    char etag[TRANSPORT_ETAG_SIZE];         /* "" without, or not to be used */
    uint32_t retry_after_s;                 /* 0: none, or not a plain number */
    struct buf body;
};
void transport_answer_clear(struct transport_answer *answer);
CLEANUP_DEFINE_VALUE(transport_answer, struct transport_answer, transport_answer_clear);

/*
 * Ask and wait. Any status but a redirect is an answer.
 *
 * out     on success to be cleared by the caller
 * errors  ERROR_UNAVAILABLE  no connection, no answer in time
 *         ERROR_AUTH         there is no ticket to show
 *         ERROR_DENIED       the server is not the one that we trust, does not prove itself, or
 *                            wants to send us elsewhere
 *         ERROR_INVALID      the answer is no HTTP, or longer than it may be
 *         ERROR_INTERNAL     libcurl or OpenSSL failed
 */
AE_MUST_CHECK bool transport_http_ask(struct transport_http *h,
                                      const struct transport_question *question,
                                      struct transport_answer *out, struct error *err);

#endif
