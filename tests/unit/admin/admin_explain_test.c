/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/trail.h"
#include "common/wire/verdict.h"

#include "policyd/rules/sample.h"
#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"

static char *id_of(int64_t number)
{
    char *id = mem_new(LEDGER_REQUEST_ID_SIZE);

    ledger_request_id(number, id);
    return id;
}

static void refuse(struct admin_fixture *f, unsigned int n, struct bytes facts,
                   struct bytes trace)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct error err = {0};

    digest_sha256(facts.data, facts.len, decision.facts_hash.octets);
    decision.facts = facts;
    decision.trace = trace;
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, &decision}};
    assert_ok(ledger_execute(f->store->ledger, &op, &err), &err);
    ledger_op_clear(&op);
}

/* A machine with a group, and an attribute whose value is no text. */
static void encode_facts(const char *id, struct buf *out)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct sample *s = mem_new(sizeof(*s));
    struct bytes octets = {(const unsigned char *)"\xFF\x00", 2};
    struct wire_attribute attribute = {
        .name = "jpegPhoto", .values = &octets, .value_count = 1};
    struct wire_group group = {"", "", "CN=Web,DC=example"};
    struct error err = {0};

    sample_init(s, WIRE_ACCOUNT_MACHINE, &store);
    sample_finish(s, &(struct wire_bundle_loaded){.rule_count = 0});
    s->facts.request_id = id;
    s->facts.requester.groups = &group;
    s->facts.requester.group_count = 1;
    s->facts.requester.attributes = &attribute;
    s->facts.requester.attribute_count = 1;
    assert_ok(wire_facts_encode(&s->facts, out, &err), &err);
    free(s);
}

static void encode_verdict(const char *id, struct buf *out)
{
    struct wire_trace trace = {.file = "10-r.lua",
                               .rule = "site.names",
                               .matched = true,
                               .decision = WIRE_DECISION_DENY,
                               .detail = "no such\nhost"};
    const struct wire_verdict said = {.request_id = id,
                                      .decision = WIRE_DECISION_DENY,
                                      .rule = "site.names",
                                      .code = "names.zone",
                                      .trace = &trace,
                                      .trace_count = 1};
    struct error err = {0};

    assert_ok(wire_verdict_encode(&said, out, &err), &err);
}

/* A request that a rule refuses. */
static void refuse_well(struct admin_fixture *f, unsigned int n)
{
    AUTO(string) id = id_of(n);
    AUTO(buf) facts = BUF_EMPTY;
    AUTO(buf) verdict = BUF_EMPTY;
    AUTO(buf) octets = BUF_EMPTY;
    struct wire_step step = {"rules", WIRE_STEP_FAIL, REASON_RULE_DENIED, "it says no"};
    struct wire_trail trail = {.request_id = id,
                               .reason = REASON_RULE_DENIED,
                               .detail = "d",
                               .sentence = "Ask the desk.",
                               .steps = &step,
                               .step_count = 1};
    struct error err = {0};

    encode_facts(id, &facts);
    encode_verdict(id, &verdict);
    trail.verdict = buf_bytes(&verdict);
    assert_ok(wire_trail_encode(&trail, &octets, &err), &err);
    refuse(f, n, buf_bytes(&facts), buf_bytes(&octets));
}

#define STEP(name, result, reason, sentence)                                             \
    "{\"step\":\"" name "\",\"result\":\"" result "\",\"reason\":\"" reason              \
    "\",\"sentence\":\"" sentence "\"}"
#define SHOWN                                                                            \
    "\"shown\":{\"reason\":\"RULE_DENIED\",\"sentence\":\"Ask the "                      \
    "desk.\",\"status\":403}"

static void admin_explains_a_decision(void **state)
{
    static const char *const words[] = {
        "\"id\":\"",
        "\"state\":\"denied\"",
        "\"verdict\":\"deny\"",
        STEP("rules", "fail", "RULE_DENIED", "it says no"),
        STEP("issue", "skip", "", "not reached"),
        "\"rule\":\"site.names\",\"file\":\"10-r.lua\"",
        "\"detail\":\"no such\\nhost\",\"decided\":true",
        "\"groups\":[\"CN=Web,DC=example\"],\"group_count\":1",
        "\"run\":\"policyctl rule list\"",
        SHOWN,
        "\"problems\":[]",
    };
    struct admin_fixture *f = *state;
    AUTO(string) id = id_of(3);
    AUTO(string) line = mem_printf("GET /v1/explain/%s", id);
    AUTO(buf) out = BUF_EMPTY;

    refuse_well(f, 3);
    assert_int_equal(ask(f, line, "", &out), 200);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strstr(buf_text(&out), words[i]) == NULL) {
            fail_msg("no %s in %s", words[i], buf_text(&out));
        }
    }
    assert_null(strstr(buf_text(&out), "\"facts\":")); /* they are asked for */
}

static void admin_shows_the_facts_by_the_names_of_rules(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(string) id = id_of(3);
    AUTO(string) line = mem_printf("GET /v1/explain/%s?facts=1", id);

    refuse_well(f, 3);
    expect(f, line, "", 200, "\"peer_ip\":\"");
    expect(f, line, "", 200, "\"jpegPhoto\":[{\"hex\":\"ff00\"}]");
    expect(f, line, "", 200, "\"groups\":{\"all\":[{\"id\":\"\",\"sid\":\"\",\"dn\":");
    expect(f, line, "", 200, "expect = { verdict = \\\"deny\\\"");
}

static void admin_explains_the_last_decision(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(string) id = id_of(4);
    AUTO(string) words = mem_printf("\"id\":\"%s\"", id);

    expect(f, "GET /v1/explain?last=1", "", 404, "nothing has been decided");
    refuse_well(f, 3);
    refuse_well(f, 4);
    expect(f, "GET /v1/explain?last=1", "", 200, words);
}

/* What another version left behind is told, not guessed, and breaks nothing. */
static void admin_says_what_it_cannot_read(void **state)
{
    struct admin_fixture *f = *state;
    static const char text[] = "{\"verdict\":\"permit\"}";

    refuse(f, 3, bytes_of_text("{}"), bytes_of_text(text));
    expect(f, "GET /v1/explain?last=1", "", 200, "the recorded steps cannot be read (");
    expect(f, "GET /v1/explain?last=1", "", 200, "the recorded facts cannot be read (");
    expect(f, "GET /v1/explain?last=1", "", 200, "\"steps\":[]");
    expect(f, "GET /v1/explain?last=1", "", 200, "\"groups\":null");
    expect(f, "GET /v1/explain?last=1&facts=1", "", 200, "\"facts\":null,\"case\":null");
}

static void admin_explains_one_request_of_this_ledger(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(string) unknown = id_of(77);
    AUTO(string) line = mem_printf("GET /v1/explain/%s", unknown);
    AUTO(string) both = mem_printf("GET /v1/explain/%s?last=1", unknown);

    expect(f, line, "", 404, unknown);
    expect(f, "GET /v1/explain/R-0000000", "", 400, "MALFORMED");
    expect(f, "GET /v1/explain/", "", 400, "name one request");
    expect(f, "GET /v1/explain", "", 400, "name one request");
    expect(f, both, "", 400, "name one request");
    expect(f, "GET /v1/explain?last=2", "", 400, "MALFORMED");
}

#define WITH(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, admin_fixture_setup, admin_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(admin_explains_a_decision),
        WITH(admin_shows_the_facts_by_the_names_of_rules),
        WITH(admin_explains_the_last_decision),
        WITH(admin_says_what_it_cannot_read),
        WITH(admin_explains_one_request_of_this_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
