/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

/* The next request number that is not in anybody's block. */
static const char next_request[] = "request_next";

/* ---- CRL numbers --------------------------------------------------------------------- */

bool ldb_raise_crl_number(struct ldb *db, const struct ledger_crl *crl, struct error *err)
{
    static const char sql[] =
        "INSERT INTO crls (ca, crl_generation, crl_shard, number, published, this_update,"
        " next_update, entries, journal_seq) VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0)"
        " ON CONFLICT (ca, crl_generation, crl_shard) DO UPDATE SET"
        " number = max(number, excluded.number)";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, crl->ca);
    ldb_bind_int(&q, crl->generation);
    ldb_bind_int(&q, crl->shard);
    ldb_bind_int(&q, crl->number);
    return ldb_run(&q, err);
}

bool ldb_apply_crl_number(struct ldb *db, struct ledger_op *op, struct error *err)
{
    static const char sql[] =
        "INSERT INTO crls (ca, crl_generation, crl_shard, number, published, this_update,"
        " next_update, entries, journal_seq) VALUES (?, ?, ?, 1, 0, 0, 0, 0, 0)"
        " ON CONFLICT (ca, crl_generation, crl_shard) DO UPDATE SET number = number + 1"
        " RETURNING number";
    struct ledger_crl_number *c = &op->crl_number;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, c->ca);
    ldb_bind_int(&q, c->generation);
    ldb_bind_int(&q, c->shard);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    if (!row) {
        return error_set(err, ERROR_INTERNAL, "the ledger gave no CRL number");
    }
    c->number = ldb_int(&q);
    return true;
}

bool ldb_apply_crl_published(struct ldb *db, struct ledger_op *op, struct error *err)
{
    static const char sql[] =
        "UPDATE crls SET published = ?4, this_update = ?5, next_update = ?6, entries = "
        "?7,"
        " journal_seq = ?8 WHERE ca = ?1 AND crl_generation = ?2 AND crl_shard = ?3"
        " AND published < ?4 AND number >= ?4";
    const struct ledger_crl *c = &op->crl_published.crl;
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, c->ca);
    ldb_bind_int(&q, c->generation);
    ldb_bind_int(&q, c->shard);
    ldb_bind_int(&q, c->published);
    ldb_bind_int(&q, c->this_update_utc);
    ldb_bind_int(&q, c->next_update_utc);
    ldb_bind_int(&q, c->entries);
    ldb_bind_int(&q, c->journal_seq);
    if (!ldb_run(&q, err)) {
        return false;
    }
    return ldb_changes(db) == 1 ||
           error_set(err, ERROR_CONFLICT,
                     "CRL number %lld was not given out, or a later one is published",
                     (long long)c->published);
}

/* ---- settings and request numbers ---------------------------------------------------- */

bool ldb_put_setting(struct ldb *db, const char *name, const char *value,
                     struct error *err)
{
    static const char put[] = "INSERT INTO settings (name, value) VALUES (?, ?)"
                              " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    static const char forget[] = "DELETE FROM settings WHERE name = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, value == NULL ? forget : put, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, name);
    if (value != NULL) {
        ldb_bind_text(&q, value);
    }
    return ldb_run(&q, err);
}

bool ldb_get_setting_int(struct ldb *db, const char *name, int64_t fallback, int64_t *out,
                         struct error *err)
{
    static const char sql[] = "SELECT value FROM settings WHERE name = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, name);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = fallback;
    return !row || text_parse_i64(ldb_text(&q), INT64_MIN, INT64_MAX, out, err) ||
           error_wrap(err, "setting %s", name);
}

static bool put_next_request(struct ldb *db, int64_t next, struct error *err)
{
    AUTO(string) value = mem_printf("%lld", (long long)next);

    return ldb_put_setting(db, next_request, value, err);
}

bool ldb_raise_request_number(struct ldb *db, int64_t number, struct error *err)
{
    int64_t next = 0;

    if (!ldb_get_setting_int(db, next_request, 1, &next, err)) {
        return false;
    }
    return number < next || put_next_request(db, number + 1, err);
}

bool ldb_apply_numbers(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_numbers *n = &op->numbers;
    int64_t next = 0;

    if (!ldb_get_setting_int(db, next_request, 1, &next, err)) {
        return false;
    }
    if (next < 1 || n->count > LEDGER_REQUEST_MAX - next + 1) {
        return error_set(err, ERROR_UNAVAILABLE, "all request numbers are used up");
    }
    n->first = next;
    return put_next_request(db, next + n->count, err);
}

bool ldb_apply_setting(struct ldb *db, struct ledger_op *op, struct error *err)
{
    return ldb_put_setting(db, op->setting.name, op->setting.value, err);
}

/* ---- bundles ------------------------------------------------------------------------- */

bool ldb_apply_bundle(struct ldb *db, struct ledger_op *op, struct error *err)
{
    static const char sql[] = "UPDATE bundles SET content = ?, stored_at = ?"
                              " WHERE id = ? AND content IS NULL";
    struct ledger_bundle *b = &op->bundle;
    AUTO(ldb_query) q = {0};
    int64_t id = 0;

    if (!ldb_intern_bundle(db, &b->bundle, &id, err) || !ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_blob(&q, b->content);
    ldb_bind_int(&q, b->stored_utc);
    ldb_bind_int(&q, id);
    return ldb_run(&q, err);
}
