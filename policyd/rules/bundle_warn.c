/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/bundle_warn.h"

#include <string.h>
#include <strings.h>

/* How often a word stands in a text, whatever its case, and the line of the first. */
static size_t count_word(struct bytes text, const char *word, uint32_t *line)
{
    const size_t len = strlen(word);
    uint32_t lines = 1;
    size_t count = 0;

    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp((const char *)text.data + i, word, len) == 0) {
            *line = count == 0 ? lines : *line;
            count++;
        }
        lines += text.data[i] == '\n';
    }
    return count;
}

static void warn_unused(struct bundle *bundle, const struct bundle_rule *rule,
                        const char *what, const char *word)
{
    AUTO(buf) sentence = BUF_EMPTY;
    uint32_t line = 0;

    if (bundle->loaded.warning_count == BUNDLE_PROBLEMS_MAX ||
        count_word(rule->file->content, word, &line) > 1) {
        return;
    }
    buf_printf(&sentence, "rule '%s' needs %s '%s' and never reads it",
               rule->declared.name, what, word);
    bundle->warnings[bundle->loaded.warning_count++] = (struct wire_problem){
        .file = rule->file->name,
        .line = line,
        .sentence = name_store_copy(&bundle->texts, sentence.data,
                                    sentence.len < WIRE_SENTENCE_MAX ? sentence.len
                                                                     : WIRE_SENTENCE_MAX),
    };
}

void bundle_warn(struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->loaded.rule_count; i++) {
        const struct bundle_rule *rule = &bundle->rules[i];

        for (size_t j = 0; j < rule->declared.attribute_count; j++) {
            warn_unused(bundle, rule, "the attribute", rule->declared.attributes[j]);
        }
        if (rule->declared.history) {
            warn_unused(bundle, rule, "the", "history");
        }
    }
}
