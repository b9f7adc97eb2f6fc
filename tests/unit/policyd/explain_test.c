/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/digest.h"

#include "policyd/explain.h"
#include "policyd/rules/cases.h"
#include "policyd/rules/fileset.h"
#include "policyd/rules/sample.h"
#include "tests/support/test.h"

enum { NUMBER = 17 };
static char id[LEDGER_REQUEST_ID_SIZE];

/* A decision with what belongs to it; all of it can be changed before explain reads it. */
struct record {
    struct ledger_decision decision;
    struct wire_step steps[8];
    struct wire_trail trail;
    struct wire_trace trace;
    struct wire_verdict verdict;
    struct name_store store;
    struct sample sample;
    struct buf verdict_octets, trail_octets, facts_octets;
};

static struct record *record_new(void)
{
    struct record *r = mem_new(sizeof(*r));

    ledger_request_id(NUMBER, id);
    sample_init(&r->sample, WIRE_ACCOUNT_MACHINE, &r->store);
    sample_finish(&r->sample, &(struct wire_bundle_loaded){.rule_count = 0});
    r->sample.facts.request_id = id;
    r->steps[0] = (struct wire_step){"access", WIRE_STEP_FAIL, REASON_NO_ENROLL,
                                     "autoenrollAllow names nobody of it"};
    r->trail = (struct wire_trail){.request_id = id,
                                   .reason = REASON_NO_ENROLL,
                                   .detail = "",
                                   .sentence = "",
                                   .steps = r->steps,
                                   .step_count = 1};
    r->trace = (struct wire_trace){.file = "10-r.lua",
                                   .rule = "r",
                                   .matched = true,
                                   .decision = WIRE_DECISION_PERMIT,
                                   .detail = ""};
    r->verdict = (struct wire_verdict){.request_id = id,
                                       .decision = WIRE_DECISION_PERMIT,
                                       .rule = "r",
                                       .code = "r.ok",
                                       .detail = "",
                                       .sentence = "",
                                       .trace = &r->trace,
                                       .trace_count = 1};
    r->decision = (struct ledger_decision){.request = NUMBER,
                                           .verdict = LEDGER_VERDICT_DENY,
                                           .reason = "NO_ENROLL",
                                           .account = "0-1-2",
                                           .template = {.name = "Machine"},
                                           .engine = "autoenroll 0.0.1"};
    return r;
}

static void record_free(struct record *r)
{
    buf_clear(&r->verdict_octets);
    buf_clear(&r->trail_octets);
    buf_clear(&r->facts_octets);
    name_store_clear(&r->store);
    free(r);
}
CLEANUP_DEFINE(record, struct record *, record_free);

static void write_facts(struct record *r)
{
    struct error err = {0};

    assert_ok(wire_facts_encode(&r->sample.facts, &r->facts_octets, &err), &err);
    r->decision.facts = buf_bytes(&r->facts_octets);
    digest_sha256(r->facts_octets.data, r->facts_octets.len,
                  r->decision.facts_hash.octets);
}

static void write_verdict(struct record *r)
{
    struct error err = {0};

    assert_ok(wire_verdict_encode(&r->verdict, &r->verdict_octets, &err), &err);
    r->trail.verdict = buf_bytes(&r->verdict_octets);
}

static void read_record(struct record *r, struct explain *out)
{
    struct error err = {0};

    assert_ok(wire_trail_encode(&r->trail, &r->trail_octets, &err), &err);
    r->decision.trace = buf_bytes(&r->trail_octets);
    explain_read(&r->decision, out);
}

static const struct explain_step *step_of(const struct explain *x, const char *name)
{
    for (size_t i = 0; i < x->step_count; i++) {
        if (strcmp(x->steps[i].step, name) == 0) {
            return &x->steps[i];
        }
    }
    fail_msg("there is no step '%s'", name);
    return NULL;
}

