/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { STACK_SIZE = 256 * 1024, THREADS_MAX = 1024 };

struct entry {
    pool_task *task;
    void *ctx;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct entry *queue; /* a ring of queue_max entries */
    size_t queue_max;
    size_t head, waiting;
    bool ending;
    unsigned int threads;
    pthread_t thread[];
};

/* False when the pool ends and nothing waits any more. */
static bool next_entry(struct pool *p, struct entry *out)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->waiting == 0 && !p->ending) {
        (void)pthread_cond_wait(&p->wake, &p->lock);
    }
    bool found = p->waiting > 0;
    if (found) {
        *out = p->queue[p->head];
        p->head = (p->head + 1) % p->queue_max;
        p->waiting--;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return found;
}

static void *run(void *arg)
{
    struct pool *p = arg;
    struct entry entry;

    while (next_entry(p, &entry)) {
        entry.task(entry.ctx);
    }
    return NULL;
}

/* Signals belong to the main thread: a new thread inherits the mask of its maker. */
static bool start_threads(struct pool *p, unsigned int wanted, struct error *err)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    int failed = pthread_attr_init(&attributes);

    assert(failed == 0);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    while (p->threads < wanted && failed == 0) {
        failed = pthread_create(&p->thread[p->threads], &attributes, run, p);
        p->threads += failed == 0;
    }
    (void)pthread_attr_destroy(&attributes);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ||
           error_set(err, ERROR_UNAVAILABLE, "starting worker thread %u: %s",
                     p->threads + 1, strerror(failed));
}

bool pool_new(const struct pool_options *options, struct pool **out, struct error *err)
{
    assert(options->threads > 0 && options->threads <= THREADS_MAX &&
           options->queue_max > 0);
    AUTO(pool) p = mem_new(sizeof(*p) + options->threads * sizeof(p->thread[0]));

    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->wake, NULL);
    p->queue_max = options->queue_max;
    p->queue = mem_array(p->queue_max, sizeof(*p->queue));
    if (!start_threads(p, options->threads, err)) {
        return false;
    }
    *out = TAKE(p);
    return true;
}

void pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    p->ending = true;
    (void)pthread_cond_broadcast(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned int i = 0; i < p->threads; i++) {
        (void)pthread_join(p->thread[i], NULL);
    }
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    free(p->queue);
    free(p);
}

bool pool_submit(struct pool *p, pool_task *task, void *ctx)
{
    (void)pthread_mutex_lock(&p->lock);
    bool accepted = p->waiting < p->queue_max && !p->ending;
    if (accepted) {
        p->queue[(p->head + p->waiting) % p->queue_max] = (struct entry){task, ctx};
        p->waiting++;
        (void)pthread_cond_signal(&p->wake);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return accepted;
}
