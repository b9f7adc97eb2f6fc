/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test cases of a site, run in this process. What the program makes of them is in
 * tests/integration/rules_are_checked_and_tested.sh.
 */
#include <ctype.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/rules/cases.h"
#include "policyd/rules/fileset.h"
#include "policyd/rules/sample.h"
#include "tests/support/test.h"

enum { DOCUMENT_MAX = 1 << 20 };

struct outcome {
    size_t passed, failed;
    char why[1024]; /* of the last that did not pass */
    char name[300];
    bool reached[WIRE_RULES_MAX];
};

static void begins(void *ctx, const char *file, const char *name)
{
    (void)ctx;
    (void)file;
    (void)name;
}

static void ended(void *ctx, const struct cases_result *result)
{
    struct outcome *out = ctx;

    *(result->passed ? &out->passed : &out->failed) += 1;
    if (!result->passed) {
        (void)snprintf(out->why, sizeof(out->why), "%s", result->why);
        (void)snprintf(out->name, sizeof(out->name), "%s", result->name);
    }
}

/* One rule whose body judges, and one test file. */
static struct outcome run(const char *body, const char *cases)
{
    AUTO(string)
    text = mem_printf("return rule{name='r', phase='shape', "
                      "needs={attrs={'mail','o'}, history=true}, "
                      "evaluate=function(req, d) %s end}",
                      body);
    struct wire_bundle_file rule = {.name = "10-r.lua", .content = bytes_of_text(text)};
    struct wire_bundle_file tests = {.name = "t.lua", .content = bytes_of_text(cases)};
    struct wire_bundle_load load = {
        .files = &rule, .file_count = 1, .budget = fileset_budget()};
    struct bundle *bundle = mem_new(sizeof(*bundle));
    AUTO(bundle_problems) problems = {.count = 0};
    struct outcome out = {.passed = 0};
    const struct cases_port port = {.ctx = &out, .begins = begins, .ended = ended};
    struct error err = {0};

    assert_ok(bundle_init(bundle, &load, &problems, &err), &err);
    assert_non_null(bundle->image);
    cases_run(bundle, &tests, &port, out.reached);
    bundle_clear(bundle);
    free(bundle);
    return out;
}

static const struct {
    const char *set, *seen;
} settable[] = {
    {"auth='certificate'", "req.auth == 'certificate'"},
    {"op='renew'", "req.op == 'renew'"},
    {"stage='approved'", "req.stage == 'approved'"},
    {"peer_ip='10.0.0.7'", "req.peer_ip == '10.0.0.7'"},
    {"time=1790000000", "req.time.unix == 1790000000 and "
                        "req.proposed.not_before == 1790000000"},
    {"['time.offset']=3600", "req.time.site.hour == (req.time.hour + 1) % 24"},
    {"['csr.key.alg']='rsa'", "req.csr.key.alg == 'rsa'"},
    {"['csr.key.bits']=1024", "req.csr.key.bits == 1024"},
    {"['csr.key.curve']='P-384'", "req.csr.key.curve == 'P-384'"},
    {"['csr.key.weak']={'roca'}", "req.csr.key.weak[1] == 'roca'"},
    {"['csr.sans']={'dns:a.b','ip:10.0.0.1'}",
     "req.csr.sans[1].value == 'a.b' and req.csr.sans[2].value == '10.0.0.1'"},
    {"['csr.subject']={'CN=x','O=y=z'}",
     "req.csr.subject[1].value == 'x' and req.csr.subject[2].value == 'y=z'"},
    {"['history.issued_24h']=5", "req.history.issued_24h == 5"},
    {"['history.issued_7d']=6", "req.history.issued_7d == 6"},
    {"['history.same_key']='revoked'", "req.history.same_key == 'revoked'"},
    {"['principal.attrs.mail']={'a@b','c@d'}",
     "req.principal.attrs.mail[2] == 'c@d' and #req.principal.attrs.o == 0"},
    {"['principal.cn']='x'", "req.principal.cn == 'x'"},
    {"['principal.dn']='cn=x,dc=y'", "req.principal.dn == 'cn=x,dc=y'"},
    {"['principal.dns_host_name']='h.b'",
     "req.principal.dns_host_name == 'h.b' and req.proposed.sans[1].value == 'h.b'"},
    {"['principal.enabled']=false", "not req.principal.enabled"},
    {"['principal.groups']={'cn=a,dc=b','S-1-5-9'}",
     "req.principal.groups:has('CN=a,DC=b') and req.principal.groups:has('S-1-5-9') "
     "and not req.principal.groups:has('cn=c,dc=b')"},
    {"['principal.groups.complete']=false", "not req.principal.groups.complete"},
    {"['principal.id']='i'", "req.principal.id == 'i'"},
    {"['principal.mails']={'m@b'}", "req.principal.mails[1] == 'm@b'"},
    {"['principal.principal']='p@B'", "req.principal.principal == 'p@B'"},
    {"['principal.sam']='s'", "req.principal.sam == 's'"},
    {"['principal.sid']='S-1-5-7'", "req.principal.sid == 'S-1-5-7'"},
    {"['principal.spns']={'HTTP/x'}", "req.principal.spns[1] == 'HTTP/x'"},
    {"['principal.upn']='u@b'", "req.principal.upn == 'u@b'"},
    {"['proposed.sans']={'dns:p.b'}", "req.proposed.sans[1].value == 'p.b' and "
                                      "req.proposed.sans[1].proof == 'approval'"},
    {"['proposed.subject']={'CN=p'}", "req.proposed.subject[1].value == 'p'"},
    {"['proposed.validity']=60", "req.proposed.validity == 60"},
    {"['template.envelope.csr_names']=true", "req.template.envelope.csr_names"},
    {"['template.envelope.eku']={'1.2.3'}", "req.template.envelope.eku[1] == '1.2.3'"},
    {"['template.envelope.extensions']={'1.2.4'}",
     "req.template.envelope.extensions[1] == '1.2.4'"},
    {"['template.envelope.name_suffixes']={'.b'}",
     "req.template.envelope.name_suffixes[1] == '.b'"},
    {"['template.envelope.san_types']={'uri'}",
     "req.template.envelope.san_types.uri and not "
     "req.template.envelope.san_types.dns"},
    {"['template.envelope.validity_max']=99", "req.template.envelope.validity_max == 99"},
    {"['template.eku']={'1.2.5'}", "req.template.eku[1] == '1.2.5'"},
    {"['template.name']='T'", "req.template.name == 'T'"},
    {"['template.oid']='1.2.6'", "req.template.oid == '1.2.6'"},
};

