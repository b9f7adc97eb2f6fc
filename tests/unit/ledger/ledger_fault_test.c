/* SPDX-License-Identifier: Apache-2.0 */
/* The disk fails under SQLite. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/ledger_read.h"
#include "policyd/ledger_sqlite.h"
#include "tests/support/fake_disk.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { LOG_LIMIT = 512 * 1024 };

static int teardown(void **state)
{
    fake_disk_mend();
    return fixture_teardown(state);
}

static bool issue(struct fixture *f, unsigned int n, struct error *err)
{
    struct ledger_certificate c = fixture_certificate(n);
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct ledger_op op = {.kind = LEDGER_SETTLE,
                           .settle = {&c, &request, &decision, false}};

    return ledger_execute(f->ledger, &op, err);
}

static bool reserve(struct fixture *f, unsigned int n, struct error *err)
{
    struct ledger_op op = fixture_reserve(n);

    return ledger_execute(f->ledger, &op, err);
}

/* Until it has that state; a minute is enough for a thread of ours. */
static void wait_for_state(struct fixture *f, enum ledger_state state)
{
    static const struct timespec tick = {.tv_nsec = 1000000};
    struct ledger_health health;

    for (int i = 0; i < 60000; i++) {
        ledger_health_get(f->ledger, &health);
        if (health.state == state) {
            return;
        }
        (void)nanosleep(&tick, NULL);
    }
    fail_msg("still %s", ledger_state_name(health.state));
}

static off_t log_size(struct fixture *f)
{
    AUTO(string) log = mem_printf("%s-wal", f->path);
    struct stat info = {0};

    (void)stat(log, &info);
    return info.st_size;
}

/* ---- what is synced ------------------------------------------------------------------ */

/* I1 */
static void what_an_answer_rests_on_is_synced_before_it(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    for (unsigned int n = 2; n < 10; n++) {
        unsigned int before = fake_disk_log_syncs();

        assert_ok(reserve(f, n, &err), &err);
        assert_ok(issue(f, n, &err), &err);
        assert_true(fake_disk_log_syncs() > before);
    }
}

static void a_reservation_waits_for_no_sync(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    unsigned int before = fake_disk_syncs();
    for (unsigned int n = 2; n < 10; n++) {
        assert_ok(reserve(f, n, &err), &err);
    }

    assert_int_equal(fake_disk_syncs(), before);
}

static void count_done(struct ledger_op *op)
{
    assert_true(op->ok);
    atomic_fetch_add((atomic_uint *)op->ctx, 1);
}

static void many_certificates_share_a_sync(void **state)
{
    enum { MANY = 200 };
    static struct ledger_certificate certificates[MANY];
    static struct ledger_request requests[MANY];
    static struct ledger_decision decisions[MANY];
    static struct ledger_op ops[MANY];
    static struct ledger_op *list[MANY];
    struct fixture *f = *state;
    atomic_uint done = 0;
    struct error err;

    assert_ok(issue(f, 1000, &err), &err);
    unsigned int before = fake_disk_syncs();
    for (unsigned int i = 0; i < MANY; i++) {
        certificates[i] = fixture_certificate(i + 1);
        requests[i] = fixture_request(i + 1);
        decisions[i] = fixture_decision(i + 1);
        ops[i] = (struct ledger_op){
            .kind = LEDGER_SETTLE,
            .settle = {&certificates[i], &requests[i], &decisions[i], false},
            .done = count_done,
            .ctx = &done};
        list[i] = &ops[i];
    }
    ledger_submit(f->ledger, list, MANY);
    assert_ok(issue(f, 1001, &err), &err); /* after all of them */

    assert_int_equal(done, MANY);
    assert_true(fake_disk_syncs() - before <= 4);
}

/* ---- no room and i/o errors ---------------------------------------------------------- */

static void what_cannot_be_written_is_not_stored(void **state)
{
    static const struct {
        int errnum;
        const char *words;
    } cases[] = {{ENOSPC, "no room"}, {EIO, "disk I/O error"}};
    struct fixture *f = *state;
    struct error err;

    for (unsigned int i = 0; i < COUNT_OF(cases); i++) {
        unsigned int n = 10 * (i + 1);

        assert_ok(issue(f, n, &err), &err);
        fake_disk_fail_writes(cases[i].errnum);
        assert_fails(issue(f, n + 1, &err), &err, ERROR_UNAVAILABLE, cases[i].words);
        assert_fails(reserve(f, n + 2, &err), &err, ERROR_UNAVAILABLE, cases[i].words);
        fixture_expect_state(f->ledger, LEDGER_FAILING, cases[i].words);
        assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2 * i + 1);
        fake_disk_mend();
        assert_ok(issue(f, n + 1, &err), &err);
        fixture_expect_state(f->ledger, LEDGER_READY, "");
        assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2 * i + 2);
    }
}

