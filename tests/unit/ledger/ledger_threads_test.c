/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "policyd/ledger_read.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { THREADS = 24, MANY = 1000, ROUNDS = 10 };

/* Threads that begin together. */
struct crew {
    struct fixture *f;
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    atomic_uint next;     /* the number of each */
    atomic_uint reserved; /* how many got it */
    atomic_uint others;
    unsigned int round;
    struct ledger_op op; /* what each tries, with its own request and perhaps key */
    bool own_keys;
};

static void *try_to_reserve(void *arg)
{
    struct crew *crew = arg;
    struct ledger_op op = crew->op;
    unsigned int n = 1 + atomic_fetch_add(&crew->next, 1);
    struct error err;

    op.reserve.request = n + crew->round * THREADS;
    op.reserve.key =
        fixture_hash(crew->own_keys ? n + crew->round * THREADS : crew->round);
    (void)pthread_barrier_wait(&crew->start);
    if (!ledger_execute(crew->f->ledger, &op, &err)) {
        return NULL;
    }
    atomic_fetch_add(
        op.reserve.outcome == LEDGER_RESERVED ? &crew->reserved : &crew->others, 1);
    return NULL;
}

static void run_crew(struct crew *crew, void *(*work)(void *))
{
    crew->next = 0;
    crew->reserved = 0;
    crew->others = 0;
    (void)pthread_barrier_init(&crew->start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&crew->threads[i], NULL, work, crew), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(crew->threads[i], NULL);
    }
    (void)pthread_barrier_destroy(&crew->start);
}

static void of_many_who_want_the_same_key_one_gets_it(void **state)
{
    struct crew crew = {.f = *state, .op = fixture_reserve(1)};

    for (crew.round = 0; crew.round < ROUNDS; crew.round++) {
        run_crew(&crew, try_to_reserve);

        assert_int_equal(crew.reserved, 1);
        assert_int_equal(crew.others, THREADS - 1);
    }
}

static void of_many_who_want_the_last_of_a_quota_one_gets_it(void **state)
{
    struct crew crew = {.f = *state, .op = fixture_reserve(1), .own_keys = true};

    crew.op.reserve.quota.day_max = 0;
    for (crew.round = 0; crew.round < ROUNDS; crew.round++) {
        crew.op.reserve.quota.week_max = crew.round + 1;
        run_crew(&crew, try_to_reserve);

        assert_int_equal(crew.reserved, 1);
        assert_int_equal(crew.others, THREADS - 1);
    }
}

/* ---- many at once -------------------------------------------------------------------- */

/* The records of many requests and what became of their operations. */
struct load {
    struct ledger_certificate certificates[MANY];
    struct ledger_request requests[MANY];
    struct ledger_decision decisions[MANY];
    struct ledger_op ops[MANY];
    struct ledger_op *list[MANY];
    atomic_uint ok;
    atomic_uint failed;
    sem_t done;
};
CLEANUP_DEFINE(load, struct load *, free);

static void note_done(struct ledger_op *op)
{
    struct load *load = op->ctx;

    atomic_fetch_add(op->ok ? &load->ok : &load->failed, 1);
    (void)sem_post(&load->done);
}

/* Reserve, settle, refuse and hold in turn; request i + 1. */
static struct ledger_op make_op(struct load *load, unsigned int i)
{
    struct ledger_op op = {.kind = LEDGER_SETTLE,
                           .settle = {&load->certificates[i], &load->requests[i],
                                      &load->decisions[i], false}};

    if (i % 4 == 1) {
        op = fixture_reserve(i + 1);
    } else if (i % 4 == 2) {
        op = (struct ledger_op){.kind = LEDGER_REFUSE,
                                .refuse = {&load->requests[i], &load->decisions[i]}};
    } else if (i % 4 == 3) {
        load->requests[i].state = LEDGER_REQUEST_HELD;
        load->requests[i].approvals_needed = 1;
        op = (struct ledger_op){
            .kind = LEDGER_HOLD,
            .hold = {.request = &load->requests[i], .decision = &load->decisions[i]}};
    }
    op.done = note_done;
    op.ctx = load;
    return op;
}

static struct load *load_new(void)
{
    struct load *load = mem_new(sizeof(*load));

    (void)sem_init(&load->done, 0, 0);
    for (unsigned int i = 0; i < MANY; i++) {
        load->certificates[i] = fixture_certificate(i + 1);
        load->requests[i] = fixture_request(i + 1);
        load->decisions[i] = fixture_decision(i + 1);
        load->ops[i] = make_op(load, i);
        load->list[i] = &load->ops[i];
    }
    return load;
}

