/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_clock.h"

static int64_t now_ns(void *ctx)
{
    const struct fake_clock *fake = ctx;

    return fake->now_ns;
}

static int64_t boottime_ns(void *ctx)
{
    const struct fake_clock *fake = ctx;

    return fake->boottime_ns;
}

struct clock fake_clock_port(struct fake_clock *fake)
{
    return (struct clock){now_ns, boottime_ns, fake};
}

void fake_clock_advance(struct fake_clock *fake, int64_t seconds)
{
    fake->now_ns += seconds * CLOCK_NS_PER_SECOND;
    fake->boottime_ns += seconds * CLOCK_NS_PER_SECOND;
}

void fake_clock_set(struct fake_clock *fake, int64_t utc)
{
    fake->now_ns = utc * CLOCK_NS_PER_SECOND;
}
