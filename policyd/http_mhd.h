/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_mhd: what http's own files share; nobody else includes it.
 *
 * A connection is on the server's list from accept to close. Its state and its job's state are
 * guarded by the server's lock; a job belongs to its connection and, while a handler runs, to the
 * handler's thread too.
 */
#ifndef AE_POLICYD_HTTP_MHD_H
#define AE_POLICYD_HTTP_MHD_H

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "policyd/http_tls.h"

enum http_state {
    HTTP_STATE_READING = 0, /* idle, or a request is coming in */
    HTTP_STATE_RUNNING,     /* suspended: a handler is at work */
    HTTP_STATE_ANSWERING    /* the answer is settled or on its way */
};

/* Our certificate and key; each connection keeps the one that it began with. */
struct http_credential;

/* What handlers may know of a connection: it lives as long as any of its requests. */
struct http_session {
    atomic_uint users;
    struct http *server;
    uint64_t id;
    struct http_peer peer;
    bool has_tls;
    struct http_tls tls; /* borrows from the rest */
    struct buf certificate;
    unsigned char end_point[HTTP_TLS_HASH_MAX], linking[HTTP_TLS_HASH_MAX];
    pthread_mutex_t kept_lock; /* of the rest */
    void *kept;
    void (*free_kept)(void *state);
};

struct http_job {
    atomic_uint users; /* 1 or 2 */
    struct http *server;
    struct http_connection *connection; /* NULL once it is closed */
    struct http_session *session;
    const struct http_route *route;
    struct http_request request; /* borrows from the texts below */
    char *target;                /* as sent: path and query */
    char *headers[5];            /* as http_exchange.c names them */
    struct buf body;
    enum reason refused; /* REASON_NONE, or why the body is only read to be dropped */
    bool close;          /* the framing is in doubt: close after the answer */
    bool checked;        /* the headers were looked at */
    size_t dropped;      /* octets of a refused body */
    struct http_answer answer;
};

struct http_connection {
    struct http_connection *previous, *next;
    struct http *server;
    struct MHD_Connection *mhd;
    int fd;
    enum http_state state;
    int64_t since_ms; /* monotonic: when the state began */
    struct http_job *job;
    struct http_session *session;
    struct http_credential *credential; /* NULL without TLS, and before there is one */
};

struct http {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* told of while stopping: something was answered or closed */
    struct MHD_Daemon *daemon;
    struct http_options options;
    struct http_credential *credential;
    struct http_connection *connections;
    unsigned int connection_count;
    uint64_t last_id; /* of a session */
    unsigned int running;
    bool stopping; /* no handler is started any more */
    bool ending;   /* the watch thread ends */
    bool watched;  /* the watch thread exists */
    pthread_t watch;
};

int64_t http_now_ms(void);

/* For whoever waits until a server has come to rest; the lock is held. */
void http_tell_change(struct http *h);

/* Enter a state; the lock is held. */
void http_set_state(struct http_connection *c, enum http_state state);

/* Settle a running job with a reason and wake its connection; the lock is held. */
void http_give_up(struct http_connection *c, enum reason reason);

void http_job_unref(struct http_job *job);

/* The job's answer for libmicrohttpd; body and file move to it. NULL: no memory. */
struct MHD_Response *http_response_make(struct http_job *job);

struct http_session *http_session_new(struct http *h, int fd);
void http_session_unref(struct http_session *session);

/* At a connection's begin and end, and when its first request is there. */
void http_tls_begin(struct http_connection *c);
void http_tls_end(struct http_connection *c);
void http_tls_describe(struct http_connection *c);
void http_credential_unref(struct http *h, struct http_credential *credential);

extern const char http_tls_priorities[];

/* GnuTLS asks this for a certificate as long as none is set; there is none. */
int http_tls_no_certificate(struct gnutls_session_int *tls,
                            const struct gnutls_cert_retr_st *info,
                            gnutls_pcert_st **certificates, unsigned int *count,
                            gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_count,
                            gnutls_privkey_t *key, unsigned int *flags);

/* MHD's callbacks, as microhttpd.h has them. */
void *http_on_target(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection,
                                const char *url, const char *method, const char *version,
                                const char *data, size_t *data_len, void **job);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **job,
                       enum MHD_RequestTerminationCode code);

/*
 * Whether the headers of a request leave no doubt where its body ends, which libmicrohttpd
 * 0.9.75 does not see to: exactly one Host, one Content-Length or chunked but not both, header
 * names that are tokens, at most one Authorization, and no other value that is
 * long (RFC 9110 5.6.2, RFC 9112 6.1 to 6.3).
 */
bool http_framing_is_sound(struct MHD_Connection *connection, const char *version);

/* The thread that holds everybody to the deadline. */
void *http_watch(void *server);

#endif
