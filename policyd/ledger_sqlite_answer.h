/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_answer: how each question of ledger_store.h is answered on a connection.
 *
 * Several statements of one answer see the same state: for those that need it the caller has
 * begun a transaction (takes_several() in ledger_sqlite_pool.c).
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_ANSWER_H
#define AE_POLICYD_LEDGER_SQLITE_ANSWER_H

#include "policyd/ledger_sqlite_db.h"
#include "policyd/ledger_store.h"

typedef bool ldb_answer(struct ldb *db, const struct ledger_read *question,
                        struct error *err);

/* ledger_sqlite_read.c
 * errors  as the public function says; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_answer_certificate(struct ldb *db,
                                          const struct ledger_read *question,
                                          struct error *err);
AE_MUST_CHECK bool ldb_answer_revocations(struct ldb *db,
                                          const struct ledger_read *question,
                                          struct error *err);
AE_MUST_CHECK bool ldb_answer_cursor(struct ldb *db, const struct ledger_read *question,
                                     struct error *err);
AE_MUST_CHECK bool ldb_answer_crl(struct ldb *db, const struct ledger_read *question,
                                  struct error *err);
AE_MUST_CHECK bool ldb_answer_setting(struct ldb *db, const struct ledger_read *question,
                                      struct error *err);
AE_MUST_CHECK bool ldb_answer_bundle(struct ldb *db, const struct ledger_read *question,
                                     struct error *err);

/* ledger_sqlite_read_request.c
 * errors  as the public function says; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_answer_request(struct ldb *db, const struct ledger_read *question,
                                      struct error *err);
AE_MUST_CHECK bool ldb_answer_request_open(struct ldb *db,
                                           const struct ledger_read *question,
                                           struct error *err);
AE_MUST_CHECK bool ldb_answer_requests(struct ldb *db, const struct ledger_read *question,
                                       struct error *err);
AE_MUST_CHECK bool ldb_answer_approvals(struct ldb *db,
                                        const struct ledger_read *question,
                                        struct error *err);
AE_MUST_CHECK bool ldb_answer_decision(struct ldb *db, const struct ledger_read *question,
                                       struct error *err);
AE_MUST_CHECK bool ldb_answer_decisions(struct ldb *db,
                                        const struct ledger_read *question,
                                        struct error *err);

/* ledger_sqlite_list.c, ledger_sqlite_history.c, ledger_sqlite_dump.c
 * errors  as the public function says; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_answer_certificates(struct ldb *db,
                                           const struct ledger_read *question,
                                           struct error *err);
AE_MUST_CHECK bool ldb_answer_history(struct ldb *db, const struct ledger_read *question,
                                      struct error *err);
AE_MUST_CHECK bool ldb_answer_dump(struct ldb *db, const struct ledger_read *question,
                                   struct error *err);

#endif
