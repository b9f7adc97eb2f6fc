/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_rate.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"

/* An account has one place of one row. Those with all their turns need none. */
enum { ROWS = 2048, PLACES = 4 };

struct place {
    unsigned char account[DIGEST_SHA256_SIZE];
    int64_t full_ns; /* when all turns are back, if no more are spent; past: it is free */
};

struct server_rate {
    const struct clock *clock;
    int64_t every_ns;
    int64_t burst_ns;     /* all turns; 0: no limit */
    pthread_mutex_t lock; /* of what follows */
    struct place places[ROWS][PLACES];
};

struct server_rate *server_rate_new(uint32_t burst, uint32_t every_s,
                                    const struct clock *clock)
{
    struct server_rate *rate = mem_new(sizeof(*rate));

    assert(burst <= SERVER_RATE_BURST_MAX && every_s >= 1 &&
           every_s <= SERVER_RATE_EVERY_MAX_S);
    rate->clock = clock;
    rate->every_ns = (int64_t)every_s * CLOCK_NS_PER_SECOND;
    rate->burst_ns = burst * rate->every_ns;
    (void)pthread_mutex_init(&rate->lock, NULL);
    return rate;
}

void server_rate_free(struct server_rate *rate)
{
    if (rate != NULL) {
        (void)pthread_mutex_destroy(&rate->lock);
        free(rate);
    }
}

static struct place *row_of(struct server_rate *rate, const unsigned char *account)
{
    return rate->places[(account[0] * 256U + account[1]) % ROWS];
}

/* The lock is held. The account's place, or NULL. */
static struct place *find(struct place *row, const unsigned char *account)
{
    for (size_t i = 0; i < PLACES; i++) {
        if (bytes_equal((struct bytes){row[i].account, DIGEST_SHA256_SIZE},
                        (struct bytes){account, DIGEST_SHA256_SIZE})) {
            return &row[i];
        }
    }
    return NULL;
}

/* The lock is held. Of whoever has spent least: who has none left keeps his place longest. */
static struct place *displace(struct place *row, const unsigned char *account)
{
    struct place *least = &row[0];

    for (size_t i = 1; i < PLACES; i++) {
        if (row[i].full_ns < least->full_ns) {
            least = &row[i];
        }
    }
    memcpy(least->account, account, sizeof(least->account));
    least->full_ns = 0;
    return least;
}

bool server_rate_take(struct server_rate *rate, const char *account, uint32_t *wait_s)
{
    unsigned char hash[DIGEST_SHA256_SIZE];
    int64_t now_ns = clock_boottime_ns(rate->clock);

    if (rate->burst_ns == 0) {
        return true;
    }
    digest_sha256(account, strlen(account), hash);
    (void)pthread_mutex_lock(&rate->lock);
    struct place *row = row_of(rate, hash);
    struct place *place = find(row, hash);
    int64_t full_ns = place != NULL && place->full_ns > now_ns ? place->full_ns : now_ns;
    int64_t missing_ns = full_ns + rate->every_ns - now_ns - rate->burst_ns;
    if (missing_ns <= 0) {
        place = place == NULL ? displace(row, hash) : place;
        place->full_ns = full_ns + rate->every_ns;
    }
    (void)pthread_mutex_unlock(&rate->lock);
    if (missing_ns > 0) {
        *wait_s =
            (uint32_t)((missing_ns + CLOCK_NS_PER_SECOND - 1) / CLOCK_NS_PER_SECOND);
    }
    return missing_ns <= 0;
}

void server_rate_give_back(struct server_rate *rate, const char *account)
{
    unsigned char hash[DIGEST_SHA256_SIZE];

    digest_sha256(account, strlen(account), hash);
    (void)pthread_mutex_lock(&rate->lock);
    struct place *place = find(row_of(rate, hash), hash);
    if (place != NULL) {
        place->full_ns -= rate->every_ns;
    }
    (void)pthread_mutex_unlock(&rate->lock);
}
