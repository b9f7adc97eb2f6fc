/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real policyd-rules in the middle of a judgement that never ends by itself: killed,
 * late, in the way of others, overtaken by a reload. That it is in the middle shows in the CPU
 * time that it uses.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#include "policyd/rules/port.h"
#include "tests/support/rules_facts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define BURNER(word)                                                                     \
    "return rule{name='r', phase='check', evaluate=function(req, d) "                    \
    "if req.principal.id == 'bomber' then "                                              \
    "local s = ('a'):rep(4000) s:find('.-.-.-.-.-.-b') end "                             \
    "d:permit('" word "') end}"

enum {
    LONG_MS = 60000, /* what nothing may wait for */
    SHORT_MS = 2000, /* which an honest one may miss, on a busy machine */
    TRIES = 6000,    /* of 10 ms: a machine may be busy */
    ATTEMPTS = 20,
};
#define TOLD_NS                                                                          \
    INT64_C(8000000000) /* who is not told looks again after 10 s, each time */

struct scene {
    char *directory;
    struct rules_port *port;
    struct rules *rules;
};

static void start(struct scene *s, unsigned int workers, uint32_t deadline_ms,
                  size_t waiting_max)
{
    struct rules_options options = {.program = POLICYD_RULES,
                                    .workers = workers,
                                    .deadline_ms = deadline_ms,
                                    .recycle = 1000,
                                    .waiting_max = waiting_max,
                                    .budget = rules_budget()};
    struct error err = {0};

    s->directory = temp_dir_new();
    options.directory = s->directory;
    options.budget.cpu_ms = LONG_MS; /* only the port ends it */
    options.budget.instructions_rule = options.budget.instructions_decision = UINT64_MAX;
    rules_write(s->directory, "10-r.lua", BURNER("fine"));
    s->port = rules_port_new(&options);
    assert_ok(rules_port_reload(s->port, &err), &err);
    s->rules = rules_port_get(s->port);
}

static void scene_clear(struct scene *s)
{
    rules_unref(s->rules);
    rules_port_free(s->port);
    temp_dir_free(s->directory);
}
CLEANUP_DEFINE_VALUE(scene, struct scene, scene_clear);

/* ---- workers as the kernel sees them ------------------------------------------------------ */

struct process {
    long parent;
    unsigned long ticks; /* of CPU time */
    char state;
};

static bool read_process(long pid, struct process *out)
{
    AUTO(string) path = mem_printf("/proc/%ld/stat", pid);
    char line[1024] = "";
    FILE *file = fopen(path, "re");
    unsigned long user = 0;
    unsigned long system = 0;

    if (file == NULL) {
        return false;
    }
    size_t len = fread(line, 1, sizeof(line) - 1, file);
    (void)fclose(file);
    line[len] = '\0';
    const char *rest = strrchr(line, ')'); /* a program's name may hold anything */
    if (rest == NULL) {
        return false;
    }
    /* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers */
    int found = sscanf(rest + 1, " %c %ld %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
                       &out->state, &out->parent, &user, &system);
    if (found != 4) {
        return false;
    }
    out->ticks = user + system;
    return true;
}

/* Our children; the last one found is *pid. */
static size_t count_workers(pid_t *pid)
{
    DIR *all = opendir("/proc");
    size_t count = 0;

    assert_non_null(all);
    for (const struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all)) {
        struct process process = {0};
        long number = strtol(entry->d_name, NULL, 10);

        if (number > 0 && read_process(number, &process) &&
            process.parent == (long)getpid()) {
            *pid = (pid_t)number;
            count++;
        }
    }
    (void)closedir(all);
    return count;
}

static void wait_until_burning(pid_t pid, unsigned long ticks)
{
    struct process process = {0};

    for (int i = 0; i < TRIES; i++) {
        assert_true(read_process(pid, &process));
        if (process.ticks >= ticks + 3) {
            return;
        }
        (void)poll(NULL, 0, 10);
    }
    fail_msg("the worker judges nothing");
}

/* ---- a judgement in a thread of its own ---------------------------------------------------- */

struct judgement {
    struct rules *rules;
    struct rules_facts f;
    struct rules_answer answer;
    struct error err;
    bool good;
    pthread_t thread;
};

static void judgement_clear(struct judgement *j)
{
    rules_answer_clear(&j->answer);
}
CLEANUP_DEFINE_VALUE(judgement, struct judgement, judgement_clear);

static void *judge(void *ctx)
{
    struct judgement *j = ctx;

    j->good = rules_decide(j->rules, &j->f.facts, &j->answer, &j->err);
    return NULL;
}

