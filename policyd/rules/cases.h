/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases: what a site's tests say of its rules. A test file returns a list of cases:
 *
 *     { name = "a short key is refused", kind = "machine", set = {["csr.key.bits"] = 1024},
 *       expect = {verdict = "deny", code = "key.small"} }
 */
#ifndef AE_POLICYD_RULES_CASES_H
#define AE_POLICYD_RULES_CASES_H

#include "policyd/rules/bundle.h"

enum { CASES_MAX = 512 /* of a file */ };

struct cases_result {
    const char *file;
    const char *name; /* of the case; "" where the file itself failed */
    bool passed;
    const char *why; /* what was expected and what came; "" */
};

struct cases_port {
    void *ctx;
    void (*begins)(void *ctx, const char *file, const char *name);
    void (*ended)(void *ctx, const struct cases_result *result);
};

/*
 * Run the cases of one file. Whatever is wrong with it is a result that did not pass.
 * reached  a flag for each rule of the bundle: set when a case let it speak
 */
void cases_run(const struct bundle *bundle, const struct wire_bundle_file *file,
               const struct cases_port *port, bool *reached);

#endif
