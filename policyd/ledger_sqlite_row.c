/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_sqlite_row.h"

void ldb_bind_id_or_null(struct ldb_query *query, int64_t id)
{
    if (id == 0) {
        ldb_bind_null(query);
    } else {
        ldb_bind_int(query, id);
    }
}

/* ---- what many rows share ------------------------------------------------------------ */

static void bind_template(struct ldb_query *q, const struct ledger_template *template)
{
    ldb_bind_hash(q, &template->content);
    ldb_bind_text(q, template->name);
    ldb_bind_text(q, template->oid);
    ldb_bind_int(q, template->major);
    ldb_bind_int(q, template->minor);
}

bool ldb_intern_template(struct ldb *db, const struct ledger_template *template,
                         int64_t *id, struct error *err)
{
    static const char find[] =
        "SELECT id FROM template_versions WHERE content_hash = ? AND name = ?"
        " AND oid = ? AND major = ? AND minor = ?";
    static const char add[] = "INSERT INTO template_versions"
                              " (content_hash, name, oid, major, minor)"
                              " VALUES (?, ?, ?, ?, ?)";
    AUTO(ldb_query) found = {0};
    AUTO(ldb_query) added = {0};
    bool row = false;

    *id = 0;
    if (template->name == NULL || template->name[0] == '\0') {
        return true;
    }
    if (!ldb_prepare(db, find, &found, err)) {
        return false;
    }
    bind_template(&found, template);
    if (!ldb_step(&found, &row, err)) {
        return false;
    }
    if (row) {
        *id = ldb_int(&found);
        return true;
    }
    if (!ldb_prepare(db, add, &added, err)) {
        return false;
    }
    bind_template(&added, template);
    if (!ldb_run(&added, err)) {
        return false;
    }
    *id = ldb_last_id(db);
    return true;
}

bool ldb_intern_bundle(struct ldb *db, const struct ledger_hash *bundle, int64_t *id,
                       struct error *err)
{
    static const char find[] = "SELECT id FROM bundles WHERE bundle_hash = ?";
    static const char add[] = "INSERT INTO bundles (bundle_hash) VALUES (?)";
    AUTO(ldb_query) found = {0};
    AUTO(ldb_query) added = {0};
    bool row = false;

    *id = 0;
    if (ledger_hash_is_none(bundle)) {
        return true;
    }
    if (!ldb_prepare(db, find, &found, err)) {
        return false;
    }
    ldb_bind_hash(&found, bundle);
    if (!ldb_step(&found, &row, err)) {
        return false;
    }
    if (row) {
        *id = ldb_int(&found);
        return true;
    }
    if (!ldb_prepare(db, add, &added, err)) {
        return false;
    }
    ldb_bind_hash(&added, bundle);
    if (!ldb_run(&added, err)) {
        return false;
    }
    *id = ldb_last_id(db);
    return true;
}

/* ---- certificates -------------------------------------------------------------------- */

int64_t ldb_read_certificate(struct ldb_query *query, struct ledger_certificate *out)
{
    *out = (struct ledger_certificate){0};
    int64_t id = ldb_int(query);
    out->serial = ldb_serial(query);
    out->ca = ldb_text(query);
    out->node = ldb_int(query);
    out->journal_seq = ldb_int(query);
    out->request = ldb_int(query);
    out->operation = (enum ledger_operation)ldb_int(query);
    out->kind = (enum ledger_kind)ldb_int(query);
    out->account = ldb_text(query);
    out->principal = ldb_text(query);
    out->template.name = ldb_text(query);
    out->template.oid = ldb_text(query);
    out->template.major = ldb_int(query);
    out->template.minor = ldb_int(query);
    out->template.content = ldb_hash(query);
    out->bundle = ldb_hash(query);
    out->crl_generation = ldb_int(query);
    out->crl_shard = ldb_int(query);
    out->key = ldb_hash(query);
    out->subject = ldb_text(query);
    out->san = ldb_text(query);
    out->not_before_utc = ldb_int(query);
    out->not_after_utc = ldb_int(query);
    out->issued_utc = ldb_int(query);
    out->status = (enum ledger_status)ldb_int(query);
    out->delivered = ldb_int(query) != 0;
    out->renews = ldb_serial(query);
    out->superseded_by = ldb_serial(query);
    return id;
}

bool ldb_find_known(struct ldb *db, const struct ledger_certificate *certificate,
                    struct ldb_known *out, struct error *err)
{
    static const char sql[] =
        "SELECT id, journal_seq, status, delivered, ca = ?2 AND journal_seq = ?3"
        " AND account = ?4 AND key_hash = ?5 FROM certificates WHERE serial = ?1";
    AUTO(ldb_query) q = {0};

    *out = (struct ldb_known){0};
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &certificate->serial);
    ldb_bind_text(&q, certificate->ca);
    ldb_bind_int(&q, certificate->journal_seq);
    ldb_bind_text(&q, certificate->account);
    ldb_bind_hash(&q, &certificate->key);
    if (!ldb_step(&q, &out->found, err)) {
        return false;
    }
    if (out->found) {
        out->id = ldb_int(&q);
        out->journal_seq = ldb_int(&q);
        out->status = (enum ledger_status)ldb_int(&q);
        out->delivered = ldb_int(&q) != 0;
        out->same = ldb_int(&q) != 0;
    }
    return true;
}

