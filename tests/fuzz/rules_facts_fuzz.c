/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever facts a worker is sent: it answers, and its answer is one that policyd takes. */
#include <stdlib.h>

#include "common/base/mem.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rules_pair.h"
#include "tests/support/wire_random.h"

static void try_facts(struct wire_facts *facts)
{
    struct rules_pair *pair = mem_new(sizeof(*pair));
    AUTO(buf) octets = BUF_EMPTY;

    FUZZ_CHECK(rules_pair_init(pair, rules_pair_reader()));
    rules_pair_judge(pair, facts, &octets);
    rules_pair_clear(pair);
    free(pair);
}

/* The input as the seed of facts within their bounds: few mutants of octets are any. */
static void try_any(const uint8_t *data, size_t size)
{
    uint64_t seed = UINT64_C(0xCBF29CE484222325);
    AUTO(wire_random) random = {0};
    AUTO(wire_facts) facts = {0};

    for (size_t i = 0; i < size; i++) {
        seed = (seed ^ data[i]) * UINT64_C(0x100000001B3);
    }
    wire_random_init(&random, seed);
    wire_random_fill(&random, &wire_facts_table, &facts);
    try_facts(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(wire_facts) facts = {0};
    struct error err = {0};

    if (wire_facts_decode((struct bytes){data, size}, &facts, &err)) {
        try_facts(&facts);
    } else {
        FUZZ_CHECK(err.code == ERROR_INVALID);
    }
    try_any(data, size);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    struct rules_facts f;
    AUTO(buf) whole = BUF_EMPTY;
    AUTO(buf) bare = BUF_EMPTY;
    struct error err = {0};

    rules_facts_init(&f);
    FUZZ_CHECK(wire_facts_encode(&f.facts, &whole, &err));
    emit(ctx, whole.data, whole.len);
    f.facts.history = NULL;
    f.facts.proposed.subject_count = 0;
    f.facts.csr.san_count = 0;
    f.facts.requester.groups_complete = false;
    FUZZ_CHECK(wire_facts_encode(&f.facts, &bare, &err));
    emit(ctx, bare.data, bare.len);
}