static void prepare(struct judgement *j, struct rules *rules, const char *account)
{
    memset(j, 0, sizeof(*j));
    j->rules = rules;
    rules_facts_init(&j->f);
    j->f.facts.requester.ref.id = account;
    memcpy(j->f.facts.bundle_id, rules_loaded(rules)->bundle_id, WIRE_SHA256);
}

/* Begins a judgement that does not end, and returns the worker that is in the middle of it. */
static pid_t begin_burning(struct judgement *j, struct rules *rules)
{
    struct process before = {0};
    pid_t pid = 0;

    assert_int_equal(count_workers(&pid), 1);
    assert_true(read_process(pid, &before));
    prepare(j, rules, "bomber");
    assert_int_equal(pthread_create(&j->thread, NULL, judge, j), 0);
    wait_until_burning(pid, before.ticks);
    return pid;
}

static void end_burning(struct judgement *j, pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(pthread_join(j->thread, NULL), 0);
    assert_true(j->good);
    assert_int_equal(j->answer.verdict.decision, WIRE_DECISION_ERROR);
}

static void expect_permit(struct rules *rules, const char *account, const char *code)
{
    AUTO(judgement) j;

    prepare(&j, rules, account);
    (void)judge(&j);
    assert_ok(j.good, &j.err);
    assert_int_equal(j.answer.verdict.decision, WIRE_DECISION_PERMIT);
    assert_string_equal(j.answer.verdict.code, code);
}

/* The same where the deadline is short, so that a busy machine may take several attempts. */
static void expect_permit_in_the_end(struct rules *rules, const char *account)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        AUTO(judgement) j;

        prepare(&j, rules, account);
        (void)judge(&j);
        assert_ok(j.good, &j.err);
        if (j.answer.verdict.decision == WIRE_DECISION_PERMIT) {
            assert_string_equal(j.answer.verdict.code, "fine");
            return;
        }
        assert_non_null(strstr(j.answer.verdict.detail, "within its time"));
    }
    fail_msg("never permitted");
}

/* ---- tests ----------------------------------------------------------------------------- */

static void a_worker_killed_in_the_middle_fails_closed_and_the_next_works(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    pid_t other = 0;
    (void)state;
    start(&s, 1, LONG_MS, 8);
    expect_permit(s.rules, "honest", "fine");

    pid_t pid = begin_burning(&j, s.rules);
    end_burning(&j, pid);

    assert_int_equal(j.answer.verdict.reason, REASON_RULE_ERROR);
    assert_non_null(strstr(j.answer.verdict.detail, "ended by signal 9"));
    assert_int_equal(j.answer.verdict.trace_count, 0);
    assert_int_equal(count_workers(&other), 0); /* reaped */
    expect_permit(s.rules, "honest", "fine");   /* by a new one */
    assert_int_equal(count_workers(&other), 1);
    assert_int_not_equal(other, pid);
}

