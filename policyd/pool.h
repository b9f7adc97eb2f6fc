/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: a fixed number of small threads that do what may wait, so that event threads never do.
 */
#ifndef AE_POLICYD_POOL_H
#define AE_POLICYD_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct pool;

struct pool_options {
    unsigned int threads; /* 1..1024 */
    size_t queue_max;     /* tasks waiting for a thread; more are refused */
};

/* Runs on one of the pool's threads. */
typedef void pool_task(void *ctx);

/*
 * out     owned by the caller: pool_free()
 * errors  ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool pool_new(const struct pool_options *options, struct pool **out,
                            struct error *err);

/* Wait for all accepted tasks, then end the threads. Accepts NULL. */
void pool_free(struct pool *p);
CLEANUP_DEFINE(pool, struct pool *, pool_free);

/* Queue a task; false when the queue is full: ctx is the caller's still. */
bool pool_submit(struct pool *p, pool_task *task, void *ctx);

#endif
