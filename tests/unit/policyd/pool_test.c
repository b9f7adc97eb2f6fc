/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <stdatomic.h>

#include "policyd/pool.h"
#include "tests/support/test.h"

struct gate {
    sem_t entered, leave;
    atomic_uint done;
};

static void pass_gate(void *ctx)
{
    struct gate *gate = ctx;

    (void)sem_post(&gate->entered);
    (void)sem_wait(&gate->leave);
    gate->done++;
}

static void count_one(void *ctx)
{
    struct gate *gate = ctx;

    gate->done++;
}

static int set_up(void **state)
{
    static struct gate gate;

    (void)sem_init(&gate.entered, 0, 0);
    (void)sem_init(&gate.leave, 0, 0);
    gate.done = 0;
    *state = &gate;
    return 0;
}

static struct pool *new_pool(unsigned int threads, size_t queue_max)
{
    const struct pool_options options = {threads, queue_max};
    struct pool *p = NULL;
    struct error err = {0};

    assert_ok(pool_new(&options, &p, &err), &err);
    return p;
}

static void every_accepted_task_runs_before_the_pool_ends(void **state)
{
    struct gate *gate = *state;
    struct pool *p = new_pool(4, 1000);

    for (int i = 0; i < 1000; i++) {
        assert_true(pool_submit(p, count_one, gate));
    }
    pool_free(p);

    assert_int_equal(gate->done, 1000);
}

static void tasks_run_side_by_side(void **state)
{
    struct gate *gate = *state;
    struct pool *p = new_pool(3, 8);

    for (int i = 0; i < 3; i++) {
        assert_true(pool_submit(p, pass_gate, gate));
    }
    for (int i = 0; i < 3;
         i++) { /* all three are inside at once, or this waits for ever */
        (void)sem_wait(&gate->entered);
    }
    for (int i = 0; i < 3; i++) {
        (void)sem_post(&gate->leave);
    }
    pool_free(p);
    assert_int_equal(gate->done, 3);
}

/* Between two tasks the only thread comes to rest, or is about to. */
static void a_thread_at_rest_is_woken_by_each_task(void **state)
{
    struct gate *gate = *state;
    struct pool *p = new_pool(1, 1);

    for (int i = 0; i < 1000; i++) {
        (void)sem_post(&gate->leave);
        assert_true(pool_submit(p, pass_gate, gate));
        (void)sem_wait(&gate->entered);
    }
    pool_free(p);
    assert_int_equal(gate->done, 1000);
}

static void a_full_queue_refuses_and_takes_again_later(void **state)
{
    struct gate *gate = *state;
    struct pool *p = new_pool(1, 2);

    assert_true(pool_submit(p, pass_gate, gate));
    (void)sem_wait(&gate->entered); /* the thread is busy, the queue empty */
    assert_true(pool_submit(p, pass_gate, gate));
    assert_true(pool_submit(p, count_one, gate));
    assert_false(pool_submit(p, count_one, gate));
    (void)sem_post(&gate->leave);
    (void)sem_wait(&gate->entered); /* the second was taken from the queue */
    assert_true(pool_submit(p, count_one, gate));
    (void)sem_post(&gate->leave);
    pool_free(p);
    assert_int_equal(gate->done, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_accepted_task_runs_before_the_pool_ends, set_up),
        cmocka_unit_test_setup(tasks_run_side_by_side, set_up),
        cmocka_unit_test_setup(a_thread_at_rest_is_woken_by_each_task, set_up),
        cmocka_unit_test_setup(a_full_queue_refuses_and_takes_again_later, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
