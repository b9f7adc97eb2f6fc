/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/ra_policy.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(string) text = mem_dup(data, size);
    AUTO(ra_policy) policy = {0};
    struct error err = {0};

    if (!ra_policy_parse(text, &policy, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        FUZZ_CHECK(policy.algorithm == NULL && policy.oids.count == 0);
        return 0;
    }
    FUZZ_CHECK(policy.oids.count <= RA_POLICY_OIDS_MAX);
    FUZZ_CHECK(policy.unknown.count <= RA_POLICY_PROPERTIES_MAX);
    for (size_t i = 0; i < policy.oids.count; i++) {
        FUZZ_CHECK(text_is_oid(policy.oids.items[i]));
    }
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P256`msPKI-Key-Usage`DWORD`16777215`",
        "msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Symmetric-Key-Length`DWORD`168",
        "msPKI-RA-Application-Policies`PZPWSTR`1.2.3,1.2.4`x`DWORD`1",
        "msPKI-Key-Security-Descriptor`PZPWSTR`D:P(A;;FA;;;BA)`",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
