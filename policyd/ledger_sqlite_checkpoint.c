/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

#include "policyd/ledger_sqlite.h"

enum { FRAME_SIZE = LEDGER_PAGE_SIZE + 24, FORCED_WAIT_MS = 200 };

/* A failed sync or a damaged page counts; no room for the database does not yet: the log has it
 * all, and the next write will tell. */
static void note(struct ledger_sqlite *store, struct ldb *db, int rc)
{
    struct error why;

    if (rc == SQLITE_OK) {
        return;
    }
    (void)ldb_fail(&why, db, rc);
    if (db->fault == LDB_FAULT_SYNC || db->fault == LDB_FAULT_DAMAGED) {
        ledger_sqlite_note(store, false, db->fault, &why);
    }
}

/* Brings over what no reader and no writer stands in the way of; disturbs neither. */
static void checkpoint_passively(struct ledger_sqlite *store, struct ldb *db)
{
    struct error why;

    if (!ledger_sqlite_may_write(store, &why)) {
        return;
    }
    (void)pthread_mutex_lock(&store->checkpoint_lock);
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                       NULL);
    (void)pthread_mutex_unlock(&store->checkpoint_lock);
    note(store, db, rc);
}

static bool wait_for_work(struct ledger_sqlite *store)
{
    (void)pthread_mutex_lock(&store->lock);
    while (!store->checkpoint_wanted && !store->checkpoint_stop) {
        (void)pthread_cond_wait(&store->checkpoint_work, &store->lock);
    }
    bool go_on = !store->checkpoint_stop;
    store->checkpoint_wanted = false;
    (void)pthread_mutex_unlock(&store->lock);
    return go_on;
}

static void *checkpoint_loop(void *arg)
{
    struct ledger_sqlite *store = arg;
    AUTO(ldb) db = {0};
    struct error why;

    if (!ldb_open(&db, store->path, LDB_WRITE, store->options.lock_wait_ms, &why)) {
        return NULL; /* the committer does it when the log is too large */
    }
    while (wait_for_work(store)) {
        checkpoint_passively(store, &db);
    }
    return NULL;
}

void ledger_sqlite_checkpoint_start(struct ledger_sqlite *store)
{
    store->checkpoint_stop = false;
    store->wal_size = 0;
    store->wal_brought = 0;
    store->wal_force_at = store->options.wal_size_max;
    store->checkpoint_running =
        pthread_create(&store->checkpointer, NULL, checkpoint_loop, store) == 0;
}

void ledger_sqlite_checkpoint_stop(struct ledger_sqlite *store)
{
    if (!store->checkpoint_running) {
        return;
    }
    (void)pthread_mutex_lock(&store->lock);
    store->checkpoint_stop = true;
    (void)pthread_cond_signal(&store->checkpoint_work);
    (void)pthread_mutex_unlock(&store->lock);
    (void)pthread_join(store->checkpointer, NULL);
    store->checkpoint_running = false;
}

/* Its lock is held. The log seldom begins anew while commits come, and most of them write the same
 * pages: those are brought over once each time it has grown, not after each commit. Towards the
 * size where the committer stops for it the steps become smaller, so that little is left to do then. */
static bool is_time(const struct ledger_sqlite *store)
{
    uint64_t step = store->options.wal_checkpoint_at;
    uint64_t room = store->wal_force_at > store->wal_brought
                        ? store->wal_force_at - store->wal_brought
                        : 0;

    if (store->wal_size < step) {
        return false;
    }
    step = room / 2 < step ? room / 2 : step;
    return store->wal_size - store->wal_brought >= step;
}

void ledger_sqlite_checkpoint_hint(struct ledger_sqlite *store, int pages)
{
    uint64_t size = (uint64_t)pages * FRAME_SIZE;

    (void)pthread_mutex_lock(&store->lock);
    if (size < store->wal_size) { /* it has begun anew */
        store->wal_brought = 0;
    }
    store->wal_size = size;
    if (store->wal_size < store->options.wal_size_max) {
        store->wal_force_at = store->options.wal_size_max;
    }
    if (is_time(store)) {
        store->wal_brought = size;
        store->checkpoint_wanted = true;
        (void)pthread_cond_signal(&store->checkpoint_work);
    }
    (void)pthread_mutex_unlock(&store->lock);
}

/* After this the next write begins at the start of the log. With a long reader in the way it
 * gives up and tries again when the log has grown by as much as is usually brought over. */
static void checkpoint_forcibly(struct ledger_sqlite *store)
{
    struct ldb *db = &store->writer;

    /* SQLite waits for readers as told, but never for another checkpoint. */
    ledger_sqlite_take_writer(store);
    (void)pthread_mutex_lock(&store->checkpoint_lock);
    (void)sqlite3_busy_timeout(db->handle, FORCED_WAIT_MS);
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL,
                                       NULL);
    (void)sqlite3_busy_timeout(db->handle, (int)store->options.lock_wait_ms);
    (void)pthread_mutex_unlock(&store->checkpoint_lock);
    note(store, db, rc);
    ledger_sqlite_give_writer(store);
    if (rc != SQLITE_OK) {
        (void)pthread_mutex_lock(&store->lock);
        store->wal_force_at = store->wal_size + store->options.wal_checkpoint_at;
        (void)pthread_mutex_unlock(&store->lock);
    }
}

void ledger_sqlite_rest(void *ctx)
{
    struct ledger_sqlite *store = ctx;
    struct error why;

    (void)pthread_mutex_lock(&store->lock);
    bool too_large = store->wal_size >= store->wal_force_at;
    (void)pthread_mutex_unlock(&store->lock);
    if (too_large && ledger_sqlite_may_write(store, &why)) {
        checkpoint_forcibly(store);
    }
}

bool ledger_sqlite_flush(struct ldb *db, struct error *err)
{
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                       NULL);

    return rc == SQLITE_OK || ldb_fail(err, db, rc);
}
