/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_sqlite_op: what each operation does to the rows, within a transaction that the caller
 * begins and ends. An operation that fails is rolled back by the caller.
 */
#ifndef AE_POLICYD_LEDGER_SQLITE_OP_H
#define AE_POLICYD_LEDGER_SQLITE_OP_H

#include "policyd/ledger_op.h"
#include "policyd/ledger_sqlite_db.h"

typedef bool ldb_applier(struct ldb *db, struct ledger_op *op, struct error *err);

/* ledger_sqlite_reserve.c
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_reserve(struct ldb *db, struct ledger_op *op,
                                     struct error *err);
AE_MUST_CHECK bool ldb_apply_release(struct ldb *db, struct ledger_op *op,
                                     struct error *err);
/* errors  as ldb_step(); the reservation of a request, if it has one */
AE_MUST_CHECK bool ldb_release(struct ldb *db, const struct ledger_request *request,
                               struct error *err);

/* ledger_sqlite_request.c
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_settle(struct ldb *db, struct ledger_op *op,
                                    struct error *err);
AE_MUST_CHECK bool ldb_apply_refuse(struct ldb *db, struct ledger_op *op,
                                    struct error *err);
AE_MUST_CHECK bool ldb_apply_hold(struct ldb *db, struct ledger_op *op,
                                  struct error *err);
AE_MUST_CHECK bool ldb_apply_expire(struct ldb *db, struct ledger_op *op,
                                    struct error *err);

/* ledger_sqlite_judge.c
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_judge(struct ldb *db, struct ledger_op *op,
                                   struct error *err);

/* ledger_sqlite_revoke.c
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_revoke(struct ldb *db, struct ledger_op *op,
                                    struct error *err);
/* errors  as struct ledger_revoke says; fills the out members of revoke */
AE_MUST_CHECK bool ldb_revoke(struct ldb *db, struct ledger_revoke *revoke,
                              struct error *err);

/* ledger_sqlite_reconcile.c
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_reconcile(struct ldb *db, struct ledger_op *op,
                                       struct error *err);

/* ledger_sqlite_misc.c: CRLs, numbers, settings
 * errors  as ledger_op.h says of the operation; db->fault is set when the database fails */
AE_MUST_CHECK bool ldb_apply_crl_number(struct ldb *db, struct ledger_op *op,
                                        struct error *err);
AE_MUST_CHECK bool ldb_apply_crl_published(struct ldb *db, struct ledger_op *op,
                                           struct error *err);
AE_MUST_CHECK bool ldb_apply_numbers(struct ldb *db, struct ledger_op *op,
                                     struct error *err);
AE_MUST_CHECK bool ldb_apply_bundle(struct ldb *db, struct ledger_op *op,
                                    struct error *err);
AE_MUST_CHECK bool ldb_apply_setting(struct ldb *db, struct ledger_op *op,
                                     struct error *err);
/* errors  as ldb_step(); no CRL number up to this one is given out any more */
AE_MUST_CHECK bool ldb_raise_crl_number(struct ldb *db, const struct ledger_crl *crl,
                                        struct error *err);
/* errors  as ldb_step(); no request number up to this one is given out any more */
AE_MUST_CHECK bool ldb_raise_request_number(struct ldb *db, int64_t number,
                                            struct error *err);
/* errors  as ldb_step(); *out is fallback when it is not set */
AE_MUST_CHECK bool ldb_get_setting_int(struct ldb *db, const char *name, int64_t fallback,
                                       int64_t *out, struct error *err);
/* errors  as ldb_step(); NULL forgets it */
AE_MUST_CHECK bool ldb_put_setting(struct ldb *db, const char *name, const char *value,
                                   struct error *err);

#endif
