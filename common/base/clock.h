/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the one door to time. Who needs to know it gets a port from main; tests pass a fake.
 *
 * Wall time is UTC, nanoseconds since the epoch where not said otherwise (int64_t: to 2262).
 */
#ifndef AE_COMMON_BASE_CLOCK_H
#define AE_COMMON_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_NS_PER_SECOND = 1000000000 };

struct clock {
    int64_t (*now_ns)(void *ctx); /* CLOCK_REALTIME */
    int64_t (*boottime_ns)(
        void *ctx); /* CLOCK_BOOTTIME: never set, counts suspended time */
    void *ctx;
};

/* The kernel's clocks; needs nothing but clock_gettime(). */
const struct clock *clock_system(void);

int64_t clock_now_ns(const struct clock *clock);
int64_t clock_now_utc(const struct clock *clock); /* whole seconds, rounded down */
int64_t clock_boottime_ns(const struct clock *clock);

/* Both clocks at one moment. */
struct clock_mark {
    int64_t now_ns;
    int64_t boottime_ns;
};

/* Read again, a few times, when something came between the readings. */
struct clock_mark clock_mark_now(const struct clock *clock);

/*
 * How far wall time was set between two marks: nanoseconds, positive when it was set forward.
 * Both clocks are slewed alike, so that only steps show. Compare with the mark of the start and
 * not with the last one: small steps add up. A leap second is a step of one second.
 */
int64_t clock_jump_ns(struct clock_mark from, struct clock_mark to);
bool clock_has_jumped(struct clock_mark from, struct clock_mark to, int64_t tolerance_ns);

#endif