static void explain_shows_what_failed_and_what_was_not_reached(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    (void)state;

    read_record(r, &x);

    assert_int_equal(step_of(&x, "access")->result, WIRE_STEP_FAIL);
    assert_string_equal(step_of(&x, "access")->reason, "NO_ENROLL");
    assert_string_equal(step_of(&x, "access")->sentence,
                        "autoenrollAllow names nobody of it");
    assert_int_equal(step_of(&x, "rules")->result, WIRE_STEP_SKIP);
    assert_int_equal(step_of(&x, "issue")->result, WIRE_STEP_SKIP);
    assert_int_equal(x.problem_count, 0);
    assert_int_equal(x.change_count, 2);
    assert_non_null(strstr(x.changes[0].sentence, "Machine"));
}

static void explain_ends_an_issued_request_with_its_serial(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    (void)state;

    r->steps[0] = (struct wire_step){"access", WIRE_STEP_PASS, REASON_NONE, "may"};
    r->trail.reason = REASON_NONE;
    r->decision.verdict = LEDGER_VERDICT_ISSUE;
    r->decision.reason = "";
    r->decision.serial.octets[0] = 0x40;
    read_record(r, &x);

    assert_int_equal(step_of(&x, "issue")->result, WIRE_STEP_PASS);
    assert_string_equal(step_of(&x, "issue")->sentence,
                        "certificate 40000000000000000000000000000000");
    assert_string_equal(explain_shown(&x).code, "");
    assert_int_equal(x.change_count, 0);
}

/* What was decided to be issued, and was not: the row knows, an old trail does not. */
static void explain_does_not_say_issued_when_it_failed_at_last(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    (void)state;

    r->steps[0] = (struct wire_step){"access", WIRE_STEP_PASS, REASON_NONE, "may"};
    r->trail.reason = REASON_NONE;
    r->decision.reason = "RATE";
    read_record(r, &x);

    assert_int_equal(step_of(&x, "issue")->result, WIRE_STEP_FAIL);
    assert_string_equal(step_of(&x, "issue")->reason, "RATE");
    assert_string_equal(explain_shown(&x).code, "RATE");
}

static void explain_shows_the_client_no_more_than_it_was_shown(void **state)
{
    static const struct {
        const char *reason;
        enum reason trail;
        const char *sentence; /* of the rule */
        const char *code, *shown;
    } cases[] = {
        {"CERT", REASON_CERT, "", "AUTH_NONE", "Authentication is required."},
        {"CERT", REASON_CERT, "words", "AUTH_NONE", "Authentication is required."},
        {"RULE_DENIED", REASON_RULE_DENIED, "Ask the desk.", "RULE_DENIED",
         "Ask the desk."},
        {"RULE_DENIED", REASON_RULE_DENIED, "", "RULE_DENIED",
         "An issuance rule denies the request."},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(record) r = record_new();
        AUTO(explain) x = {0};

        r->decision.reason = cases[i].reason;
        r->trail.reason = cases[i].trail;
        r->trail.sentence = cases[i].sentence;
        read_record(r, &x);
        assert_string_equal(explain_shown(&x).code, cases[i].code);
        assert_string_equal(explain_shown(&x).sentence, cases[i].shown);
    }
}

/* ---- what cannot be read ------------------------------------------------------------- */

static void explain_says_which_steps_it_cannot_read(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) whole = {0};
    (void)state;

    read_record(r, &whole);
    size_t len = r->decision.trace.len;
    for (r->decision.trace.len = 0; r->decision.trace.len < len;
         r->decision.trace.len++) {
        AUTO(explain) x = {0};

        explain_read(&r->decision, &x);
        assert_false(x.has_trail);
        assert_int_equal(x.step_count, 0);
        assert_int_equal(x.problem_count, 1);
        assert_string_equal(explain_shown(&x).code, "NO_ENROLL"); /* the row knows */
        assert_int_equal(x.change_count, 2);
    }
}

