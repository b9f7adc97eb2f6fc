/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: the road's last part: everything that needs signer and ledger together.
 *
 * A certificate leaves only when journal and ledger have it on stable storage. Whenever the two may
 * differ (a new connection, a failed write) nothing is issued until the ledger was reconciled with
 * the journal, and what nobody ever got is revoked. All functions may be called from any thread.
 */
#ifndef AE_POLICYD_SERVER_H
#define AE_POLICYD_SERVER_H

#include "common/base/clock.h"
#include "common/wire/reason.h"
#include "common/wire/record.h"

#include "policyd/issue.h"
#include "policyd/ledger.h"
#include "policyd/signer/port_ask.h"

struct server;

/* Zero means the default where one is named. All borrowed for the server's life. */
struct server_options {
    struct ledger *ledger;
    const char *ledger_path; /* of its database: what a rebuild replaces */
    const struct clock *clock;
    int64_t node;         /* 0..63 */
    const char *ca;       /* the one that signs */
    const char *software; /* our version */
    struct signer_port_options
        signer;                 /* path, uid, times; the callbacks are the server's */
    const char *public_dir;     /* for CRLs; NULL: none are published */
    uint32_t crl_generation;    /* 1: where new certificates' revocations go */
    int64_t retry_window_s;     /* 600: a repeat gets the earlier certificate */
    uint32_t sign_deadline_ms;  /* 10,000: the signer does not begin after it */
    uint32_t silence_ms;        /* 10,000 beyond it: the signer is given up */
    uint32_t crl_debounce_ms;   /* 2,000 from a revocation to its CRL */
    int64_t crl_lifetime_s;     /* 7 days: thisUpdate to nextUpdate */
    int64_t crl_renew_before_s; /* 1 day before nextUpdate */
    size_t undelivered_max;     /* 128: more at once are no crash, but a lost ledger */
};

/*
 * Start: connects, reconciles and publishes by itself; works with signer and ledger away (I9).
 * out     owned by the caller: server_free()
 * errors  ERROR_INVALID      an option is missing or out of its bounds
 *         ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool server_new(const struct server_options *options, struct server **out,
                              struct error *err);

/* Begin no issuance any more; those on their way end as they would. */
void server_stop(struct server *server);

/* Stop, wait for what is on its way (bounded by its deadlines), end. Accepts NULL. */
void server_free(struct server *server);
CLEANUP_DEFINE(server, struct server *, server_free);

/* What became of a request. AUTO(server_outcome) o = {0}; */
struct server_outcome {
    enum reason reason;     /* NONE: here is the certificate */
    char detail[512];       /* why, for operators; not for the peer */
    uint32_t retry_after_s; /* 0: nothing to say */
    struct buf certificate; /* DER */
    unsigned char serial[WIRE_SERIAL];
    bool repeated;   /* an earlier certificate of the same content */
    bool ended;      /* nothing is begun: the request that waited had ended before */
    int64_t request; /* repeated: the number of the one that it was issued to; 0: none */
};
void server_outcome_clear(struct server_outcome *outcome);
CLEANUP_DEFINE_VALUE(server_outcome, struct server_outcome, server_outcome_clear);

/*
 * Carry a decision out: reserve, have it signed, record, and only then hand over. The calling
 * thread waits. Whatever the reason, nothing is left for the caller to do in the ledger.
 */
void server_issue(struct server *server, const struct issue_proposal *proposal,
                  struct server_outcome *out);

/* A certificate of policyd's own, by a profile of the signer's bounds; no account is asked. */
struct server_wish {
    enum wire_profile profile;
    const char **dns_names; /* a choice of those in bounds; none: all */
    size_t dns_name_count;
    struct bytes spki;
    struct bytes csr; /* DER, signed by that key */
    uint64_t validity_s;
};
void server_infrastructure(struct server *server, const struct server_wish *wish,
                           struct server_outcome *out);

struct server_revocation {
    struct ledger_serial serial;
    enum ledger_revocation_event event;
    enum ledger_reason reason; /* of a revocation */
    int64_t invalidity_utc;    /* 0: not known */
    struct wire_actor actor;
    const char *note; /* 0..512 */
};
struct server_revoked {
    enum ledger_status status; /* afterwards */
    bool changed;
    int64_t crl_generation;
    int64_t crl_shard;
};
/*
 * Revoke, hold or release: journalled, recorded, and on the next CRL.
 * errors  ERROR_NOT_FOUND    no such certificate
 *         ERROR_CONFLICT     it is revoked already, or a release of what is not on hold
 *         ERROR_UNAVAILABLE  signer or ledger are away; if the signer has recorded it, the ledger
 *                            follows by itself
 */
AE_MUST_CHECK bool server_revoke(struct server *server,
                                 const struct server_revocation *what,
                                 struct server_revoked *out, struct error *err);

/*
 * Have an approver's word journalled; sequence: of the record. The ledger is the caller's.
 * errors  ERROR_UNAVAILABLE  the signer is away
 */
AE_MUST_CHECK bool server_record_approval(struct server *server,
                                          const struct wire_approval_record *record,
                                          uint64_t *sequence, struct error *err);

/*
 * Publish the CRL now, and wait for it.
 * errors  ERROR_UNAVAILABLE  signer, ledger or disk
 */
AE_MUST_CHECK bool server_publish(struct server *server, struct error *err);

struct server_rebuilt {
    uint64_t records; /* of the journal */
    uint64_t certificates;
    uint64_t revocations;
    uint64_t undelivered;
    char kept[512]; /* where the ledger lies that was replaced; "" */
};
/*
 * Make the ledger anew from the journal: certificates and revocations. The old one is kept aside.
 * errors  ERROR_UNAVAILABLE  signer, disk; ERROR_CONFLICT another rebuild runs, or the journal
 *         contradicts itself: the old ledger is where it was
 */
AE_MUST_CHECK bool server_rebuild(struct server *server, struct server_rebuilt *out,
                                  struct error *err);
/* An operator says that the clock is right. */
void server_confirm_clock(struct server *server);
/* For questions to the signer. Lives as long as the server. */
struct signer_port *server_port(struct server *server);
int64_t server_retry_window_s(const struct server *server); /* of repeats */
#endif
