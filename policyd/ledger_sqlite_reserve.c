/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

enum { DAY_S = 24 * 60 * 60, WEEK_S = 7 * DAY_S };

/* ---- is the same on its way? --------------------------------------------------------- */

/* holder: the request that has it, 0 when nobody has or its time is over. */
static bool find_holder(struct ldb *db, const struct ledger_reserve *r, int64_t *holder,
                        struct error *err)
{
    static const char sql[] = "SELECT request FROM reservations WHERE account = ?"
                              " AND template = ? AND key_hash = ? AND expires_at > ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->account);
    ldb_bind_text(&q, r->template_name);
    ldb_bind_hash(&q, &r->key);
    ldb_bind_int(&q, r->now_utc);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *holder = row ? ldb_int(&q) : 0;
    return true;
}

/* ---- was the same issued a moment ago? ----------------------------------------------- */

/* A certificate that the client may simply be given again (docs/DECISIONS.md, "Repeats"). */
static bool is_repeatable(const struct ledger_reserve *r,
                          const struct ledger_certificate *c)
{
    return strcmp(c->template.name, r->template_name) == 0 &&
           c->operation == r->operation && c->delivered &&
           c->status == LEDGER_STATUS_LIVE && c->not_after_utc > r->now_utc &&
           c->issued_utc > r->now_utc - r->retry_window_s &&
           ledger_serial_is_none(&c->superseded_by) &&
           !ledger_serial_equal(&c->serial, &r->renews);
}

static bool find_earlier(struct ldb *db, struct ledger_reserve *r, struct error *err)
{
    /* Newest first; what is older than the window cannot follow what is younger. */
    static const char sql[] =
        "SELECT " LDB_CERTIFICATE_COLUMNS " FROM certificates c" LDB_CERTIFICATE_JOINS
        "WHERE c.key_hash = ? AND c.account = ? ORDER BY c.id DESC LIMIT 16";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (r->retry_window_s == 0) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_hash(&q, &r->key);
    ldb_bind_text(&q, r->account);
    while (ldb_step(&q, &row, err)) {
        struct ledger_certificate c;

        if (!row) {
            return true;
        }
        (void)ldb_read_certificate(&q, &c);
        if (is_repeatable(r, &c)) {
            struct ledger_serial serial = c.serial;

            return ldb_get_certificate(db, &serial, &r->earlier, err);
        }
    }
    return false;
}

/* ---- how much of the quota is used? -------------------------------------------------- */

struct usage {
    int64_t day;
    int64_t week;
    int64_t live;
};

static bool count_issued(struct ldb *db, const struct ledger_reserve *r,
                         struct usage *usage, struct error *err)
{
    /* What ended more than a week ago was not issued within it either. */
    static const char sql[] =
        "SELECT issued_at,"
        " not_after > ?4 AND status < 3 AND superseded_by IS NULL AND serial <> ?5"
        " FROM certificates"
        " WHERE account = ?1 AND not_after > ?2 AND template = ?3 AND delivered = 1";
    _Static_assert(LEDGER_STATUS_REVOKED == 3, "as in the statement");
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->account);
    ldb_bind_int(&q, r->now_utc - WEEK_S);
    ldb_bind_text(&q, r->template_name);
    ldb_bind_int(&q, r->now_utc);
    ldb_bind_serial(&q, &r->renews);
    while (ldb_step(&q, &row, err)) {
        if (!row) {
            return true;
        }
        int64_t issued_utc = ldb_int(&q);
        bool live = ldb_int(&q) != 0;

        usage->day += issued_utc > r->now_utc - DAY_S ? 1 : 0;
        usage->week += issued_utc > r->now_utc - WEEK_S ? 1 : 0;
        usage->live += live ? 1 : 0;
    }
    return false;
}

static bool count_reserved(struct ldb *db, const struct ledger_reserve *r,
                           struct usage *usage, struct error *err)
{
    static const char sql[] =
        "SELECT count(*) FROM reservations WHERE account = ? AND template = ?"
        " AND key_hash <> ? AND expires_at > ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->account);
    ldb_bind_text(&q, r->template_name);
    ldb_bind_hash(&q, &r->key);
    ldb_bind_int(&q, r->now_utc);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    int64_t reserved = row ? ldb_int(&q) : 0;
    *usage = (struct usage){reserved, reserved, reserved};
    return true;
}

static bool is_used_up(int64_t used, int64_t max)
{
    return max > 0 && used >= max;
}

static enum ledger_reserve_outcome judge_usage(const struct ledger_quota *quota,
                                               const struct usage *usage)
{
    if (is_used_up(usage->day, quota->day_max)) {
        return LEDGER_QUOTA_DAY;
    }
    if (is_used_up(usage->week, quota->week_max)) {
        return LEDGER_QUOTA_WEEK;
    }
    return is_used_up(usage->live, quota->live_max) ? LEDGER_QUOTA_LIVE : LEDGER_RESERVED;
}

