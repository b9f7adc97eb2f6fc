/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_op_journal: the operations that follow the signer's journal: revoke, reconcile, CRLs.
 *
 * For certificates and revocations the journal is the truth and the ledger its projection: the
 * caller has the signer journal a thing first and records it here with its sequence.
 */
#ifndef AE_POLICYD_LEDGER_OP_JOURNAL_H
#define AE_POLICYD_LEDGER_OP_JOURNAL_H

#include "policyd/ledger_revocation.h"

/*
 * Revoke, hold or release. It is recorded whatever the certificate's state, since the journal has
 * it: what an event changes follows from all events in their order. Nothing leads back from
 * revoked (I7), where only keyCompromise replaces another reason; a hold that becomes a
 * revocation keeps the hold's date; a hold or release that does not fit changes nothing. The same
 * once more is not recorded.
 * errors  ERROR_NOT_FOUND  no certificate has this serial
 */
struct ledger_revoke {
    struct ledger_revocation what;
    bool undelivered; /* it is being revoked because nobody ever got it */

    bool recorded;             /* out: false: it was there already */
    bool changed;              /* out: the CRL has to follow */
    enum ledger_status status; /* out: afterwards */
    int64_t crl_generation;    /* out: which CRL that is */
    int64_t crl_shard;
    char ca[LEDGER_ID_MAX + 1];
};

/* State of the CRLs of one shard. */
struct ledger_crl {
    const char *ca;
    int64_t generation;
    int64_t shard;
    int64_t number;    /* the last one given out; 0: none yet */
    int64_t published; /* the last one published */
    int64_t this_update_utc;
    int64_t next_update_utc;
    int64_t entries;
    int64_t journal_seq;
};

/* Take the next CRL number of a shard: never the same twice. */
struct ledger_crl_number {
    const char *ca;
    int64_t generation;
    int64_t shard;
    int64_t number; /* out */
};

/*
 * Record what was published.
 * errors  ERROR_CONFLICT  a later number is published already, or this one was never given out
 */
struct ledger_crl_published {
    struct ledger_crl crl; /* number is not read */
};

enum ledger_journal_kind {
    LEDGER_JOURNAL_INTENT = 1, /* a certificate is about to be signed */
    LEDGER_JOURNAL_RESULT,     /* it was */
    LEDGER_JOURNAL_REVOCATION,
    LEDGER_JOURNAL_CRL,
};

/* One record of the journal; the others need no entry. */
struct ledger_journal_entry {
    enum ledger_journal_kind kind;
    int64_t sequence;
    const struct ledger_certificate
        *certificate;                   /* INTENT; RESULT: serial and der count */
    const struct ledger_revoke *revoke; /* REVOCATION; its out members are not set */
    const struct ledger_crl *crl;       /* CRL: signed; number is given out by it */
};

/* How far the journal of a signer is taken over. */
struct ledger_cursor {
    int64_t reconciled;        /* sequence; 0: nothing yet */
    struct ledger_hash record; /* that record's hash */
    int64_t updated_utc;
};

enum { LEDGER_RECONCILE_MAX = 4096 }; /* entries of one batch */

/*
 * Take over a stretch of the journal and move the cursor behind it, in one transaction. What the
 * ledger has already is skipped. An intent that it does not have becomes an undelivered
 * certificate: the caller has the undelivered ones (ledger_certificate_list()) revoked.
 * Stop before the intents of requests still on their way: settling them would fail.
 *
 * errors  ERROR_CONFLICT   the cursor stands elsewhere; an entry contradicts a row; more than
 *                          undelivered_max
 *         ERROR_NOT_FOUND  a result or revocation of a certificate that nobody knows; the
 *                          journal is not the one that this ledger followed
 */
struct ledger_reconcile {
    const char *signer;
    int64_t after;             /* where the cursor stands */
    int64_t through;           /* last sequence of the stretch */
    struct ledger_hash record; /* its hash */
    int64_t now_utc;
    const struct ledger_journal_entry *entries; /* in order */
    size_t entries_len;                         /* at most LEDGER_RECONCILE_MAX */
    bool
        rebuild; /* take a certificate with a result as delivered: nobody else can tell */
    /* More undelivered ones than this are no crash: a ledger that was lost or restored from a
     * backup would have all that were handed out since revoked. 0: no limit. */
    size_t undelivered_max;

    size_t added;   /* out: certificates that the ledger did not have */
    size_t revoked; /* out: events that it did not have */
};

#endif
