/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_names.h"
#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

#define BIT(state) (1U << (unsigned int)(state))

/* From which states a request may come to each; the first bit is "no row yet". A certificate
 * that is signed is a fact, whatever became of its request meanwhile. */
static const unsigned int comes_from[] = {
    [LEDGER_REQUEST_HELD] =
        BIT(0) | BIT(LEDGER_REQUEST_HELD) | BIT(LEDGER_REQUEST_APPROVED),
    [LEDGER_REQUEST_DENIED] =
        BIT(0) | BIT(LEDGER_REQUEST_HELD) | BIT(LEDGER_REQUEST_APPROVED),
    [LEDGER_REQUEST_FAILED] = BIT(0),
    [LEDGER_REQUEST_ISSUED] = BIT(LEDGER_REQUEST_END) - 1,
    [LEDGER_REQUEST_EXPIRED] = BIT(LEDGER_REQUEST_HELD) | BIT(LEDGER_REQUEST_APPROVED),
};

/* Move a request to its new state, if it may go there. */
static bool move_request(struct ldb *db, const struct ledger_request *request,
                         struct error *err)
{
    int state = 0;

    if (!ldb_request_state(db, request->number, &state, err)) {
        return false;
    }
    if (request->state == LEDGER_REQUEST_FAILED &&
        (state == LEDGER_REQUEST_HELD || state == LEDGER_REQUEST_APPROVED)) {
        return true; /* it may be asked for again: nobody has to approve anew */
    }
    if ((comes_from[request->state] & BIT(state)) == 0) {
        return error_set(err, ERROR_CONFLICT, "request %lld is %s and cannot become %s",
                         (long long)request->number,
                         ledger_request_state_name((enum ledger_request_state)state),
                         ledger_request_state_name(request->state));
    }
    return ldb_put_request(db, request, err);
}

/* ---- settle -------------------------------------------------------------------------- */

static bool settle_known(struct ledger_settle *s, const struct ldb_known *known,
                         struct error *err)
{
    if (!known->same) {
        return error_set(err, ERROR_CONFLICT,
                         "another certificate has this serial (journal sequence %lld)",
                         (long long)known->journal_seq);
    }
    if (!known->delivered) {
        return error_set(err, ERROR_CONFLICT,
                         "the certificate was recorded as undelivered meanwhile and must "
                         "not be handed out");
    }
    s->already = true;
    return true;
}

bool ldb_apply_settle(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_settle *s = &op->settle;
    struct ledger_request issued;
    struct ldb_known known;

    s->already = false;
    if (!ldb_find_known(db, s->certificate, &known, err)) {
        return false;
    }
    if (known.found) {
        return settle_known(s, &known, err);
    }
    if (!ldb_insert_certificate(db, s->certificate, err)) {
        return false;
    }
    if (s->request == NULL) {
        return true;
    }
    issued = *s->request;
    issued.state = LEDGER_REQUEST_ISSUED;
    issued.serial = s->certificate->serial;
    return move_request(db, &issued, err) &&
           ldb_insert_decision(db, s->decision, &op->decision_id, err) &&
           ldb_release(db, &issued, err);
}

/* ---- refuse and hold ----------------------------------------------------------------- */

bool ldb_apply_refuse(struct ldb *db, struct ledger_op *op, struct error *err)
{
    const struct ledger_refuse *r = &op->refuse;

    return move_request(db, r->request, err) &&
           ldb_insert_decision(db, r->decision, &op->decision_id, err) &&
           ldb_release(db, r->request, err);
}

/* Another request of the same account, template and key. */
struct sibling {
    int64_t number; /* 0: there is none */
    struct ledger_hash asked;
    int64_t expires_utc;
};

static void bind_sibling(struct ldb_query *q, const struct ledger_request *r)
{
    ldb_bind_text(q, r->account);
    ldb_bind_text(q, r->template.name);
    ldb_bind_hash(q, &r->key);
}

/* The one that waits. */
static bool find_waiting(struct ldb *db, const struct ledger_request *r,
                         struct sibling *out, struct error *err)
{
    static const char sql[] = "SELECT number, asked_hash, expires_at FROM requests"
                              " WHERE account = ? AND template = ? AND key_hash = ?"
                              " AND state IN (2, 3)";
    AUTO(ldb_query) q = {0};
    bool row = false;

    _Static_assert(LEDGER_REQUEST_HELD == 2 && LEDGER_REQUEST_APPROVED == 3,
                   "as in the statements and in the schema");
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    bind_sibling(&q, r);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = (struct sibling){.number = 0};
    if (row) {
        out->number = ldb_int(&q);
        out->asked = ldb_hash(&q);
        out->expires_utc = ldb_int(&q);
    }
    return true;
}

/* The last one that an approver denied for the same names, not long enough ago; 0: none. */
static bool find_denied(struct ldb *db, const struct ledger_request *r, int64_t *number,
                        struct error *err)
{
    static const char sql[] = "SELECT number FROM requests WHERE account = ?"
                              " AND template = ? AND key_hash = ? AND state = 4"
                              " AND expires_at > 0 AND asked_hash = ? AND expires_at > ?"
                              " ORDER BY number DESC LIMIT 1";
    AUTO(ldb_query) q = {0};
    bool row = false;