/* Each path is seen by rules as what it says. */
static void what_a_case_sets_is_what_rules_read(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(settable); i++) {
        AUTO(string)
        body = mem_printf("if %s then d:permit('seen') end", settable[i].seen);
        AUTO(string)
        text = mem_printf("return {{name='usual', expect={verdict='permit'}}, "
                          "{name='set', set={%s}, expect={verdict='permit'}}}",
                          settable[i].set);
        struct outcome out = run(body, text);

        /* the usual request is not permitted: it says something else */
        if (out.passed != 1 || strcmp(out.name, "usual") != 0) {
            fail_msg("%s: %s: %s", settable[i].set, out.name, out.why);
        }
    }
}

static void what_is_not_known_is_an_error_in_a_case_too(void **state)
{
    struct outcome out =
        run("if req.history.issued_24h == 0 then d:permit('x') end",
            "return {{name='unknown', set={['history.known']=false}, "
            "expect={verdict='error'}}, {name='known', expect={verdict='permit'}}}");
    (void)state;

    assert_int_equal(out.passed, 2);
}

static void a_case_fails_for_what_differs_and_passes_for_what_does_not(void **state)
{
    static const struct {
        const char *expect, *why; /* NULL: it passes */
    } cases[] = {
        {"verdict='deny'", NULL},
        {"verdict='deny', code='c', rule='r', sentence='s'", NULL},
        {"verdict='deny', proposed={validity=60, sans={'dns:host1.example.com'}, "
         "subject={'CN=host1.example.com'}}",
         NULL},
        {"verdict='permit'", "expected permit, got deny c of rule 'r': d"},
        {"verdict='deny', code='x'", "expected code 'x', got 'c'"},
        {"verdict='deny', rule='x'", "expected rule 'x', got 'r'"},
        {"verdict='deny', sentence='x'", "expected sentence 'x', got 's'"},
        {"verdict='deny', proposed={validity=61}", "expected a validity of 61 s, got 60"},
        {"verdict='deny', proposed={sans={}}",
         "expected the alternative names '', got 'dns:host1.example.com'"},
        {"verdict='deny', proposed={subject={'CN=x'}}", "got 'CN=host1.example.com'"},
        {"verdict='refuse'", "not \"refuse\""},
        {"verdict='deny', coed='x'", "expect has no 'coed'"},
        {"code='c'", "expect.verdict must be text"},
        {"verdict='deny', proposed={san={}}", "expect.proposed has no 'san'"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string)
        text = mem_printf("return {{name='one', expect={%s}}}", cases[i].expect);
        struct outcome out = run("d:cap_validity(60) d:deny('c', 'd', 's')", text);

        if ((cases[i].why == NULL) != (out.passed == 1) ||
            strstr(out.why, cases[i].why == NULL ? "" : cases[i].why) == NULL) {
            fail_msg("%s: %s", cases[i].expect, out.why);
        }
        assert_true(out.passed == 0 || out.reached[0]);
    }
}