static void explain_does_not_believe_a_trail_that_contradicts_its_row(void **state)
{
    static const struct {
        const char *id;
        enum reason reason;
        const char *words;
    } cases[] = {
        {"R-00000AA", REASON_NO_ENROLL, "another request"},
        {NULL, REASON_RULE_DENIED, "another reason"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(record) r = record_new();
        AUTO(explain) x = {0};

        r->trail.reason = cases[i].reason;
        if (cases[i].id != NULL) {
            r->trail.request_id = cases[i].id;
        }
        read_record(r, &x);
        assert_false(x.has_trail);
        assert_int_equal(x.step_count, 0);
        assert_non_null(strstr(x.problems[0], cases[i].words));
        assert_non_null(strstr(x.problems[0], "autoenroll 0.0.1"));
    }
}

static void explain_does_not_believe_facts_of_another_digest(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) good = {0};
    AUTO(explain) bad = {0};
    (void)state;

    write_facts(r);
    read_record(r, &good);
    assert_true(good.has_facts);
    assert_string_equal(good.facts.requester.ref.principal,
                        r->sample.facts.requester.ref.principal);

    r->decision.facts_hash.octets[0] ^= 1;
    explain_read(&r->decision, &bad);
    assert_false(bad.has_facts);
    assert_non_null(strstr(bad.problems[0], "digest"));
}

static void explain_says_when_facts_are_of_another_version(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    (void)state;

    write_facts(r);
    r->decision.facts.len -= 1;
    digest_sha256(r->decision.facts.data, r->decision.facts.len,
                  r->decision.facts_hash.octets);
    read_record(r, &x);

    assert_false(x.has_facts);
    assert_true(x.has_trail);
    assert_non_null(strstr(x.problems[0], "cannot be read"));
}

static void explain_shows_what_the_rules_said_or_that_it_cannot(void **state)
{
    AUTO(record) r = record_new();
    AUTO(record) cut = record_new();
    AUTO(explain) good = {0};
    AUTO(explain) bad = {0};
    (void)state;

    write_verdict(r);
    read_record(r, &good);
    assert_true(good.has_verdict);
    assert_string_equal(good.verdict.rule, "r");

    write_verdict(cut);
    cut->trail.verdict.len /= 2;
    read_record(cut, &bad);
    assert_false(bad.has_verdict);
    assert_true(bad.has_trail);
    assert_non_null(strstr(bad.problems[0], "what the rules said"));
}

/* ---- advice -------------------------------------------------------------------------- */

/* Who is not let in at all, and what only the admin socket says, has no request. */
static bool needs_no_advice(enum reason reason)
{
    const struct reason_info *info = reason_get(reason);

    return (info->status == 401 && reason != REASON_CERT) || info->status == 405 ||
           info->status == 409 || info->status == 413 || info->status == 415 ||
           reason == REASON_NOT_OPERATOR || reason == REASON_NOT_APPROVER ||
           reason == REASON_NO_PATH || reason == REASON_NO_ITEM ||
           reason == REASON_INTERNAL || reason == REASON_KERBEROS;
}

static void explain_has_advice_for_every_reason_of_the_road(void **state)
{
    (void)state;

    for (unsigned int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        AUTO(record) r = record_new();
        AUTO(explain) x = {0};

        r->decision.reason = reason_get((enum reason)i)->code;
        r->trail.reason = (enum reason)i;
        read_record(r, &x);
        if ((x.change_count == 0) != needs_no_advice((enum reason)i)) {
            fail_msg("%s: %zu changes", r->decision.reason, x.change_count);
        }
        for (size_t n = 0; n < x.change_count; n++) {
            assert_null(strchr(x.changes[n].sentence, '{'));
        }
    }
}

static void explain_makes_no_command_of_a_name_that_a_shell_would_act_on(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    (void)state;

    r->decision.template.name = "a'; rm -rf /; '";
    read_record(r, &x);
    assert_int_equal(x.change_count, 2);
    assert_null(x.changes[0].run);
}

/* ---- cases --------------------------------------------------------------------------- */

static void begins(void *ctx, const char *file, const char *name)
{
    (void)ctx;
    (void)file;
    (void)name;
}

static void ended(void *ctx, const struct cases_result *result)
{
    size_t *passed = ctx;

    if (!result->passed) {
        fail_msg("%s: %s", result->name, result->why);
    }
    *passed += 1;
}

