/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection: one question to policyd over its admin socket, and its answer (HTTP, JSON).
 *
 * The answer's size and the time it takes are bounded, whoever listens on the socket.
 */
#ifndef AE_POLICYD_CTL_CONNECTION_H
#define AE_POLICYD_CTL_CONNECTION_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/json.h"

enum { CONNECTION_ANSWER_MAX = 32 * 1024 * 1024 }; /* octets */

struct ctl_connection;
void ctl_connection_free(struct ctl_connection *connection); /* accepts NULL */
CLEANUP_DEFINE(ctl_connection, struct ctl_connection *, ctl_connection_free);

struct ctl_connection_options {
    const char *socket; /* path, 1..107 octets; copied */
    long timeout_s;     /* for the whole of a question */
    /* Show the caller's Kerberos ticket for "HTTP/HOST": letters, digits, '-' and '.'; NULL:
     * none. Copied. */
    const char *ticket_host;
};

/*
 * Nothing is sent yet.
 * out     on success owned by the caller
 * errors  ERROR_INVALID   the path is too long for a socket
 *         ERROR_INTERNAL  libcurl failed
 */
AE_MUST_CHECK bool ctl_connection_new(const struct ctl_connection_options *options,
                                      struct ctl_connection **out, struct error *err);

struct ctl_question {
    const char *path; /* "/v1/status?x=y", already escaped */
    const char *body; /* JSON to POST; NULL: GET */
};

/* Clear with ctl_answer_clear(). */
struct ctl_answer {
    long status;
    struct json *doc; /* an object */
};
void ctl_answer_clear(struct ctl_answer *answer);
CLEANUP_DEFINE_VALUE(ctl_answer, struct ctl_answer, ctl_answer_clear);

/*
 * Ask and wait. Any HTTP status is an answer.
 *
 * answer  on success to be cleared by the caller
 * errors  ERROR_UNAVAILABLE  nobody listens, or the answer did not come in time or in full
 *         ERROR_DENIED       the socket's permissions keep us out
 *         ERROR_INVALID      the answer is no JSON object, or longer than it may be
 *         ERROR_INTERNAL     libcurl failed
 */
AE_MUST_CHECK bool ctl_connection_ask(struct ctl_connection *connection,
                                      const struct ctl_question *question,
                                      struct ctl_answer *answer, struct error *err);

/* Append text as it stands in a query: everything but letters, digits and "-._~" as %XX. */
void ctl_connection_escape(struct buf *out, const char *text);

#endif
