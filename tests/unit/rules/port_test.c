/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port with the real policyd-rules behind it.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/rules/port.h"
#include "tests/support/rules_facts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

#define RULE(phase, body)                                                                \
    "return rule{name='r', phase='" phase                                                \
    "', needs={attrs={'department'},history=true},"                                      \
    " evaluate=function(req, d) " body " end}"
#define CHECK(body) RULE("check", body)

enum {
    DEADLINE_MS = 60000 /* a busy machine: what is late is in mid_judgement_test.c */
};

struct bench {
    char *directory;
    struct rules_port *port;
    struct rules_facts f;
};

static struct rules_options options_for(const char *directory)
{
    struct rules_options options = {.program = POLICYD_RULES,
                                    .directory = directory,
                                    .workers = 2,
                                    .deadline_ms = DEADLINE_MS,
                                    .recycle = 1000,
                                    .waiting_max = 64,
                                    .budget = rules_budget()};

    options.budget.cpu_ms =
        DEADLINE_MS; /* what counts is hit first, however slow we are */
    return options;
}

static struct bench *bench_new(void)
{
    struct bench *b = mem_new(sizeof(*b));

    b->directory = temp_dir_new();
    rules_facts_init(&b->f);
    return b;
}

static int set_up(void **state)
{
    struct bench *b = bench_new();
    const struct rules_options options = options_for(b->directory);

    b->port = rules_port_new(&options);
    *state = b;
    return 0;
}

/* For rules that only the watch over CPU time ends. */
static int set_up_watched(void **state)
{
    struct bench *b = bench_new();
    struct rules_options options = options_for(b->directory);

    options.budget.cpu_ms = rules_budget().cpu_ms;
    b->port = rules_port_new(&options);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    rules_port_free(b->port);
    temp_dir_free(b->directory);
    free(b);
    return 0;
}

static struct rules *load(struct bench *b, const char *text)
{
    struct error err = {0};

    rules_write(b->directory, "10-r.lua", text);
    assert_ok(rules_port_reload(b->port, &err), &err);
    struct rules *rules = rules_port_get(b->port);
    assert_non_null(rules);
    memcpy(b->f.facts.bundle_id, rules_loaded(rules)->bundle_id, WIRE_SHA256);
    return rules;
}

static void decide(struct bench *b, struct rules *rules, struct rules_answer *out)
{
    struct error err = {0};

    assert_ok(rules_decide(rules, &b->f.facts, out, &err), &err);
}

static void expect_decision(struct bench *b, const char *text,
                            enum wire_decision expected, const char *words)
{
    AUTO(rules) rules = load(b, text);
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    decide(b, rules, &answer);
    if (answer.verdict.decision != expected ||
        strstr(answer.verdict.detail, words) == NULL) {
        print_error("%s\ngot %s: %s; expected %s: ...%s...\n", text,
                    wire_decision_name(answer.verdict.decision), answer.verdict.detail,
                    wire_decision_name(expected), words);
        fail();
    }
}

static void a_permit_comes_back_with_its_trace(void **state)
{
    struct bench *b = *state;
    AUTO(rules) rules = load(b, CHECK("d:permit('fine')"));
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    decide(b, rules, &answer);

    assert_int_equal(answer.verdict.decision, WIRE_DECISION_PERMIT);
    assert_int_equal(answer.verdict.reason, REASON_NONE);
    assert_string_equal(answer.verdict.rule, "r");
    assert_string_equal(answer.verdict.code, "fine");
    assert_int_equal(answer.verdict.trace_count, 1);
    assert_string_equal(answer.verdict.trace[0].file, "10-r.lua");
    assert_string_equal(answer.verdict.trace[0].codes[0], "fine");
    assert_int_equal(answer.verdict.proposed.san_count, 1);
}

