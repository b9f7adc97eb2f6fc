/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "tests/support/fake_disk.h"
#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"

static void admin_serves_root_and_its_own_user_and_refuses_others(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) root = BUF_EMPTY;
    AUTO(buf) own = BUF_EMPTY;
    AUTO(buf) other = BUF_EMPTY;

    assert_int_equal(ask_as(f, 0, "GET /v1/status", "", &root), 200);
    assert_int_equal(ask_as(f, geteuid(), "GET /v1/status", "", &own), 200);
    assert_int_equal(ask_as(f, STRANGER, "GET /v1/status", "", &other), 403);
    assert_non_null(strstr(buf_text(&other), "\"NOT_OPERATOR\""));
    assert_non_null(strstr(buf_text(&other), "uid 4000000 is neither root"));
}

/* The fixture's peers all say gid 0. */
static void admin_asks_the_user_database_and_not_the_process(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) before = BUF_EMPTY;
    AUTO(buf) member = BUF_EMPTY;
    AUTO(buf) stranger = BUF_EMPTY;
    AUTO(buf) after = BUF_EMPTY;

    /* uid 1 is daemon everywhere, with the primary group of that name */
    assert_int_equal(ask_as(f, 1, "GET /v1/status", "", &before), 403);
    admin_set_group(f->admin, "daemon");
    assert_int_equal(ask_as(f, 1, "GET /v1/status", "", &member), 200);
    assert_int_equal(ask_as(f, STRANGER, "GET /v1/status", "", &stranger), 403);
    admin_set_group(f->admin, "root");
    assert_int_equal(ask_as(f, 1, "GET /v1/status", "", &after), 403);
}

static void admin_tells_everybody_whether_it_lives_and_is_ready(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) alive = BUF_EMPTY;
    AUTO(buf) ready = BUF_EMPTY;
    AUTO(buf) not_ready = BUF_EMPTY;

    assert_int_equal(ask_as(f, STRANGER, "GET /healthz", "", &alive), 200);
    assert_int_equal(ask_as(f, STRANGER, "GET /readyz", "", &ready), 200);
    f->signer.status.frozen = true;
    f->signer.status.frozen_sentence = "key ceremony";
    assert_int_equal(ask_as(f, STRANGER, "GET /readyz", "", &not_ready), 503);
    assert_non_null(strstr(buf_text(&not_ready), "key ceremony"));
}

/* No freshness at all in these: what the body may be. */
static const struct {
    const char *body;
    int status;
    const char *words;
} bodies[] = {
    {"", 200, "\"frozen\":true"},
    {"{}", 200, "\"frozen\":true"},
    {"{\"note\":\"why\"}", 200, "\"changed\":true"},
    {"[]", 400, "object"},
    {"{\"note\":1}", 400, "note"},
    {"{\"note\":\"a\\nb\"}", 400, "control characters"},
    {"{\"note\":\"a\",\"note\":\"b\"}", 400, "MALFORMED"},
    {"{\"notes\":\"a\"}", 400, "notes"},
    {"{", 400, "MALFORMED"},
    {"x", 400, "MALFORMED"},
};

static void admin_takes_strict_bodies_only(void **state)
{
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        expect(*state, "POST /v1/freeze", bodies[i].body, bodies[i].status,
               bodies[i].words);
    }
}

static void admin_bounds_the_note(void **state)
{
    char fits[ADMIN_NOTE_MAX + 32];
    char too_long[ADMIN_NOTE_MAX + 32];
    char note[ADMIN_NOTE_MAX + 2] = {0};

    memset(note, 'n', ADMIN_NOTE_MAX);
    (void)snprintf(fits, sizeof(fits), "{\"note\":\"%s\"}", note);
    note[ADMIN_NOTE_MAX] = 'n';
    (void)snprintf(too_long, sizeof(too_long), "{\"note\":\"%s\"}", note);

    expect(*state, "POST /v1/freeze", fits, 200, "frozen");
    expect(*state, "POST /v1/freeze", too_long, 400, "note");
}

static void admin_orders_carry_who_and_why_to_the_journal(void **state)
{
    static const struct {
        const char *line;
        enum wire_control_action action;
        const char *words;
    } orders[] = {
        {"POST /v1/freeze", WIRE_CONTROL_FREEZE, "\"frozen\":true"},
        {"POST /v1/thaw", WIRE_CONTROL_THAW, "\"frozen\":false"},
        {"POST /v1/clock/confirm", WIRE_CONTROL_CONFIRM_CLOCK, "\"confirmed\":true"},
        {"POST /v1/reload", WIRE_CONTROL_RELOAD, "[policyd] drain: 10s -> 20s\",\"[crl]"},
    };
    struct admin_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        f->signer.asked = WIRE_TYPE_HELLO;
        expect(f, orders[i].line, "{\"note\":\"because\"}", 200, orders[i].words);
        assert_int_equal(f->signer.asked, WIRE_TYPE_CONTROL);
        assert_int_equal(f->signer.action, orders[i].action);
        assert_string_equal(f->signer.sentence, "because");
        assert_int_equal(f->signer.uid, OPERATOR);
    }
    assert_int_equal(f->confirmations, 1);
}