static void an_idle_worker_that_was_killed_costs_nobody_a_request(void **state)
{
    AUTO(scene) s;
    struct process process = {0};
    pid_t pid = 0;
    pid_t next = 0;
    (void)state;
    start(&s, 1, LONG_MS, 8);

    assert_int_equal(count_workers(&pid), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    for (int i = 0; i < TRIES && process.state != 'Z'; i++) {
        assert_true(read_process(pid, &process));
        (void)poll(NULL, 0, process.state == 'Z' ? 0 : 10);
    }
    expect_permit(s.rules, "honest", "fine");
    assert_int_equal(count_workers(&next), 1);
    assert_int_not_equal(next, pid);
}

static void a_judgement_ends_at_its_deadline(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    pid_t pid = 0;
    (void)state;
    start(&s, 1, SHORT_MS, 8);
    const int64_t begin_ns = clock_boottime_ns(clock_system());

    prepare(&j, s.rules, "bomber");
    (void)judge(&j);

    const int64_t took_ms = (clock_boottime_ns(clock_system()) - begin_ns) / 1000000;
    assert_ok(j.good, &j.err);
    assert_int_equal(j.answer.verdict.decision, WIRE_DECISION_ERROR);
    assert_non_null(strstr(j.answer.verdict.detail, "within its time"));
    assert_true(took_ms >= SHORT_MS && took_ms < LONG_MS / 2);
    assert_int_equal(count_workers(&pid), 0); /* killed, and reaped */
    expect_permit_in_the_end(s.rules, "bomb");
}

static void a_worker_that_stands_still_is_killed_too(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    pid_t pid = 0;
    (void)state;
    start(&s, 1, SHORT_MS, 8);

    assert_int_equal(count_workers(&pid), 1);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    prepare(&j, s.rules, "honest");
    (void)judge(&j);
    assert_ok(j.good, &j.err);
    assert_non_null(strstr(j.answer.verdict.detail, "within its time"));
    assert_int_equal(count_workers(&pid), 0);

    expect_permit_in_the_end(s.rules, "honest");
}

static void others_go_to_the_other_worker_meanwhile(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    (void)state;
    start(&s, 2, LONG_MS, 0); /* nobody waits: who is not served at once is refused */

    pid_t pid = begin_burning(&j, s.rules);
    for (int i = 0; i < 20; i++) {
        expect_permit(s.rules, i % 2 == 0 ? "honest" : "humble", "fine");
    }
    end_burning(&j, pid);
}

static void an_account_has_one_judgement_at_a_time(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    AUTO(judgement) again;
    (void)state;
    start(&s, 2, LONG_MS, 0);

    pid_t pid = begin_burning(&j, s.rules);
    prepare(&again, s.rules, "bomber");
    (void)judge(&again);
    assert_fails(again.good, &again.err, ERROR_UNAVAILABLE, "wait for the rules already");
    expect_permit(s.rules, "honest", "fine"); /* another account has the free worker */
    end_burning(&j, pid);
}

static void more_than_may_wait_are_told_to_come_again(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    AUTO(judgement) refused;
    (void)state;
    start(&s, 1, LONG_MS, 0);

    pid_t pid = begin_burning(&j, s.rules);
    prepare(&refused, s.rules, "honest");
    (void)judge(&refused);
    assert_fails(refused.good, &refused.err, ERROR_UNAVAILABLE,
                 "wait for the rules already");
    end_burning(&j, pid);
    expect_permit(s.rules, "honest", "fine");
}

/* How long who waits for the one worker is not served once it is free. */
static int64_t wait_for_the_worker_ns(struct scene *s)
{
    AUTO(judgement) j;
    AUTO(judgement) waits;

    pid_t pid = begin_burning(&j, s->rules);
    prepare(&waits, s->rules, "honest");
    assert_int_equal(pthread_create(&waits.thread, NULL, judge, &waits), 0);
    const int64_t begin_ns = clock_boottime_ns(clock_system());
    end_burning(&j, pid);

    assert_int_equal(pthread_join(waits.thread, NULL), 0);
    const int64_t took_ns = clock_boottime_ns(clock_system()) - begin_ns;
    assert_ok(waits.good, &waits.err);
    assert_int_equal(waits.answer.verdict.decision, WIRE_DECISION_PERMIT);
    return took_ns;
}

static void who_waits_is_served_when_the_worker_is_free(void **state)
{
    AUTO(scene) s;
    int64_t took_ns = TOLD_NS;
    (void)state;
    start(&s, 1, LONG_MS, 8);

    for (int i = 0; i < 5 && took_ns >= TOLD_NS; i++) { /* a machine may be busy */
        took_ns = wait_for_the_worker_ns(&s);
    }
    assert_true(took_ns < TOLD_NS); /* was woken */
}

/* The new rules serve while the old worker is still at it, and it goes when nobody needs it. */
static void a_reload_waits_for_no_judgement(void **state)
{
    AUTO(scene) s;
    AUTO(judgement) j;
    struct error err = {0};
    pid_t left = 0;
    (void)state;
    start(&s, 1, LONG_MS, 0);

    pid_t pid = begin_burning(&j, s.rules);
    rules_write(s.directory, "10-r.lua", BURNER("newer"));
    assert_ok(rules_port_reload(s.port, &err), &err);
    AUTO(rules) newer = rules_port_get(s.port);
    expect_permit(newer, "honest", "newer");
    rules_write(s.directory, "10-r.lua", "return rule{");
    assert_fails(rules_port_reload(s.port, &err), &err, ERROR_INVALID, "10-r.lua:1");
    AUTO(rules) still = rules_port_get(s.port); /* what does not load changes nothing */
    assert_ptr_equal(still, newer);
    expect_permit(still, "honest", "newer");
    end_burning(&j, pid);

    expect_permit(s.rules, "honest",
                  "fine"); /* who began with the old ones ends with them */
    rules_unref(s.rules);
    s.rules = NULL;
    assert_int_equal(count_workers(&left), 1); /* of the new ones */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_killed_in_the_middle_fails_closed_and_the_next_works),
        cmocka_unit_test(an_idle_worker_that_was_killed_costs_nobody_a_request),
        cmocka_unit_test(a_judgement_ends_at_its_deadline),
        cmocka_unit_test(a_worker_that_stands_still_is_killed_too),
        cmocka_unit_test(others_go_to_the_other_worker_meanwhile),
        cmocka_unit_test(an_account_has_one_judgement_at_a_time),
        cmocka_unit_test(more_than_may_wait_are_told_to_come_again),
        cmocka_unit_test(who_waits_is_served_when_the_worker_is_free),
        cmocka_unit_test(a_reload_waits_for_no_judgement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
