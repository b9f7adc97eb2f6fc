/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_digest: the hash of a decision, and those of the latest decisions in memory.
 *
 * The signer journals the hash of a batch of these, so that decisions cannot be changed afterwards
 * (common/wire/record.h). What is kept here is what reading the row would give; where nothing is
 * kept, the row is read.
 */
#ifndef AE_POLICYD_LEDGER_DIGEST_H
#define AE_POLICYD_LEDGER_DIGEST_H

#include "policyd/ledger.h"

enum { LEDGER_DIGESTS_MAX = 16384 /* kept at most: the latest */ };

struct ledger_digest {
    int64_t id; /* of the decision */
    int64_t decided_utc;
    bool refused;
    struct ledger_hash hash; /* SHA-256 over the text of ledger_decision_text() */
};
CLEANUP_DEFINE(ledger_digest, struct ledger_digest *, free); /* of a list */

/* Everything of a decision but where its digest stands; appended. */
void ledger_decision_text(const struct ledger_decision *decision, struct buf *out);

/* Of a decision as it was read, with its id. */
void ledger_decision_digest(const struct ledger_decision *decision,
                            struct ledger_digest *out);

/*
 * Those of the decisions first to last, as ledger_keep() noted them since this ledger was opened, in out
 * in that order. False: not all of them are kept; out is undefined.
 */
AE_MUST_CHECK bool ledger_digests_get(struct ledger *ledger, int64_t first, int64_t last,
                                      struct ledger_digest *out);

/* ---- for the ledger ------------------------------------------------------------------ */

struct ledger_digests;
struct ledger_digests *ledger_digests_new(void);
void ledger_digests_free(struct ledger_digests *digests); /* accepts NULL */

/* Which life of the database goes on; each ends by ledger_digests_forget(). */
uint64_t ledger_digests_life(struct ledger_digests *digests);
/* Keep the digest of the decision that op has stored, if any. life: the one in which op began; when
 * that is over nothing is kept. */
void ledger_digests_note(struct ledger_digests *digests, uint64_t life,
                         const struct ledger_op *op);
/* Before the database is opened again: it may be another one. */
void ledger_digests_forget(struct ledger_digests *digests);

#endif
