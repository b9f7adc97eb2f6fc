/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include "policyd/server_decisions.h"
#include "policyd/server_reconcile.h"

/*
 * The keeper: one thread that keeps ledger and journal together. After a connection, and whenever
 * they may differ, it compares them before anything is issued; else it lets the cursor follow now
 * and then, so that there is never much to compare.
 */
enum {
    IDLE_MS = 5000,     /* how often the cursor follows what was issued */
    RETRY_MIN_MS = 100, /* after a failure, doubling */
    RETRY_MAX_MS = 5000,
};
#define NS_PER_MS INT64_C(1000000)

struct keeper_work {
    bool ending;
    bool compare; /* they may differ */
    bool agreed;  /* they do not */
    bool behind;  /* the cursor may follow */
    uint64_t connection;
};

/* Wait for work, at most that long. */
static struct keeper_work find_work(struct server *server, unsigned int wait_ms)
{
    server_lock(server);
    bool compare = server->connection != 0 && server->doubt && !server->rebuilding;
    if (!server->ending && !compare) {
        server_wait(server, wait_ms);
    }
    struct keeper_work work = {
        .ending = server->ending,
        .compare = server->connection != 0 && server->doubt && !server->rebuilding,
        .agreed = server->connection != 0 && server->agreed == server->connection &&
                  !server->rebuilding,
        .behind = server->behind,
        .connection = server->connection};
    server_unlock(server);
    return work;
}

static const char *remedy(const struct error *err)
{
    return err->code == ERROR_CONFLICT || err->code == ERROR_INVALID
               ? "policyctl ledger rebuild"
               : NULL;
}

/* ---- comparing ----------------------------------------------------------------------- */

/* Under one lock, so that a doubt that arises now is not admitted away. */
static void agree(struct server *server, uint64_t connection)
{
    server_lock(server);
    if (server->connection == connection && !server->doubt) {
        signer_port_admit(server->port, connection, true);
        server->agreed = connection;
        server->behind = false;
        (void)pthread_cond_broadcast(&server->changed);
    }
    server_unlock(server);
}

static void revoke_orphans(struct server *server)
{
    struct error why;

    if (server_revoke_orphans(server, &why)) {
        server_clear_fault(server, SERVER_TROUBLE_ORPHANS);
        return;
    }
    (void)error_wrap(&why, "certificates that nobody got are not revoked yet");
    server_set_fault(server, SERVER_TROUBLE_ORPHANS, "policyctl cert list --undelivered",
                     why.message);
}

/* Doubt that arises meanwhile stays. */
static bool compare(struct server *server, uint64_t connection)
{
    struct error why;

    server_lock(server);
    server->doubt = false;
    server_unlock(server);
    if (!server_reconcile(server, connection, true, &why) ||
        !server_release_strays(server, &why)) {
        server_lock(server);
        server->doubt = true;
        bool gone = server->connection != connection;
        server_unlock(server);
        if (!gone) {
            server_set_fault(server, SERVER_TROUBLE_RECONCILE, remedy(&why), why.message);
        }
        return false;
    }
    server_clear_fault(server, SERVER_TROUBLE_RECONCILE);
    revoke_orphans(server);
    agree(server, connection);
    return true;
}

/* ---- following ----------------------------------------------------------------------- */

static bool is_failing(const struct server *server)
{
    struct ledger_health health;

    ledger_health_get(server->options.ledger, &health);
    return health.state == LEDGER_FAILING;
}

/* A ledger whose last write failed is written to though nothing is behind: the next request, which
 * would show whether it is well again, may be kept away just because it is not. */
static void follow(struct server *server, const struct keeper_work *work)
{
    bool due = work->behind || is_failing(server);
    struct error why;

    server_lock(server);
    server->behind = false;
    server_unlock(server);
    if (due && !server_reconcile(server, work->connection, false, &why)) {
        server_doubt(server);
        return;
    }
    if (due) {
        revoke_orphans(server);
    }
    server_send_decisions(server);
}

static void pause_keeper(struct server *server, unsigned int ms)
{
    server_lock(server);
    if (!server->ending) {
        server_wait(server, ms);
    }
    server_unlock(server);
}

/* Whatever is due; followed_ns: when the cursor last followed. */
static void do_work(struct server *server, const struct keeper_work *work,
                    unsigned int *retry_ms, int64_t *followed_ns)
{
    int64_t now_ns = clock_boottime_ns(clock_system());

    if (work->compare && !compare(server, work->connection)) {
        pause_keeper(server, *retry_ms);
        *retry_ms = 2 * *retry_ms < RETRY_MAX_MS ? 2 * *retry_ms : RETRY_MAX_MS;
        return;
    }
    *retry_ms = RETRY_MIN_MS;
    if (work->agreed && now_ns - *followed_ns >= IDLE_MS * NS_PER_MS) {
        follow(server, work);
        *followed_ns = clock_boottime_ns(clock_system());
    }
}

void *server_keep(void *arg)
{
    struct server *server = arg;
    unsigned int retry_ms = RETRY_MIN_MS;
    int64_t followed_ns = clock_boottime_ns(clock_system());

    for (;;) {
        struct keeper_work work = find_work(server, IDLE_MS);

        if (work.ending) {
            return NULL;
        }
        do_work(server, &work, &retry_ms, &followed_ns);
    }
}
