/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ledger_sqlite.h"
#include "policyd/ledger_sqlite_check.h"
#include "policyd/ledger_sqlite_migrate.h"
#include "policyd/ledger_sqlite_op.h"

/* ---- files --------------------------------------------------------------------------- */

/* One policyd writes; the lock goes with the process. SQLite's own locks are no help: they are
 * held for a moment only. */
static bool take_lock(struct ledger_sqlite *store, struct error *err)
{
    AUTO(fd) fd = open(store->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return error_set_errno(err, errno, "%s", store->lock_path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? error_set(err, ERROR_UNAVAILABLE,
                               "another program has the ledger %s open for writing",
                               store->path)
                   : error_set_errno(err, errno, "%s", store->lock_path);
    }
    store->lock_fd = file_take(&fd);
    return true;
}

/* An empty file is an empty database; SQLite gives its log the same mode. */
static bool make_file(const char *path, struct error *err)
{
    AUTO(fd) fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 && errno != EEXIST) {
        return error_set_errno(err, errno, "%s", path);
    }
    return true;
}

/* Nothing of ours may have the database open yet: closing any descriptor of it would drop
 * SQLite's locks. */
static bool prepare_files(struct ledger_sqlite *store, struct error *err)
{
    return take_lock(store, err) && make_file(store->path, err) &&
           file_check(store->path, FILE_NO_SYMLINK | FILE_SECRET, err);
}

/* ---- the database -------------------------------------------------------------------- */

static int after_commit(void *store, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    ledger_sqlite_checkpoint_hint(store, pages);
    return SQLITE_OK;
}

static bool use_log(struct ledger_sqlite *store, struct error *err)
{
    AUTO(string)
    limit = mem_printf("PRAGMA journal_size_limit = %llu",
                       (unsigned long long)store->options.wal_size_max);
    AUTO(string)
    size = mem_printf("PRAGMA max_page_count = %llu",
                      (unsigned long long)(store->options.size_max / LEDGER_PAGE_SIZE));

    if (!ldb_exec(&store->writer, "PRAGMA journal_mode = WAL", err) ||
        !ldb_exec(&store->writer, limit, err) ||
        (store->options.size_max > 0 && !ldb_exec(&store->writer, size, err))) {
        return false;
    }
    (void)sqlite3_wal_hook(store->writer.handle, after_commit, store);
    return true;
}

/*
 * Before anything else is written: if a sync failed in this life or the one before, part of the
 * log may be in memory only and yet look clean, and no later sync would bring it to the disk.
 * Written into the database it is synced there. A reader in the way matters only when we know
 * that a sync was lost.
 */
static bool flush_log(struct ledger_sqlite *store, struct error *err)
{
    return ledger_sqlite_flush(&store->writer, err) ||
           (store->writer.fault == LDB_FAULT_LOCKED && !store->opened_before);
}

/* What the node had on its way when it ended. */
static bool drop_stale_reservations(struct ledger_sqlite *store, struct error *err)
{
    static const char sql[] = "DELETE FROM reservations WHERE node = ?";
    AUTO(ldb_query) q = {0};

    if (store->opened_before) {
        return true;
    }
    if (!ldb_prepare(&store->writer, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, store->options.node);
    return ldb_run(&q, err);
}

/* A number that tells this ledger from every other one, also from one that replaced it. */
static bool name_instance(struct ledger_sqlite *store, struct error *err)
{
    unsigned char random[16];
    AUTO(buf) hex = BUF_EMPTY;

    if (!store->fresh) {
        return true;
    }
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return error_set_errno(err, errno, "no random numbers");
    }
    text_append_hex(&hex, random, sizeof(random));
    return ldb_put_setting(&store->writer, "instance", buf_text(&hex), err);
}

static void set_schema(struct ledger_sqlite *store, int64_t version, bool fresh)
{
    (void)pthread_mutex_lock(&store->lock);
    store->schema = version;
    store->fresh = fresh;
    (void)pthread_mutex_unlock(&store->lock);
}

/* Decides the state for a database that can be read but not used; true when it can. */
static bool is_usable(struct ledger_sqlite *store, enum ledger_schema schema,
                      int64_t version)
{
    if (schema == LEDGER_SCHEMA_NEWER) {
        ledger_sqlite_set_state(store, LEDGER_READ_ONLY,
                                "the ledger has schema %lld and this program knows %zu: "
                                "upgrade policyd; until then the ledger is only read",
                                (long long)version, ledger_sqlite_migrations_len);
    } else if (schema == LEDGER_SCHEMA_FOREIGN) {
        ledger_sqlite_set_state(store, LEDGER_AWAY,
                                "%.200s is a database of another program: configure "
                                "another path",
                                store->path);
    } else {
        return true;
    }
    return false;
}

/*
 * When SQLite 3.40 splits a page it passes by one at 1 GiB, and the commit then looks for pages behind
 * the database's end through all that it caches. A larger database has none there, and more inner pages
 * of indexes that shall stay. One that grows beyond that has the small cache until it is opened again.
 */
