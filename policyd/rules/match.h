/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: which rules look at a request. The worker and policyd ask the same function.
 */
#ifndef AE_POLICYD_RULES_MATCH_H
#define AE_POLICYD_RULES_MATCH_H

#include "common/wire/bundle.h"

/* template: its name (case does not count), or NULL for any. */
bool match_rule(const struct wire_rule *rule, const char *template, enum wire_op op,
                enum wire_account_kind kind);
bool match_facts(const struct wire_rule *rule, const struct wire_facts *facts);

#endif
