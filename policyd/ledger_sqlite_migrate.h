/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_migrate: the numbered files of schemas/sql/sqlite, embedded, applied in order.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_MIGRATE_H
#define AE_POLICYD_LEDGER_SQLITE_MIGRATE_H

#include "policyd/ledger_sqlite_db.h"

struct ledger_migration {
    int64_t version; /* 1, 2, ... */
    const char *name;
    const char *sql;
};

/* Made by the build from the files. */
extern const struct ledger_migration ledger_sqlite_migrations[];
extern const size_t ledger_sqlite_migrations_len;

enum ledger_schema {
    LEDGER_SCHEMA_EMPTY,   /* a database without any table */
    LEDGER_SCHEMA_KNOWN,   /* ours, perhaps older than this program's */
    LEDGER_SCHEMA_NEWER,   /* ours, of a newer program */
    LEDGER_SCHEMA_FOREIGN, /* another program's database */
};

/*
 * What is there, against the len migrations that the program knows.
 * errors  ERROR_UNAVAILABLE  it cannot be read; db->fault says more
 */
AE_MUST_CHECK bool ledger_sqlite_schema(struct ldb *db, size_t len, int64_t *version,
                                        enum ledger_schema *out, struct error *err);

/*
 * Apply those that are missing, each in a transaction of its own: all of it or nothing.
 * errors  ERROR_UNAVAILABLE  as ldb_exec(); ERROR_INTERNAL a migration's text is wrong
 */
AE_MUST_CHECK bool ledger_sqlite_migrate(struct ldb *db,
                                         const struct ledger_migration *migrations,
                                         size_t len, int64_t now_utc, struct error *err);

#endif
