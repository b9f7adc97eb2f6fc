/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_settle: the last step: what was signed and checked goes into the ledger, then out.
 */
#ifndef AE_POLICYD_SERVER_SETTLE_H
#define AE_POLICYD_SERVER_SETTLE_H

#include "policyd/server_convert.h"
#include "policyd/server_inside.h"

/* Too large for a stack. */
struct server_settling {
    struct issue_record record;
    struct ledger_name names[ISSUE_NAMES_MAX];
    struct ledger_certificate certificate;
    struct ledger_request request;
    struct ledger_decision decision;
};
void server_settling_free(struct server_settling *settling);
CLEANUP_DEFINE(server_settling, struct server_settling *, server_settling_free);

/* What became of the operation that was to record it. Sets the outcome. */
void server_settled(struct server *server, const struct ledger_op *op,
                    struct server_outcome *out);

/* Record s->certificate; request and decision are NULL for infrastructure. Sets the outcome. */
void server_settle(struct server *server, const struct server_settling *s,
                   const struct ledger_request *request,
                   const struct ledger_decision *decision, struct server_outcome *out);

/* What the signer answered is not what it was asked: it is not handed out, but found in the
 * journal and revoked. */
void server_distrust_answer(struct server *server, struct server_outcome *out,
                            const struct error *why);

#endif
