/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_cache: accounts of the last seconds. A fixed number of places: a newcomer takes the
 * place of the oldest of eight. Any thread.
 */
#ifndef AE_POLICYD_DIRECTORY_CACHE_H
#define AE_POLICYD_DIRECTORY_CACHE_H

#include "policyd/directory.h"

struct directory_cache;

struct directory_cache *directory_cache_new(const struct clock *clock, uint32_t ttl_s);
void directory_cache_free(struct directory_cache *cache); /* accepts NULL */

/*
 * version  what the directory says of its state now; "": it says nothing
 * result   NULL, or to be given back: an account of the same key and version, no older than
 *          the cache's time
 * started_ns  as it was put; untouched where there is none
 */
const struct directory_account *directory_cache_get(struct directory_cache *cache,
                                                    const char *key, const char *version,
                                                    int64_t *started_ns);

/* started_ns: of CLOCK_BOOTTIME, before the directory was first asked. */
void directory_cache_put(struct directory_cache *cache, const char *key,
                         const char *version, int64_t started_ns,
                         const struct directory_account *account);

#endif
