/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuer: what stands for policyd in stories and benches: a ledger and a server on a real signer's
 * socket, and threads that have certificates issued. It stops the program with a sentence where it
 * cannot go on.
 */
#ifndef AE_TESTS_SUPPORT_ISSUER_H
#define AE_TESTS_SUPPORT_ISSUER_H

#include <signal.h>

#include "policyd/ledger_read.h"
#include "policyd/server_state.h"
#include "tests/support/proposal.h"

/* NULL and zero: the server's default, or none. */
struct issuer_options {
    const char *socket; /* of the signer */
    const char *ledger;
    const char *ca;
    const char *public_dir;
    int64_t node;
    uint32_t crl_debounce_ms;
    uint32_t sign_deadline_ms;
};

struct issuer {
    struct ledger *ledger;
    struct server *server;
    const char *ca; /* borrowed from the options */
};

/* At once; issuer_await() waits until it can issue. */
void issuer_open(const struct issuer_options *options, struct issuer *out);
void issuer_await(const struct issuer *issuer, unsigned int timeout_ms);
/* Ends cleanly, when what is on its way has landed. */
void issuer_close(struct issuer *issuer);

/* Whose requests they are. */
enum issuer_who {
    ISSUER_OTHERS = 0, /* each of another machine */
    ISSUER_ACCOUNT,    /* of one machine, each with another key */
    ISSUER_KEY,        /* of one machine and key */
};

/* A request; first: what a load began with, NULL for ISSUER_OTHERS. proposal_free() */
struct proposal *issuer_proposal(const struct issuer *issuer, enum issuer_who who,
                                 const struct proposal *first);

struct issuer_load {
    size_t count;   /* requests; with stop there may be fewer */
    size_t threads; /* each waits for its answer before it asks again */
    enum issuer_who who;
    bool persist; /* what was not issued is asked for again, until it is */
    uint32_t live_max;
    struct proposal **prepared; /* count of them, made before; NULL: made on the way */
    const volatile sig_atomic_t *stop; /* begin no other request; NULL: never */
    /* For each answer, one at a time. The outcome is cleared behind it. */
    void (*answered)(void *ctx, const struct proposal *proposal,
                     const struct server_outcome *outcome);
    void *ctx;
};
void issuer_run(const struct issuer *issuer, const struct issuer_load *load);

#endif
