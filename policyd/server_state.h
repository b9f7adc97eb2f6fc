/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_state: how the server is, for status, readyz and tests.
 */
#ifndef AE_POLICYD_SERVER_STATE_H
#define AE_POLICYD_SERVER_STATE_H

#include "policyd/server.h"

/* Names of the server's threads, as ps -L shows them. */
#define SERVER_KEEPER    "keeper"
#define SERVER_PUBLISHER "publisher"

/* Something that a person may have to see to. */
struct server_problem {
    const char *what; /* "signer", "ledger", "journal", "clock", "crl" */
    char why[512];
    const char *run; /* a command that mends it or shows more; NULL: none is known */
    bool stops_issuing;
};

enum { SERVER_PROBLEMS_MAX = 8 };

struct server_state {
    bool issuing; /* an issuance that began now would be let through */
    struct signer_port_state signer;
    uint64_t reconciled; /* sequence of the journal up to which the ledger has it */
    size_t in_flight;
    uint64_t issued; /* since the start */
    uint64_t revoked_undelivered;
    uint64_t crls_published;
    struct server_problem problems[SERVER_PROBLEMS_MAX];
    size_t problem_count;
};

/* Waits for nothing. */
void server_get_state(struct server *server, struct server_state *out);

/*
 * Wait until the server can issue.
 * errors  ERROR_UNAVAILABLE  not within that time: the first problem
 */
AE_MUST_CHECK bool server_await_issuing(struct server *server, unsigned int timeout_ms,
                                        struct error *err);

#endif
