/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/cert.h"

#include "policyd/auth.h"
#include "policyd/auth_header.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

#define SERVICE "HTTP/host.example.test@EXAMPLE.TEST"

/* A ledger of one certificate. */
struct ledger {
    struct buf der;              /* empty: it knows none */
    enum auth_standing standing; /* of it */
    bool away;
};

static bool find(void *ctx, struct bytes serial, struct auth_known *out,
                 struct error *err)
{
    const struct ledger *l = ctx;
    AUTO(cert) cert = NULL;

    if (l->away) {
        return error_set(err, ERROR_UNAVAILABLE, "it is away");
    }
    if (l->der.len == 0) {
        return true;
    }
    if (!cert_parse(buf_bytes(&l->der), &cert, err)) {
        return false;
    }
    if (bytes_equal(serial, cert_get_serial(cert))) {
        memcpy(out->sha256, cert_get_sha256(cert), sizeof(out->sha256));
        out->standing = l->standing;
        (void)snprintf(out->account_id, sizeof(out->account_id), "id-1");
        (void)snprintf(out->principal, sizeof(out->principal), "alice@EXAMPLE.TEST");
    }
    return true;
}

struct bench {
    struct fake_clock time;
    struct clock clock;
    struct ledger ledger;
    struct fixture_ca *ca;
    struct auth *auth;
};

static struct auth_options options_of(struct bench *b)
{
    return (struct auth_options){.keytab = "/nonexistent/keytab",
                                 .service = SERVICE,
                                 .replay_cache = "/nonexistent/rcache",
                                 .keep_s = 60,
                                 .clock = &b->clock,
                                 .ledger = {find, &b->ledger}};
}

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

static int set_up(void **state)
{
    struct bench *b = mem_new(sizeof(*b));
    struct error err = {0};

    b->ledger.standing = AUTH_LIVE;
    fake_clock_set(&b->time, FIXTURE_NOW);
    b->clock = fake_clock_port(&b->time);
    b->ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    const struct auth_options options = options_of(b);
    assert_ok(auth_new(&options, &b->auth, &err), &err);
    auth_set_trust(b->auth, trust_in(b->ca));
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    auth_free(b->auth);
    fixture_ca_free(b->ca);
    buf_clear(&b->ledger.der);
    free(b);
    return 0;
}

#define IDS    "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always"
#define CLIENT IDS, "extendedKeyUsage=clientAuth"

/* The certificate that the ledger knows. */
static void issue(struct bench *b, const struct fixture_leaf *leaf)
{
    buf_truncate(&b->ledger.der, 0);
    fixture_ca_issue(b->ca, leaf, &b->ledger.der);
}

static void check(struct bench *b, struct bytes der, struct auth_result *result)
{
    const struct wire_identity_request request = {
        .channel = WIRE_CHANNEL_TLS13,
        .channel_binding = {b->ledger.der.data, 32},
        .peer_address = "192.0.2.1",
        .certificate = der,
        .basic_user = ""};

    auth_result_clear(result);
    auth_check(b->auth, &request, NULL, result);
}

static void a_live_certificate_of_ours_is_its_account(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.outcome, AUTH_KNOWN);
    assert_int_equal(result.method, WIRE_AUTH_CERTIFICATE);
    assert_string_equal(result.principal, "alice@EXAMPLE.TEST");
    assert_string_equal(result.certificate.known.account_id, "id-1");
    assert_int_equal(result.authenticated_utc, FIXTURE_NOW);
    assert_int_equal(result.expires_utc, FIXTURE_NOT_AFTER);
    assert_int_equal(result.certificate.serial_len, 16);
}

