/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that was taken over says anything: what policyd takes of it keeps to the envelope. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/rules/envelope.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rules_pair.h"

static const char rule_text[] =
    "return rule{name='r',phase='shape',needs={history=true},"
    "evaluate=function(req,d) d:set_rdn('O', 'x') "
    "d:add_san('dns', 'a.www.example.test') d:permit('x') end}";

static bool has_word(const struct wire_verdict *verdict)
{
    for (size_t i = 0; i < verdict->trace_count; i++) {
        if (verdict->trace[i].decision == verdict->decision) {
            return true;
        }
    }
    return verdict->decision == WIRE_DECISION_NONE ||
           verdict->decision == WIRE_DECISION_ERROR;
}

static void check_taken(const struct rules_pair *pair, const struct wire_verdict *verdict)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_facts) facts = {0};
    struct error err = {0};

    FUZZ_CHECK(strcmp(verdict->request_id, pair->f.facts.request_id) == 0);
    FUZZ_CHECK(has_word(verdict));
    FUZZ_CHECK((verdict->reason == REASON_NONE) ==
               (verdict->decision == WIRE_DECISION_PERMIT ||
                verdict->decision == WIRE_DECISION_HOLD));
    FUZZ_CHECK(wire_facts_encode(&pair->f.facts, &octets, &err));
    FUZZ_CHECK(wire_facts_decode(buf_bytes(&octets), &facts, &err));
    FUZZ_CHECK(envelope_check(&facts, &verdict->proposed, &err));
    FUZZ_CHECK(verdict->proposed.not_after_utc <=
               facts.time_utc + (int64_t)facts.template.envelope.validity_max_s);
}

static void try_verdict(const struct rules_pair *pair, const struct wire_verdict *verdict)
{
    struct error err = {0};

    if (port_verdict_check(&pair->bundle.loaded, &pair->files, &pair->f.facts, verdict,
                           &err)) {
        check_taken(pair, verdict);
    } else {
        FUZZ_CHECK(err.code == ERROR_DENIED || err.code == ERROR_INVALID);
    }
}

/* One field of a good verdict as a liar would have it; value is any octet. */
static void lie(struct wire_verdict *v, unsigned int field, unsigned int value)
{
    static const char *const names[] = {"dc1.corp.example.test", "web1.corp.example.test",
                                        "b.www.example.test", "*", ""};
    static const char *const oids[] = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0",
                                       "1.3.6.1.4.1.311.20.2.2"};
    struct wire_content *content = &v->proposed;

    switch (field % 14) {
    case 0:
        v->decision = (enum wire_decision)(value % WIRE_DECISION_COUNT);
        break;
    case 1:
        v->reason = (enum reason)(value % REASON_COUNT);
        break;
    case 2:
        content->sans[0].name.value = bytes_of_text(names[value % 5]);
        break;
    case 3:
        content->sans[0].name.type = (enum general_type)(value % GENERAL_TYPE_COUNT);
        break;
    case 4:
        content->sans[0].proof = (enum wire_proof)(value % WIRE_PROOF_COUNT);
        break;
    case 5:
        content->subject[1].ava.value = names[value % 4];
        break;
    case 6:
        content->not_after_utc += ((int64_t)value - 128) * 86400;
        break;
    case 7:
        content->not_before_utc -= value;
        break;
    case 8:
        content->key_usage = 1U << value % 9;
        break;
    case 9:
        content->ekus[0] = oids[value % 3];
        break;
    case 10:
        v->trace[0].decision = (enum wire_decision)(value % WIRE_DECISION_COUNT);
        break;
    case 11:
        v->trace[0].matched = value % 2 == 1;
        break;
    case 12:
        v->hold_count = value % 2;
        break;
    default:
        content->basic_constraints = value % 2 == 1;
        break;
    }
}

/* The input as lies about a good verdict: two octets each. */
static void try_lies(const struct rules_pair *pair, const uint8_t *data, size_t size)
{
    struct wire_hold hold = {
        .rule = "r", .code = "h", .need = 1, .from = "", .ttl_s = 60};
    struct rules_facts f = pair->f;
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_verdict) verdict = {0};
    struct error err = {0};

    rules_pair_judge(pair, &f.facts, &octets);
    FUZZ_CHECK(wire_verdict_decode(buf_bytes(&octets), &verdict, &err));
    struct wire_verdict lied = verdict;
    lied.holds = &hold;
    for (size_t i = 0; i + 1 < size && i < 12; i += 2) {
        lie(&lied, data[i], data[i + 1]);
    }
    try_verdict(pair, &lied);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules_pair *pair = mem_new(sizeof(*pair));
    AUTO(wire_verdict) verdict = {0};
    struct error err = {0};

    FUZZ_CHECK(rules_pair_init(pair, bytes_of_text(rule_text)));
    memcpy(pair->f.facts.bundle_id, pair->bundle.loaded.bundle_id, WIRE_SHA256);
    if (wire_verdict_decode((struct bytes){data, size}, &verdict, &err)) {
        try_verdict(pair, &verdict);
    }
    try_lies(pair, data, size);
    rules_pair_clear(pair);
    free(pair);
    return 0;
}

static void emit_verdict(fuzz_emit *emit, void *ctx, const char *body)
{
    struct rules_pair *pair = mem_new(sizeof(*pair));
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(string)
    text = mem_printf("return rule{name='r',phase='shape',needs={history=true},"
                      "evaluate=function(req,d) %s end}",
                      body);

    FUZZ_CHECK(rules_pair_init(pair, bytes_of_text(text)));
    rules_pair_judge(pair, &pair->f.facts, &octets);
    emit(ctx, octets.data, octets.len);
    rules_pair_clear(pair);
    free(pair);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    emit_verdict(emit, ctx, "d:permit('x')");
    emit_verdict(emit, ctx, "");
    emit_verdict(emit, ctx, "error('x')");
    emit_verdict(emit, ctx, "d:deny('x', 'y', 'z')");
    emit_verdict(emit, ctx, "d:hold{code='x'} d:warn('w') d:note('n', 1)");
    emit_verdict(emit, ctx, "d:supersede('40010203', 5) d:permit('x')");
    emit_verdict(emit, ctx,
                 "d:add_san('dns', 'a.www.example.test') d:set_rdn('O', 'x') "
                 "d:cap_validity(60) d:narrow_eku{'1.3.6.1.5.5.7.3.1'} d:permit('x')");
}
