/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/period.h"

static const int64_t units_per_second = 10000000;

bool period_parse(struct bytes octets, int64_t *seconds, struct error *err)
{
    uint64_t raw = 0;

    if (octets.len != PERIOD_LEN) {
        return error_set(err, ERROR_INVALID, "a period has %d octets, this one has %zu",
                         PERIOD_LEN, octets.len);
    }
    for (size_t i = PERIOD_LEN; i > 0; i--) {
        raw = raw << 8 | octets.data[i - 1];
    }
    int64_t units = (int64_t)raw;
    if (units >= 0 || units == INT64_MIN) {
        return error_set(
            err, ERROR_INVALID,
            "a period is a negative number of 100 ns units, this one is %lld",
            (long long)units);
    }
    if (-units < units_per_second) {
        return error_set(err, ERROR_INVALID,
                         "a period of %lld units of 100 ns is below one second",
                         (long long)-units);
    }
    *seconds = -units / units_per_second;
    return true;
}