static void an_answer_has_the_facts_as_the_worker_judged_them(void **state)
{
    struct bench *b = *state;
    AUTO(rules) rules = load(b, CHECK("d:permit('fine')"));
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
    AUTO(buf) expected = BUF_EMPTY;
    struct error err = {0};

    for (int i = 0; i < 2; i++) { /* the second is another exchange of the same worker */
        rules_answer_clear(&answer);
        decide(b, rules, &answer);
    }
    assert_ok(wire_facts_encode(&b->f.facts, &expected, &err), &err);
    assert_int_equal(answer.facts.len, expected.len);
    assert_memory_equal(answer.facts.data, expected.data, expected.len);
    rules_answer_clear(&answer);
    assert_int_equal(answer.facts.len, 0);
}

static void no_rules_permit_nothing(void **state)
{
    struct bench *b = *state;
    struct error err = {0};
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    assert_ok(rules_port_reload(b->port, &err), &err);
    AUTO(rules) rules = rules_port_get(b->port);
    memcpy(b->f.facts.bundle_id, rules_loaded(rules)->bundle_id, WIRE_SHA256);
    decide(b, rules, &answer);

    assert_int_equal(answer.verdict.decision, WIRE_DECISION_NONE);
    assert_int_equal(answer.verdict.reason, REASON_NO_RULE_PERMITTED);
}

/* No instruction is counted within a pattern: the worker ends itself. */
static void a_pattern_bomb_fails_closed_and_the_next_one_works(void **state)
{
    static const char *const bodies[] = {
        "('a'):rep(4000):find('.-.-.-.-.-.-b')",
        "(('a'):rep(1000)..'!'):find('^%a*%a*%a*%a*%a*$')",
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        AUTO(string)
        text = mem_printf("return rule{name='r', phase='check', "
                          "evaluate=function(req, d) local x = %s end}",
                          bodies[i]);
        expect_decision(b, text, WIRE_DECISION_ERROR, "worker ended with code 72");
    }
    expect_decision(b, CHECK("d:permit('fine')"), WIRE_DECISION_PERMIT, "");
}

/* Scripts that never end, use up memory, or say what nobody may: refused; the next is fine. */
static void a_runaway_fails_closed_and_the_next_one_works(void **state)
{
    static const struct {
        const char *body;
        const char *words;
    } cases[] = {
        {"while true do end", "instructions"},
        {"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", "memory"},
        {"local s = 'x' while true do s = s .. s end", "memory"},
        {"local function f() return 1 + f() end f()", "memory"},
        {"local function f() return (('x'):gsub('x', f)) end f()", "stack overflow"},
        {"error({})", "no text but a table"},
        {"error(d)", "no text but a userdata"},
        {"error(nil)", "no text but a nil"},
        {"d:permit('x') error('late')", "late"},
        {"req.op = 'renew'", "read-only"},
        {"req.csr.key.bits = 4096", "read-only"},
        {"req.principal.groups.all[1] = 1", "read-only"},
        {"return true", "returns nothing"},
        {"return 'permit'", "returns nothing"},
        {"d:permit(true)", "must be text"},
        {"d.permit('x')", "with a colon"},
        {"d:allow('x')", "has no 'allow'"},
        {"d:hold{code='x', need=0/0}", "whole number"},
        {"d:hold{code='x', need=1.5}", "whole number"},
        {"d:hold{code='x', need='1'}", "must be a number"},
        {"d:hold{code='x', need=0}", "1 to 16"},
        {"d:hold{code='x', ttl=-1}", "ttl is 1 to"},
        {"d:hold{code='x', groups='y'}", "no 'groups'"},
        {"d:hold{code='x', from=''}", "from is the SID"},
        {"d:add_san('dns', 'x.www.example.test')", "phase=\"shape\""},
        {"local x = req.nonsense", "no 'nonsense'"},
        {"local x = req.principal.attrs.title", "declare it"},
        {"for i = 1, 65 do d:permit('x') end", "at most 64 things"},
        {"for i = 1, 65 do d:note('k', ('x'):rep(5000)) end", "at most 64"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string)
        text = mem_printf("return rule{name='r', phase='check', "
                          "evaluate=function(req, d) %s end}",
                          cases[i].body);
        AUTO(string) account = mem_printf("account-%zu", i);
        b->f.facts.requester.ref.id = account;
        expect_decision(b, text, WIRE_DECISION_ERROR, cases[i].words);
    }
    b->f.facts.requester.ref.id = "next";
    expect_decision(b, CHECK("d:permit('fine')"), WIRE_DECISION_PERMIT, "");
}