static void admin_does_not_reach_the_signer_with_a_faulty_configuration(void **state)
{
    struct admin_fixture *f = *state;

    f->signer.asked = WIRE_TYPE_HELLO;
    (void)error_set(&f->reload_error, ERROR_INVALID, "policyd.conf:3: no");
    expect(f, "POST /v1/reload", "", 409, "policyd.conf:3: no");
    assert_int_equal(f->signer.asked, WIRE_TYPE_HELLO);
}

static void admin_maps_failures_to_statuses(void **state)
{
    static const struct {
        enum error_code code;
        int status;
        const char *words;
    } cases[] = {
        {ERROR_UNAVAILABLE, 503, "\"SIGNER\""}, {ERROR_CONFLICT, 409, "\"CONFLICT\""},
        {ERROR_DENIED, 409, "\"CONFLICT\""},    {ERROR_NOT_FOUND, 404, "\"NO_ITEM\""},
        {ERROR_INVALID, 400, "\"MALFORMED\""},  {ERROR_INTERNAL, 500, "\"INTERNAL\""},
    };
    struct admin_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        f->signer.fails = cases[i].code;
        expect(f, "POST /v1/freeze", "", cases[i].status, cases[i].words);
    }
}

static void admin_status_has_no_problem_when_all_is_well(void **state)
{
    expect(*state, "GET /v1/status", "", 200, "\"problems\":[]");
    expect(*state, "GET /v1/status", "", 200, "\"state\":\"issuing\"");
}

static void signer_is_away(struct admin_fixture *f)
{
    f->signer.link = (struct admin_link){.message = "connecting: refused"};
    f->signer.fails = ERROR_UNAVAILABLE;
}
static void signer_is_frozen(struct admin_fixture *f)
{
    f->signer.status.frozen = true;
    f->signer.status.frozen_sentence = "root: audit";
}
static void clock_jumped(struct admin_fixture *f)
{
    f->signer.status.clock_jumped = true;
}
static void no_ca(struct admin_fixture *f)
{
    f->signer.status.ca_count = 0;
}
static void ca_is_broken(struct admin_fixture *f)
{
    f->signer.ca.problem = "its key does not fit";
}
static void ca_expired(struct admin_fixture *f)
{
    f->signer.ca.not_after_utc = FIXTURE_NOW - 1;
}
static void journal_is_full(struct admin_fixture *f)
{
    f->signer.status.journal.problem = "no space left";
}
static void bounds_are_broken(struct admin_fixture *f)
{
    f->signer.status.bounds.problem = "line 3: no";
}
static void not_admitted(struct admin_fixture *f)
{
    f->signer.link.admitted = false;
}

/* Something that an answer would rest on. */
static void write_in_vain(struct admin_fixture *f)
{
    struct ledger_certificate certificate = fixture_certificate(1);
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op op = {.kind = LEDGER_SETTLE,
                           .settle = {&certificate, &request, &decision, false}};
    struct error err;

    assert_false(ledger_execute(f->store->ledger, &op, &err));
    fake_disk_mend();
}
static void ledger_is_full(struct admin_fixture *f)
{
    fake_disk_fail_writes(ENOSPC);
    write_in_vain(f);
}
static void ledger_lost_a_sync(struct admin_fixture *f)
{
    fake_disk_fail_syncs_of("-wal");
    write_in_vain(f);
}

static const struct {
    void (*provoke)(struct admin_fixture *f);
    const char *words;
} problem_cases[] = {
    {signer_is_away, "policyd-signer is away: connecting: refused\",\"run\":\"systemctl "
                     "start policyd-signer\""},
    {signer_is_frozen, "root: audit\",\"run\":\"policyctl thaw\""},
    {clock_jumped, "policyctl clock confirm"},
    {no_ca, "policyctl ca init"},
    {ca_is_broken, "issuing1: its key does not fit"},
    {ca_expired, "issuing1: its certificate has expired"},
    {journal_is_full, "no space left"},
    {bounds_are_broken, "line 3: no"},
    {not_admitted, "ledger and journal are being compared"},
    {ledger_is_full, "; the next request tries again\",\"run\":\"df -h\""},
    {ledger_lost_a_sync, "nothing is written any more; check the disk, then restart "
                         "policyd\",\"run\":\"systemctl restart policyd\""},
};

static void admin_status_says_what_stops_issuing_and_what_to_run(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(problem_cases); i++) {
        void *fixture = NULL;

        (void)admin_fixture_setup(&fixture);
        problem_cases[i].provoke(fixture);
        expect(fixture, "GET /v1/status", "", 200, problem_cases[i].words);
        expect(fixture, "GET /v1/status", "", 200, "\"state\":\"not issuing\"");
        expect(fixture, "GET /readyz", "", 503, "BUSY");
        (void)admin_fixture_teardown(&fixture);
    }
}

