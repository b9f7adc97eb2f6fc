/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_deadline: moments of CLOCK_MONOTONIC, in nanoseconds: waiting is not wall time.
 */
#ifndef AE_COMMON_LDAP_DAP_DEADLINE_H
#define AE_COMMON_LDAP_DAP_DEADLINE_H

#include <stdint.h>
#include <time.h>

#define DAP_NS_PER_MS INT64_C(1000000)

static inline int64_t dap_monotonic_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * DAP_NS_PER_MS + now.tv_nsec;
}

static inline int64_t dap_deadline_in(uint32_t ms)
{
    return dap_monotonic_ns() + ms * DAP_NS_PER_MS;
}

static inline struct timespec dap_deadline_timespec(int64_t ns)
{
    return (struct timespec){(time_t)(ns / (1000 * DAP_NS_PER_MS)),
                             (long)(ns % (1000 * DAP_NS_PER_MS))};
}

#endif
