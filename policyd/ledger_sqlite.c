/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite.h"

#include <sqlite3.h>

#include "common/base/mem.h"

static bool reopen(void *ctx, int64_t now_utc, struct error *err)
{
    struct ledger_sqlite *store = ctx;

    if (!ledger_sqlite_readers_close(store, err)) {
        return false;
    }
    /* With the last connection closed and the log left alone, the next one reads the log anew
     * and trusts only what its checksums cover. */
    ledger_sqlite_set_state(store, LEDGER_AWAY, "the ledger is being opened again");
    ledger_sqlite_take_writer(store);
    ledger_sqlite_close_all(store);
    ledger_sqlite_open_all(store, now_utc);
    ledger_sqlite_give_writer(store);
    return ledger_sqlite_may_write(store, err);
}

static void free_store(void *ctx)
{
    struct ledger_sqlite *store = ctx;
    struct error why;

    if (!ledger_sqlite_readers_close(store, &why)) {
        return; /* somebody reads still: our bug, and better a leak than a crash */
    }
    ledger_sqlite_close_all(store);
    (void)pthread_cond_destroy(&store->checkpoint_work);
    (void)pthread_cond_destroy(&store->reader_free);
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->checkpoint_lock);
    (void)pthread_mutex_destroy(&store->writer_lock);
    free(store->lock_path);
    free(store->path);
    free(store);
}

static const struct ledger_store_methods methods = {
    .write = ledger_sqlite_write,
    .sync = ledger_sqlite_sync,
    .rest = ledger_sqlite_rest,
    .read = ledger_sqlite_read,
    .crl_open = ledger_sqlite_crl_open,
    .crl_next = ledger_sqlite_crl_next,
    .crl_rewind = ledger_sqlite_crl_rewind,
    .crl_free = ledger_sqlite_crl_free,
    .health = ledger_sqlite_health,
    .reopen = reopen,
    .free = free_store,
};

static void fill_defaults(struct ledger_options *o)
{
    o->lock_wait_ms = o->lock_wait_ms == 0 ? 5000 : o->lock_wait_ms;
    o->check_ms = o->check_ms == 0 ? 1000 : o->check_ms;
    o->readers_max = o->readers_max == 0 ? 8 : o->readers_max;
    if (o->readers_max > LEDGER_READERS_MAX) {
        o->readers_max = LEDGER_READERS_MAX;
    }
    o->wal_checkpoint_at = o->wal_checkpoint_at == 0 ? 16U << 20 : o->wal_checkpoint_at;
    o->wal_size_max = o->wal_size_max == 0 ? 64U << 20 : o->wal_size_max;
}

/* Counting its memory takes a lock of the whole process at each allocation. Refused once SQLite
 * has begun, which changes nothing. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct ledger_store ledger_sqlite_store(const struct ledger_options *options)
{
    struct ledger_sqlite *store = mem_new(sizeof(*store));
    pthread_condattr_t attributes;

    configure_library();
    store->options = *options;
    fill_defaults(&store->options);
    store->path = mem_strdup(options->path);
    store->options.path = store->path;
    store->lock_path = mem_printf("%s.lock", options->path);
    store->lock_fd = -1;
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_mutex_init(&store->checkpoint_lock, NULL);
    (void)pthread_mutex_init(&store->writer_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&store->reader_free, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_cond_init(&store->checkpoint_work, NULL);
    ledger_sqlite_open_all(store, options->now_utc);
    return (struct ledger_store){store, &methods};
}
