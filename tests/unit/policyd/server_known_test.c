/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client certificates judged by auth with the real ledger behind it.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/cert.h"

#include "policyd/server_known.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

#define CLIENT                                                                           \
    "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always",                  \
        "extendedKeyUsage=clientAuth"

struct bench {
    struct fixture *ledger;
    struct fake_clock time;
    struct clock clock;
    struct fixture_ca *ca;
    struct buf der; /* a certificate of that CA with the serial of record 1 */
    struct auth *auth;
};

static struct cert_trust *trust_in(const struct fixture_ca *ca)
{
    AUTO(cert) anchor = NULL;
    struct cert_trust *trust = NULL;
    struct error err = {0};

    assert_ok(cert_parse(fixture_ca_certificate(ca), &anchor, &err), &err);
    assert_ok(
        cert_trust_new((const struct cert *const *)&anchor, 1, NULL, 0, &trust, &err),
        &err);
    return trust;
}

static void issue(const struct fixture_ca *ca, unsigned int n, struct buf *der)
{
    const struct ledger_serial serial = fixture_serial(n);

    fixture_ca_issue(
        ca,
        &(struct fixture_leaf){.cn = "x",
                               .extensions = {CLIENT},
                               .serial = {serial.octets, sizeof(serial.octets)}},
        der);
}

static int set_up(void **state)
{
    struct bench *b = mem_new(sizeof(*b));
    void *ledger = NULL;
    struct error err = {0};

    (void)fixture_setup(&ledger);
    b->ledger = ledger;
    fake_clock_set(&b->time, FIXTURE_NOW);
    b->clock = fake_clock_port(&b->time);
    b->ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    issue(b->ca, 1, &b->der);
    const struct auth_options options = {.keytab = "/nonexistent/keytab",
                                         .service = "HTTP/host.example.test@EXAMPLE.TEST",
                                         .replay_cache = "/nonexistent/rcache",
                                         .clock = &b->clock,
                                         .ledger = server_known_port(b->ledger->ledger)};
    assert_ok(auth_new(&options, &b->auth, &err), &err);
    auth_set_trust(b->auth, trust_in(b->ca));
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    void *ledger = b->ledger;

    auth_free(b->auth);
    fixture_ca_free(b->ca);
    buf_clear(&b->der);
    (void)fixture_teardown(&ledger);
    free(b);
    return 0;
}

/* Record 1 as the one that our certificate has. */
static struct ledger_certificate row(const struct bench *b)
{
    struct ledger_certificate c = fixture_certificate(1);

    c.account = "id-of-alice";
    c.principal = "alice@EXAMPLE.TEST";
    c.der = buf_bytes(&b->der);
    return c;
}

static void settle(struct bench *b)
{
    const struct ledger_certificate c = row(b);

    fixture_settle(b->ledger, &c);
}

static void check(struct bench *b, struct bytes der, struct auth_result *result)
{
    const struct wire_identity_request request = {.channel = WIRE_CHANNEL_TLS13,
                                                  .channel_binding = {b->der.data, 32},
                                                  .peer_address = "192.0.2.1",
                                                  .certificate = der,
                                                  .basic_user = ""};

    auth_result_clear(result);
    auth_check(b->auth, &request, NULL, result);
}

static void expect_refusal(struct bench *b, struct bytes der, enum reason reason,
                           const char *words)
{
    AUTO(auth_result) result = {0};

    check(b, der, &result);
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.reason, REASON_AUTH_NONE);
    assert_int_equal(result.certificate.reason, reason);
    assert_false(result.certificate.counts);
    assert_non_null(strstr(result.certificate.sentence, words));
}

static void expect_alice(struct bench *b)
{
    AUTO(auth_result) result = {0};

    check(b, buf_bytes(&b->der), &result);
    assert_int_equal(result.outcome, AUTH_KNOWN);
    assert_int_equal(result.method, WIRE_AUTH_CERTIFICATE);
    assert_string_equal(result.certificate.known.account_id, "id-of-alice");
    assert_string_equal(result.principal, "alice@EXAMPLE.TEST");
}

static void change(struct bench *b, enum ledger_revocation_event event,
                   enum ledger_reason reason, int64_t journal_seq)
{
    fixture_revoke(b->ledger, 1, event, reason, journal_seq);
}

static void a_certificate_that_was_handed_out_is_its_account(void **state)
{
    struct bench *b = *state;

    settle(b);

    expect_alice(b);
}

static void one_of_our_ca_that_the_ledger_does_not_have_is_none(void **state)
{
    struct bench *b = *state;
    AUTO(buf) other = BUF_EMPTY;

    expect_refusal(b, buf_bytes(&b->der), REASON_CERT, "unknown to the ledger");
    settle(b);
    issue(b->ca, 2, &other);

    expect_refusal(b, buf_bytes(&other), REASON_CERT, "unknown to the ledger");
    expect_alice(b);
}