/* Every fact that the rule looks at must be that of the request, or it denies. */
static void run_case(const char *text)
{
    static const char rule_text[] =
        "return rule{name='r', needs={attrs={'o'}, history=true}, phase='shape',"
        " evaluate=function(req, d)"
        " if req.principal.cn == 'a\"b\\\\c\\u{202e}\\u{e9}' and "
        "req.csr.key.bits == 521 and"
        " req.op == 'renew' and req.principal.attrs.o[1] == 'o\\1\\u{9b}' and"
        " req.principal.groups:has('CN=Web Servers,DC=corp,DC=example')"
        " and req.csr.sans[1].value == 'x.corp.example' and req.time.unix == 86400"
        " then d:permit('r.ok') end end}";
    struct wire_bundle_file rule = {.name = "10-r.lua",
                                    .content = bytes_of_text(rule_text)};
    struct wire_bundle_file tests = {.name = "t.lua", .content = bytes_of_text(text)};
    struct wire_bundle_load load = {
        .files = &rule, .file_count = 1, .budget = fileset_budget()};
    struct bundle *bundle = mem_new(sizeof(*bundle));
    AUTO(bundle_problems) problems = {.count = 0};
    bool reached[WIRE_RULES_MAX] = {false};
    size_t passed = 0;
    const struct cases_port port = {.ctx = &passed, .begins = begins, .ended = ended};
    struct error err = {0};

    assert_ok(bundle_init(bundle, &load, &problems, &err), &err);
    cases_run(bundle, &tests, &port, reached);
    bundle_clear(bundle);
    free(bundle);
    assert_int_equal(passed, 1);
}

static void explain_makes_a_case_that_a_rules_test_takes(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    AUTO(buf) text = BUF_EMPTY;
    struct bytes value = {(const unsigned char *)"o\001\xc2\x9b", 4};
    struct wire_attribute attribute = {.name = "o", .values = &value, .value_count = 1};
    struct wire_group group = {"", "", "CN=Web Servers,DC=corp,DC=example"};
    struct general_name san = {GENERAL_DNS, "", bytes_of_text("x.corp.example")};
    (void)state;

    r->sample.facts.op = WIRE_OP_RENEW;
    r->sample.facts.time_utc = 86400;
    r->sample.facts.csr.key.bits = 521;
    r->sample.facts.csr.sans = &san;
    r->sample.facts.csr.san_count = 1;
    r->sample.facts.requester.cn = "a\"b\\c\xe2\x80\xae\xc3\xa9";
    r->sample.facts.requester.groups = &group;
    r->sample.facts.requester.group_count = 1;
    r->sample.facts.requester.attributes = &attribute;
    r->sample.facts.requester.attribute_count = 1;
    write_facts(r);
    write_verdict(r);
    read_record(r, &x);

    buf_append_text(&text, "return {\n");
    assert_true(explain_append_case(&x, &text));
    buf_append_text(&text, "}\n");
    assert_non_null(strstr(buf_text(&text), "\"a\\034b\\092c\\226\\128\\174\xc3\xa9\""));
    assert_non_null(strstr(buf_text(&text), "\"o\\001\\194\\155\""));
    run_case(buf_text(&text));
}

static void explain_makes_no_case_where_no_rule_was_asked(void **state)
{
    AUTO(record) r = record_new();
    AUTO(explain) x = {0};
    AUTO(buf) text = BUF_EMPTY;
    (void)state;

    write_facts(r);
    read_record(r, &x);
    assert_false(explain_append_case(&x, &text));
    assert_int_equal(text.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain_shows_what_failed_and_what_was_not_reached),
        cmocka_unit_test(explain_ends_an_issued_request_with_its_serial),
        cmocka_unit_test(explain_does_not_say_issued_when_it_failed_at_last),
        cmocka_unit_test(explain_shows_the_client_no_more_than_it_was_shown),
        cmocka_unit_test(explain_says_which_steps_it_cannot_read),
        cmocka_unit_test(explain_does_not_believe_a_trail_that_contradicts_its_row),
        cmocka_unit_test(explain_does_not_believe_facts_of_another_digest),
        cmocka_unit_test(explain_says_when_facts_are_of_another_version),
        cmocka_unit_test(explain_shows_what_the_rules_said_or_that_it_cannot),
        cmocka_unit_test(explain_has_advice_for_every_reason_of_the_road),
        cmocka_unit_test(explain_makes_no_command_of_a_name_that_a_shell_would_act_on),
        cmocka_unit_test(explain_makes_a_case_that_a_rules_test_takes),
        cmocka_unit_test(explain_makes_no_case_where_no_rule_was_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
