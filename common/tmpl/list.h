/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: texts that belong together: OIDs, names. Whoever holds the list owns the texts.
 */
#ifndef AE_COMMON_TMPL_LIST_H
#define AE_COMMON_TMPL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"

struct tmpl_list {
    char **items;
    size_t count;
};

#define TMPL_LIST_EMPTY ((struct tmpl_list){NULL, 0})

void tmpl_list_add(struct tmpl_list *list, const char *text); /* a copy, at the end */
void tmpl_list_sort(struct tmpl_list *list);                  /* by octets */
bool tmpl_list_has(const struct tmpl_list *list, const char *text);
bool tmpl_list_equal(const struct tmpl_list *a, const struct tmpl_list *b);
void tmpl_list_clear(struct tmpl_list *list);
CLEANUP_DEFINE_VALUE(tmpl_list, struct tmpl_list, tmpl_list_clear);

#endif
