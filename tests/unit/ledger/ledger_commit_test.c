/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "policyd/ledger_commit.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/records.h"

enum { OPS = 300 };

/* What the committer does in a pause. */
enum seen { SEEN_WAITING = 1, SEEN_WRITING, SEEN_RETURNED };

/* A store that writes down what it is given, and can be held up. */
struct fake {
    struct ledger_store store;
    struct ledger_committer *committer;
    struct ledger_op ops[OPS];
    struct ledger_op *list[OPS];
    sem_t entered; /* posted when a write begins */
    sem_t go;      /* waited for by a write while held */
    sem_t sight;   /* posted with seen: see watched */
    enum seen seen;
    atomic_bool held;
    bool fails; /* writes fail as a whole */
    bool sync_fails;
    unsigned int refused; /* the operation with this index fails alone */
    atomic_uint writes;
    unsigned int syncs;
    unsigned int rests;
    size_t sizes[OPS];
    size_t last_quick[OPS];    /* of each write: behind the last that needs no sync */
    size_t first_durable[OPS]; /* of each write: before the first that needs one */
    unsigned int done_at_sync; /* how many were complete when the last sync began */
    atomic_uint done;
    atomic_uint failed;
    sem_t all_done; /* posted at each completion */
    size_t added;   /* operations handed in by yields, up to adding_to */
    size_t adding_to;
    unsigned int told_at[OPS]; /* how many were complete when completed() was called */
    unsigned int told;
    bool telling;        /* completed() has begun and not ended */
    bool told_meanwhile; /* it had not when its registration was taken back */
};

/* Whose committer is paused when it lets others add to its batch, once; and then the one of which it
 * is to be seen what it does next. */
static _Atomic(struct fake *) pausing;
static _Atomic(struct fake *) watched;

int __wrap_sched_yield(void);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);

/* Who hands in an operation more whenever the committer lets others add, while there are any left. */
static _Atomic(struct fake *) adding;

int __wrap_sched_yield(void)
{
    struct fake *fake = atomic_exchange(&pausing, NULL);
    struct fake *more = adding;

    if (fake != NULL) {
        ledger_committer_pause(fake->committer);
        watched = fake;
    }
    if (more != NULL && more->added < more->adding_to) {
        ledger_committer_submit(more->committer, more->list + more->added++, 1);
    }
    return 0;
}

static void see(enum seen what)
{
    struct fake *fake = atomic_exchange(&watched, NULL);

    if (fake != NULL) {
        fake->seen = what;
        (void)sem_post(&fake->sight);
    }
}

int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    see(SEEN_WAITING);
    return __real_pthread_cond_wait(cond, mutex);
}

static void note_order(struct fake *fake, struct ledger_op *const *ops, size_t count)
{
    size_t first = count;
    size_t last = 0;

    for (size_t i = 0; i < count; i++) {
        if (!ledger_op_is_durable(ops[i]->kind)) {
            last = i + 1;
        } else if (first == count) {
            first = i;
        }
    }
    fake->last_quick[fake->writes] = last;
    fake->first_durable[fake->writes] = first;
}

static bool fake_write(void *ctx, struct ledger_op *const *ops, size_t count,
                       struct error *err)
{
    struct fake *fake = ctx;
    bool held = fake->held;
    see(SEEN_WRITING);
    (void)sem_post(&fake->entered);
    if (held) {
        (void)sem_wait(&fake->go);
    }
    note_order(fake, ops, count);
    fake->sizes[fake->writes] = count;
    fake->writes++;
    for (size_t i = 0; i < count; i++) {
        ops[i]->ok = ops[i] != &fake->ops[fake->refused];
        if (!ops[i]->ok) {
            (void)error_set(&ops[i]->error, ERROR_CONFLICT, "this one");
        }
    }
    return !fake->fails || error_set(err, ERROR_UNAVAILABLE, "no room");
}

static bool fake_sync(void *ctx, struct error *err)
{
    struct fake *fake = ctx;

    fake->syncs++;
    fake->done_at_sync = fake->done;
    return !fake->sync_fails || error_set(err, ERROR_UNAVAILABLE, "the disk failed");
}

