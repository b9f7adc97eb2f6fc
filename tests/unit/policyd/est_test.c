/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/est.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/base64.h"
#include "common/pki/cms.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"

/* ---- addresses ----------------------------------------------------------------------- */

static void paths_with_and_without_a_label_are_read(void **state)
{
    static const struct {
        const char *path;
        enum est_op op;
        const char *label;
    } cases[] = {
        {"/.well-known/est/cacerts", EST_CACERTS, ""},
        {"/.well-known/est/simpleenroll", EST_SIMPLEENROLL, ""},
        {"/.well-known/est/simplereenroll", EST_SIMPLEREENROLL, ""},
        {"/.well-known/est/csrattrs", EST_CSRATTRS, ""},
        {"/.well-known/est/Machine/cacerts", EST_CACERTS, "Machine"},
        {"/.well-known/est/Web-Server_2.x~/simpleenroll", EST_SIMPLEENROLL,
         "Web-Server_2.x~"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct est_address address;
        enum reason reason = REASON_NONE;
        struct error err;

        assert_ok(est_read_path(cases[i].path, &address, &reason, &err), &err);
        assert_int_equal(address.op, cases[i].op);
        assert_string_equal(address.label, cases[i].label);
    }
}

static void other_paths_are_nothing_of_ours(void **state)
{
    static const char *const cases[] = {
        "/",
        "/.well-known/est",
        "/.well-known/est/",
        "/.well-known/est/Machine",
        "/.well-known/est/Machine/",
        "/.well-known/est//cacerts",
        "/.well-known/est/Machine/cacerts/",
        "/.well-known/est/Machine/x/cacerts",
        "/.well-known/est/CACERTS",
        "/.well-known/est/cacerts/simpleenroll", /* a label called like an operation */
        "/.well-known/est/fullcmc/cacerts",
        "/.well-known/est/a%20b/cacerts",
        "/.well-known/est/../cacerts",
        "/.well-known/est/fullcmc",
        "/.well-known/est/Machine/serverkeygen",
        "/.well-known/EST/cacerts",
    };
    AUTO(buf) longest = BUF_EMPTY;
    struct est_address address;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (est_read_path(cases[i], &address, &reason, &err) ||
            reason != REASON_NO_PATH || err.code != ERROR_NOT_FOUND) {
            fail_msg("'%s' was taken", cases[i]);
        }
    }
    for (int extra = 0; extra < 2; extra++) {
        buf_truncate(&longest, 0);
        buf_append_text(&longest, EST_PREFIX);
        for (int i = 0; i < EST_LABEL_MAX + extra; i++) {
            buf_append_byte(&longest, 'x');
        }
        buf_append_text(&longest, "/cacerts");
        assert_int_equal(est_read_path(buf_text(&longest), &address, &reason, &err),
                         extra == 0);
    }
}

/* ---- requests ------------------------------------------------------------------------ */

static bool read_text(const char *content_type, const char *body, struct buf *der,
                      enum reason *reason)
{
    struct error err;

    *reason = REASON_NONE;
    return est_read_request(content_type, bytes_of_text(body), der, reason, &err);
}

/* RFC 8951 3: white space anywhere or nowhere, any case and parameters of the type. */
static void bodies_are_read_however_they_are_wrapped(void **state)
{
    static const char *const types[] = {"application/pkcs10", "Application/PKCS10",
                                        "application/pkcs10; charset=us-ascii",
                                        "application/pkcs10;x=y"};
    static const char *const bodies[] = {"MIIBAA==", "MIIBAA==\n", "MI\r\nIB\r\nAA==\r\n",
                                         " M I\tIBAA= =\n\n"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        AUTO(buf) der = BUF_EMPTY;
        enum reason reason;

        assert_true(read_text(types[i], bodies[i], &der, &reason));
        assert_int_equal(der.len, 4);
        assert_memory_equal(der.data, "\x30\x82\x01\x00", 4);
    }
}

static void bodies_that_are_none_are_refused_with_their_reason(void **state)
{
    static const struct {
        const char *type, *body;
        enum reason reason;
    } cases[] = {
        {NULL, "MIIBAA==", REASON_MEDIA_TYPE},
        {"", "MIIBAA==", REASON_MEDIA_TYPE},
        {"application/pkcs100", "MIIBAA==", REASON_MEDIA_TYPE},
        {"application/pkcs7-mime", "MIIBAA==", REASON_MEDIA_TYPE},
        {"application/x-www-form-urlencoded", "MIIBAA==", REASON_MEDIA_TYPE},
        {"application/pkcs10", "", REASON_MALFORMED},
        {"application/pkcs10", "MIIBAA=", REASON_MALFORMED},
        {"application/pkcs10", "MIIB*A==", REASON_MALFORMED},
        {"application/pkcs10", "-----BEGIN CERTIFICATE REQUEST-----", REASON_MALFORMED},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        enum reason reason;

        assert_false(read_text(cases[i].type, cases[i].body, &der, &reason));
        assert_int_equal(reason, cases[i].reason);
        assert_int_equal(der.len, 0);
    }
}

