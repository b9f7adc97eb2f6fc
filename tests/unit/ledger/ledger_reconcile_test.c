/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_read.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { JOURNAL_MAX = 64 };

/* A journal as its reader would hand it over. */
struct journal {
    struct ledger_journal_entry entries[JOURNAL_MAX];
    struct ledger_certificate certificates[JOURNAL_MAX];
    struct ledger_revoke revocations[JOURNAL_MAX];
    struct ledger_crl crls[JOURNAL_MAX];
    size_t count;
    int64_t sequence;
};

CLEANUP_DEFINE(journal, struct journal *, free);

static struct ledger_certificate *journal_intent(struct journal *j, unsigned int n)
{
    struct ledger_certificate *c = &j->certificates[j->count];

    *c = fixture_certificate(n);
    c->journal_seq = ++j->sequence;
    c->delivered = false;
    j->entries[j->count++] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_INTENT, .sequence = j->sequence, .certificate = c};
    c->der = (struct bytes){NULL, 0};
    return c;
}

static void journal_result(struct journal *j, unsigned int n)
{
    struct ledger_certificate *c = &j->certificates[j->count];

    *c = fixture_certificate(n);
    j->entries[j->count++] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_RESULT, .sequence = ++j->sequence, .certificate = c};
}

static void journal_revocation(struct journal *j, unsigned int n,
                               enum ledger_revocation_event event,
                               enum ledger_reason reason, bool undelivered)
{
    struct ledger_revoke *r = &j->revocations[j->count];

    *r = (struct ledger_revoke){.what = {.serial = fixture_serial(n),
                                         .event = event,
                                         .reason = reason,
                                         .happened_utc = FIXTURE_NOW + j->sequence,
                                         .actor = "uid 0",
                                         .note = "",
                                         .journal_seq = ++j->sequence},
                                .undelivered = undelivered};
    j->entries[j->count++] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_REVOCATION, .sequence = j->sequence, .revoke = r};
}

static void journal_crl(struct journal *j, int64_t number)
{
    struct ledger_crl *crl = &j->crls[j->count];

    *crl = (struct ledger_crl){.ca = "issuing1", .generation = 1, .number = number};
    j->entries[j->count++] = (struct ledger_journal_entry){
        .kind = LEDGER_JOURNAL_CRL, .sequence = ++j->sequence, .crl = crl};
}

static struct ledger_op reconcile_op(const struct journal *j, bool rebuild)
{
    return (struct ledger_op){.kind = LEDGER_RECONCILE,
                              .reconcile = {.signer = "signer-1",
                                            .through = j->sequence,
                                            .record = fixture_hash(42),
                                            .now_utc = FIXTURE_NOW,
                                            .entries = j->entries,
                                            .entries_len = j->count,
                                            .rebuild = rebuild}};
}

static struct ledger_op reconcile(struct ledger *ledger, const struct journal *j,
                                  bool rebuild)
{
    struct ledger_op op = reconcile_op(j, rebuild);
    struct error err;

    assert_ok(ledger_execute(ledger, &op, &err), &err);
    return op;
}

struct serials {
    struct ledger_serial serials[JOURNAL_MAX];
    size_t count;
};

static bool see(void *ctx, const struct ledger_certificate *c, struct error *err)
{
    struct serials *seen = ctx;

    (void)err;
    seen->serials[seen->count++] = c->serial;
    return true;
}

/* How many wait to be revoked because nobody got them. */
static size_t count_undelivered(struct ledger *ledger)
{
    struct ledger_list_query query = {.list = LEDGER_LIST_UNDELIVERED, .limit = 10};
    struct ledger_page page = {0};
    struct serials seen = {0};
    struct error err;

    assert_ok(ledger_certificate_list(ledger, &query, &page, see, &seen, &err), &err);
    return seen.count;
}

/* ---- reconcile ----------------------------------------------------------------------- */

/* I1 */
static void a_signature_without_a_row_is_recorded_as_undelivered(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_serial serial = fixture_serial(2);
    AUTO(ledger_certificate) c = NULL;
    struct error err;

    fixture_issue(f, 1);
    (void)journal_intent(j, 1);
    journal_result(j, 1);
    (void)journal_intent(j, 2);
    journal_result(j, 2);
    struct ledger_op op = reconcile(f->ledger, j, false);
    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);

    assert_int_equal(op.reconcile.added, 1);
    assert_false(c->delivered);
    assert_int_equal(c->der.len, 900); /* from the result */
    assert_int_equal(count_undelivered(f->ledger), 1);
}