    _Static_assert(LEDGER_REQUEST_DENIED == 4, "as in the statement and in the schema");
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    bind_sibling(&q, r);
    ldb_bind_hash(&q, &r->asked);
    ldb_bind_int(&q, r->updated_utc);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *number = row ? ldb_int(&q) : 0;
    return true;
}

/* The account's last request for the same, if it is one that waited until its time was over; 0:
 * it is not. Rows of long ago are not looked at: they may be many. */
static bool find_lapsed(struct ldb *db, const struct ledger_request *r, int64_t *number,
                        struct error *err)
{
    static const char sql[] =
        "SELECT number, state = 7 AND asked_hash = ?4 AND expires_at BETWEEN 1 AND"
        " updated_at FROM requests WHERE number IN (SELECT number FROM requests"
        " WHERE account = ?1 ORDER BY number DESC LIMIT 64)"
        " AND template = ?2 AND key_hash = ?3 ORDER BY number DESC LIMIT 1";
    AUTO(ldb_query) q = {0};
    bool row = false;

    _Static_assert(LEDGER_REQUEST_EXPIRED == 7, "as in the statement");
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    bind_sibling(&q, r);
    ldb_bind_hash(&q, &r->asked);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    int64_t last = row ? ldb_int(&q) : 0;
    *number = row && ldb_int(&q) != 0 ? last : 0;
    return true;
}

/* Only one can wait, and approvals are for what was shown: what came later takes its place, whether
 * its time was over or not. */
static bool end_waiting(struct ldb *db, int64_t number, bool over, int64_t now_utc,
                        struct error *err)
{
    static const char sql[] =
        "UPDATE requests SET state = 7, reason = ?, retry_after = 0,"
        " updated_at = ? WHERE number = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, over ? "APPROVAL_DENIED" : "SUPERSEDED");
    ldb_bind_int(&q, now_utc);
    ldb_bind_int(&q, number);
    return ldb_run(&q, err);
}

/* Approved ones count as well: they are open until they are asked for. */
static bool find_room(struct ldb *db, const struct ledger_hold *h, bool *full,
                      struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM requests WHERE account = ?"
                              " AND state IN (2, 3)"
                              " AND (expires_at = 0 OR expires_at > ?)";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (h->open_max == 0) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, h->request->account);
    ldb_bind_int(&q, h->request->updated_utc);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *full = row && ldb_int(&q) >= h->open_max;
    return true;
}

/* Of another number, or none: does it wait already, may it wait at all? */
static bool begin_waiting(struct ldb *db, struct ledger_hold *h,
                          const struct sibling *other, struct error *err)
{
    const struct ledger_request *r = h->request;
    bool over = other->expires_utc != 0 && other->expires_utc <= r->updated_utc;

    if (other->number != 0 && !over && ledger_hash_equal(&other->asked, &r->asked)) {
        h->waiting = other->number;
        return true;
    }
    if (!find_denied(db, r, &h->denied, err)) {
        return false;
    }
    if (h->denied != 0) {
        return true;
    }
    /* One that takes another's place needs no room of its own. */
    if ((other->number == 0 || over) && !find_room(db, h, &h->full, err)) {
        return false;
    }
    if (h->full) {
        return true;
    }
    h->waiting = r->number;
    if (other->number != 0 &&
        !end_waiting(db, other->number, over, r->updated_utc, err)) {
        return false;
    }
    return find_lapsed(db, r, &h->lapsed, err);
}

bool ldb_apply_hold(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_hold *h = &op->hold;
    struct sibling other;

    h->waiting = 0;
    h->denied = 0;
    h->lapsed = 0;
    h->full = false;
    if (!find_waiting(db, h->request, &other, err) || !ldb_release(db, h->request, err)) {
        return false;
    }
    if (other.number != h->request->number) {
        if (!begin_waiting(db, h, &other, err)) {
            return false;
        }
    } else if (ledger_hash_equal(&other.asked, &h->request->asked)) {
        h->waiting = other.number;
    } else {
        return error_set(err, ERROR_CONFLICT, "request %lld waits with other names",
                         (long long)other.number);
    }
    return h->waiting != h->request->number ||
           (move_request(db, h->request, err) &&
            ldb_insert_decision(db, h->decision, &op->decision_id, err));
}

/* ---- expire -------------------------------------------------------------------------- */

bool ldb_apply_expire(struct ldb *db, struct ledger_op *op, struct error *err)
{
    static const char sql[] =
        "UPDATE requests SET state = 7, reason = 'APPROVAL_DENIED', retry_after = 0,"
        " updated_at = ?1 WHERE number IN (SELECT number FROM requests"
        " WHERE state IN (2, 3) AND expires_at BETWEEN 1 AND ?1 ORDER BY number LIMIT "
        "?2)";
    AUTO(ldb_query) q = {0};

    _Static_assert(LEDGER_REQUEST_EXPIRED == 7, "as in the statement");
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, op->expire.now_utc);
    ldb_bind_int(&q, op->expire.limit);
    if (!ldb_run(&q, err)) {
        return false;
    }
    op->expire.expired = ldb_changes(db);
    return true;
}
