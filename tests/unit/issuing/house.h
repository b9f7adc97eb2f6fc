/* SPDX-License-Identifier: Apache-2.0 */
/*
 * house: a server with a ledger and a fake signer, in a directory of its own, and a clock that
 * stands still.
 */
#ifndef AE_TESTS_UNIT_ISSUING_HOUSE_H
#define AE_TESTS_UNIT_ISSUING_HOUSE_H

#include <pthread.h>
#include <stdatomic.h>

#include "policyd/ledger_read_request.h"
#include "policyd/ledger_rows.h"
#include "policyd/server_state.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_signer.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/proposal.h"

enum { HOUSE_WAIT_MS = 120000 };

struct house {
    char *directory;
    char *ledger_path;
    char *public_dir;
    struct fake_clock fake;
    struct clock clock; /* the fake one, which counts who looks */
    /* at the wall clock: */
    atomic_uint publisher_looks;
    atomic_uint keeper_looks;
    struct fake_signer *signer;
    struct ledger *ledger;
    struct server_options options;
    struct server *server;
    unsigned int requests;
};

/* For cmocka: *state is a struct house, and the server can issue. */
int house_setup(void **state);
int house_teardown(void **state);
/* The same without server and ledger: house_open(). */
int house_setup_empty(void **state);

/* Ledger and server; waits until it can issue. */
void house_open(struct house *h);
void house_close(struct house *h);
void house_await_issuing(struct house *h);

/* A new request is issued: free the outcome's certificate. */
struct server_outcome house_issue(struct house *h);

/* Many requests at once, each on a thread of its own: begin, do something else, join. */
struct house_job {
    struct server *server;
    struct proposal *proposal;
    bool owned; /* the proposal */
    struct server_outcome outcome;
    pthread_t thread;
};
struct house_jobs {
    size_t count;
    struct house_job jobs[];
};
struct house_jobs *house_begin(struct house *h, struct proposal *const *proposals,
                               size_t count);
struct house_jobs *house_begin_new(struct house *h, size_t count);
void house_join(struct house_jobs *jobs);
void house_jobs_free(struct house_jobs *jobs);
CLEANUP_DEFINE(house_jobs, struct house_jobs *, house_jobs_free);

/* The next request number. */
int64_t house_number(struct house *h);

unsigned int house_rows(struct house *h, enum ledger_table table);
/* All rows of a table, a line each; free(). */
char *house_dump(struct ledger *ledger, enum ledger_table table);

/* The certificate's row; fails the test without one. free() */
struct ledger_certificate *house_certificate(struct house *h,
                                             const unsigned char *serial);

/* Does the published CRL contain these octets? */
bool house_crl_has(struct house *h, struct bytes octets);

/* Wait, within a generous bound, until a condition of the server holds. */
void house_await(struct house *h, bool (*holds)(const struct server_state *state),
                 const char *what);

/*
 * Wait until the server's publisher has looked at the wall clock three times more. It looks once
 * to see what is due, and once more to make a CRL. So what was due at the first of the three looks
 * is done at the third.
 */
void house_await_looks(struct house *h);

/* Wait until the server's keeper, whatever it was about, has done all that it does by the wall
 * clock. That takes some seconds. */
void house_await_keeper(struct house *h);

#endif
