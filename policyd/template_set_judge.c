/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a template issues: what blocks it, what is unsafe, and what somebody acknowledged. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/template_set_inside.h"

/* What nobody has acknowledged. */
struct open_findings {
    const struct template_ack *ack; /* NULL: none for this content */
    const struct tmpl_finding *first;
    struct tmpl_list reasons; /* each once */
};

static const struct template_ack *find_ack(const struct template_source *source,
                                           const char *name)
{
    for (size_t i = 0; i < source->ack_count; i++) {
        if (text_equal_nocase(source->acks[i].name, name)) {
            return &source->acks[i];
        }
    }
    return NULL;
}

static bool ack_names(const struct template_ack *ack, const char *reason)
{
    for (size_t i = 0; ack != NULL && i < ack->finding_count; i++) {
        if (text_equal_nocase(ack->findings[i], reason)) {
            return true;
        }
    }
    return false;
}

static void collect_open(const struct tmpl_findings *findings, struct open_findings *open)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct tmpl_finding *finding = &findings->items[i];
        const char *reason = tmpl_reason_name(finding->reason);

        if (finding->severity != TMPL_UNSAFE || ack_names(open->ack, reason)) {
            continue;
        }
        open->first = open->first == NULL ? finding : open->first;
        if (!tmpl_list_has(&open->reasons, reason)) {
            tmpl_list_add(&open->reasons, reason);
        }
    }
}

static const struct tmpl_finding *find_blocking(const struct template_item *item)
{
    const struct tmpl_finding *own = tmpl_findings_worst(&item->tmpl->findings);
    const struct tmpl_finding *lint = tmpl_findings_worst(&item->lint);

    if (own != NULL && own->severity == TMPL_BLOCKS) {
        return own;
    }
    return lint != NULL && lint->severity == TMPL_BLOCKS ? lint : NULL;
}

/* In the words of the configuration that would change it. */
static char *describe_open(const struct template_item *item,
                           const struct open_findings *open, const char *sha256,
                           bool changed)
{
    AUTO(buf) reasons = BUF_EMPTY;

    for (size_t i = 0; i < open->reasons.count; i++) {
        buf_printf(&reasons, "%s%s", i == 0 ? "" : ", ", open->reasons.items[i]);
    }
    return mem_printf("unsafe, and %s: %s: %s. Who wants it all the same writes into "
                      "policyd.conf: [acknowledge %s] with findings = %s and sha256 = %s",
                      changed ? "not what was acknowledged" : "not acknowledged",
                      tmpl_reason_name(open->first->reason), open->first->text,
                      item->name, buf_text(&reasons), sha256);
}

/* An acknowledgement is of one content, and of the findings it names and no others. */
static char *judge_findings(const struct template_item *item,
                            const struct template_source *source)
{
    const struct template_ack *ack = find_ack(source, item->name);
    struct open_findings open = {NULL, NULL, TMPL_LIST_EMPTY};
    AUTO(buf) sha256 = BUF_EMPTY;
    char *problem = NULL;

    text_append_hex(&sha256, item->sha256, sizeof(item->sha256));
    if (ack != NULL && text_equal_nocase(ack->sha256, buf_text(&sha256))) {
        open.ack = ack;
    }
    collect_open(&item->tmpl->findings, &open);
    collect_open(&item->lint, &open);
    if (open.first != NULL) {
        problem = describe_open(item, &open, buf_text(&sha256), ack != NULL);
    }
    tmpl_list_clear(&open.reasons);
    return problem;
}

void template_item_judge(struct template_item *item, const struct template_source *source)
{
    AUTO(buf) canonical = BUF_EMPTY;

    if (item->tmpl == NULL) {
        return;
    }
    tmpl_append_canonical(item->tmpl, &canonical);
    digest_sha256(canonical.data, canonical.len, item->sha256);
    tmpl_lint(item->tmpl, &source->surroundings, &item->lint);
    const struct tmpl_finding *blocking = find_blocking(item);
    item->problem =
        blocking != NULL
            ? mem_printf("%s: %s", tmpl_reason_name(blocking->reason), blocking->text)
            : judge_findings(item, source);
}
