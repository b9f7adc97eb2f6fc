/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_check.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <time.h>

/* Interrupts the check when its time is over: SQLite 3.40 asks no progress handler within it. */
struct watch {
    sqlite3 *handle;
    struct timespec deadline;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
};

static void *watch_loop(void *arg)
{
    struct watch *w = arg;
    int waited = 0;

    (void)pthread_mutex_lock(&w->lock);
    while (!w->done && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&w->wake, &w->lock, &w->deadline);
    }
    if (!w->done) {
        sqlite3_interrupt(w->handle);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void watch_init(struct watch *w, sqlite3 *handle, unsigned int ms)
{
    pthread_condattr_t attributes;

    *w = (struct watch){.handle = handle};
    (void)clock_gettime(CLOCK_MONOTONIC, &w->deadline);
    int64_t ns = w->deadline.tv_nsec + (int64_t)ms * 1000000;
    w->deadline.tv_sec += (time_t)(ns / 1000000000);
    w->deadline.tv_nsec = (long)(ns % 1000000000);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&w->lock, NULL);
}

static void watch_clear(struct watch *w)
{
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
}

/* Without a statement of the cache: its text is run once. */
static int run_check(struct ldb *db, bool *sound)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);

        *sound = text != NULL && strcmp(text, "ok") == 0;
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

static int run_watched(struct ldb *db, unsigned int check_ms, bool *sound)
{
    struct watch w;
    pthread_t thread;

    watch_init(&w, db->handle, check_ms);
    if (pthread_create(&thread, NULL, watch_loop, &w) != 0) {
        watch_clear(&w);
        return SQLITE_INTERRUPT; /* better not to look than to look for ever */
    }
    int rc = run_check(db, sound);
    (void)pthread_mutex_lock(&w.lock);
    w.done = true;
    (void)pthread_cond_signal(&w.wake);
    (void)pthread_mutex_unlock(&w.lock);
    (void)pthread_join(thread, NULL);
    watch_clear(&w);
    return rc;
}

bool ledger_sqlite_check(struct ldb *db, unsigned int check_ms, bool *whole,
                         struct error *err)
{
    bool sound = false;
    int rc = run_watched(db, check_ms, &sound);

    if ((rc & 0xFF) == SQLITE_INTERRUPT) {
        *whole = false;
        return true;
    }
    if (rc != SQLITE_ROW) {
        return ldb_fail(err, db, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc);
    }
    if (!sound) {
        return ldb_fail(err, db, SQLITE_CORRUPT);
    }
    *whole = true;
    return true;
}
