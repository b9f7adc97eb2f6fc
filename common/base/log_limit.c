/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log_limit.h"

#include <string.h>

static const int64_t refill_ns = LOG_LIMIT_REFILL_S * INT64_C(1000000000);
static const int64_t burst_ns =
    LOG_LIMIT_REFILL_S * INT64_C(1000000000) * LOG_LIMIT_BURST;

static struct log_bucket *find_bucket(struct log_limit *limit, const char *event,
                                      int64_t now_ns)
{
    for (size_t i = 0; i < limit->used; i++) {
        if (limit->buckets[i].event != NULL &&
            strcmp(limit->buckets[i].event, event) == 0) {
            return &limit->buckets[i];
        }
    }
    struct log_bucket *last = &limit->buckets[LOG_LIMIT_EVENTS];
    if (limit->used > LOG_LIMIT_EVENTS) {
        return last;
    }
    struct log_bucket *fresh = &limit->buckets[limit->used++];
    *fresh = (struct log_bucket){
        .event = fresh == last ? NULL : event, .credit_ns = burst_ns, .last_ns = now_ns};
    return fresh;
}

bool log_limit_allows(struct log_limit *limit, int level, const char *event,
                      int64_t now_ns, uint64_t *suppressed)
{
    struct log_bucket *bucket = find_bucket(limit, event, now_ns);
    int64_t waited = now_ns - bucket->last_ns;

    if (waited > 0) {
        int64_t room = burst_ns - bucket->credit_ns;
        bucket->credit_ns += waited < room ? waited : room;
        bucket->last_ns = now_ns;
    }
    bucket->level = level;
    if (bucket->credit_ns < refill_ns) {
        bucket->suppressed++;
        return false;
    }
    bucket->credit_ns -= refill_ns;
    *suppressed = bucket->suppressed;
    bucket->suppressed = 0;
    return true;
}

bool log_limit_report(struct log_limit *limit, struct log_bucket *told)
{
    for (size_t i = 0; i < limit->used; i++) {
        if (limit->buckets[i].suppressed > 0) {
            *told = limit->buckets[i];
            limit->buckets[i].suppressed = 0;
            return true;
        }
    }
    return false;
}
