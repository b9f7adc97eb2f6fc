/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "policyd/ledger_sqlite.h"
#include "policyd/ledger_sqlite_migrate.h"

/* Its lock is held. */
static void put_state(struct ledger_sqlite *store, enum ledger_state state,
                      const struct error *sentence)
{
    store->state = state;
    (void)snprintf(store->message, sizeof(store->message), "%s", sentence->message);
}

void ledger_sqlite_set_state(struct ledger_sqlite *store, enum ledger_state state,
                             const char *fmt, ...)
{
    struct error sentence; /* made printable there */
    va_list args;

    va_start(args, fmt);
    (void)error_set_va(&sentence, ERROR_UNAVAILABLE, fmt, args);
    va_end(args);
    (void)pthread_mutex_lock(&store->lock);
    put_state(store, state, &sentence);
    (void)pthread_mutex_unlock(&store->lock);
}

static enum ledger_state get_state(struct ledger_sqlite *store)
{
    (void)pthread_mutex_lock(&store->lock);
    enum ledger_state state = store->state;
    (void)pthread_mutex_unlock(&store->lock);
    return state;
}

/* Which state a failed write leads to, and its sentence. */
static enum ledger_state judge_failure(const struct ledger_sqlite *store,
                                       enum ldb_fault fault, const struct error *why,
                                       struct error *sentence)
{
    switch (fault) {
    case LDB_FAULT_SYNC:
        (void)error_set(sentence, ERROR_UNAVAILABLE,
                        "%.300s: nothing is written any more; check the disk, then "
                        "restart policyd",
                        why->message);
        return LEDGER_SYNC_LOST;
    case LDB_FAULT_DAMAGED:
        (void)error_set(
            sentence, ERROR_UNAVAILABLE,
            "%.300s: 'policyctl ledger rebuild' makes it anew from the journal and keeps "
            "%.100s aside",
            why->message, store->path);
        return LEDGER_DAMAGED;
    case LDB_FAULT_LOCKED:
    case LDB_FAULT_PASSING:
    case LDB_FAULT_NONE:
        break;
    }
    (void)error_set(sentence, ERROR_UNAVAILABLE, "%.400s; the next request tries again",
                    why->message);
    return LEDGER_FAILING;
}

/* Threads report side by side: what one of them has found is looked at and replaced in the same
 * turn of the lock. Only opening it again leads out of other states than these two. */
void ledger_sqlite_note(struct ledger_sqlite *store, bool ok, enum ldb_fault fault,
                        const struct error *why)
{
    struct error sentence = {0};
    enum ledger_state next =
        ok ? LEDGER_READY : judge_failure(store, fault, why, &sentence);

    (void)pthread_mutex_lock(&store->lock);
    if (store->state == LEDGER_READY || store->state == LEDGER_FAILING) {
        put_state(store, next, &sentence);
    }
    (void)pthread_mutex_unlock(&store->lock);
}

static bool refuse(struct ledger_sqlite *store, struct error *err)
{
    (void)pthread_mutex_lock(&store->lock);
    (void)error_set(err, ERROR_UNAVAILABLE, "%s", store->message);
    (void)pthread_mutex_unlock(&store->lock);
    return false;
}

bool ledger_sqlite_may_write(struct ledger_sqlite *store, struct error *err)
{
    enum ledger_state state = get_state(store);

    if (store->options.read_only) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the ledger was opened for reading only");
    }
    return state == LEDGER_READY || state == LEDGER_FAILING || refuse(store, err);
}

bool ledger_sqlite_may_read(struct ledger_sqlite *store, struct error *err)
{
    enum ledger_state state = get_state(store);

    return (state != LEDGER_DAMAGED && state != LEDGER_AWAY) || refuse(store, err);
}

bool ledger_sqlite_is_newer(struct ledger_sqlite *store)
{
    return get_state(store) == LEDGER_READ_ONLY;
}

void ledger_sqlite_health(void *ctx, struct ledger_health *out)
{
    struct ledger_sqlite *store = ctx;

    (void)pthread_mutex_lock(&store->lock);
    out->state = store->state;
    (void)snprintf(out->message, sizeof(out->message), "%s", store->message);
    out->schema_version = store->schema;
    out->schema_known = (int64_t)ledger_sqlite_migrations_len;
    out->fresh = store->fresh;
    out->checked_whole = store->checked_whole;
    out->wal_size = store->wal_size;
    (void)pthread_mutex_unlock(&store->lock);
}
