/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_stages DIRECTORY POLICYD-RULES [KEYTAB PRINCIPAL SERVICE-KEYTAB SERVICE POLICYD-CONF EACH]: what
 * an enrollment costs at least: the sum of its stages, each measured alone on this machine, for the three
 * legs of bench_enroll. Those at the end are for Kerberos and the directory: a client's, a service such as
 * HTTP@host that the KDC of KRB5_CONFIG knows, the configuration of a policyd whose directory knows the
 * client, too, and how often an account asks within the life of what is kept of it; without them those
 * stages are missing.
 *
 * A stage is work that a promise demands, done in the cheapest way that we know: in batches where
 * callers can share, kept where we may keep. Threads, waiting and copying between our own parts are in no
 * stage, nor is what we only do because our programs are as they are: the sum shall be too small rather
 * than too large. See the top of each file for what its stages cover, and why.
 *
 * CPU time of one thread (of all processes and threads on the server's side where a stage has
 * several: rules), in slices of some 30 ms by turns, the median of all rounds. What the sum still leaves
 * out: finding a request's route, the trail of a decision and its digest in the journal, marking what a
 * renewal follows, what may go wrong, starting rules workers, and every change of thread.
 */
#include "tests/bench/stages.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/figures.h"

enum { ROUNDS = 9, SLICE_US = 30000 };
enum {
    ARG_DIRECTORY = 1,
    ARG_RULES,
    ARG_KEYTAB,
    ARG_PRINCIPAL,
    ARG_SERVICE_KEYTAB,
    ARG_SERVICE,
    ARG_CONFIG,
    ARG_EACH,
    ARGS
};

static const char *const leg_names[STAGES_LEGS] = {"fresh", "kept", "certificate"};

void stages_quit(const char *what)
{
    (void)fprintf(stderr, "bench_stages: %s\n", what);
    exit(1);
}

double stages_now_us(void)
{
    return figures_seconds(CLOCK_THREAD_CPUTIME_ID) * 1e6;
}

void stages_add(struct stages *stages, const struct stage *stage)
{
    stages_need(stages->count < STAGES_MAX, "too many stages");
    stages->list[stages->count++] = *stage;
}

static double slice(const struct stage *stage)
{
    double begin = stages_now_us();
    double now = begin;
    unsigned int count = 0;

    if (stage->slice != NULL) {
        return stage->slice(stage->ctx);
    }
    while (now - begin < SLICE_US) {
        stage->work(stage->ctx);
        count++;
        now = stages_now_us();
    }
    return (now - begin) / count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* By turns, so that a disturbance meets all of them. */
static void measure(struct stages *stages)
{
    for (size_t i = 0; i < stages->count; i++) {
        (void)slice(&stages->list[i]); /* to warm up */
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < stages->count; i++) {
            stages->list[i].us[round] = slice(&stages->list[i]);
        }
    }
    for (size_t i = 0; i < stages->count; i++) {
        qsort(stages->list[i].us, ROUNDS, sizeof(double), compare);
    }
}

static void print(const struct stages *stages)
{
    double sums[STAGES_LEGS] = {0};

    printf("%-52s %8s %8s %8s   times %s, %s, %s\n", "stage, us CPU", "median", "best",
           "worst", leg_names[0], leg_names[1], leg_names[2]);
    for (size_t i = 0; i < stages->count; i++) {
        const struct stage *stage = &stages->list[i];
        double median = stage->us[ROUNDS / 2];

        printf("%-52s %8.1f %8.1f %8.1f  ", stage->name, median, stage->us[0],
               stage->us[ROUNDS - 1]);
        for (size_t leg = 0; leg < STAGES_LEGS; leg++) {
            printf(" %4.4g", stage->times[leg]);
            sums[leg] += median * stage->times[leg];
        }
        puts("");
    }
    for (size_t leg = 0; leg < STAGES_LEGS; leg++) {
        printf("sum %s %.0f\n", leg_names[leg], sums[leg]);
    }
}

int main(int argc, char **argv)
{
    static struct stages stages;

    stages_need(argc == ARG_KEYTAB || argc == ARGS,
                "usage: bench_stages DIRECTORY POLICYD-RULES "
                "[KEYTAB PRINCIPAL SERVICE-KEYTAB SERVICE POLICYD-CONF EACH]");
    stages.directory = argv[ARG_DIRECTORY];
    stages.rules = argv[ARG_RULES];
    if (argc == ARGS) {
        stages.keytab = argv[ARG_KEYTAB];
        stages.principal = argv[ARG_PRINCIPAL];
        stages.service_keytab = argv[ARG_SERVICE_KEYTAB];
        stages.service = argv[ARG_SERVICE];
        stages.config = argv[ARG_CONFIG];
        stages.each = strtod(argv[ARG_EACH], NULL);
        stages_need(stages.each >= 1, "EACH is a number from 1 on");
    }
    printf("%s, GnuTLS %s, libmicrohttpd %s, SQLite %s\n",
           OpenSSL_version(OPENSSL_VERSION), gnutls_check_version(NULL),
           MHD_get_version(), sqlite3_libversion());
    figures_print_disk(stages.directory);
    stages_add_directory(&stages); /* first: it wants to be alone in the process */
    stages_add_https(&stages);
    stages_add_gss(&stages);
    stages_add_pki(&stages);
    stages_add_decide(&stages);
    stages_add_rules(&stages);
    stages_add_ledger(&stages);
    stages_add_signer(&stages);
    stages_add_journal(&stages);
    measure(&stages);
    print(&stages);
    return 0;
}
