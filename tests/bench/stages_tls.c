/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.3 by GnuTLS with a P-256 certificate, X25519 and AES-128-GCM; only calls of the server's end
 * are timed. A handshake goes over a pair of sockets, with making and ending the session, and asks
 * for a client's certificate as ours does (RFC 7030 3.3.2): without one, or with a P-256 one whose
 * proof of possession GnuTLS checks (whether we trust it is a stage of its own). A record each way
 * goes over memory, since HTTP's stage has the sockets: a request of 700 octets, an answer of 1,600.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/pki/key.h"
#include "common/pki/pem.h"

#include "tests/bench/stages.h"
#include "tests/support/fixture_ca.h"

enum { HANDSHAKES = 60, RECORDS = 1500, REQUEST = 700, ANSWER = 1600, PIPE = 32768 };

static const char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519";

struct one_way {
    unsigned char data[PIPE];
    size_t len;
    size_t taken;
};

struct memory_end {
    struct one_way *in, *out;
    gnutls_session_t session;
};

struct tls {
    gnutls_priority_t priorities;
    gnutls_certificate_credentials_t server, client, nobody;
};

struct records {
    const struct tls *tls;
    struct one_way up, down;
    struct memory_end client, server;
};

struct handshake {
    const struct tls *tls;
    bool with_certificate;
};

static void check(int code, const char *what)
{
    if (code < 0) {
        stages_need(false, what);
    }
}

static gnutls_datum_t datum(struct buf *octets)
{
    return (gnutls_datum_t){octets->data, (unsigned int)octets->len};
}

static gnutls_certificate_credentials_t make_credentials(const struct fixture_ca *ca,
                                                         const char *purpose)
{
    const struct fixture_leaf base = {.cn = "localhost",
                                      .extensions = {"subjectAltName=DNS:localhost",
                                                     "keyUsage=critical,digitalSignature",
                                                     purpose}};
    gnutls_certificate_credentials_t out = NULL;
    struct fixture_leaf leaf = base;
    AUTO(key) key = NULL;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) chain = BUF_EMPTY;
    AUTO(buf) pem = BUF_SECRET;
    struct error err;

    stages_need_ok(key_generate(KEY_EC, 256, &key, &err), &err);
    leaf.spki = key_get_spki(key);
    fixture_ca_issue(ca, &leaf, &der);
    pem_write(PEM_CERTIFICATE, buf_bytes(&der), &chain);
    stages_need_ok(key_to_pem(key, NULL, &pem, &err), &err);
    gnutls_datum_t certificate = datum(&chain);
    gnutls_datum_t private_key = datum(&pem);
    check(gnutls_certificate_allocate_credentials(&out), "no memory");
    check(gnutls_certificate_set_x509_key_mem(out, &certificate, &private_key,
                                              GNUTLS_X509_FMT_PEM),
          "GnuTLS does not take a certificate");
    return out;
}

static gnutls_session_t begin(const struct tls *tls, unsigned int end,
                              gnutls_certificate_credentials_t credentials)
{
    gnutls_session_t session = NULL;

    check(gnutls_init(&session, end | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), "no session");
    check(gnutls_priority_set(session, tls->priorities), "no priorities");
    check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials),
          "no credentials");
    if (end == GNUTLS_SERVER) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    }
    return session;
}

static bool step(gnutls_session_t session)
{
    int code = gnutls_handshake(session);

    if (code < 0 && gnutls_error_is_fatal(code) != 0) {
        stages_quit(gnutls_strerror(code));
    }
    return code == 0;
}

/* CPU us of the server's end. */
static double shake_hands(gnutls_session_t client, gnutls_session_t server)
{
    bool client_done = false;
    bool server_done = false;
    double us = 0;

    while (!client_done || !server_done) {
        client_done = client_done || step(client);
        if (!server_done) {
            double from = stages_now_us();

            server_done = step(server);
            us += stages_now_us() - from;
        }
    }
    return us;
}

static double shake_once(const struct handshake *h)
{
    int ends[2];

    stages_need(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
        "no sockets");
    gnutls_session_t client = begin(
        h->tls, GNUTLS_CLIENT, h->with_certificate ? h->tls->client : h->tls->nobody);
    gnutls_transport_set_int(client, ends[0]);
    double from = stages_now_us();
    gnutls_session_t server = begin(h->tls, GNUTLS_SERVER, h->tls->server);
    gnutls_transport_set_int(server, ends[1]);
    double us = stages_now_us() - from;
    us += shake_hands(client, server);
    unsigned int count = 0;
    (void)gnutls_certificate_get_peers(server, &count);
    stages_need((count > 0) == h->with_certificate, "not the handshake that was meant");
    from = stages_now_us();
    gnutls_deinit(server);
    us += stages_now_us() - from;
    gnutls_deinit(client);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return us;
}

