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

static bool run_constant(struct ldb *db, const char *sql, struct error *err)
{
    AUTO(ldb_query) q = {0};

    return ldb_prepare(db, sql, &q, err) && ldb_run(&q, err);
}

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

    return care == CARE_NONE || run_constant(db, save, err);
}

static bool end_one(struct ldb *db, enum care care, bool ok, struct error *err)
{
    static const char undo[] = "ROLLBACK TO operation";
    static const char release[] = "RELEASE operation";

    return care == CARE_NONE ||
           ((ok || run_constant(db, undo, err)) && run_constant(db, release, err));
}

static enum end apply_one(struct ldb *db, struct ledger_op *op, enum care care,
                          struct error *err)
{
    int64_t changes = ldb_total_changes(db);

    if (!begin_one(db, care, err)) {
        return END_LOST;
    }
    db->fault = LDB_FAULT_NONE;
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

    if (!run_constant(db, begin, err)) {
        return END_LOST;
    }
    for (size_t i = 0; i < count; i++) {
        enum end end = apply_one(db, ops[i], care, err);

        if (end != END_GOOD) {
            return end;
        }
    }
    return run_constant(db, commit, err) ? END_GOOD : END_LOST;
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

/* In the log's mode NORMAL a commit is written but not synced; a later synced one covers it. */
static bool set_synced(struct ledger_sqlite *store, bool synced, struct error *err)
{
    if (store->writer_synced == synced) {
        return true;
    }
    if (!ldb_exec(&store->writer,
                  synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                  err)) {
        return false;
    }
    store->writer_synced = synced;
    return true;
}

bool ledger_sqlite_write(void *ctx, struct ledger_op *const *ops, size_t count,
                         bool durable, struct error *err)
{
    struct ledger_sqlite *store = ctx;

    if (!ledger_sqlite_may_write(store, err)) {
        return false;
    }
    bool ok =
        set_synced(store, durable, err) && transact(&store->writer, ops, count, err);
    enum ldb_fault fault =
        store->writer.fault; /* before the rollback says something else */
    if (!ok) {
        ldb_rollback(&store->writer);
        if (err->code != ERROR_UNAVAILABLE) {
            err->code =
                ERROR_UNAVAILABLE; /* nothing was stored: that is what counts here */
        }
    }
    ledger_sqlite_note(store, ok, fault, err);
    return ok;
}
