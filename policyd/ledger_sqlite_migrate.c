/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_migrate.h"

#include "common/base/mem.h"

/* "AEnr" in the file's header, so that file(1) and we can tell whose it is. */
#define APPLICATION_ID 1095069298

bool ledger_sqlite_schema(struct ldb *db, size_t len, int64_t *version,
                          enum ledger_schema *out, struct error *err)
{
    int64_t application = 0;
    int64_t tables = 0;

    if (!ldb_exec_int(db, "PRAGMA application_id", &application, err) ||
        !ldb_exec_int(db, "PRAGMA user_version", version, err) ||
        !ldb_exec_int(db, "SELECT 1 FROM sqlite_schema LIMIT 1", &tables, err)) {
        return false;
    }
    if (application == 0 && *version == 0 && tables == 0) {
        *out = LEDGER_SCHEMA_EMPTY;
    } else if (application != APPLICATION_ID || *version < 1) {
        *out = LEDGER_SCHEMA_FOREIGN;
    } else {
        *out = *version > (int64_t)len ? LEDGER_SCHEMA_NEWER : LEDGER_SCHEMA_KNOWN;
    }
    return true;
}

/* A pragma takes no parameter; the number is ours. */
static bool set_version(struct ldb *db, int64_t version, struct error *err)
{
    AUTO(string)
    sql = mem_printf("PRAGMA application_id = %d; PRAGMA user_version = %lld",
                     APPLICATION_ID, (long long)version);

    return ldb_exec(db, sql, err);
}

static bool record(struct ldb *db, const struct ledger_migration *migration,
                   int64_t now_utc, struct error *err)
{
    static const char sql[] =
        "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, migration->version);
    ldb_bind_text(&q, migration->name);
    ldb_bind_int(&q, now_utc);
    return ldb_run(&q, err);
}

/* Within a transaction; another program may have been quicker. */
static bool apply(struct ldb *db, const struct ledger_migration *migration,
                  int64_t now_utc, struct error *err)
{
    int64_t version = 0;

    if (!ldb_exec_int(db, "PRAGMA user_version", &version, err)) {
        return false;
    }
    return version >= migration->version ||
           (ldb_exec(db, migration->sql, err) && record(db, migration, now_utc, err) &&
            set_version(db, migration->version, err));
}

bool ledger_sqlite_migrate(struct ldb *db, const struct ledger_migration *migrations,
                           size_t len, int64_t now_utc, struct error *err)
{
    for (size_t i = 0; i < len; i++) {
        if (!ldb_exec(db, "BEGIN IMMEDIATE", err)) {
            return false;
        }
        if (apply(db, &migrations[i], now_utc, err) && ldb_exec(db, "COMMIT", err)) {
            continue;
        }
        ldb_rollback(db);
        return error_wrap(err, "migration %s", migrations[i].name);
    }
    return true;
}