static void a_thousand_mixed_operations_all_settle(void **state)
{
    struct fixture *f = *state;
    AUTO(load) load = load_new();

    for (unsigned int i = 0; i < MANY; i += 20) {
        ledger_submit(f->ledger, &load->list[i], 20);
    }
    for (unsigned int i = 0; i < MANY; i++) {
        (void)sem_wait(&load->done);
    }

    assert_int_equal(load->ok, MANY);
    assert_int_equal(load->failed, 0);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), MANY / 4);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_RESERVATIONS), MANY / 4);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_REQUESTS), MANY / 4 * 3);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_DECISIONS), MANY / 4 * 3);
}

static void closing_with_many_on_their_way_loses_none(void **state)
{
    struct fixture *f = *state;
    AUTO(load) load = load_new();

    ledger_submit(f->ledger, load->list, MANY);
    ledger_free(f->ledger); /* completes all of them */
    f->ledger = ledger_open(&f->options);

    assert_int_equal(load->ok + load->failed, MANY);
    assert_int_equal(load->failed, 0);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), MANY / 4);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_DECISIONS), MANY / 4 * 3);
}

/* ---- one that fails among others ----------------------------------------------------- */

/* Submits them together, so that they share a transaction, and waits. */
static void run_together(struct fixture *f, struct load *load, unsigned int count)
{
    ledger_submit(f->ledger, load->list, count);
    for (unsigned int i = 0; i < count; i++) {
        (void)sem_wait(&load->done);
    }
}

static void put_op(struct load *load, unsigned int i, struct ledger_op op)
{
    load->ops[i] = op;
    load->ops[i].done = note_done;
    load->ops[i].ctx = load;
}

/* The stretch records a certificate before it comes upon what it cannot record. */
static void one_that_fails_halfway_leaves_nothing_and_stops_nobody(void **state)
{
    struct fixture *f = *state;
    AUTO(load) load = load_new();
    struct ledger_certificate intent = fixture_certificate(500);
    struct ledger_certificate unknown = fixture_certificate(501);
    struct ledger_journal_entry entries[] = {
        {.kind = LEDGER_JOURNAL_INTENT, .sequence = 500, .certificate = &intent},
        {.kind = LEDGER_JOURNAL_RESULT, .sequence = 501, .certificate = &unknown}};

    put_op(load, 1,
           (struct ledger_op){.kind = LEDGER_RECONCILE,
                              .reconcile = {.signer = "signer-1",
                                            .through = 501,
                                            .entries = entries,
                                            .entries_len = COUNT_OF(entries)}});
    put_op(load, 2, make_op(load, 4));
    run_together(f, load, 3);

    assert_true(load->ops[0].ok);
    assert_int_equal(load->ops[1].error.code, ERROR_NOT_FOUND);
    assert_true(load->ops[2].ok);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
}

static void what_was_found_before_another_failed_is_found_again(void **state)
{
    struct fixture *f = *state;
    AUTO(load) load = load_new();
    struct ledger_request foreign = fixture_request(7);
    struct ledger_op repeat = fixture_reserve(1);

    fixture_issue(f, 1);
    fixture_hold(f, 7, 1);
    foreign.account = "account-2";
    foreign.template.content =
        fixture_hash(77); /* recorded before the account is looked at */
    repeat.reserve.request = 50;
    repeat.reserve.retry_window_s = 600;
    put_op(load, 0, repeat);
    put_op(load, 1,
           (struct ledger_op){.kind = LEDGER_REFUSE, .refuse = {&foreign, NULL}});
    put_op(load, 2, fixture_reserve(3));
    run_together(f, load, 3);

    assert_int_equal(load->ops[0].reserve.outcome, LEDGER_EARLIER);
    assert_non_null(load->ops[0].reserve.earlier);
    assert_int_equal(load->ops[1].error.code, ERROR_CONFLICT);
    assert_int_equal(load->ops[2].reserve.outcome, LEDGER_RESERVED);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_RESERVATIONS), 1);
    ledger_op_clear(&load->ops[0]);
}

/* ---- readers beside writers ---------------------------------------------------------- */

static bool count_row(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    (void)c;
    (void)err;
    ++*(unsigned int *)ctx;
    return true;
}

