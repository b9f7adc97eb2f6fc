/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite: the parts of the SQLite back end. Private to ledger_sqlite_*.c.
 *
 * One connection writes, on the committer's thread; one thread with its own brings the log into
 * the database; a pool of others reads. The state is decided in one place from what failed.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_H
#define AE_POLICYD_LEDGER_SQLITE_H

#include <pthread.h>
#include <stdatomic.h>

#include "policyd/ledger_sqlite_db.h"
#include "policyd/ledger_sqlite_log.h"
#include "policyd/ledger_store.h"

enum { LEDGER_READERS_MAX = 64, LEDGER_PAGE_SIZE = 4096 };

struct ledger_sqlite_reader {
    struct ldb db;
    bool open;
    bool busy;
};

/* One that waits for a reader; lives on its stack. */
struct ledger_sqlite_turn {
    struct ledger_sqlite_turn *next;
};

struct ledger_sqlite {
    struct ledger_options options; /* defaults filled in */
    char *path;
    char *lock_path;

    int lock_fd;              /* -1: not ours to write */
    bool opened_before;       /* in this process: requests may be on their way */
    struct sqlite3_file *log; /* the writer's; found before it is ready */
    struct ldb_log *gathered; /* stands before it while the writer is in use */

    pthread_mutex_t writer_lock; /* held for a transaction, not while it is synced */
    atomic_bool writer_wanted;   /* who writes waits for it: nobody reads there now */
    struct ldb writer;           /* the committer writes, others may read */

    pthread_mutex_t checkpoint_lock; /* held while the log is brought over */

    pthread_mutex_t lock; /* of all that follows */
    enum ledger_state state;
    char message[512];
    int64_t schema;
    bool fresh;
    bool checked_whole;
    uint64_t wal_size;     /* octets, after the last commit */
    uint64_t wal_brought;  /* what it was when it was last time to bring it over */
    uint64_t wal_force_at; /* stop for a checkpoint when it is larger */
    bool checkpoint_wanted;
    bool checkpoint_stop;
    bool checkpoint_running; /* there is such a thread */
    pthread_t checkpointer;
    pthread_cond_t checkpoint_work;
    pthread_cond_t reader_free;
    struct ledger_sqlite_turn *turns; /* who waits for a reader, in the order they came */
    struct ledger_sqlite_reader readers[LEDGER_READERS_MAX];
    unsigned int streams; /* CRL iterations, each with a connection of its own */
};

/* ---- ledger_sqlite_open.c: open and close all ---------------------------------------- */

/* Decides the state; the connections are closed before. */
void ledger_sqlite_open_all(struct ledger_sqlite *store, int64_t now_utc);
void ledger_sqlite_close_all(struct ledger_sqlite *store);

/* ---- ledger_sqlite_state.c: what it can do, and why ---------------------------------- */

/* For opening alone: it leads out of every state. */
void ledger_sqlite_set_state(struct ledger_sqlite *store, enum ledger_state state,
                             const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A write ended: the state follows from its fault; why is not read when ok. From any thread; a
 * lost sync and damage stay, whoever reports what next. */
void ledger_sqlite_note(struct ledger_sqlite *store, bool ok, enum ldb_fault fault,
                        const struct error *why);
/* errors  ERROR_UNAVAILABLE  the state's sentence */
AE_MUST_CHECK bool ledger_sqlite_may_write(struct ledger_sqlite *store,
                                           struct error *err);
AE_MUST_CHECK bool ledger_sqlite_may_read(struct ledger_sqlite *store, struct error *err);
bool ledger_sqlite_is_newer(
    struct ledger_sqlite *store); /* its schema than this program's */
void ledger_sqlite_health(void *ctx, struct ledger_health *out);

/* ---- ledger_sqlite_checkpoint.c: the log into the database --------------------------- */

void ledger_sqlite_checkpoint_start(struct ledger_sqlite *store);
void ledger_sqlite_checkpoint_stop(struct ledger_sqlite *store);
/* The log's size in pages after a commit; wakes the thread when it has grown enough. */
void ledger_sqlite_checkpoint_hint(struct ledger_sqlite *store, int pages);
/*
 * Write all of the log into the database and sync it.
 * errors  ERROR_UNAVAILABLE  as db->fault says
 */
AE_MUST_CHECK bool ledger_sqlite_flush(struct ldb *db, struct error *err);
/* Stop and do it now if the log is too large: on the committer's thread, between batches. */
void ledger_sqlite_rest(void *ctx);

/* ---- ledger_sqlite_write.c: whose turn it is at the writer --------------------------- */

/* Before all who would read there, however many they are. */
void ledger_sqlite_take_writer(struct ledger_sqlite *store);
void ledger_sqlite_give_writer(struct ledger_sqlite *store);

/* ---- ledger_sqlite_write.c, ledger_sqlite_pool.c: the methods ------------------------- */

/* errors  as ledger_store.h says */
AE_MUST_CHECK bool ledger_sqlite_write(void *ctx, struct ledger_op *const *ops,
                                       size_t count, struct error *err);
AE_MUST_CHECK bool ledger_sqlite_sync(void *ctx, struct error *err);
AE_MUST_CHECK bool ledger_sqlite_read(void *ctx, const struct ledger_read *question,
                                      struct error *err);
AE_MUST_CHECK bool ledger_sqlite_crl_open(void *ctx, const struct ledger_crl_scope *scope,
                                          void **rows, struct error *err);
AE_MUST_CHECK bool ledger_sqlite_crl_next(void *rows, struct ledger_crl_entry *out,
                                          bool *found, struct error *err);
void ledger_sqlite_crl_rewind(void *rows);
void ledger_sqlite_crl_free(void *rows);

/*
 * Close all readers, for opening anew.
 * errors  ERROR_UNAVAILABLE  some are at work still
 */
AE_MUST_CHECK bool ledger_sqlite_readers_close(struct ledger_sqlite *store,
                                               struct error *err);

#endif
