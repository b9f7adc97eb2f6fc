/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/twin.h"

#include "tests/support/test.h"

static void run_one(const struct twin_case *c, twin_read *read)
{
    AUTO(buf) bad = BUF_EMPTY;
    AUTO(buf) twin = BUF_EMPTY;
    struct error err = {0};

    c->make(&bad, true);
    if (read(buf_bytes(&bad), &err)) {
        fail_msg("%s: accepted", c->label);
    }
    if (err.code != c->code || strstr(err.message, c->words) == NULL) {
        fail_msg("%s: got %s: '%s'; expected %s: ...%s...", c->label,
                 error_code_name(err.code), err.message, error_code_name(c->code),
                 c->words);
    }
    c->make(&twin, false);
    if (!read(buf_bytes(&twin), &err)) {
        fail_msg("%s: the twin without the fault: %s", c->label, err.message);
    }
}

void twin_run(const struct twin_case *cases, size_t count, twin_read *read)
{
    for (size_t i = 0; i < count; i++) {
        run_one(&cases[i], read);
    }
}
