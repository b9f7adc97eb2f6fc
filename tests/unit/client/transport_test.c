/* SPDX-License-Identifier: Apache-2.0 */
/* Against servers that do wrong, over real TLS; Kerberos has a story of its own. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/base64.h"
#include "common/pki/cms.h"
#include "common/pki/csr.h"
#include "common/pki/pem.h"

#include "autoenroll-client/transport.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"
#include "tests/support/tls_peer.h"

#define HEAD_OK   "HTTP/1.1 200 OK\r\nContent-Type: "
#define CMS_TYPE  "application/pkcs7-mime; smime-type=certs-only"
#define LONG_S    20000
#define LOCALHOST "subjectAltName=DNS:localhost"

/* A CA, a server's certificate below it, and a good answer with that CA. */
struct scene {
    struct fixture_ca *ca;
    struct tls_cert server;
    struct buf anchors;
    struct buf good;
    char *directory;
    struct tls_peer_script script;
};

static void add_answer(struct buf *out, const char *type, struct bytes body)
{
    buf_printf(out, HEAD_OK "%s\r\nContent-Length: %zu\r\n\r\n", type, body.len);
    buf_append(out, body.data, body.len);
}

static void add_certificates(struct buf *out, struct bytes certificate)
{
    AUTO(buf) cms = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    assert_ok(cms_encode_certificates(&certificate, 1, &cms, &err), &err);
    base64_encode(buf_bytes(&cms), &text);
    add_answer(out, CMS_TYPE, buf_bytes(&text));
}

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));
    const struct fixture_leaf leaf = {
        .cn = "localhost", .extensions = {LOCALHOST, "extendedKeyUsage=serverAuth"}};

    s->directory = temp_dir_new();
    s->ca = fixture_ca_new(FIXTURE_EC, "Test CA", NULL, -1);
    tls_cert_make(s->ca, &leaf, KEYS_P256, &s->server);
    pem_write(PEM_CERTIFICATE, fixture_ca_certificate(s->ca), &s->anchors);
    add_certificates(&s->good, fixture_ca_certificate(s->ca));
    s->script =
        (struct tls_peer_script){.certificate = &s->server, .answer = buf_text(&s->good)};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    tls_cert_clear(&s->server);
    buf_clear(&s->anchors);
    buf_clear(&s->good);
    fixture_ca_free(s->ca);
    temp_dir_free(s->directory);
    free(s);
    return 0;
}

static bool try_cacerts(const struct scene *s, struct tls_peer *peer,
                        uint32_t deadline_ms, struct name_store *store,
                        struct wire_agent_failure *failure)
{
    AUTO(string) url = mem_printf("https://localhost:%u", tls_peer_port(peer));
    const struct transport_options options = {.url = url,
                                              .anchors = buf_bytes(&s->anchors),
                                              .principal = "",
                                              .keytab = "",
                                              .ccache = "",
                                              .store = s->directory};
    const struct wire_cacerts_request question = {deadline_ms};
    AUTO(transport) t = NULL;
    struct wire_cacerts_answer answer = {.certificates = NULL};
    struct error err;

    assert_ok(transport_new(&options, &t, &err), &err);
    bool ok = transport_ask_cacerts(t, &question, store, &answer, failure);
    if (ok) {
        assert_int_equal(answer.certificate_count, 1);
        assert_true(bytes_equal(answer.certificates[0], fixture_ca_certificate(s->ca)));
    }
    return ok;
}

static void succeeds(const struct scene *s)
{
    AUTO(tls_peer) peer = tls_peer_start(&s->script);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct wire_agent_failure f = {.sentence = ""};

    if (!try_cacerts(s, peer, LONG_S, &store, &f)) {
        fail_msg("%s", f.sentence);
    }
}

static void fails_with(const struct scene *s, uint32_t deadline_ms,
                       enum wire_failure expected, const char *words)
{
    AUTO(tls_peer) peer = tls_peer_start(&s->script);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct wire_agent_failure f = {.sentence = ""};

