/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_commit: one thread that commits what many ask for, as few transactions as it takes.
 *
 * It takes all that is queued, and lets others add to that while more come, a few times at most;
 * otherwise it waits only while a commit is running: no timer. Operations
 * that need no sync come first in the transaction and are completed once it is written, the
 * others when it is synced: a reservation waits for no disk, and what is synced covers it.
 */
#ifndef AE_POLICYD_LEDGER_COMMIT_H
#define AE_POLICYD_LEDGER_COMMIT_H

#include "policyd/ledger_store.h"

enum {
    LEDGER_COMMIT_BATCH_MAX = 256,  /* operations of one transaction */
    LEDGER_COMMIT_QUEUE_MAX = 8192, /* operations waiting; more are refused */
};

struct ledger_committer;

/* store is borrowed: its write, sync and rest are called from the committer's thread alone. */
struct ledger_committer *ledger_committer_new(const struct ledger_store *store);

/* Complete what is queued and end the thread; after a failure the rest is not tried. */
void ledger_committer_free(struct ledger_committer *committer);
CLEANUP_DEFINE(ledger_committer, struct ledger_committer *, ledger_committer_free);

/* As ledger_submit() and ledger_execute(). */
void ledger_committer_submit(struct ledger_committer *committer,
                             struct ledger_op *const *ops, size_t count);
/* errors  those of the operation */
AE_MUST_CHECK bool ledger_committer_execute(struct ledger_committer *committer,
                                            struct ledger_op *op, struct error *err);

/* As ledger_on_completed(). */
void ledger_committer_on_completed(struct ledger_committer *committer,
                                   void (*completed)(void *ctx), void *ctx);

/* Run a function of no operation while nothing is written, such as opening the store again. */
void ledger_committer_pause(struct ledger_committer *committer);
void ledger_committer_resume(struct ledger_committer *committer);

/* Fills operations, commits, synced, failures and batch_largest. */
void ledger_committer_counts(struct ledger_committer *committer,
                             struct ledger_health *out);

#endif
