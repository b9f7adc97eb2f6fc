/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/pki/cms.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/der_text.h"

static bool is_among(struct bytes one, const struct cms_certificates *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (bytes_equal(all->certificates[i], one)) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf) again = BUF_EMPTY;
    struct bytes der = {data, size};
    struct cms_certificates found = {.count = 0};
    struct cms_certificates sorted = {.count = 0};
    struct error err = {0};

    if (!cms_parse_certificates(der, &found, &err)) {
        FUZZ_CHECK(found.count == 0 && err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    FUZZ_CHECK(found.count > 0 && found.count <= CMS_CERTIFICATES_MAX);
    if (!cms_encode_certificates(found.certificates, found.count, &again, &err)) {
        FUZZ_CHECK(strstr(err.message, "twice") != NULL);
        return 0;
    }
    FUZZ_CHECK(again.len == size); /* the same but for the order */
    FUZZ_CHECK(cms_parse_certificates(buf_bytes(&again), &sorted, &err));
    FUZZ_CHECK(sorted.count == found.count);
    for (size_t i = 0; i < found.count; i++) {
        FUZZ_CHECK(is_among(found.certificates[i], &sorted));
    }
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "30(06092a864886f70d010702 a0(30(02010131()30(06092a864886f70d010701)"
        "a0(30(020101)30(020102)30(04(0102)))31())))",
        "30(06092a864886f70d010702 a0(30(02010131()30(06092a864886f70d010701)"
        "a0(30(30(a0(020102)020101)30(0500)0302ff))31())))",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        AUTO(buf) der = BUF_EMPTY;

        der_text(seeds[i], &der);
        emit(ctx, der.data, der.len);
    }
}