static void no_room_at_the_opening_is_said(void **state)
{
    struct fixture *f = *state;
    struct error err;

    ledger_free(f->ledger);
    assert_int_equal(unlink(f->path), 0);
    fake_disk_fail_writes(ENOSPC);
    f->ledger = ledger_open(&f->options);
    fixture_expect_state(f->ledger, LEDGER_AWAY, "no room");
    fake_disk_mend();
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);

    assert_ok(issue(f, 1, &err), &err);
}

/* What is committed is seen: whatever came behind it that could fail would be a lie. */
static void what_is_written_rests_on_nothing_that_is_looked_for_later(void **state)
{
    struct fixture *f = *state;
    struct error err;

    fake_disk_hide_logs();
    assert_ok(issue(f, 1, &err), &err);
    assert_ok(reserve(f, 2, &err), &err);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 1);

    assert_fails(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err, ERROR_UNAVAILABLE,
                 "cannot be opened"); /* nobody could sync it */
    fixture_expect_state(f->ledger, LEDGER_AWAY, "cannot be opened");
    fake_disk_mend();
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);
    assert_ok(issue(f, 3, &err), &err);
}

static void count_any(struct ledger_op *op)
{
    atomic_fetch_add((atomic_uint *)op->ctx, 1);
}

enum { LARGE_MANY = 20, LARGE = 1 << 20 };

/* More than the writer keeps in memory of a ledger so small, and at its end an operation that fails
 * when it has written already. */
struct large_batch {
    unsigned char facts[LARGE];
    struct ledger_certificate certificates[LARGE_MANY + 2];
    struct ledger_request requests[LARGE_MANY];
    struct ledger_decision decisions[LARGE_MANY];
    struct ledger_journal_entry entries[2];
    struct ledger_op ops[LARGE_MANY + 1];
    struct ledger_op *list[LARGE_MANY + 1];
    atomic_uint done;
};

CLEANUP_DEFINE(large_batch, struct large_batch *, free);

static struct large_batch *make_large_batch(void)
{
    struct large_batch *b = mem_new(sizeof(*b));
    struct ledger_certificate *intent = &b->certificates[LARGE_MANY];

    for (unsigned int i = 0; i < LARGE_MANY; i++) {
        b->certificates[i] = fixture_certificate(i + 1);
        b->requests[i] = fixture_request(i + 1);
        b->decisions[i] = fixture_decision(i + 1);
        b->decisions[i].facts = (struct bytes){b->facts, LARGE};
        b->ops[i].kind = LEDGER_SETTLE;
        b->ops[i].settle = (struct ledger_settle){&b->certificates[i], &b->requests[i],
                                                  &b->decisions[i], false};
    }
    *intent = fixture_certificate(LARGE_MANY + 1);
    intent->journal_seq = 1;
    intent->delivered = false;
    intent->der = (struct bytes){NULL, 0};
    b->certificates[LARGE_MANY + 1] = fixture_certificate(LARGE_MANY + 2);
    b->entries[0] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_INTENT, .sequence = 1, .certificate = intent};
    b->entries[1] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_RESULT, .sequence = 2, .certificate = intent + 1};
    b->ops[LARGE_MANY].kind = LEDGER_RECONCILE;
    b->ops[LARGE_MANY].reconcile = (struct ledger_reconcile){.signer = "signer-1",
                                                             .through = 2,
                                                             .now_utc = FIXTURE_NOW,
                                                             .entries = b->entries,
                                                             .entries_len = 2};
    for (unsigned int i = 0; i <= LARGE_MANY; i++) {
        b->ops[i].done = count_any;
        b->ops[i].ctx = &b->done;
        b->list[i] = &b->ops[i];
    }
    return b;
}

/* What SQLite 3.40 has put into the log before the end it does not undo in part as it should: who
 * reads the log anew, as after a crash, misses the commit. */
