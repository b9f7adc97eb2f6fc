/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_issue SOCKET DIRECTORY PID [COUNT]: what an issuance costs from the decision on: reserve,
 * have it signed by the policyd-signer PID on SOCKET, check, record; at batches of 1, 8 and 64
 * callers that each wait for their own. The ledger is made in DIRECTORY. COUNT (default 10,000):
 * certificates of the largest batch. See tests/bench/issue.sh, which starts the signer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/bench/figures.h"
#include "tests/support/issuer.h"

enum { WAIT_MS = 30000, COUNT_MAX = 1000000 };

struct bench {
    struct issuer issuer;
    pid_t signer;
    size_t refused;
};

static void answered(void *ctx, const struct proposal *proposal,
                     const struct server_outcome *outcome)
{
    struct bench *b = ctx;

    (void)proposal;
    if (outcome->reason != REASON_NONE && b->refused++ == 0) {
        (void)fprintf(stderr, "%s: %s\n", reason_get(outcome->reason)->code,
                      outcome->detail);
    }
}

/* Keys and requests are made before: they are not our cost. */
static struct proposal **prepare(const struct bench *b, size_t count)
{
    struct proposal **proposals = mem_array(count, sizeof(struct proposal *));

    for (size_t i = 0; i < count; i++) {
        proposals[i] = issuer_proposal(&b->issuer, ISSUER_OTHERS, NULL);
    }
    return proposals;
}

static void release(struct proposal **proposals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        proposal_free(proposals[i]);
    }
    free(proposals);
}

static void print_batch(struct bench *b, size_t batch, size_t count)
{
    struct proposal **proposals = prepare(b, count);
    const struct issuer_load load = {.count = count,
                                     .threads = batch,
                                     .prepared = proposals,
                                     .answered = answered,
                                     .ctx = b};
    struct ledger_health before;
    struct ledger_health after;

    ledger_health_get(b->issuer.ledger, &before);
    double wall = figures_seconds(CLOCK_MONOTONIC);
    double ours = figures_seconds(CLOCK_PROCESS_CPUTIME_ID);
    double theirs = figures_cpu(b->signer);
    issuer_run(&b->issuer, &load);
    wall = figures_seconds(CLOCK_MONOTONIC) - wall;
    ours = figures_seconds(CLOCK_PROCESS_CPUTIME_ID) - ours;
    theirs = figures_cpu(b->signer) - theirs;
    ledger_health_get(b->issuer.ledger, &after);
    printf("batch %2zu: %7.0f certificates/s  CPU per certificate: policyd %6.1f us, "
           "signer %6.1f us  %.3f synced commits of the ledger\n",
           batch, (double)count / wall, ours / (double)count * 1e6,
           theirs / (double)count * 1e6,
           (double)(after.synced - before.synced) / (double)count);
    (void)fflush(stdout);
    release(proposals, count);
}

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t value = 0;
    struct error err = {0};

    if (!text_parse_u64(text, 1, max, &value, &err)) {
        (void)fprintf(stderr, "bench_issue: %s\n", err.message);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_issue SOCKET DIRECTORY PID [COUNT]\n");
        return 2;
    }
    AUTO(string) ledger = mem_printf("%s/ledger.db", argv[2]);
    const struct issuer_options options = {
        .socket = argv[1], .ledger = ledger, .ca = "lab"};
    size_t count = argc > 4 ? (size_t)number(argv[4], COUNT_MAX) : 10000;
    struct bench b = {.signer = (pid_t)number(argv[3], INT32_MAX)};

    figures_print_disk(argv[2]);
    issuer_open(&options, &b.issuer);
    issuer_await(&b.issuer, WAIT_MS);
    print_batch(&b, 1, count / 10 + 1);
    print_batch(&b, 8, count / 2 + 1);
    print_batch(&b, 64, count);
    issuer_close(&b.issuer);
    return b.refused == 0 ? 0 : 1;
}