static void another_one_with_its_serial_is_none(void **state)
{
    struct bench *b = *state;
    AUTO(buf) other = BUF_EMPTY;

    settle(b);
    issue(b->ca, 1, &other);

    expect_refusal(b, buf_bytes(&other), REASON_CERT, "another certificate");
    expect_alice(b);
}

static void a_serial_that_we_would_never_give_is_unknown(void **state)
{
    static const size_t lengths[] = {1, 15, 17, 20};
    const struct ledger_serial ours = fixture_serial(1);
    unsigned char octets[20] = {0}; /* begins like that of the one we have */
    struct bench *b = *state;

    memcpy(octets, ours.octets, sizeof(ours.octets));
    settle(b);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        AUTO(buf) der = BUF_EMPTY;

        fixture_ca_issue(b->ca,
                         &(struct fixture_leaf){.cn = "x",
                                                .extensions = {CLIENT},
                                                .serial = {octets, lengths[i]}},
                         &der);
        expect_refusal(b, buf_bytes(&der), REASON_CERT, "unknown to the ledger");
    }
}

static void it_is_none_from_the_moment_it_is_revoked(void **state)
{
    struct bench *b = *state;

    settle(b);
    expect_alice(b);
    change(b, LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE, 20);

    expect_refusal(b, buf_bytes(&b->der), REASON_REVOKED, "is revoked");
}

static void it_is_none_as_long_as_it_is_on_hold(void **state)
{
    struct bench *b = *state;

    settle(b);
    change(b, LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD, 20);
    expect_refusal(b, buf_bytes(&b->der), REASON_REVOKED, "on hold");
    change(b, LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED, 21);

    expect_alice(b);
}

static void one_that_nobody_was_given_is_none(void **state)
{
    struct bench *b = *state;
    const struct ledger_certificate c = row(b);
    const struct ledger_journal_entry entries[] = {
        {.kind = LEDGER_JOURNAL_INTENT, .sequence = 1, .certificate = &c},
        {.kind = LEDGER_JOURNAL_RESULT, .sequence = 2, .certificate = &c}};
    struct ledger_op op = {.kind = LEDGER_RECONCILE,
                           .reconcile = {.signer = "signer-1",
                                         .through = 2,
                                         .record = fixture_hash(42),
                                         .now_utc = FIXTURE_NOW,
                                         .entries = entries,
                                         .entries_len = COUNT_OF(entries)}};
    struct error err = {0};

    assert_ok(ledger_execute(b->ledger->ledger, &op, &err), &err);

    expect_refusal(b, buf_bytes(&b->der), REASON_CERT, "never handed out");
}

static void policyds_own_certificate_is_nobodys(void **state)
{
    struct bench *b = *state;
    struct ledger_certificate c = row(b);
    struct ledger_op op = {.kind = LEDGER_SETTLE, .settle = {.certificate = &c}};
    struct error err = {0};

    c.kind = LEDGER_KIND_INFRASTRUCTURE;
    c.operation = LEDGER_OPERATION_INFRASTRUCTURE;
    c.account = "";
    c.principal = "";
    c.request = 0;
    c.template = (struct ledger_template){.name = "", .oid = ""};
    assert_ok(ledger_execute(b->ledger->ledger, &op, &err), &err);

    expect_refusal(b, buf_bytes(&b->der), REASON_CERT, "no account");
}

static void a_ledger_that_cannot_be_read_puts_off(void **state)
{
    struct bench *b = *state;
    AUTO(ledger)
    away = ledger_open(&(struct ledger_options){.path = "/nonexistent/ledger.db",
                                                .now_utc = FIXTURE_NOW});
    const struct auth_ledger port = server_known_port(away);
    const struct ledger_serial serial = fixture_serial(1);
    struct auth_known known = {0};
    struct error err = {0};

    assert_fails(port.find(port.ctx, (struct bytes){serial.octets, sizeof(serial.octets)},
                           &known, &err),
                 &err, ERROR_UNAVAILABLE, "");
    assert_int_equal(known.standing, AUTH_UNKNOWN);
    settle(b);
    expect_alice(b);
}

static void an_owner_that_does_not_fit_is_an_error(void **state)
{
    struct bench *b = *state;
    struct ledger_certificate c = row(b);
    char account[WIRE_ID_MAX + 2];
    AUTO(auth_result) result = {0};

    memset(account, 'x', sizeof(account) - 1);
    account[sizeof(account) - 1] = '\0';
    c.account = account;
    fixture_settle(b->ledger, &c);

    check(b, buf_bytes(&b->der), &result);
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.reason, REASON_STORE);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_certificate_that_was_handed_out_is_its_account),
        STORY(one_of_our_ca_that_the_ledger_does_not_have_is_none),
        STORY(another_one_with_its_serial_is_none),
        STORY(a_serial_that_we_would_never_give_is_unknown),
        STORY(it_is_none_from_the_moment_it_is_revoked),
        STORY(it_is_none_as_long_as_it_is_on_hold),
        STORY(one_that_nobody_was_given_is_none),
        STORY(policyds_own_certificate_is_nobodys),
        STORY(a_ledger_that_cannot_be_read_puts_off),
        STORY(an_owner_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