static void a_revoked_undelivered_one_is_done_with(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry entry;
    bool found = false;
    struct error err;

    (void)journal_intent(j, 2);
    (void)reconcile(f->ledger, j, false);
    assert_int_equal(count_undelivered(f->ledger), 1);
    fixture_revoke(f, 2, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 9);
    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    assert_ok(ledger_crl_rows_next(rows, &entry, &found, &err), &err);

    assert_int_equal(count_undelivered(f->ledger), 0);
    assert_true(found);
}

static void what_was_reconciled_must_not_be_handed_out(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_certificate c = fixture_certificate(2);
    struct ledger_request request = fixture_request(2);
    struct ledger_decision decision = fixture_decision(2);
    struct ledger_op late = {.kind = LEDGER_SETTLE,
                             .settle = {&c, &request, &decision, false}};
    struct error err;

    c.journal_seq = journal_intent(j, 2)->journal_seq;
    (void)reconcile(f->ledger, j, false);

    assert_fails(ledger_execute(f->ledger, &late, &err), &err, ERROR_CONFLICT,
                 "undelivered");
}

static void an_undelivered_renewal_replaces_nothing(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_serial first = fixture_serial(1);
    AUTO(ledger_certificate) old = NULL;
    struct error err;

    fixture_issue(f, 1);
    journal_intent(j, 2)->renews = first;
    journal_result(j, 2);
    (void)reconcile(f->ledger, j, false);
    assert_ok(ledger_certificate_get(f->ledger, &first, &old, &err), &err);

    assert_true(ledger_serial_is_none(&old->superseded_by));
}

static void an_undelivered_one_is_neither_given_again_nor_counted(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_op op = fixture_reserve(2);
    struct error err;

    (void)journal_intent(j, 2);
    journal_result(j, 2);
    (void)reconcile(f->ledger, j, false);
    op.reserve.retry_window_s = 600;
    op.reserve.quota = (struct ledger_quota){1, 1, 1};
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);

    assert_int_equal(op.reserve.outcome, LEDGER_RESERVED);
}

static void the_cursor_moves_with_the_rows(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_cursor cursor;
    struct ledger_hash record = fixture_hash(42);
    struct error err;

    assert_ok(ledger_cursor_get(f->ledger, "signer-1", &cursor, &err), &err);
    assert_int_equal(cursor.reconciled, 0);
    (void)journal_intent(j, 1);
    (void)reconcile(f->ledger, j, false);
    assert_ok(ledger_cursor_get(f->ledger, "signer-1", &cursor, &err), &err);

    assert_int_equal(cursor.reconciled, 1);
    assert_memory_equal(&cursor.record, &record, sizeof(record));
    assert_int_equal(cursor.updated_utc, FIXTURE_NOW);
}

static void a_stretch_that_does_not_begin_at_the_cursor_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct error err;

    (void)journal_intent(j, 1);
    (void)reconcile(f->ledger, j, false);
    struct ledger_op again = reconcile_op(j, false);
    assert_fails(ledger_execute(f->ledger, &again, &err), &err, ERROR_CONFLICT,
                 "taken over up to record 1, not 0");

    struct ledger_op ahead = {
        .kind = LEDGER_RECONCILE,
        .reconcile = {.signer = "signer-1", .after = 2, .through = 9}};
    assert_fails(ledger_execute(f->ledger, &ahead, &err), &err, ERROR_CONFLICT, "not 2");
    ahead.reconcile.after = 1;
    assert_ok(ledger_execute(f->ledger, &ahead, &err), &err);
}

static void a_stretch_that_fails_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_cursor cursor;
    struct error err;

    (void)journal_intent(j, 1);
    journal_revocation(j, 99, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, false);
    struct ledger_op op = reconcile_op(j, false);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_NOT_FOUND,
                 "journal record 2");
    assert_ok(ledger_cursor_get(f->ledger, "signer-1", &cursor, &err), &err);

    assert_int_equal(cursor.reconciled, 0);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 0);
}

