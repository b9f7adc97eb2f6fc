/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/dn.h"

#include "tests/fuzz/fuzz.h"

/* The normal form is its own normal form, and each of its tails names a container. */
static void check_normal(const char *normal)
{
    struct error err = {0};
    AUTO(string) again = NULL;

    FUZZ_CHECK(text_is_printable(normal, strlen(normal)));
    FUZZ_CHECK(dn_normalize(bytes_of_text(normal), &again, &err) ||
               strlen(normal) > DN_LEN_MAX); /* escapes may lengthen it */
    FUZZ_CHECK(again == NULL || strcmp(normal, again) == 0);
    for (const char *above = dn_parent(normal); above != NULL; above = dn_parent(above)) {
        FUZZ_CHECK(dn_is_below(normal, above));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(string) text = mem_dup(data, size);
    const char *const groups[] = {text};
    struct error err = {0};
    AUTO(string) normal = NULL;
    AUTO(dn_set) set = NULL;

    if (!dn_normalize((struct bytes){data, size}, &normal, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID && normal == NULL);
        return 0;
    }
    check_normal(normal);
    FUZZ_CHECK(dn_set_new("cn=a,dc=b", groups, 1, true, &set, &err));
    FUZZ_CHECK(dn_set_find(set, normal) != NULL);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "cn=Alice,ou=People,dc=x,dc=test",
        "CN=Smith\\, Bob + uid = b ,DC=x",
        "2.5.4.3=\\C3\\84\\20b,1.2.3=#0401",
        "cn=\xc3\x84\xe6\x9d\xb1\xf0\xa0\x80\x80\\#\\\"\\\\,o=\\3b\\2c",
        "cn=A\xcc\x88",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
