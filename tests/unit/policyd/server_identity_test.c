/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "policyd/server_identity.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"
#include "tests/unit/directory/fake_directory.h"

#define ALICE_ID "a80f03a2-79f1-1041-9bbb-000000000001"
#define BOB_ID   "a80f03a2-79f1-1041-9bbb-000000000002"
#define P        ",dc=example,dc=test"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): joined on purpose */
static const struct fake_entry domain[] = {
    {"cn=alice" P,
     {"objectClass", "person", "uid", "alice", "cn", "alice", "entryUUID", ALICE_ID}},
    {"cn=engineering" P, {"member", "cn=alice" P, "entryUUID", BOB_ID}},
};
static const struct fake_entry locked[] = {
    {"cn=alice" P,
     {"objectClass", "person", "uid", "alice", "cn", "alice", "entryUUID", ALICE_ID,
      "nsAccountLock", "TRUE"}},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

struct bench {
    struct fake_directory fake;
    struct fake_clock time;
    struct clock clock;
    struct directory *directory;
    struct server_identity_source source;
    struct server_identity who;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct directory_settings settings = fake_directory_settings();
    struct error err = {0};

    assert_non_null(b);
    b->fake = (struct fake_directory){.entries = domain, .count = COUNT_OF(domain)};
    fake_clock_set(&b->time, 1800000000);
    b->clock = fake_clock_port(&b->time);
    settings.clock = &b->clock;
    settings.port = fake_directory_port(&b->fake);
    assert_ok(directory_new(&settings, &b->directory, &err), &err);
    b->source =
        (struct server_identity_source){.directory = b->directory, .timeout_ms = 60000};
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    server_identity_clear(&b->who);
    directory_free(b->directory);
    free(b);
    return 0;
}

static void set_principal(struct bench *b, const char *principal)
{
    (void)snprintf(b->who.login.principal, sizeof(b->who.login.principal), "%s",
                   principal);
}

/* What auth makes of a token. */
static void log_in(struct bench *b, const char *principal)
{
    server_identity_clear(&b->who);
    b->who.login.outcome = AUTH_KNOWN;
    b->who.login.method = WIRE_AUTH_KERBEROS;
    b->who.login.channel_bound = true;
    b->who.login.authenticated_utc = 1799999999;
    buf_append_text(&b->who.login.reply_token, "mutual");
    set_principal(b, principal);
}

/* And of a certificate that counts, beside it. */
static void show_certificate(struct bench *b, const char *id)
{
    struct auth_certificate *c = &b->who.login.certificate;

    c->counts = true;
    c->serial[0] = 0x41;
    c->serial_len = 16;
    (void)snprintf(c->known.account_id, sizeof(c->known.account_id), "%s", id);
}

/* A certificate alone, issued when its owner had that name. */
static void show_only_certificate(struct bench *b, const char *id, const char *principal)
{
    log_in(b, principal);
    buf_clear(&b->who.login.reply_token);
    b->who.login.method = WIRE_AUTH_CERTIFICATE;
    show_certificate(b, id);
}

static void expect_alice(struct bench *b)
{
    server_identity_judge(&b->source, &b->who);

    assert_true(b->who.known);
    assert_string_equal(b->who.assertion.account.ref.id, ALICE_ID);
    assert_string_equal(b->who.assertion.account.ref.principal, "alice@EXAMPLE.TEST");
}

static void expect_refusal(struct bench *b, enum reason reason, const char *words)
{
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};

    server_identity_judge(&b->source, &b->who);

    assert_false(b->who.known);
    assert_int_equal(b->who.refusal.audit_reason, reason);
    assert_int_equal(b->who.refusal.reason, reason_get(reason)->shown_as);
    assert_non_null(strstr(b->who.refusal.sentence, words));
    assert_ok(wire_identity_refusal_encode(&b->who.refusal, &octets, &err), &err);
}

