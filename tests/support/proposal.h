/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proposal: permitted requests as decide would make them, for tests of issuing.
 */
#ifndef AE_TESTS_SUPPORT_PROPOSAL_H
#define AE_TESTS_SUPPORT_PROPOSAL_H

#include "policyd/issue.h"
#include "policyd/ledger_request.h"

struct proposal {
    struct issue_proposal p; /* borrows from what follows: do not copy */
    struct buf spki;
    char id[LEDGER_REQUEST_ID_SIZE];
    char account[40];
    char host[64];
    char principal[80];
    char sid[64];
    struct wire_rdn subject[1];
    struct wire_san sans[2];
    const char *ekus[2];
    const char *critical[1];
};

/* Request number n of the machine host<n>, with a key of its own; free: proposal_free(). Its times
 * are about FIXTURE_NOW. */
struct proposal *proposal_new(int64_t number);
/* The same machine asks again: another number, the same key and content. */
struct proposal *proposal_again(const struct proposal *first, int64_t number);
/* The same machine asks for another certificate: another number and key. */
struct proposal *proposal_other(const struct proposal *first, int64_t number);
/* As if it were decided now, for programs with a real clock. */
void proposal_set_time(struct proposal *proposal, int64_t now_utc);
void proposal_free(struct proposal *proposal); /* accepts NULL */
CLEANUP_DEFINE(proposal, struct proposal *, proposal_free);

#endif
