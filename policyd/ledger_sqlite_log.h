/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_log: the write-ahead log of one connection, whose frames are written together.
 * Private to ledger_sqlite_*.c.
 *
 * SQLite writes each frame as two pieces. Those that follow one another are held in memory and
 * written at once: at the latest within the write that ends the transaction's last frame, so that SQLite
 * learns of a failure before it shows the transaction to anybody; and before the log is read, synced, cut or
 * measured. A write behind one that failed fails too, until SQLite has gone back to there.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_LOG_H
#define AE_POLICYD_LEDGER_SQLITE_LOG_H

#include "common/base/cleanup.h"

enum { LDB_LOG_FRAMES_MAX = 31 }; /* held at most */

struct ldb_log;
struct sqlite3_file;

/*
 * Stand between SQLite and its log from now on.
 *
 * file    borrowed: ldb_find_log()'s, between two transactions; must outlive the result
 * threads as the connection; a sync may run beside reads, as long as no transaction writes
 * source  sqlite.org/fileformat2.html sections 4.1, 4.2
 */
struct ldb_log *ldb_log_new(struct sqlite3_file *file);

/* Leave the log to SQLite alone again; NULL is accepted. What is held belongs to a transaction that
 * did not commit, and is dropped. */
void ldb_log_free(struct ldb_log *log);
CLEANUP_DEFINE(ldb_log, struct ldb_log *, ldb_log_free);

#endif
