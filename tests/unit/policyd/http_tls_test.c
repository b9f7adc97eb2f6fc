/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

#include "policyd/http_tls.h"
#include "policyd/pool.h"
#include "tests/support/line.h"
#include "tests/support/test.h"

struct server {
    struct pool *pool;
    struct http *http;
    struct http_route routes[3];
    uint16_t port;
    atomic_int freed; /* things kept with connections */
};

struct mark {
    struct server *server;
    int number;
};

static void free_mark(void *state)
{
    struct mark *mark = state;

    atomic_fetch_add(&mark->server->freed, 1);
    free(mark);
}

/* Says in hexadecimal what it was told of the connection. */
static void tell(void *ctx, const struct http_request *request,
                 struct http_answer *answer)
{
    const struct http_tls *tls = request->tls;

    (void)ctx;
    answer->status = 200;
    buf_printf(&answer->body, "%s ", tls->version == HTTP_TLS_13 ? "1.3" : "1.2");
    text_append_hex(&answer->body, tls->server_end_point.data, tls->server_end_point.len);
    buf_append_byte(&answer->body, ' ');
    text_append_hex(&answer->body, tls->linking.data, tls->linking.len);
    buf_append_byte(&answer->body, ' ');
    text_append_hex(&answer->body, tls->peer_certificate.data, tls->peer_certificate.len);
}

/* Counts the requests of a connection, and tries to keep something else with each. */
static void count(void *ctx, const struct http_request *request,
                  struct http_answer *answer)
{
    struct mark *fresh = mem_new(sizeof(*fresh));

    fresh->server = ctx;
    bool first = http_kept(request) == NULL;
    struct mark *kept = http_keep(request, fresh, free_mark);
    kept->number++;
    answer->status = 200;
    buf_printf(&answer->body, "%s%d", first ? "new " : "", kept->number);
    http_answer_add(answer, "WWW-Authenticate", "Negotiate");
    http_answer_add(answer, "WWW-Authenticate", "Basic realm=\"x\"");
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int set_up(void **state)
{
    struct server *s = mem_new(sizeof(*s));
    struct error err = {0};

    s->routes[0] = (struct http_route){HTTP_GET, "/tell", 0, false, tell, s};
    s->routes[1] = (struct http_route){HTTP_GET, "/count", 0, true, count, s};
    assert_ok(pool_new(&(struct pool_options){2, 8}, &s->pool, &err), &err);
    const struct http_options options = {.listener = listen_on_loopback(&s->port),
                                         .routes = s->routes,
                                         .pool = s->pool,
                                         .threads = 2,
                                         .connections_max = 100,
                                         .deadline_s = LINE_PATIENCE_MS / 1000,
                                         .tls = true};
    assert_ok(http_start(&options, &s->http, &err), &err);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct server *s = *state;

    http_stop(s->http, 1);
    pool_free(s->pool);
    http_free(s->http);
    free(s);
    return 0;
}

static bool show(struct server *s, const struct tls_cert *cert, struct error *err)
{
    return http_set_certificate(s->http, buf_bytes(&cert->chain_pem),
                                buf_bytes(&cert->key_pem), err);
}

/* A certificate for the server from a CA with another kind of key, or another digest. */
static void make(enum fixture_key ca_key, const char *digest, enum keys_kind key,
                 struct tls_cert *out)
{
    AUTO(fixture_ca) ca = fixture_ca_new(ca_key, "CA", NULL, -1);

