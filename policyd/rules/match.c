/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/match.h"

#include "common/base/text.h"

bool match_rule(const struct wire_rule *rule, const char *template, enum wire_op op,
                enum wire_account_kind kind)
{
    bool named = rule->template_count == 0 || template == NULL;

    for (size_t i = 0; !named && i < rule->template_count; i++) {
        named = text_equal_nocase(rule->templates[i], template);
    }
    return named && (rule->ops & (1U << op)) != 0 && (rule->kinds & (1U << kind)) != 0;
}

bool match_facts(const struct wire_rule *rule, const struct wire_facts *facts)
{
    const struct wire_account *principal =
        facts->on_behalf_of != NULL ? facts->on_behalf_of : &facts->requester;

    return match_rule(rule, facts->template.ref.name, facts->op, principal->ref.kind);
}