    assert_false(try_cacerts(s, peer, deadline_ms, &store, &f));
    if (f.failure != expected || strstr(f.sentence, words) == NULL) {
        fail_msg("%s: %s", wire_failure_name(f.failure), f.sentence);
    }
}

/* ---- whom we trust ------------------------------------------------------------------- */

static void the_pinned_ca_is_trusted(void **state)
{
    succeeds(*state);
}

static void a_server_of_another_ca_hears_nothing(void **state)
{
    struct scene *s = *state;
    AUTO(fixture_ca) other = fixture_ca_new(FIXTURE_EC, "Test CA", NULL, -1);
    AUTO(tls_cert) foreign = {.der = BUF_EMPTY};
    AUTO(buf) heard = BUF_EMPTY;
    const struct fixture_leaf leaf = {
        .cn = "localhost", .extensions = {LOCALHOST, "extendedKeyUsage=serverAuth"}};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct wire_agent_failure f = {.sentence = ""};
    tls_cert_make(other, &leaf, KEYS_P256, &foreign);
    s->script.certificate = &foreign;
    AUTO(tls_peer) peer = tls_peer_start(&s->script);

    assert_false(try_cacerts(s, peer, LONG_S, &store, &f));

    assert_int_equal(f.failure, WIRE_FAILURE_UNTRUSTED);
    assert_non_null(strstr(f.sentence, "not the server that we trust"));
    tls_peer_requests(peer, &heard);
    assert_int_equal(heard.len, 0);
}

static void servers_that_cannot_be_it_are_not_trusted(void **state)
{
    static const struct fixture_leaf leaves[] = {
        {.cn = "localhost",
         .extensions = {"subjectAltName=DNS:other.test", "extendedKeyUsage=serverAuth"}},
        {.cn = "localhost", .extensions = {LOCALHOST, "extendedKeyUsage=clientAuth"}},
        {.cn = "localhost",
         .extensions = {LOCALHOST, "extendedKeyUsage=serverAuth"},
         .not_before_utc = FIXTURE_NOT_BEFORE,
         .not_after_utc = FIXTURE_NOT_BEFORE + 1},
        {.cn = "localhost",
         .extensions = {LOCALHOST, "extendedKeyUsage=serverAuth"},
         .bad_signature = true},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        AUTO(tls_cert) bad = {.der = BUF_EMPTY};

        tls_cert_make(s->ca, &leaves[i], KEYS_P256, &bad);
        s->script.certificate = &bad;
        fails_with(s, LONG_S, WIRE_FAILURE_UNTRUSTED, "not the server that we trust");
    }
}

static void tls_below_1_2_is_not_spoken(void **state)
{
    struct scene *s = *state;

    s->script.old = true;

    fails_with(s, LONG_S, WIRE_FAILURE_UNAVAILABLE, "https://localhost");
}

static void urls_are_servers_and_nothing_else(void **state)
{
    static const char *const bad[] = {
        "http://h",
        "https://",
        "https://h/",
        "https://h/x",
        "https://h?x=1",
        "https://u@h",
        "https://u:p@h",
        "h",
        "",
        "https://h#top",
        "ftp://h",
        "https://h:99999",
    };
    static const char *const good[] = {"https://h", "https://h.example:8443",
                                       "https://[::1]:8443"};
    struct scene *s = *state;
    struct transport_options options = {.anchors = buf_bytes(&s->anchors),
                                        .principal = "",
                                        .keytab = "",
                                        .ccache = "",
                                        .store = ""};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        AUTO(transport) t = NULL;

        options.url = bad[i];
        assert_fails(transport_new(&options, &t, &err), &err, ERROR_INVALID,
                     "must read https://HOST");
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        AUTO(transport) t = NULL;

        options.url = good[i];
        assert_ok(transport_new(&options, &t, &err), &err);
    }
}

