/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_inside: what the parts of the server share. For server_*.c only.
 */
#ifndef AE_POLICYD_SERVER_INSIDE_H
#define AE_POLICYD_SERVER_INSIDE_H

#include <pthread.h>

#include "policyd/issue_record.h"
#include "policyd/ledger_read.h"
#include "policyd/server_state.h"

/* Why an undelivered certificate is revoked; a rebuild knows it again by these words. */
#define SERVER_UNDELIVERED "signed, but never handed out"
#define SERVER_PROGRAM     "policyd"

/* What is wrong now; each has its place, "" when nothing is. */
enum server_trouble {
    SERVER_TROUBLE_RECONCILE = 0, /* ledger and journal are not known to agree */
    SERVER_TROUBLE_ANSWER,        /* the signer answered something else than was asked */
    SERVER_TROUBLE_ORPHANS,       /* undelivered certificates that could not be revoked */
    SERVER_TROUBLE_CRL,
    SERVER_TROUBLE_COUNT
};

struct server_fault {
    char why[512];
    const char *run;
};

/* A request between reservation and end. Reconciling must leave its intent alone. */
struct server_flight {
    const char *request_id;
    int64_t request; /* its number; 0: it has none */
    struct server_flight *next;
    struct server_flight **back;
};

enum { SERVER_TEXTS = 4, SERVER_GATHER_MAX = 64 };

struct server {
    struct server_options options; /* with texts of our own, and the defaults */
    char *texts[SERVER_TEXTS];     /* to be freed */
    char *signer_name;             /* of the ledger's cursor */
    struct signer_port *port;
    pthread_t keeper;
    pthread_t publisher;
    /* Of chains (server_chain.h): the ledger's thread's own, and the port's. */
    struct signer_call *reserved_calls[SERVER_GATHER_MAX];
    size_t reserved_count;
    struct ledger_op *signed_ops[SERVER_GATHER_MAX];
    size_t signed_count;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool stopping;
    bool ending; /* the threads shall end */
    struct clock_mark clock_mark;
    uint64_t connection; /* the present one; 0: none */
    uint64_t agreed;     /* the connection on which ledger and journal agree; 0: none */
    bool doubt;          /* they may differ since */
    bool behind;         /* something was issued that the cursor has not passed */
    bool rebuilding;
    struct server_flight *flights;
    size_t flight_count;
    uint64_t infrastructure_count;
    struct server_fault faults[SERVER_TROUBLE_COUNT];
    uint64_t reconciled;
    uint64_t issued;
    uint64_t orphans;
    uint64_t published;
    /* the publisher's */
    bool crl_due;
    int64_t crl_due_ns; /* of CLOCK_BOOTTIME */
    int64_t crl_next_update_utc;
    uint64_t crl_asked; /* server_publish() calls */
    uint64_t crl_answered;
    bool crl_ok;
    struct error crl_error;
};

void server_lock(struct server *server);
void server_unlock(struct server *server);
int64_t server_now_utc(const struct server *server);
uint32_t server_wire_node(const struct server *server);

/* With the lock held: wait for a change, at most that long. */
void server_wait(struct server *server, unsigned int ms);

void server_set_fault(struct server *server, enum server_trouble trouble, const char *run,
                      const char *why);
void server_clear_fault(struct server *server, enum server_trouble trouble);

/* Ledger and journal may differ: nothing is issued before they were compared. */
void server_doubt(struct server *server);

/* With the lock held: was the wall clock set since the start, or since it was confirmed? */
bool server_doubts_clock(const struct server *server, struct clock_mark now);

/* server_flight.c; false when nothing may be issued now, with the reason. */
bool server_take_off(struct server *server, struct server_flight *flight,
                     struct server_outcome *out);
void server_land(struct server *server, struct server_flight *flight);
bool server_is_in_flight(struct server *server, const char *request_id);
/*
 * While nobody takes off: drops what requests reserved that have ended without a word.
 * errors  as LEDGER_RELEASE
 */
AE_MUST_CHECK bool server_release_strays(struct server *server, struct error *err);

/* server_keeper.c */
void *server_keep(void *arg);

/* server_crl.c */
void *server_publish_loop(void *arg);
void server_crl_wanted(struct server *server);

void server_outcome_set(struct server_outcome *out, enum reason reason,
                        uint32_t retry_after_s, const char *detail);
void server_outcome_refused(struct server_outcome *out,
                            const struct wire_signer_refusal *refusal);

#endif
