/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_commit.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "common/base/mem.h"

enum { YIELDS_MIN = 2, YIELDS_MAX = 8 };

struct counts {
    uint64_t operations;
    uint64_t commits;
    uint64_t synced;
    uint64_t failures;
    uint64_t batch_largest;
};

struct ledger_committer {
    struct ledger_store store;
    pthread_t thread;
    pthread_mutex_t lock;  /* of all that follows */
    pthread_cond_t work;   /* something is queued, or it is time to end */
    pthread_cond_t paused; /* no batch is being written */
    struct ledger_op *head;
    struct ledger_op **tail;
    size_t queued;
    unsigned int pauses; /* how many ask for one */
    bool writing;
    bool stopping;
    bool giving_up; /* stopping, and a write has failed: try no more */
    struct counts counts;
    void (*completed)(void *ctx); /* changed during a pause only */
    void *completed_ctx;
};

/* The operations of one transaction: those whose answer needs no sync first, each kind in the
 * order they were queued. So none of them sees what is not synced yet. */
struct batch {
    struct ledger_op *ops[LEDGER_COMMIT_BATCH_MAX];
    size_t quick; /* need no sync */
    size_t count;
};

static void complete(struct ledger_op *op, bool ok, const struct error *why)
{
    op->ok = ok;
    if (!ok && why != &op->error) {
        op->error = *why;
    }
    if (!ok) {
        ledger_op_clear(op); /* what it found out before it failed */
    }
    op->done(op);
}

/* The lock is held. */
static void take(struct ledger_committer *c, struct batch *batch)
{
    struct ledger_op *synced[LEDGER_COMMIT_BATCH_MAX];
    size_t count = 0;

    batch->quick = 0;
    while (c->head != NULL && batch->quick + count < LEDGER_COMMIT_BATCH_MAX) {
        struct ledger_op *op = c->head;

        c->head = op->next;
        op->next = NULL;
        if (ledger_op_is_durable(op->kind)) {
            synced[count++] = op;
        } else {
            batch->ops[batch->quick++] = op;
        }
    }
    batch->count = batch->quick;
    for (size_t i = 0; i < count; i++) {
        batch->ops[batch->count++] = synced[i];
    }
    if (c->head == NULL) {
        c->tail = &c->head;
    }
    c->queued -= batch->count;
}

static void count_write(struct ledger_committer *c, size_t operations, bool ok)
{
    (void)pthread_mutex_lock(&c->lock);
    c->counts.operations += operations;
    c->counts.commits += ok ? 1 : 0;
    c->counts.failures += ok ? 0 : 1;
    if (operations > c->counts.batch_largest) {
        c->counts.batch_largest = operations;
    }
    c->giving_up = c->giving_up || (!ok && c->stopping);
    (void)pthread_mutex_unlock(&c->lock);
}

static void count_sync(struct ledger_committer *c, bool ok)
{
    (void)pthread_mutex_lock(&c->lock);
    c->counts.synced += ok ? 1 : 0;
    c->counts.failures += ok ? 0 : 1;
    c->giving_up = c->giving_up || (!ok && c->stopping);
    (void)pthread_mutex_unlock(&c->lock);
}

static void complete_all(struct ledger_committer *c, struct ledger_op *const *ops,
                         size_t count, bool ok, const struct error *why)
{
    for (size_t i = 0; i < count; i++) {
        struct ledger_op *op = ops[i];

        complete(op, ok && op->ok, ok ? &op->error : why);
    }
    if (count > 0 && c->completed != NULL) {
        c->completed(c->completed_ctx);
    }
}

static void write_batch(struct ledger_committer *c, const struct batch *batch, bool try)
{
    const struct ledger_store_methods *store = c->store.methods;
    struct error why;
    bool ok = false;

    if (try) {
        ok = store->write(c->store.ctx, batch->ops, batch->count, &why);
        count_write(c, batch->count, ok);
    } else {
        (void)error_set(&why, ERROR_UNAVAILABLE, "the ledger is closing");
    }
    complete_all(c, batch->ops, batch->quick, ok, &why);
    if (ok && batch->count > batch->quick) {
        ok = store->sync(c->store.ctx, &why);
        count_sync(c, ok);
    }
    complete_all(c, batch->ops + batch->quick, batch->count - batch->quick, ok, &why);
}

/* The lock is held; false when the thread shall end. */
static bool wait_for_work(struct ledger_committer *c)
{
    while (c->pauses > 0 || (c->head == NULL && !c->stopping)) {
        (void)pthread_cond_wait(&c->work, &c->lock);
    }
    return c->head != NULL;
}

/* The lock is held. A transaction costs nearly the same whether it has one operation or twenty: on a
 * busy machine, those who are about to hand one in go first, as long as more of them come. With nobody
 * waiting for a processor it takes no time. */
static void let_others_add(struct ledger_committer *c)
{
    size_t before = 0;

    for (int i = 0; i < YIELDS_MAX && (i < YIELDS_MIN || c->queued > before); i++) {
        before = c->queued;
        (void)pthread_mutex_unlock(&c->lock);
        (void)sched_yield();
        (void)pthread_mutex_lock(&c->lock);
    }
    while (c->pauses > 0) { /* asked for meanwhile */
        (void)pthread_cond_wait(&c->work, &c->lock);
    }
}