static void a_certificate_that_cannot_serve_is_none_and_says_why(void **state)
{
    static const struct {
        struct fixture_leaf leaf;
        const char *words;
    } cases[] = {
        {{.cn = "x", .extensions = {CLIENT}, .not_after_utc = FIXTURE_NOW - 1},
         "expired"},
        {{.cn = "x", .extensions = {CLIENT}, .not_before_utc = FIXTURE_NOW + 1},
         "not yet valid"},
        {{.cn = "x", .extensions = {IDS, "extendedKeyUsage=serverAuth"}},
         "wrong purpose"},
        {{.cn = "x", .extensions = {IDS}}, "wrong purpose"},
        {{.cn = "x", .extensions = {CLIENT}, .bad_signature = true}, "broken"},
        {{.cn = "x",
          .extensions = {CLIENT, "basicConstraints=critical,CA:TRUE",
                         "keyUsage=critical,keyCertSign"}},
         "wrong purpose"},
        {{.cn = "x", .extensions = {CLIENT, "1.2.3.4=critical,DER:0500"}}, "broken"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(auth_result) result = {0};

        issue(b, &cases[i].leaf);
        check(b, buf_bytes(&b->ledger.der), &result);
        if (result.outcome != AUTH_REFUSED || result.reason != REASON_AUTH_NONE ||
            result.certificate.counts || result.certificate.reason != REASON_CERT ||
            strstr(result.certificate.sentence, cases[i].words) == NULL) {
            fail_msg("%s: %s", cases[i].words, result.certificate.sentence);
        }
    }
}

static void garbage_is_no_certificate(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};
    AUTO(buf) large = BUF_EMPTY;

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    struct bytes der = buf_bytes(&b->ledger.der);
    check(b, (struct bytes){der.data, der.len - 1}, &result);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    while (large.len <= CERT_DER_MAX) {
        buf_append(&large, der.data, der.len);
    }
    check(b, buf_bytes(&large), &result);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    assert_int_equal(result.outcome, AUTH_REFUSED);
}

static void only_a_certificate_in_good_standing_counts(void **state)
{
    static const struct {
        enum auth_standing standing;
        enum reason reason;
        const char *words;
    } cases[] = {
        {AUTH_UNKNOWN, REASON_CERT, "unknown to the ledger"},
        {AUTH_HELD, REASON_REVOKED, "on hold"},
        {AUTH_REVOKED, REASON_REVOKED, "is revoked"},
        {AUTH_UNDELIVERED, REASON_CERT, "never handed out"},
        {AUTH_NOBODYS, REASON_CERT, "no account"},
    };
    struct bench *b = *state;

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(auth_result) result = {0};

        b->ledger.standing = cases[i].standing;
        check(b, buf_bytes(&b->ledger.der), &result);
        if (result.outcome != AUTH_REFUSED || result.reason != REASON_AUTH_NONE ||
            result.certificate.counts || result.certificate.reason != cases[i].reason ||
            strstr(result.certificate.sentence, cases[i].words) == NULL) {
            fail_msg("%s: %s", cases[i].words, result.certificate.sentence);
        }
        b->ledger.standing = AUTH_LIVE;
        check(b, buf_bytes(&b->ledger.der), &result);
        assert_int_equal(result.outcome, AUTH_KNOWN);
    }
}

static void another_certificate_of_the_same_serial_is_unknown(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};
    AUTO(buf) twin = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct error err = {0};

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    assert_ok(cert_parse(buf_bytes(&b->ledger.der), &cert, &err), &err);
    fixture_ca_issue(b->ca,
                     &(struct fixture_leaf){.cn = "x",
                                            .extensions = {CLIENT},
                                            .serial = cert_get_serial(cert)},
                     &twin);

    check(b, buf_bytes(&twin), &result); /* our CA's, and the same serial number */
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    assert_non_null(strstr(result.certificate.sentence, "another certificate"));
    buf_truncate(&b->ledger.der, 0);
    check(b, cert_get_der(cert), &result);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    assert_non_null(strstr(result.certificate.sentence, "unknown to the ledger"));
}

static void a_ledger_that_cannot_tell_puts_certificates_off(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    b->ledger.away = true;
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.reason, REASON_STORE);
    b->ledger.away = false;
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.outcome, AUTH_KNOWN);
}

static void only_the_cas_of_now_are_trusted(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};
    AUTO(fixture_ca) other = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);

    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    auth_set_trust(b->auth, trust_in(other));
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    auth_set_trust(b->auth, NULL);
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.certificate.reason, REASON_CERT);
    auth_set_trust(b->auth, trust_in(b->ca));
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.outcome, AUTH_KNOWN);
}

static void without_credentials_nobody_is_known(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};
    struct auth_session *session = auth_session_new();
    const struct wire_identity_request request = {.channel = WIRE_CHANNEL_UNIX,
                                                  .basic_user = ""};

    check(b, (struct bytes){NULL, 0}, &result);
    assert_int_equal(result.reason, REASON_AUTH_NONE);
    auth_result_clear(&result);
    auth_check(b->auth, &request, session, &result);
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.reason, REASON_AUTH_NONE);
    auth_session_free(session);
}