    tls_cert_make(ca, &(struct fixture_leaf){.cn = "localhost", .digest = digest}, key,
                  out);
}

static void show_usual(struct server *s, struct tls_cert *out)
{
    struct error err = {0};

    make(FIXTURE_EC, NULL, KEYS_P256, out);
    assert_ok(show(s, out, &err), &err);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static const char *ask(struct line *line, const char *request, struct buf *answer)
{
    line_send(line, request);
    line_receive(line, answer);
    assert_int_equal(line_status(answer), 200);
    return strstr(buf_text(answer), "\r\n\r\n") + 4;
}

/* What /tell answers to a line, as the line itself sees it. */
static char *expected(struct line *line, bool tls12, const struct tls_cert *own)
{
    AUTO(buf) peer = BUF_EMPTY;
    AUTO(buf) linking = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    unsigned char hash[DIGEST_SHA256_SIZE];

    line_get_peer(line, &peer);
    line_get_linking(line, &linking);
    digest_sha256(peer.data, peer.len, hash);
    buf_append_text(&text, tls12 ? "1.2 " : "1.3 ");
    text_append_hex(&text, hash, sizeof(hash));
    buf_append_byte(&text, ' ');
    text_append_hex(&text, linking.data, linking.len);
    buf_append_byte(&text, ' ');
    if (own != NULL) {
        text_append_hex(&text, own->der.data, own->der.len);
    }
    return mem_strdup(buf_text(&text));
}

/* RFC 5929 3 and 4, RFC 9266 */
static void both_ends_see_the_same_bindings(void **state)
{
    struct server *s = *state;
    AUTO(tls_cert) server = {0};
    AUTO(tls_cert) client = {0};

    show_usual(s, &server);
    make(FIXTURE_RSA, NULL, KEYS_RSA2048, &client);
    for (int i = 0; i < 4; i++) {
        const struct line_options options = {.port = s->port,
                                             .tls = true,
                                             .tls12 = i % 2 != 0,
                                             .certificate = i / 2 != 0 ? &client : NULL};
        AUTO(line) line = line_open(&options);
        AUTO(buf) answer = BUF_EMPTY;
        AUTO(string) wanted = expected(line, options.tls12, options.certificate);

        assert_string_equal(ask(line, GET("/tell"), &answer), wanted);
        assert_string_equal(ask(line, GET("/tell"), &answer), wanted);
    }
}

/* RFC 5929 4.1 */
static void the_binding_follows_the_signature_of_the_certificate(void **state)
{
    static const struct {
        const char *digest;
        size_t len;
    } cases[] = {{"SHA256", 32}, {"SHA384", 48}, {"SHA512", 64}, {"SHA1", 32}};
    struct server *s = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(tls_cert) server = {0};
        AUTO(buf) answer = BUF_EMPTY;
        struct error err = {0};

        make(FIXTURE_RSA, cases[i].digest, KEYS_RSA2048, &server);
        assert_ok(show(s, &server, &err), &err);
        AUTO(line)
        line = line_open(&(struct line_options){.port = s->port, .tls = true});
        const char *hash = ask(line, GET("/tell"), &answer) + 4;
        assert_int_equal(strcspn(hash, " "), 2 * cases[i].len);
    }
}

static void a_new_certificate_is_for_new_connections_only(void **state)
{
    struct server *s = *state;
    const struct line_options options = {.port = s->port, .tls = true};
    AUTO(tls_cert) first = {0};
    AUTO(tls_cert) second = {0};
    AUTO(buf) answer = BUF_EMPTY;

    show_usual(s, &first);
    AUTO(line) old = line_open(&options);
    AUTO(string) old_wanted = expected(old, false, NULL);
    show_usual(s, &second);
    AUTO(line) new = line_open(&options);
    AUTO(string) new_wanted = expected(new, false, NULL);

    assert_string_equal(ask(old, GET("/tell"), &answer), old_wanted);
    assert_string_equal(ask(new, GET("/tell"), &answer), new_wanted);
    assert_string_not_equal(old_wanted, new_wanted);
}

static void without_a_certificate_nobody_gets_in(void **state)
{
    struct server *s = *state;
    const struct line_options options = {.port = s->port, .tls = true};
    AUTO(tls_cert) server = {0};

    assert_null(line_try_open(&options));
    show_usual(s, &server);
    AUTO(line) line = line_open(&options);
}

static void certificates_that_cannot_serve_are_refused(void **state)
{
    static const struct bytes none = {NULL, 0};
    struct server *s = *state;
    AUTO(tls_cert) good = {0};
    AUTO(tls_cert) other_key = {0};
    AUTO(tls_cert) ed25519 = {0};
    AUTO(tls_cert) ed25519_signed = {0};
    AUTO(buf) large = BUF_EMPTY;
    struct error err = {0};

    make(FIXTURE_EC, NULL, KEYS_P384, &other_key);
    make(FIXTURE_EC, NULL, KEYS_ED25519, &ed25519);
    make(FIXTURE_ED25519, NULL, KEYS_P256, &ed25519_signed);
    show_usual(s, &good);
    buf_append(&large, good.chain_pem.data, good.chain_pem.len);
    while (large.len <= HTTP_TLS_PEM_MAX) {
        buf_append_byte(&large, '\n');
    }
    struct bytes key = buf_bytes(&good.key_pem);
    struct bytes chain = buf_bytes(&good.chain_pem);

    assert_fails(http_set_certificate(s->http, none, key, &err), &err, ERROR_INVALID,
                 "empty");
    assert_fails(http_set_certificate(s->http, chain, none, &err), &err, ERROR_INVALID,
                 "empty");
    assert_fails(http_set_certificate(s->http, buf_bytes(&large), key, &err), &err,
                 ERROR_INVALID, "too large");
    assert_fails(http_set_certificate(s->http, key, key, &err), &err, ERROR_INVALID,
                 "reading the TLS certificate");
    assert_fails(http_set_certificate(s->http, chain, chain, &err), &err, ERROR_INVALID,
                 "with its key");
    assert_fails(
        http_set_certificate(s->http, chain, buf_bytes(&other_key.key_pem), &err), &err,
        ERROR_INVALID, "with its key");
    assert_fails(show(s, &ed25519, &err), &err, ERROR_INVALID, "neither EC nor RSA");
    assert_fails(show(s, &ed25519_signed, &err), &err, ERROR_INVALID, "RFC 5929");

    /* What was there serves on. */
    AUTO(line) line = line_open(&(struct line_options){.port = s->port, .tls = true});
    AUTO(buf) peer = BUF_EMPTY;
    line_get_peer(line, &peer);
    assert_true(bytes_equal(buf_bytes(&peer), buf_bytes(&good.der)));
    assert_ok(show(s, &other_key, &err), &err);
}

/* RFC 8996; no key exchange without forward secrecy */
static void old_tls_and_weak_ciphers_are_refused(void **state)
{
    static const struct {
        const char *ciphers;
        bool tls11;
        bool good;
    } cases[] = {
        {"ECDHE-RSA-AES128-GCM-SHA256", false, true},
        {"ECDHE-RSA-CHACHA20-POLY1305", false, true},
        {"AES128-GCM-SHA256", false, false},
        {"DHE-RSA-AES128-GCM-SHA256", false, false},
        {"ECDHE-RSA-AES128-SHA", false, false},
        {"ECDHE-RSA-AES128-SHA", true, false},
    };
    struct server *s = *state;
    AUTO(tls_cert) server = {0};
    struct error err = {0};

    make(FIXTURE_RSA, NULL, KEYS_RSA2048, &server);
    assert_ok(show(s, &server, &err), &err);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct line_options options = {.port = s->port,
                                             .tls = true,
                                             .tls12 = !cases[i].tls11,
                                             .tls11 = cases[i].tls11,
                                             .ciphers = cases[i].ciphers};
        AUTO(line) line = line_try_open(&options);

        if ((line != NULL) != cases[i].good) {
            fail_msg("%s%s", cases[i].ciphers, cases[i].tls11 ? " with TLS 1.1" : "");
        }
    }
}

