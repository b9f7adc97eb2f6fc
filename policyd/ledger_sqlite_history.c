/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_answer.h"
#include "policyd/ledger_sqlite_row.h"

enum { DAY_S = 24 * 60 * 60, WEEK_S = 7 * DAY_S };

#define SELECT "SELECT " LDB_CERTIFICATE_COLUMNS " FROM "

/* ---- the account --------------------------------------------------------------------- */

static bool find_active(struct ldb *db, const struct ledger_history_query *query,
                        struct ledger_history *out, struct error *err)
{
    /* In the order of the index, so that nothing is sorted. */
    static const char sql[] =
        SELECT "certificates c" LDB_CERTIFICATE_JOINS
               "WHERE c.account = ? AND c.not_after > ? AND c.status < 3"
               " ORDER BY c.not_after DESC, c.template DESC, c.issued_at DESC, c.id DESC"
               " LIMIT ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, query->account);
    ldb_bind_int(&q, query->now_utc);
    ldb_bind_int(&q, LEDGER_HISTORY_MAX + 1);
    while (ldb_step(&q, &row, err)) {
        struct ledger_certificate c;

        if (!row) {
            return true;
        }
        if (out->active_len == LEDGER_HISTORY_MAX) {
            out->active_more = true;
            return true;
        }
        (void)ldb_read_certificate(&q, &c);
        out->active[out->active_len++] = ledger_certificate_copy(&c);
    }
    return false;
}

/* The index alone answers; what ended more than a week ago was not issued within it. */
static bool count_issued(struct ldb *db, const struct ledger_history_query *query,
                         struct ledger_history *out, struct error *err)
{
    static const char sql[] = "SELECT count(*), coalesce(sum(issued_at > ?3), 0)"
                              " FROM certificates WHERE account = ?1 AND not_after > ?2"
                              " AND issued_at > ?2";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, query->account);
    ldb_bind_int(&q, query->now_utc - WEEK_S);
    ldb_bind_int(&q, query->now_utc - DAY_S);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    if (row) {
        out->issued_7d = ldb_int(&q);
        out->issued_24h = ldb_int(&q);
    }
    return true;
}

/* ---- the key ------------------------------------------------------------------------- */

static bool judge_key(struct ldb *db, const struct ledger_history_query *query,
                      struct ledger_history *out, struct error *err)
{
    /* Two steps in the index for those of others, however often the account has used the key
     * itself. */
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM burnt_keys WHERE key_hash = ?1),"
        " EXISTS (SELECT 1 FROM certificates WHERE key_hash = ?1 AND account < ?2)"
        " OR EXISTS (SELECT 1 FROM certificates WHERE key_hash = ?1 AND account > ?2),"
        " EXISTS (SELECT 1 FROM certificates WHERE key_hash = ?1 AND account = ?2)";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_hash(&q, &query->key);
    ldb_bind_text(&q, query->account);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    bool is_burnt = ldb_int(&q) != 0;
    bool is_others = ldb_int(&q) != 0;
    bool is_own = ldb_int(&q) != 0;
    if (is_burnt) {
        out->same_key = LEDGER_KEY_BURNT;
    } else if (is_others) {
        out->same_key = LEDGER_KEY_OTHER_ACCOUNT;
    } else {
        out->same_key = is_own ? LEDGER_KEY_SAME_ACCOUNT : LEDGER_KEY_NONE;
    }
    return true;
}

/* ---- the names ----------------------------------------------------------------------- */

static bool find_name(struct ldb *db, const struct ledger_name *name, int64_t now_utc,
                      struct ledger_history *out, struct error *err)
{
    static const char sql[] =
        SELECT "certificate_names n CROSS JOIN certificates c ON c.id = "
               "n.certificate" LDB_CERTIFICATE_JOINS
               "WHERE n.kind = ? AND n.name = ? AND n.not_after > ? AND c.status < 3"
               " ORDER BY n.not_after DESC LIMIT ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, name->kind);
    ldb_bind_text(&q, name->value);
    ldb_bind_int(&q, now_utc);
    ldb_bind_int(&q, LEDGER_HISTORY_MAX + 1);
    while (ldb_step(&q, &row, err)) {
        struct ledger_certificate c;

        if (!row) {
            return true;
        }
        if (out->same_names_len == LEDGER_HISTORY_MAX) {
            out->same_names_more = true;
            return true;
        }
        (void)ldb_read_certificate(&q, &c);
        out->same_names[out->same_names_len++] = ledger_certificate_copy(&c);
    }
    return false;
}

bool ldb_answer_history(struct ldb *db, const struct ledger_read *question,
                        struct error *err)
{
    const struct ledger_history_query *query = question->history;
    struct ledger_history *out = question->history_out;

    if (!find_active(db, query, out, err) || !count_issued(db, query, out, err) ||
        !judge_key(db, query, out, err)) {
        return false;
    }
    for (size_t i = 0; i < query->names_len; i++) {
        if (!find_name(db, &query->names[i], query->now_utc, out, err)) {
            return false;
        }
    }
    return true;
}
