/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: templates that can be issued and should not be without a thought: what is known as
 * ESC1 to ESC15, and fields that contradict one another. A pure function.
 */
#ifndef AE_COMMON_TMPL_LINT_H
#define AE_COMMON_TMPL_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/tmpl/finding.h"
#include "common/tmpl/tmpl.h"

/* What the template's own entry does not say. Borrowed. */
struct tmpl_surroundings {
    bool links_known;                   /* false: any policy might be linked to a group */
    const char *const *linked_policies; /* OIDs with msDS-OIDToGroupLink */
    size_t linked_count;
};

/*
 * Append what is found to out; tmpl->findings are not repeated. What is TMPL_UNSAFE keeps the
 * template from issuing until it is acknowledged by name and content hash.
 */
void tmpl_lint(const struct tmpl *tmpl, const struct tmpl_surroundings *surroundings,
               struct tmpl_findings *out);

#endif
