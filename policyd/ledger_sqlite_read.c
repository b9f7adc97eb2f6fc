/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_sqlite_answer.h"
#include "policyd/ledger_sqlite_row.h"

bool ldb_answer_certificate(struct ldb *db, const struct ledger_read *question,
                            struct error *err)
{
    return ldb_get_certificate(db, question->serial, question->certificate, err);
}

bool ldb_answer_revocations(struct ldb *db, const struct ledger_read *question,
                            struct error *err)
{
    static const char sql[] =
        "SELECT serial, event, reason, happened_at, actor, note, node, journal_seq"
        " FROM revocation_events WHERE serial = ? ORDER BY happened_at, journal_seq";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, question->serial);
    while (ldb_step(&q, &row, err)) {
        struct ledger_revocation r;

        if (!row) {
            return true;
        }
        r.serial = ldb_serial(&q);
        r.event = (enum ledger_revocation_event)ldb_int(&q);
        r.reason = (enum ledger_reason)ldb_int(&q);
        r.happened_utc = ldb_int(&q);
        r.actor = ldb_text(&q);
        r.note = ldb_text(&q);
        r.node = ldb_int(&q);
        r.journal_seq = ldb_int(&q);
        if (!question->visit_revocation(question->ctx, &r, err)) {
            return false;
        }
    }
    return false;
}

bool ldb_answer_cursor(struct ldb *db, const struct ledger_read *question,
                       struct error *err)
{
    static const char sql[] = "SELECT reconciled, record_hash, updated_at FROM "
                              "journal_cursors WHERE signer = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, question->name);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *question->cursor = (struct ledger_cursor){0};
    if (row) {
        question->cursor->reconciled = ldb_int(&q);
        question->cursor->record = ldb_hash(&q);
        question->cursor->updated_utc = ldb_int(&q);
    }
    return true;
}

bool ldb_answer_crl(struct ldb *db, const struct ledger_read *question, struct error *err)
{
    static const char sql[] =
        "SELECT number, published, this_update, next_update, entries, journal_seq"
        " FROM crls WHERE ca = ? AND crl_generation = ? AND crl_shard = ?";
    struct ledger_crl *out = question->crl;
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, question->name);
    ldb_bind_int(&q, question->number);
    ldb_bind_int(&q, question->shard);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = (struct ledger_crl){
        .ca = question->name, .generation = question->number, .shard = question->shard};
    if (row) {
        out->number = ldb_int(&q);
        out->published = ldb_int(&q);
        out->this_update_utc = ldb_int(&q);
        out->next_update_utc = ldb_int(&q);
        out->entries = ldb_int(&q);
        out->journal_seq = ldb_int(&q);
    }
    return true;
}

bool ldb_answer_setting(struct ldb *db, const struct ledger_read *question,
                        struct error *err)
{
    static const char sql[] = "SELECT value FROM settings WHERE name = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_text(&q, question->name);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *question->text = row ? mem_strdup(ldb_text(&q)) : NULL;
    return true;
}

bool ldb_answer_bundle(struct ldb *db, const struct ledger_read *question,
                       struct error *err)
{
    static const char sql[] =
        "SELECT content FROM bundles WHERE bundle_hash = ? AND content IS NOT NULL";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_hash(&q, question->bundle);
    if (!ldb_step(&q, question->found, err)) {
        return false;
    }
    if (*question->found) {
        struct bytes content = ldb_blob(&q);

        buf_append(question->content, content.data, content.len);
    }
    return true;
}
