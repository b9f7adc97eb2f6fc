/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_reconcile.h"

#include "common/base/log.h"

#include "policyd/server_journal.h"
#include "policyd/server_survey.h"

enum { IN_FLIGHT_WAIT_MS = 100 };

static bool is_in_flight(void *ctx, const char *request_id)
{
    return server_is_in_flight(ctx, request_id);
}

/* A ledger that lost a sync or could not be opened is tried again. */
static bool open_ledger(struct server *server, struct error *err)
{
    struct ledger_health health;

    ledger_health_get(server->options.ledger, &health);
    if (health.state == LEDGER_READY || health.state == LEDGER_FAILING) {
        return true;
    }
    if (health.state == LEDGER_SYNC_LOST || health.state == LEDGER_AWAY) {
        return ledger_reopen(server->options.ledger, server_now_utc(server), err);
    }
    return error_set(err,
                     health.state == LEDGER_DAMAGED ? ERROR_CONFLICT : ERROR_UNAVAILABLE,
                     "%s", health.message);
}

static void note_position(struct server *server, uint64_t through)
{
    server_lock(server);
    server->reconciled = through;
    server_unlock(server);
}

/* Also an empty stretch is written: that shows whether the ledger can be written at all. */
static bool take_over(struct server *server, const struct server_stretch *stretch,
                      struct error *err)
{
    struct ledger_op op = {
        .kind = LEDGER_RECONCILE,
        .reconcile = {.signer = server->signer_name,
                      .after = (int64_t)stretch->after,
                      .through = (int64_t)stretch->through,
                      .record = stretch->record,
                      .now_utc = server_now_utc(server),
                      .entries = stretch->entries,
                      .entries_len = stretch->entry_count,
                      .undelivered_max = server->options.undelivered_max}};

    if (!ledger_execute(server->options.ledger, &op, err)) {
        return false;
    }
    note_position(server, stretch->through);
    if (op.reconcile.added > 0 || op.reconcile.revoked > 0) {
        log_event(LOG_WARNING, "ledger.reconciled",
                  LOG_FIELDS(log_size("undelivered", op.reconcile.added),
                             log_size("revocations", op.reconcile.revoked)));
    }
    if (op.reconcile.revoked > 0) {
        server_crl_wanted(server);
    }
    return true;
}

static bool is_over(struct server *server, uint64_t connection)
{
    server_lock(server);
    bool over = server->ending || server->connection != connection;
    server_unlock(server);
    return over;
}

static void wait_for_landing(struct server *server)
{
    server_lock(server);
    server_wait(server, IN_FLIGHT_WAIT_MS);
    server_unlock(server);
}

/* One stretch; finished: there is nothing behind it that may be taken over now. */
static bool advance(struct server *server, uint64_t connection, bool *stopped,
                    bool *finished, struct error *err)
{
    const struct server_stretch_source source = {.port = server->port,
                                                 .connection = connection,
                                                 .node = server->options.node,
                                                 .is_in_flight = is_in_flight,
                                                 .ctx = server};
    struct ledger_cursor cursor;
    AUTO(server_stretch) stretch = NULL;

    if (!ledger_cursor_get(server->options.ledger, server->signer_name, &cursor, err) ||
        !server_stretch_read(&source, &cursor, &stretch, err) ||
        !take_over(server, stretch, err)) {
        return false;
    }
    *stopped = stretch->stopped;
    *finished = !stretch->stopped && !stretch->more;
    return true;
}

bool server_reconcile(struct server *server, uint64_t connection, bool whole,
                      struct error *err)
{
    bool finished = false;
    bool stopped = false;

    if (!open_ledger(server, err) || (whole && !server_survey(server, connection, err))) {
        return false;
    }
    while (!finished) {
        if (is_over(server, connection)) {
            return error_set(err, ERROR_UNAVAILABLE,
                             "the connection to the signer ended");
        }
        if (!advance(server, connection, &stopped, &finished, err)) {
            return false;
        }
        if (stopped && !whole) {
            return true;
        }
        if (stopped) {
            wait_for_landing(server);
        }
    }
    return true;
}