static void without_a_ca_nobody_is_asked(void **state)
{
    struct transport_options options = {
        .url = "https://h", .principal = "", .keytab = "", .ccache = "", .store = ""};
    AUTO(transport) t = NULL;
    struct error err;
    (void)state;

    options.anchors = bytes_of_text("\n");
    assert_fails(transport_new(&options, &t, &err), &err, ERROR_INVALID,
                 "no CA certificate");
    options.anchors = bytes_of_text("-----BEGIN CERTIFICATE-----\nx");
    assert_fails(transport_new(&options, &t, &err), &err, ERROR_INVALID,
                 "trusted CA certificates");
}

/* ---- what a server may say ----------------------------------------------------------- */

static void answers_with(struct scene *s, const char *answer, enum wire_failure failure,
                         const char *words)
{
    s->script.answer = answer;
    s->script.closes = true;
    fails_with(s, LONG_S, failure, words);
}

static void answers_that_make_no_sense_are_refused(void **state)
{
    struct scene *s = *state;

    answers_with(s, "no HTTP at all\r\n\r\n", WIRE_FAILURE_BAD_ANSWER, "localhost");
    answers_with(s, HEAD_OK "text/html\r\nContent-Length: 4\r\n\r\nhtml",
                 WIRE_FAILURE_BAD_ANSWER, "'text/html' where certificates belong");
    answers_with(s, HEAD_OK CMS_TYPE "\r\nContent-Length: 4\r\n\r\nMAA=",
                 WIRE_FAILURE_BAD_ANSWER, "the server's answer");
    answers_with(s, HEAD_OK CMS_TYPE "\r\nContent-Length: 0\r\n\r\n",
                 WIRE_FAILURE_BAD_ANSWER, "the server's answer");
    answers_with(s, "HTTP/1.1 204 None\r\n\r\n", WIRE_FAILURE_BAD_ANSWER, "status 204");
    answers_with(s, HEAD_OK CMS_TYPE "\r\nContent-Length: 9999\r\n\r\nshort",
                 WIRE_FAILURE_UNAVAILABLE, "localhost");
    answers_with(s, "", WIRE_FAILURE_UNAVAILABLE, "localhost");
    s->script.answer = buf_text(&s->good);
    succeeds(s);
}

static void a_redirect_is_not_followed(void **state)
{
    struct scene *s = *state;
    AUTO(tls_peer) elsewhere = tls_peer_start(&s->script);
    AUTO(string)
    answer = mem_printf("HTTP/1.1 307 Elsewhere\r\nLocation: https://localhost:%u/\r\n"
                        "Content-Length: 0\r\n\r\n",
                        tls_peer_port(elsewhere));

    answers_with(s, answer, WIRE_FAILURE_UNTRUSTED, "redirects are not followed");

    assert_int_equal(tls_peer_connections(elsewhere), 0);
}

static void an_endless_answer_is_cut(void **state)
{
    struct scene *s = *state;

    s->script.filler = SIZE_MAX;
    s->script.answer = HEAD_OK CMS_TYPE "\r\n\r\n";
    fails_with(s, LONG_S, WIRE_FAILURE_BAD_ANSWER, "longer than it may be");
    s->script.answer = HEAD_OK CMS_TYPE "\r\nContent-Length: 209715200\r\n\r\n";
    fails_with(s, LONG_S, WIRE_FAILURE_BAD_ANSWER, "longer than it may be");
}

static void endless_headers_are_cut(void **state)
{
    struct scene *s = *state;
    AUTO(buf) answer = BUF_EMPTY;

    buf_append_text(&answer, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < 2000; i++) {
        buf_append_text(&answer,
                        "X-Filler: 0123456789012345678901234567890123456789\r\n");
    }
    answers_with(s, buf_text(&answer), WIRE_FAILURE_BAD_ANSWER, "longer than it may be");
}

