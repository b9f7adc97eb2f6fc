/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/fuzz/fuzz.h"

/* What was accepted must print as text that reads back as the same value. */
static void check_round_trips(const char *text)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    int64_t seconds = 0;
    int64_t seconds_again = 0;
    uint64_t octets = 0;
    uint64_t octets_again = 0;

    if (text_parse_duration(text, &seconds, &err)) {
        text_append_duration(&out, seconds);
        FUZZ_CHECK(text_parse_duration(buf_text(&out), &seconds_again, &err));
        FUZZ_CHECK(seconds == seconds_again);
    }
    buf_clear(&out);
    if (text_parse_size(text, &octets, &err)) {
        text_append_size(&out, octets);
        FUZZ_CHECK(text_parse_size(buf_text(&out), &octets_again, &err));
        FUZZ_CHECK(octets == octets_again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(string) text = mem_dup(data, size);
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};
    int64_t number = 0;

    check_round_trips(text);
    if (!text_parse_i64(text, INT64_MIN, INT64_MAX, &number, &err) ||
        !text_parse_hex(text, size, &octets, &err)) {
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
    }
    FUZZ_CHECK(!text_is_printable(text, size) || text_is_utf8(text, size));
    FUZZ_CHECK(!text_is_oid(text) || strlen(text) <= 256);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "1h30m", "14d",  "64KiB",     "-9223372036854775808",
        "00ff",  "2.25", "1.3.6.1.5", "\xc3\xa4\xf0\x9f\x94\x91"};

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
