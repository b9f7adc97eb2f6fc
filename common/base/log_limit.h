/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_limit: how often an event that a peer can provoke is logged (a token bucket an event).
 *
 * Plain state without a lock: log owns the one that counts.
 */
#ifndef AE_COMMON_BASE_LOG_LIMIT_H
#define AE_COMMON_BASE_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOG_LIMIT_BURST = 10,   /* records at once */
    LOG_LIMIT_REFILL_S = 6, /* seconds until one more */
    LOG_LIMIT_EVENTS = 32,  /* kinds of events; further ones share one bucket */
};

struct log_bucket {
    const char *event; /* borrowed: a literal; NULL in the shared bucket */
    int level;
    int64_t credit_ns; /* time saved up, at most what a burst costs */
    int64_t last_ns;
    uint64_t suppressed;
};

struct log_limit {
    struct log_bucket buckets[LOG_LIMIT_EVENTS + 1]; /* the last one is shared */
    size_t used;
};

/*
 * Whether a record of this event may go out now. When it may, *suppressed is how many before it
 * did not and were not told yet.
 * now_ns  boot time
 */
bool log_limit_allows(struct log_limit *limit, int level, const char *event,
                      int64_t now_ns, uint64_t *suppressed);

/* The next event with records not told yet, which counts as telling them; false at the end. */
bool log_limit_report(struct log_limit *limit, struct log_bucket *told);

#endif
