/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_clock: a clock that stands still until the test moves it.
 */
#ifndef AE_TESTS_SUPPORT_FAKE_CLOCK_H
#define AE_TESTS_SUPPORT_FAKE_CLOCK_H

#include "common/base/clock.h"

struct fake_clock {
    int64_t now_ns;
    int64_t boottime_ns;
};

/* The port; works as long as fake lives. */
struct clock fake_clock_port(struct fake_clock *fake);

/* Time passes: both clocks move. */
void fake_clock_advance(struct fake_clock *fake, int64_t seconds);

/* Somebody sets the wall clock. */
void fake_clock_set(struct fake_clock *fake, int64_t utc);

#endif