/* The same worker serves on after an error that did not end it. */
static void an_error_leaves_nothing_behind_for_the_next_request(void **state)
{
    struct bench *b = *state;
    AUTO(rules)
    rules = load(b, CHECK("if req.id == 'R-bad' then error('bad') end d:permit('fine')"));
    AUTO(rules_answer) bad = {.octets = BUF_EMPTY};
    AUTO(rules_answer) good = {.octets = BUF_EMPTY};

    b->f.facts.request_id = "R-bad";
    decide(b, rules, &bad);
    b->f.facts.request_id = "R-good";
    decide(b, rules, &good);

    assert_int_equal(bad.verdict.decision, WIRE_DECISION_ERROR);
    assert_int_equal(bad.verdict.reason, REASON_RULE_ERROR);
    assert_non_null(strstr(bad.verdict.detail, "10-r.lua:1: bad"));
    assert_int_equal(good.verdict.decision, WIRE_DECISION_PERMIT);
}

/* Whom "" means is decide's to say. */
static void holds_name_a_group_or_mean_the_sites_approvers(void **state)
{
    struct bench *b = *state;
    AUTO(rules)
    rules = load(b, CHECK("d:permit('p') d:hold{code='x', from='CN=A,DC=b', need=2} "
                          "d:hold{code='y', from='cn=a,dc=B', ttl=9} d:hold{code='z'}"));
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    decide(b, rules, &answer);

    assert_int_equal(answer.verdict.decision, WIRE_DECISION_HOLD);
    assert_int_equal(answer.verdict.hold_count, 2);
    assert_string_equal(answer.verdict.holds[0].from, "CN=A,DC=b");
    assert_int_equal(answer.verdict.holds[0].need, 2);
    assert_int_equal(answer.verdict.holds[0].ttl_s, 9);
    assert_string_equal(answer.verdict.holds[1].from, "");
    assert_int_equal(answer.verdict.holds[1].need, 1);
}

/* Each is reached in the worker itself, by the request of that number. */
static void names_that_were_removed_are_not_in_the_worker(void **state)
{
    static const char *const removed[] = {
        "load",           "loadstring",   "loadfile",    "dofile",      "require",
        "package",        "io",           "os",          "debug",       "coroutine",
        "collectgarbage", "getmetatable", "rawget",      "rawset",      "rawequal",
        "setmetatable",   "pcall",        "xpcall",      "next",        "warn",
        "print",          "math.random",  "string.dump", "string.pack", "string.unpack",
        "table.move",     "_G",           "('').dump"};
    struct bench *b = *state;
    AUTO(buf) text = BUF_EMPTY;

    buf_append_text(&text, "return rule{name='r', phase='check', "
                           "evaluate=function(req, d) local n, x = req.id\n");
    for (size_t i = 0; i < COUNT_OF(removed); i++) {
        buf_printf(&text, "if n == 'R-%zu' then x = %s end\n", i, removed[i]);
    }
    buf_append_text(&text, "d:permit('x') end}");
    AUTO(rules) rules = load(b, buf_text(&text));
    for (size_t i = 0; i <= COUNT_OF(removed); i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
        AUTO(string) id = mem_printf("R-%zu", i);
        const bool twin = i == COUNT_OF(removed); /* touches none of them */

        b->f.facts.request_id = id;
        decide(b, rules, &answer);
        if (answer.verdict.decision !=
                (twin ? WIRE_DECISION_PERMIT : WIRE_DECISION_ERROR) ||
            strstr(answer.verdict.detail, twin ? "" : "has no '") == NULL) {
            fail_msg("%s: %s", twin ? "none" : removed[i], answer.verdict.detail);
        }
    }
}

