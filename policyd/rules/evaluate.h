/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate: one decision: all rules of a bundle over one set of facts, in a fresh Lua state.
 */
#ifndef AE_POLICYD_RULES_EVALUATE_H
#define AE_POLICYD_RULES_EVALUATE_H

#include "policyd/rules/bundle.h"

struct evaluation; /* what the verdict borrows from */

/*
 * Never fails: what goes wrong in a rule is a verdict, WIRE_DECISION_ERROR.
 *
 * bundle, facts  borrowed until evaluation_free()
 */
struct evaluation *evaluate(const struct bundle *bundle, const struct wire_facts *facts);
const struct wire_verdict *evaluation_verdict(const struct evaluation *evaluation);
void evaluation_free(struct evaluation *evaluation); /* accepts NULL */
CLEANUP_DEFINE(evaluation, struct evaluation *, evaluation_free);

#endif
