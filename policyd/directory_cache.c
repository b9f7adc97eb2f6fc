/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/directory_record.h"

/* An account may have two places: by its name, and by its id. */
enum { SHELVES = 256, PLACES = 8 };

struct place {
    char *key; /* NULL: empty */
    char *version;
    int64_t started_ns;
    const struct directory_account *account;
};

struct directory_cache {
    const struct clock *clock;
    int64_t ttl_ns;
    pthread_mutex_t lock;
    struct place shelves[SHELVES][PLACES];
};

static void empty(struct place *place)
{
    free(place->key);
    free(place->version);
    directory_account_unref(place->account);
    *place = (struct place){.key = NULL};
}

/* FNV-1a: spreads names; nothing rests on its not being guessed but who displaces whom. */
static struct place *shelf_of(struct directory_cache *cache, const char *key)
{
    uint32_t hash = UINT32_C(2166136261);

    for (const char *at = key; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT32_C(16777619);
    }
    return cache->shelves[hash % SHELVES];
}

static bool holds(const struct place *place, const char *key)
{
    return place->key != NULL && strcmp(place->key, key) == 0;
}

/* Where the key is, or may be put: its own place, else an empty one, else that of the oldest. */
static struct place *place_of(struct directory_cache *cache, const char *key)
{
    struct place *shelf = shelf_of(cache, key);
    struct place *best = &shelf[0];

    for (size_t i = 0; i < PLACES && !holds(best, key); i++) {
        struct place *place = &shelf[i];

        if (holds(place, key) ||
            (best->key != NULL &&
             (place->key == NULL || place->started_ns < best->started_ns))) {
            best = place;
        }
    }
    return best;
}

struct directory_cache *directory_cache_new(const struct clock *clock, uint32_t ttl_s)
{
    struct directory_cache *cache = mem_new(sizeof(*cache));

    cache->clock = clock;
    cache->ttl_ns = (int64_t)ttl_s * CLOCK_NS_PER_SECOND;
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void directory_cache_free(struct directory_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < SHELVES; i++) {
        for (size_t k = 0; k < PLACES; k++) {
            empty(&cache->shelves[i][k]);
        }
    }
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static bool is_good(const struct directory_cache *cache, const struct place *place,
                    const char *key, const char *version)
{
    return holds(place, key) && strcmp(place->version, version) == 0 &&
           clock_boottime_ns(cache->clock) - place->started_ns < cache->ttl_ns;
}

const struct directory_account *directory_cache_get(struct directory_cache *cache,
                                                    const char *key, const char *version,
                                                    int64_t *started_ns)
{
    const struct directory_account *account = NULL;

    (void)pthread_mutex_lock(&cache->lock);
    struct place *place = place_of(cache, key);
    if (is_good(cache, place, key, version)) {
        account = directory_account_ref(place->account);
        *started_ns = place->started_ns;
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return account;
}

void directory_cache_put(struct directory_cache *cache, const char *key,
                         const char *version, int64_t started_ns,
                         const struct directory_account *account)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct place *place = place_of(cache, key);
    empty(place);
    *place = (struct place){mem_strdup(key), mem_strdup(version), started_ns,
                            directory_account_ref(account)};
    (void)pthread_mutex_unlock(&cache->lock);
}