/* What a reader sees never shrinks, and a history agrees with itself. */
static void *read_all_the_time(void *arg)
{
    struct crew *crew = arg;
    struct ledger_list_query query = {
        .list = LEDGER_LIST_ACCOUNT, .account = "account-1", .limit = 1000};
    struct ledger_history_query about = {
        .account = "account-1", .key = fixture_hash(1), .now_utc = FIXTURE_NOW + 1};
    unsigned int before = 0;

    (void)pthread_barrier_wait(&crew->start);
    for (int i = 0; i < 20; i++) {
        AUTO(ledger_history) history = {0};
        struct ledger_page page = {0};
        unsigned int seen = 0;
        struct error err;

        if (!ledger_certificate_list(crew->f->ledger, &query, &page, count_row, &seen,
                                     &err) ||
            !ledger_history_get(crew->f->ledger, &about, &history, &err) ||
            seen < before || history.issued_7d < (int64_t)seen ||
            history.issued_24h != history.issued_7d) {
            atomic_fetch_add(&crew->others, 1);
            return NULL;
        }
        before = seen;
    }
    atomic_fetch_add(&crew->reserved, 1);
    return NULL;
}

static void readers_and_writers_do_not_disturb_one_another(void **state)
{
    struct fixture *f = *state;
    struct crew crew = {.f = f};
    AUTO(load) load = load_new();

    ledger_submit(f->ledger, load->list, MANY);
    run_crew(&crew, read_all_the_time);
    for (unsigned int i = 0; i < MANY; i++) {
        (void)sem_wait(&load->done);
    }

    assert_int_equal(crew.others, 0);
    assert_int_equal(crew.reserved, THREADS);
    assert_int_equal(load->failed, 0);
}

static bool read_within_a_read(void *ctx, const struct ledger_certificate *c,
                               struct error *err)
{
    AUTO(string) value = NULL;

    (void)c;
    return ledger_setting_get(ctx, "instance", &value, err);
}

/* One reader, and it is taken: the wait ends with a sentence, and the next is served. */
static void a_reader_that_never_comes_free_is_not_waited_for_forever(void **state)
{
    struct fixture *f = *state;
    struct ledger_list_query query = {.list = LEDGER_LIST_NEWEST, .limit = 1};
    struct ledger_page page = {0};
    unsigned int seen = 0;
    struct error err = {0};

    f->options.readers_max = 1;
    fixture_restart(f);
    fixture_issue(f, 1);

    assert_false(ledger_certificate_list(f->ledger, &query, &page, read_within_a_read,
                                         f->ledger, &err));
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "within 200 ms: 1 others read it"));

    page = (struct ledger_page){0};
    assert_ok(ledger_certificate_list(f->ledger, &query, &page, count_row, &seen, &err),
              &err);
    assert_int_equal(seen, 1);
}

static void *take_numbers(void *arg)
{
    struct crew *crew = arg;
    int64_t last = 0;
    int64_t number = 0;
    struct error err;

    (void)pthread_barrier_wait(&crew->start);
    for (int i = 0; i < 300; i++) {
        if (!ledger_request_number(crew->f->ledger, &number, &err) || number <= last) {
            atomic_fetch_add(&crew->others, 1);
        }
        last = number;
    }
    return NULL;
}

static void numbers_stay_in_order_for_everybody(void **state)
{
    struct crew crew = {.f = *state};
    int64_t number = 0;
    struct error err;

    run_crew(&crew, take_numbers);
    assert_ok(ledger_request_number(crew.f->ledger, &number, &err), &err);

    assert_int_equal(crew.others, 0);
    assert_int_equal(number, THREADS * 300 + 1); /* none was skipped or given twice */
}

/* Here everybody is served, however slow the machine: nothing is to be waited out. */
static int patient_setup(void **state)
{
    (void)fixture_setup(state);
    struct fixture *f = *state;

    f->options.lock_wait_ms = 60 * 1000;
    fixture_restart(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_setup, fixture_teardown)
        TEST(of_many_who_want_the_same_key_one_gets_it),
        TEST(of_many_who_want_the_last_of_a_quota_one_gets_it),
        TEST(a_thousand_mixed_operations_all_settle),
        TEST(closing_with_many_on_their_way_loses_none),
        TEST(one_that_fails_halfway_leaves_nothing_and_stops_nobody),
        TEST(what_was_found_before_another_failed_is_found_again),
        TEST(readers_and_writers_do_not_disturb_one_another),
        cmocka_unit_test_setup_teardown(
            a_reader_that_never_comes_free_is_not_waited_for_forever, fixture_setup,
            fixture_teardown),
        TEST(numbers_stay_in_order_for_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
