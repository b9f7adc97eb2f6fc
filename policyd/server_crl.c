/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_crl.h"

/*
 * The publisher: one thread that keeps the CRL fresh: once when ledger and journal first agree, a
 * while after a revocation, before nextUpdate, and when it is asked.
 */
enum {
    LOOK_MS = 1000,  /* how often the clock is looked at */
    RETRY_MS = 5000, /* after a failure */
    NS_PER_MS = 1000000,
};

void server_crl_wanted(struct server *server)
{
    int64_t due_ns = clock_boottime_ns(clock_system()) +
                     (int64_t)server->options.crl_debounce_ms * NS_PER_MS;

    server_lock(server);
    if (!server->crl_due) {
        server->crl_due = true;
        server->crl_due_ns = due_ns;
        (void)pthread_cond_broadcast(&server->changed);
    }
    server_unlock(server);
}

/* The lock is held. Ledger and journal agree, or the CRL could lack what is revoked (I7). */
static bool is_possible(const struct server *server)
{
    return server->connection != 0 && server->agreed == server->connection &&
           server->options.public_dir != NULL;
}

static bool is_due(const struct server *server, int64_t now_utc)
{
    return (server->crl_due && clock_boottime_ns(clock_system()) >= server->crl_due_ns) ||
           (!server->crl_due &&
            server->crl_next_update_utc - server->options.crl_renew_before_s <= now_utc);
}

/* The lock is held. How long there is surely nothing to do. */
static unsigned int wait_for(const struct server *server)
{
    int64_t left_ns = server->crl_due_ns - clock_boottime_ns(clock_system());

    if (!server->crl_due || left_ns > (int64_t)LOOK_MS * NS_PER_MS) {
        return LOOK_MS;
    }
    return left_ns > 0 ? (unsigned int)(left_ns / NS_PER_MS) + 1 : LOOK_MS;
}

/* What was revoked so far will be on it; what comes from now on is due again. */
static void begin(struct server *server)
{
    server->crl_due = false;
    server_unlock(server);
}

static void note_result(struct server *server, uint64_t asked, int64_t next_update_utc,
                        const struct error *why)
{
    server_lock(server);
    server->crl_ok = why == NULL;
    if (why == NULL) {
        server->crl_next_update_utc = next_update_utc;
        server->published++;
    } else {
        server->crl_error = *why;
        server->crl_due = true;
        server->crl_due_ns =
            clock_boottime_ns(clock_system()) + (int64_t)RETRY_MS * NS_PER_MS;
    }
    server->crl_answered = asked;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
}

static void publish(struct server *server, uint64_t asked)
{
    struct error why;
    int64_t next_update_utc = 0;

    if (server_crl_make(server, &next_update_utc, &why)) {
        note_result(server, asked, next_update_utc, NULL);
        server_clear_fault(server, SERVER_TROUBLE_CRL);
        return;
    }
    note_result(server, asked, 0, &why);
    (void)error_wrap(&why, "the CRL was not published");
    server_set_fault(server, SERVER_TROUBLE_CRL, "policyctl crl publish", why.message);
}

void *server_publish_loop(void *arg)
{
    struct server *server = arg;

    (void)pthread_setname_np(pthread_self(), SERVER_PUBLISHER);
    server_lock(server);
    while (!server->ending) {
        uint64_t asked = server->crl_asked;
        bool now = asked != server->crl_answered;

        if (is_possible(server) && (now || is_due(server, server_now_utc(server)))) {
            begin(server);
            publish(server, asked);
            server_lock(server);
        } else {
            server_wait(server, wait_for(server));
        }
    }
    server_unlock(server);
    return NULL;
}

bool server_publish(struct server *server, struct error *err)
{
    bool ok = false;

    server_lock(server);
    if (!is_possible(server)) {
        bool connected = server->connection != 0;

        server_unlock(server);
        return error_set(err, ERROR_UNAVAILABLE,
                         server->options.public_dir == NULL
                             ? "no directory for CRLs is configured"
                         : connected ? "ledger and journal are being compared"
                                     : "the signer is not connected");
    }
    uint64_t mine = ++server->crl_asked;
    (void)pthread_cond_broadcast(&server->changed);
    while (server->crl_answered < mine && !server->ending && is_possible(server)) {
        server_wait(server, LOOK_MS);
    }
    ok = server->crl_answered >= mine && server->crl_ok;
    if (!ok && server->crl_answered >= mine) {
        *err = server->crl_error;
    } else if (!ok) {
        (void)error_set(err, ERROR_UNAVAILABLE, "the connection to the signer ended");
    }
    server_unlock(server);
    return ok;
}
