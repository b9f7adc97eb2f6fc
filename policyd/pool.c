/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/pool.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { STACK_SIZE = 256 * 1024, THREADS_MAX = 1024 };

struct entry {
    pool_task *task;
    void *ctx;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    sem_t woken;         /* there is a task, or the pool ends */
    struct entry task;   /* handed over while it was idle */
    struct worker *next; /* in the list of idle ones */
};

struct pool {
    pthread_mutex_t lock;
    struct worker *idle; /* who came to rest last is the first to be woken */
    struct entry *queue; /* a ring of queue_max entries */
    size_t queue_max;
    size_t head, waiting; /* waiting: only while nobody is idle */
    bool ending;
    unsigned int threads;
    struct worker workers[];
};

/* The lock is held. */
static struct entry take_first(struct pool *p)
{
    struct entry first = p->queue[p->head];

    p->head = (p->head + 1) % p->queue_max;
    p->waiting--;
    return first;
}

/* No task: the pool ends and nothing waits any more. */
static struct entry next_entry(struct worker *w)
{
    struct pool *p = w->pool;
    struct entry next = {NULL, NULL};

    (void)pthread_mutex_lock(&p->lock);
    bool found = p->waiting > 0;
    bool rest = !found && !p->ending;
    if (found) {
        next = take_first(p);
    }
    if (rest) {
        w->next = p->idle;
        p->idle = w;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (!rest) {
        return next;
    }
    while (sem_wait(&w->woken) != 0) { /* interrupted */
    }
    return w->task;
}

static void *run(void *arg)
{
    struct worker *w = arg;

    for (;;) {
        struct entry entry = next_entry(w);

        if (entry.task == NULL) {
            return NULL;
        }
        entry.task(entry.ctx);
    }
}

static int start_worker(struct pool *p, const pthread_attr_t *attributes)
{
    struct worker *w = &p->workers[p->threads];

    w->pool = p;
    (void)sem_init(&w->woken, 0, 0);
    int failed = pthread_create(&w->thread, attributes, run, w);
    if (failed != 0) {
        (void)sem_destroy(&w->woken);
    }
    return failed;
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
        failed = start_worker(p, &attributes);
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
    AUTO(pool) p = mem_new(sizeof(*p) + options->threads * sizeof(p->workers[0]));

    (void)pthread_mutex_init(&p->lock, NULL);
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
    for (struct worker *w = p->idle; w != NULL; w = w->next) {
        w->task = (struct entry){NULL, NULL};
        (void)sem_post(&w->woken);
    }
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned int i = 0; i < p->threads; i++) {
        (void)pthread_join(p->workers[i].thread, NULL);
        (void)sem_destroy(&p->workers[i].woken);
    }
    (void)pthread_mutex_destroy(&p->lock);
    free(p->queue);
    free(p);
}

bool pool_submit(struct pool *p, pool_task *task, void *ctx)
{
    const struct entry entry = {task, ctx};

    (void)pthread_mutex_lock(&p->lock);
    struct worker *idle = p->ending ? NULL : p->idle;
    bool queued = idle == NULL && p->waiting < p->queue_max && !p->ending;
    if (idle != NULL) {
        p->idle = idle->next;
        idle->task = entry;
    }
    if (queued) {
        p->queue[(p->head + p->waiting) % p->queue_max] = entry;
        p->waiting++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (idle != NULL) {
        (void)sem_post(&idle->woken); /* nobody else can wake it: it is in no list */
    }
    return idle != NULL || queued;
}
