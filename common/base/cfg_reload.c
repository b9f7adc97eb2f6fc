/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/cfg_parts.h"
#include "common/base/mem.h"

/* What is told, and the first thing that takes a restart. */
struct comparison {
    struct buf *changes;
    struct error first; /* ERROR_NONE: nothing */
};

__attribute__((format(printf, 2, 3))) static void refuse(struct comparison *c,
                                                         const char *fmt, ...)
{
    va_list args;

    if (c->first.code != ERROR_NONE) {
        return;
    }
    va_start(args, fmt);
    (void)error_set_va(&c->first, ERROR_INVALID, fmt, args);
    va_end(args);
}

static void compare_row(struct comparison *c, const struct cfg_row *row,
                        const char *section, const char *now, const char *next)
{
    AUTO(buf) before = BUF_EMPTY;
    AUTO(buf) after = BUF_EMPTY;

    cfg_value_print(row, now + row->offset, &before);
    cfg_value_print(row, next + row->offset, &after);
    if (bytes_equal(buf_bytes(&before), buf_bytes(&after))) {
        return;
    }
    buf_printf(c->changes, "[%s] %s: %s -> %s\n", section, row->key, buf_text(&before),
               buf_text(&after));
    if (!row->reloads) {
        refuse(c, "'%s' in [%s] changes only by a restart", row->key, section);
    }
}

static const char *item_at(const struct cfg_group *group, const struct cfg_list *list,
                           size_t i)
{
    return (const char *)list->items + i * group->item_size;
}

static const char *name_of(const char *item)
{
    const char *name = NULL;

    memcpy(&name, item, sizeof(name)); /* an item begins with it */
    return name;
}

static const char *find_item(const struct cfg_group *group, const struct cfg_list *list,
                             const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *item = item_at(group, list, i);

        if (strcmp(name_of(item), name) == 0) {
            return item;
        }
    }
    return NULL;
}

static bool all_reload(const struct cfg_group *group)
{
    for (size_t r = 0; r < group->row_count; r++) {
        if (!group->rows[r].reloads) {
            return false;
        }
    }
    return true;
}

/* One item as it was and as it will be; one of them may be NULL. */
static void compare_item(struct comparison *c, const struct cfg_group *group,
                         const char *now, const char *next)
{
    AUTO(string)
    section = mem_printf("%s %s", group->section, name_of(now != NULL ? now : next));

    if (now == NULL || next == NULL) {
        buf_printf(c->changes, "[%s]: %s\n", section, now == NULL ? "new" : "gone");
        if (!all_reload(group)) {
            refuse(c, "[%s] %s only by a restart", section,
                   now == NULL ? "comes" : "goes");
        }
        return;
    }
    for (size_t r = 0; r < group->row_count; r++) {
        compare_row(c, &group->rows[r], section, now, next);
    }
}

static void compare_group(struct comparison *c, const struct cfg_group *group,
                          const char *now, const char *next)
{
    struct cfg_list before = {NULL, 0};
    struct cfg_list after = {NULL, 0};

    memcpy(&before, now + group->offset, sizeof(before));
    memcpy(&after, next + group->offset, sizeof(after));
    for (size_t i = 0; i < before.count; i++) {
        const char *item = item_at(group, &before, i);

        compare_item(c, group, item, find_item(group, &after, name_of(item)));
    }
    for (size_t i = 0; i < after.count; i++) {
        const char *item = item_at(group, &after, i);

        if (find_item(group, &before, name_of(item)) == NULL) {
            compare_item(c, group, NULL, item);
        }
    }
}

bool cfg_check_reload(const struct cfg_table *table, const void *now, const void *next,
                      struct buf *changes, struct error *err)
{
    struct comparison c = {.changes = changes};

    for (size_t r = 0; r < table->row_count; r++) {
        compare_row(&c, &table->rows[r], table->rows[r].section, now, next);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        compare_group(&c, &table->groups[g], now, next);
    }
    if (c.first.code == ERROR_NONE) {
        return true;
    }
    *err = c.first;
    return false;
}
