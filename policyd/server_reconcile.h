/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_reconcile: bring the ledger up to the journal, and revoke what nobody got. For the
 * server's own files.
 */
#ifndef AE_POLICYD_SERVER_RECONCILE_H
#define AE_POLICYD_SERVER_RECONCILE_H

#include "policyd/server_inside.h"

/*
 * One way through the rest of the journal.
 *
 * whole   to its present end, waiting for requests in flight; else as far as they allow
 * errors  ERROR_UNAVAILABLE  signer or ledger are away
 *         ERROR_CONFLICT     they do not belong together, or the ledger lacks too much
 *         ERROR_INVALID      the journal cannot be read
 */
AE_MUST_CHECK bool server_reconcile(struct server *server, uint64_t connection,
                                    bool whole, struct error *err);

/*
 * Revoke all undelivered certificates.
 * errors  as server_revoke()
 */
AE_MUST_CHECK bool server_revoke_orphans(struct server *server, struct error *err);

/*
 * Have the signer record a revocation, then the ledger. undelivered: of what nobody got.
 * errors  as server_revoke()
 */
AE_MUST_CHECK bool server_record_revocation(struct server *server,
                                            const struct wire_revocation *revocation,
                                            struct server_revoked *out,
                                            struct error *err);

#endif
