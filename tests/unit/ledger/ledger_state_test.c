/* SPDX-License-Identifier: Apache-2.0 */
/* What several threads report of the same database. */
#include <string.h>

#include "common/base/mem.h"

#include "policyd/ledger_sqlite.h"
#include "tests/support/test.h"

/* ---- another thread, at a chosen moment ---------------------------------------------- */

/* Its report comes before or after that turn of the lock: there any other thread may come. */
static struct {
    struct ledger_sqlite *store; /* NULL: nobody comes */
    enum ldb_fault fault;
    int when; /* locks and unlocks until then */
} other;

static void let_the_other_come(void)
{
    struct ledger_sqlite *store = other.store;
    struct error why;

    if (store == NULL || other.when-- > 0) {
        return;
    }
    other.store = NULL; /* once */
    (void)error_set(&why, ERROR_UNAVAILABLE, "the other's disk");
    ledger_sqlite_note(store, false, other.fault, &why);
}

int __real_pthread_mutex_lock(pthread_mutex_t *lock);   /* NOLINT: the linker's name */
int __wrap_pthread_mutex_lock(pthread_mutex_t *lock);   /* NOLINT: as above */
int __real_pthread_mutex_unlock(pthread_mutex_t *lock); /* NOLINT: as above */
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock); /* NOLINT: as above */

int __wrap_pthread_mutex_lock(pthread_mutex_t *lock) /* NOLINT: as above */
{
    let_the_other_come();
    return __real_pthread_mutex_lock(lock);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock) /* NOLINT: as above */
{
    int rc = __real_pthread_mutex_unlock(lock);

    let_the_other_come();
    return rc;
}

/* ---- a ledger without a file --------------------------------------------------------- */

static char path[] = "/ledger.db";

static int set_up(void **state)
{
    struct ledger_sqlite *store = mem_new(sizeof(*store));

    store->path = path;
    (void)pthread_mutex_init(&store->lock, NULL);
    *state = store;
    return 0;
}

static int tear_down(void **state)
{
    struct ledger_sqlite *store = *state;

    other.store = NULL;
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
    return 0;
}

static void report(struct ledger_sqlite *store, bool ok, enum ldb_fault fault)
{
    struct error why = {0};

    if (!ok) {
        (void)error_set(&why, ERROR_UNAVAILABLE, "our disk");
    }
    ledger_sqlite_note(store, ok, fault, &why);
}

static void expect(struct ledger_sqlite *store, enum ledger_state state,
                   const char *words)
{
    struct ledger_health health = {0};

    ledger_sqlite_health(store, &health);
    assert_int_equal(health.state, state);
    assert_non_null(strstr(health.message, words));
    assert_int_equal(*words == '\0', *health.message == '\0');
}

/* ---- cases --------------------------------------------------------------------------- */

static void state_follows_the_last_write(void **state)
{
    struct ledger_sqlite *store = *state;

    ledger_sqlite_set_state(store, LEDGER_READY, "%s", "");
    report(store, false, LDB_FAULT_PASSING);
    expect(store, LEDGER_FAILING, "our disk; the next request tries again");
    report(store, true, LDB_FAULT_NONE);
    expect(store, LEDGER_READY, "");
}

enum { MOMENTS = 4 }; /* locks and unlocks of one report, or more of them than it has */

struct story {
    enum ledger_state first;
    bool ok; /* what we report, while the other does */
    enum ldb_fault fault;
};

static const struct story stories[] = {
    {LEDGER_FAILING, true, LDB_FAULT_NONE},
    {LEDGER_READY, true, LDB_FAULT_NONE},
    {LEDGER_READY, false, LDB_FAULT_PASSING},
    {LEDGER_FAILING, false, LDB_FAULT_LOCKED},
};

/* Wherever the other comes between our looking at the state and our setting it. */
static void tell_at_every_moment(struct ledger_sqlite *store, enum ldb_fault fault,
                                 enum ledger_state stays, const char *words)
{
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        for (int when = 0; when < MOMENTS; when++) {
            ledger_sqlite_set_state(store, stories[i].first, "first");
            other.fault = fault;
            other.when = when;
            other.store = store;
            report(store, stories[i].ok, stories[i].fault);
            if (other.store != NULL) { /* there was no such moment */
                other.store = NULL;
                assert_int_not_equal(when, 0);
                continue;
            }
            expect(store, stays, words);
        }
    }
}

static void a_lost_sync_stays_whatever_another_thread_reports(void **state)
{
    tell_at_every_moment(*state, LDB_FAULT_SYNC, LEDGER_SYNC_LOST, "the other's disk");
}

static void damage_stays_whatever_another_thread_reports(void **state)
{
    tell_at_every_moment(*state, LDB_FAULT_DAMAGED, LEDGER_DAMAGED, "the other's disk");
}

static void only_opening_again_leads_out_of_what_stays(void **state)
{
    static const enum ledger_state lasting[] = {LEDGER_SYNC_LOST, LEDGER_DAMAGED,
                                                LEDGER_READ_ONLY, LEDGER_AWAY};
    struct ledger_sqlite *store = *state;

    for (size_t i = 0; i < COUNT_OF(lasting); i++) {
        ledger_sqlite_set_state(store, lasting[i], "first");
        report(store, true, LDB_FAULT_NONE);
        report(store, false, LDB_FAULT_PASSING);
        report(store, false, LDB_FAULT_SYNC);
        report(store, false, LDB_FAULT_DAMAGED);
        expect(store, lasting[i], "first");

        ledger_sqlite_set_state(store, LEDGER_READY, "%s", "");
        expect(store, LEDGER_READY, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(state_follows_the_last_write),
        TEST(a_lost_sync_stays_whatever_another_thread_reports),
        TEST(damage_stays_whatever_another_thread_reports),
        TEST(only_opening_again_leads_out_of_what_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
