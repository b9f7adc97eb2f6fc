/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "common/pki/base64.h"
#include "common/pki/cert.h"
#include "common/pki/cms.h"
#include "common/pki/csr.h"

#include "autoenroll-client/transport_answer.h"
#include "autoenroll-client/transport_binding.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"

static void answer_init(struct transport_answer *a, long status, const char *type,
                        const char *body)
{
    *a = (struct transport_answer){.status = status};
    (void)snprintf(a->content_type, sizeof(a->content_type), "%s", type);
    buf_append_text(&a->body, body);
}

/* ---- refusals ------------------------------------------------------------------------ */

#define PROBLEM "application/problem+json"
#define TEXT    "text/plain; charset=utf-8"

static void every_status_says_what_can_be_done(void **state)
{
    static const struct {
        long status;
        enum wire_failure failure;
    } cases[] = {
        {400, WIRE_FAILURE_REFUSED},     {401, WIRE_FAILURE_UNAUTHENTICATED},
        {403, WIRE_FAILURE_REFUSED},     {404, WIRE_FAILURE_REFUSED},
        {408, WIRE_FAILURE_UNAVAILABLE}, {429, WIRE_FAILURE_UNAVAILABLE},
        {500, WIRE_FAILURE_UNAVAILABLE}, {503, WIRE_FAILURE_UNAVAILABLE},
        {204, WIRE_FAILURE_BAD_ANSWER},  {304, WIRE_FAILURE_BAD_ANSWER},
        {600, WIRE_FAILURE_BAD_ANSWER},  {1000, WIRE_FAILURE_BAD_ANSWER},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(transport_answer) a = {.status = 0};
        struct wire_agent_failure f;

        answer_init(&a, cases[i].status, "", "");
        assert_false(transport_refused(&a, &store, &f));
        assert_int_equal(f.failure, cases[i].failure);
        assert_true(strlen(f.sentence) > 0);
    }
}

