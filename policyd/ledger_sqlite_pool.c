/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "policyd/ledger_sqlite.h"
#include "policyd/ledger_sqlite_answer.h"

static ldb_answer *const answers[] = {
    [LEDGER_READ_CERTIFICATE] = ldb_answer_certificate,
    [LEDGER_READ_CERTIFICATES] = ldb_answer_certificates,
    [LEDGER_READ_REVOCATIONS] = ldb_answer_revocations,
    [LEDGER_READ_HISTORY] = ldb_answer_history,
    [LEDGER_READ_REQUEST] = ldb_answer_request,
    [LEDGER_READ_REQUEST_OPEN] = ldb_answer_request_open,
    [LEDGER_READ_REQUESTS] = ldb_answer_requests,
    [LEDGER_READ_APPROVALS] = ldb_answer_approvals,
    [LEDGER_READ_DECISION] = ldb_answer_decision,
    [LEDGER_READ_DECISIONS] = ldb_answer_decisions,
    [LEDGER_READ_CURSOR] = ldb_answer_cursor,
    [LEDGER_READ_CRL] = ldb_answer_crl,
    [LEDGER_READ_SETTING] = ldb_answer_setting,
    [LEDGER_READ_BUNDLE] = ldb_answer_bundle,
    [LEDGER_READ_DUMP] = ldb_answer_dump,
};
_Static_assert(sizeof(answers) / sizeof(answers[0]) == LEDGER_READ_COUNT,
               "one function a kind");

/* The lock is held. One that is open already is better than one to be opened. */
static struct ledger_sqlite_reader *find_free(struct ledger_sqlite *store)
{
    struct ledger_sqlite_reader *closed = NULL;

    for (unsigned int i = 0; i < store->options.readers_max; i++) {
        struct ledger_sqlite_reader *reader = &store->readers[i];

        if (!reader->busy && reader->open) {
            return reader;
        }
        if (!reader->busy && closed == NULL) {
            closed = reader;
        }
    }
    return closed;
}

static struct timespec deadline_after(unsigned int ms)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* The lock is held. */
static void turn_join(struct ledger_sqlite *store, struct ledger_sqlite_turn *turn)
{
    struct ledger_sqlite_turn **last = &store->turns;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    turn->next = NULL;
    *last = turn;
}

static void turn_leave(struct ledger_sqlite *store, struct ledger_sqlite_turn *turn)
{
    struct ledger_sqlite_turn **at = &store->turns;

    while (*at != turn) {
        at = &(*at)->next;
    }
    *at = turn->next;
    (void)pthread_cond_broadcast(&store->reader_free); /* the next may be served too */
}

/* In the order they came: who asks again and again must not keep another from its turn. */
static struct ledger_sqlite_reader *borrow(struct ledger_sqlite *store, struct error *err)
{
    struct timespec deadline = deadline_after(store->options.lock_wait_ms);
    struct ledger_sqlite_reader *reader = NULL;
    struct ledger_sqlite_turn turn;
    int waited = 0;

    (void)pthread_mutex_lock(&store->lock);
    turn_join(store, &turn);
    while ((store->turns != &turn || (reader = find_free(store)) == NULL) &&
           waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&store->reader_free, &store->lock, &deadline);
    }
    turn_leave(store, &turn);
    if (reader != NULL) {
        reader->busy = true;
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (reader == NULL) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "the ledger could not be read within %u ms: %u others read it",
                        store->options.lock_wait_ms, store->options.readers_max);
    }
    return reader;
}

static void give_back(struct ledger_sqlite *store, struct ledger_sqlite_reader *reader)
{
    (void)pthread_mutex_lock(&store->lock);
    reader->busy = false;
    (void)pthread_cond_broadcast(&store->reader_free);
    (void)pthread_mutex_unlock(&store->lock);
}

/* Several statements, which must see the same state; one alone sees one anyhow. */
static bool takes_several(enum ledger_read_kind kind)
{
    return kind == LEDGER_READ_HISTORY || kind == LEDGER_READ_REQUEST;
}

