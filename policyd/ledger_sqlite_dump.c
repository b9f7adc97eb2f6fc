/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

#include "common/base/text.h"

#include "policyd/ledger_sqlite_answer.h"

/* Numbers that only tie tables together are left out or followed. */
static const struct {
    const char *name;
    const char *sql;
} tables[] = {
    [LEDGER_TABLE_CERTIFICATES] =
        {"certificates",
         "SELECT c.serial, c.ca, c.node, c.journal_seq, c.request, c.operation, c.kind,"
         " c.account, c.principal, c.template, t.oid, t.major, t.minor, t.content_hash,"
         " b.bundle_hash, c.crl_generation, c.crl_shard, c.key_hash, c.subject, c.san,"
         " c.not_before, c.not_after, c.issued_at, c.status, c.delivered, c.renews,"
         " c.superseded_by, d.der FROM certificates c"
         " LEFT JOIN template_versions t ON t.id = c.template_version"
         " LEFT JOIN bundles b ON b.id = c.bundle"
         " LEFT JOIN certificate_der d ON d.certificate = c.id ORDER BY c.serial"},
    [LEDGER_TABLE_NAMES] =
        {"names", "SELECT c.serial, n.kind, n.name, n.not_after FROM certificate_names n"
                  " JOIN certificates c ON c.id = n.certificate"
                  " ORDER BY c.serial, n.kind, n.name"},
    [LEDGER_TABLE_REVOCATIONS] = {"revocations",
                                  "SELECT * FROM revocations"
                                  " ORDER BY ca, crl_generation, crl_shard, serial"},
    [LEDGER_TABLE_EVENTS] =
        {"events",
         "SELECT serial, event, reason, happened_at, actor, note, node,"
         " journal_seq FROM revocation_events ORDER BY serial, node, journal_seq"},
    [LEDGER_TABLE_BURNT_KEYS] = {"burnt keys",
                                 "SELECT * FROM burnt_keys ORDER BY key_hash"},
    [LEDGER_TABLE_REQUESTS] =
        {"requests",
         "SELECT r.number, r.node, r.account, r.principal, r.kind, r.template, t.oid,"
         " t.major, t.minor, t.content_hash, r.operation, r.key_hash, r.asked_hash,"
         " r.state, r.reason, r.retry_after, r.protocol, r.peer, r.approvers,"
         " r.approvals_needed, r.created_at, r.updated_at, r.expires_at, r.serial"
         " FROM requests r LEFT JOIN template_versions t ON t.id = r.template_version"
         " ORDER BY r.number"},
    [LEDGER_TABLE_APPROVALS] = {"approvals",
                                "SELECT * FROM approvals ORDER BY request, account"},
    [LEDGER_TABLE_DECISIONS] =
        {"decisions",
         "SELECT d.request, d.node, d.decided_at, d.verdict, d.reason, d.account, t.name,"
         " t.oid, t.major, t.minor, t.content_hash, b.bundle_hash, d.config_hash,"
         " d.request_hash, d.facts_hash, d.engine, d.serial, d.journal_seq, d.facts,"
         " d.trace FROM decisions d"
         " LEFT JOIN template_versions t ON t.id = d.template_version"
         " LEFT JOIN bundles b ON b.id = d.bundle ORDER BY d.id"},
    [LEDGER_TABLE_RESERVATIONS] = {"reservations",
                                   "SELECT * FROM reservations"
                                   " ORDER BY account, template, key_hash"},
    [LEDGER_TABLE_CURSORS] = {"cursors", "SELECT * FROM journal_cursors ORDER BY signer"},
    [LEDGER_TABLE_CRLS] = {"crls",
                           "SELECT * FROM crls ORDER BY ca, crl_generation, crl_shard"},
};
_Static_assert(sizeof(tables) / sizeof(tables[0]) == LEDGER_TABLE_COUNT,
               "one row a table");

const char *ledger_table_name(enum ledger_table table)
{
    return (unsigned int)table < LEDGER_TABLE_COUNT ? tables[table].name : "unknown";
}

static void append_value(sqlite3_stmt *stmt, int column, struct buf *line)
{
    int len = sqlite3_column_bytes(stmt, column);

    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        buf_append_text(line, "null");
        return;
    case SQLITE_BLOB:
        text_append_hex(line, sqlite3_column_blob(stmt, column), (size_t)len);
        return;
    case SQLITE_TEXT:
        buf_printf(line, "'%s'", (const char *)sqlite3_column_text(stmt, column));
        return;
    default:
        buf_printf(line, "%lld", (long long)sqlite3_column_int64(stmt, column));
        return;
    }
}

static const char *print_row(sqlite3_stmt *stmt, struct buf *line)
{
    buf_truncate(line, 0);
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        buf_printf(line, "%s%s=", i == 0 ? "" : " ", sqlite3_column_name(stmt, i));
        append_value(stmt, i, line);
    }
    return buf_text(line);
}

bool ldb_answer_dump(struct ldb *db, const struct ledger_read *question,
                     struct error *err)
{
    AUTO(ldb_query) q = {0};
    AUTO(buf) line = BUF_EMPTY;
    bool row = false;

    if ((unsigned int)question->table >= LEDGER_TABLE_COUNT) {
        return error_set(err, ERROR_INVALID, "there is no such table");
    }
    if (!ldb_prepare(db, tables[question->table].sql, &q, err)) {
        return false;
    }
    while (ldb_step(&q, &row, err)) {
        if (!row) {
            return true;
        }
        if (!question->visit_line(question->ctx, print_row(q.stmt, &line), err)) {
            return false;
        }
    }
    return false;
}