static void a_token_is_the_account_of_its_principal(void **state)
{
    struct bench *b = *state;
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};

    log_in(b, "alice@EXAMPLE.TEST");
    expect_alice(b);

    const struct wire_account_assertion *a = &b->who.assertion;
    assert_int_equal(a->method, WIRE_AUTH_KERBEROS);
    assert_true(a->channel_bound);
    assert_int_equal(a->authenticated_utc, 1799999999);
    assert_int_equal(a->valid_until_utc, a->account.read_utc + DIRECTORY_CACHE_MAX_S);
    assert_int_equal(a->account.group_count, 1);
    assert_int_equal(a->serial.len, 0);
    assert_int_equal(a->reply_token.len, 6);
    assert_ok(wire_account_assertion_encode(a, &octets, &err), &err);
}

static void a_certificate_is_the_account_that_it_was_issued_to(void **state)
{
    struct bench *b = *state;

    show_only_certificate(b, ALICE_ID, "her-name-before@EXAMPLE.TEST");
    expect_alice(b);

    assert_int_equal(b->who.assertion.method, WIRE_AUTH_CERTIFICATE);
    assert_int_equal(b->who.assertion.serial.len, 16);
    assert_int_equal(b->who.assertion.serial.data[0], 0x41);
}

static void both_of_one_account_are_that_account(void **state)
{
    struct bench *b = *state;

    log_in(b, "alice@EXAMPLE.TEST");
    show_certificate(b, ALICE_ID);
    expect_alice(b);

    assert_int_equal(b->who.assertion.method, WIRE_AUTH_KERBEROS);
    assert_int_equal(b->who.assertion.serial.len, 16);
}

static void two_that_differ_are_a_conflict(void **state)
{
    struct bench *b = *state;

    log_in(b, "alice@EXAMPLE.TEST");
    show_certificate(b, BOB_ID);
    expect_refusal(b, REASON_IDENTITY_CONFLICT, "another account's");

    log_in(b, "alice@EXAMPLE.TEST");
    b->who.login.certificate.reason = REASON_REVOKED; /* it counts as none */
    expect_alice(b);
}

static void a_disabled_account_is_refused_and_named(void **state)
{
    struct bench *b = *state;

    b->fake.entries = locked;
    b->fake.count = COUNT_OF(locked);
    log_in(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DISABLED, "nsAccountLock");
    assert_string_equal(b->who.account->account.ref.id, ALICE_ID);
    show_only_certificate(b, ALICE_ID, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DISABLED, "nsAccountLock");

    b->fake.entries = domain;
    b->fake.count = COUNT_OF(domain);
    log_in(b, "alice@EXAMPLE.TEST");
    expect_alice(b);
}

static void whoever_the_directory_does_not_have_is_refused(void **state)
{
    struct bench *b = *state;

    log_in(b, "alice@ELSEWHERE.TEST");
    expect_refusal(b, REASON_REALM, "ELSEWHERE.TEST");
    log_in(b, "HTTP/host.example.test@EXAMPLE.TEST");
    expect_refusal(b, REASON_PRINCIPAL, "HTTP/");
    b->fake.count = 0;
    log_in(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DISABLED, "");
    assert_null(b->who.account);
    show_only_certificate(b, ALICE_ID, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DISABLED, "");
}

static void a_directory_that_cannot_tell_puts_off(void **state)
{
    struct bench *b = *state;

    b->fake.fails_at = "uid=";
    log_in(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DIR_DOWN, "");
    b->fake.fails_at = NULL;
    b->fake.partial_at = "member=";
    log_in(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DIR_PARTIAL, "");
    b->fake.partial_at = NULL;
    log_in(b, "alice@EXAMPLE.TEST");
    expect_alice(b);
}

static void what_it_takes_is_taken_from_the_requests_time(void **state)
{
    struct bench *b = *state;

    log_in(b, "alice@EXAMPLE.TEST");
    expect_alice(b);
    assert_true(b->who.directory_left_ns > 0);
    assert_true(b->who.directory_left_ns < INT64_C(60000) * 1000000);

    b->source.timeout_ms = 0;
    log_in(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_DIR_DOWN, "no answer in time");
    assert_true(b->who.directory_left_ns <= 0);
}