static void a_rule_that_compiles_to_very_much_is_judged_all_the_same(void **state)
{
    AUTO(buf) body = BUF_EMPTY;

    (void)state;
    buf_append_text(&body, "local t = {");
    while (body.len < 16000) {
        buf_append_text(&body, "function()end,");
    }
    buf_append_text(&body, "} d:permit('x')");
    struct outcome out =
        run(buf_text(&body), "return {{name='one', expect={verdict='permit'}}, "
                             "{name='again', expect={verdict='permit'}}}");
    assert_int_equal(out.passed, 2);
}

static void files_that_are_no_lists_of_cases_fail(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "does not return a list"},
        {"return 1", "does not return a list"},
        {"return {1}", "table expected"},
        {"return {{}}", "has a name"},
        {"return {{name='a\\7b'}}", "has a name"},
        {"return {{name='x'}}", "table expected"},
        {"return {{name='x', nmae=1}}", "a case has no 'nmae'"},
        {"return {{name='x', kind='both', expect={verdict='deny'}}}", "\"machine\" or"},
        {"return {{name='x', set={op='steal'}, expect={verdict='deny'}}}",
         "op: there is no 'steal'"},
        {"return {{name='x', set={1}, expect={verdict='deny'}}}", "set is written"},
        {"return {{name='x', set={['csr.sans']={'a.b'}}, expect={verdict='deny'}}}",
         "write \"dns:www.example.com\", not 'a.b'"},
        {"return {{name='x', set={['csr.sans']={'ip:x'}}, expect={verdict='deny'}}}",
         "'x' is no IP address"},
        {"return {{name='x', set={['csr.key.bits']='1'}, expect={verdict='deny'}}}",
         "must be a number"},
        {"return {{name='x', set={['csr.key.bits']=-1}, expect={verdict='deny'}}}",
         "csr.key.bits is 0 to"},
        {"return {{name='x', set={['principal.attrs.']={}}, expect={verdict='deny'}}}",
         "a case cannot set 'principal.attrs.'"},
        {"while true do end", "instructions"},
        {"os.exit(0)", "no 'os'"},
        {"return {", "unexpected symbol"},
        {"\033Lua", "binary chunks are refused"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outcome out = run("d:deny('c')", cases[i].text);

        if (out.failed != 1 || strstr(out.why, cases[i].why) == NULL) {
            fail_msg("%s: %s", cases[i].text, out.why);
        }
    }
}

/* ---- the manual ------------------------------------------------------------------------ */

static bool has_word(const char *text, const char *word)
{
    const size_t len = strlen(word);

    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        const bool begins_here = at == text || (isalnum((unsigned char)at[-1]) == 0 &&
                                                at[-1] != '_' && at[-1] != '.');
        if (begins_here && isalnum((unsigned char)at[len]) == 0 && at[len] != '_') {
            return true;
        }
    }
    return false;
}

/* Each line of names, or what follows its last dot, is a word of the manual. */
static void expect_words(const char *manual, const char *names, bool last_part)
{
    AUTO(string) copy = mem_strdup(names);
    char *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *dot = strrchr(line, '.');

        if (!has_word(manual, line) &&
            (!last_part || dot == NULL || !has_word(manual, dot + 1))) {
            fail_msg("docs/reference/rules.md says nothing of %s", line);
        }
    }
}

static void the_manual_has_every_name(void **state)
{
    const struct wire_budget budget = fileset_budget();
    AUTO(env) env = {0};
    AUTO(buf) manual = BUF_EMPTY;
    AUTO(buf) names = BUF_EMPTY;
    AUTO(buf) paths = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(file_read(RULES_MANUAL, DOCUMENT_MAX, 0, &manual, &err), &err);
    assert_ok(env_init(&env, &budget, &err), &err);
    env_names(&env, &names);
    sample_paths(&paths);
    assert_true(names.len > 0 && paths.len > 0);
    expect_words(buf_text(&manual), buf_text(&names), true);
    expect_words(buf_text(&manual), buf_text(&paths), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_case_sets_is_what_rules_read),
        cmocka_unit_test(what_is_not_known_is_an_error_in_a_case_too),
        cmocka_unit_test(a_case_fails_for_what_differs_and_passes_for_what_does_not),
        cmocka_unit_test(a_rule_that_compiles_to_very_much_is_judged_all_the_same),
        cmocka_unit_test(files_that_are_no_lists_of_cases_fail),
        cmocka_unit_test(the_manual_has_every_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
