/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite.h"
#include "policyd/ledger_sqlite_op.h"

static ldb_applier *const appliers[] = {
    [LEDGER_RESERVE] = ldb_apply_reserve,
    [LEDGER_REFUSE] = ldb_apply_refuse,
    [LEDGER_SETTLE] = ldb_apply_settle,
    [LEDGER_RELEASE] = ldb_apply_release,
    [LEDGER_HOLD] = ldb_apply_hold,
    [LEDGER_JUDGE] = ldb_apply_judge,
    [LEDGER_EXPIRE] = ldb_apply_expire,
    [LEDGER_REVOKE] = ldb_apply_revoke,
    [LEDGER_RECONCILE] = ldb_apply_reconcile,
    [LEDGER_CRL_NUMBER] = ldb_apply_crl_number,
    [LEDGER_CRL_PUBLISHED] = ldb_apply_crl_published,
    [LEDGER_NUMBERS] = ldb_apply_numbers,
    [LEDGER_BUNDLE] = ldb_apply_bundle,
    [LEDGER_SETTING] = ldb_apply_setting,
};
_Static_assert(sizeof(appliers) / sizeof(appliers[0]) == LEDGER_OP_COUNT,
               "one function a kind");

/* How the operations of a transaction are kept apart. */
enum care {
    CARE_NONE,       /* not at all: one that fails has mostly written nothing yet */
    CARE_SAVEPOINTS, /* each can be undone; it costs a quarter more */
};

enum end {
    END_GOOD = 0,
    END_LOST,    /* the database failed: nothing of it can be stored */
    END_TANGLED, /* one failed that had written, and cannot be undone alone */
};

static bool begin_one(struct ldb *db, enum care care, struct error *err)
{
    static const char save[] = "SAVEPOINT operation";

    return care == CARE_NONE || ldb_run_kept(db, save, err);
}

static bool end_one(struct ldb *db, enum care care, bool ok, struct error *err)
{
    static const char undo[] = "ROLLBACK TO operation";
    static const char release[] = "RELEASE operation";

    return care == CARE_NONE ||
           ((ok || ldb_run_kept(db, undo, err)) && ldb_run_kept(db, release, err));
}

static enum end apply_one(struct ldb *db, struct ledger_op *op, enum care care,
                          struct error *err)
{
    int64_t changes = ldb_total_changes(db);

    if (!begin_one(db, care, err)) {
        return END_LOST;
    }
    db->fault = LDB_FAULT_NONE;
    op->decision_id = 0;
    op->ok = appliers[op->kind](db, op, &op->error);
    if (!op->ok && (db->fault != LDB_FAULT_NONE || !ldb_is_in_transaction(db))) {
        *err = op->error; /* of the database, not of the operation */
        return END_LOST;
    }
    if (!op->ok && care == CARE_NONE && ldb_total_changes(db) != changes) {
        return END_TANGLED;
    }
    return end_one(db, care, op->ok, err) ? END_GOOD : END_LOST;
}

static enum end apply_all(struct ldb *db, struct ledger_op *const *ops, size_t count,
                          enum care care, struct error *err)
{
    static const char begin[] = "BEGIN IMMEDIATE";
    static const char commit[] = "COMMIT";

    if (!ldb_run_kept(db, begin, err)) {
        return END_LOST;
    }
    for (size_t i = 0; i < count; i++) {
        enum end end = apply_one(db, ops[i], care, err);

        if (end != END_GOOD) {
            return end;
        }
    }
    return ldb_run_kept(db, commit, err) ? END_GOOD : END_LOST;
}

static bool transact(struct ldb *db, struct ledger_op *const *ops, size_t count,
                     struct error *err)
{
    enum end end = apply_all(db, ops, count, CARE_NONE, err);

    if (end == END_TANGLED) {
        ldb_rollback(db);
        for (size_t i = 0; i < count; i++) {
            ledger_op_clear(ops[i]); /* what it found out; it is asked again */
        }
        end = apply_all(db, ops, count, CARE_SAVEPOINTS, err);
    }
    return end == END_GOOD;
}

void ledger_sqlite_take_writer(struct ledger_sqlite *store)
{
    atomic_store(&store->writer_wanted, true);
    (void)pthread_mutex_lock(&store->writer_lock);
    atomic_store(&store->writer_wanted, false);
}

void ledger_sqlite_give_writer(struct ledger_sqlite *store)
{
    (void)pthread_mutex_unlock(&store->writer_lock);
}

/* The writer's lock is held. Nothing may fail behind the commit: readers see it by then. */
static bool write_locked(struct ledger_sqlite *store, struct ledger_op *const *ops,
                         size_t count, enum ldb_fault *fault, struct error *err)
{
    struct ldb *db = &store->writer;
    bool ok = transact(db, ops, count, err);

    *fault = db->fault; /* before the rollback says something else */
    if (!ok) {
        ldb_rollback(db);
    }
    return ok;
}

bool ledger_sqlite_write(void *ctx, struct ledger_op *const *ops, size_t count,
                         struct error *err)
{
    struct ledger_sqlite *store = ctx;
    enum ldb_fault fault = LDB_FAULT_NONE;

    if (!ledger_sqlite_may_write(store, err)) {
        return false;
    }
    ledger_sqlite_take_writer(store);
    bool ok = write_locked(store, ops, count, &fault, err);
    ledger_sqlite_give_writer(store);
    if (!ok) {
        err->code = ERROR_UNAVAILABLE; /* nothing was stored: that is what counts here */
    }
    ledger_sqlite_note(store, ok, fault, err);
    return ok;
}

/* As SQLite would at the end of a commit with "synchronous = FULL", but nobody who reads, and no
 * operation that needs no sync, waits for it meanwhile. */
bool ledger_sqlite_sync(void *ctx, struct error *err)
{
    struct ledger_sqlite *store = ctx;

    if (!ledger_sqlite_may_write(store, err)) {
        return false; /* the other thread lost a sync of the same log */
    }
    enum ldb_fault fault = ldb_sync(store->log, err);
    ledger_sqlite_note(store, fault == LDB_FAULT_NONE, fault, err);
    return fault == LDB_FAULT_NONE;
}
