/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_read.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

static struct ledger_op event_of(unsigned int n, enum ledger_revocation_event event,
                                 enum ledger_reason reason, int64_t seq)
{
    return (struct ledger_op){.kind = LEDGER_REVOKE,
                              .revoke = {.what = {.serial = fixture_serial(n),
                                                  .event = event,
                                                  .reason = reason,
                                                  .happened_utc = FIXTURE_NOW + seq,
                                                  .actor = "uid 0",
                                                  .note = "lost laptop",
                                                  .journal_seq = seq}}};
}

static struct ledger_op record(struct fixture *f, unsigned int n,
                               enum ledger_revocation_event event,
                               enum ledger_reason reason, int64_t seq)
{
    struct ledger_op op = event_of(n, event, reason, seq);
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    return op;
}

/* The only entry of the CRL, or a failure of the test; false when there is none. */
static bool crl_entry(struct fixture *f, struct ledger_crl_entry *out)
{
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry more;
    bool found = false;
    bool second = false;
    struct error err;

    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    assert_ok(ledger_crl_rows_next(rows, out, &found, &err), &err);
    if (found) {
        assert_ok(ledger_crl_rows_next(rows, &more, &second, &err), &err);
        assert_false(second);
    }
    return found;
}

static enum ledger_status status_of(struct fixture *f, unsigned int n)
{
    AUTO(ledger_certificate) c = NULL;
    struct ledger_serial serial = fixture_serial(n);
    struct error err;

    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);
    assert_non_null(c);
    return c->status;
}

/* ---- revoke -------------------------------------------------------------------------- */

static void a_revoked_certificate_is_on_its_crl(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    assert_false(crl_entry(f, &entry));
    struct ledger_op op =
        record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_PRIVILEGE_WITHDRAWN, 20);

    assert_true(op.revoke.changed);
    assert_int_equal(op.revoke.status, LEDGER_STATUS_REVOKED);
    assert_string_equal(op.revoke.ca, "issuing1");
    assert_int_equal(op.revoke.crl_generation, 1);
    assert_int_equal(status_of(f, 1), LEDGER_STATUS_REVOKED);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_PRIVILEGE_WITHDRAWN);
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 20);
    assert_memory_equal(&entry.serial, &op.revoke.what.serial, sizeof(entry.serial));
}

static void an_unknown_serial_cannot_be_revoked(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op = event_of(2, LEDGER_EVENT_REVOKE, LEDGER_REASON_UNSPECIFIED, 20);
    struct error err;

    fixture_issue(f, 1);

    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_NOT_FOUND, "serial");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_EVENTS), 0);
}

static void revoking_again_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 20);
    struct ledger_op op =
        record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_PRIVILEGE_WITHDRAWN, 21);

    assert_false(op.revoke.changed);
    assert_true(op.revoke.recorded);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_SUPERSEDED);
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 20);
}

static void the_same_journal_record_is_taken_once(void **state)
{
    struct fixture *f = *state;

    fixture_issue(f, 1);
    struct ledger_op first =
        record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 20);
    struct ledger_op again =
        record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 20);

    assert_true(first.revoke.recorded);
    assert_false(again.revoke.recorded);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_EVENTS), 1);
}

static void a_compromise_that_is_learnt_later_is_taken_over(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 20);
    struct ledger_op op =
        record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 21);

    assert_true(op.revoke.changed);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_KEY_COMPROMISE);
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 20);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_BURNT_KEYS), 1);
}

/* ---- hold and release ---------------------------------------------------------------- */

static void a_hold_is_on_the_crl_until_it_is_released(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);
    assert_int_equal(status_of(f, 1), LEDGER_STATUS_HELD);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_CERTIFICATE_HOLD);
    struct ledger_op op =
        record(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 30);

    assert_true(op.revoke.changed);
    assert_int_equal(status_of(f, 1), LEDGER_STATUS_LIVE);
    assert_false(crl_entry(f, &entry));
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_EVENTS), 2);
}

static void a_held_one_that_is_revoked_keeps_the_holds_date(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 30);

    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_KEY_COMPROMISE);
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 20);
}

