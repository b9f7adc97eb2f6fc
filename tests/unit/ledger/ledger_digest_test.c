/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ledger_digest.h"
#include "policyd/ledger_inside.h"
#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { ROWS_MAX = 16 };

/* Those of all rows, as they are read; by id from 1 on. */
struct rows {
    struct ledger_digest digests[ROWS_MAX];
    int64_t count;
};

static bool add_row(void *ctx, const struct ledger_decision *d, struct error *err)
{
    struct rows *rows = ctx;

    (void)err;
    assert_in_range(d->id, 1, ROWS_MAX);
    ledger_decision_digest(d, &rows->digests[d->id - 1]);
    rows->count++;
    return true;
}

static void read_rows(struct fixture *f, struct rows *rows)
{
    struct ledger_page page = {.id = 0};
    struct error err;

    *rows = (struct rows){.count = 0};
    assert_ok(ledger_decision_list(f->ledger, ROWS_MAX, &page, add_row, rows, &err),
              &err);
}

static bool is_kept(struct fixture *f, int64_t first, int64_t last)
{
    AUTO(ledger_digest) out = mem_array(LEDGER_DIGESTS_MAX, sizeof(*out));

    return ledger_digests_get(f->ledger, first, last, out);
}

static void refuse(struct fixture *f, const struct ledger_decision *decision)
{
    struct ledger_request request = fixture_request((unsigned int)decision->request);
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, decision}};
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

static void store_some(struct fixture *f)
{
    struct ledger_decision plain = fixture_decision(2);
    struct ledger_decision bare = fixture_decision(4);

    fixture_issue(f, 1);
    refuse(f, &plain);
    fixture_hold(f, 3, 1);
    bare.template.name = ""; /* and a content, which no row keeps */
    bare.verdict = LEDGER_VERDICT_ERROR;
    bare.bundle = (struct ledger_hash){{0}};
    bare.reason = bare.engine = "";
    bare.facts = bare.trace = (struct bytes){NULL, 0};
    refuse(f, &bare);
}

static void digests_kept_are_those_of_the_rows(void **state)
{
    struct fixture *f = *state;
    struct ledger_digest kept[ROWS_MAX] = {{0}};
    struct rows rows;

    store_some(f);
    assert_true(ledger_digests_get(f->ledger, 1, 4, kept));
    fixture_restart(f);
    assert_false(is_kept(f, 1, 4));
    read_rows(f, &rows);

    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kept[i].id, i + 1);
        assert_int_equal(kept[i].id, rows.digests[i].id);
        assert_int_equal(kept[i].decided_utc, rows.digests[i].decided_utc);
        assert_int_equal(kept[i].refused, rows.digests[i].refused);
        assert_int_equal(kept[i].refused, i == 1 || i == 3);
        assert_memory_equal(kept[i].hash.octets, rows.digests[i].hash.octets,
                            LEDGER_HASH_SIZE);
    }
}

/* The signer's journals have it: it never changes. */
static void the_digest_of_a_decision_is_what_it_always_was(void **state)
{
    struct ledger_decision decision = fixture_decision(7);
    struct ledger_digest digest;
    AUTO(buf) hex = BUF_EMPTY;

    (void)state;
    decision.id = 5;
    decision.node = 3;
    decision.serial = fixture_serial(9);
    ledger_decision_digest(&decision, &digest);
    text_append_hex(&hex, digest.hash.octets, LEDGER_HASH_SIZE);

    assert_string_equal(
        buf_text(&hex),
        "63c444c267b5f2c2e8db840c79176181c8cf2aba958e53d1568fc391a1821e19");
}

static void digests_are_given_all_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int64_t first;
        int64_t last;
        bool kept;
    } cases[] = {
        {1, 4, true},  {2, 3, true},  {4, 4, true},   {1, 5, false},
        {5, 5, false}, {0, 4, false}, {-3, 4, false}, {1, LEDGER_DIGESTS_MAX + 1, false}};

    store_some(f);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (is_kept(f, cases[i].first, cases[i].last) != cases[i].kept) {
            fail_msg("case %zu", i);
        }
    }
}

static void an_operation_without_a_row_keeps_no_digest(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate certificate = fixture_certificate(1);
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op again = {.kind = LEDGER_SETTLE,
                              .settle = {&certificate, &request, &decision, false}};
    struct ledger_op late = {.kind = LEDGER_REFUSE, .refuse = {&request, &decision}};
    struct error err;

    fixture_issue(f, 1);
    assert_ok(ledger_execute(f->ledger, &again, &err), &err);
    assert_true(again.settle.already);
    assert_int_equal(again.decision_id, 0);
    assert_fails(ledger_execute(f->ledger, &late, &err), &err, ERROR_CONFLICT, "issued");
    assert_true(is_kept(f, 1, 1));
    assert_false(is_kept(f, 2, 2));
}

static void a_ledger_that_is_opened_again_keeps_nothing_from_before(void **state)
{
    struct fixture *f = *state;
    struct ledger_decision decision = fixture_decision(8);
    struct error err;

    store_some(f);
    assert_ok(ledger_reopen(f->ledger, FIXTURE_NOW, &err), &err);
    assert_false(is_kept(f, 4, 4));
    refuse(f, &decision);
    assert_true(is_kept(f, 5, 5));
    assert_false(is_kept(f, 4, 5));
}

static void note(struct ledger_digests *digests, uint64_t life, int64_t id)
{
    struct ledger_decision decision = fixture_decision(1);
    const struct ledger_op op = {
        .kind = LEDGER_REFUSE, .refuse = {.decision = &decision}, .decision_id = id};

    ledger_digests_note(digests, life, &op);
}

/* Stored before the database was opened again, told afterwards. */
static void a_digest_that_comes_late_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct ledger_digests *digests = ledger_inside_digests(f->ledger);
    uint64_t life = ledger_digests_life(digests);

    ledger_digests_forget(digests);
    note(digests, life, 1);
    assert_false(is_kept(f, 1, 1));
    note(digests, ledger_digests_life(digests), 1);
    assert_true(is_kept(f, 1, 1));
}

static void only_the_latest_digests_are_kept(void **state)
{
    struct fixture *f = *state;
    struct ledger_digests *digests = ledger_inside_digests(f->ledger);

    for (int64_t id = 1; id <= LEDGER_DIGESTS_MAX + 2; id++) {
        note(digests, ledger_digests_life(digests), id);
    }
    assert_true(is_kept(f, 3, LEDGER_DIGESTS_MAX + 2));
    assert_false(is_kept(f, 2, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(digests_kept_are_those_of_the_rows),
        cmocka_unit_test(the_digest_of_a_decision_is_what_it_always_was),
        TEST(digests_are_given_all_or_not_at_all),
        TEST(an_operation_without_a_row_keeps_no_digest),
        TEST(a_ledger_that_is_opened_again_keeps_nothing_from_before),
        TEST(a_digest_that_comes_late_is_not_kept),
        TEST(only_the_latest_digests_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