static void fake_rest(void *ctx)
{
    ((struct fake *)ctx)->rests++;
}

static const struct ledger_store_methods fake_methods = {
    .write = fake_write, .sync = fake_sync, .rest = fake_rest};

static void count_done(struct ledger_op *op)
{
    struct fake *fake = op->ctx;

    fake->done++;
    fake->failed += op->ok ? 0 : 1;
    (void)sem_post(&fake->all_done);
}

static int setup(void **state)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    (void)sem_init(&fake->entered, 0, 0);
    (void)sem_init(&fake->go, 0, 0);
    (void)sem_init(&fake->sight, 0, 0);
    (void)sem_init(&fake->all_done, 0, 0);
    fake->refused = OPS - 1;
    for (size_t i = 0; i < OPS; i++) {
        /* every third needs a sync */
        fake->ops[i] = fixture_reserve((unsigned int)i + 1);
        if (i % 3 == 2) {
            fake->ops[i] = (struct ledger_op){.kind = LEDGER_EXPIRE, .expire = {1, 1, 0}};
        }
        fake->ops[i].done = count_done;
        fake->ops[i].ctx = fake;
        fake->list[i] = &fake->ops[i];
    }
    fake->store = (struct ledger_store){fake, &fake_methods};
    fake->committer = ledger_committer_new(&fake->store);
    *state = fake;
    return 0;
}

static int teardown(void **state)
{
    struct fake *fake = *state;

    ledger_committer_free(fake->committer);
    free(fake);
    return 0;
}

static void wait_done(struct fake *fake, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        (void)sem_wait(&fake->all_done);
    }
}

/* The first operation is being written and waits; whatever comes now is queued. */
static void hold_up(struct fake *fake)
{
    fake->held = true;
    ledger_committer_submit(fake->committer, fake->list, 1);
    (void)sem_wait(&fake->entered);
}

static void let_go(struct fake *fake)
{
    fake->held = false;
    (void)sem_post(&fake->go);
}

static void what_is_queued_together_is_committed_together(void **state)
{
    struct fake *fake = *state;

    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);

    assert_int_equal(fake->writes, 2);
    assert_int_equal(fake->sizes[0], 1);
    assert_int_equal(fake->sizes[1], 90);
    assert_int_equal(fake->failed, 0);
}

static void what_needs_no_sync_does_not_wait_for_one(void **state)
{
    struct fake *fake = *state;

    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);

    assert_int_equal(fake->syncs, 1);
    assert_int_equal(fake->done_at_sync, 1 + 60);
}

static void what_needs_a_sync_is_not_seen_before_it(void **state)
{
    struct fake *fake = *state;

    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);

    assert_int_equal(fake->last_quick[1], 60);
    assert_int_equal(fake->first_durable[1], 60);
}

static void when_the_sync_fails_what_needs_it_fails(void **state)
{
    struct fake *fake = *state;
    struct ledger_health health = {0};

    fake->sync_fails = true;
    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);
    ledger_committer_counts(fake->committer, &health);

    assert_int_equal(fake->failed, 30);
    assert_true(fake->ops[1].ok);
    assert_false(fake->ops[2].ok);
    assert_string_equal(fake->ops[2].error.message, "the disk failed");
    assert_int_equal(health.synced, 0);
    assert_int_equal(health.failures, 1);
}

static void a_batch_has_a_limit(void **state)
{
    struct fake *fake = *state;

    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, OPS - 1);
    let_go(fake);
    wait_done(fake, OPS);

    assert_int_equal(fake->sizes[1], LEDGER_COMMIT_BATCH_MAX);
    assert_int_equal(fake->sizes[2], OPS - 1 - LEDGER_COMMIT_BATCH_MAX);
}

static void an_operation_fails_alone(void **state)
{
    struct fake *fake = *state;
    struct ledger_op good = fixture_reserve(1);
    struct error err;

    fake->refused = 5;
    assert_fails(ledger_committer_execute(fake->committer, &fake->ops[5], &err), &err,
                 ERROR_CONFLICT, "this one");
    assert_ok(ledger_committer_execute(fake->committer, &good, &err), &err);
}