/* I7 */
static void nothing_leads_back_from_revoked(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 20);
    struct ledger_op hold =
        record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 21);
    struct ledger_op release =
        record(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 22);

    assert_false(hold.revoke.changed);
    assert_false(release.revoke.changed);
    assert_int_equal(release.revoke.status, LEDGER_STATUS_REVOKED);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_SUPERSEDED);
}

static void releasing_what_is_not_held_changes_nothing(void **state)
{
    struct fixture *f = *state;

    fixture_issue(f, 1);
    struct ledger_op op =
        record(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 20);

    assert_false(op.revoke.changed);
    assert_int_equal(status_of(f, 1), LEDGER_STATUS_LIVE);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_REVOCATIONS), 0);
}

static void a_released_one_can_be_held_again(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);
    (void)record(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 30);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 40);

    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 40);
}

static void an_event_that_is_recorded_late_takes_effect_in_its_place(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_entry entry;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, 30);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);

    assert_int_equal(status_of(f, 1), LEDGER_STATUS_REVOKED);
    assert_true(crl_entry(f, &entry));
    assert_int_equal(entry.reason, LEDGER_REASON_SUPERSEDED);
    assert_int_equal(entry.revoked_utc, FIXTURE_NOW + 20);
}

struct seen {
    struct ledger_revocation events[4];
    size_t count;
};

static bool see_event(void *ctx, const struct ledger_revocation *event, struct error *err)
{
    struct seen *seen = ctx;

    (void)err;
    assert_string_equal(event->note, "lost laptop");
    seen->events[seen->count++] = *event;
    return true;
}

static void the_whole_history_is_kept(void **state)
{
    struct fixture *f = *state;
    struct ledger_serial serial = fixture_serial(1);
    struct seen seen = {0};
    struct error err;

    fixture_issue(f, 1);
    (void)record(f, 1, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);
    (void)record(f, 1, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 30);
    (void)record(f, 1, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 40);
    assert_ok(ledger_revocation_list(f->ledger, &serial, see_event, &seen, &err), &err);

    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.events[0].event, LEDGER_EVENT_HOLD);
    assert_int_equal(seen.events[1].event, LEDGER_EVENT_RELEASE);
    assert_int_equal(seen.events[2].reason, LEDGER_REASON_KEY_COMPROMISE);
    assert_int_equal(seen.events[2].journal_seq, 40);
}

/* ---- CRL ----------------------------------------------------------------------------- */

static void issue_at(struct fixture *f, unsigned int n, const char *ca,
                     int64_t generation, int64_t shard)
{
    struct ledger_certificate c = fixture_certificate(n);

    c.ca = ca;
    c.crl_generation = generation;
    c.crl_shard = shard;
    fixture_settle(f, &c);
    (void)record(f, n, LEDGER_EVENT_REVOKE, LEDGER_REASON_SUPERSEDED, n);
}

static unsigned int crl_size(struct fixture *f, const struct ledger_crl_scope *scope)
{
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry entry;
    struct ledger_serial last = {{0}};
    unsigned int count = 0;
    bool found = true;
    struct error err;

    assert_ok(ledger_crl_rows_open(f->ledger, scope, &rows, &err), &err);
    for (;; count++) {
        assert_ok(ledger_crl_rows_next(rows, &entry, &found, &err), &err);
        if (!found) {
            return count;
        }
        assert_true(memcmp(&last, &entry.serial, sizeof(last)) < 0);
        last = entry.serial;
    }
}

static void a_crl_has_its_own_shard_in_the_order_of_serials(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_scope scope = {"issuing1", 2, 7, FIXTURE_NOW};

    for (unsigned int n = 40; n > 0; n--) {
        issue_at(f, n, n % 2 == 0 ? "issuing1" : "issuing2", 1 + n % 4 / 2,
                 n < 20 ? 7 : 8);
    }

    assert_int_equal(crl_size(f, &scope), 5);
    scope.shard = 9;
    assert_int_equal(crl_size(f, &scope), 0);
}

/* I7 */
static void only_what_has_expired_leaves_the_crl(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW + FIXTURE_YEAR};

    issue_at(f, 1, "issuing1", 1, 0);

    assert_int_equal(crl_size(f, &scope), 1);
    scope.unexpired_utc++;
    assert_int_equal(crl_size(f, &scope), 0);
}

