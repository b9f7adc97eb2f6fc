/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_enroll LEG URL ANCHORS KEYTAB DIRECTORY COUNT CALLERS POLICYD SIGNER SLAPD KDC PRINCIPAL...:
 * what an enrollment over EST costs a whole policyd that CALLERS ask at once, each waiting for its
 * answer before it asks again. The four in the middle are process ids. Each principal is a machine;
 * a caller has a share of them and asks for one after the other, so that the last figures are of
 * machines that hold about COUNT / principals certificates.
 *
 * LEG is how they show who they are:
 *     fresh          a bound Kerberos token, on a connection of its own each time
 *     kept           a bound Kerberos token, once on a connection that is kept
 *     certificate    the client certificate that it got before, a connection each time
 * Keys and requests are made before. Says "ready" when all is prepared and waits for a line on
 * standard input. See tests/bench/enroll.sh.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/pem.h"

#include "tests/bench/figures.h"
#include "tests/support/est_caller.h"

enum { ANCHORS_MAX = 64 * 1024, COUNT_MAX = 1000000, LINE = 16 };
enum {
    ARG_LEG = 1,
    ARG_URL,
    ARG_ANCHORS,
    ARG_KEYTAB,
    ARG_DIRECTORY,
    ARG_COUNT,
    ARG_CALLERS,
    ARG_PIDS
};
enum { POLICYD = 0, SIGNER, SLAPD, KDC, PIDS, ARG_PRINCIPALS = ARG_PIDS + PIDS };

struct leg {
    const char *name;
    bool by_certificate;
    bool hangs_up; /* before each request */
};

static const struct leg legs[] = {
    {"fresh", false, true},
    {"kept", false, false},
    {"certificate", true, true},
};

/* A machine. */
struct one {
    const struct leg *leg;
    struct est_caller_options options;
    struct est_caller *caller;
    char *certificate; /* files */
    char *key;
    struct est_request *requests;
    double *seconds; /* of each request */
    size_t count;
    size_t refused;
};

struct caller {
    pthread_t thread;
    struct one *machines;
    size_t count;
};

/* CPU seconds up to now. */
struct cost {
    double wall;
    double processes[PIDS];
    double rules;
    double clients;
};

static void quit(const char *what)
{
    (void)fprintf(stderr, "bench_enroll: %s\n", what);
    exit(1);
}

static bool ask(struct one *one, const struct est_request *request, bool renew,
                struct transport_answer *answer)
{
    struct error err;

    if (!est_caller_ask(one->caller,
                        renew ? "Machine/simplereenroll" : "Machine/simpleenroll",
                        request, answer, &err)) {
        quit(err.message);
    }
    if (answer->status != 200 && one->refused++ == 0) {
        (void)fprintf(stderr, "%ld: %s\n", answer->status, buf_text(&answer->body));
    }
    return answer->status == 200;
}

/* Its ticket and connection are there, and the certificate that it may renew by. */
static void prepare(struct one *one)
{
    AUTO(est_request) request = EST_REQUEST_EMPTY;
    AUTO(transport_answer) answer = {.status = 0};
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) pem = BUF_EMPTY;
    struct error err;

    one->caller = est_caller_new(&one->options);
    est_request_make(&request);
    if (!ask(one, &request, false, &answer)) {
        quit("nothing is issued");
    }
    est_caller_take(&answer, &der);
    pem_write(PEM_CERTIFICATE, buf_bytes(&der), &pem);
    if (!file_write_atomic(one->certificate, buf_bytes(&pem), FILE_MODE(0600), &err) ||
        !file_write_atomic(one->key, buf_bytes(&request.key), FILE_MODE(0600), &err)) {
        quit(err.message);
    }
    if (one->leg->by_certificate) {
        est_caller_show(one->caller, one->certificate, one->key);
    }
    for (size_t i = 0; i < one->count; i++) {
        one->requests[i] = (struct est_request)EST_REQUEST_EMPTY;
        est_request_make(&one->requests[i]);
    }
}

static void *prepare_share(void *ctx)
{
    struct caller *caller = ctx;

    for (size_t i = 0; i < caller->count; i++) {
        prepare(&caller->machines[i]);
    }
    return NULL;
}

static void run_one(struct one *one, size_t round)
{
    AUTO(transport_answer) answer = {.status = 0};
    double start = figures_seconds(CLOCK_MONOTONIC);

    if (one->leg->hangs_up) {
        est_caller_hang_up(one->caller);
    }
    (void)ask(one, &one->requests[round], one->leg->by_certificate, &answer);
    one->seconds[round] = figures_seconds(CLOCK_MONOTONIC) - start;
}

static void *run_share(void *ctx)
{
    struct caller *caller = ctx;

    for (size_t round = 0; round < caller->machines[0].count; round++) {
        for (size_t i = 0; i < caller->count; i++) {
            run_one(&caller->machines[i], round);
        }
    }
    return NULL;
}

static void run_callers(struct caller *callers, size_t count, void *(*work)(void *))
{
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&callers[i].thread, NULL, work, &callers[i]) != 0) {
            quit("no thread");
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(callers[i].thread, NULL);
    }
}

static void finish(struct one *one)
{
    est_caller_free(one->caller);
    for (size_t i = 0; i < one->count; i++) {
        est_request_clear(&one->requests[i]);
    }
    free(one->requests);
    free(one->seconds);
    free(one->certificate);
    free(one->key);
}

