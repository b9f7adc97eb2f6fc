/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: rule files compiled and what they declare, all or nothing.
 */
#ifndef AE_POLICYD_RULES_BUNDLE_H
#define AE_POLICYD_RULES_BUNDLE_H

#include "common/pki/name_store.h"
#include "common/wire/bundle.h"

enum { BUNDLE_PROBLEMS_MAX = 64 };

struct bundle_rule {
    struct wire_rule declared; /* its lists are in the store */
    const struct wire_bundle_file *file;
};

/* Immutable once made. */
struct bundle {
    const struct wire_bundle_load *load;      /* borrowed, with its octets */
    struct bundle_rule rules[WIRE_RULES_MAX]; /* in the order of evaluation */
    struct wire_rule declared[WIRE_RULES_MAX];
    struct wire_bundle_loaded loaded; /* the same for the wire */
    struct wire_problem warnings[BUNDLE_PROBLEMS_MAX];
    struct name_store texts;
    struct env_image
        *image; /* what decisions begin with; NULL: there is no memory for it */
};

/* What is wrong; at least one when bundle_init() failed. */
struct bundle_problems {
    struct wire_problem list[BUNDLE_PROBLEMS_MAX];
    size_t count;
    struct name_store texts;
};
void bundle_problems_clear(struct bundle_problems *problems);

/*
 * Compile every file and run its top level, in a state of its own with a tenth of the budget.
 *
 * load     borrowed until bundle_clear()
 * errors   ERROR_INVALID  some file is wrong, two rules have one name; problems has them all,
 *                         err the first
 *          ERROR_INTERNAL no memory for a state
 */
AE_MUST_CHECK bool bundle_init(struct bundle *bundle, const struct wire_bundle_load *load,
                               struct bundle_problems *problems, struct error *err);
void bundle_clear(struct bundle *bundle);
CLEANUP_DEFINE_VALUE(bundle_problems, struct bundle_problems, bundle_problems_clear);

#endif
