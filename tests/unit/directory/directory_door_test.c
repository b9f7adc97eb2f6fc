/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "policyd/directory_door.h"
#include "tests/support/test.h"

#define MS INT64_C(1000000)

enum { STALL_MS = 20, TICK_MS = 5, LONG_MS = 3600 * 1000 };

/* A door whose time passes when the test says so, or a tick each time somebody looks. */
struct scene {
    struct clock clock;
    atomic_llong now_ns;
    atomic_llong tick_ns;
    atomic_uint looks;
    int64_t patience_ns; /* of everybody */
    struct directory_door *door;
    atomic_uint came, sent_off; /* of those that waited */
    atomic_uint may_go;         /* how many who came */
};

static int64_t look_at_clock(void *ctx)
{
    struct scene *s = ctx;

    (void)atomic_fetch_add(&s->looks, 1);
    return atomic_fetch_add(&s->now_ns, atomic_load(&s->tick_ns));
}

static void open_scene(struct scene *s, unsigned int most, uint32_t stall_ms)
{
    s->clock = (struct clock){look_at_clock, look_at_clock, s};
    atomic_init(&s->now_ns, 1000 * MS);
    atomic_init(&s->tick_ns, 0);
    atomic_init(&s->looks, 0);
    s->patience_ns = 5 * MS * stall_ms;
    atomic_init(&s->came, 0);
    atomic_init(&s->sent_off, 0);
    atomic_init(&s->may_go, 0);
    s->door = directory_door_new(most, stall_ms, &s->clock);
}

static void pass(struct scene *s, int64_t ms)
{
    (void)atomic_fetch_add(&s->now_ns, ms * MS);
}

static void fill(struct scene *s, unsigned int most)
{
    for (unsigned int i = 0; i < most; i++) {
        assert_true(directory_door_enter(s->door, s->patience_ns));
    }
}

static void empty(struct scene *s, unsigned int most)
{
    for (unsigned int i = 0; i < most; i++) {
        directory_door_leave(s->door, DIRECTORY_HEARD_ANSWER);
    }
    directory_door_free(s->door);
}

/* How long somebody with so much patience is held who finds it full, and is turned away. */
static int64_t held_ms(struct scene *s, int64_t his_patience_ns)
{
    int64_t begin_ns = atomic_load(&s->now_ns);

    atomic_store(&s->tick_ns, TICK_MS * MS);
    assert_false(directory_door_enter(s->door, his_patience_ns));
    atomic_store(&s->tick_ns, 0);
    return (atomic_load(&s->now_ns) - begin_ns) / MS;
}

static void *wait_for_room(void *arg)
{
    struct scene *s = arg;

    if (!directory_door_enter(s->door, s->patience_ns)) {
        (void)atomic_fetch_add(&s->sent_off, 1);
        return NULL;
    }
    unsigned int number = atomic_fetch_add(&s->came, 1);
    while (atomic_load(&s->may_go) <= number) {
        (void)sched_yield();
    }
    directory_door_leave(s->door, DIRECTORY_HEARD_ANSWER);
    return s;
}

/* How many have found out what becomes of them. */
static unsigned int done(struct scene *s)
{
    return atomic_load(&s->came) + atomic_load(&s->sent_off);
}

static void start(struct scene *s, pthread_t *thread)
{
    size_t waiting = directory_door_waiting(s->door);

    assert_int_equal(pthread_create(thread, NULL, wait_for_room, s), 0);
    while (directory_door_waiting(s->door) == waiting && done(s) == 0) {
        (void)sched_yield();
    }
    assert_int_equal(done(s), 0);
}

static bool has_come_in(pthread_t thread)
{
    void *came = NULL;

    assert_int_equal(pthread_join(thread, &came), 0);
    return came != NULL;
}

/* Those who wait have looked at the clock since time has passed, or are gone. */
static void await_look(struct scene *s)
{
    unsigned int before = atomic_load(&s->looks);

    while (atomic_load(&s->looks) - before < 2 && directory_door_waiting(s->door) > 0) {
        (void)sched_yield();
    }
}

static void who_finds_it_full_waits_while_it_may_still_answer(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 2, STALL_MS);
    fill(&s, 2);
    assert_true(held_ms(&s, s.patience_ns) >= STALL_MS);
    assert_true(held_ms(&s, s.patience_ns) < STALL_MS); /* it has not */
    empty(&s, 2);
}

