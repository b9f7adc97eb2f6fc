/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name_store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct name_block {
    struct name_block *next;
    max_align_t data[];
};

void name_store_clear(struct name_store *store)
{
    while (store->blocks != NULL) {
        struct name_block *block = store->blocks;

        store->blocks = block->next;
        free(block);
    }
}

void *name_store_new(struct name_store *store, size_t size)
{
    struct name_block *block = mem_new(sizeof(*block) + size);

    block->next = store->blocks;
    store->blocks = block;
    return block->data;
}

char *name_store_copy(struct name_store *store, const void *data, size_t len)
{
    char *copy = name_store_new(store, len + 1);

    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}
