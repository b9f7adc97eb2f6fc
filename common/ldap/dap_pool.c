/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/ldap/dap_conn.h"
#include "common/ldap/dap_deadline.h"

/* A failure this young answers those that come after it, too. */
#define FAILURE_LASTS_NS (100 * DAP_NS_PER_MS)

struct dap_pool {
    struct dap_profile *profile;
    pthread_t connector;
    pthread_mutex_t lock;   /* of all below */
    pthread_cond_t wanted;  /* for the connector */
    pthread_cond_t changed; /* for those who wait: a connection, or a failure */
    struct dap_conn *idle[DAP_CONNECTIONS_MAX];
    size_t idle_count;
    size_t open_count; /* idle and lent */
    size_t waiting;
    size_t server; /* where the next connection goes */
    uint64_t failures;
    int64_t failed_ns; /* the last of them; 0: none, or one succeeded since */
    struct error last;
    bool stopping;
};

/* All servers, beginning with the one that served last. */
static bool connect_somewhere(struct dap_profile *profile, size_t first,
                              struct dap_conn **out, struct error *err)
{
    size_t count = profile->settings.server_count;

    for (size_t i = 0; i < count; i++) {
        if (dap_conn_open(profile, (first + i) % count, out, err)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct dap_pool *p)
{
    return p->waiting > p->idle_count &&
           p->open_count < p->profile->settings.connections_max;
}

/* The lock is held before and after, and not while it connects. */
static void connect_one(struct dap_pool *p)
{
    struct dap_conn *conn = NULL;
    struct error err = {0};
    size_t first = p->server;

    p->open_count++;
    (void)pthread_mutex_unlock(&p->lock);
    bool connected = connect_somewhere(p->profile, first, &conn, &err);
    (void)pthread_mutex_lock(&p->lock);
    if (connected) {
        p->server = conn->server;
        p->failed_ns = 0;
        p->idle[p->idle_count++] = conn;
    } else {
        p->open_count--;
        p->failures++;
        p->failed_ns = dap_monotonic_ns();
        p->last = err;
    }
    (void)pthread_cond_broadcast(&p->changed);
}

static void *connector_loop(void *arg)
{
    struct dap_pool *p = arg;

    (void)pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        if (is_wanted(p)) {
            connect_one(p);
        } else {
            (void)pthread_cond_wait(&p->wanted, &p->lock);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* False at the deadline. */
static bool wait_for_change(struct dap_pool *p, int64_t deadline_ns)
{
    struct timespec until = dap_deadline_timespec(deadline_ns);

    p->waiting++;
    if (is_wanted(p)) {
        (void)pthread_cond_signal(&p->wanted);
    }
    int rc = pthread_cond_clockwait(&p->changed, &p->lock, CLOCK_MONOTONIC, &until);
    p->waiting--;
    return rc != ETIMEDOUT;
}

/* The lock is held. */
static bool take_idle(struct dap_pool *p, int64_t deadline_ns, struct dap_conn **out,
                      struct error *err)
{
    uint64_t failures = p->failures;

    if (p->failed_ns != 0 && dap_monotonic_ns() - p->failed_ns < FAILURE_LASTS_NS) {
        *err = p->last;
        return false;
    }
    while (p->idle_count == 0) {
        if (!wait_for_change(p, deadline_ns) && p->idle_count == 0) {
            return error_set(err, ERROR_UNAVAILABLE, "directory: no connection in time");
        }
        if (p->idle_count == 0 && p->failures != failures) {
            *err = p->last;
            return false;
        }
    }
    *out = p->idle[--p->idle_count];
    return true;
}

static bool borrow(struct dap_pool *p, int64_t deadline_ns, struct dap_conn **out,
                   struct error *err)
{
    (void)pthread_mutex_lock(&p->lock);
    bool ok = take_idle(p, deadline_ns, out, err);
    (void)pthread_mutex_unlock(&p->lock);
    return ok && *out != NULL;
}

static void give_back(struct dap_pool *p, struct dap_conn *conn)
{
    (void)pthread_mutex_lock(&p->lock);
    p->idle[p->idle_count++] = conn;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

/* The others to that server have most likely died with it; the next one goes elsewhere. */
static void discard(struct dap_pool *p, struct dap_conn *conn)
{
    struct dap_conn *dead[DAP_CONNECTIONS_MAX];
    size_t dead_count = 0;
    size_t kept = 0;

    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->idle_count; i++) {
        if (p->idle[i]->server == conn->server) {
            dead[dead_count++] = p->idle[i];
        } else {
            p->idle[kept++] = p->idle[i];
        }
    }
    p->idle_count = kept;
    p->open_count -= dead_count + 1;
    if (p->server == conn->server) {
        p->server = (conn->server + 1) % p->profile->settings.server_count;
    }
    (void)pthread_cond_signal(&p->wanted);
    (void)pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < dead_count; i++) {
        dap_conn_close(dead[i]);
    }
    dap_conn_close(conn);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* again: set when it failed in a way that another connection may not. */
static bool search_once(struct dap_pool *p, const struct dap_query *query,
                        int64_t deadline_ns, struct dap_result **out, bool *again,
                        struct error *err)
{
    struct dap_conn *conn = NULL;
    bool broken = false;

    *again = false;
    if (!borrow(p, deadline_ns, &conn, err)) {
        return false;
    }
    int64_t until_ns =
        earlier(deadline_ns, dap_deadline_in(p->profile->settings.operation_timeout_ms));
    bool ok = dap_conn_search(conn, query, until_ns, out, &broken, err);
    if (!ok) {
        (void)error_wrap(err, "directory %s", p->profile->settings.servers[conn->server]);
    }
    if (broken) {
        *again = true;
        discard(p, conn);
    } else {
        give_back(p, conn);
    }
    return ok;
}

bool dap_search(struct dap_pool *pool, const struct dap_query *query, uint32_t timeout_ms,
                struct dap_result **out, struct error *err)
{
    int64_t deadline_ns = dap_deadline_in(timeout_ms);
    bool again = false;

    if (search_once(pool, query, deadline_ns, out, &again, err)) {
        return true;
    }
    if (!again || dap_monotonic_ns() >= deadline_ns) {
        return false;
    }
    return search_once(pool, query, deadline_ns, out, &again, err);
}

static bool search_of_port(void *ctx, const struct dap_query *query, uint32_t timeout_ms,
                           struct dap_result **out, struct error *err)
{
    return dap_search(ctx, query, timeout_ms, out, err);
}

struct dap_port dap_pool_port(struct dap_pool *pool)
{
    return (struct dap_port){search_of_port, pool};
}

void dap_pool_health(struct dap_pool *pool, struct dap_health *out)
{
    (void)pthread_mutex_lock(&pool->lock);
    *out = (struct dap_health){pool->open_count, pool->failed_ns != 0, pool->last};
    (void)pthread_mutex_unlock(&pool->lock);
}

static void clear(struct dap_pool *p)
{
    for (size_t i = 0; i < p->idle_count; i++) {
        dap_conn_close(p->idle[i]);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_cond_destroy(&p->wanted);
    (void)pthread_mutex_destroy(&p->lock);
    dap_profile_free(p->profile);
    free(p);
}

bool dap_pool_new(const struct dap_settings *settings, struct dap_pool **out,
                  struct error *err)
{
    if (!dap_settings_check(settings, err)) {
        return false;
    }
    struct dap_pool *p = mem_new(sizeof(*p));
    p->profile = dap_profile_new(settings);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->wanted, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    int rc = pthread_create(&p->connector, NULL, connector_loop, p);
    if (rc != 0) {
        clear(p);
        return error_set_errno(err, rc, "directory: no thread");
    }
    *out = p;
    return true;
}

void dap_pool_free(struct dap_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_signal(&pool->wanted);
    (void)pthread_mutex_unlock(&pool->lock);
    (void)pthread_join(pool->connector, NULL);
    clear(pool);
}