static void a_transaction_is_not_in_the_log_before_it_ends(void **state)
{
    struct fixture *f = *state;
    AUTO(large_batch) b = make_large_batch();
    struct ledger_op *last = &b->ops[LARGE_MANY];
    struct error err;

    ledger_free(f->ledger);
    f->options.wal_checkpoint_at = 64U << 20; /* the log shall not begin anew */
    f->ledger = ledger_open(&f->options);
    assert_ok(issue(f, 1000, &err), &err);
    off_t size = log_size(f);
    unsigned long long octets = fake_disk_log_octets();
    ledger_submit(f->ledger, b->list, COUNT_OF(b->list));
    assert_ok(issue(f, 1001, &err), &err); /* after all of them */

    assert_int_equal(b->done, LARGE_MANY + 1);
    assert_ok(b->ops[0].ok, &b->ops[0].error);
    assert_fails(last->ok, &last->error, ERROR_NOT_FOUND, "no intent has this serial");
    assert_true(log_size(f) - size > (off_t)LARGE_MANY * LARGE);
    /* Nothing was written twice: what the first attempt had was in memory. */
    assert_int_equal(fake_disk_log_octets() - octets, log_size(f) - size);
}

/* ---- lost syncs ---------------------------------------------------------------------- */

static void a_lost_sync_stops_all_writing(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    fake_disk_fail_syncs_of("-wal");
    assert_fails(issue(f, 2, &err), &err, ERROR_UNAVAILABLE, "the disk failed");
    fake_disk_mend();
    unsigned int before = fake_disk_syncs();
    assert_fails(issue(f, 3, &err), &err, ERROR_UNAVAILABLE,
                 "nothing is written any more");
    assert_fails(reserve(f, 4, &err), &err, ERROR_UNAVAILABLE, "nothing is written");

    assert_int_equal(fake_disk_syncs(), before); /* nothing was tried again */
    fixture_expect_state(f->ledger, LEDGER_SYNC_LOST, "check the disk");
}

/* It was committed, and nobody was told so: what is read says what there may be. */
static void what_a_lost_sync_left_in_doubt_is_read(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    fake_disk_fail_syncs_of("-wal");
    assert_fails(issue(f, 2, &err), &err, ERROR_UNAVAILABLE, "the disk failed");
    assert_false(issue(f, 3, &err)); /* nor is that one written */
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
    fake_disk_mend();
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);

    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
    fixture_restart(f); /* opening again made it last */
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
}

static void after_a_lost_sync_the_ledger_can_be_opened_again(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    fake_disk_fail_syncs_of("-wal");
    assert_false(issue(f, 2, &err));
    assert_false(ledger_reopen(f->ledger, FIXTURE_NOW, &err)); /* it is no better yet */
    fixture_expect_state(f->ledger, LEDGER_SYNC_LOST, "");
    fake_disk_mend();
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);

    fixture_expect_state(f->ledger, LEDGER_READY, "");
    assert_ok(issue(f, 1, &err), &err); /* it is there */
    assert_ok(issue(f, 2, &err), &err); /* it may or may not be */
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 2);
}

/* What a failed sync left in the log is written to the database before anything else. */
static void opening_again_rewrites_what_may_not_be_on_the_disk(void **state)
{
    struct fixture *f = *state;
    AUTO(string) log = mem_printf("%s-wal", f->path);
    struct stat info;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    fake_disk_fail_syncs_of("-wal");
    assert_false(issue(f, 2, &err));
    fake_disk_mend();
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);

    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(info.st_size,
                     0); /* all of it is in the database, which was synced */
}

static void a_sync_that_is_lost_behind_the_writers_back_counts_too(void **state)
{
    struct fixture *f = *state;
    struct error err;

    ledger_free(f->ledger);
    f->options.wal_checkpoint_at = 1;
    f->ledger = ledger_open(&f->options);
    fake_disk_fail_syncs_of(".db");
    (void)issue(f, 1, &err);
    wait_for_state(f, LEDGER_SYNC_LOST);

    assert_fails(issue(f, 2, &err), &err, ERROR_UNAVAILABLE,
                 "nothing is written any more");
}

static void the_next_life_does_not_trust_a_log_whose_sync_was_lost(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(issue(f, 1, &err), &err);
    fake_disk_fail_syncs_of("-wal");
    assert_false(issue(f, 2, &err));
    ledger_free(f->ledger);
    f->ledger = ledger_open(&f->options);
    fixture_expect_state(f->ledger, LEDGER_SYNC_LOST, "check the disk");
    fake_disk_mend();
    fixture_restart(f);

    fixture_expect_state(f->ledger, LEDGER_READY, "");
    assert_ok(issue(f, 3, &err), &err);
}

/* ---- the log's size ------------------------------------------------------------------ */

static void the_log_has_a_limit(void **state)
{
    struct fixture *f = *state;
    off_t limit = LOG_LIMIT;
    struct error err;

    ledger_free(f->ledger);
    f->options.wal_checkpoint_at = (uint64_t)limit; /* only the committer's own */
    f->options.wal_size_max = (uint64_t)limit;
    f->ledger = ledger_open(&f->options);
    for (unsigned int n = 1; n <= 60; n++) {
        assert_ok(issue(f, n, &err), &err);
        assert_true(log_size(f) < limit + LOG_LIMIT / 2);
    }

    assert_true(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES) == 60);
}

