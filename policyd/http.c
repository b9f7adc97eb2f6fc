/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/http.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/wire/limits.h"

#include "policyd/http_mhd.h"

/*
 * Of a connection, for the headers that come and go. libmicrohttpd fills all of it with zeros behind
 * each request, and the first time each page of it is the kernel's to find: a quarter more costs
 * whoever makes a connection a quarter more of that.
 */
enum {
    TOKEN_MAX = (WIRE_TOKEN_OCTETS_MAX + 2) / 3 * 4, /* in base64 */
    OTHERS_MAX = 8 * 1024,                           /* all other headers */
    CONNECTION_MEMORY = 96 * 1024
};
_Static_assert(TOKEN_MAX + OTHERS_MAX + 2048 <= CONNECTION_MEMORY,
               "the longest token fits, among other headers and with its answer");

enum { FLUSH_S = 5 /* at least, for answers on their way when the server ends */ };

static void open_connection(struct http *h, struct MHD_Connection *mhd, void **context)
{
    struct http_connection *c = mem_new(sizeof(*c));

    c->server = h;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->since_ms = http_now_ms();
    c->session = http_session_new(h, c->fd);
    http_tls_begin(c);
    *context = c;
    (void)pthread_mutex_lock(&h->lock);
    c->session->id = ++h->last_id;
    h->connection_count++;
    c->next = h->connections;
    if (c->next != NULL) {
        c->next->previous = c;
    }
    h->connections = c;
    (void)pthread_mutex_unlock(&h->lock);
}

static void close_connection(struct http *h, struct http_connection *c)
{
    (void)pthread_mutex_lock(&h->lock);
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        h->connections = c->next;
    }
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
    h->connection_count--;
    http_tell_change(h);
    (void)pthread_mutex_unlock(&h->lock);
    http_tls_end(c);
    http_session_unref(c->session);
    free(c);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(cls, connection, context);
    } else if (*context != NULL) {
        close_connection(cls, *context);
        *context = NULL;
    }
}

/* Paths stay as they were sent: what is percent-encoded is refused, never decoded. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* Its messages tell of peers' faults, which are answered and counted by us. */
static void ignore_message(void *cls, const char *fmt, va_list args)
{
    (void)cls;
    (void)fmt;
    (void)args;
}

/*
 * By poll(2), not epoll: libmicrohttpd 0.9.75 asks again and again, without waiting, on a connection
 * whose TLS handshake waits for its peer. One peer that stops there would have a whole processor.
 */
static struct MHD_Daemon *start_daemon(struct http *h)
{
    const struct http_options *o = &h->options;

    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
            (o->tls ? MHD_USE_TLS : 0),
        0, NULL, NULL, http_on_request, h,                /* */
        MHD_OPTION_EXTERNAL_LOGGER, ignore_message, NULL, /* first: see MHD */
        MHD_OPTION_LISTEN_SOCKET, o->listener,            /* */
        MHD_OPTION_THREAD_POOL_SIZE, o->threads > 1 ? o->threads : 0U, /* 1 is refused */
        MHD_OPTION_CONNECTION_LIMIT, o->connections_max,               /* */
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address_max,        /* */
        MHD_OPTION_CONNECTION_TIMEOUT, o->deadline_s,                  /* of inactivity */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /* */
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /* */
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,             /* */
        MHD_OPTION_URI_LOG_CALLBACK, http_on_target, h,                /* */
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, NULL,          /* */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,                /* */
        o->tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, http_tls_priorities,
        MHD_OPTION_HTTPS_CERT_CALLBACK2, http_tls_no_certificate, MHD_OPTION_END);
}

bool http_start(const struct http_options *options, struct http **out, struct error *err)
{
    AUTO(http) h = mem_new(sizeof(*h));

    assert(options->threads >= 1 && options->deadline_s >= 1);
    h->options = *options;
    if (getrandom(&h->last_id, sizeof(h->last_id), 0) != sizeof(h->last_id)) {
        h->last_id =
            (uint64_t)http_now_ms(); /* only has to differ from server to server */
    }
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->changed, NULL);
    h->daemon = start_daemon(h);
    if (h->daemon == NULL) {
        (void)close(options->listener);
        return error_set(err, ERROR_UNAVAILABLE, "starting an HTTP listener failed");
    }
    int failed = pthread_create(&h->watch, NULL, http_watch, h);
    if (failed != 0) {
        http_stop(h, 0);
        return error_set(err, ERROR_UNAVAILABLE, "starting a thread: %s",
                         strerror(failed));
    }
    h->watched = true;
    *out = TAKE(h);
    return true;
}

/* Wait until no connection is in one of the states, at most until a moment; lock held. */
static void wait_until_none(struct http *h, bool answering_too, int64_t until_ms)
{
    for (bool found = true; found && http_now_ms() < until_ms;) {
        const struct timespec until = {until_ms / 1000, (until_ms % 1000) * 1000000};

        found = false;
        for (const struct http_connection *c = h->connections; c != NULL; c = c->next) {
            found = found || c->state == HTTP_STATE_RUNNING ||
                    (answering_too && c->state == HTTP_STATE_ANSWERING);
        }
        if (found) {
            (void)pthread_cond_clockwait(&h->changed, &h->lock, CLOCK_MONOTONIC, &until);
        }
    }
}

void http_stop(struct http *h, unsigned int drain_s)
{
    MHD_socket listener = MHD_quiesce_daemon(h->daemon);

    if (listener != MHD_INVALID_SOCKET) {
        (void)close(listener);
    }
    (void)pthread_mutex_lock(&h->lock);
    h->stopping = true;
    const int64_t drained_ms = http_now_ms() + (int64_t)drain_s * 1000;
    wait_until_none(h, false, drained_ms);
    /* MHD_stop_daemon() aborts the process while a connection is suspended. */
    for (struct http_connection *c = h->connections; c != NULL; c = c->next) {
        if (c->state == HTTP_STATE_RUNNING) {
            http_give_up(c, REASON_BUSY);
        }
    }
    const int64_t flushed_ms = http_now_ms() + (int64_t)FLUSH_S * 1000;
    wait_until_none(h, true, drained_ms > flushed_ms ? drained_ms : flushed_ms);
    h->ending = true;
    (void)pthread_cond_broadcast(&h->changed);
    (void)pthread_mutex_unlock(&h->lock);
    if (h->watched) {
        (void)pthread_join(h->watch, NULL);
        h->watched = false;
    }
    MHD_stop_daemon(h->daemon);
    h->daemon = NULL;
}

void http_free(struct http *h)
{
    if (h == NULL) {
        return;
    }
    assert(h->daemon == NULL);
    http_credential_unref(h, h->credential);
    (void)pthread_cond_destroy(&h->changed);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}

unsigned int http_in_flight(struct http *h)
{
    (void)pthread_mutex_lock(&h->lock);
    unsigned int running = h->running;
    (void)pthread_mutex_unlock(&h->lock);
    return running;
}
