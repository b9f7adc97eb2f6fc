/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_decisions: the digests that keep decisions in the ledger from being changed afterwards.
 *
 * The hash of a decision is SHA-256 over the text that server_decision_text() makes; the signer
 * journals the hash of a batch of them (common/wire/record.h).
 */
#ifndef AE_POLICYD_SERVER_DECISIONS_H
#define AE_POLICYD_SERVER_DECISIONS_H

#include "policyd/ledger_request.h"
#include "policyd/server_inside.h"

/* Everything of a decision but where its digest stands; appended. */
void server_decision_text(const struct ledger_decision *decision, struct buf *out);

/* Send the digest of those that the journal does not cover yet. What fails is tried again. */
void server_send_decisions(struct server *server);

#endif