static void measure(const pid_t *pids, struct cost *out)
{
    for (size_t i = 0; i < PIDS; i++) {
        out->processes[i] = figures_process_cpu(pids[i]);
    }
    out->rules = figures_children_cpu(pids[POLICYD]);
    out->clients = figures_seconds(CLOCK_PROCESS_CPUTIME_ID);
    out->wall = figures_seconds(CLOCK_MONOTONIC);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_latency(const struct one *all, size_t machines)
{
    size_t each = all[0].count;
    double *sorted = mem_array(machines * each, sizeof(*sorted));

    for (size_t i = 0; i < machines; i++) {
        memcpy(sorted + i * each, all[i].seconds, each * sizeof(*sorted));
    }
    qsort(sorted, machines * each, sizeof(*sorted), compare);
    printf("  p50 %.1f ms, p99 %.1f ms", sorted[machines * each / 2] * 1e3,
           sorted[machines * each * 99 / 100] * 1e3);
    free(sorted);
}

static void print(const struct one *all, size_t machines, const struct cost *before,
                  const struct cost *after)
{
    static const char *const names[PIDS] = {"policyd", "signer", "slapd", "KDC"};
    double count = (double)(all[0].count * machines);
    size_t refused = 0;

    for (size_t i = 0; i < machines; i++) {
        refused += all[i].refused;
    }
    printf("%-11s %4zu machines: %6.0f enrollments/s  CPU us each:", all[0].leg->name,
           machines, count / (after->wall - before->wall));
    for (size_t i = 0; i < PIDS; i++) {
        printf(" %s %.0f,", names[i],
               (after->processes[i] - before->processes[i]) / count * 1e6);
    }
    printf(" rules %.0f, clients %.0f", (after->rules - before->rules) / count * 1e6,
           (after->clients - before->clients) / count * 1e6);
    print_latency(all, machines);
    printf("  refused %zu\n", refused);
    (void)fflush(stdout);
}

static void wait_for_word(void)
{
    char line[LINE];

    puts("ready");
    (void)fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL) {
        quit("no word to begin");
    }
}

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t value = 0;
    struct error err;

    if (!text_parse_u64(text, 1, max, &value, &err)) {
        quit(err.message);
    }
    return value;
}

static const struct leg *find_leg(const char *name)
{
    for (size_t i = 0; i < sizeof(legs) / sizeof(legs[0]); i++) {
        if (strcmp(legs[i].name, name) == 0) {
            return &legs[i];
        }
    }
    quit("no such leg");
    return NULL;
}

static void set_up(struct one *one, char **argv, size_t index, size_t machines)
{
    one->leg = find_leg(argv[ARG_LEG]);
    one->options.url = argv[ARG_URL];
    one->options.principal = argv[ARG_PRINCIPALS + index];
    one->options.keytab = argv[ARG_KEYTAB];
    one->count = ((size_t)number(argv[ARG_COUNT], COUNT_MAX) + machines - 1) / machines;
    one->certificate = mem_printf("%s/%zu.pem", argv[ARG_DIRECTORY], index);
    one->key = mem_printf("%s/%zu.key", argv[ARG_DIRECTORY], index);
    one->requests = mem_array(one->count, sizeof(*one->requests));
    one->seconds = mem_array(one->count, sizeof(*one->seconds));
}

/* Returns how many callers there are; each has at least one machine. */
static size_t share_out(struct one *all, size_t machines, uint64_t wanted,
                        struct caller **out)
{
    size_t count = wanted < machines ? (size_t)wanted : machines;
    struct caller *callers = mem_array(count, sizeof(*callers));

    for (size_t i = 0; i < count; i++) {
        size_t first = machines * i / count;

        callers[i].machines = all + first;
        callers[i].count = machines * (i + 1) / count - first;
    }
    *out = callers;
    return count;
}

static void run_all(struct one *all, size_t machines, uint64_t wanted, const pid_t *pids)
{
    struct caller *callers = NULL;
    size_t count = share_out(all, machines, wanted, &callers);
    struct cost before;
    struct cost after;

    run_callers(callers, count, prepare_share);
    wait_for_word();
    measure(pids, &before);
    run_callers(callers, count, run_share);
    measure(pids, &after);
    print(all, machines, &before, &after);
    free(callers);
}

int main(int argc, char **argv)
{
    AUTO(buf) anchors = BUF_EMPTY;
    pid_t pids[PIDS];
    struct error err;

    if (argc <= ARG_PRINCIPALS) {
        quit("too few arguments, see its first comment");
    }
    if (!file_read(argv[ARG_ANCHORS], ANCHORS_MAX, 0, &anchors, &err)) {
        quit(err.message);
    }
    for (size_t i = 0; i < PIDS; i++) {
        pids[i] = (pid_t)number(argv[ARG_PIDS + i], INT32_MAX);
    }
    size_t machines = (size_t)(argc - ARG_PRINCIPALS);
    struct one *all = mem_array(machines, sizeof(*all));
    for (size_t i = 0; i < machines; i++) {
        set_up(&all[i], argv, i, machines);
        all[i].options.anchors = &anchors;
    }
    run_all(all, machines, number(argv[ARG_CALLERS], COUNT_MAX), pids);
    for (size_t i = 0; i < machines; i++) {
        finish(&all[i]);
    }
    free(all);
    return 0;
}
