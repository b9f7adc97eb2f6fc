/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_ext: the extensions' part of lint, for its .c files.
 *
 * Each: errors  ERROR_INVALID  as lint_certificate()
 */
#ifndef AE_COMMON_LINT_LINT_EXT_H
#define AE_COMMON_LINT_LINT_EXT_H

#include "common/lint/lint.h"

/*
 * Key usage and purposes as in the content, and none that only a CA has.
 * errors  as above
 */
AE_MUST_CHECK bool lint_check_usage(const struct cert *cert, const struct wire_content *c,
                                    struct name_store *store, struct error *err);

/*
 * Exactly the extensions that the intent has, critical where they should be.
 * errors  as above
 */
AE_MUST_CHECK bool lint_check_set(const struct cert *cert,
                                  const struct wire_issue_intent *intent,
                                  const struct lint_issuer *issuer, struct error *err);

/*
 * What the others say: key ids, SID, template, policies, and those copied as they are.
 * errors  as above
 */
AE_MUST_CHECK bool lint_check_values(const struct cert *cert,
                                     const struct wire_issue_intent *intent,
                                     const struct lint_issuer *issuer,
                                     struct name_store *store, struct error *err);

#endif
