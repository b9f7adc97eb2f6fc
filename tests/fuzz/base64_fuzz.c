/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/base64.h"

#include "tests/fuzz/fuzz.h"

enum { OCTETS_MAX = 4096 };

/* What was taken is, but for white space, the one text that means these octets. */
static void check_one_text(struct bytes text, struct bytes encoded)
{
    size_t at = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ' && (text.data[i] < '\t' || text.data[i] > '\r')) {
            FUZZ_CHECK(at < encoded.len && encoded.data[at] == text.data[i]);
            at++;
        }
    }
    FUZZ_CHECK(at + 1 == encoded.len && encoded.data[at] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) encoded = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};

    base64_encode(text, &encoded);
    FUZZ_CHECK(size == 0 || base64_decode(buf_bytes(&encoded), size, &again, &err));
    FUZZ_CHECK(bytes_equal(buf_bytes(&again), text));
    buf_clear(&encoded);
    if (!base64_decode(text, OCTETS_MAX, &octets, &err)) {
        FUZZ_CHECK(octets.len == 0 && err.code == ERROR_INVALID);
        return 0;
    }
    FUZZ_CHECK(octets.len > 0 && octets.len <= OCTETS_MAX);
    base64_encode(buf_bytes(&octets), &encoded);
    check_one_text(text, buf_bytes(&encoded));
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {"Zg==", "Zm8=\n", "Zm9v\r\nYmFy\r\n",
                                        " Z g = = ", "+/+/"};

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
