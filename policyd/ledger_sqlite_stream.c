/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_sqlite.h"

/* A connection of its own, whose transaction is the snapshot. */
struct crl_rows {
    struct ledger_sqlite *store;
    struct ldb db;
    struct ldb_query query;
    char *ca; /* bound in the query */
};

static bool begin(struct crl_rows *rows, const struct ledger_crl_scope *scope,
                  struct error *err)
{
    /* State 3 is a released hold. */
    static const char sql[] =
        "SELECT serial, reason, revoked_at FROM revocations WHERE ca = ?"
        " AND crl_generation = ? AND crl_shard = ? AND state < 3 AND not_after >= ?"
        " ORDER BY serial";

    if (!ldb_exec(&rows->db, "BEGIN", err) ||
        !ldb_prepare(&rows->db, sql, &rows->query, err)) {
        return false;
    }
    ldb_bind_text(&rows->query, rows->ca);
    ldb_bind_int(&rows->query, scope->generation);
    ldb_bind_int(&rows->query, scope->shard);
    ldb_bind_int(&rows->query, scope->unexpired_utc);
    /* The snapshot is taken by the first read, not by BEGIN. */
    int64_t any = 0;
    return ldb_exec_int(&rows->db, "SELECT count(*) FROM (SELECT 1 FROM crls LIMIT 1)",
                        &any, err);
}

static void count_stream(struct ledger_sqlite *store, int by)
{
    (void)pthread_mutex_lock(&store->lock);
    store->streams = by > 0 ? store->streams + 1 : store->streams - 1;
    (void)pthread_cond_broadcast(&store->reader_free);
    (void)pthread_mutex_unlock(&store->lock);
}

bool ledger_sqlite_crl_open(void *ctx, const struct ledger_crl_scope *scope, void **rows,
                            struct error *err)
{
    struct ledger_sqlite *store = ctx;

    if (!ledger_sqlite_may_read(store, err)) {
        return false;
    }
    struct crl_rows *r = mem_new(sizeof(*r));
    r->store = store;
    r->ca = mem_strdup(scope->ca);
    count_stream(store, 1);
    if (!ldb_open(&r->db, store->path, LDB_READ, store->options.lock_wait_ms, err) ||
        !begin(r, scope, err)) {
        ledger_sqlite_crl_free(r);
        return false;
    }
    *rows = r;
    return true;
}

bool ledger_sqlite_crl_next(void *rows, struct ledger_crl_entry *out, bool *found,
                            struct error *err)
{
    struct crl_rows *r = rows;
    bool row = false;

    if (!ldb_step(&r->query, &row, err)) {
        if (r->db.fault == LDB_FAULT_DAMAGED) {
            ledger_sqlite_note(r->store, false, r->db.fault, err);
        }
        return false;
    }
    *found = row;
    if (row) {
        out->serial = ldb_serial(&r->query);
        out->reason = (enum ledger_reason)ldb_int(&r->query);
        out->revoked_utc = ldb_int(&r->query);
    }
    return true;
}

void ledger_sqlite_crl_rewind(void *rows)
{
    struct crl_rows *r = rows;

    ldb_rewind(&r->query);
}

void ledger_sqlite_crl_free(void *rows)
{
    struct crl_rows *r = rows;
    struct ledger_sqlite *store = r->store;

    ldb_finish(&r->query);
    if (r->db.handle != NULL) {
        ldb_rollback(&r->db);
    }
    ldb_close(&r->db);
    free(r->ca);
    free(r);
    count_stream(store, -1);
}
