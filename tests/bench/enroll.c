/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_enroll LEG URL ANCHORS KEYTAB COUNT CALLERS SUM CORE POLICYD SIGNER SLAPD KDC PRINCIPAL...:
 * what an enrollment over EST costs a whole policyd that CALLERS ask at once, each waiting for its
 * answer before it asks again. SUM is what the stages cost together, in us, CORE the processor that
 * the servers share ("-": none); then four process ids. Each principal is a machine that asks COUNT /
 * principals times and has one certificate from before.
 *
 * LEG is how they show who they are:
 *     fresh          a bound Kerberos token, on a connection of its own each time
 *     kept           a bound Kerberos token, once on a connection that is kept
 *     certificate    the client certificate that it got before, a connection each time
 * A caller has a share of the machines and asks for one after the other. Of kept connections there
 * is one a caller: the machines come in groups of CALLERS, and figures are of all groups together.
 * Keys, requests and tokens are made before. Says "ready" when a group is prepared and "done" when it
 * has been measured, and waits for a line on standard input each time. See tests/bench/enroll.sh.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "autoenroll-client/transport_ticket.h"
#include "tests/bench/figures.h"
#include "tests/bench/talker.h"
#include "tests/support/est_caller.h"

enum { ANCHORS_MAX = 64 * 1024, COUNT_MAX = 1000000, LINE = 16, PREPARE_TRIES = 20 };
enum {
    ARG_LEG = 1,
    ARG_URL,
    ARG_ANCHORS,
    ARG_KEYTAB,
    ARG_COUNT,
    ARG_CALLERS,
    ARG_SUM,
    ARG_CORE,
    ARG_PIDS
};
enum { POLICYD = 0, SIGNER, SLAPD, KDC, PIDS, ARG_PRINCIPALS = ARG_PIDS + PIDS };

struct leg {
    const char *name;
    bool by_certificate;
    bool hangs_up; /* after each answer */
};

static const struct leg legs[] = {
    {"fresh", false, true},
    {"kept", false, false},
    {"certificate", true, true},
};

/* A machine. */
struct one {
    const struct leg *leg;
    const struct talker_server *server;
    struct transport_ticket *ticket;
    struct talker *talker;
    struct est_request *requests;
    struct buf *tokens; /* of each request, if it needs one */
    double *seconds;    /* of each request */
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
    double idle; /* of the servers' core */
};

struct bench {
    struct talker_server *server;
    struct one *all;
    size_t machines;
    size_t callers;
    pid_t pids[PIDS];
    int core; /* -1: none */
    double sum;
    struct cost spent; /* while groups ran */
};

/* Other threads may be running, under which exit() would pull away what libraries have. */
static void quit(const char *what)
{
    (void)fprintf(stderr, "bench_enroll: %s\n", what);
    (void)fflush(stdout);
    _exit(1);
}

static bool ask(struct one *one, const struct est_request *request, const char *token,
                struct talker_answer *answer, struct error *err)
{
    const bool renews = token == NULL && one->leg->by_certificate;
    const struct talker_question question = {
        .operation = renews ? "Machine/simplereenroll" : "Machine/simpleenroll",
        .token = token,
        .body = buf_bytes(&request->body)};

    if (!talker_ask(one->talker, &question, answer, err)) {
        return false;
    }
    if (answer->status != 200 && one->refused++ == 0) {
        (void)fprintf(stderr, "%ld: %s\n", answer->status, buf_text(&answer->body));
    }
    return true;
}

/* Bound to the server's certificate, which is the same on every connection. */
static bool make_token(struct one *one, struct buf *out, struct error *err)
{
    AUTO(buf) binding = BUF_EMPTY;

    return talker_binding(one->talker, &binding, err) &&
           transport_ticket_make(one->ticket, buf_bytes(&binding), out, err);
}

/* A KDC that all ask at once may be too busy for some. */
static void log_in(struct one *one, const struct est_request *request,
                   struct talker_answer *answer)
{
    struct error err;

    for (unsigned int i = 0; i < PREPARE_TRIES; i++) {
        AUTO(buf) token = BUF_EMPTY;

        if (make_token(one, &token, &err) &&
            ask(one, request, buf_text(&token), answer, &err)) {
            return;
        }
        talker_hang_up(one->talker);
    }
    quit(err.message);
}

