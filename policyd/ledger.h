/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: certificates, revocations, requests and decisions, in one database.
 *
 * Opening always gives an object (I9): what it can do is its state. All functions may be
 * called from any thread; those that read are in ledger_read.h.
 */
#ifndef AE_POLICYD_LEDGER_H
#define AE_POLICYD_LEDGER_H

#include "common/base/error.h"

#include "policyd/ledger_op.h"

struct ledger;

enum ledger_state {
    LEDGER_READY = 0, /* reads and writes */
    LEDGER_FAILING, /* the last write failed (no room, i/o, a lock); the next one tries again */
    LEDGER_SYNC_LOST, /* a sync failed: nothing is written until ledger_reopen() */
    LEDGER_READ_ONLY, /* a newer program's schema */
    LEDGER_DAMAGED,   /* not readable; to be rebuilt */
    LEDGER_AWAY,      /* cannot be opened: no directory, no permission, in use */
    LEDGER_STATE_COUNT
};

/* Zero means the default, except for path. */
struct ledger_options {
    const char *path; /* of the database; its directory must be ours alone to write */
    bool read_only;   /* look only: no file is made, no lock taken */
    int64_t node;     /* 0..63; reservations of this node's earlier life are dropped */
    int64_t now_utc;  /* written beside what opening changes */
    unsigned int lock_wait_ms;  /* 5,000: for another program that has it locked */
    unsigned int check_ms;      /* 1,000: for the integrity check when it is opened */
    unsigned int readers_max;   /* 8: readers at once; more wait */
    uint64_t size_max;          /* octets of the database; 0: what the disk gives */
    uint64_t wal_checkpoint_at; /* 16 MiB of log: bring it into the database meanwhile */
    uint64_t wal_size_max;      /* 64 MiB of log: stop writing until it is done */
};

struct ledger_health {
    enum ledger_state state;
    char message[512];      /* why, and what to do about it; "" when ready */
    int64_t schema_version; /* of the database; 0: not known */
    int64_t schema_known;   /* of this program */
    bool fresh; /* it was empty when it was opened; was there none, or is it lost? */
    bool checked_whole;     /* the integrity check at the opening came to its end */
    uint64_t wal_size;      /* octets of log not yet brought into the database */
    uint64_t operations;    /* completed since the opening, failed ones included */
    uint64_t commits;       /* transactions */
    uint64_t synced;        /* of these on stable storage before they were answered */
    uint64_t failures;      /* transactions that failed as a whole */
    uint64_t batch_largest; /* operations */
};

struct ledger *ledger_open(const struct ledger_options *options);

/*
 * Complete what is queued, refuse the rest, close. Bounded by one lock_wait_ms: after the
 * first failure what is left fails too. Whoever submits meanwhile is refused. NULL is accepted;
 * an operation must not be submitted once it has returned.
 */
void ledger_free(struct ledger *ledger);
CLEANUP_DEFINE(ledger, struct ledger *, ledger_free);

/*
 * Open again, for an operator that has mended what was wrong. After a lost sync the log's
 * content is written and synced anew; then the caller reconciles with the journal.
 * errors  ERROR_UNAVAILABLE  it is no better; the state says why
 */
AE_MUST_CHECK bool ledger_reopen(struct ledger *ledger, int64_t now_utc,
                                 struct error *err);

void ledger_health_get(struct ledger *ledger, struct ledger_health *out);

/* "ready", "failing", …; never NULL. */
const char *ledger_state_name(enum ledger_state state);

/*
 * Hand count operations to the committer. Those queued together are mostly committed together;
 * those without a sync go first, so one that depends on another must wait for its completion.
 * Each is completed by its done(), which is required here.
 */
void ledger_submit(struct ledger *ledger, struct ledger_op *const *ops, size_t count);

/* Once a submitted operation is complete, while what it points to is still there: keep what would
 * otherwise be read back (ledger_digest.h). ledger_execute() does it by itself. */
void ledger_keep(struct ledger *ledger, const struct ledger_op *op);

/* Have a function called on the committer's thread whenever done()s of operations that were written
 * together have been called, so that these can gather; NULL: none any more. One at a time. It must be
 * as quick as they. Waits while a batch is being written. */
void ledger_on_completed(struct ledger *ledger, void (*completed)(void *ctx), void *ctx);

/*
 * The same for one operation, waiting for it; done is not called and its members are set.
 * errors  those of the operation
 */
AE_MUST_CHECK bool ledger_execute(struct ledger *ledger, struct ledger_op *op,
                                  struct error *err);

/*
 * A new request number, out of a block that was reserved on stable storage.
 * errors  ERROR_UNAVAILABLE  the next block cannot be stored, or all numbers are used
 */
AE_MUST_CHECK bool ledger_request_number(struct ledger *ledger, int64_t *number,
                                         struct error *err);

#endif
