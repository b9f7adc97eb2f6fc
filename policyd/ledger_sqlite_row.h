/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_row: records to rows and back; the columns of a row are listed once, here.
 *
 * A statement that selects ..._COLUMNS first can be read by ldb_read_...(): texts and octets of
 * the record then live until its next step.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_ROW_H
#define AE_POLICYD_LEDGER_SQLITE_ROW_H

#include "policyd/ledger_op.h"
#include "policyd/ledger_sqlite_db.h"

/* ---- certificates -------------------------------------------------------------------- */

#define LDB_CERTIFICATE_SELECTED(bundle, subject, san)                                   \
    "c.id, c.serial, c.ca, c.node, c.journal_seq, c.request, c.operation, c.kind, "      \
    "c.account, c.principal, c.template, t.oid, t.major, t.minor, "                      \
    "t.content_hash, " bundle ", c.crl_generation, c.crl_shard, c.key_hash, " subject    \
    ", " san                                                                             \
    ", c.not_before, c.not_after, c.issued_at, c.status, c.delivered, c.renews, "        \
    "c.superseded_by"
#define LDB_CERTIFICATE_TEMPLATE_JOIN                                                    \
    " LEFT JOIN template_versions t ON t.id = c.template_version "

#define LDB_CERTIFICATE_COLUMNS                                                          \
    LDB_CERTIFICATE_SELECTED("b.bundle_hash", "c.subject", "c.san")
/* Behind "FROM" and what has a certificate as c. */
#define LDB_CERTIFICATE_JOINS                                                            \
    LDB_CERTIFICATE_TEMPLATE_JOIN "LEFT JOIN bundles b ON b.id = c.bundle "

/* The same without what a decision does not ask for: bundle, subject and SAN are empty. */
#define LDB_CERTIFICATE_FACTS LDB_CERTIFICATE_SELECTED("NULL", "NULL", "NULL")

/* Returns the row's number; der and names stay empty. */
int64_t ldb_read_certificate(struct ldb_query *query, struct ledger_certificate *out);

/* What may still be a fact when a row is compared with what somebody says about it. */
struct ldb_known {
    bool found;
    int64_t id;
    int64_t journal_seq;
    enum ledger_status status;
    bool delivered;
    bool same; /* CA, journal sequence, account and key are those of the record */
};
/* errors  as ldb_step() */
AE_MUST_CHECK bool ldb_find_known(struct ldb *db,
                                  const struct ledger_certificate *certificate,
                                  struct ldb_known *out, struct error *err);

/* errors  as ldb_step(); *out is NULL when there is none, with its DER; else free() */
AE_MUST_CHECK bool ldb_get_certificate(struct ldb *db, const struct ledger_serial *serial,
                                       struct ledger_certificate **out,
                                       struct error *err);

/*
 * A new certificate with its DER and names; if it is delivered, the one that it renews is
 * superseded.
 * errors  as ldb_step(); ERROR_CONFLICT the serial is there
 */
AE_MUST_CHECK bool ldb_insert_certificate(struct ldb *db,
                                          const struct ledger_certificate *certificate,
                                          struct error *err);
/* errors  as ldb_step(); what a delivered one renews is superseded */
AE_MUST_CHECK bool ldb_supersede(struct ldb *db, const struct ledger_certificate *by,
                                 struct error *err);
/* errors  as ldb_step(); an empty der is not stored */
AE_MUST_CHECK bool ldb_insert_der(struct ldb *db, int64_t certificate, struct bytes der,
                                  struct error *err);

/* ---- requests and decisions ---------------------------------------------------------- */

#define LDB_REQUEST_COLUMNS                                                              \
    "r.number, r.node, r.account, r.principal, r.kind, r.template, t.oid, t.major, "     \
    "t.minor, t.content_hash, r.operation, r.key_hash, r.asked_hash, r.state, "          \
    "r.reason, r.retry_after, r.protocol, r.peer, r.approvers, r.approvals_needed, "     \
    "r.created_at, r.updated_at, r.expires_at, r.serial"
#define LDB_REQUEST_FROM                                                                 \
    " FROM requests r LEFT JOIN template_versions t ON t.id = r.template_version "

void ldb_read_request(struct ldb_query *query, struct ledger_request *out);

/* errors  as ldb_step(); *state is 0 when there is no row */
AE_MUST_CHECK bool ldb_request_state(struct ldb *db, int64_t number, int *state,
                                     struct error *err);
/* errors  as ldb_step(); inserted, or all but number and created_at replaced */
AE_MUST_CHECK bool ldb_put_request(struct ldb *db, const struct ledger_request *request,
                                   struct error *err);

#define LDB_DECISION_COLUMNS                                                             \
    "d.id, d.request, d.node, d.decided_at, d.verdict, d.reason, d.account, t.name, "    \
    "t.oid, t.major, t.minor, t.content_hash, b.bundle_hash, d.config_hash, "            \
    "d.request_hash, d.facts_hash, d.engine, d.serial, d.journal_seq, d.facts, d.trace"
#define LDB_DECISION_FROM                                                                \
    " FROM decisions d LEFT JOIN template_versions t ON t.id = d.template_version"       \
    " LEFT JOIN bundles b ON b.id = d.bundle "

void ldb_read_decision(struct ldb_query *query, struct ledger_decision *out);

/* errors  as ldb_step(); NULL is accepted: nothing to record, and *id is 0 */
AE_MUST_CHECK bool ldb_insert_decision(struct ldb *db,
                                       const struct ledger_decision *decision,
                                       int64_t *id, struct error *err);

/* ---- what many rows share ------------------------------------------------------------ */

/* The number of a template's version or a bundle, made if need be; 0 for none.
 * errors  as ldb_step() */
AE_MUST_CHECK bool ldb_intern_template(struct ldb *db,
                                       const struct ledger_template *template,
                                       int64_t *id, struct error *err);
AE_MUST_CHECK bool ldb_intern_bundle(struct ldb *db, const struct ledger_hash *bundle,
                                     int64_t *id, struct error *err);
void ldb_bind_id_or_null(struct ldb_query *query, int64_t id); /* 0: NULL */

#endif
