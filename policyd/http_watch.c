/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>
#include <time.h>

#include "policyd/http_mhd.h"

enum { TICK_MS = 100, PRESSED_MS = 2000 };

int64_t http_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void http_tell_change(struct http *h)
{
    if (h->stopping) {
        (void)pthread_cond_broadcast(&h->changed);
    }
}

/*
 * What a connection may take for its next request. When places run out, those who hold one without
 * asking anything make room, so that any number of half-open connections only slows others down.
 */
static int64_t patience_ms(const struct http *h, const struct http_connection *c)
{
    unsigned int max = h->options.connections_max;
    bool pressed = h->connection_count >= max - max / 8;

    return pressed && c->state == HTTP_STATE_READING
               ? PRESSED_MS
               : (int64_t)h->options.deadline_s * 1000;
}

/*
 * libmicrohttpd's timeout is one of inactivity, and none while a connection is suspended: a peer
 * that trickles, a peer that does not read, and a handler that hangs all end here.
 */
static void enforce(struct http *h, int64_t now_ms)
{
    for (struct http_connection *c = h->connections; c != NULL; c = c->next) {
        if (now_ms - c->since_ms < patience_ms(h, c)) {
            continue;
        }
        if (c->state == HTTP_STATE_RUNNING) {
            http_give_up(c, REASON_BUSY);
        } else {
            (void)shutdown(c->fd, SHUT_RDWR);
        }
    }
}

void *http_watch(void *server)
{
    struct http *h = server;

    (void)pthread_mutex_lock(&h->lock);
    while (!h->ending) {
        int64_t until_ms = http_now_ms() + TICK_MS;
        const struct timespec until = {until_ms / 1000, (until_ms % 1000) * 1000000};

        (void)pthread_cond_clockwait(&h->changed, &h->lock, CLOCK_MONOTONIC, &until);
        enforce(h, http_now_ms());
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}
