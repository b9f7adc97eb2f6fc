/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talker: an EST client that costs little, so that it is the server who is busy: what connections can
 * share is made once, the server's chain is checked once, its token not at all. TLS is GnuTLS's.
 *
 * A failure is a sentence; nothing is tried again.
 */
#ifndef AE_TESTS_BENCH_TALKER_H
#define AE_TESTS_BENCH_TALKER_H

#include "common/base/buf.h"
#include "common/base/error.h"

/* Whom to talk to; threads share it. url "https://host:port"; anchors: PEM. */
struct talker_server;
struct talker_server *talker_server_new(const char *url, const struct buf *anchors);
void talker_server_free(struct talker_server *server); /* accepts NULL */
const char *talker_server_host(const struct talker_server *server);

/* One client with at most one connection, made when it is needed; one thread at a time. */
struct talker;
struct talker *talker_new(const struct talker_server *server);
void talker_free(struct talker *talker); /* accepts NULL */
void talker_hang_up(struct talker *talker);

/* Connections from now on show this certificate: DER, and the private key's PEM. */
void talker_show(struct talker *talker, struct bytes certificate, struct bytes key);

/*
 * Append what tokens are to be bound to (RFC 5929).
 * errors  ERROR_UNAVAILABLE  no connection
 */
AE_MUST_CHECK bool talker_binding(struct talker *talker, struct buf *out,
                                  struct error *err);

struct talker_question {
    const char *operation; /* "Machine/simpleenroll" */
    const char *token;     /* base64; NULL: none */
    struct bytes body;
};

struct talker_answer {
    long status;
    struct buf body;
};

/*
 * answer  status 0 and BUF_EMPTY before; its body is the caller's
 * errors  ERROR_UNAVAILABLE  no connection, or it ended
 *         ERROR_INVALID      no answer of HTTP with a Content-Length
 */
AE_MUST_CHECK bool talker_ask(struct talker *talker,
                              const struct talker_question *question,
                              struct talker_answer *answer, struct error *err);

#endif
