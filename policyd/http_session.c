/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/mem.h"

#include "policyd/http_mhd.h"

static void describe_local(int fd, struct http_peer *peer)
{
    struct ucred ids;
    socklen_t len = sizeof(ids);

    (void)snprintf(peer->address, sizeof(peer->address), "local");
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ids, &len) == 0 && len == sizeof(ids)) {
        peer->local = true;
        peer->uid = ids.uid;
        peer->gid = ids.gid;
        peer->pid = ids.pid;
    }
}

static void describe_peer(int fd, struct http_peer *peer)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    const void *number = NULL;

    (void)snprintf(peer->address, sizeof(peer->address), "unknown");
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0) {
        return;
    }
    if (address.ss_family == AF_UNIX) {
        describe_local(fd, peer);
        return;
    }
    number = address.ss_family == AF_INET
                 ? (const void *)&((struct sockaddr_in *)&address)->sin_addr
                 : (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr;
    (void)inet_ntop(address.ss_family, number, peer->address, sizeof(peer->address));
}

struct http_session *http_session_new(struct http *h, int fd)
{
    struct http_session *s = mem_new(sizeof(*s));

    atomic_init(&s->users, 1);
    (void)pthread_mutex_init(&s->kept_lock, NULL);
    s->server = h;
    describe_peer(fd, &s->peer);
    return s;
}

void http_session_unref(struct http_session *session)
{
    if (atomic_fetch_sub(&session->users, 1) != 1) {
        return;
    }
    if (session->kept != NULL) {
        session->free_kept(session->kept);
    }
    (void)pthread_mutex_destroy(&session->kept_lock);
    buf_clear(&session->certificate);
    free(session);
}

void *http_keep(const struct http_request *request, void *state,
                void (*free_state)(void *state))
{
    struct http_session *session = request->session;

    (void)pthread_mutex_lock(&session->kept_lock);
    bool first = session->kept == NULL;
    if (first) {
        session->kept = state;
        session->free_kept = free_state;
    }
    void *kept = session->kept;
    (void)pthread_mutex_unlock(&session->kept_lock);
    if (!first) {
        free_state(state);
    }
    return kept;
}

void *http_kept(const struct http_request *request)
{
    struct http_session *session = request->session;

    (void)pthread_mutex_lock(&session->kept_lock);
    void *kept = session->kept;
    (void)pthread_mutex_unlock(&session->kept_lock);
    return kept;
}
