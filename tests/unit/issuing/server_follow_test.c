/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/digest.h"
#include "common/wire/record.h"

#include "policyd/ledger_digest.h"
#include "tests/support/fake_disk.h"
#include "tests/support/test.h"
#include "tests/unit/issuing/house.h"

enum { LEDGER_COPY_MAX = 1 << 26, DECISIONS_MAX = 16 };

static struct server_revocation revocation_of(const struct server_outcome *outcome,
                                              enum ledger_revocation_event event)
{
    struct server_revocation what = {.event = event,
                                     .reason = LEDGER_REASON_KEY_COMPROMISE,
                                     .actor = {.uid = 0, .program = "policyctl"},
                                     .note = "by the test"};

    memcpy(what.serial.octets, outcome->serial, sizeof(what.serial.octets));
    return what;
}

static void order(struct house *h, const struct server_outcome *outcome,
                  enum ledger_revocation_event event, enum ledger_status expected)
{
    const struct server_revocation what = revocation_of(outcome, event);
    struct server_revoked revoked = {0};
    struct error err = {0};

    assert_ok(server_revoke(h->server, &what, &revoked, &err), &err);
    assert_int_equal(revoked.status, expected);
    assert_true(revoked.changed);
    assert_int_equal(revoked.crl_generation, 1);
}

static bool crl_has(struct house *h, const unsigned char *serial)
{
    return house_crl_has(h, (struct bytes){serial, WIRE_SERIAL});
}

static void server_revoke_puts_it_on_the_crl_and_a_release_takes_it_off(void **state)
{
    struct house *h = *state;
    AUTO(server_outcome) outcome = house_issue(h);
    AUTO(server_outcome) twin = house_issue(h);
    struct error err = {0};

    order(h, &outcome, LEDGER_EVENT_HOLD, LEDGER_STATUS_HELD);
    assert_ok(server_publish(h->server, &err), &err);
    assert_true(crl_has(h, outcome.serial));
    assert_false(crl_has(h, twin.serial));

    fake_clock_advance(&h->fake, 1);
    order(h, &outcome, LEDGER_EVENT_RELEASE, LEDGER_STATUS_LIVE);
    assert_ok(server_publish(h->server, &err), &err);
    assert_false(crl_has(h, outcome.serial));

    fake_clock_advance(&h->fake, 1);
    order(h, &outcome, LEDGER_EVENT_REVOKE, LEDGER_STATUS_REVOKED);
    assert_ok(server_publish(h->server, &err), &err);
    assert_true(crl_has(h, outcome.serial));
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 3);
}

static void server_revoke_refuses_what_does_not_fit(void **state)
{
    struct house *h = *state;
    AUTO(server_outcome) outcome = house_issue(h);
    struct server_revocation what = revocation_of(&outcome, LEDGER_EVENT_RELEASE);
    struct server_revoked revoked = {0};
    struct error err = {0};

    assert_fails(server_revoke(h->server, &what, &revoked, &err), &err, ERROR_CONFLICT,
                 "not on hold");
    order(h, &outcome, LEDGER_EVENT_REVOKE, LEDGER_STATUS_REVOKED);
    what = revocation_of(&outcome, LEDGER_EVENT_HOLD);
    assert_fails(server_revoke(h->server, &what, &revoked, &err), &err, ERROR_CONFLICT,
                 "revoked already");
    what.serial.octets[15] ^= 1;
    assert_fails(server_revoke(h->server, &what, &revoked, &err), &err, ERROR_NOT_FOUND,
                 "no certificate");
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 1);
}

static void server_infrastructure_records_a_certificate_without_account(void **state)
{
    struct house *h = *state;
    AUTO(proposal) keys = proposal_new(1);
    static const char *names[] = {"ca1.example.test"};
    static const char *others[] = {"web.example.test"};
    struct server_wish wish = {.profile = WIRE_PROFILE_TLS,
                               .dns_names = names,
                               .dns_name_count = 1,
                               .spki = keys->p.spki,
                               .csr = keys->p.spki,
                               .validity_s = 86400};
    AUTO(server_outcome) outcome = {0};
    AUTO(server_outcome) other = {0};

    server_infrastructure(h->server, &wish, &outcome);
    assert_int_equal(outcome.reason, REASON_NONE);
    AUTO(ledger_certificate) row = house_certificate(h, outcome.serial);
    assert_int_equal(row->kind, LEDGER_KIND_INFRASTRUCTURE);

    wish.dns_names = others; /* the signer answers with the name of its bounds */
    server_infrastructure(h->server, &wish, &other);
    assert_int_equal(other.reason, REASON_INTERNAL);
    assert_int_equal(other.certificate.len, 0);
}

