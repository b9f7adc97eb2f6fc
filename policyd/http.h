/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: listeners, limits and routes; hands whole requests to handlers on worker threads.
 *
 * A handler gets a request whose framing is beyond doubt and whose body is complete and
 * bounded, and fills an answer. Whatever it does, the peer gets an answer by the deadline.
 */
#ifndef AE_POLICYD_HTTP_H
#define AE_POLICYD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/wire/reason.h"

/* A HEAD is a GET whose answer goes out without its body (RFC 9110 9.3.2). */
enum http_method { HTTP_GET = 1 << 0, HTTP_POST = 1 << 1 };

/* Who is at the other end. */
struct http_peer {
    bool
        local; /* a process of this host, over a UNIX socket: the ids below are its own */
    uid_t uid;
    gid_t gid;
    pid_t pid;
    char address[64]; /* "192.0.2.1", "2001:db8::1" or "local" */
};

struct http_session; /* see http_tls.h */

/* All borrowed for the time of the handler's call. Absent headers are NULL. */
struct http_request {
    enum http_method method;
    const char
        *path; /* as sent: begins with '/', ASCII without '%', "//", "/./" or "/../" */
    const char *query; /* behind '?'; NULL when there is none */
    const char *content_type;
    const char *accept;
    const char *authorization;
    const char *origin, *fetch_site; /* Origin, Sec-Fetch-Site: a browser's own */
    struct bytes body;
    struct http_peer peer;
    uint64_t connection;        /* its number, never given again */
    const struct http_tls *tls; /* NULL: a connection without TLS */
    struct http_session *session;
};

enum { HTTP_HEADERS_MAX = 4 };

/* What the peer gets. The handler owns nothing of it afterwards. */
struct http_answer {
    int status;
    const char *content_type; /* a constant */
    struct buf body;
    bool is_file; /* the body is file_len octets of file, which is http's to close */
    int file;
    uint64_t file_len;
    int64_t modified_utc;       /* Last-Modified of a file, which caches may keep */
    unsigned int retry_after_s; /* 0: no such header */
    struct http_header {
        const char *name; /* a constant */
        char *value;
    } headers[HTTP_HEADERS_MAX];
    size_t header_count;
};
/* Free its parts; all zero afterwards. */
void http_answer_clear(struct http_answer *answer);
CLEANUP_DEFINE_VALUE(http_answer, struct http_answer, http_answer_clear);

/*
 * One more header, at most HTTP_HEADERS_MAX; the same name may come again.
 * name   a constant
 * value  copied; no control characters (our own bug)
 */
void http_answer_add(struct http_answer *answer, const char *name, const char *value);

typedef void http_handler(void *ctx, const struct http_request *request,
                          struct http_answer *answer);

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows read in this order */
struct http_route {
    unsigned int methods; /* of enum http_method, combined with | */
    const char *path;     /* the whole path; a last '*' stands for any rest */
    size_t body_max;      /* octets */
    bool at_once;         /* never waits for anything: runs on the event thread */
    http_handler *handler;
    void *ctx;
};

struct http;
struct pool;

struct http_options {
    int listener; /* a listening socket (UNIX or TCP); http's after http_start() */
    const struct http_route
        *routes;                  /* ended by a row without path; outlives the server */
    struct pool *pool;            /* for handlers that may wait; outlives the server */
    unsigned int threads;         /* event threads, at least 1 */
    unsigned int connections_max; /* the excess waits in the listener's backlog */
    unsigned int per_address_max; /* connections of one address; 0: no limit */
    unsigned int deadline_s;      /* from a request's first octet to its answer */
    bool tls;                     /* with the certificate of http_set_certificate() */
};

/*
 * out     owned by the caller: http_stop(), http_free()
 * errors  ERROR_UNAVAILABLE  the listener or its threads cannot be started; the listener is closed
 */
AE_MUST_CHECK bool http_start(const struct http_options *options, struct http **out,
                              struct error *err);

/*
 * Take no more connections, answer what is in flight (503 for what is not done after drain_s
 * seconds), and end the event threads. Handlers may still run: free the pool before http_free().
 */
void http_stop(struct http *h, unsigned int drain_s);

/* Stopped, or never used again by anybody. Accepts NULL. */
void http_free(struct http *h);
CLEANUP_DEFINE(http, struct http *, http_free);

/* Requests whose handler has not answered yet, for status. */
unsigned int http_in_flight(struct http *h);

/*
 * Refuse or hold with a reason: its status, and its code, sentence and the request's id (may be
 * "") as text/plain, or as application/problem+json (RFC 9457) where the peer accepts that.
 */
void http_answer_reason(const struct http_request *request, enum reason reason,
                        const char *request_id, struct http_answer *answer);

/* RFC 9110 8.3.1: parameters may follow. A form of a web page cannot send this type. */
bool http_sends_json(const struct http_request *request);

/* A browser sends it for some web page, and may have added its user's credentials on its own. */
bool http_is_of_page(const struct http_request *request);

#endif
