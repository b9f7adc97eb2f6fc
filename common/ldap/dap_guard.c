/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_guard.h"

#include <errno.h>
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/mem.h"
#include "common/ldap/dap_deadline.h"

struct dap_guard {
    struct ldap_conncb callback; /* its argument leads back here */
    int64_t deadline_ns;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t over_or_late;
    int fd; /* libldap's; -1: not connected */
    bool over;
    bool late;
};

/* The lock is held. */
static void cut_if_late(struct dap_guard *g)
{
    if (g->late && g->fd >= 0) {
        (void)shutdown(g->fd, SHUT_RDWR);
    }
}

static void *guard_loop(void *arg)
{
    struct dap_guard *g = arg;
    struct timespec until = dap_deadline_timespec(g->deadline_ns);
    int rc = 0;

    (void)pthread_mutex_lock(&g->lock);
    while (!g->over && rc != ETIMEDOUT) {
        rc = pthread_cond_clockwait(&g->over_or_late, &g->lock, CLOCK_MONOTONIC, &until);
    }
    g->late = !g->over;
    cut_if_late(g);
    (void)pthread_mutex_unlock(&g->lock);
    return NULL;
}

/* TCP is connected, TLS has not begun: without a timeout the socket goes on blocking. */
static int connected(LDAP *ld, Sockbuf *sockbuf, LDAPURLDesc *url,
                     struct sockaddr *address, struct ldap_conncb *callback)
{
    const struct timeval forever = {-1, 0};
    struct dap_guard *g = callback->lc_arg;
    int fd = -1;

    (void)url;
    (void)address;
    if (ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_GET_FD, &fd) != 1) {
        return -1;
    }
    (void)ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &forever);
    (void)pthread_mutex_lock(&g->lock);
    g->fd = fd;
    cut_if_late(g);
    (void)pthread_mutex_unlock(&g->lock);
    return 0;
}

static void disconnected(LDAP *ld, Sockbuf *sockbuf, struct ldap_conncb *callback)
{
    struct dap_guard *g = callback->lc_arg;

    (void)ld;
    (void)sockbuf;
    (void)pthread_mutex_lock(&g->lock);
    g->fd = -1;
    (void)pthread_mutex_unlock(&g->lock);
}

void dap_guard_free(struct dap_guard *guard)
{
    if (guard == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&guard->over_or_late);
    (void)pthread_mutex_destroy(&guard->lock);
    free(guard);
}

void dap_guard_stop(struct dap_guard *guard)
{
    (void)pthread_mutex_lock(&guard->lock);
    guard->over = true;
    (void)pthread_cond_signal(&guard->over_or_late);
    (void)pthread_mutex_unlock(&guard->lock);
    (void)pthread_join(guard->thread, NULL);
}

bool dap_guard_start(struct ldap *ld, int64_t deadline_ns, struct dap_guard **out,
                     struct error *err)
{
    struct dap_guard *g = mem_new(sizeof(*g));

    g->callback = (struct ldap_conncb){connected, disconnected, g};
    g->deadline_ns = deadline_ns;
    g->fd = -1;
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->over_or_late, NULL);
    int rc = pthread_create(&g->thread, NULL, guard_loop, g);
    if (rc != 0) {
        dap_guard_free(g);
        return error_set_errno(err, rc, "directory: no thread");
    }
    if (ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &g->callback) != LDAP_OPT_SUCCESS) {
        dap_guard_stop(g);
        dap_guard_free(g);
        return error_set(err, ERROR_INTERNAL, "libldap refuses a callback");
    }
    *out = g;
    return true;
}