static bool choose_cache(struct ldb *db, struct error *err)
{
    static const int64_t passed_by = (INT64_C(1) << 30) / LEDGER_PAGE_SIZE;
    int64_t pages = 0;

    return ldb_exec_int(db, "PRAGMA page_count", &pages, err) &&
           (pages > passed_by || ldb_exec(db, "PRAGMA cache_size = -16384", err));
}

/*
 * Each commit is synced by us. And a transaction goes into the log when it ends, not before, however
 * large it is: SQLite 3.40 may leave a frame without its checksum when it undoes a savepoint of
 * which part is in the log, and who reads the log after a crash takes it to end there.
 */
static bool choose_commits(struct ldb *db, struct error *err)
{
    return ldb_exec(db, "PRAGMA synchronous = NORMAL; PRAGMA cache_spill = OFF", err);
}

static bool set_up(struct ledger_sqlite *store, int64_t now_utc, struct error *err)
{
    struct ldb *db = &store->writer;
    bool whole = false;

    if (!use_log(store, err) || !flush_log(store, err) ||
        !ledger_sqlite_check(db, store->options.check_ms, &whole, err) ||
        !ledger_sqlite_migrate(db, ledger_sqlite_migrations, ledger_sqlite_migrations_len,
                               now_utc, err) ||
        !drop_stale_reservations(store, err) || !name_instance(store, err) ||
        !choose_cache(db, err) || !choose_commits(db, err) ||
        !ldb_find_log(db, &store->log, err)) {
        return false;
    }
    set_schema(store, (int64_t)ledger_sqlite_migrations_len, store->fresh);
    store->gathered = ldb_log_new(store->log);
    store->opened_before = true;
    (void)pthread_mutex_lock(&store->lock);
    store->checked_whole = whole;
    (void)pthread_mutex_unlock(&store->lock);
    return true;
}

/* False without an error when the state is decided. */
static bool look_at_schema(struct ledger_sqlite *store, struct ldb *db, bool *decided,
                           struct error *err)
{
    enum ledger_schema schema = LEDGER_SCHEMA_EMPTY;
    int64_t version = 0;

    if (!ledger_sqlite_schema(db, ledger_sqlite_migrations_len, &version, &schema, err)) {
        return false;
    }
    set_schema(store, version, schema == LEDGER_SCHEMA_EMPTY);
    *decided = !is_usable(store, schema, version);
    return true;
}

/* ---- open and close ------------------------------------------------------------------ */

static void set_failed(struct ledger_sqlite *store, enum ldb_fault fault,
                       const struct error *why)
{
    if (fault == LDB_FAULT_DAMAGED || fault == LDB_FAULT_SYNC) {
        ledger_sqlite_set_state(store, LEDGER_READY, "%s", "");
        ledger_sqlite_note(store, false, fault, why);
    } else {
        ledger_sqlite_set_state(store, LEDGER_AWAY, "the ledger cannot be opened: %.400s",
                                why->message);
    }
}

static void open_for_reading(struct ledger_sqlite *store)
{
    AUTO(ldb) db = {0};
    struct error why;
    bool decided = false;

    if (!ldb_open(&db, store->path, LDB_READ, store->options.lock_wait_ms, &why) ||
        !look_at_schema(store, &db, &decided, &why)) {
        set_failed(store, db.fault, &why);
    } else if (!decided) {
        ledger_sqlite_set_state(store, LEDGER_READY, "%s", "");
    }
}

static void open_for_writing(struct ledger_sqlite *store, int64_t now_utc)
{
    struct ldb *db = &store->writer;
    struct error why;
    bool decided = false;

    db->fault = LDB_FAULT_NONE;
    if (!prepare_files(store, &why) ||
        !ldb_open(db, store->path, LDB_WRITE, store->options.lock_wait_ms, &why) ||
        !look_at_schema(store, db, &decided, &why) ||
        (!decided && !set_up(store, now_utc, &why))) {
        set_failed(store, db->fault, &why);
        decided = true;
    }
    if (decided) {
        ldb_close_untouched(db);
        return;
    }
    ledger_sqlite_checkpoint_start(store);
    ledger_sqlite_set_state(store, LEDGER_READY, "%s", "");
}

void ledger_sqlite_open_all(struct ledger_sqlite *store, int64_t now_utc)
{
    if (store->options.read_only) {
        open_for_reading(store);
    } else {
        open_for_writing(store, now_utc);
    }
}

void ledger_sqlite_close_all(struct ledger_sqlite *store)
{
    struct error why;
    bool sound = ledger_sqlite_may_write(store, &why);

    ledger_sqlite_checkpoint_stop(store);
    ldb_log_free(store->gathered);
    store->gathered = NULL;
    store->log = NULL;
    if (sound) {
        ldb_close(&store->writer); /* the last one brings the log into the database */
    } else {
        ldb_close_untouched(&store->writer);
    }
    if (store->lock_fd >= 0) {
        (void)close(store->lock_fd);
        store->lock_fd = -1;
    }
}
