/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_db.h"

#include <assert.h>
#include <limits.h>
#include <sqlite3.h>

/* ---- failures ------------------------------------------------------------------------ */

static enum ldb_fault fault_of(int rc)
{
    switch (rc) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
        return LDB_FAULT_SYNC;
    case SQLITE_IOERR_CORRUPTFS:
        return LDB_FAULT_DAMAGED;
    default:
        break;
    }
    switch (rc & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return LDB_FAULT_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return LDB_FAULT_LOCKED;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
        return LDB_FAULT_PASSING;
    default:
        return LDB_FAULT_NONE;
    }
}

/* What a person can act on; NULL: SQLite's own words must do. */
static const char *sentence_of(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_FULL:
        return "there is no room left for the ledger";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program has the ledger locked";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "the ledger may not be written";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return "the ledger is damaged";
    default:
        return NULL;
    }
}

bool ldb_fail(struct error *err, struct ldb *db, int rc)
{
    const char *sentence = sentence_of(rc);
    const char *detail = db->handle == NULL || sqlite3_errcode(db->handle) == SQLITE_OK
                             ? sqlite3_errstr(rc) /* what we found ourselves */
                             : sqlite3_errmsg(db->handle);

    db->fault = fault_of(rc);
    db->constraint = (rc & 0xFF) == SQLITE_CONSTRAINT;
    if (db->constraint) {
        (void)error_set(err, ERROR_CONFLICT, "the ledger holds a row against it: %s",
                        detail);
    } else if (db->fault == LDB_FAULT_SYNC) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "the disk failed to take what was written to the ledger (%d)",
                        rc);
    } else if (sentence != NULL) {
        (void)error_set(err, ERROR_UNAVAILABLE, "%s (%s, %d)", sentence, detail, rc);
    } else {
        (void)error_set(err,
                        db->fault == LDB_FAULT_NONE ? ERROR_INTERNAL : ERROR_UNAVAILABLE,
                        "SQLite: %s (%d)", detail, rc);
    }
    return false;
}

/* ---- connection ---------------------------------------------------------------------- */

static bool configure(struct ldb *db, enum ldb_mode mode, struct error *err)
{
    /* The text of the schema is not trusted either: whoever can write the file could make it
     * call functions or lie about its pages. */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                            mode == LDB_READ, NULL);
    return ldb_exec(db, "PRAGMA cell_size_check = ON", err) &&
           ldb_exec(db, "PRAGMA temp_store = MEMORY", err) &&
           ldb_exec(db, "PRAGMA foreign_keys = ON", err) &&
           ldb_exec(db,
                    mode == LDB_READ
                        ? "PRAGMA query_only = ON; PRAGMA cache_size = -4096"
                        : "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536",
                    err);
}

bool ldb_open(struct ldb *db, const char *path, enum ldb_mode mode,
              unsigned int lock_wait_ms, struct error *err)
{
    *db = (struct ldb){0};
    int rc = sqlite3_open_v2(path, &db->handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE,
                             NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(db->handle, 1);
        (void)sqlite3_busy_timeout(db->handle, (int)lock_wait_ms);
        if (configure(db, mode, err)) {
            return true;
        }
    } else {
        (void)ldb_fail(err, db, rc);
    }
    ldb_close(db);
    return false;
}

void ldb_close(struct ldb *db)
{
    for (size_t i = 0; i < db->statements_len; i++) {
        (void)sqlite3_finalize(db->statements[i].stmt);
    }
    db->statements_len = 0;
    int rc = sqlite3_close(db->handle);
    assert(rc == SQLITE_OK); /* else a statement is left over: our bug */
    (void)rc;
    db->handle = NULL;
}

void ldb_close_untouched(struct ldb *db)
{
    if (db->handle != NULL) {
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    ldb_close(db);
}

bool ldb_exec(struct ldb *db, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK || ldb_fail(err, db, rc);
}

bool ldb_is_in_transaction(const struct ldb *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

void ldb_rollback(struct ldb *db)
{
    if (ldb_is_in_transaction(db)) {
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    }
}

bool ldb_find_log(struct ldb *db, struct sqlite3_file **out, struct error *err)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

    if (rc != SQLITE_OK || log == NULL || log->pMethods == NULL) {
        return ldb_fail(err, db, rc != SQLITE_OK ? rc : SQLITE_INTERNAL);
    }
    *out = log;
    return true;
}

enum ldb_fault ldb_sync(struct sqlite3_file *log, struct error *err)
{
    struct ldb failed = {0}; /* the connection is not ours to look at */
    int rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);

    if (rc == SQLITE_OK) {
        return LDB_FAULT_NONE;
    }
    (void)ldb_fail(err, &failed, rc);
    err->code = ERROR_UNAVAILABLE;
    return LDB_FAULT_SYNC; /* however it failed */
}

/* ---- statements ---------------------------------------------------------------------- */

static struct sqlite3_stmt *find_statement(const struct ldb *db, const char *sql)
{
    for (size_t i = 0; i < db->statements_len; i++) {
        if (db->statements[i].sql == sql) {
            return db->statements[i].stmt;
        }
    }
    return NULL;
}

bool ldb_prepare(struct ldb *db, const char *sql, struct ldb_query *query,
                 struct error *err)
{
    struct sqlite3_stmt *stmt = find_statement(db, sql);