/* That they are being compared is no second problem when it is known why they cannot be. */
static void admin_status_tells_a_cause_once(void **state)
{
    struct admin_fixture *f = *state;

    f->signer.link.admitted = false;
    f->server_problem =
        (struct admin_problem){"journal", "the ledger is new", "rebuild it", true};
    expect(f, "GET /v1/status", "", 200,
           "\"problems\":[{\"what\":\"journal\",\"why\":\"the ledger is new\",\"run\":"
           "\"rebuild it\",\"stops_issuing\":true}]");
    f->server_problem.stops_issuing = false;
    expect(f, "GET /v1/status", "", 200, "being compared");
}

static void admin_status_shows_what_is_only_a_nuisance(void **state)
{
    struct admin_fixture *f = *state;

    f->problem = "nobody listens at port 80";
    f->crls.crls[0].next_update_utc = FIXTURE_NOW - 1;
    expect(f, "GET /v1/status", "", 200, "nobody listens at port 80");
    expect(f, "GET /v1/status", "", 200, "the CRL of issuing1 is out of date");
    expect(f, "GET /readyz", "", 200, "ready");
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *freeze(void *ctx)
{
    AUTO(buf) out = BUF_EMPTY;

    (void)ask(ctx, "POST /v1/clock/confirm", "", &out);
    return NULL;
}

/* I9; generous: what is tested is that it does not hang. */
static void admin_status_answers_while_the_signer_hangs(void **state)
{
    struct admin_fixture *f = *state;
    pthread_t waiting[4];

    expect(f, "GET /v1/status", "", 200, "\"problems\":[]");
    atomic_store(&f->signer.hangs, true);
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        assert_int_equal(pthread_create(&waiting[i], NULL, freeze, f), 0);
    }
    int64_t begin = now_ms();
    expect(f, "GET /v1/status", "", 200, "policyd-signer does not answer");
    assert_true(now_ms() - begin < ADMIN_STATUS_WAIT_MS + 20000);
    expect(f, "GET /v1/status", "", 200, "\"pid\":77"); /* the last answer */

    atomic_store(&f->signer.hangs, false);
    for (int i = 0; i < ADMIN_THREADS; i++) {
        (void)sem_post(&f->signer.go_on);
    }
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        (void)pthread_join(waiting[i], NULL);
    }
}

static void admin_turns_away_what_a_hanging_signer_would_hold(void **state)
{
    struct admin_fixture *f = *state;
    pthread_t waiting[4];

    atomic_store(&f->signer.hangs, true);
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        assert_int_equal(pthread_create(&waiting[i], NULL, freeze, f), 0);
    }
    for (size_t i = 0; i <= COUNT_OF(waiting);
         i++) { /* and the question for its status */
        (void)sem_wait(&f->signer.entered);
    }
    expect(f, "GET /v1/audit?after=1", "", 503, "earlier requests still wait");
    expect(f, "GET /v1/certificates", "", 200, "certificates");
    for (int i = 0; i < ADMIN_THREADS; i++) {
        (void)sem_post(&f->signer.go_on);
    }
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        (void)pthread_join(waiting[i], NULL);
    }
    atomic_store(&f->signer.hangs, false);
    expect(f, "GET /v1/audit?after=1", "", 200, "records");
}

static void admin_publishes_and_rebuilds_when_it_is_told(void **state)
{
    struct admin_fixture *f = *state;

    expect(f, "POST /v1/crl/publish", "", 200,
           "\"file\":\"issuing1-1-0.crl\",\"url\":\"http://pki.test/issuing1-1-0.crl\"");
    expect(f, "GET /v1/crl", "", 200, "\"number\":5");
    expect(f, "POST /v1/ledger/rebuild", "{}", 200, "\"certificates\":12");
    expect(f, "POST /v1/ledger/rebuild", "{\"force\":true}", 400, "force");
    assert_int_equal(f->publishes, 1);
    assert_int_equal(f->rebuilds, 1);
}

#define WITH(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, admin_fixture_setup, admin_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(admin_serves_root_and_its_own_user_and_refuses_others),
        WITH(admin_asks_the_user_database_and_not_the_process),
        WITH(admin_tells_everybody_whether_it_lives_and_is_ready),
        WITH(admin_takes_strict_bodies_only),
        WITH(admin_bounds_the_note),
        WITH(admin_orders_carry_who_and_why_to_the_journal),
        WITH(admin_does_not_reach_the_signer_with_a_faulty_configuration),
        WITH(admin_maps_failures_to_statuses),
        WITH(admin_status_has_no_problem_when_all_is_well),
        WITH(admin_status_tells_a_cause_once),
        cmocka_unit_test(admin_status_says_what_stops_issuing_and_what_to_run),
        WITH(admin_status_shows_what_is_only_a_nuisance),
        WITH(admin_status_answers_while_the_signer_hangs),
        WITH(admin_turns_away_what_a_hanging_signer_would_hold),
        WITH(admin_publishes_and_rebuilds_when_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