bool ldb_get_certificate(struct ldb *db, const struct ledger_serial *serial,
                         struct ledger_certificate **out, struct error *err)
{
    static const char sql[] =
        "SELECT " LDB_CERTIFICATE_COLUMNS ", d.der FROM certificates c"
        " LEFT JOIN certificate_der d ON d.certificate = c.id" LDB_CERTIFICATE_JOINS
        "WHERE c.serial = ?";
    AUTO(ldb_query) q = {0};
    bool row = false;

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, serial);
    if (!ldb_step(&q, &row, err)) {
        return false;
    }
    *out = NULL;
    if (row) {
        struct ledger_certificate certificate;

        (void)ldb_read_certificate(&q, &certificate);
        certificate.der = ldb_blob(&q);
        *out = ledger_certificate_copy(&certificate);
    }
    return true;
}

bool ldb_insert_der(struct ldb *db, int64_t certificate, struct bytes der,
                    struct error *err)
{
    static const char sql[] = "INSERT INTO certificate_der (certificate, der)"
                              " VALUES (?, ?) ON CONFLICT (certificate) DO NOTHING";
    AUTO(ldb_query) q = {0};

    if (der.len == 0) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_int(&q, certificate);
    ldb_bind_blob(&q, der);
    return ldb_run(&q, err);
}

static bool insert_names(struct ldb *db, int64_t id, const struct ledger_certificate *c,
                         struct error *err)
{
    static const char sql[] = "INSERT INTO certificate_names"
                              " (kind, name, not_after, certificate)"
                              " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    AUTO(ldb_query) q = {0};

    if (c->names_len == 0) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    for (size_t i = 0; i < c->names_len; i++) {
        ldb_bind_int(&q, c->names[i].kind);
        ldb_bind_text(&q, c->names[i].value);
        ldb_bind_int(&q, c->not_after_utc);
        ldb_bind_int(&q, id);
        if (!ldb_run(&q, err)) {
            return false;
        }
    }
    return true;
}

static bool insert_hot_row(struct ldb *db, const struct ledger_certificate *c,
                           int64_t template, int64_t bundle, struct error *err)
{
    static const char sql[] =
        "INSERT INTO certificates (serial, ca, node, journal_seq, request, operation,"
        " kind, account, principal, template, template_version, bundle, crl_generation,"
        " crl_shard, key_hash, subject, san, not_before, not_after, issued_at, status,"
        " delivered, renews)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AUTO(ldb_query) q = {0};

    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &c->serial);
    ldb_bind_text(&q, c->ca);
    ldb_bind_int(&q, c->node);
    ldb_bind_int(&q, c->journal_seq);
    ldb_bind_id_or_null(&q, c->request);
    ldb_bind_int(&q, c->operation);
    ldb_bind_int(&q, c->kind);
    ldb_bind_text(&q, c->account);
    ldb_bind_text(&q, c->principal);
    ldb_bind_text(&q, c->template.name);
    ldb_bind_id_or_null(&q, template);
    ldb_bind_id_or_null(&q, bundle);
    ldb_bind_int(&q, c->crl_generation);
    ldb_bind_int(&q, c->crl_shard);
    ldb_bind_hash(&q, &c->key);
    ldb_bind_text(&q, c->subject);
    ldb_bind_text(&q, c->san);
    ldb_bind_int(&q, c->not_before_utc);
    ldb_bind_int(&q, c->not_after_utc);
    ldb_bind_int(&q, c->issued_utc);
    ldb_bind_int(&q, LEDGER_STATUS_LIVE);
    ldb_bind_int(&q, c->delivered ? 1 : 0);
    ldb_bind_serial_or_null(&q, &c->renews);
    return ldb_run(&q, err);
}

bool ldb_supersede(struct ldb *db, const struct ledger_certificate *by, struct error *err)
{
    /* Only the account's own: a wrong serial must not mark somebody else's. */
    static const char sql[] =
        "UPDATE certificates SET superseded_by = ?1"
        " WHERE serial = ?2 AND account = ?3 AND superseded_by IS NULL";
    AUTO(ldb_query) q = {0};

    if (!by->delivered || ledger_serial_is_none(&by->renews)) {
        return true;
    }
    if (!ldb_prepare(db, sql, &q, err)) {
        return false;
    }
    ldb_bind_serial(&q, &by->serial);
    ldb_bind_serial(&q, &by->renews);
    ldb_bind_text(&q, by->account);
    return ldb_run(&q, err);
}

bool ldb_insert_certificate(struct ldb *db, const struct ledger_certificate *certificate,
                            struct error *err)
{
    int64_t template = 0;
    int64_t bundle = 0;

    if (!ldb_intern_template(db, &certificate->template, &template, err) ||
        !ldb_intern_bundle(db, &certificate->bundle, &bundle, err) ||
        !insert_hot_row(db, certificate, template, bundle, err)) {
        return false;
    }
    int64_t id = ldb_last_id(db);
    return ldb_insert_der(db, id, certificate->der, err) &&
           insert_names(db, id, certificate, err) && ldb_supersede(db, certificate, err);
}
