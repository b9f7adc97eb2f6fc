/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/issuer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#define NS_PER_MS INT64_C(1000000)

enum { AGAIN_MS = 10 /* before what failed is asked for again */ };

static void quit(const char *what, const struct error *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* ---- ledger and server --------------------------------------------------------------- */

void issuer_open(const struct issuer_options *options, struct issuer *out)
{
    const struct ledger_options ledger = {.path = options->ledger,
                                          .node = options->node,
                                          .now_utc = clock_now_utc(clock_system())};
    struct server_options server = {.ledger_path = options->ledger,
                                    .clock = clock_system(),
                                    .node = options->node,
                                    .ca = options->ca,
                                    .software = "issuer",
                                    .signer = {.path = options->socket},
                                    .public_dir = options->public_dir,
                                    .crl_debounce_ms = options->crl_debounce_ms,
                                    .sign_deadline_ms = options->sign_deadline_ms};
    struct error err;

    out->ca = options->ca;
    out->ledger = server.ledger = ledger_open(&ledger);
    if (!server_new(&server, &out->server, &err)) {
        quit("server", &err);
    }
}

void issuer_await(const struct issuer *issuer, unsigned int timeout_ms)
{
    struct error err;

    if (!server_await_issuing(issuer->server, timeout_ms, &err)) {
        quit("server", &err);
    }
}

void issuer_close(struct issuer *issuer)
{
    server_free(TAKE(issuer->server));
    ledger_free(TAKE(issuer->ledger));
}

/* ---- requests ------------------------------------------------------------------------ */

static int64_t new_number(const struct issuer *issuer)
{
    int64_t number = 0;
    struct error err;

    if (!ledger_request_number(issuer->ledger, &number, &err)) {
        quit("request number", &err);
    }
    return number;
}

struct proposal *issuer_proposal(const struct issuer *issuer, enum issuer_who who,
                                 const struct proposal *first)
{
    int64_t number = new_number(issuer);
    struct proposal *proposal = who == ISSUER_OTHERS    ? proposal_new(number)
                                : who == ISSUER_ACCOUNT ? proposal_other(first, number)
                                                        : proposal_again(first, number);

    int64_t now_utc = clock_now_utc(clock_system());

    proposal_set_time(proposal, now_utc);
    proposal->p.ca = issuer->ca;
    proposal->p.content.not_before_utc = now_utc; /* the CA may be as young */
    return proposal;
}

/* ---- load ---------------------------------------------------------------------------- */

struct run {
    const struct issuer *issuer;
    const struct issuer_load *load;
    struct proposal *shared; /* whose account, or key, all have; NULL for others */
    pthread_barrier_t begin;
    pthread_mutex_t lock;
    size_t next;
};

static bool is_stopped(const struct run *run)
{
    return run->load->stop != NULL && *run->load->stop;
}

/* True when there is nothing more to be had for this proposal. */
static bool ask(struct run *run, const struct proposal *proposal)
{
    const struct issuer_load *load = run->load;
    AUTO(server_outcome) outcome = {0};

    server_issue(run->issuer->server, &proposal->p, &outcome);
    (void)pthread_mutex_lock(&run->lock);
    load->answered(load->ctx, proposal, &outcome);
    (void)pthread_mutex_unlock(&run->lock);
    return outcome.reason == REASON_NONE || !load->persist || is_stopped(run);
}

/* Each attempt is a new request for the same. */
static void serve(struct run *run, struct proposal *first)
{
    const struct timespec moment = {0, AGAIN_MS * NS_PER_MS};

    first->p.quota.live_max = run->load->live_max;
    if (ask(run, first)) {
        return;
    }
    for (;;) {
        AUTO(proposal) again = NULL;

        (void)nanosleep(&moment, NULL);
        again = issuer_proposal(run->issuer, ISSUER_KEY, first);
        again->p.quota = first->p.quota;
        if (ask(run, again)) {
            return;
        }
    }
}

/* false: enough were begun */
static bool take_next(struct run *run, size_t *index)
{
    (void)pthread_mutex_lock(&run->lock);
    bool taken = run->next < run->load->count && !is_stopped(run);
    *index = run->next;
    run->next += taken ? 1 : 0;
    (void)pthread_mutex_unlock(&run->lock);
    return taken;
}

static void serve_index(struct run *run, size_t index)
{
    if (run->load->prepared != NULL) {
        serve(run, run->load->prepared[index]);
        return;
    }
    AUTO(proposal) own = issuer_proposal(run->issuer, run->load->who, run->shared);
    serve(run, own);
}

static void *work(void *arg)
{
    struct run *run = arg;
    size_t index = 0;

    (void)pthread_barrier_wait(&run->begin);
    while (take_next(run, &index)) {
        serve_index(run, index);
    }
    return NULL;
}

void issuer_run(const struct issuer *issuer, const struct issuer_load *load)
{
    struct run run = {.issuer = issuer, .load = load};
    AUTO(proposal)
    shared =
        load->who != ISSUER_OTHERS ? issuer_proposal(issuer, ISSUER_OTHERS, NULL) : NULL;
    pthread_t *threads = mem_array(load->threads, sizeof(*threads));

    run.shared = shared;
    (void)pthread_mutex_init(&run.lock, NULL);
    (void)pthread_barrier_init(&run.begin, NULL, (unsigned int)load->threads);
    for (size_t i = 0; i < load->threads; i++) {
        if (pthread_create(&threads[i], NULL, work, &run) != 0) {
            (void)fprintf(stderr, "no thread\n");
            exit(1);
        }
    }
    for (size_t i = 0; i < load->threads; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    (void)pthread_barrier_destroy(&run.begin);
    (void)pthread_mutex_destroy(&run.lock);
    free(threads);
}
