/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/rules_pair.h"

#include <string.h>

#include "policyd/rules/evaluate.h"
#include "tests/fuzz/fuzz.h"

bool rules_pair_init(struct rules_pair *pair, struct bytes text)
{
    struct error err = {0};

    memset(pair, 0, sizeof(*pair));
    pair->files.files[0] = (struct wire_bundle_file){.name = "10-r.lua", .content = text};
    pair->files.load =
        (struct wire_bundle_load){.files = pair->files.files,
                                  .file_count = 1,
                                  .budget = {.instructions_rule = 40000,
                                             .instructions_decision = 40000,
                                             .cpu_ms = 5000,
                                             .memory = 4U << 20,
                                             .steps_call = 1,
                                             .steps_decision = 1,
                                             .string_max = 4096}};
    rules_facts_init(&pair->f);
    if (!bundle_init(&pair->bundle, &pair->files.load, &pair->problems, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID && pair->problems.count > 0);
        return false;
    }
    FUZZ_CHECK(pair->problems.count == 0);
    return true;
}

void rules_pair_clear(struct rules_pair *pair)
{
    bundle_problems_clear(&pair->problems);
    bundle_clear(&pair->bundle);
}

struct bytes rules_pair_reader(void)
{
    return bytes_of_text(
        "local function walk(v, depth)\n"
        "  for _, x in pairs(v) do\n"
        "    if type(x) == 'userdata' then\n"
        "      if depth < 5 then walk(x, depth + 1) end\n"
        "    else local _ = tostring(x) end\n"
        "  end\n"
        "end\n"
        "return rule{name='r', phase='shape', needs={attrs={'department'}, "
        "history=true},\n"
        "  evaluate=function(req, d)\n"
        "    for _, s in ipairs(req.csr.subject) do d:set_rdn(s.oid, s.value) end\n"
        "    for _, s in ipairs(req.csr.sans) do d:add_san(s.type, s.value) end\n"
        "    if req.principal.groups:has('S-1-5-9') then d:hold{code='h'} end\n"
        "    d:cap_validity(86400)\n"
        "    walk(req, 0)\n"
        "    d:permit('p')\n"
        "  end}\n");
}

void rules_pair_judge(const struct rules_pair *pair, struct wire_facts *facts,
                      struct buf *octets)
{
    AUTO(evaluation) evaluation = NULL;
    AUTO(wire_verdict) verdict = {0};
    struct error err = {0};

    memcpy(facts->bundle_id, pair->bundle.loaded.bundle_id, sizeof(facts->bundle_id));
    evaluation = evaluate(&pair->bundle, facts);
    FUZZ_CHECK(wire_verdict_encode(evaluation_verdict(evaluation), octets, &err));
    FUZZ_CHECK(wire_verdict_decode(buf_bytes(octets), &verdict, &err));
    FUZZ_CHECK(
        port_verdict_check(&pair->bundle.loaded, &pair->files, facts, &verdict, &err));
}