static void without_a_keytab_tokens_are_put_off(void **state)
{
    struct bench *b = *state;
    AUTO(auth_result) result = {0};
    struct error err = {0};
    struct wire_identity_request request = {
        .channel = WIRE_CHANNEL_UNIX, .token = bytes_of_text("x"), .basic_user = ""};

    assert_fails(auth_check_keytab(b->auth, &err), &err, ERROR_UNAVAILABLE, "key");
    auth_check(b->auth, &request, NULL, &result);
    assert_int_equal(result.reason, REASON_KERBEROS);
    auth_result_clear(&result);
    request.channel = WIRE_CHANNEL_TLS12; /* and no binding */
    auth_check(b->auth, &request, NULL, &result);
    assert_int_equal(result.reason, REASON_AUTH_NONE);
}

static void a_service_is_named_in_full(void **state)
{
    static const char *const bad[] = {
        "HTTP",       "HTTP@R",     "HTTP/host",  "/host@R",    "HTTP/@R",
        "HTTP/host@", "HTTP/a/b@R", "HTTP/a@R@S", "HTTP/a\\@R", "HTTP@host/R"};
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct auth_options options = options_of(b);
        AUTO(auth) auth = NULL;
        struct error err = {0};

        options.service = bad[i];
        assert_fails(auth_new(&options, &auth, &err), &err, ERROR_INVALID, bad[i]);
    }
}

static void without_a_service_tokens_are_put_off_and_certificates_count(void **state)
{
    struct bench *b = *state;
    struct auth_options options = options_of(b);
    const struct wire_identity_request request = {
        .channel = WIRE_CHANNEL_UNIX, .token = bytes_of_text("x"), .basic_user = ""};
    AUTO(auth_result) result = {0};
    struct error err = {0};

    options.service = "";
    auth_free(b->auth);
    assert_ok(auth_new(&options, &b->auth, &err), &err);
    auth_set_trust(b->auth, trust_in(b->ca));

    assert_fails(auth_check_keytab(b->auth, &err), &err, ERROR_UNAVAILABLE, "'service'");
    auth_check(b->auth, &request, NULL, &result);
    assert_int_equal(result.outcome, AUTH_REFUSED);
    assert_int_equal(result.reason, REASON_KERBEROS);
    issue(b, &(struct fixture_leaf){.cn = "x", .extensions = {CLIENT}});
    check(b, buf_bytes(&b->ledger.der), &result);
    assert_int_equal(result.outcome, AUTH_KNOWN);
}

static void the_header_is_read_as_rfc_4559_has_it(void **state)
{
    static const struct {
        const char *value;
        const char *token; /* NULL: refused */
    } cases[] = {
        {"Negotiate YWJj", "abc"},  {"negotiate YWJj", "abc"},
        {"NEGOTIATE  YWJj", "abc"}, {"Negotiate", NULL},
        {"Negotiate ", NULL},       {"NegotiateYWJj", NULL},
        {"Negotiate YWJ", NULL},    {"Negotiate YWJj,YWJj", NULL},
        {"Kerberos YWJj", NULL},    {"Basic YWJj", NULL},
        {"NTLM YWJj", NULL},        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) token = BUF_SECRET;
        struct error err = {0};
        bool read = auth_header_read(cases[i].value, &token, &err);

        if (read != (cases[i].token != NULL) ||
            (read && strcmp(buf_text(&token), cases[i].token) != 0)) {
            fail_msg("%s", cases[i].value);
        }
    }
    AUTO(buf) none = BUF_SECRET;
    struct error err = {0};
    assert_ok(auth_header_read(NULL, &none, &err), &err);
    assert_int_equal(none.len, 0);
}

static void the_challenge_carries_the_answering_token(void **state)
{
    AUTO(buf) token = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;

    (void)state;
    auth_header_write(&token, &text);
    assert_string_equal(buf_text(&text), "Negotiate");
    buf_truncate(&text, 0);
    buf_append_text(&token, "abc");
    auth_header_write(&token, &text);
    assert_string_equal(buf_text(&text), "Negotiate YWJj");
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_live_certificate_of_ours_is_its_account),
        STORY(a_certificate_that_cannot_serve_is_none_and_says_why),
        STORY(garbage_is_no_certificate),
        STORY(only_a_certificate_in_good_standing_counts),
        STORY(another_certificate_of_the_same_serial_is_unknown),
        STORY(a_ledger_that_cannot_tell_puts_certificates_off),
        STORY(only_the_cas_of_now_are_trusted),
        STORY(without_credentials_nobody_is_known),
        STORY(without_a_keytab_tokens_are_put_off),
        STORY(a_service_is_named_in_full),
        STORY(without_a_service_tokens_are_put_off_and_certificates_count),
        cmocka_unit_test(the_header_is_read_as_rfc_4559_has_it),
        cmocka_unit_test(the_challenge_carries_the_answering_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
