/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_store: owns what parsers of names and extensions make; one store may serve many.
 *
 *     AUTO(name_store) store = NAME_STORE_EMPTY;
 *     if (!name_parse_dn(der, &store, &dn, err)) { ... }    dn lives as long as the store
 *
 * What a failed parser left behind goes with the rest.
 */
#ifndef AE_COMMON_PKI_NAME_STORE_H
#define AE_COMMON_PKI_NAME_STORE_H

#include <stddef.h>

#include "common/base/cleanup.h"

struct name_store {
    struct name_block *blocks;
};
#define NAME_STORE_EMPTY ((struct name_store){NULL})

/* Frees all of it; the store is empty and usable afterwards. */
void name_store_clear(struct name_store *store);
CLEANUP_DEFINE_VALUE(name_store, struct name_store, name_store_clear);

/* Zeroed memory; never NULL; size was bounded by the caller. */
void *name_store_new(struct name_store *store, size_t size);
/* A copy with a NUL behind it. */
char *name_store_copy(struct name_store *store, const void *data, size_t len);

#endif