static void a_body_beyond_the_limit_is_too_large(void **state)
{
    static const char text[] = "MIIBAA==";
    unsigned char *body = mem_new(EST_BODY_MAX + 1);
    AUTO(buf) der = BUF_EMPTY;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    memset(body, ' ', EST_BODY_MAX + 1);
    memcpy(body, text, sizeof(text) - 1);

    assert_ok(est_read_request("application/pkcs10", (struct bytes){body, EST_BODY_MAX},
                               &der, &reason, &err),
              &err);
    assert_fails(est_read_request("application/pkcs10",
                                  (struct bytes){body, EST_BODY_MAX + 1}, &der, &reason,
                                  &err),
                 &err, ERROR_INVALID, "larger");
    assert_int_equal(reason, REASON_TOO_LARGE);
    free(body);
}

static void a_request_of_16_kib_is_read_and_no_larger_one(void **state)
{
    unsigned char *der = mem_new(CSR_DER_MAX + 1);
    (void)state;

    for (size_t more = 0; more < 2; more++) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(buf) out = BUF_EMPTY;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        base64_encode((struct bytes){der, CSR_DER_MAX + more}, &text);
        bool ok =
            est_read_request("application/pkcs10", buf_bytes(&text), &out, &reason, &err);
        assert_int_equal(ok, more == 0);
        assert_int_equal(out.len, more == 0 ? CSR_DER_MAX : 0);
        assert_true(ok || reason == REASON_MALFORMED);
    }
    free(der);
}

/* RFC 7030 3.5 */
static void a_challenge_password_must_be_of_this_session(void **state)
{
    static const unsigned char unique[12] = "unique value";
    static const unsigned char exporter[32] = "the exporter of TLS 1.3, 32 oct";
    const struct enroll_channel tls12 = {.tls_unique = {unique, sizeof(unique)}};
    const struct enroll_channel tls13 = {.tls_exporter = {exporter, sizeof(exporter)}};
    const struct enroll_channel none = {.tls_unique = {NULL, 0}};
    struct csr csr = {.challenge_password = bytes_of_text("dW5pcXVlIHZhbHVl")};
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;

    assert_ok(est_check_link(&csr, &tls12, true, &reason, &err), &err);
    assert_fails(est_check_link(&csr, &tls13, false, &reason, &err), &err, ERROR_DENIED,
                 "not this TLS session's");
    assert_int_equal(reason, REASON_POP);
    assert_fails(est_check_link(&csr, &none, false, &reason, &err), &err, ERROR_DENIED,
                 "not this TLS session's");
    csr.challenge_password = bytes_of_text("dW5pcXVlIHZhbHVm"); /* as long, another */
    assert_fails(est_check_link(&csr, &tls12, false, &reason, &err), &err, ERROR_DENIED,
                 "not this TLS session's");

    csr.challenge_password =
        bytes_of_text("dGhlIGV4cG9ydGVyIG9mIFRMUyAxLjMsIDMyIG9jdAA=");
    assert_ok(est_check_link(&csr, &tls13, true, &reason, &err), &err);
    csr.challenge_password.len--;
    assert_false(est_check_link(&csr, &tls13, true, &reason, &err));

    csr.challenge_password.len = 0;
    assert_ok(est_check_link(&csr, &tls12, false, &reason, &err), &err);
    assert_fails(est_check_link(&csr, &tls12, true, &reason, &err), &err, ERROR_DENIED,
                 "wants the request linked");
}

/* ---- answers ------------------------------------------------------------------------- */

static void an_issued_certificate_goes_out_alone_on_one_line(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    AUTO(est_answer) answer = {0};
    AUTO(buf) der = BUF_EMPTY;
    struct cms_certificates found = {.count = 0};
    struct error err;
    (void)state;
    outcome.reason = REASON_NONE;
    fixture_self_signed(&(struct fixture_leaf){.cn = "web1"}, &outcome.certificate);

    est_write_outcome(&outcome, NULL, &answer);

    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type,
                        "application/pkcs7-mime; smime-type=certs-only");
    assert_ptr_equal(memchr(answer.body.data, '\n', answer.body.len),
                     answer.body.data + answer.body.len - 1);
    assert_ok(base64_decode(buf_bytes(&answer.body), CMS_DER_MAX, &der, &err), &err);
    assert_ok(cms_parse_certificates(buf_bytes(&der), &found, &err), &err);
    assert_int_equal(found.count, 1);
    assert_true(bytes_equal(found.certificates[0], buf_bytes(&outcome.certificate)));
}

static void what_cannot_be_encoded_is_a_failure_and_no_200(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    AUTO(est_answer) answer = {0};
    (void)state;
    outcome.reason = REASON_NONE; /* issued, they say, and there is no certificate */

    est_write_outcome(&outcome, NULL, &answer);
    assert_int_equal(answer.status, 500);

    est_write_cacerts(NULL, 0, &answer);
    assert_int_equal(answer.status, 500);
}

