/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/segment.h"

#include "tests/fuzz/fuzz.h"

struct count {
    uint64_t records;
};

static bool count_record(void *ctx, const struct audit_record *record, struct error *err)
{
    struct count *count = ctx;

    (void)err;
    FUZZ_CHECK(record->payload.len <= AUDIT_PAYLOAD_MAX);
    count->records++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct count count = {0};
    const struct audit_visitor visitor = {count_record, &count};
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end end = {0};
    struct error err = {0};

    if (segment_read(input, &chain, &end, &visitor, &err)) {
        FUZZ_CHECK(chain.tree.size == count.records && end.whole + end.torn == size);
    }
    if (segment_adopt(input, &chain, &end, &err)) {
        count.records = 0;
        uint64_t before = chain.tree.size;
        if (segment_read(input, &chain, &end, &visitor, &err)) {
            FUZZ_CHECK(chain.tree.size == before + count.records);
        }
    }
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    struct audit_chain chain = AUDIT_CHAIN_START;
    struct segment_end before = {0};

    for (unsigned int i = 0; i < 4; i++) {
        AUTO(buf) out = BUF_EMPTY;
        uint64_t first = chain.tree.size + 1;

        segment_begin(&chain, &before, i, &out);
        for (unsigned int r = 0; r < i; r++) {
            audit_chain_append(&chain, AUDIT_TYPE_CONTENT, r, bytes_of_text("x"), &out);
        }
        emit(ctx, out.data, out.len);
        before = (struct segment_end){.first_sequence = first, .whole = out.len};
    }
}