static void nobody_waits_again_for_a_directory_that_did_not_answer(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    fill(&s, 1);
    pass(&s, STALL_MS);
    directory_door_leave(s.door, DIRECTORY_HEARD_SILENCE);
    fill(&s, 1);
    assert_true(held_ms(&s, s.patience_ns) < STALL_MS);

    directory_door_leave(s.door, DIRECTORY_HEARD_ANSWER);
    fill(&s, 1);
    assert_true(held_ms(&s, s.patience_ns) >= STALL_MS);
    empty(&s, 1);
}

static void who_asked_nothing_changes_nothing(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    fill(&s, 1);
    pass(&s, STALL_MS);
    directory_door_leave(s.door, DIRECTORY_HEARD_NOTHING);
    fill(&s, 1);
    assert_true(held_ms(&s, s.patience_ns) >=
                STALL_MS); /* as it was: nothing bad is known */

    directory_door_leave(s.door, DIRECTORY_HEARD_SILENCE);
    fill(&s, 1);
    directory_door_leave(s.door, DIRECTORY_HEARD_NOTHING);
    fill(&s, 1);
    assert_true(held_ms(&s, s.patience_ns) < STALL_MS); /* as it was: no answers */
    empty(&s, 1);
}

static void an_answer_counts_from_when_it_came(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 2, STALL_MS);
    fill(&s, 2);
    pass(&s, STALL_MS);
    directory_door_leave(s.door, DIRECTORY_HEARD_ANSWER);
    directory_door_leave(s.door, DIRECTORY_HEARD_SILENCE);
    fill(&s, 2);
    assert_true(held_ms(&s, s.patience_ns) >= STALL_MS);
    empty(&s, 2);
}

static void who_waits_comes_in_when_another_has_left(void **state)
{
    pthread_t thread;
    struct scene s;

    (void)state;
    open_scene(&s, 1, LONG_MS);
    fill(&s, 1);
    start(&s, &thread);
    directory_door_leave(s.door, DIRECTORY_HEARD_SILENCE); /* that makes room, too */
    atomic_store(&s.may_go, 1);
    assert_true(has_come_in(thread));
    fill(&s, 1); /* and has left it */
    empty(&s, 1);
}

static void as_long_as_answers_come_nobody_is_turned_away(void **state)
{
    pthread_t threads[2];
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    fill(&s, 1);
    start(&s, &threads[0]);
    start(&s, &threads[1]);
    pass(&s, STALL_MS - 1);
    directory_door_leave(s.door, DIRECTORY_HEARD_ANSWER);
    while (done(&s) == 0) {
        (void)sched_yield();
    }
    assert_int_equal(atomic_load(&s.came), 1);

    pass(&s, STALL_MS - 1); /* longer than that, in all */
    await_look(&s);
    assert_int_equal(directory_door_waiting(s.door), 1);
    atomic_store(&s.may_go, 2);
    assert_true(has_come_in(threads[0]));
    assert_true(has_come_in(threads[1]));
    fill(&s, 1);
    empty(&s, 1);
}

static void nobody_waits_longer_than_his_patience(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    fill(&s, 1);
    assert_true(held_ms(&s, 0) < STALL_MS);
    assert_true(held_ms(&s, TICK_MS * MS) <= INT64_C(3) * TICK_MS);
    directory_door_leave(s.door, DIRECTORY_HEARD_ANSWER);
    assert_true(directory_door_enter(s.door, 0)); /* none is needed where there is room */
    empty(&s, 1);
}

static void some_threads_are_kept_free_where_there_are_two(void **state)
{
    static const unsigned int rows[][2] = {{1, 1}, {2, 1}, {3, 2},   {4, 3},
                                           {5, 4}, {8, 6}, {64, 48}, {1024, 768}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(directory_door_share(rows[i][0]), rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_finds_it_full_waits_while_it_may_still_answer),
        cmocka_unit_test(nobody_waits_again_for_a_directory_that_did_not_answer),
        cmocka_unit_test(who_asked_nothing_changes_nothing),
        cmocka_unit_test(an_answer_counts_from_when_it_came),
        cmocka_unit_test(who_waits_comes_in_when_another_has_left),
        cmocka_unit_test(as_long_as_answers_come_nobody_is_turned_away),
        cmocka_unit_test(nobody_waits_longer_than_his_patience),
        cmocka_unit_test(some_threads_are_kept_free_where_there_are_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
