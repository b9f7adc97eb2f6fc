/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/rate.h"

#include <string.h>

enum { MINUTE_S = 60 };

static void advance(struct rate *rate, int64_t now_utc)
{
    int64_t minute = now_utc / MINUTE_S;

    if (minute - rate->newest >= RATE_MINUTES) {
        memset(rate->counts, 0, sizeof(rate->counts));
        rate->newest = minute;
    }
    while (rate->newest < minute) {
        rate->newest++;
        rate->counts[rate->newest % RATE_MINUTES] = 0;
    }
}

uint64_t rate_count(struct rate *rate, int64_t now_utc)
{
    uint64_t sum = 0;

    advance(rate, now_utc);
    for (size_t i = 0; i < RATE_MINUTES; i++) {
        sum += rate->counts[i];
    }
    return sum;
}

void rate_add(struct rate *rate, int64_t now_utc)
{
    advance(rate, now_utc);
    rate->counts[rate->newest % RATE_MINUTES]++;
}

uint32_t rate_wait_s(struct rate *rate, int64_t now_utc)
{
    advance(rate, now_utc);
    int64_t minute = rate->newest > RATE_MINUTES ? rate->newest - RATE_MINUTES + 1 : 0;

    while (minute < rate->newest && rate->counts[minute % RATE_MINUTES] == 0) {
        minute++;
    }
    int64_t wait = (minute + RATE_MINUTES) * MINUTE_S - now_utc;
    return wait > 0 && wait <= (int64_t)RATE_MINUTES * MINUTE_S ? (uint32_t)wait : 1;
}