static void a_server_that_stalls_is_left(void **state)
{
    struct scene *s = *state;

    s->script.stalls = true;
    s->script.answer = HEAD_OK CMS_TYPE "\r\nContent-Length: 100\r\n\r\nM";

    fails_with(s, 300, WIRE_FAILURE_UNAVAILABLE, "no whole answer");
}

static void nobody_there_is_said(void **state)
{
    struct scene *s = *state;
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct wire_agent_failure f = {.sentence = ""};
    struct tls_peer *peer = tls_peer_start(&s->script);
    AUTO(string) url = mem_printf("https://localhost:%u", tls_peer_port(peer));
    const struct transport_options options = {.url = url,
                                              .anchors = buf_bytes(&s->anchors),
                                              .principal = "",
                                              .keytab = "",
                                              .ccache = "",
                                              .store = ""};
    const struct wire_cacerts_request question = {LONG_S};
    AUTO(transport) t = NULL;
    struct wire_cacerts_answer answer;
    struct error err;
    tls_peer_free(peer);

    assert_ok(transport_new(&options, &t, &err), &err);
    assert_false(transport_ask_cacerts(t, &question, &store, &answer, &f));

    assert_int_equal(f.failure, WIRE_FAILURE_UNAVAILABLE);
    assert_non_null(strstr(f.sentence, url));
}

/* ---- renewal with the old certificate ------------------------------------------------ */

static void put_generation(const struct scene *s, const struct tls_cert *own)
{
    static const char *const ways[] = {"certs", "certs/Machine", "certs/Machine/gen-1"};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        AUTO(string) path = mem_printf("%s/%s", s->directory, ways[i]);
        (void)mkdir(path, 0700);
    }
    AUTO(string) chain = mem_printf("%s/%s/fullchain.pem", s->directory, ways[2]);
    AUTO(string) key = mem_printf("%s/%s/key.pem", s->directory, ways[2]);
    assert_ok(file_write_atomic(chain, buf_bytes(&own->chain_pem), FILE_MODE(0600), &err),
              &err);
    assert_ok(file_write_atomic(key, buf_bytes(&own->key_pem), FILE_MODE(0600), &err),
              &err);
}

static char *write_anchors(const struct scene *s)
{
    char *path = mem_printf("%s/ca.pem", s->directory);
    struct error err;

    assert_ok(file_write_atomic(path, buf_bytes(&s->anchors), FILE_MODE(0600), &err),
              &err);
    return path;
}

static bool try_renewal(const struct scene *s, struct tls_peer *peer,
                        struct name_store *store, struct transport_enrolled *out,
                        struct wire_agent_failure *failure)
{
    AUTO(string) url = mem_printf("https://localhost:%u", tls_peer_port(peer));
    const struct transport_options options = {.url = url,
                                              .anchors = buf_bytes(&s->anchors),
                                              .principal = "",
                                              .keytab = "",
                                              .ccache = "",
                                              .store = s->directory};
    const struct csr_wish wish = {.extensions = NULL};
    AUTO(transport) t = NULL;
    AUTO(buf) csr = BUF_EMPTY;
    struct error err;

    assert_ok(csr_build(keys_get(KEYS_P384), SIG_ECDSA_SHA384, &wish, &csr, &err), &err);
    const struct wire_enroll_submit question = {.template = "Machine",
                                                .label = "Web Server",
                                                .op = WIRE_OP_REKEY,
                                                .csr = buf_bytes(&csr),
                                                .credential = WIRE_CREDENTIAL_CERTIFICATE,
                                                .old_generation = "Machine/gen-1",
                                                .deadline_ms = LONG_S};
    assert_ok(transport_new(&options, &t, &err), &err);
    return transport_enroll(t, &question, store, out, failure);
}