static void a_long_reader_makes_the_log_grow_but_stops_nobody(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    struct ledger_crl_rows *rows = NULL;
    off_t limit = LOG_LIMIT / 2;
    struct error err;

    ledger_free(f->ledger);
    f->options.wal_checkpoint_at = (uint64_t)limit;
    f->options.wal_size_max = (uint64_t)limit;
    f->ledger = ledger_open(&f->options);
    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    for (unsigned int n = 1; n <= 40; n++) {
        assert_ok(issue(f, n, &err), &err);
    }
    assert_true(log_size(f) > 2 * limit);
    ledger_crl_rows_free(rows);
    for (unsigned int n = 41; n <= 80; n++) {
        assert_ok(issue(f, n, &err), &err);
    }

    struct ledger_health health;
    ledger_health_get(f->ledger, &health);
    assert_true(health.wal_size < 3 * (uint64_t)limit);
    assert_int_equal(health.state, LEDGER_READY);
}

/* Of a log that never begins anew: in pages, for 100 of them a step, and 400 its size. */
static void the_log_is_brought_over_each_time_it_has_grown(void **state)
{
    static const struct {
        int pages;
        bool wanted;
    } cases[] = {{90, false},  {100, true},  {101, false}, {199, false}, {200, true},
                 {299, false}, {300, true},  {349, false}, {350, true},  {374, false},
                 {375, true},  {387, false}, {388, true},  {394, true},  {397, true},
                 {399, true},  {410, true},  {411, true},  {10, false},  {99, false},
                 {100, true},  {199, false}, {5, false},   {150, true},  {249, false},
                 {250, true},  {324, false}, {325, true}};
    enum { FRAME = LEDGER_PAGE_SIZE + 24 };
    struct ledger_sqlite *store = mem_new(sizeof(*store));

    (void)state;
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_cond_init(&store->checkpoint_work, NULL);
    store->options.wal_checkpoint_at = (uint64_t)100 * FRAME;
    store->options.wal_size_max = (uint64_t)400 * FRAME;
    store->wal_force_at = store->options.wal_size_max;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        store->checkpoint_wanted = false;
        ledger_sqlite_checkpoint_hint(store, cases[i].pages);
        if (store->checkpoint_wanted != cases[i].wanted) {
            fail_msg("step %zu: %d pages", i, cases[i].pages);
        }
    }
    (void)pthread_cond_destroy(&store->checkpoint_work);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

/* With a reader in the way, as there is nearly always one under load. */
static void commits_do_not_each_ask_for_the_log(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    struct ledger_crl_rows *rows = NULL;
    struct ledger_health health;
    struct error err;

    ledger_free(f->ledger);
    f->options.wal_checkpoint_at = LOG_LIMIT;
    f->options.wal_size_max = (uint64_t)64 * LOG_LIMIT;
    f->ledger = ledger_open(&f->options);
    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    unsigned int before = fake_disk_passive_checkpoints();
    unsigned int n = 0;
    do {
        assert_ok(issue(f, ++n, &err), &err);
        ledger_health_get(f->ledger, &health);
    } while (health.wal_size < (uint64_t)8 * LOG_LIMIT);
    unsigned int after = fake_disk_passive_checkpoints();
    ledger_crl_rows_free(rows);

    assert_true(n > 40); /* so that it tells the difference */
    assert_true(after - before <= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)
        TEST(what_an_answer_rests_on_is_synced_before_it),
        TEST(a_reservation_waits_for_no_sync),
        TEST(many_certificates_share_a_sync),
        TEST(what_cannot_be_written_is_not_stored),
        TEST(a_transaction_is_not_in_the_log_before_it_ends),
        TEST(no_room_at_the_opening_is_said),
        TEST(what_is_written_rests_on_nothing_that_is_looked_for_later),
        TEST(a_lost_sync_stops_all_writing),
        TEST(what_a_lost_sync_left_in_doubt_is_read),
        TEST(after_a_lost_sync_the_ledger_can_be_opened_again),
        TEST(opening_again_rewrites_what_may_not_be_on_the_disk),
        TEST(a_sync_that_is_lost_behind_the_writers_back_counts_too),
        TEST(the_next_life_does_not_trust_a_log_whose_sync_was_lost),
        TEST(the_log_has_a_limit),
        TEST(a_long_reader_makes_the_log_grow_but_stops_nobody),
        TEST(the_log_is_brought_over_each_time_it_has_grown),
        TEST(commits_do_not_each_ask_for_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
