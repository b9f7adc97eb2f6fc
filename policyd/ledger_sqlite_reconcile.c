/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_op.h"
#include "policyd/ledger_sqlite_row.h"

/* ---- the cursor ---------------------------------------------------------------------- */

static bool check_cursor(struct ldb *db, const struct ledger_reconcile *r,
                         struct error *err)
{
    static const char sql[] = "SELECT reconciled FROM journal_cursors WHERE signer = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->signer);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    int64_t reconciled = row ? ldb_int(&q) : 0;
    return reconciled == r->after ||
           error_set(err, ERROR_CONFLICT,
                     "the journal is taken over up to record %lld, not %lld",
                     (long long)reconciled, (long long)r->after);
}

static bool move_cursor(struct ldb *db, const struct ledger_reconcile *r,
                        struct error *err)
{
    static const char sql[] =
        "INSERT INTO journal_cursors (signer, reconciled, record_hash, updated_at)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (signer) DO UPDATE SET"
        " reconciled = excluded.reconciled, record_hash = excluded.record_hash,"
        " updated_at = excluded.updated_at";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, r->signer);
    ldb_bind_int(&q, r->through);
    ldb_bind_hash(&q, &r->record);
    ldb_bind_int(&q, r->now_utc);
    return ldb_run(&q, err);
}

/* ---- entries ------------------------------------------------------------------------- */

static bool take_intent(struct ldb *db, struct ledger_reconcile *r,
                        const struct ledger_certificate *intent, struct error *err)
{
    struct ledger_certificate certificate = *intent;
    struct ldb_known known;

    if (!ldb_find_known(db, intent, &known, err)) {
        return false;
    }
    if (known.found) {
        return known.same ||
               error_set(err, ERROR_CONFLICT, "another certificate has this serial");
    }
    certificate.delivered = false; /* until a result says otherwise */
    r->added++;
    return ldb_insert_certificate(db, &certificate, err) &&
           ldb_raise_request_number(db, intent->request, err);
}

static bool mark_delivered(struct ldb *db, struct ledger_certificate *c,
                           struct error *err)
{
    static const char sql[] = "UPDATE certificates SET delivered = 1 WHERE serial = ?";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &c->serial);
    c->delivered = true;
    return ldb_run(&q, err) && ldb_supersede(db, c, err);
}

static bool take_result(struct ldb *db, const struct ledger_reconcile *r,
                        const struct ledger_certificate *result, struct error *err)
{
    AUTO(ledger_certificate) c = NULL;
    struct ldb_known known;

    if (!ldb_get_certificate(db, &result->serial, &c, err)) {
        return false;
    }
    if (c == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "no intent has this serial");
    }
    /* A revoked one that is undelivered was found to be so when there was more to know. */
    if (r->rebuild && !c->delivered && c->status != LEDGER_STATUS_REVOKED &&
        !mark_delivered(db, c, err)) {
        return false;
    }
    return ldb_find_known(db, c, &known, err) &&
           ldb_insert_der(db, known.id, result->der, err);
}

static bool take_revocation(struct ldb *db, struct ledger_reconcile *r,
                            const struct ledger_revoke *entry, struct error *err)
{
    struct ledger_revoke revoke = *entry;

    if (!ldb_revoke(db, &revoke, err)) {
        return false;
    }
    r->revoked += revoke.recorded ? 1 : 0;
    return true;
}

static bool take_entry(struct ldb *db, struct ledger_reconcile *r,
                       const struct ledger_journal_entry *entry, struct error *err)
{
    switch (entry->kind) {
    case LEDGER_JOURNAL_INTENT:
        return take_intent(db, r, entry->certificate, err);
    case LEDGER_JOURNAL_RESULT:
        return take_result(db, r, entry->certificate, err);
    case LEDGER_JOURNAL_REVOCATION:
        return take_revocation(db, r, entry->revoke, err);
    case LEDGER_JOURNAL_CRL:
        return ldb_raise_crl_number(db, entry->crl, err);
    }
    return error_set(err, ERROR_INTERNAL, "an entry of no kind");
}

bool ldb_apply_reconcile(struct ldb *db, struct ledger_op *op, struct error *err)
{
    struct ledger_reconcile *r = &op->reconcile;

    r->added = 0;
    r->revoked = 0;
    if (!check_cursor(db, r, err)) {
        return false;
    }
    for (size_t i = 0; i < r->entries_len; i++) {
        if (!take_entry(db, r, &r->entries[i], err)) {
            return error_wrap(err, "journal record %lld",
                              (long long)r->entries[i].sequence);
        }
    }
    if (!r->rebuild && r->undelivered_max > 0 && r->added > r->undelivered_max) {
        return error_set(err, ERROR_CONFLICT,
                         "the ledger lacks %zu certificates of the journal, more than a "
                         "crash explains: if it was lost or restored, run 'policyctl "
                         "ledger rebuild'",
                         r->added);
    }
    return move_cursor(db, r, err);
}