static void a_renewal_shows_the_old_certificate(void **state)
{
    struct scene *s = *state;
    AUTO(tls_cert) own = {.der = BUF_EMPTY};
    AUTO(buf) issued = BUF_EMPTY;
    AUTO(buf) answer = BUF_EMPTY;
    AUTO(buf) heard = BUF_EMPTY;
    AUTO(string) ca = write_anchors(s);
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct transport_enrolled enrolled;
    struct wire_agent_failure f = {.sentence = ""};
    const struct fixture_leaf old = {.cn = "web1",
                                     .extensions = {"extendedKeyUsage=clientAuth"}};
    const struct fixture_leaf new = {.cn = "web1",
                                     .spki = key_get_spki(keys_get(KEYS_P384))};
    tls_cert_make(s->ca, &old, KEYS_P256, &own);
    put_generation(s, &own);
    fixture_ca_issue(s->ca, &new, &issued);
    add_certificates(&answer, buf_bytes(&issued));
    s->script.answer = buf_text(&answer);
    s->script.client_ca = ca;
    AUTO(tls_peer) peer = tls_peer_start(&s->script);

    if (!try_renewal(s, peer, &store, &enrolled, &f)) {
        fail_msg("%s", f.sentence);
    }

    assert_false(enrolled.is_pending);
    assert_true(bytes_equal(enrolled.issued.certificate, buf_bytes(&issued)));
    tls_peer_requests(peer, &heard);
    assert_non_null(strstr(buf_text(&heard),
                           "POST /.well-known/est/Web%20Server/simplereenroll HTTP/1.1"));
    assert_non_null(strstr(buf_text(&heard), "Content-Type: application/pkcs10"));
    assert_null(strstr(buf_text(&heard), "Authorization"));
}

static void a_certificate_for_another_key_is_a_bad_answer(void **state)
{
    struct scene *s = *state;
    AUTO(tls_cert) own = {.der = BUF_EMPTY};
    AUTO(buf) answer = BUF_EMPTY;
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct transport_enrolled enrolled;
    struct wire_agent_failure f = {.sentence = ""};
    const struct fixture_leaf old = {.cn = "web1"};
    tls_cert_make(s->ca, &old, KEYS_P256, &own);
    put_generation(s, &own);
    add_certificates(&answer, buf_bytes(&own.der));
    s->script.answer = buf_text(&answer);
    AUTO(tls_peer) peer = tls_peer_start(&s->script);

    assert_false(try_renewal(s, peer, &store, &enrolled, &f));

    assert_int_equal(f.failure, WIRE_FAILURE_BAD_ANSWER);
    assert_non_null(strstr(f.sentence, "another key than ours"));
}

static void a_held_request_is_no_failure(void **state)
{
    struct scene *s = *state;
    AUTO(tls_cert) own = {.der = BUF_EMPTY};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct transport_enrolled enrolled;
    struct wire_agent_failure f = {.sentence = ""};
    const struct fixture_leaf old = {.cn = "web1"};
    tls_cert_make(s->ca, &old, KEYS_P256, &own);
    put_generation(s, &own);
    s->script.answer =
        "HTTP/1.1 202 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    AUTO(tls_peer) peer = tls_peer_start(&s->script);

    assert_true(try_renewal(s, peer, &store, &enrolled, &f));

    assert_true(enrolled.is_pending);
    assert_int_equal(enrolled.pending.retry_after_s, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_pinned_ca_is_trusted),
        TEST(a_server_of_another_ca_hears_nothing),
        TEST(servers_that_cannot_be_it_are_not_trusted),
        TEST(tls_below_1_2_is_not_spoken),
        TEST(urls_are_servers_and_nothing_else),
        TEST(without_a_ca_nobody_is_asked),
        TEST(answers_that_make_no_sense_are_refused),
        TEST(a_redirect_is_not_followed),
        TEST(an_endless_answer_is_cut),
        TEST(endless_headers_are_cut),
        TEST(a_server_that_stalls_is_left),
        TEST(nobody_there_is_said),
        TEST(a_renewal_shows_the_old_certificate),
        TEST(a_certificate_for_another_key_is_a_bad_answer),
        TEST(a_held_request_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