static void a_journal_that_contradicts_the_ledger_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct error err;

    fixture_issue(f, 3); /* journal sequence 3 */
    (void)journal_intent(j, 3);
    struct ledger_op op = reconcile_op(j, false);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT,
                 "another certificate");

    AUTO(journal) orphan = mem_new(sizeof(*orphan));
    journal_result(orphan, 8);
    op = reconcile_op(orphan, false);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_NOT_FOUND,
                 "no intent");
}

static void more_than_a_crash_explains_is_not_revoked(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct error err;

    for (unsigned int n = 1; n <= 3; n++) {
        (void)journal_intent(j, n);
    }
    struct ledger_op op = reconcile_op(j, false);
    op.reconcile.undelivered_max = 2;
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT,
                 "ledger rebuild");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 0);

    op.reconcile.undelivered_max = 3;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.reconcile.added, 3);
}

static void a_revocation_that_the_ledger_missed_is_made_good(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));

    fixture_issue(f, 1);
    (void)journal_intent(j, 1);
    journal_revocation(j, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, false);
    journal_revocation(j, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, false);
    journal_revocation(j, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, false);
    fixture_revoke(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 2);
    struct ledger_op op = reconcile(f->ledger, j, false);

    assert_int_equal(op.reconcile.added, 0);
    assert_int_equal(op.reconcile.revoked, 2); /* the hold it had */
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_EVENTS), 3);
}

static void numbers_of_the_journal_are_not_given_out_again(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));
    struct ledger_op crl = {.kind = LEDGER_CRL_NUMBER,
                            .crl_number = {"issuing1", 1, 0, 0}};
    int64_t number = 0;
    struct error err;

    journal_intent(j, 5)->request = 777;
    journal_crl(j, 41);
    journal_crl(j, 40);
    (void)reconcile(f->ledger, j, true);
    assert_ok(ledger_request_number(f->ledger, &number, &err), &err);
    assert_ok(ledger_execute(f->ledger, &crl, &err), &err);

    assert_int_equal(number, 778);
    assert_int_equal(crl.crl_number.number, 42);
}

/* ---- rebuild ------------------------------------------------------------------------- */

/* Rows of both are the same, line by line. */
static void assert_same(struct ledger *a, struct ledger *b, enum ledger_table table)
{
    AUTO(string) left = fixture_dump(a, table);
    AUTO(string) right = fixture_dump(b, table);

    assert_string_equal(left, right);
}

/* The life of a ledger, and the journal of it: issue, renew, revoke, hold, a crash. */
static void live_a_life(struct fixture *f, struct journal *j)
{
    struct ledger_certificate renewal = fixture_certificate(20);

    for (unsigned int n = 1; n <= 10; n++) {
        struct ledger_certificate c = fixture_certificate(n);

        c.journal_seq = journal_intent(j, n)->journal_seq;
        journal_result(j, n);
        fixture_settle(f, &c);
    }
    renewal.renews = fixture_serial(3);
    struct ledger_certificate *intent = journal_intent(j, 20);
    intent->renews = renewal.renews;
    renewal.journal_seq = intent->journal_seq;
    journal_result(j, 20);
    fixture_settle(f, &renewal);
    for (unsigned int n = 4; n <= 6; n++) {
        enum ledger_revocation_event event =
            n == 6 ? LEDGER_EVENT_HOLD : LEDGER_EVENT_REVOKE;
        enum ledger_reason reason = n == 4   ? LEDGER_REASON_KEY_COMPROMISE
                                    : n == 5 ? LEDGER_REASON_SUPERSEDED
                                             : LEDGER_REASON_CERTIFICATE_HOLD;

        journal_revocation(j, n, event, reason, false);
        struct ledger_op op = {.kind = LEDGER_REVOKE,
                               .revoke = *j->entries[j->count - 1].revoke};
        struct error err;
        assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    }
}

/* An intent without and one with a result, neither settled; both found and revoked. */
static void crash(struct fixture *f, struct journal *j)
{
    struct error err;

    (void)journal_intent(j, 30);
    journal_intent(j, 31)->renews = fixture_serial(7);
    journal_result(j, 31);
    (void)reconcile(f->ledger, j, false);
    for (unsigned int n = 30; n <= 31; n++) {
        journal_revocation(j, n, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, true);
        struct ledger_op op = {.kind = LEDGER_REVOKE,
                               .revoke = *j->entries[j->count - 1].revoke};
        assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    }
}

