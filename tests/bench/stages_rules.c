/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A judgement by the default rule: facts to a worker, its rules in a fresh Lua state, the verdict back
 * and held against the envelope; both sides. Four ask at once, each with a worker and an account, as
 * in bench_rules. Starting workers is left out.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/rules/port.h"
#include "tests/bench/figures.h"
#include "tests/bench/stages.h"
#include "tests/support/rules_facts.h"

enum { CALLERS = 4, JUDGEMENTS = 150 };

struct judge;

struct caller {
    struct judge *judge;
    struct rules_facts f;
    char account[16];
    pthread_t thread;
};

struct judge {
    struct rules *rules;
    struct caller callers[CALLERS];
};

static void *ask(void *ctx)
{
    struct caller *c = ctx;

    for (unsigned int i = 0; i < JUDGEMENTS; i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
        struct error err;

        stages_need_ok(rules_decide(c->judge->rules, &c->f.facts, &answer, &err), &err);
        stages_need(answer.verdict.decision == WIRE_DECISION_PERMIT, "no permit");
    }
    return NULL;
}

static double spent(void)
{
    return figures_seconds(CLOCK_PROCESS_CPUTIME_ID) + figures_children_cpu(getpid());
}

static double slice_judge(void *ctx)
{
    struct judge *j = ctx;
    double from = spent();

    for (size_t i = 0; i < CALLERS; i++) {
        stages_need(pthread_create(&j->callers[i].thread, NULL, ask, &j->callers[i]) == 0,
                    "no thread");
    }
    for (size_t i = 0; i < CALLERS; i++) {
        (void)pthread_join(j->callers[i].thread, NULL);
    }
    return (spent() - from) * 1e6 / (CALLERS * JUDGEMENTS);
}

void stages_add_rules(struct stages *stages)
{
    AUTO(string) directory = mem_printf("%s/stages-rules-XXXXXX", stages->directory);
    struct judge *j = mem_new(sizeof(*j));
    struct error err;

    stages_need(mkdtemp(directory) != NULL, "no directory for rules");
    const struct rules_options options = {.program = stages->rules,
                                          .directory = directory,
                                          .workers = CALLERS,
                                          .deadline_ms = 60000,
                                          .recycle = UINT32_MAX,
                                          .waiting_max = 64,
                                          .budget = rules_budget()};
    rules_write(directory, "00-template.lua",
                "return rule{name='template', phase='check',\n"
                "  evaluate=function(req, d) d:permit('template') end}\n");
    struct rules_port *port = rules_port_new(&options); /* ends with us */
    stages_need_ok(rules_port_reload(port, &err), &err);
    j->rules = rules_port_get(port);
    for (unsigned int i = 0; i < CALLERS; i++) {
        struct caller *c = &j->callers[i];

        c->judge = j;
        rules_facts_init(&c->f);
        (void)snprintf(c->account, sizeof(c->account), "account-%u", i);
        c->f.facts.requester.ref.id = c->account;
        memcpy(c->f.facts.bundle_id, rules_loaded(j->rules)->bundle_id, WIRE_SHA256);
    }
    AUTO(string) file = mem_printf("%s/00-template.lua", directory);
    (void)unlink(file);
    (void)rmdir(directory);
    stages_add(stages,
               &(struct stage){.name = "judgement by the default rule, both sides",
                               .slice = slice_judge,
                               .ctx = j,
                               .times = STAGES_ALL(1)});
}