/* The outcome is RESERVED when one more fits in. */
static bool check_quota(struct ldb *db, struct ledger_reserve *r, struct error *err)
{
    const struct ledger_quota *quota = &r->quota;
    struct usage usage;

    r->outcome = LEDGER_RESERVED;
    if (quota->day_max == 0 && quota->week_max == 0 && quota->live_max == 0) {
        return true;
    }
    if (!count_reserved(db, r, &usage, err) || !count_issued(db, r, &usage, err)) {
        return false;
    }
    r->outcome = judge_usage(quota, &usage);
    return true;
}

/* ---- the reservation ----------------------------------------------------------------- */

static bool insert(struct ldb *db, const struct ledger_reserve *r, struct error *err)
{
    static const char sql[] =
        "INSERT INTO reservations (account, template, key_hash, request, operation, node,"
        " reserved_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account, template, key_hash) DO UPDATE SET"
        " request = excluded.request, operation = excluded.operation,"
        " node = excluded.node, reserved_at = excluded.reserved_at,"
        " expires_at = excluded.expires_at";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->account);
    ldb_bind_text(&q, r->template_name);
    ldb_bind_hash(&q, &r->key);
    ldb_bind_int(&q, r->request);
    ldb_bind_int(&q, r->operation);
    ldb_bind_int(&q, r->node);
    ldb_bind_int(&q, r->now_utc);
    ldb_bind_int(&q, r->expires_utc);
    return ldb_run(&q, err);
}

/* Of parallel attempts for a request that waited, one that comes when it has ended is too late:
 * its approvals were used up, or somebody denied it after all. */
static bool may_end(struct ldb *db, const struct ledger_reserve *r, bool *open,
                    struct error *err)
{
    int state = 0;

    *open = true;
    if (r->waited == 0) {
        return true;
    }
    if (!ldb_request_state(db, r->waited, &state, err)) {
        return false;
    }
    *open = state == LEDGER_REQUEST_HELD || state == LEDGER_REQUEST_APPROVED;
    return true;
}

bool ldb_apply_reserve(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_reserve *r = &op->reserve;
    int64_t holder = 0;
    bool open = false;

    if (!find_holder(db, r, &holder, err)) {
        return false;
    }
    if (holder != 0) {
        r->outcome = LEDGER_IN_FLIGHT;
        r->holder = holder;
        return true;
    }
    if (!find_earlier(db, r, err)) {
        return false;
    }
    if (r->earlier != NULL) {
        r->outcome = LEDGER_EARLIER;
        return true;
    }
    if (!may_end(db, r, &open, err)) {
        return false;
    }
    if (!open) {
        r->outcome = LEDGER_ENDED;
        return true;
    }
    return check_quota(db, r, err) &&
           (r->outcome != LEDGER_RESERVED || insert(db, r, err));
}

bool ldb_release(struct ldb *db, const struct ledger_request *request, struct error *err)
{
    static const char sql[] =
        "DELETE FROM reservations WHERE account = ? AND template = ?"
        " AND key_hash = ? AND request = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, request->account);
    ldb_bind_text(&q, request->template.name);
    ldb_bind_hash(&q, &request->key);
    ldb_bind_int(&q, request->attempt != 0 ? request->attempt : request->number);
    return ldb_run(&q, err);
}

static bool is_kept(const struct ledger_release *r, int64_t request)
{
    for (size_t i = 0; i < r->kept_len; i++) {
        if (r->kept[i] == request) {
            return true;
        }
    }
    return false;
}

static bool release_rows(struct ldb *db, int64_t node, int64_t request, struct error *err)
{
    static const char sql[] = "DELETE FROM reservations WHERE node = ? AND request = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, node);
    ldb_bind_int(&q, request);
    return ldb_run(&q, err);
}

/* One that is to go, 0 when there is none. */
static bool find_stray(struct ldb *db, const struct ledger_release *r, int64_t *request,
                       struct error *err)
{
    static const char sql[] = "SELECT DISTINCT request FROM reservations WHERE node = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    *request = 0;
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, r->node);
    while (ldb_step(&q, &row, err)) {
        if (!row) {
            return true;
        }
        int64_t found = ldb_int(&q);
        if (!is_kept(r, found)) {
            *request = found;
            return true;
        }
    }
    return false;
}

bool ldb_apply_release(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_release *r = &op->release;
    int64_t stray = 0;

    while (find_stray(db, r, &stray, err)) {
        if (stray == 0) {
            return true;
        }
        if (!release_rows(db, r->node, stray, err)) {
            return false;
        }
        r->released += ldb_changes(db);
    }
    return false;
}