struct other {
    struct rules *rules;
    struct rules_facts f;
    unsigned int permits;
    const struct bench *b;
};

static void *serve_others(void *ctx)
{
    struct other *other = ctx;

    for (int i = 0; i < 50; i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
        struct error err = {0};

        if (rules_decide(other->rules, &other->f.facts, &answer, &err) &&
            answer.verdict.decision == WIRE_DECISION_PERMIT) {
            other->permits++;
        }
    }
    return NULL;
}

static void others_are_served_while_a_bomb_runs(void **state)
{
    struct bench *b = *state;
    AUTO(rules)
    rules = load(
        b,
        CHECK("if req.principal.id == 'bomber' then "
              "local s = ('a'):rep(4000) s:find('.-.-.-.-.-.-b') end d:permit('fine')"));
    struct other other = {.rules = rules, .f = b->f, .b = b};
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
    pthread_t thread;

    other.f.facts.requester.ref.id = "honest";
    b->f.facts.requester.ref.id = "bomber";
    assert_int_equal(pthread_create(&thread, NULL, serve_others, &other), 0);
    decide(b, rules, &answer);
    (void)pthread_join(thread, NULL);

    assert_int_equal(answer.verdict.decision, WIRE_DECISION_ERROR);
    assert_int_equal(other.permits, 50);
}

static void three_killed_workers_quarantine_account_and_template(void **state)
{
    struct bench *b = *state;
    AUTO(rules)
    rules = load(
        b,
        CHECK("if req.principal.id == 'bomber' then "
              "local s = ('a'):rep(4000) s:find('.-.-.-.-.-.-b') end d:permit('fine')"));

    b->f.facts.requester.ref.id = "bomber";
    for (int i = 0; i < 4; i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

        decide(b, rules, &answer);
        assert_int_equal(answer.verdict.decision, WIRE_DECISION_ERROR);
        assert_int_equal(strstr(answer.verdict.detail, "not served") != NULL, i == 3);
        assert_int_equal(answer.facts.len, 0);
    }
    b->f.facts.requester.ref.id = "honest";
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
    decide(b, rules, &answer);
    assert_int_equal(answer.verdict.decision, WIRE_DECISION_PERMIT);
}

static void a_syntax_error_keeps_the_rules_in_force(void **state)
{
    struct bench *b = *state;
    struct error err = {0};
    struct error why = {0};
    AUTO(rules) rules = load(b, CHECK("d:permit('old')"));

    rules_write(b->directory, "20-bad.lua", "\nreturn rule{ name=");
    assert_fails(rules_port_reload(b->port, &err), &err, ERROR_INVALID, "20-bad.lua:2: ");
    rules_port_problem(b->port, &why);
    assert_non_null(strstr(why.message, "20-bad.lua:2"));
    AUTO(rules) still = rules_port_get(b->port);
    assert_ptr_equal(still, rules);

    rules_write(b->directory, "20-bad.lua",
                "return rule{name='two', phase='check', evaluate=function() end}");
    assert_ok(rules_port_reload(b->port, &err), &err);
    rules_port_problem(b->port, &why);
    assert_int_equal(why.code, ERROR_NONE);
    AUTO(rules) now = rules_port_get(b->port);
    assert_ptr_not_equal(now, rules);
    assert_int_equal(rules_loaded(now)->rule_count, 2);
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};
    decide(b, rules, &answer); /* the old ones still judge what began with them */
    assert_int_equal(answer.verdict.decision, WIRE_DECISION_PERMIT);
}

