/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "policyd/server_journal.h"
#include "policyd/server_reconcile.h"

enum { LANDING_MS = 100 };

/* A database and what SQLite keeps beside it. */
static const char *const parts[] = {"", "-wal", "-shm", ".lock"};

/* ---- one at a time, and nothing on its way ------------------------------------------- */

static bool enter(struct server *server, uint64_t *connection, struct error *err)
{
    server_lock(server);
    if (server->rebuilding || server->connection == 0) {
        bool busy = server->rebuilding;

        server_unlock(server);
        return busy
                   ? error_set(err, ERROR_CONFLICT, "the ledger is being rebuilt already")
                   : error_set(err, ERROR_UNAVAILABLE, "the signer is not connected");
    }
    server->rebuilding = true;
    server->agreed = 0;
    *connection = server->connection;
    signer_port_admit(server->port, *connection, false);
    while (server->flight_count > 0) {
        server_wait(server, LANDING_MS);
    }
    server_unlock(server);
    return true;
}

/* Then the keeper compares, and what goes on is the ledger that lies there now. */
static void leave(struct server *server)
{
    server_lock(server);
    server->rebuilding = false;
    server->doubt = true;
    (void)pthread_cond_broadcast(&server->changed);
    server_unlock(server);
}

/* ---- the new ledger ------------------------------------------------------------------ */

static void count(const struct server_stretch *stretch, const struct ledger_reconcile *r,
                  struct server_rebuilt *out)
{
    out->records = stretch->through;
    out->certificates += r->added;
    out->revocations += r->revoked;
}

static bool fill(struct server *server, uint64_t connection, struct ledger *fresh,
                 struct server_rebuilt *out, struct error *err)
{
    const struct server_stretch_source source = {
        .port = server->port, .connection = connection, .node = server->options.node};
    struct ledger_cursor cursor = {0};
    bool more = true;

    while (more) {
        AUTO(server_stretch) stretch = NULL;

        if (!server_stretch_read(&source, &cursor, &stretch, err)) {
            return false;
        }
        struct ledger_op op = {.kind = LEDGER_RECONCILE,
                               .reconcile = {.signer = server->signer_name,
                                             .after = (int64_t)stretch->after,
                                             .through = (int64_t)stretch->through,
                                             .record = stretch->record,
                                             .now_utc = server_now_utc(server),
                                             .entries = stretch->entries,
                                             .entries_len = stretch->entry_count,
                                             .rebuild = true}};
        if (!ledger_execute(fresh, &op, err)) {
            return false;
        }
        count(stretch, &op.reconcile, out);
        cursor.reconciled = (int64_t)stretch->through;
        cursor.record = stretch->record;
        more = stretch->more;
    }
    return true;
}

static bool add_undelivered(void *ctx, const struct ledger_certificate *c,
                            struct error *err)
{
    uint64_t *undelivered = ctx;

    (void)c;
    (void)err;
    (*undelivered)++;
    return true;
}

static bool count_undelivered(struct ledger *fresh, uint64_t *out, struct error *err)
{
    const struct ledger_list_query query = {.list = LEDGER_LIST_UNDELIVERED,
                                            .limit = LEDGER_PAGE_MAX};
    struct ledger_page page = {.more = true};

    while (page.more) {
        if (!ledger_certificate_list(fresh, &query, &page, add_undelivered, out, err)) {
            return false;
        }
    }
    return true;
}

static bool build(struct server *server, uint64_t connection, const char *path,
                  struct server_rebuilt *out, struct error *err)
{
    const struct ledger_options options = {
        .path = path, .node = server->options.node, .now_utc = server_now_utc(server)};
    AUTO(ledger) fresh = ledger_open(&options);
    struct ledger_health health;

    ledger_health_get(fresh, &health);
    if (health.state != LEDGER_READY) {
        return error_set(err, ERROR_UNAVAILABLE, "%s", health.message);
    }
    return fill(server, connection, fresh, out, err) &&
           count_undelivered(fresh, &out->undelivered, err);
}

/* ---- the exchange -------------------------------------------------------------------- */

static void remove_all(const char *path)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        AUTO(string) part = mem_printf("%s%s", path, parts[i]);

        (void)unlink(part);
    }
}

/* The lock's file stays: whoever holds it goes on holding it. */
static bool move_all(const char *from, const char *to, struct error *err)
{
    for (size_t i = 0; i + 1 < sizeof(parts) / sizeof(parts[0]); i++) {
        AUTO(string) source = mem_printf("%s%s", from, parts[i]);
        AUTO(string) target = mem_printf("%s%s", to, parts[i]);

        if (rename(source, target) != 0 && errno != ENOENT) {
            return error_set_errno(err, errno, "moving %s to %s", source, target);
        }
    }
    return true;
}

/* A name that no earlier one has, be it of the same second. */
static void name_kept(const char *path, int64_t now_utc, struct server_rebuilt *out)
{
    unsigned int number = 1;

    (void)snprintf(out->kept, sizeof(out->kept), "%.400s.replaced-%lld", path,
                   (long long)now_utc);
    while (access(out->kept, F_OK) == 0) {
        (void)snprintf(out->kept, sizeof(out->kept), "%.400s.replaced-%lld-%u", path,
                       (long long)now_utc, ++number);
    }
}

/*
 * The old database goes aside while it is open (its log stays with it), the new one takes its name,
 * and then it is opened. A crash in between leaves no ledger there: the next start makes an empty
 * one, does not issue, and asks for a rebuild.
 */
static bool exchange(struct server *server, const char *fresh, struct server_rebuilt *out,
                     struct error *err)
{
    const char *path = server->options.ledger_path;

    name_kept(path, server_now_utc(server), out);
    return move_all(path, out->kept, err) && move_all(fresh, path, err) &&
           ledger_reopen(server->options.ledger, server_now_utc(server), err);
}

static bool rebuild(struct server *server, uint64_t connection,
                    struct server_rebuilt *out, struct error *err)
{
    AUTO(string) path = mem_printf("%s.rebuilding", server->options.ledger_path);

    remove_all(path);
    bool done =
        build(server, connection, path, out, err) && exchange(server, path, out, err);
    remove_all(path);
    return done;
}

bool server_rebuild(struct server *server, struct server_rebuilt *out, struct error *err)
{
    struct server_rebuilt rebuilt = {0};
    uint64_t connection = 0;

    if (!enter(server, &connection, err)) {
        return false;
    }
    bool done = rebuild(server, connection, &rebuilt, err);
    leave(server);
    if (done) {
        server_crl_wanted(server); /* the new ledger knows of none */
        log_event(LOG_WARNING, "ledger.rebuilt",
                  LOG_FIELDS(log_size("certificates", rebuilt.certificates),
                             log_size("revocations", rebuilt.revocations),
                             log_text("kept", rebuilt.kept)));
        *out = rebuilt;
    }
    return done;
}