    if (stmt == NULL) {
        assert(db->statements_len < LDB_STATEMENTS_MAX);
        int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                                    NULL);
        if (rc != SQLITE_OK) {
            return ldb_fail(err, db, rc);
        }
        db->statements[db->statements_len].sql = sql;
        db->statements[db->statements_len].stmt = stmt;
        db->statements_len++;
    }
    *query = (struct ldb_query){.db = db, .stmt = stmt};
    return true;
}

void ldb_finish(struct ldb_query *query)
{
    if (query->stmt != NULL) {
        (void)sqlite3_reset(query->stmt);
        (void)sqlite3_clear_bindings(query->stmt); /* they are borrowed */
        query->stmt = NULL;
    }
}

void ldb_rewind(struct ldb_query *query)
{
    (void)sqlite3_reset(query->stmt);
}

static void bound(struct ldb_query *query, int rc)
{
    if (query->failed == SQLITE_OK) {
        query->failed = rc;
    }
}

void ldb_bind_int(struct ldb_query *query, int64_t value)
{
    bound(query, sqlite3_bind_int64(query->stmt, ++query->parameter, value));
}

void ldb_bind_text(struct ldb_query *query, const char *text)
{
    bound(query, sqlite3_bind_text(query->stmt, ++query->parameter,
                                   text == NULL ? "" : text, -1, SQLITE_STATIC));
}

void ldb_bind_blob(struct ldb_query *query, struct bytes blob)
{
    assert(blob.len <= INT_MAX);
    /* A NULL pointer would make it NULL. */
    bound(query, sqlite3_bind_blob(query->stmt, ++query->parameter,
                                   blob.len == 0 ? (const void *)"" : blob.data,
                                   (int)blob.len, SQLITE_STATIC));
}

void ldb_bind_null(struct ldb_query *query)
{
    bound(query, sqlite3_bind_null(query->stmt, ++query->parameter));
}

void ldb_bind_hash(struct ldb_query *query, const struct ledger_hash *hash)
{
    ldb_bind_blob(query, (struct bytes){hash->octets, sizeof(hash->octets)});
}

void ldb_bind_serial(struct ldb_query *query, const struct ledger_serial *serial)
{
    ldb_bind_blob(query, (struct bytes){serial->octets, sizeof(serial->octets)});
}

void ldb_bind_serial_or_null(struct ldb_query *query, const struct ledger_serial *serial)
{
    if (ledger_serial_is_none(serial)) {
        ldb_bind_null(query);
    } else {
        ldb_bind_serial(query, serial);
    }
}

bool ldb_step(struct ldb_query *query, bool *row, struct error *err)
{
    if (query->failed != SQLITE_OK) {
        return ldb_fail(err, query->db, query->failed);
    }
    int rc = sqlite3_step(query->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        return ldb_fail(err, query->db, rc);
    }
    query->column = 0;
    *row = rc == SQLITE_ROW;
    return true;
}

bool ldb_run(struct ldb_query *query, struct error *err)
{
    bool row = false;
    bool ok = ldb_step(query, &row, err);

    assert(!ok || !row);
    (void)sqlite3_reset(query->stmt);
    query->parameter = 0;
    return ok;
}

bool ldb_exec_int(struct ldb *db, const char *sql, int64_t *out, struct error *err)
{
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err) || !ldb_step(&q, &row, err)) {
        return false;
    }
    *out = row ? ldb_int(&q) : 0;
    return true;
}

bool ldb_run_kept(struct ldb *db, const char *sql, struct error *err)
{
    AUTO(ldb_query) q = {0};

    return ldb_prepare(db, sql, &q, err) && ldb_run(&q, err);
}

/* ---- columns ------------------------------------------------------------------------- */

int64_t ldb_int(struct ldb_query *query)
{
    return sqlite3_column_int64(query->stmt, query->column++);
}

const char *ldb_text(struct ldb_query *query)
{
    const char *text = (const char *)sqlite3_column_text(query->stmt, query->column++);

    return text == NULL ? "" : text;
}

struct bytes ldb_blob(struct ldb_query *query)
{
    int column = query->column++;
    const unsigned char *data = sqlite3_column_blob(query->stmt, column);
    int len = sqlite3_column_bytes(query->stmt, column);

    return (struct bytes){data, data == NULL || len < 0 ? 0 : (size_t)len};
}

struct ledger_hash ldb_hash(struct ldb_query *query)
{
    struct bytes blob = ldb_blob(query);
    struct ledger_hash hash = {{0}};

    if (blob.len == sizeof(hash.octets)) {
        memcpy(hash.octets, blob.data, blob.len);
    }
    return hash;
}

struct ledger_serial ldb_serial(struct ldb_query *query)
{
    struct bytes blob = ldb_blob(query);
    struct ledger_serial serial = {{0}};

    if (blob.len == sizeof(serial.octets)) {
        memcpy(serial.octets, blob.data, blob.len);
    }
    return serial;
}

int64_t ldb_total_changes(const struct ldb *db)
{
    return sqlite3_total_changes64(db->handle);
}

int64_t ldb_changes(const struct ldb *db)
{
    return sqlite3_changes(db->handle);
}

int64_t ldb_last_id(const struct ldb *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}