static void when_the_commit_fails_all_of_it_fail(void **state)
{
    struct fake *fake = *state;
    struct ledger_health health = {0};

    fake->fails = true;
    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);
    ledger_committer_counts(fake->committer, &health);

    assert_int_equal(fake->failed, 91);
    assert_int_equal(fake->ops[1].error.code, ERROR_UNAVAILABLE);
    assert_string_equal(fake->ops[1].error.message, "no room");
    assert_int_equal(health.failures, 2);
    assert_int_equal(health.commits, 0);
    assert_int_equal(fake->syncs, 0);
}

static void what_is_not_well_formed_is_never_written(void **state)
{
    struct fake *fake = *state;
    struct error err;

    fake->ops[0].reserve.account = "";
    assert_fails(ledger_committer_execute(fake->committer, &fake->ops[0], &err), &err,
                 ERROR_INVALID, "reserve: account is missing");

    assert_int_equal(fake->writes, 0);
}

static void *free_committer(void *arg)
{
    struct fake *fake = arg;

    ledger_committer_free(fake->committer);
    fake->committer = NULL;
    return NULL;
}

/* It is closing once it refuses. */
static void wait_for_closing(struct fake *fake)
{
    static struct ledger_op probes[5000];
    static const struct timespec tick = {.tv_nsec = 1000000};

    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        struct ledger_op *probe = &probes[i];

        *probe = fixture_reserve(1);
        probe->done = count_done;
        probe->ctx = fake;
        unsigned int before = fake->done;
        ledger_committer_submit(fake->committer, &probe, 1);
        if (fake->done > before) {
            return;
        }
        (void)nanosleep(&tick, NULL);
    }
    fail();
}

static void closing_completes_what_is_queued(void **state)
{
    struct fake *fake = *state;
    pthread_t thread;

    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, OPS - 1);
    assert_int_equal(pthread_create(&thread, NULL, free_committer, fake), 0);
    let_go(fake);
    (void)pthread_join(thread, NULL);

    assert_int_equal(fake->done, OPS);
    assert_int_equal(fake->failed, 1); /* the refused one */
}

static void closing_tries_no_more_after_a_failure(void **state)
{
    struct fake *fake = *state;
    pthread_t thread;

    fake->fails = true;
    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, OPS - 1);
    assert_int_equal(pthread_create(&thread, NULL, free_committer, fake), 0);
    wait_for_closing(fake);
    let_go(fake);
    (void)pthread_join(thread, NULL);

    assert_true(fake->writes <= 2);
    assert_true(fake->failed >= OPS);
}

static void a_full_queue_refuses(void **state)
{
    struct fake *fake = *state;
    static struct ledger_op many[LEDGER_COMMIT_QUEUE_MAX + 1];
    static struct ledger_op *list[LEDGER_COMMIT_QUEUE_MAX + 1];

    hold_up(fake);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = fixture_reserve(1);
        many[i].done = count_done;
        many[i].ctx = fake;
        list[i] = &many[i];
    }
    ledger_committer_submit(fake->committer, list, COUNT_OF(list));
    assert_int_equal(fake->done, 1); /* at once */
    assert_int_equal(many[LEDGER_COMMIT_QUEUE_MAX].error.code, ERROR_UNAVAILABLE);
    let_go(fake);
    wait_done(fake, COUNT_OF(list) + 1);

    assert_int_equal(fake->failed, 1);
}

static void nothing_is_written_during_a_pause(void **state)
{
    struct fake *fake = *state;

    ledger_committer_pause(fake->committer);
    ledger_committer_submit(fake->committer, fake->list, 10);
    assert_int_equal(fake->writes, 0);
    assert_int_not_equal(sem_trywait(&fake->entered), 0);
    ledger_committer_resume(fake->committer);
    wait_done(fake, 10);

    assert_int_equal(fake->failed, 0);
}