static void reasons_are_read_wherever_they_stand(void **state)
{
    static const struct {
        const char *type, *body, *reason, *sentence, *request;
    } cases[] = {
        {PROBLEM,
         "{\"status\":403,\"title\":\"No.\",\"reason\":\"NO_ENROLL\",\"detail\":\"Not "
         "you.\",\"request\":\"01JB\"}",
         "NO_ENROLL", "Not you.", "01JB"},
        {PROBLEM, "{\"title\":\"No.\",\"reason\":\"NO_ENROLL\"}", "NO_ENROLL", "No.", ""},
        {"Application/Problem+JSON;charset=utf-8", "{\"title\":\"No.\"}", "", "No.", ""},
        {"application/problem+jsonx", "{\"title\":\"No.\"}", "", "status 403", ""},
        {PROBLEM, "{\"title\":", "", "status 403", ""},
        {PROBLEM, "{\"title\":7,\"reason\":[],\"request\":null}", "", "status 403", ""},
        {PROBLEM, "{\"title\":\"a\\nb\",\"reason\":\"a b\",\"request\":\"x\\ty\"}", "",
         "a?b", ""},
        {TEXT, "NO_ENROLL: Not you.\nmore", "", "NO_ENROLL: Not you.", ""},
        {TEXT, "\x1b[31mred", "", "?[31mred", ""},
        {TEXT, "", "", "status 403", ""},
        {"text/html", "<html>", "", "status 403", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(transport_answer) a = {.status = 0};
        struct wire_agent_failure f;

        answer_init(&a, 403, cases[i].type, cases[i].body);
        assert_false(transport_refused(&a, &store, &f));
        assert_string_equal(f.reason, cases[i].reason);
        assert_string_equal(f.request_id, cases[i].request);
        if (strstr(f.sentence, cases[i].sentence) == NULL) {
            fail_msg("case %zu: '%s'", i, f.sentence);
        }
    }
}

/* Whatever a peer says fits the message that the agent gets. */
static void a_failure_can_always_be_encoded(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(transport_answer) a = {.status = 0};
    AUTO(buf) out = BUF_EMPTY;
    struct wire_agent_failure f;
    struct error err;
    (void)state;
    answer_init(&a, 503, TEXT, "");
    for (size_t i = 0; i < 4000; i++) {
        buf_append(&a.body, "\xc3\xa4", 2);
    }
    a.retry_after_s = 604800;

    assert_false(transport_refused(&a, &store, &f));

    assert_ok(wire_agent_failure_encode(&f, &out, &err), &err);
}

static void our_own_failures_say_what_can_be_done(void **state)
{
    static const struct {
        enum error_code code;
        enum wire_failure failure;
    } cases[] = {
        {ERROR_INVALID, WIRE_FAILURE_BAD_ANSWER},
        {ERROR_DENIED, WIRE_FAILURE_UNTRUSTED},
        {ERROR_AUTH, WIRE_FAILURE_NO_TICKET},
        {ERROR_UNAVAILABLE, WIRE_FAILURE_UNAVAILABLE},
        {ERROR_INTERNAL, WIRE_FAILURE_UNAVAILABLE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct wire_agent_failure f;
        struct error err;

        error_set(&err, cases[i].code, "why");
        assert_false(transport_fail(&err, &store, &f));
        assert_int_equal(f.failure, cases[i].failure);
        assert_string_equal(f.sentence, "why");
    }
}

static void a_held_request_says_when_to_ask_again(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(transport_answer) a = {.status = 0};
    struct wire_enroll_pending p;
    (void)state;
    answer_init(&a, 202, PROBLEM,
                "{\"reason\":\"HELD\",\"detail\":\"wait\",\"request\":\"01JB\"}");
    a.retry_after_s = 30;

    transport_read_pending(&a, &store, &p);
    assert_int_equal(p.retry_after_s, 30);
    assert_string_equal(p.request_id, "01JB");
    assert_string_equal(p.sentence, "wait");

    a.retry_after_s = 0;
    transport_read_pending(&a, &store, &p);
    assert_int_equal(p.retry_after_s, 3600);
}

/* ---- certificates -------------------------------------------------------------------- */

#define CMS "application/pkcs7-mime; smime-type=certs-only"

static void issue(const struct fixture_ca *ca, enum keys_kind kind, struct buf *out)
{
    const struct fixture_leaf leaf = {.cn = "web1", .spki = key_get_spki(keys_get(kind))};

    fixture_ca_issue(ca, &leaf, out);
}

static void certificates_come_as_pkcs7_only(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    AUTO(buf) cms = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct bytes certificate = fixture_ca_certificate(ca);
    struct error err;
    (void)state;
    assert_ok(cms_encode_certificates(&certificate, 1, &cms, &err), &err);
    base64_encode(buf_bytes(&cms), &text);
    const struct {
        const char *type, *body, *words;
        size_t max;
    } cases[] = {
        {CMS, buf_text(&text), NULL, 1},
        {"application/pkcs7-mime", buf_text(&text), NULL, 1},
        {"text/html", buf_text(&text), "text/html", 1},
        {"", buf_text(&text), "where certificates belong", 1},
        {CMS, "garbage!", "the server's answer", 1},
        {CMS, "MAA=", "the server's answer", 1},
        {CMS, "", "the server's answer", 1},
        {CMS, buf_text(&text), "1 certificates; 0 are taken", 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(transport_answer) a = {.status = 0};
        struct bytes found[1];
        size_t count = 0;

        answer_init(&a, 200, cases[i].type, cases[i].body);
        bool ok =
            transport_read_certificates(&a, &store, found, cases[i].max, &count, &err);
        if (cases[i].words == NULL) {
            assert_ok(ok, &err);
            assert_int_equal(count, 1);
            assert_true(bytes_equal(found[0], certificate));
        } else {
            assert_fails(ok, &err, ERROR_INVALID, cases[i].words);
        }
    }
}

static void of_several_certificates_ours_is_first(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    AUTO(buf) own = BUF_EMPTY;
    AUTO(buf) other = BUF_EMPTY;
    AUTO(buf) csr = BUF_EMPTY;
    const struct csr_wish wish = {.extensions = NULL};
    struct error err;
    (void)state;
    issue(ca, KEYS_P256, &own);
    issue(ca, KEYS_P384, &other);
    assert_ok(csr_build(keys_get(KEYS_P256), SIG_ECDSA_SHA256, &wish, &csr, &err), &err);
    struct bytes all[] = {fixture_ca_certificate(ca), buf_bytes(&other), buf_bytes(&own)};

    assert_ok(transport_find_own(buf_bytes(&csr), all, 3, &err), &err);
    assert_true(bytes_equal(all[0], buf_bytes(&own)));
    assert_fails(transport_find_own(buf_bytes(&csr), all + 1, 2, &err), &err,
                 ERROR_INVALID, "another key than ours");
}

/* ---- channel bindings (RFC 5929 4.1) ------------------------------------------------- */

static void binding_is(enum fixture_key kind, const char *digest, const EVP_MD *md)
{
    AUTO(fixture_ca) ca = fixture_ca_new(kind, "CA", NULL, -1);
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) wanted = BUF_EMPTY;
    AUTO(buf) found = BUF_EMPTY;
    const struct fixture_leaf leaf = {.cn = "localhost", .digest = digest};
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    struct error err;

    fixture_ca_issue(ca, &leaf, &der);
    const unsigned char *in = der.data;
    X509 *certificate = d2i_X509(NULL, &in, (long)der.len);
    assert_non_null(certificate);
    if (md == NULL) {
        assert_fails(transport_binding_of(certificate, &found, &err), &err, ERROR_DENIED,
                     "no channel binding");
    } else {
        assert_int_equal(EVP_Digest(der.data, der.len, hash, &len, md, NULL), 1);
        buf_append_text(&wanted, "tls-server-end-point:");
        buf_append(&wanted, hash, len);
        assert_ok(transport_binding_of(certificate, &found, &err), &err);
        assert_true(bytes_equal(buf_bytes(&wanted), buf_bytes(&found)));
    }
    X509_free(certificate);
}

static void a_binding_takes_the_hash_of_the_signature(void **state)
{
    (void)state;

    binding_is(FIXTURE_EC, "SHA256", EVP_sha256());
    binding_is(FIXTURE_EC, "SHA384", EVP_sha384());
    binding_is(FIXTURE_RSA, "SHA512", EVP_sha512());
    binding_is(FIXTURE_RSA, "SHA1", EVP_sha256());
    binding_is(FIXTURE_ED25519, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_says_what_can_be_done),
        cmocka_unit_test(reasons_are_read_wherever_they_stand),
        cmocka_unit_test(a_failure_can_always_be_encoded),
        cmocka_unit_test(our_own_failures_say_what_can_be_done),
        cmocka_unit_test(a_held_request_says_when_to_ask_again),
        cmocka_unit_test(certificates_come_as_pkcs7_only),
        cmocka_unit_test(of_several_certificates_ours_is_first),
        cmocka_unit_test(a_binding_takes_the_hash_of_the_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
