/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include "policyd/server_decisions.h"
#include "policyd/server_reconcile.h"

/*
 * The keeper: one thread that keeps ledger and journal together. After a connection, and whenever
 * they may differ, it compares them before anything is issued; else it lets the cursor follow now
 * and then, so that there is never much to compare, and ends what waited too long.
 */
enum {
    IDLE_MS = 5000,     /* how often the cursor follows what was issued */
    RETRY_MIN_MS = 100, /* after a failure, doubling */
    RETRY_MAX_MS = 5000,
    LAPSE_EVERY_S = 60, /* how often requests are looked for whose time is over */
    LAPSE_MAX = 256,    /* at once: others wait for the ledger meanwhile */
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

/* ---- what waited too long ------------------------------------------------------------ */

static void lapse(struct server *server, int64_t now_utc)
{
    struct ledger_op op = {.kind = LEDGER_EXPIRE,
                           .expire = {.now_utc = now_utc, .limit = LAPSE_MAX}};
    int64_t lapsed = 0;
    struct error why = {0};
    bool ok = true;

    do {
        ok = ledger_execute(server->options.ledger, &op, &why);
        lapsed += ok ? op.expire.expired : 0;
    } while (ok && op.expire.expired == LAPSE_MAX);
    if (lapsed > 0) {
        log_event(LOG_INFO, "request.lapsed", LOG_FIELDS(log_number("requests", lapsed)));
    }
    if (!ok) {
        log_event_limited(LOG_WARNING, "request.not_lapsed",
                          LOG_FIELDS(log_text("why", why.message)));
    }
}

/*
 * Nothing lapses by a clock that is in doubt: an operator has to say first that it is right. When
 * to look goes by the one that is never set: a wall clock that was ahead for a while would have us
 * wait for as long.
 */
static void lapse_now_and_then(struct server *server, int64_t *next_ns)
{
    const struct clock_mark now = clock_mark_now(server->options.clock);

    server_lock(server);
    bool doubt = server_doubts_clock(server, now);
    server_unlock(server);
    if (!doubt && now.boottime_ns >= *next_ns) {
        lapse(server, now.now_ns / CLOCK_NS_PER_SECOND);
        *next_ns = now.boottime_ns + (int64_t)LAPSE_EVERY_S * CLOCK_NS_PER_SECOND;
    }
}

static void pause_keeper(struct server *server, unsigned int ms)
{
    server_lock(server);
    if (!server->ending) {
        server_wait(server, ms);
    }
    server_unlock(server);
}

/* When something was last done, and is to be done. */
struct keeper_times {
    unsigned int retry_ms;
    int64_t followed_ns; /* the cursor last followed */
    int64_t
        lapse_ns; /* by the server's clock that is never set: requests are looked for next whose time is over */
};

/* Whatever is due. */
static void do_work(struct server *server, const struct keeper_work *work,
                    struct keeper_times *times)
{
    int64_t now_ns = clock_boottime_ns(clock_system());

    if (work->compare && !compare(server, work->connection)) {
        pause_keeper(server, times->retry_ms);
        times->retry_ms =
            2 * times->retry_ms < RETRY_MAX_MS ? 2 * times->retry_ms : RETRY_MAX_MS;
        return;
    }
    times->retry_ms = RETRY_MIN_MS;
    if (work->agreed && now_ns - times->followed_ns >= IDLE_MS * NS_PER_MS) {
        follow(server, work);
        lapse_now_and_then(server, &times->lapse_ns);
        times->followed_ns = clock_boottime_ns(clock_system());
    }
}

void *server_keep(void *arg)
{
    struct server *server = arg;
    struct keeper_times times = {.retry_ms = RETRY_MIN_MS,
                                 .followed_ns = clock_boottime_ns(clock_system())};

    (void)pthread_setname_np(pthread_self(), SERVER_KEEPER);
    for (;;) {
        struct keeper_work work = find_work(server, IDLE_MS);

        if (work.ending) {
            return NULL;
        }
        do_work(server, &work, &times);
    }
}
