/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/template_inside.h"

static const char *keep(struct template_acks *acks, const char *text)
{
    tmpl_list_add(&acks->texts, text);
    return acks->texts.items[acks->texts.count - 1];
}

void template_acks_copy(struct template_acks *out, const struct template_ack *acks,
                        size_t count)
{
    size_t finding_count = 0;

    for (size_t i = 0; i < count; i++) {
        finding_count += acks[i].finding_count;
    }
    *out = (struct template_acks){.items = mem_array(count, sizeof(*out->items)),
                                  .count = count,
                                  .findings = mem_array(finding_count, sizeof(char *)),
                                  .texts = TMPL_LIST_EMPTY};
    const char **next = out->findings;
    for (size_t i = 0; i < count; i++) {
        out->items[i] = (struct template_ack){.name = keep(out, acks[i].name),
                                              .findings = next,
                                              .finding_count = acks[i].finding_count,
                                              .sha256 = keep(out, acks[i].sha256)};
        for (size_t k = 0; k < acks[i].finding_count; k++) {
            *next++ = keep(out, acks[i].findings[k]);
        }
    }
}

static bool is_equal(const struct template_ack *a, const struct template_ack *b)
{
    bool equal = strcmp(a->name, b->name) == 0 && strcmp(a->sha256, b->sha256) == 0 &&
                 a->finding_count == b->finding_count;

    for (size_t i = 0; equal && i < a->finding_count; i++) {
        equal = strcmp(a->findings[i], b->findings[i]) == 0;
    }
    return equal;
}

bool template_acks_equal(const struct template_acks *acks,
                         const struct template_acks *other)
{
    bool equal = acks->count == other->count;

    for (size_t i = 0; equal && i < acks->count; i++) {
        equal = is_equal(&acks->items[i], &other->items[i]);
    }
    return equal;
}

void template_acks_clear(struct template_acks *acks)
{
    free(acks->items);
    free(acks->findings);
    tmpl_list_clear(&acks->texts);
    *acks = (struct template_acks){.items = NULL};
}
