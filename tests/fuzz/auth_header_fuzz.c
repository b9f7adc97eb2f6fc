/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"

#include "policyd/auth_header.h"
#include "tests/fuzz/fuzz.h"

/* What is taken is, but for white space and the scheme's case, the one text of its token. */
static void check_one_text(const char *value, const char *written)
{
    size_t scheme = strlen("Negotiate");

    FUZZ_CHECK(strncasecmp(value, written, scheme) == 0 && value[scheme] == ' ');
    written += scheme + 1;
    for (const char *at = value + scheme; *at != '\0'; at++) {
        if (*at != ' ' && (*at < '\t' || *at > '\r')) {
            FUZZ_CHECK(*at == *written);
            written++;
        }
    }
    FUZZ_CHECK(*written == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(string) value = mem_dup(data, size);
    AUTO(buf) token = BUF_SECRET;
    AUTO(buf) written = BUF_EMPTY;
    struct error err = {0};

    if (!auth_header_read(value, &token, &err)) {
        FUZZ_CHECK(token.len == 0 && err.code == ERROR_AUTH && err.message[0] != '\0');
        return 0;
    }
    FUZZ_CHECK(token.len > 0 && token.len <= WIRE_TOKEN_OCTETS_MAX);
    auth_header_write(&token, &written);
    check_one_text(value, buf_text(&written));
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "Negotiate YIIC",
        "negotiate  YWJj",
        "Negotiate",
        "Negotiate YWI=",
        "Basic YWJj",
        "NTLM TlRMTVNTUAA=",
        "Negotiate YWJj, Negotiate YWJj",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
