/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "policyd/ledger_sqlite_answer.h"
#include "policyd/ledger_sqlite_row.h"

enum { DAY_S = 24 * 60 * 60, WEEK_S = 7 * DAY_S };

#define SELECT                                                                           \
    "SELECT " LDB_CERTIFICATE_FACTS " FROM certificates c" LDB_CERTIFICATE_TEMPLATE_JOIN

/* One answer in the making, and which rows it has already. */
struct look {
    struct ldb *db;
    const struct ledger_history_query *query;
    struct ledger_history *out;
    int64_t active_ids[LEDGER_HISTORY_MAX];
    int64_t other_ids[LEDGER_HISTORY_MAX + 1];
};

static struct ledger_certificate *take(struct ldb_query *q, int64_t *id)
{
    struct ledger_certificate c;

    *id = ldb_read_certificate(q, &c);
    return ledger_certificate_copy(&c);
}

/* ---- the account --------------------------------------------------------------------- */

static bool find_active(struct look *look, struct error *err)
{
    /* In the order of the index, so that nothing is sorted. */
    static const char sql[] =
        SELECT "WHERE c.account = ? AND c.not_after > ? AND c.status < 3"
               " ORDER BY c.not_after DESC, c.template DESC, c.issued_at DESC, c.id DESC"
               " LIMIT ?";
    struct ledger_history *out = look->out;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(look->db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, look->query->account);
    ldb_bind_int(&q, look->query->now_utc);
    ldb_bind_int(&q, LEDGER_HISTORY_MAX + 1);
    while (ldb_step(&q, &row, err)) {
        if (!row) {
            return true;
        }
        if (out->active_len == LEDGER_HISTORY_MAX) {
            out->active_more = true;
            return true;
        }
        out->active[out->active_len] = take(&q, &look->active_ids[out->active_len]);
        out->active_len++;
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

/* One that is read already, or NULL. */
static struct ledger_certificate *recall(const struct look *look, int64_t id)
{
    for (size_t i = 0; i < look->out->active_len; i++) {
        if (look->active_ids[i] == id) {
            return look->out->active[i];
        }
    }
    for (size_t i = 0; i < look->out->others_len; i++) {
        if (look->other_ids[i] == id) {
            return look->out->others[i];
        }
    }
    return NULL;
}

/* *out is NULL when it is revoked. */
static bool read_other(struct look *look, int64_t id, struct ledger_certificate **out,
                       struct error *err)
{
    static const char sql[] = SELECT "WHERE c.id = ? AND c.status < 3";
    struct ledger_history *history = look->out;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(look->db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, id);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = NULL;
    if (row) {
        /* Each is in the answer but the last, which ends the search. */
        assert(history->others_len < LEDGER_HISTORY_MAX + 1);
        *out = take(&q, &look->other_ids[history->others_len]);
        history->others[history->others_len++] = *out;
    }
    return true;
}

/* Most who have a name are the account itself, whose certificates are read already: the index alone
 * answers for those. */
static bool find_name(struct look *look, const struct ledger_name *name,
                      struct error *err)
{
    static const char sql[] = "SELECT certificate FROM certificate_names"
                              " WHERE kind = ? AND name = ? AND not_after > ?"
                              " ORDER BY not_after DESC";
    struct ledger_history *out = look->out;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(look->db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, name->kind);
    ldb_bind_text(&q, name->value);
    ldb_bind_int(&q, look->query->now_utc);
    while (ldb_step(&q, &row, err)) {
        if (!row) {
            return true;
        }
        int64_t id = ldb_int(&q);
        struct ledger_certificate *c = recall(look, id);
        if (c == NULL && !read_other(look, id, &c, err)) {
            return false;
        }
        if (c != NULL && out->same_names_len == LEDGER_HISTORY_MAX) {
            out->same_names_more = true;
            return true;
        }
        if (c != NULL) {
            out->same_names[out->same_names_len++] = c;
        }
    }
    return false;
}

bool ldb_answer_history(struct ldb *db, const struct ledger_read *question,
                        struct error *err)
{
    const struct ledger_history_query *query = question->history;
    struct ledger_history *out = question->history_out;
    struct look look = {.db = db, .query = query, .out = out};

    if (!find_active(&look, err) || !count_issued(db, query, out, err) ||
        !judge_key(db, query, out, err)) {
        return false;
    }
    for (size_t i = 0; i < query->names_len && !out->same_names_more; i++) {
        if (!find_name(&look, &query->names[i], err)) {
            return false;
        }
    }
    return true;
}
