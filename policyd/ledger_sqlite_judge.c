/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_names.h"
#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

/* A copy, or NULL when there is none. */
static bool get_request(struct ldb *db, int64_t number, struct ledger_request **out,
                        struct error *err)
{
    static const char sql[] =
        "SELECT " LDB_REQUEST_COLUMNS LDB_REQUEST_FROM "WHERE r.number = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, number);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = NULL;
    if (row) {
        struct ledger_request request;

        ldb_read_request(&q, &request);
        *out = ledger_request_copy(&request);
    }
    return true;
}

/* One that is approved already can still be denied until it is issued. */
static bool is_waiting(const struct ledger_request *r, const struct ledger_approval *a)
{
    return r->state == LEDGER_REQUEST_HELD ||
           (r->state == LEDGER_REQUEST_APPROVED && !a->approved);
}

static bool may_judge(const struct ledger_request *r, const struct ledger_judge *j,
                      struct error *err)
{
    const struct ledger_approval *a = j->approval;
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(r->number, id);
    if (!is_waiting(r, a)) {
        return error_set(err, ERROR_CONFLICT, "request %s is %s, it does not wait", id,
                         ledger_request_state_name(r->state));
    }
    if (r->expires_utc != 0 && r->expires_utc <= a->decided_utc) {
        return error_set(err, ERROR_CONFLICT, "request %s was not approved in time", id);
    }
    if (strcmp(r->account, a->account) == 0) {
        return error_set(
            err, ERROR_DENIED,
            "request %s is the approver's own: somebody else must approve it", id);
    }
    if (!ledger_hash_equal(&r->key, &j->key) ||
        !ledger_hash_equal(&r->asked, &j->asked)) {
        return error_set(err, ERROR_CONFLICT,
                         "request %s asks for something else than was shown: look again",
                         id);
    }
    return true;
}

/* One word each; but who has approved may still deny. */
static bool may_speak(struct ldb *db, const struct ledger_approval *a, struct error *err)
{
    static const char sql[] =
        "SELECT approved FROM approvals WHERE request = ? AND account = ?";
    AUTO(ldb_query) q = {0};
    bool spoken = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, a->request);
    ldb_bind_text(&q, a->account);
    if (!ldb_step(&q, &spoken, err)) {
        return false;
    }
    return !spoken || (ldb_int(&q) != 0 && !a->approved) ||
           error_set(err, ERROR_CONFLICT, "this approver has spoken on it already");
}

static bool insert_approval(struct ldb *db, const struct ledger_approval *a,
                            struct error *err)
{
    static const char sql[] = "INSERT INTO approvals (request, account, principal, "
                              "approved, decided_at, comment, node, journal_seq,"
                              " approvers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                              " ON CONFLICT (request, account) DO UPDATE SET"
                              " principal = excluded.principal,"
                              " approved = excluded.approved,"
                              " decided_at = excluded.decided_at,"
                              " comment = excluded.comment, node = excluded.node,"
                              " journal_seq = excluded.journal_seq,"
                              " approvers = excluded.approvers";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, a->request);
    ldb_bind_text(&q, a->account);
    ldb_bind_text(&q, a->principal);
    ldb_bind_int(&q, a->approved ? 1 : 0);
    ldb_bind_int(&q, a->decided_utc);
    ldb_bind_text(&q, a->comment);
    ldb_bind_int(&q, a->node);
    ldb_bind_int(&q, a->journal_seq);
    ldb_bind_text(&q, a->approvers);
    return ldb_run(&q, err);
}

/* Those by which a group approves. */
static bool count_approvals(struct ldb *db, int64_t request, const char *group,
                            int64_t *out, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM approvals WHERE request = ?"
                              " AND approved = 1 AND approvers = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, request);
    ldb_bind_text(&q, group);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = row ? ldb_int(&q) : 0;
    return true;
}

/* Each group for itself, as the road counts: what one has too many is nothing to another. */
static bool count_groups(struct ldb *db, const struct ledger_request *r,
                         struct ledger_judge *j, bool *enough, struct error *err)
{
    const char *rest = r->approvers;
    struct ledger_group group;

    j->approvals = 0;
    *enough = *rest != '\0';
    while (ledger_group_next(r, &rest, &group)) {
        AUTO(string) name = mem_dup(group.name, group.len);
        int64_t count = 0;

        if (!count_approvals(db, r->number, name, &count, err)) {
            return false;
        }
        j->approvals += count < group.need ? count : group.need;
        *enough = *enough && count >= group.need;
    }
    return true;
}

static bool set_state(struct ldb *db, const struct ledger_request *r,
                      enum ledger_request_state state, int64_t now_utc, struct error *err)
{
    static const char sql[] =
        "UPDATE requests SET state = ?, reason = ?, updated_at = ? WHERE number = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, state);
    ldb_bind_text(&q, state == LEDGER_REQUEST_DENIED ? "APPROVAL_DENIED" : r->reason);
    ldb_bind_int(&q, now_utc);
    ldb_bind_int(&q, r->number);
    return ldb_run(&q, err);
}

/* The approver's word counts: m of n of each group approve, one denies. */
static bool conclude(struct ldb *db, const struct ledger_request *r,
                     struct ledger_judge *j, struct error *err)
{
    const struct ledger_approval *a = j->approval;

    bool enough = false;

    if (!count_groups(db, r, j, &enough, err)) {
        return false;
    }
    j->state = r->state;
    if (!a->approved) {
        j->state = LEDGER_REQUEST_DENIED;
    } else if (enough) {
        j->state = LEDGER_REQUEST_APPROVED;
    }
    return j->state == r->state || set_state(db, r, j->state, a->decided_utc, err);
}

bool ldb_apply_judge(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_judge *j = &op->judge;
    AUTO(ledger_request) request = NULL;

    if (!get_request(db, j->approval->request, &request, err)) {
        return false;
    }
    if (request == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "there is no such request");
    }
    return may_judge(request, j, err) && may_speak(db, j->approval, err) &&
           insert_approval(db, j->approval, err) && conclude(db, request, j, err);
}
