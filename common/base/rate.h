/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: how many there were in the last hour, counted by minutes.
 *
 * What was counted is forgotten 60 to 61 minutes later, never earlier. A clock that was set back
 * counts into the newest minute, so that it gives nothing back.
 */
#ifndef AE_COMMON_BASE_RATE_H
#define AE_COMMON_BASE_RATE_H

#include <stdint.h>

enum { RATE_MINUTES = 61 }; /* the hour before, and the minute that has begun */

struct rate {       /* all zero: nothing was counted */
    int64_t newest; /* minute since the epoch */
    uint32_t counts[RATE_MINUTES];
};

/* now_utc: 0.. */
uint64_t rate_count(struct rate *rate, int64_t now_utc);
void rate_add(struct rate *rate, int64_t now_utc);

/* Seconds until something is forgotten, 1..3660. */
uint32_t rate_wait_s(struct rate *rate, int64_t now_utc);

#endif