static void a_held_request_says_when_to_ask_again(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    AUTO(est_answer) answer = {0};
    (void)state;
    outcome.reason = REASON_HELD;
    outcome.retry_after_s = 60;
    (void)snprintf(outcome.request_id, sizeof(outcome.request_id), "R-00000017");

    est_write_outcome(&outcome, "*/*", &answer);

    assert_int_equal(answer.status, 202);
    assert_int_equal(answer.retry_after_s, 60);
    assert_string_equal(buf_text(&answer.body),
                        "HELD: The request waits for approval; ask again with the same "
                        "key. (request R-00000017)\n");

    outcome.retry_after_s = UINT32_MAX;
    est_write_outcome(&outcome, NULL, &answer);
    assert_int_equal(answer.retry_after_s, EST_RETRY_MAX_S);
}

static void a_refusal_is_text_or_a_problem_document(void **state)
{
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    AUTO(est_answer) answer = {0};
    (void)state;
    outcome.reason = REASON_RULE_DENIED;
    (void)snprintf(outcome.sentence, sizeof(outcome.sentence), "not \"here\"");
    (void)snprintf(outcome.request_id, sizeof(outcome.request_id), "R-1");

    est_write_outcome(&outcome, "text/html, application/problem+json;q=0.9", &answer);
    assert_int_equal(answer.status, 403);
    assert_string_equal(answer.content_type, "application/problem+json");
    assert_string_equal(buf_text(&answer.body),
                        "{\"status\":403,\"title\":\"An issuance rule denies the "
                        "request.\",\"reason\":\"RULE_DENIED\",\"detail\":\"not "
                        "\\\"here\\\"\",\"request\":\"R-1\"}\n");

    est_write_outcome(&outcome, "application/pkcs7-mime", &answer);
    assert_string_equal(answer.content_type, "text/plain; charset=utf-8");
    assert_string_equal(buf_text(&answer.body),
                        "RULE_DENIED: not \"here\" (request R-1)\n");

    outcome.request_id[0] = '\0'; /* refused before there was one */
    est_write_outcome(&outcome, NULL, &answer);
    assert_string_equal(buf_text(&answer.body), "RULE_DENIED: not \"here\"\n");
    est_write_outcome(&outcome, "application/problem+json", &answer);
    assert_null(strstr(buf_text(&answer.body), "\"request\":"));
}

static void ca_certificates_are_certs_only(void **state)
{
    AUTO(fixture_ca) root = fixture_ca_new(FIXTURE_EC, "root", NULL, -1);
    AUTO(fixture_ca) issuing = fixture_ca_new(FIXTURE_EC, "issuing", root, 0);
    const struct bytes chain[] = {fixture_ca_certificate(issuing),
                                  fixture_ca_certificate(root)};
    AUTO(est_answer) answer = {0};
    AUTO(buf) der = BUF_EMPTY;
    struct cms_certificates found = {.count = 0};
    struct error err;
    (void)state;

    est_write_cacerts(chain, 2, &answer);

    assert_int_equal(answer.status, 200);
    assert_ok(base64_decode(buf_bytes(&answer.body), CMS_DER_MAX, &der, &err), &err);
    assert_ok(cms_parse_certificates(buf_bytes(&der), &found, &err), &err);
    assert_int_equal(found.count, 2);
}

static void csrattrs_name_the_key_that_is_wanted(void **state)
{
    static const struct {
        struct est_wishes wishes;
        const char *der;
    } cases[] = {
        {{.algorithm = KEY_EC, .curve = KEY_CURVE_P256},
         "3017301506072a8648ce3d0201310a06082a8648ce3d030107"},
        {{.algorithm = KEY_RSA, .bits = 2048},
         "3013301106092a864886f70d010101310402020800"},
        {{.algorithm = KEY_ED25519, .challenge = true},
         "301006032b657006092a864886f70d010907"},
    };
    AUTO(est_answer) answer = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        AUTO(buf) hex = BUF_EMPTY;
        struct error err;

        est_write_csrattrs(&cases[i].wishes, &answer);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.content_type, "application/csrattrs");
        assert_ok(base64_decode(buf_bytes(&answer.body), 4096, &der, &err), &err);
        text_append_hex(&hex, der.data, der.len);
        assert_string_equal(buf_text(&hex), cases[i].der);
    }
    est_write_csrattrs(NULL, &answer);
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_with_and_without_a_label_are_read),
        cmocka_unit_test(other_paths_are_nothing_of_ours),
        cmocka_unit_test(bodies_are_read_however_they_are_wrapped),
        cmocka_unit_test(bodies_that_are_none_are_refused_with_their_reason),
        cmocka_unit_test(a_body_beyond_the_limit_is_too_large),
        cmocka_unit_test(a_request_of_16_kib_is_read_and_no_larger_one),
        cmocka_unit_test(a_challenge_password_must_be_of_this_session),
        cmocka_unit_test(an_issued_certificate_goes_out_alone_on_one_line),
        cmocka_unit_test(what_cannot_be_encoded_is_a_failure_and_no_200),
        cmocka_unit_test(a_held_request_says_when_to_ask_again),
        cmocka_unit_test(a_refusal_is_text_or_a_problem_document),
        cmocka_unit_test(ca_certificates_are_certs_only),
        cmocka_unit_test(csrattrs_name_the_key_that_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