/* The committer has found work, and lets others add to it. What they hand in is written with it. */
static void a_pause_that_comes_between_finding_and_taking_is_kept(void **state)
{
    struct fake *fake = *state;

    pausing = fake;
    ledger_committer_submit(fake->committer, fake->list, 10);
    (void)sem_wait(&fake->sight);
    enum seen seen = fake->seen;
    ledger_committer_submit(fake->committer, fake->list + 10, 10);
    ledger_committer_resume(fake->committer);
    wait_done(fake, 20);

    assert_int_equal(seen, SEEN_WAITING);
    assert_int_equal(fake->writes, 1);
    assert_int_equal(fake->failed, 0);
}

static void what_comes_while_it_gathers_is_written_with_it(void **state)
{
    struct fake *fake = *state;

    fake->added = 1;
    fake->adding_to = 6;
    adding = fake;
    ledger_committer_submit(fake->committer, fake->list, 1);
    wait_done(fake, 6);
    adding = NULL;

    assert_int_equal(fake->writes, 1);
    assert_int_equal(fake->sizes[0], 6);
}

static void gathering_has_an_end(void **state)
{
    struct fake *fake = *state;

    fake->added = 1;
    fake->adding_to = 100;
    adding = fake;
    ledger_committer_submit(fake->committer, fake->list, 1);
    wait_done(fake, 1);
    ledger_committer_pause(fake->committer);
    adding = NULL;
    ledger_committer_resume(fake->committer);

    assert_in_range(fake->sizes[0], 2, 12);
}

/* ---- who is told ----------------------------------------------------------------------- */

static void tell(void *ctx)
{
    struct fake *fake = ctx;

    fake->told_at[fake->told++] = fake->done;
}

static void completed_is_called_when_those_of_a_kind_are_complete(void **state)
{
    struct fake *fake = *state;

    ledger_committer_on_completed(fake->committer, tell, fake);
    hold_up(fake);
    ledger_committer_submit(fake->committer, fake->list + 1, 90);
    let_go(fake);
    wait_done(fake, 91);
    ledger_committer_on_completed(fake->committer, NULL, NULL);
    ledger_committer_submit(fake->committer, fake->list + 91, 1);
    wait_done(fake, 1);

    assert_int_equal(fake->told, 3);
    assert_int_equal(fake->told_at[0], 1);
    assert_int_equal(fake->told_at[1], 1 + 60); /* those without a sync */
    assert_int_equal(fake->told_at[2], 1 + 90);
}

static void tell_slowly(void *ctx)
{
    struct fake *fake = ctx;

    fake->telling = true;
    (void)sem_post(&fake->entered);
    (void)sem_wait(&fake->go);
    fake->telling = false;
}

static void *take_back(void *arg)
{
    struct fake *fake = arg;

    ledger_committer_on_completed(fake->committer, NULL, NULL);
    fake->told_meanwhile = fake->telling;
    see(SEEN_RETURNED);
    return NULL;
}

static void nobody_is_told_any_more_once_that_was_taken_back(void **state)
{
    struct fake *fake = *state;
    pthread_t thread;

    ledger_committer_on_completed(fake->committer, tell_slowly, fake);
    ledger_committer_submit(fake->committer, fake->list, 1);
    (void)sem_wait(&fake->entered); /* writing */
    (void)sem_wait(&fake->entered); /* telling */
    watched = fake;
    assert_int_equal(pthread_create(&thread, NULL, take_back, fake), 0);
    (void)sem_wait(&fake->sight);
    enum seen seen = fake->seen;
    (void)sem_post(&fake->go);
    (void)pthread_join(thread, NULL);

    assert_int_equal(seen, SEEN_WAITING);
    assert_false(fake->told_meanwhile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_queued_together_is_committed_together,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_needs_no_sync_does_not_wait_for_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_needs_a_sync_is_not_seen_before_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(when_the_sync_fails_what_needs_it_fails, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_batch_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(an_operation_fails_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(when_the_commit_fails_all_of_it_fail, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_not_well_formed_is_never_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(closing_completes_what_is_queued, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(closing_tries_no_more_after_a_failure, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_written_during_a_pause, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_pause_that_comes_between_finding_and_taking_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_while_it_gathers_is_written_with_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(gathering_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(
            completed_is_called_when_those_of_a_kind_are_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_told_any_more_once_that_was_taken_back,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