static void files_that_are_no_rules_are_refused_by_name_and_line(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"", "return rule{...}"},
        {"return {}", "return rule{...}"},
        {"\033Lua", "binary chunks are refused"},
        {"return rule{}", "name must be text"},
        {"return rule{name='x'}", "phase must be text"},
        {"return rule{name='x', phase='both'}", "phase is \"shape\" or \"check\""},
        {"return rule{name='x', phase='check'}", "evaluate must be a function"},
        {"return rule{name='x', phase='check', evaluate=1}", "evaluate must be"},
        {"return rule{name='x', phase='check', eval=1, evaluate=function() end}",
         "no 'eval'"},
        {"return rule{name='x', phase='check', match={template={'a'}}, "
         "evaluate=function() end}",
         "no 'template'"},
        {"return rule{name='x', phase='check', match={ops={'steal'}}, "
         "evaluate=function() end}",
         "there is no 'steal'"},
        {"return rule{name='x', phase='check', match={kinds={}}, evaluate=function() "
         "end}",
         "never match"},
        {"\n\nx = 1", "x"},
        {"while true do end", "instructions"},
        {"local r = rule{} return rule{}", "one rule"},
        {"os.exit(0)", "no 'os'"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        rules_write(b->directory, "30-x.lua", cases[i].text);
        assert_fails(rules_port_reload(b->port, &err), &err, ERROR_INVALID, "30-x.lua");
        if (strstr(err.message, cases[i].words) == NULL) {
            print_error("%s: %s\n", cases[i].text, err.message);
            fail();
        }
        assert_null(rules_port_get(b->port));
    }
}

static void two_rules_of_one_name_are_refused(void **state)
{
    struct bench *b = *state;
    struct error err = {0};

    rules_write(b->directory, "10-a.lua", CHECK(""));
    rules_write(b->directory, "20-b.lua", CHECK(""));
    assert_fails(rules_port_reload(b->port, &err), &err, ERROR_INVALID, "10-a.lua");
}

static void a_file_that_others_can_write_is_refused(void **state)
{
    struct bench *b = *state;
    struct error err = {0};
    AUTO(string) path = mem_printf("%s/10-r.lua", b->directory);

    rules_write(b->directory, "10-r.lua", CHECK(""));
    assert_int_equal(chmod(path, 0666), 0);
    assert_fails(rules_port_reload(b->port, &err), &err, ERROR_DENIED, "10-r.lua");
    assert_int_equal(chmod(path, 0644), 0);
    assert_ok(rules_port_reload(b->port, &err), &err);
}

static void the_id_follows_names_and_content_and_nothing_else(void **state)
{
    struct bench *b = *state;
    unsigned char first[WIRE_SHA256];
    struct error err = {0};

    rules_unref(load(b, CHECK(" ")));
    memcpy(first, b->f.facts.bundle_id, sizeof(first));
    rules_unref(load(b, CHECK("\n"))); /* as long, and not the same */
    assert_memory_not_equal(first, b->f.facts.bundle_id, sizeof(first));
    rules_unref(load(b, CHECK(" ")));
    assert_memory_equal(first, b->f.facts.bundle_id, sizeof(first));
    rules_write(b->directory, "notes.txt", "not a rule");
    assert_ok(rules_port_reload(b->port, &err), &err);
    AUTO(rules) rules = rules_port_get(b->port);
    assert_memory_equal(first, rules_loaded(rules)->bundle_id, sizeof(first));
}

static void needs_are_those_of_the_rules_that_match(void **state)
{
    struct bench *b = *state;
    struct rules_needs needs = {.count = 0};

    rules_write(b->directory, "20-users.lua",
                "return rule{name='u', phase='shape', match={kinds={'user'}}, "
                "needs={attrs={'mail','Department'}}, evaluate=function() end}");
    AUTO(rules) rules = load(b, CHECK(""));

    rules_need(rules, "Any", WIRE_OP_ENROLL, WIRE_ACCOUNT_MACHINE, &needs);
    assert_int_equal(needs.count, 1);
    assert_true(needs.history);
    rules_need(rules, "Any", WIRE_OP_ENROLL, WIRE_ACCOUNT_USER, &needs);
    assert_int_equal(needs.count, 2);
    assert_string_equal(rules_loaded(rules)->rules[0].name, "u"); /* shape comes first */
}