/* RFC 8446 4.1.4: a client that guessed well is not asked again; every curve serves, no finite field. */
static void clients_begin_once(void **state)
{
    static const struct {
        const char *groups;
        unsigned int hellos; /* 0: it does not get in */
    } cases[] = {{NULL, 1},           {"X25519", 1},    {"P-256", 1},
                 {"P-256:X25519", 2}, {"P-384", 1},     {"P-521", 1},
                 {"X448", 1},         {"ffdhe2048", 0}, {"ffdhe8192", 0}};
    struct server *s = *state;
    AUTO(tls_cert) server = {0};

    show_usual(s, &server);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(line)
        line = line_try_open(&(struct line_options){
            .port = s->port, .tls = true, .groups = cases[i].groups});

        if ((line != NULL ? line_count_hellos(line) : 0) != cases[i].hellos) {
            fail_msg("%s", cases[i].groups != NULL ? cases[i].groups : "the usual");
        }
    }
}

static void what_is_kept_lives_as_long_as_the_connection(void **state)
{
    struct server *s = *state;
    const struct line_options options = {.port = s->port, .tls = true};
    AUTO(tls_cert) server = {0};
    AUTO(buf) answer = BUF_EMPTY;

    show_usual(s, &server);
    AUTO(line) one = line_open(&options);
    AUTO(line) two = line_open(&options);
    assert_string_equal(ask(one, GET("/count"), &answer), "new 1");
    assert_string_equal(ask(one, GET("/count"), &answer), "2");
    assert_string_equal(ask(two, GET("/count"), &answer), "new 1");
    assert_int_equal(atomic_load(&s->freed), 1); /* the second one offered to line one */
    line_close(TAKE(one));
    for (int i = 0; i < LINE_PATIENCE_MS && atomic_load(&s->freed) < 2; i++) {
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(atomic_load(&s->freed), 2);
    assert_string_equal(ask(two, GET("/count"), &answer), "2");
}

static void a_header_may_come_more_than_once(void **state)
{
    struct server *s = *state;
    AUTO(tls_cert) server = {0};
    AUTO(buf) answer = BUF_EMPTY;

    show_usual(s, &server);
    AUTO(line) line = line_open(&(struct line_options){.port = s->port, .tls = true});
    (void)ask(line, GET("/count"), &answer);
    assert_non_null(strstr(buf_text(&answer), "WWW-Authenticate: Negotiate\r\n"));
    assert_non_null(strstr(buf_text(&answer), "WWW-Authenticate: Basic realm=\"x\"\r\n"));
}

/* An argument is the pattern of those to run: RSA keys take minutes under memcheck. */
int main(int argc, char **argv)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(both_ends_see_the_same_bindings),
        STORY(the_binding_follows_the_signature_of_the_certificate),
        STORY(a_new_certificate_is_for_new_connections_only),
        STORY(without_a_certificate_nobody_gets_in),
        STORY(certificates_that_cannot_serve_are_refused),
        STORY(old_tls_and_weak_ciphers_are_refused),
        STORY(clients_begin_once),
        STORY(what_is_kept_lives_as_long_as_the_connection),
        STORY(a_header_may_come_more_than_once),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
