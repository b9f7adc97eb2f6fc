/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile Lua through the loader, and what loads through a decision. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rules_pair.h"

enum { TEXT_MAX = 4096 };

/* One call of a pattern can take for ever, which ends a worker but would end the fuzzer. */
static bool may_hang(struct bytes text)
{
    size_t quantifiers = 0;

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = text.data[i];

        quantifiers += c == '*' || c == '+' || c == '-' || c == '?';
    }
    return quantifiers > 3;
}

static void check_problems(const struct rules_pair *pair)
{
    for (size_t i = 0; i < pair->problems.count; i++) {
        const struct wire_problem *p = &pair->problems.list[i];

        FUZZ_CHECK(strcmp(p->file, "10-r.lua") == 0);
        FUZZ_CHECK(*p->sentence != '\0' && strlen(p->sentence) <= WIRE_SENTENCE_MAX &&
                   text_is_printable(p->sentence, strlen(p->sentence)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules_pair *pair = mem_new(sizeof(*pair));
    AUTO(buf) octets = BUF_EMPTY;

    if (size <= TEXT_MAX && !may_hang((struct bytes){data, size})) {
        if (rules_pair_init(pair, (struct bytes){data, size})) {
            rules_pair_judge(pair, &pair->f.facts, &octets);
        }
        check_problems(pair);
        rules_pair_clear(pair);
    }
    free(pair);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const bodies[] = {
        "d:permit('x')",
        "d:deny('x', req.csr.key.bits, 'no')",
        "d:hold{code='x', from='cn=a,dc=b', need=2, ttl=60}",
        "d:warn('x', {}) d:note('k', 1)",
        "d:set_rdn('CN', 'web1.corp.example.test')",
        "d:add_san('dns', 'a.www.example.test') d:remove_san(1)",
        "d:add_ext('1.3.6.1.5.5.7.1.24', '\\48\\3\\2\\1\\5', false)",
        "d:narrow_eku{'1.3.6.1.5.5.7.3.1'} d:cap_validity(60)",
        "d:supersede('40010203', 5)",
        "for i, s in ipairs(req.proposed.sans) do d:note('s', s.value) end",
        "for k, v in pairs(req.principal) do d:note(k, tostring(v)) end",
        "local t = table.concat(list.map({1,2}, function(x) return x end), ',')",
        "error({code=1})",
        "req.x = 1",
        "local s = ('x'):rep(4000) return s",
        "string.format('%5.2f %q %s', 1, 'x', nil)",
        "if dns.under('a.b', '.b') and ip.within('1.2.3.4', '1.0.0.0/8') then end",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        AUTO(string)
        text =
            mem_printf("return rule{name='r',phase='%s',match={templates={'WebServer'}},"
                       "needs={attrs={'department'},history=true},"
                       "evaluate=function(req,d) %s end}",
                       i % 2 == 0 ? "shape" : "check", bodies[i]);
        emit(ctx, text, strlen(text));
    }
    emit(ctx, "\033Lua", 4);
    emit(ctx, rules_pair_reader().data, rules_pair_reader().len);
}