static double slice_handshakes(void *ctx)
{
    double us = 0;

    for (unsigned int i = 0; i < HANDSHAKES; i++) {
        us += shake_once(ctx);
    }
    return us / HANDSHAKES;
}

/* ---- records over memory ------------------------------------------------------------- */

static ssize_t push(gnutls_transport_ptr_t ctx, const void *data, size_t len)
{
    struct one_way *out = ((struct memory_end *)ctx)->out;

    if (out->taken == out->len) {
        out->len = out->taken = 0;
    }
    stages_need(len <= PIPE - out->len, "a record is too long");
    memcpy(out->data + out->len, data, len);
    out->len += len;
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ctx, void *data, size_t len)
{
    const struct memory_end *end = ctx;
    struct one_way *in = end->in;
    size_t left = in->len - in->taken;

    if (left == 0) {
        gnutls_transport_set_errno(end->session, EAGAIN);
        return -1;
    }
    len = len < left ? len : left;
    memcpy(data, in->data + in->taken, len);
    in->taken += len;
    return (ssize_t)len;
}

static int is_there(gnutls_transport_ptr_t ctx, unsigned int ms)
{
    const struct memory_end *end = ctx;

    (void)ms;
    return end->in->len > end->in->taken;
}

static void use_memory(struct memory_end *end, gnutls_session_t session)
{
    end->session = session;
    gnutls_transport_set_ptr(session, end);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, is_there);
}

static void transfer(gnutls_session_t from, gnutls_session_t to, size_t len, double *sent,
                     double *received)
{
    unsigned char data[ANSWER] = {0};
    double start = stages_now_us();

    stages_need(gnutls_record_send(from, data, len) == (ssize_t)len, "no record");
    double between = stages_now_us();
    stages_need(gnutls_record_recv(to, data, len) == (ssize_t)len, "no record came");
    *sent += between - start;
    *received += stages_now_us() - between;
}

static double slice_records(void *ctx)
{
    struct records *r = ctx;
    double client = 0;
    double server = 0;

    for (unsigned int i = 0; i < RECORDS; i++) {
        transfer(r->client.session, r->server.session, REQUEST, &client, &server);
        transfer(r->server.session, r->client.session, ANSWER, &server, &client);
    }
    return server / RECORDS;
}

static struct records *records_new(const struct tls *tls)
{
    struct records *r = mem_new(sizeof(*r));

    r->tls = tls;
    r->client = (struct memory_end){&r->down, &r->up, NULL};
    r->server = (struct memory_end){&r->up, &r->down, NULL};
    use_memory(&r->client, begin(tls, GNUTLS_CLIENT, tls->nobody));
    use_memory(&r->server, begin(tls, GNUTLS_SERVER, tls->server));
    (void)shake_hands(r->client.session, r->server.session);
    return r;
}

void stages_add_tls(struct stages *stages)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "Bench CA", NULL, -1);
    struct tls *tls = mem_new(sizeof(*tls));
    struct handshake *plain = mem_new(sizeof(*plain));
    struct handshake *mutual = mem_new(sizeof(*mutual));

    check(gnutls_priority_init(&tls->priorities, priorities, NULL), "no priorities");
    check(gnutls_certificate_allocate_credentials(&tls->nobody), "no memory");
    tls->server = make_credentials(ca, "extendedKeyUsage=serverAuth");
    tls->client = make_credentials(ca, "extendedKeyUsage=clientAuth");
    *plain = (struct handshake){tls, false};
    *mutual = (struct handshake){tls, true};
    stages_add(stages, &(struct stage){.name = "TLS 1.3 handshake",
                                       .slice = slice_handshakes,
                                       .ctx = plain,
                                       .times = {1, 0, 0}});
    stages_add(stages,
               &(struct stage){.name = "TLS 1.3 handshake with client certificate",
                               .slice = slice_handshakes,
                               .ctx = mutual,
                               .times = {0, 0, 1}});
    stages_add(stages, &(struct stage){.name = "TLS record each way",
                                       .slice = slice_records,
                                       .ctx = records_new(tls),
                                       .times = STAGES_ALL(1)});
}