static bool wants_rebuild(const struct server_state *state)
{
    for (size_t i = 0; i < state->problem_count; i++) {
        if (state->problems[i].run != NULL &&
            strcmp(state->problems[i].run, "policyctl ledger rebuild") == 0) {
            return !state->issuing;
        }
    }
    return false;
}

static void lose_ledger(struct house *h)
{
    static const char *const parts[] = {"", "-wal", "-shm", ".lock"};

    house_close(h);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        AUTO(string) part = mem_printf("%s%s", h->ledger_path, parts[i]);

        (void)remove(part);
    }
    house_open(h);
}

static void server_rebuild_restores_every_certificate_and_revocation(void **state)
{
    static const enum ledger_table tables[] = {
        LEDGER_TABLE_CERTIFICATES, LEDGER_TABLE_NAMES, LEDGER_TABLE_REVOCATIONS,
        LEDGER_TABLE_EVENTS, LEDGER_TABLE_BURNT_KEYS};
    struct house *h = *state;
    AUTO(server_outcome) one = house_issue(h);
    AUTO(server_outcome) two = house_issue(h);
    AUTO(server_outcome) three = house_issue(h);
    char *before[COUNT_OF(tables)];
    struct server_rebuilt rebuilt = {0};
    struct error err = {0};

    order(h, &one, LEDGER_EVENT_REVOKE, LEDGER_STATUS_REVOKED);
    order(h, &two, LEDGER_EVENT_HOLD, LEDGER_STATUS_HELD);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        before[i] = house_dump(h->ledger, tables[i]);
    }

    lose_ledger(h);
    house_await(h, wants_rebuild, "a rebuild is asked for");
    assert_int_equal(house_rows(h, LEDGER_TABLE_CERTIFICATES), 0);
    assert_ok(server_rebuild(h->server, &rebuilt, &err), &err);
    house_await_issuing(h);

    assert_int_equal(rebuilt.certificates, 3);
    assert_int_equal(rebuilt.revocations, 2);
    assert_int_equal(rebuilt.undelivered, 0);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        AUTO(string) after = house_dump(h->ledger, tables[i]);

        assert_string_equal(after, before[i]);
        free(before[i]);
    }
    assert_int_equal(three.reason, REASON_NONE);
    AUTO(server_outcome) next = house_issue(h);
    assert_int_equal(next.reason, REASON_NONE);
}

/* ---- a ledger that is not what it was ------------------------------------------------ */

/* Nothing is issued and nobody's certificate revoked; the advice helps: all are live again. */
static void expect_rebuild(struct house *h, uint64_t certificates)
{
    struct server_rebuilt rebuilt = {0};
    struct error err = {0};

    house_await(h, wants_rebuild, "a rebuild is asked for");
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 0);
    assert_ok(server_rebuild(h->server, &rebuilt, &err), &err);
    house_await_issuing(h);
    assert_int_equal(rebuilt.certificates, certificates);
    assert_int_equal(rebuilt.undelivered, 0);
    assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION), 0);
}

/* One that says nothing about certificates. */
static void add_record(struct house *h)
{
    const struct wire_control control = {.action = WIRE_CONTROL_CONFIRM_CLOCK,
                                         .actor = {.program = "policyctl"},
                                         .sentence = "it is right"};
    const struct signer_question question = {.message = &wire_control_message,
                                             .record = &control,
                                             .wanted = &wire_recorded_message};
    AUTO(signer_reply) reply = {0};
    struct error err = {0};

    assert_ok(signer_port_ask(server_port(h->server), &question, &reply, &err), &err);
}