static void *commit_loop(void *arg)
{
    struct ledger_committer *c = arg;

    (void)pthread_mutex_lock(&c->lock);
    while (wait_for_work(c)) {
        struct batch batch;

        let_others_add(c);
        take(c, &batch);
        bool try = !c->giving_up;
        c->writing = true;
        (void)pthread_mutex_unlock(&c->lock);

        write_batch(c, &batch, try);
        c->store.methods->rest(c->store.ctx);

        (void)pthread_mutex_lock(&c->lock);
        c->writing = false;
        (void)pthread_cond_broadcast(&c->paused);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct ledger_committer *ledger_committer_new(const struct ledger_store *store)
{
    struct ledger_committer *c = mem_new(sizeof(*c));

    c->store = *store;
    c->tail = &c->head;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->work, NULL);
    (void)pthread_cond_init(&c->paused, NULL);
    int failed = pthread_create(&c->thread, NULL, commit_loop, c);
    assert(failed == 0); /* no thread is no memory */
    (void)failed;
    return c;
}

void ledger_committer_free(struct ledger_committer *committer)
{
    if (committer == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&committer->lock);
    committer->stopping = true;
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->lock);
    (void)pthread_join(committer->thread, NULL);
    (void)pthread_cond_destroy(&committer->paused);
    (void)pthread_cond_destroy(&committer->work);
    (void)pthread_mutex_destroy(&committer->lock);
    free(committer);
}

/* The lock is held. */
static bool enqueue(struct ledger_committer *c, struct ledger_op *op, struct error *err)
{
    if (c->stopping) {
        return error_set(err, ERROR_UNAVAILABLE, "the ledger is closing");
    }
    if (c->queued >= LEDGER_COMMIT_QUEUE_MAX) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "%d operations wait for the ledger already",
                         LEDGER_COMMIT_QUEUE_MAX);
    }
    op->next = NULL;
    *c->tail = op;
    c->tail = &op->next;
    c->queued++;
    return true;
}

/* Completes those that are no operation at all; the others come out as a chain. */
static struct ledger_op *check_all(struct ledger_op *const *ops, size_t count)
{
    struct ledger_op *first = NULL;
    struct ledger_op **tail = &first;

    for (size_t i = 0; i < count; i++) {
        struct error why;

        if (!ledger_op_check(ops[i], &why)) {
            complete(ops[i], false, &why);
            continue;
        }
        ops[i]->next = NULL;
        *tail = ops[i];
        tail = &ops[i]->next;
    }
    return first;
}

void ledger_committer_submit(struct ledger_committer *committer,
                             struct ledger_op *const *ops, size_t count)
{
    struct ledger_op *op = check_all(ops, count);
    struct ledger_op *next = NULL;
    struct error why;

    /* One turn of the lock, so that what is handed in together is committed together. */
    (void)pthread_mutex_lock(&committer->lock);
    for (; op != NULL; op = next) {
        next = op->next;
        if (!enqueue(committer, op, &why)) {
            op->next = next; /* this one and those behind it */
            break;
        }
    }
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->lock);
    for (; op != NULL; op = next) {
        next = op->next;
        complete(op, false, &why);
    }
}

static void wake_waiter(struct ledger_op *op)
{
    (void)sem_post(op->ctx);
}

bool ledger_committer_execute(struct ledger_committer *committer, struct ledger_op *op,
                              struct error *err)
{
    sem_t waiter;

    (void)sem_init(&waiter, 0, 0);
    op->done = wake_waiter;
    op->ctx = &waiter;
    ledger_committer_submit(committer, &op, 1);
    while (sem_wait(&waiter) != 0 && errno == EINTR) {
    }
    (void)sem_destroy(&waiter);
    if (!op->ok) {
        *err = op->error;
    }
    return op->ok;
}

void ledger_committer_pause(struct ledger_committer *committer)
{
    (void)pthread_mutex_lock(&committer->lock);
    committer->pauses++;
    while (committer->writing) {
        (void)pthread_cond_wait(&committer->paused, &committer->lock);
    }
    (void)pthread_mutex_unlock(&committer->lock);
}

void ledger_committer_resume(struct ledger_committer *committer)
{
    (void)pthread_mutex_lock(&committer->lock);
    committer->pauses--;
    (void)pthread_cond_signal(&committer->work);
    (void)pthread_mutex_unlock(&committer->lock);
}

void ledger_committer_on_completed(struct ledger_committer *committer,
                                   void (*completed)(void *ctx), void *ctx)
{
    ledger_committer_pause(committer);
    (void)pthread_mutex_lock(&committer->lock);
    assert(committer->completed == NULL ||
           completed == NULL); /* what it gathered is lost */
    committer->completed = completed;
    committer->completed_ctx = ctx;
    (void)pthread_mutex_unlock(&committer->lock);
    ledger_committer_resume(committer);
}

void ledger_committer_counts(struct ledger_committer *committer,
                             struct ledger_health *out)
{
    (void)pthread_mutex_lock(&committer->lock);
    out->operations = committer->counts.operations;
    out->commits = committer->counts.commits;
    out->synced = committer->counts.synced;
    out->failures = committer->counts.failures;
    out->batch_largest = committer->counts.batch_largest;
    (void)pthread_mutex_unlock(&committer->lock);
}