static void facts_for_other_rules_are_refused(void **state)
{
    struct bench *b = *state;
    struct error err = {0};
    AUTO(rules) rules = load(b, CHECK("d:permit('x')"));
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    b->f.facts.bundle_id[0] ^= 1;
    assert_fails(rules_decide(rules, &b->f.facts, &answer, &err), &err, ERROR_INVALID,
                 "other rules");
}

static void facts_out_of_bounds_are_the_callers_fault_and_kill_nobody(void **state)
{
    struct bench *b = *state;
    struct error err = {0};
    AUTO(rules) rules = load(b, CHECK("d:permit('x')"));
    AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

    b->f.facts.request_id = "";
    assert_fails(rules_decide(rules, &b->f.facts, &answer, &err), &err, ERROR_INVALID,
                 "request_id");
    b->f.facts.request_id = "R-1";
    decide(b, rules, &answer);
    assert_int_equal(answer.verdict.decision, WIRE_DECISION_PERMIT);
}

static void a_program_that_is_no_worker_is_unavailable(void **state)
{
    struct bench *b = *state;
    struct rules_options options = options_for(b->directory);
    struct error err = {0};

    options.program = "/bin/true";
    AUTO(rules_port) port = rules_port_new(&options);
    assert_fails(rules_port_reload(port, &err), &err, ERROR_UNAVAILABLE, "code 0");
    options.program = "/nonexistent/policyd-rules";
    AUTO(rules_port) none = rules_port_new(&options);
    assert_fails(rules_port_reload(none, &err), &err, ERROR_UNAVAILABLE, "nonexistent");
}

static void workers_are_replaced_after_their_number_of_decisions(void **state)
{
    struct bench *b = *state;
    struct rules_options options = options_for(b->directory);
    struct error err = {0};

    options.recycle = 2;
    rules_write(b->directory, "10-r.lua", CHECK("d:permit('x')"));
    AUTO(rules_port) port = rules_port_new(&options);
    assert_ok(rules_port_reload(port, &err), &err);
    AUTO(rules) rules = rules_port_get(port);
    memcpy(b->f.facts.bundle_id, rules_loaded(rules)->bundle_id, WIRE_SHA256);
    for (int i = 0; i < 7; i++) {
        AUTO(rules_answer) answer = {.octets = BUF_EMPTY};

        decide(b, rules, &answer);
        assert_int_equal(answer.verdict.decision, WIRE_DECISION_PERMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_permit_comes_back_with_its_trace, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_answer_has_the_facts_as_the_worker_judged_them,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_rules_permit_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_pattern_bomb_fails_closed_and_the_next_one_works, set_up_watched,
            tear_down),
        cmocka_unit_test_setup_teardown(a_runaway_fails_closed_and_the_next_one_works,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_error_leaves_nothing_behind_for_the_next_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_name_a_group_or_mean_the_sites_approvers,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_were_removed_are_not_in_the_worker,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_served_while_a_bomb_runs,
                                        set_up_watched, tear_down),
        cmocka_unit_test_setup_teardown(
            three_killed_workers_quarantine_account_and_template, set_up_watched,
            tear_down),
        cmocka_unit_test_setup_teardown(a_syntax_error_keeps_the_rules_in_force, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            files_that_are_no_rules_are_refused_by_name_and_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_rules_of_one_name_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_others_can_write_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_id_follows_names_and_content_and_nothing_else,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(needs_are_those_of_the_rules_that_match, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(facts_for_other_rules_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            facts_out_of_bounds_are_the_callers_fault_and_kill_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_is_no_worker_is_unavailable,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            workers_are_replaced_after_their_number_of_decisions, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