/* Its ticket and connection are there, and the certificate that it may renew by. */
static void enroll_first(struct one *one)
{
    AUTO(est_request) request = EST_REQUEST_EMPTY;
    struct talker_answer answer = {0, BUF_EMPTY};
    AUTO(buf) der = BUF_EMPTY;

    est_request_make(&request);
    log_in(one, &request, &answer);
    if (answer.status != 200) {
        quit("nothing is issued");
    }
    if (one->leg->by_certificate) {
        const struct transport_answer taken = {.body = answer.body};

        est_caller_take(&taken, &der);
        talker_show(one->talker, buf_bytes(&der), buf_bytes(&request.key));
    }
    buf_clear(&answer.body);
}

static void prepare(struct one *one)
{
    struct error err;

    one->talker = talker_new(one->server);
    enroll_first(one);
    for (size_t i = 0; i < one->count; i++) {
        one->requests[i] = (struct est_request)EST_REQUEST_EMPTY;
        est_request_make(&one->requests[i]);
        if (one->leg->hangs_up && !one->leg->by_certificate &&
            !make_token(one, &one->tokens[i], &err)) {
            quit(err.message);
        }
    }
    if (one->leg->hangs_up) {
        talker_hang_up(one->talker);
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
    struct talker_answer answer = {0, BUF_EMPTY};
    struct buf *token = &one->tokens[round];
    double start = figures_seconds(CLOCK_MONOTONIC);
    struct error err;

    if (!ask(one, &one->requests[round], token->len > 0 ? buf_text(token) : NULL, &answer,
             &err)) {
        quit(err.message);
    }
    one->seconds[round] = figures_seconds(CLOCK_MONOTONIC) - start;
    if (one->leg->hangs_up) {
        talker_hang_up(one->talker);
    }
    buf_clear(&answer.body);
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
    talker_free(one->talker);
    transport_ticket_free(one->ticket);
    for (size_t i = 0; i < one->count; i++) {
        est_request_clear(&one->requests[i]);
        buf_clear(&one->tokens[i]);
    }
    free(one->requests);
    free(one->tokens);
    free(one->seconds);
}

static void measure(const struct bench *b, struct cost *out)
{
    for (size_t i = 0; i < PIDS; i++) {
        out->processes[i] = figures_process_cpu(b->pids[i]);
    }
    out->rules = figures_children_cpu(b->pids[POLICYD]);
    out->clients = figures_seconds(CLOCK_PROCESS_CPUTIME_ID);
    out->idle = b->core < 0 ? 0 : figures_core_idle((unsigned int)b->core);
    out->wall = figures_seconds(CLOCK_MONOTONIC);
}

static void add_cost(struct cost *sum, const struct cost *before,
                     const struct cost *after)
{
    for (size_t i = 0; i < PIDS; i++) {
        sum->processes[i] += after->processes[i] - before->processes[i];
    }
    sum->rules += after->rules - before->rules;
    sum->clients += after->clients - before->clients;
    sum->idle += after->idle - before->idle;
    sum->wall += after->wall - before->wall;
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

/* Against the stages, and how busy the servers' core was: with gaps the same work costs more. */
static void print_sum(const struct bench *b, double count)
{
    const double *processes = b->spent.processes;
    double ours = processes[POLICYD] + processes[SIGNER] + b->spent.rules;

    printf("            policyd, signer and rules %.0f us", ours / count * 1e6);
    if (b->sum > 0) {
        printf(", sum %.0f, %.2f times", b->sum, ours / count * 1e6 / b->sum);
    }
    if (b->core >= 0) {
        printf("; core %d %.0f %% busy, %.0f %% by these and slapd", b->core,
               100 * (1 - b->spent.idle / b->spent.wall),
               100 * (ours + processes[SLAPD]) / b->spent.wall);
    }
    puts("");
}

static void print(const struct bench *b)
{
    static const char *const names[PIDS] = {"policyd", "signer", "slapd", "KDC"};
    const struct one *all = b->all;
    double count = (double)(all[0].count * b->machines);
    size_t refused = 0;

    for (size_t i = 0; i < b->machines; i++) {
        refused += all[i].refused;
    }
    printf("%-11s %4zu machines, %zu each: %6.0f enrollments/s  CPU us each:",
           all[0].leg->name, b->machines, all[0].count, count / b->spent.wall);
    for (size_t i = 0; i < PIDS; i++) {
        printf(" %s %.0f,", names[i], b->spent.processes[i] / count * 1e6);
    }
    printf(" rules %.0f, clients %.0f", b->spent.rules / count * 1e6,
           b->spent.clients / count * 1e6);
    print_latency(all, b->machines);
    printf("  refused %zu\n", refused);
    print_sum(b, count);
    (void)fflush(stdout);
}

static void wait_for_word(const char *said)
{
    char line[LINE];

    puts(said);
    (void)fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL) {
        quit("no word to go on");
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

static void set_up(struct bench *b, char **argv, size_t index)
{
    struct one *one = &b->all[index];

    one->leg = find_leg(argv[ARG_LEG]);
    one->server = b->server;
    one->ticket = transport_ticket_new(argv[ARG_PRINCIPALS + index], argv[ARG_KEYTAB], "",
                                       talker_server_host(b->server));
    one->count =
        ((size_t)number(argv[ARG_COUNT], COUNT_MAX) + b->machines - 1) / b->machines;
    one->requests = mem_array(one->count, sizeof(*one->requests));
    one->tokens = mem_array(one->count, sizeof(*one->tokens));
    one->seconds = mem_array(one->count, sizeof(*one->seconds));
}

/* Returns how many callers there are; each has at least one machine. */
static size_t share_out(struct one *all, size_t machines, size_t wanted,
                        struct caller **out)
{
    size_t count = wanted < machines ? wanted : machines;
    struct caller *callers = mem_array(count, sizeof(*callers));

    for (size_t i = 0; i < count; i++) {
        size_t first = machines * i / count;

        callers[i].machines = all + first;
        callers[i].count = machines * (i + 1) / count - first;
    }
    *out = callers;
    return count;
}

static void run_group(struct bench *b, size_t first, size_t count)
{
    struct caller *callers = NULL;
    size_t threads = share_out(b->all + first, count, b->callers, &callers);
    struct cost before;
    struct cost after;

    run_callers(callers, threads, prepare_share);
    wait_for_word("ready");
    measure(b, &before);
    run_callers(callers, threads, run_share);
    measure(b, &after);
    wait_for_word("done");
    add_cost(&b->spent, &before, &after);
    for (size_t i = first; i < first + count; i++) {
        talker_hang_up(b->all[i].talker);
    }
    free(callers);
}

static void run_all(struct bench *b)
{
    size_t most = b->all[0].leg->hangs_up ? b->machines : b->callers;

    for (size_t first = 0; first < b->machines; first += most) {
        size_t left = b->machines - first;

        run_group(b, first, left < most ? left : most);
    }
    print(b);
}

static void set_up_all(struct bench *b, char **argv, const struct buf *anchors)
{
    b->server = talker_server_new(argv[ARG_URL], anchors);
    b->callers = (size_t)number(argv[ARG_CALLERS], COUNT_MAX);
    b->sum = strtod(argv[ARG_SUM], NULL);
    b->core =
        strcmp(argv[ARG_CORE], "-") == 0 ? -1 : (int)strtol(argv[ARG_CORE], NULL, 10);
    for (size_t i = 0; i < PIDS; i++) {
        b->pids[i] = (pid_t)number(argv[ARG_PIDS + i], INT32_MAX);
    }
    b->all = mem_array(b->machines, sizeof(*b->all));
    for (size_t i = 0; i < b->machines; i++) {
        set_up(b, argv, i);
    }
}

int main(int argc, char **argv)
{
    AUTO(buf) anchors = BUF_EMPTY;
    struct bench b = {.core = -1};
    struct error err;

    if (argc <= ARG_PRINCIPALS) {
        quit("too few arguments, see its first comment");
    }
    if (!file_read(argv[ARG_ANCHORS], ANCHORS_MAX, 0, &anchors, &err)) {
        quit(err.message);
    }
    b.machines = (size_t)(argc - ARG_PRINCIPALS);
    set_up_all(&b, argv, &anchors);
    run_all(&b);
    for (size_t i = 0; i < b.machines; i++) {
        finish(&b.all[i]);
    }
    free(b.all);
    talker_server_free(b.server);
    return 0;
}
