/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "policyd/gate.h"
#include "policyd/probe.h"
#include "tests/support/test.h"

enum { PATIENCE_MS = 60000 };

/* A dependency that a test can make hang or fail. */
struct dependency {
    atomic_bool hangs, fails;
    atomic_uint asked;
    sem_t begun, go_on;
};

static bool question(void *ctx, struct buf *out, struct error *err)
{
    struct dependency *d = ctx;
    unsigned int number = atomic_fetch_add(&d->asked, 1) + 1;

    if (atomic_load(&d->hangs)) {
        (void)sem_post(&d->begun);
        (void)sem_wait(&d->go_on);
    }
    if (atomic_load(&d->fails)) {
        return error_set(err, ERROR_UNAVAILABLE, "no room");
    }
    buf_printf(out, "answer %u", number);
    return true;
}

static void start(struct dependency *d, struct probe **out)
{
    struct error err = {0};

    (void)sem_init(&d->begun, 0, 0);
    (void)sem_init(&d->go_on, 0, 0);
    assert_ok(probe_new(question, d, out, &err), &err);
}

static void probe_gets_a_fresh_answer_each_time(void **state)
{
    struct dependency d = {0};
    AUTO(probe) p = NULL;
    struct error err = {0};
    (void)state;
    start(&d, &p);

    for (int i = 1; i <= 3; i++) {
        AUTO(buf) out = BUF_EMPTY;
        char wanted[32];
        int64_t age_ms = -1;

        assert_ok(probe_get(p, PATIENCE_MS, &out, &age_ms, &err), &err);
        (void)snprintf(wanted, sizeof(wanted), "answer %d", i);
        assert_string_equal(buf_text(&out), wanted);
        assert_true(age_ms >= 0);
    }
}

static void probe_gives_the_last_answer_while_the_question_hangs(void **state)
{
    struct dependency d = {0};
    AUTO(probe) p = NULL;
    AUTO(buf) fresh = BUF_EMPTY;
    AUTO(buf) old = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};
    int64_t age_ms = -1;
    (void)state;
    start(&d, &p);
    assert_ok(probe_get(p, PATIENCE_MS, &fresh, &age_ms, &err), &err);

    atomic_store(&d.hangs, true);
    assert_fails(probe_get(p, 10, &old, &age_ms, &err), &err, ERROR_UNAVAILABLE,
                 "no answer for");
    assert_string_equal(buf_text(&old), "answer 1");

    atomic_store(&d.hangs, false);
    (void)sem_post(&d.go_on);
    assert_ok(probe_get(p, PATIENCE_MS, &again, &age_ms, &err), &err);
    assert_string_not_equal(buf_text(&again), "answer 1");
}

static void probe_does_not_take_an_answer_that_was_asked_for_earlier(void **state)
{
    struct dependency d = {.hangs = true};
    AUTO(probe) p = NULL;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    int64_t age_ms = -1;
    (void)state;
    start(&d, &p);

    probe_ask(p);
    (void)sem_wait(&d.begun); /* the first question is on its way */
    atomic_store(&d.hangs, false);
    (void)sem_post(&d.go_on);
    assert_ok(probe_get(p, PATIENCE_MS, &out, &age_ms, &err), &err);

    /* Either it had come back by then, or its answer was passed over. */
    assert_string_equal(buf_text(&out), "answer 2");
}

static void probe_tells_a_failure_and_keeps_the_good_answer(void **state)
{
    struct dependency d = {0};
    AUTO(probe) p = NULL;
    AUTO(buf) good = BUF_EMPTY;
    AUTO(buf) kept = BUF_EMPTY;
    struct error err = {0};
    int64_t age_ms = -1;
    (void)state;
    start(&d, &p);
    assert_ok(probe_get(p, PATIENCE_MS, &good, &age_ms, &err), &err);

    atomic_store(&d.fails, true);
    assert_fails(probe_get(p, PATIENCE_MS, &kept, &age_ms, &err), &err, ERROR_UNAVAILABLE,
                 "no room");

    assert_string_equal(buf_text(&kept), "answer 1");
}

static void gate_lets_in_as_many_as_it_says(void **state)
{
    struct gate gate = GATE_OF(2);
    (void)state;

    assert_true(gate_enter(&gate));
    assert_true(gate_enter(&gate));
    assert_false(gate_enter(&gate));
    gate_leave(&gate);
    assert_true(gate_enter(&gate));
    assert_false(gate_enter(&gate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_gets_a_fresh_answer_each_time),
        cmocka_unit_test(probe_gives_the_last_answer_while_the_question_hangs),
        cmocka_unit_test(probe_does_not_take_an_answer_that_was_asked_for_earlier),
        cmocka_unit_test(probe_tells_a_failure_and_keeps_the_good_answer),
        cmocka_unit_test(gate_lets_in_as_many_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
