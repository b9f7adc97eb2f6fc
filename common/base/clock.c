/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/clock.h"

#include <stdlib.h>
#include <time.h>

enum {
    MARK_TRIES = 8,
    MARK_SPAN_NS = 100 * 1000, /* two readings this close count as one moment */
};

static int64_t read_kernel(clockid_t id)
{
    struct timespec now = {0};

    if (clock_gettime(id, &now) != 0) {
        abort(); /* cannot fail for a clock that exists */
    }
    return (int64_t)now.tv_sec * CLOCK_NS_PER_SECOND + now.tv_nsec;
}

static int64_t system_now_ns(void *ctx)
{
    (void)ctx;
    return read_kernel(CLOCK_REALTIME);
}

static int64_t system_boottime_ns(void *ctx)
{
    (void)ctx;
    return read_kernel(CLOCK_BOOTTIME);
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {system_now_ns, system_boottime_ns, NULL};

    return &system_clock;
}

int64_t clock_now_ns(const struct clock *clock)
{
    return clock->now_ns(clock->ctx);
}

int64_t clock_now_utc(const struct clock *clock)
{
    int64_t now_ns = clock_now_ns(clock);
    int64_t seconds = now_ns / CLOCK_NS_PER_SECOND;

    return now_ns % CLOCK_NS_PER_SECOND < 0 ? seconds - 1 : seconds;
}

int64_t clock_boottime_ns(const struct clock *clock)
{
    return clock->boottime_ns(clock->ctx);
}

struct clock_mark clock_mark_now(const struct clock *clock)
{
    struct clock_mark best = {0, 0};
    int64_t best_span = INT64_MAX;

    for (int i = 0; i < MARK_TRIES && best_span > MARK_SPAN_NS; i++) {
        int64_t before = clock_boottime_ns(clock);
        int64_t now = clock_now_ns(clock);
        int64_t span = clock_boottime_ns(clock) - before;

        if (span < best_span) {
            best = (struct clock_mark){now, before + span / 2};
            best_span = span;
        }
    }
    return best;
}

/* a - b, at the end of the range instead of beyond it. */
static int64_t difference(int64_t a, int64_t b)
{
    int64_t result = 0;

    if (__builtin_sub_overflow(a, b, &result)) {
        return a < b ? INT64_MIN : INT64_MAX;
    }
    return result;
}

int64_t clock_jump_ns(struct clock_mark from, struct clock_mark to)
{
    return difference(difference(to.now_ns, from.now_ns),
                      difference(to.boottime_ns, from.boottime_ns));
}

bool clock_has_jumped(struct clock_mark from, struct clock_mark to, int64_t tolerance_ns)
{
    int64_t jump = clock_jump_ns(from, to);

    return jump > tolerance_ns || jump < -tolerance_ns;
}