static void
server_asks_for_a_rebuild_however_late_a_lost_ledgers_first_one_is(void **state)
{
    enum { RECORDS = 300 /* more than are read at once */ };
    struct house *h = *state;

    for (int i = 0; i < RECORDS; i++) {
        add_record(h);
    }
    AUTO(server_outcome) outcome = house_issue(h);
    assert_int_equal(outcome.reason, REASON_NONE);

    lose_ledger(h);

    expect_rebuild(h, 1);
}

static void copy_file(const char *from, const char *to)
{
    AUTO(buf) content = BUF_SECRET; /* 0600 is right for it */
    struct error err = {0};

    assert_ok(file_read(from, LEDGER_COPY_MAX, FILE_ANY, &content, &err), &err);
    assert_ok(file_write_atomic(to, buf_bytes(&content), FILE_MODE(0600), &err), &err);
}

static void server_takes_a_restored_ledger_for_no_crash(void **state)
{
    struct house *h = *state;
    AUTO(string) backup = mem_printf("%s/backup", h->directory);

    AUTO(server_outcome) before = house_issue(h);
    house_close(h);
    copy_file(h->ledger_path, backup);
    house_open(h);
    house_await_issuing(h);
    AUTO(server_outcome) after = house_issue(h);
    assert_int_equal(after.reason, REASON_NONE);
    fake_signer_await(h->signer, WIRE_TYPE_DECISION_BATCH, 1);
    house_close(h);
    copy_file(backup, h->ledger_path);
    house_open(h);

    expect_rebuild(h, 2);
}

/* Has the signer sign what no ledger hears of, as if a crash came before each row. */
static void sign_orphans(struct house *h, size_t count)
{
    const struct signer_port_options options = {.path = fake_signer_path(h->signer),
                                                .software = "0.1.0"};
    AUTO(signer_port) port = NULL;
    struct error err = {0};

    assert_ok(signer_port_new(&options, &port, &err), &err);
    for (size_t i = 0; i < count;) {
        AUTO(proposal) proposal = proposal_new(house_number(h) + 1000);
        AUTO(signer_reply) reply = {0};
        struct wire_issue_intent intent;
        struct signer_question question = {.message = &wire_issue_intent_message,
                                           .record = &intent,
                                           .wanted = &wire_issue_result_message};

        issue_intent(&proposal->p, HOUSE_WAIT_MS, &intent);
        i += signer_port_ask(port, &question, &reply, &err) ? 1 : 0; /* once connected */
        assert_false(reply.unknown);
    }
}

static bool is_issuing(const struct server_state *state)
{
    return state->issuing;
}

static void server_revokes_only_as_many_as_a_crash_explains(void **state)
{
    static const struct {
        const char *label;
        size_t orphans;
        bool revoked;
    } cases[] = {{"as many as may be", 128, true},
                 {"one more, though in many stretches", 129, false}};
    struct house *h = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned int revoked = fake_signer_records(h->signer, WIRE_RECORD_REVOCATION);

        house_close(h);
        sign_orphans(h, cases[i].orphans);
        house_open(h);
        house_await(h, cases[i].revoked ? is_issuing : wants_rebuild, cases[i].label);
        assert_int_equal(fake_signer_records(h->signer, WIRE_RECORD_REVOCATION) - revoked,
                         cases[i].revoked ? cases[i].orphans : 0);
    }
}

static void server_does_not_issue_beside_another_journal(void **state)
{
    struct house *h = *state;
    AUTO(server_outcome) outcome = house_issue(h);

    assert_int_equal(outcome.reason, REASON_NONE);
    fake_signer_stop(h->signer);
    fake_signer_forget(h->signer);
    fake_signer_start(h->signer);
    house_await(h, wants_rebuild, "the other journal is noticed");
}

/* ---- a ledger that cannot be written ------------------------------------------------- */

static bool is_well(const struct server_state *state)
{
    return state->issuing && state->crls_published > 0 && state->problem_count == 0;
}

static bool is_stopped(const struct server_state *state)
{
    return !state->issuing;
}

/* ---- decisions ----------------------------------------------------------------------- */

static bool add_row(void *ctx, const struct ledger_decision *d, struct error *err)
{
    struct ledger_digest *rows = ctx;

    (void)err;
    assert_in_range(d->id, 1, DECISIONS_MAX);
    ledger_decision_digest(d, &rows[d->id - 1]);
    return true;
}