static bool answer(struct ledger_sqlite *store, struct ldb *db,
                   const struct ledger_read *question, struct error *err)
{
    static const char begin[] = "BEGIN";
    static const char end[] = "ROLLBACK"; /* it only read */
    struct error ignored;

    db->fault = LDB_FAULT_NONE;
    if (takes_several(question->kind) && !ldb_run_kept(db, begin, err)) {
        return false;
    }
    bool ok = answers[question->kind](db, question, err);
    enum ldb_fault fault = db->fault;
    if (ldb_is_in_transaction(db) && !ldb_run_kept(db, end, &ignored)) {
        ldb_rollback(db);
    }
    if (!ok && fault == LDB_FAULT_DAMAGED) {
        ledger_sqlite_note(store, false, fault, err);
    }
    if (!ok && err->code == ERROR_INTERNAL && ledger_sqlite_is_newer(store)) {
        err->code = ERROR_UNAVAILABLE; /* what we ask for has another name by now */
    }
    return ok;
}

static bool open_reader(struct ledger_sqlite *store, struct ledger_sqlite_reader *reader,
                        struct error *err)
{
    if (!reader->open) {
        reader->open = ldb_open(&reader->db, store->path, LDB_READ,
                                store->options.lock_wait_ms, err);
        if (!reader->open && reader->db.fault == LDB_FAULT_DAMAGED) {
            ledger_sqlite_note(store, false, LDB_FAULT_DAMAGED, err);
        }
    }
    return reader->open;
}

static bool read_from_pool(struct ledger_sqlite *store,
                           const struct ledger_read *question, struct error *err)
{
    struct ledger_sqlite_reader *reader = borrow(store, err);

    if (reader == NULL) {
        return false;
    }
    bool ok =
        open_reader(store, reader, err) && answer(store, &reader->db, question, err);
    give_back(store, reader);
    return ok;
}

/* What the road asks each time; it calls nobody who could wait for the ledger in turn. */
static bool is_frequent(enum ledger_read_kind kind)
{
    return kind == LEDGER_READ_CERTIFICATE || kind == LEDGER_READ_HISTORY ||
           kind == LEDGER_READ_REQUEST_OPEN;
}

/* The writer's pages stay as they are when it commits, those of all others are read anew: so the
 * frequent questions are asked there, unless it is at work. True: *ok says how it ended. */
static bool read_from_writer(struct ledger_sqlite *store,
                             const struct ledger_read *question, bool *ok,
                             struct error *err)
{
    if (!is_frequent(question->kind) || atomic_load(&store->writer_wanted) ||
        pthread_mutex_trylock(&store->writer_lock) != 0) {
        return false;
    }
    bool there = store->writer.handle != NULL;
    if (there) {
        *ok = answer(store, &store->writer, question, err);
    }
    ledger_sqlite_give_writer(store);
    return there;
}

bool ledger_sqlite_read(void *ctx, const struct ledger_read *question, struct error *err)
{
    struct ledger_sqlite *store = ctx;
    bool ok = false;

    if (!ledger_sqlite_may_read(store, err)) {
        return false;
    }
    return read_from_writer(store, question, &ok, err)
               ? ok
               : read_from_pool(store, question, err);
}

static bool any_busy(const struct ledger_sqlite *store)
{
    bool busy = store->streams > 0;

    for (unsigned int i = 0; i < LEDGER_READERS_MAX; i++) {
        busy = busy || store->readers[i].busy;
    }
    return busy;
}

bool ledger_sqlite_readers_close(struct ledger_sqlite *store, struct error *err)
{
    struct timespec deadline = deadline_after(store->options.lock_wait_ms);
    int waited = 0;

    (void)pthread_mutex_lock(&store->lock);
    while (any_busy(store) && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&store->reader_free, &store->lock, &deadline);
    }
    bool ok = !any_busy(store);
    for (unsigned int i = 0; ok && i < LEDGER_READERS_MAX; i++) {
        if (store->readers[i].open) {
            ldb_close(&store->readers[i].db);
            store->readers[i].open = false;
        }
    }
    (void)pthread_mutex_unlock(&store->lock);
    return ok || error_set(err, ERROR_UNAVAILABLE, "the ledger is being read");
}
