/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_db: one connection to SQLite: statements by their text, values in order, and
 * what a failure means. Private to ledger_sqlite_*.c. A connection serves one thread at a time.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_DB_H
#define AE_POLICYD_LEDGER_SQLITE_DB_H

#include "common/base/error.h"

#include "policyd/ledger_record.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

enum { LDB_STATEMENTS_MAX = 128 };

/* What the last failure means for the database as a whole. */
enum ldb_fault {
    LDB_FAULT_NONE = 0, /* nothing: the statement alone failed */
    LDB_FAULT_LOCKED,   /* another program is in the way */
    LDB_FAULT_PASSING,  /* no room, i/o: may work the next time */
    LDB_FAULT_SYNC,     /* what was written may not be on stable storage */
    LDB_FAULT_DAMAGED,  /* not a database, or its pages contradict one another */
};

struct ldb {
    struct sqlite3 *handle; /* NULL while closed */
    enum ldb_fault fault;   /* of the last failure; set by every failing call */
    bool constraint;        /* it was a constraint: the row contradicts another */
    struct {
        const char *sql; /* compared as a pointer: texts of statements are constants */
        struct sqlite3_stmt *stmt;
    } statements[LDB_STATEMENTS_MAX];
    size_t statements_len;
};

enum ldb_mode { LDB_WRITE, LDB_READ };

/*
 * Open an existing file; LDB_READ never changes its content.
 * errors  ERROR_UNAVAILABLE  it cannot be opened or read; fault says more
 */
AE_MUST_CHECK bool ldb_open(struct ldb *db, const char *path, enum ldb_mode mode,
                            unsigned int lock_wait_ms, struct error *err);
void ldb_close(struct ldb *db); /* a closed one is accepted */
/* The same, but the log is left as it is, even if this is the last connection. */
void ldb_close_untouched(struct ldb *db);
CLEANUP_DEFINE_VALUE(ldb, struct ldb, ldb_close);

/*
 * Run constant text without parameters: pragmas, migrations, transactions.
 * errors  ERROR_UNAVAILABLE  as fault says
 *         ERROR_INTERNAL     the text is wrong
 */
AE_MUST_CHECK bool ldb_exec(struct ldb *db, const char *sql, struct error *err);

/* errors  as ldb_exec(); one statement, kept prepared for the next time */
AE_MUST_CHECK bool ldb_run_kept(struct ldb *db, const char *sql, struct error *err);

/* errors  as ldb_exec(); one number from constant text */
AE_MUST_CHECK bool ldb_exec_int(struct ldb *db, const char *sql, int64_t *out,
                                struct error *err);

/* True between the begin and the end of a transaction; SQLite ends some of itself. */
bool ldb_is_in_transaction(const struct ldb *db);

/* End a transaction without its changes, if there is one. */
void ldb_rollback(struct ldb *db);

/*
 * The write-ahead log, once the database was looked into; it lives as long as the connection.
 * errors  ERROR_INTERNAL  there is none
 */
AE_MUST_CHECK bool ldb_find_log(struct ldb *db, struct sqlite3_file **out,
                                struct error *err);
/* Bring what was written to a log onto stable storage; err is filled unless all is well. Other
 * threads may use the connection meanwhile. */
AE_MUST_CHECK enum ldb_fault ldb_sync(struct sqlite3_file *log, struct error *err);

/* Fill err for the handle's last failure rc and set fault; returns false, as error_set(). */
bool ldb_fail(struct error *err, struct ldb *db, int rc);

/* One use of a statement. Parameters and columns are counted from the left. */
struct ldb_query {
    struct ldb *db;
    struct sqlite3_stmt *stmt;
    int parameter;
    int column;
    int failed; /* SQLite's code of the first value that could not be bound */
};

/*
 * sql     a constant, kept prepared for the next time
 * query   AUTO(ldb_query) q; values that are bound must live until its end
 * errors  as ldb_exec()
 */
AE_MUST_CHECK bool ldb_prepare(struct ldb *db, const char *sql, struct ldb_query *query,
                               struct error *err);
void ldb_finish(struct ldb_query *query);
void ldb_rewind(struct ldb_query *query); /* to the first row, with the same values */
CLEANUP_DEFINE_VALUE(ldb_query, struct ldb_query, ldb_finish);

void ldb_bind_int(struct ldb_query *query, int64_t value);
void ldb_bind_text(struct ldb_query *query, const char *text);  /* NULL: "" */
void ldb_bind_blob(struct ldb_query *query, struct bytes blob); /* empty: an empty blob */
void ldb_bind_null(struct ldb_query *query);
void ldb_bind_hash(struct ldb_query *query, const struct ledger_hash *hash);
void ldb_bind_serial(struct ldb_query *query, const struct ledger_serial *serial);
/* NULL in the database for a none. */
void ldb_bind_serial_or_null(struct ldb_query *query, const struct ledger_serial *serial);

/* errors  as ldb_exec(); ERROR_CONFLICT a constraint */
AE_MUST_CHECK bool ldb_step(struct ldb_query *query, bool *row, struct error *err);
/* errors  as ldb_step(); for what returns no row; ready to be bound again */
AE_MUST_CHECK bool ldb_run(struct ldb_query *query, struct error *err);

/* The next column of the present row; texts and octets live until the next step. */
int64_t ldb_int(struct ldb_query *query);
const char *ldb_text(struct ldb_query *query); /* "" for NULL */
struct bytes ldb_blob(struct ldb_query *query);
struct ledger_hash ldb_hash(struct ldb_query *query);     /* none for NULL or odd sizes */
struct ledger_serial ldb_serial(struct ldb_query *query); /* likewise */

/* Rows that all statements of this connection changed, whatever was rolled back. */
int64_t ldb_total_changes(const struct ldb *db);
/* Rows that the last statement changed; the number of the row that it inserted. */
int64_t ldb_changes(const struct ldb *db);
int64_t ldb_last_id(const struct ldb *db);

#endif