/* Each batch of the journal is that of the rows as they are read, and together they are all: returns
 * how many. */
static int64_t check_batches(struct house *h)
{
    struct ledger_digest rows[DECISIONS_MAX] = {{0}};
    struct ledger_page page = {.id = 0};
    struct error err = {0};
    int64_t covered = 0;

    assert_ok(ledger_decision_list(h->ledger, DECISIONS_MAX, &page, add_row, rows, &err),
              &err);
    for (unsigned int n = 0; n < fake_signer_records(h->signer, WIRE_RECORD_DECISIONS);
         n++) {
        AUTO(wire_decision_batch) batch = {0};
        AUTO(buf) payload = BUF_EMPTY;
        AUTO(digest) digest = digest_new();
        unsigned char expected[DIGEST_SHA256_SIZE];

        assert_true(fake_signer_record(h->signer, WIRE_RECORD_DECISIONS, n, &payload));
        assert_ok(wire_decision_batch_decode(buf_bytes(&payload), &batch, &err), &err);
        assert_int_equal(batch.first_sequence, covered + 1);
        assert_in_range(batch.count, 1, DECISIONS_MAX - covered);
        for (uint32_t i = 0; i < batch.count; i++, covered++) {
            digest_update(digest, rows[covered].hash.octets, LEDGER_HASH_SIZE);
            batch.refused -= rows[covered].refused;
        }
        digest_finish(digest, expected);
        assert_memory_equal(batch.sha256, expected, sizeof(expected));
        assert_int_equal(batch.refused, 0);
        assert_int_equal(batch.last_utc, rows[covered - 1].decided_utc);
    }
    return covered;
}

static void issue_some(struct house *h, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        AUTO(server_outcome) outcome = house_issue(h);

        assert_int_equal(outcome.reason, REASON_NONE);
    }
}

/* Whether they are read, as those of an earlier life are, or known since they were stored. */
static void server_journals_the_digest_of_every_decision_as_its_row_is(void **state)
{
    struct house *h = *state;

    issue_some(h, 2);
    house_close(h);
    house_open(h);
    house_await_issuing(h);
    issue_some(h, 1);
    house_await_keeper(h);
    assert_int_equal(check_batches(h), 3);
    assert_int_equal(house_rows(h, LEDGER_TABLE_DECISIONS), 3);
    issue_some(h, 2);
    house_await_keeper(h);
    assert_int_equal(check_batches(h), 5);
    assert_int_equal(house_rows(h, LEDGER_TABLE_DECISIONS), 5);
}

/* I9: a monitor may keep requests away until all is well, so that none comes to find it out. */
static void server_tries_a_full_ledger_again_though_nobody_asks(void **state)
{
    struct house *h = *state;
    struct ledger_op op = {.kind = LEDGER_CRL_NUMBER,
                           .crl_number = {.ca = "another", .generation = 1}};
    struct error err = {0};

    house_await(h, is_well, "the beginning");
    fake_disk_fail_writes(ENOSPC);
    assert_fails(ledger_execute(h->ledger, &op, &err), &err, ERROR_UNAVAILABLE,
                 "no room");
    house_await(h, is_stopped, "the server finds the ledger full");
    fake_disk_mend();
    house_await(h, is_well, "the server finds that there is room");
}

static int mend_and_tear_down(void **state)
{
    fake_disk_mend();
    return house_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(server_revoke_puts_it_on_the_crl_and_a_release_takes_it_off),
        TEST(server_revoke_refuses_what_does_not_fit),
        TEST(server_infrastructure_records_a_certificate_without_account),
        TEST(server_rebuild_restores_every_certificate_and_revocation),
        TEST(server_asks_for_a_rebuild_however_late_a_lost_ledgers_first_one_is),
        TEST(server_takes_a_restored_ledger_for_no_crash),
        TEST(server_revokes_only_as_many_as_a_crash_explains),
        TEST(server_does_not_issue_beside_another_journal),
        TEST(server_journals_the_digest_of_every_decision_as_its_row_is),
        cmocka_unit_test_setup_teardown(
            server_tries_a_full_ledger_again_though_nobody_asks, house_setup,
            mend_and_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
