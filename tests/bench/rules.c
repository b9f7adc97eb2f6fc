/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_rules POLICYD-RULES [JUDGEMENTS]: what a judgement by rules costs.
 *
 * For 1 and 10 rules and 1, 2 and 4 callers, each with a worker and an account of its own: how
 * many judgements (default 4000) a second, and the CPU time of one in this process (facts out,
 * verdict back, held against the envelope) and in the workers (starting them included).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/mem.h"

#include "policyd/rules/port.h"
#include "tests/bench/figures.h"
#include "tests/support/rules_facts.h"
#include "tests/support/temp_dir.h"

enum { CALLERS_MAX = 4, RULES = 10 };

struct caller {
    struct rules *rules;
    struct rules_facts f;
    char account[16];
    unsigned int judgements;
    pthread_t thread;
};

static _Noreturn void quit(const struct error *err)
{
    (void)fprintf(stderr, "bench_rules: %s\n", err->message);
    exit(1);
}

/* The default rule, and others as sites have them. */
static void write_rules(const char *directory, unsigned int count)
{
    rules_write(directory, "00-template.lua",
                "return rule{name='template', phase='check',\n"
                "  evaluate=function(req, d) d:permit('template') end}\n");
    for (unsigned int i = 1; i < count; i++) {
        AUTO(string) name = mem_printf("%u0-r.lua", i);
        AUTO(string)
        text = mem_printf(
            "return rule{name='r%u', phase='check', needs={attrs={'department'}},\n"
            "  evaluate=function(req, d)\n"
            "    for _, san in ipairs(req.proposed.sans) do\n"
            "      if san.type ~= 'dns' then d:deny('san.type', san.type)\n"
            "      elseif not dns.under(san.value, {'.corp.example.test'}) then\n"
            "        d:deny('san.zone', san.value) end\n"
            "    end\n"
            "    local key = req.csr.key\n"
            "    if key.alg == 'rsa' and key.bits < 3072 then d:deny('key.small') end\n"
            "    if req.principal.attrs.department[1] == 'x' then d:deny('who') end\n"
            "  end}\n",
            i);
        rules_write(directory, name, text);
    }
}

static void *call(void *ctx)
{
    struct caller *c = ctx;

    for (unsigned int i = 0; i < c->judgements; i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
        struct error err = {0};

        if (!rules_decide(c->rules, &c->f.facts, &answer, &err)) {
            quit(&err);
        }
        if (answer.verdict.decision != WIRE_DECISION_PERMIT) {
            (void)error_set(&err, ERROR_INTERNAL, "no permit: %s", answer.verdict.detail);
            quit(&err);
        }
    }
    return NULL;
}

static double seconds_of(const struct rusage *used)
{
    return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
           (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1e-6;
}

static double cpu_of(int who)
{
    struct rusage used;

    (void)getrusage(who, &used);
    return seconds_of(&used);
}

static void prepare(struct caller *c, struct rules *rules, unsigned int number)
{
    c->rules = rules;
    rules_facts_init(&c->f);
    (void)snprintf(c->account, sizeof(c->account), "account-%u", number);
    c->f.facts.requester.ref.id = c->account;
    memcpy(c->f.facts.bundle_id, rules_loaded(rules)->bundle_id, WIRE_SHA256);
}

/* Seconds that all callers together took. */
static double run_callers(struct rules *rules, unsigned int callers,
                          unsigned int judgements)
{
    struct caller *list = mem_array(callers, sizeof(*list));

    for (unsigned int i = 0; i < callers; i++) {
        prepare(&list[i], rules, i);
        list[i].judgements = judgements / callers;
    }
    const double begin = figures_seconds(CLOCK_MONOTONIC);
    for (unsigned int i = 0; i < callers; i++) {
        (void)pthread_create(&list[i].thread, NULL, call, &list[i]);
    }
    for (unsigned int i = 0; i < callers; i++) {
        (void)pthread_join(list[i].thread, NULL);
    }
    const double took = figures_seconds(CLOCK_MONOTONIC) - begin;
    free(list);
    return took;
}

static void run(const char *program, unsigned int rule_count, unsigned int callers,
                unsigned int judgements)
{
    char *directory = temp_dir_new();
    const struct rules_options options = {.program = program,
                                          .directory = directory,
                                          .workers = callers,
                                          .deadline_ms = 10000,
                                          .recycle = 1000,
                                          .waiting_max = 64,
                                          .budget = rules_budget()};
    struct rules_port *port = rules_port_new(&options);
    const double children = cpu_of(RUSAGE_CHILDREN);
    struct error err = {0};

    write_rules(directory, rule_count);
    if (!rules_port_reload(port, &err)) {
        quit(&err);
    }
    struct rules *rules = rules_port_get(port);
    const double own = cpu_of(RUSAGE_SELF);
    const double took = run_callers(rules, callers, judgements);
    const double spent = cpu_of(RUSAGE_SELF) - own;
    rules_unref(rules);
    rules_port_free(port); /* ends the workers, so that their time is counted */
    const double worked = cpu_of(RUSAGE_CHILDREN) - children;
    (void)printf("%5u %7u %12.0f %10.1f %10.1f\n", rule_count, callers, judgements / took,
                 spent * 1e6 / judgements, worked * 1e6 / judgements);
    (void)fflush(stdout);
    temp_dir_free(directory);
}

int main(int argc, char **argv)
{
    const unsigned int judgements =
        argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 4000;

    if (argc < 2 || judgements < CALLERS_MAX) {
        (void)fputs("usage: bench_rules POLICYD-RULES [JUDGEMENTS]\n", stderr);
        return 2;
    }
    (void)puts("rules callers judgements/s us policyd  us worker");
    for (unsigned int rules = 1; rules <= RULES; rules *= RULES) {
        for (unsigned int callers = 1; callers <= CALLERS_MAX; callers *= 2) {
            run(argv[1], rules, callers, judgements);
        }
    }
    return 0;
}
