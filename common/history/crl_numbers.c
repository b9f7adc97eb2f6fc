/* SPDX-License-Identifier: Apache-2.0 */
#include "common/history/crl_numbers.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void crl_numbers_clear(struct crl_numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        free(numbers->names[i]);
    }
    free(numbers->items);
    free(numbers->names);
    *numbers = (struct crl_numbers){.count = 0};
}

static struct crl_number *find(const struct crl_numbers *numbers,
                               const struct crl_number *scope)
{
    for (size_t i = 0; i < numbers->count; i++) {
        struct crl_number *item = &numbers->items[i];

        if (item->generation == scope->generation && item->shard == scope->shard &&
            strcmp(item->ca, scope->ca) == 0) {
            return item;
        }
    }
    return NULL;
}

bool crl_numbers_check(const struct crl_numbers *numbers, const struct crl_number *wanted,
                       struct error *err)
{
    const struct crl_number *last = find(numbers, wanted);

    if (last == NULL) {
        return numbers->count < CRL_NUMBERS_MAX ||
               error_set(err, ERROR_DENIED,
                         "there are %d CRLs already, and no room for '%s-%u-%u'",
                         CRL_NUMBERS_MAX, wanted->ca, wanted->generation, wanted->shard);
    }
    return wanted->number > last->number ||
           error_set(err, ERROR_CONFLICT,
                     "number %llu is not above %llu, the last one of the CRL '%s-%u-%u'",
                     (unsigned long long)wanted->number, (unsigned long long)last->number,
                     wanted->ca, wanted->generation, wanted->shard);
}

static void grow(struct crl_numbers *numbers)
{
    size_t count = numbers->count;

    if (count < numbers->room) {
        return;
    }
    numbers->room = count * 2 + 4;
    struct crl_number *items = mem_array(numbers->room, sizeof(*items));
    char **names = mem_array(numbers->room, sizeof(*names));
    if (count > 0) {
        memcpy(items, numbers->items, count * sizeof(*items));
        memcpy(names, numbers->names, count * sizeof(*names));
    }
    free(numbers->items);
    free(numbers->names);
    numbers->items = items;
    numbers->names = names;
}

void crl_numbers_note(struct crl_numbers *numbers, const struct crl_number *used)
{
    struct crl_number *last = find(numbers, used);

    if (last == NULL && numbers->count < CRL_NUMBERS_MAX) {
        grow(numbers);
        char *name = mem_strdup(used->ca);

        numbers->names[numbers->count] = name;
        last = &numbers->items[numbers->count++];
        *last = (struct crl_number){name, used->generation, used->shard, 0};
    }
    if (last != NULL && last->number < used->number) {
        last->number = used->number;
    }
}