static void a_crl_is_read_as_it_was_when_it_was_opened(void **state)
{
    struct fixture *f = *state;
    struct ledger_crl_scope scope = {"issuing1", 1, 0, FIXTURE_NOW};
    AUTO(ledger_crl_rows) rows = NULL;
    struct ledger_crl_entry entry;
    bool found = false;
    struct error err;

    issue_at(f, 1, "issuing1", 1, 0);
    assert_ok(ledger_crl_rows_open(f->ledger, &scope, &rows, &err), &err);
    issue_at(f, 2, "issuing1", 1, 0);
    for (int pass = 0; pass < 2; pass++) {
        assert_ok(ledger_crl_rows_next(rows, &entry, &found, &err), &err);
        assert_true(found);
        assert_ok(ledger_crl_rows_next(rows, &entry, &found, &err), &err);
        assert_false(found);
        ledger_crl_rows_rewind(rows);
    }

    assert_int_equal(crl_size(f, &scope), 2);
}

static void crl_numbers_only_go_up(void **state)
{
    struct fixture *f = *state;
    struct error err;

    for (int64_t i = 1; i <= 3; i++) {
        struct ledger_op op = {.kind = LEDGER_CRL_NUMBER,
                               .crl_number = {"issuing1", 1, 0, 0}};

        assert_ok(ledger_execute(f->ledger, &op, &err), &err);
        assert_int_equal(op.crl_number.number, i);
        fixture_restart(f);
    }
    struct ledger_op other = {.kind = LEDGER_CRL_NUMBER,
                              .crl_number = {"issuing1", 1, 1, 0}};
    assert_ok(ledger_execute(f->ledger, &other, &err), &err);
    assert_int_equal(other.crl_number.number, 1);
}

static void only_a_later_crl_that_has_its_number_is_published(void **state)
{
    static const struct {
        int64_t number;
        bool ok;
    } cases[] = {{3, false}, {2, true}, {2, false}, {1, false}};
    struct fixture *f = *state;
    struct ledger_crl crl;
    struct error err;

    for (int i = 0; i < 2; i++) {
        struct ledger_op op = {.kind = LEDGER_CRL_NUMBER,
                               .crl_number = {"issuing1", 1, 0, 0}};

        assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_op op = {.kind = LEDGER_CRL_PUBLISHED,
                               .crl_published = {{.ca = "issuing1",
                                                  .generation = 1,
                                                  .published = cases[i].number,
                                                  .this_update_utc = FIXTURE_NOW,
                                                  .next_update_utc = FIXTURE_NOW + 100,
                                                  .entries = 5}}};

        assert_int_equal(ledger_execute(f->ledger, &op, &err), cases[i].ok);
        assert_int_equal(cases[i].ok ? ERROR_CONFLICT : err.code, ERROR_CONFLICT);
    }
    assert_ok(ledger_crl_get(f->ledger, "issuing1", 1, 0, &crl, &err), &err);
    assert_int_equal(crl.number, 2);
    assert_int_equal(crl.published, 2);
    assert_int_equal(crl.next_update_utc, FIXTURE_NOW + 100);
    assert_int_equal(crl.entries, 5);
    assert_ok(ledger_crl_get(f->ledger, "issuing1", 9, 0, &crl, &err), &err);
    assert_int_equal(crl.number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_revoked_certificate_is_on_its_crl),
        TEST(an_unknown_serial_cannot_be_revoked),
        TEST(revoking_again_changes_nothing),
        TEST(the_same_journal_record_is_taken_once),
        TEST(a_compromise_that_is_learnt_later_is_taken_over),
        TEST(a_hold_is_on_the_crl_until_it_is_released),
        TEST(a_held_one_that_is_revoked_keeps_the_holds_date),
        TEST(nothing_leads_back_from_revoked),
        TEST(releasing_what_is_not_held_changes_nothing),
        TEST(a_released_one_can_be_held_again),
        TEST(an_event_that_is_recorded_late_takes_effect_in_its_place),
        TEST(the_whole_history_is_kept),
        TEST(a_crl_has_its_own_shard_in_the_order_of_serials),
        TEST(only_what_has_expired_leaves_the_crl),
        TEST(a_crl_is_read_as_it_was_when_it_was_opened),
        TEST(crl_numbers_only_go_up),
        TEST(only_a_later_crl_that_has_its_number_is_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
