/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator's change did, for the log: one line a template. */
#include <string.h>

#include "common/base/log.h"

#include "policyd/template_inside.h"

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_unchanged(const struct template_item *before,
                         const struct template_item *after)
{
    const struct bytes old = {before->sha256, sizeof(before->sha256)};
    const struct bytes now = {after->sha256, sizeof(after->sha256)};

    return bytes_equal(old, now) && before->published == after->published &&
           is_same(before->problem, after->problem);
}

static struct log_field log_content(const char *key, const struct template_item *item)
{
    struct bytes sha256 = {item == NULL ? NULL : item->sha256, DIGEST_SHA256_SIZE};

    return log_hex(item == NULL || item->tmpl == NULL ? NULL : key, sha256);
}

/* What issues no longer although it should is worth a warning. before: NULL for a new one. */
static void log_item(const char *event, const struct template_item *before,
                     const struct template_item *item)
{
    int level = item->published && item->problem != NULL ? LOG_WARNING : LOG_INFO;

    log_event(level, event,
              LOG_FIELDS(log_text("template", item->name), log_content("sha256", item),
                         log_content("before", before),
                         log_flag("published", item->published),
                         log_text("problem", item->problem)));
}

static void log_present(const struct template_set *before,
                        const struct template_set *after)
{
    for (size_t i = 0; i < template_set_count(after); i++) {
        const struct template_item *item = template_set_get(after, i);
        const struct template_item *old =
            before == NULL ? NULL : template_set_find(before, item->name);

        if (old == NULL) {
            log_item("template.added", NULL, item);
        } else if (!is_unchanged(old, item)) {
            log_item("template.changed", old, item);
        }
    }
}

static void log_gone(const struct template_set *before, const struct template_set *after)
{
    for (size_t i = 0; i < template_set_count(before); i++) {
        const struct template_item *old = template_set_get(before, i);

        if (template_set_find(after, old->name) == NULL) {
            log_event(LOG_INFO, "template.removed",
                      LOG_FIELDS(log_text("template", old->name)));
        }
    }
}

void template_log_news(const struct template_set *before,
                       const struct template_set *after)
{
    const char *problem = template_set_service_problem(after);
    const char *old = before == NULL ? NULL : template_set_service_problem(before);

    log_present(before, after);
    if (before != NULL) {
        log_gone(before, after);
    }
    if (problem != NULL && !is_same(problem, old)) {
        log_event(LOG_WARNING, "template.unpublished",
                  LOG_FIELDS(log_text("why", problem)));
    }
}
