/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/list.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void tmpl_list_add(struct tmpl_list *list, const char *text)
{
    list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = mem_strdup(text);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void tmpl_list_sort(struct tmpl_list *list)
{
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof(*list->items), compare_texts);
    }
}

bool tmpl_list_has(const struct tmpl_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

bool tmpl_list_equal(const struct tmpl_list *a, const struct tmpl_list *b)
{
    bool equal = a->count == b->count;

    for (size_t i = 0; equal && i < a->count; i++) {
        equal = strcmp(a->items[i], b->items[i]) == 0;
    }
    return equal;
}

void tmpl_list_clear(struct tmpl_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = TMPL_LIST_EMPTY;
}