static void who_is_not_known_never_reaches_the_directory(void **state)
{
    struct bench *b = *state;
    struct auth_result *login = &b->who.login;

    login->outcome = AUTH_REFUSED;
    login->reason = REASON_CB_MISSING;
    (void)snprintf(login->sentence, sizeof(login->sentence), "not bound");
    login->certificate.reason = REASON_REVOKED;
    (void)snprintf(login->certificate.sentence, sizeof(login->certificate.sentence),
                   "it is revoked");
    set_principal(b, "alice@EXAMPLE.TEST");
    expect_refusal(b, REASON_CB_MISSING, "not bound");

    assert_int_equal(b->fake.searches, 0);
    assert_string_equal(b->who.refusal.principal, "alice@EXAMPLE.TEST");
    assert_int_equal(b->who.refusal.evidence_count, 2);
    assert_int_equal(b->who.refusal.evidence[0].reason, REASON_REVOKED);
    assert_string_equal(b->who.refusal.evidence[0].sentence, "it is revoked");
    assert_int_equal(b->who.refusal.evidence[1].result, WIRE_STEP_FAIL);
}

static void the_evidence_goes_on_with_the_directorys(void **state)
{
    struct bench *b = *state;

    log_in(b, "alice@EXAMPLE.TEST");
    show_certificate(b, ALICE_ID);
    expect_alice(b);

    const struct wire_account_assertion *a = &b->who.assertion;
    assert_int_equal(a->evidence_count, 2 + b->who.account->evidence_count);
    assert_string_equal(a->evidence[0].step, "certificate");
    assert_string_equal(a->evidence[1].step, "authentication");
    assert_non_null(strstr(a->evidence[1].sentence, "kerberos, and bound"));
    assert_string_equal(a->evidence[2].step, "directory");
}

static void answer_for(struct bench *b, enum auth_outcome outcome, enum reason reason,
                       struct http_answer *answer)
{
    const struct http_request request = {.path = "/"};

    http_answer_clear(answer);
    server_identity_clear(&b->who);
    b->who.login.outcome = outcome;
    b->who.login.reason = reason;
    set_principal(b, "alice@ELSEWHERE.TEST");
    server_identity_judge(&b->source, &b->who);
    server_identity_refuse(&b->who, &request, answer);
}

static void only_a_401_carries_the_challenge(void **state)
{
    struct bench *b = *state;
    AUTO(http_answer) answer = {0};

    answer_for(b, AUTH_REFUSED, REASON_REPLAY, &answer);
    assert_int_equal(answer.status, 401);
    assert_string_equal(answer.headers[0].value, "Negotiate");
    assert_null(strstr(buf_text(&answer.body), "REPLAY"));
    answer_for(b, AUTH_KNOWN, REASON_NONE, &answer); /* of another realm */
    assert_int_equal(answer.status, 403);
    assert_int_equal(answer.header_count, 0);
    answer_for(b, AUTH_REFUSED, REASON_KERBEROS, &answer);
    assert_int_equal(answer.status, 503);
    assert_true(answer.retry_after_s > 0);
    assert_int_equal(answer.header_count, 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_token_is_the_account_of_its_principal),
        STORY(a_certificate_is_the_account_that_it_was_issued_to),
        STORY(both_of_one_account_are_that_account),
        STORY(two_that_differ_are_a_conflict),
        STORY(a_disabled_account_is_refused_and_named),
        STORY(whoever_the_directory_does_not_have_is_refused),
        STORY(a_directory_that_cannot_tell_puts_off),
        STORY(what_it_takes_is_taken_from_the_requests_time),
        STORY(who_is_not_known_never_reaches_the_directory),
        STORY(the_evidence_goes_on_with_the_directorys),
        STORY(only_a_401_carries_the_challenge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
