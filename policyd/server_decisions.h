/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_decisions: the digests that keep decisions in the ledger from being changed afterwards.
 *
 * What the hash of a decision is says policyd/ledger_digest.h; the signer journals the hash of a
 * batch of them (common/wire/record.h).
 */
#ifndef AE_POLICYD_SERVER_DECISIONS_H
#define AE_POLICYD_SERVER_DECISIONS_H

#include "policyd/server_inside.h"

/* Send the digest of those that the journal does not cover yet. What fails is tried again. */
void server_send_decisions(struct server *server);

#endif