static void a_rebuilt_ledger_has_the_same_rows(void **state)
{
    static const enum ledger_table tables[] = {
        LEDGER_TABLE_CERTIFICATES, LEDGER_TABLE_NAMES, LEDGER_TABLE_REVOCATIONS,
        LEDGER_TABLE_EVENTS, LEDGER_TABLE_BURNT_KEYS};
    struct fixture *f = *state;
    void *second = NULL;
    AUTO(journal) j = mem_new(sizeof(*j));

    live_a_life(f, j);
    crash(f, j);
    assert_int_equal(fixture_setup(&second), 0);
    struct fixture *fresh = second;
    (void)reconcile(fresh->ledger, j, true);

    assert_int_equal(fixture_count(fresh->ledger, LEDGER_TABLE_CERTIFICATES), 13);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        assert_same(f->ledger, fresh->ledger, tables[i]);
    }
    assert_int_equal(fixture_teardown(&second), 0);
}

static void rebuilding_in_portions_comes_to_the_same(void **state)
{
    struct fixture *f = *state;
    void *second = NULL;
    AUTO(journal) j = mem_new(sizeof(*j));

    live_a_life(f, j);
    assert_int_equal(fixture_setup(&second), 0);
    struct fixture *fresh = second;
    for (size_t i = 0; i < j->count; i++) {
        struct ledger_op op = reconcile_op(j, true);
        struct error err;

        op.reconcile.after = j->entries[i].sequence - 1;
        op.reconcile.through = j->entries[i].sequence;
        op.reconcile.entries = &j->entries[i];
        op.reconcile.entries_len = 1;
        assert_ok(ledger_execute(fresh->ledger, &op, &err), &err);
    }

    assert_same(f->ledger, fresh->ledger, LEDGER_TABLE_CERTIFICATES);
    assert_same(f->ledger, fresh->ledger, LEDGER_TABLE_REVOCATIONS);
    assert_int_equal(count_undelivered(fresh->ledger), 0);
    assert_int_equal(fixture_teardown(&second), 0);
}

/* The ledger knew that it was revoked because nobody had it; the journal's result came later. */
static void rebuilding_upon_a_ledger_keeps_what_it_knew(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) first = mem_new(sizeof(*first));
    AUTO(journal) later = mem_new(sizeof(*later));
    struct ledger_serial serial = fixture_serial(1);
    AUTO(ledger_certificate) c = NULL;
    struct error err;

    (void)journal_intent(first, 1);
    (void)reconcile(f->ledger, first, false);
    fixture_revoke(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 9);
    later->sequence = 1;
    journal_result(later, 1);
    struct ledger_op op = reconcile_op(later, true);
    op.reconcile.after = 1;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);

    assert_false(c->delivered);
    assert_int_equal(c->der.len, 900);
}

static void a_rebuilt_intent_without_a_result_is_undelivered(void **state)
{
    struct fixture *f = *state;
    AUTO(journal) j = mem_new(sizeof(*j));

    (void)journal_intent(j, 1);
    journal_result(j, 1);
    (void)journal_intent(j, 2);
    (void)reconcile(f->ledger, j, true);

    assert_int_equal(count_undelivered(f->ledger), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_signature_without_a_row_is_recorded_as_undelivered),
        TEST(a_revoked_undelivered_one_is_done_with),
        TEST(what_was_reconciled_must_not_be_handed_out),
        TEST(an_undelivered_renewal_replaces_nothing),
        TEST(an_undelivered_one_is_neither_given_again_nor_counted),
        TEST(the_cursor_moves_with_the_rows),
        TEST(a_stretch_that_does_not_begin_at_the_cursor_is_refused),
        TEST(a_stretch_that_fails_leaves_nothing_behind),
        TEST(a_journal_that_contradicts_the_ledger_is_refused),
        TEST(more_than_a_crash_explains_is_not_revoked),
        TEST(a_revocation_that_the_ledger_missed_is_made_good),
        TEST(numbers_of_the_journal_are_not_given_out_again),
        TEST(a_rebuilt_ledger_has_the_same_rows),
        TEST(rebuilding_in_portions_comes_to_the_same),
        TEST(rebuilding_upon_a_ledger_keeps_what_it_knew),
        TEST(a_rebuilt_intent_without_a_result_is_undelivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
