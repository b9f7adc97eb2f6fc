/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_row.h"

/* ---- requests ------------------------------------------------------------------------ */

void ldb_read_request(struct ldb_query *query, struct ledger_request *out)
{
    *out = (struct ledger_request){0};
    out->number = ldb_int(query);
    out->node = ldb_int(query);
    out->account = ldb_text(query);
    out->principal = ldb_text(query);
    out->kind = (enum ledger_kind)ldb_int(query);
    out->template.name = ldb_text(query);
    out->template.oid = ldb_text(query);
    out->template.major = ldb_int(query);
    out->template.minor = ldb_int(query);
    out->template.content = ldb_hash(query);
    out->operation = (enum ledger_operation)ldb_int(query);
    out->key = ldb_hash(query);
    out->asked = ldb_hash(query);
    out->state = (enum ledger_request_state)ldb_int(query);
    out->reason = ldb_text(query);
    out->retry_after_s = ldb_int(query);
    out->protocol = ldb_text(query);
    out->peer = ldb_text(query);
    out->approvers = ldb_text(query);
    out->approvals_needed = ldb_int(query);
    out->created_utc = ldb_int(query);
    out->updated_utc = ldb_int(query);
    out->expires_utc = ldb_int(query);
    out->serial = ldb_serial(query);
}

bool ldb_request_state(struct ldb *db, int64_t number, int *state, struct error *err)
{
    static const char sql[] = "SELECT state FROM requests WHERE number = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, number);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *state = row ? (int)ldb_int(&q) : 0;
    return true;
}

static void bind_request(struct ldb_query *q, const struct ledger_request *r,
                         int64_t template)
{
    ldb_bind_int(q, r->number);
    ldb_bind_int(q, r->node);
    ldb_bind_text(q, r->account);
    ldb_bind_text(q, r->principal);
    ldb_bind_int(q, r->kind);
    ldb_bind_text(q, r->template.name);
    ldb_bind_id_or_null(q, template);
    ldb_bind_int(q, r->operation);
    ldb_bind_hash(q, &r->key);
    ldb_bind_hash(q, &r->asked);
    ldb_bind_int(q, r->state);
    ldb_bind_text(q, r->reason);
    ldb_bind_int(q, r->retry_after_s);
    ldb_bind_text(q, r->protocol);
    ldb_bind_text(q, r->peer);
    ldb_bind_text(q, r->approvers);
    ldb_bind_int(q, r->approvals_needed);
    ldb_bind_int(q, r->created_utc);
    ldb_bind_int(q, r->updated_utc);
    ldb_bind_int(q, r->expires_utc);
    ldb_bind_serial_or_null(q, &r->serial);
}

bool ldb_put_request(struct ldb *db, const struct ledger_request *request,
                     struct error *err)
{
    static const char sql[] =
        "INSERT INTO requests (number, node, account, principal, kind, template,"
        " template_version, operation, key_hash, asked_hash, state, reason, retry_after,"
        " protocol, peer, approvers, approvals_needed, created_at, updated_at,"
        " expires_at, serial)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET template_version = "
        "excluded.template_version,"
        " operation = excluded.operation, asked_hash = excluded.asked_hash,"
        " state = excluded.state, reason = excluded.reason,"
        " retry_after = excluded.retry_after, peer = excluded.peer,"
        " approvers = excluded.approvers, approvals_needed = excluded.approvals_needed,"
        " updated_at = excluded.updated_at, expires_at = excluded.expires_at,"
        " serial = excluded.serial"
        " WHERE account = excluded.account AND template = excluded.template"
        " AND key_hash = excluded.key_hash";
    AUTO(ldb_query) q = {0};
    int64_t template = 0;

    if (!ldb_intern_template(db, &request->template, &template, err) ||
        !ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    bind_request(&q, request, template);
    if (!ldb_run(&q, err)) {
        return false;
    }
    return ldb_changes(db) == 1 ||
           error_set(err, ERROR_CONFLICT,
                     "request %lld is of another account, template or key",
                     (long long)request->number);
}

/* ---- decisions ----------------------------------------------------------------------- */

void ldb_read_decision(struct ldb_query *query, struct ledger_decision *out)
{
    *out = (struct ledger_decision){0};
    out->id = ldb_int(query);
    out->request = ldb_int(query);
    out->node = ldb_int(query);
    out->decided_utc = ldb_int(query);
    out->verdict = (enum ledger_verdict)ldb_int(query);
    out->reason = ldb_text(query);
    out->account = ldb_text(query);
    out->template.name = ldb_text(query);
    out->template.oid = ldb_text(query);
    out->template.major = ldb_int(query);
    out->template.minor = ldb_int(query);
    out->template.content = ldb_hash(query);
    out->bundle = ldb_hash(query);
    out->config = ldb_hash(query);
    out->request_hash = ldb_hash(query);
    out->facts_hash = ldb_hash(query);
    out->engine = ldb_text(query);
    out->serial = ldb_serial(query);
    out->journal_seq = ldb_int(query);
    out->facts = ldb_blob(query);
    out->trace = ldb_blob(query);
}

bool ldb_insert_decision(struct ldb *db, const struct ledger_decision *d, int64_t *id,
                         struct error *err)
{
    static const char sql[] =
        "INSERT INTO decisions (request, node, decided_at, verdict, reason, account,"
        " template_version, bundle, config_hash, request_hash, facts_hash, engine, "
        "serial,"
        " journal_seq, facts, trace)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AUTO(ldb_query) q = {0};
    int64_t template = 0;
    int64_t bundle = 0;

    *id = 0;
    if (d == NULL) {
        return true;
    }
    if (!ldb_intern_template(db, &d->template, &template, err) ||
        !ldb_intern_bundle(db, &d->bundle, &bundle, err) ||
        !ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, d->request);
    ldb_bind_int(&q, d->node);
    ldb_bind_int(&q, d->decided_utc);
    ldb_bind_int(&q, d->verdict);
    ldb_bind_text(&q, d->reason);
    ldb_bind_text(&q, d->account);
    ldb_bind_id_or_null(&q, template);
    ldb_bind_id_or_null(&q, bundle);
    ldb_bind_hash(&q, &d->config);
    ldb_bind_hash(&q, &d->request_hash);
    ldb_bind_hash(&q, &d->facts_hash);
    ldb_bind_text(&q, d->engine);
    ldb_bind_serial_or_null(&q, &d->serial);
    ldb_bind_int(&q, d->journal_seq);
    ldb_bind_blob(&q, d->facts);
    ldb_bind_blob(&q, d->trace);
    if (!ldb_run(&q, err)) {
        return false;
    }
    *id = ldb_last_id(db);
    return true;
}
