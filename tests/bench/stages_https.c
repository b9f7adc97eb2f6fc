/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTPS by the given libraries, libmicrohttpd and GnuTLS, over TCP on loopback: an enrollment's POST on
 * a connection of its own, the same with a client's certificate, and on a kept connection.
 *
 * TLS 1.3, X25519, AES-128-GCM, P-256 certificates; a client's certificate is asked for (RFC 7030 2.3),
 * and only its proof of possession is checked here: whether we trust it is a stage of its own. What the
 * server does: accept, shake hands, read one request, write one answer, read the peer's end, close. The
 * memory of a connection is what the longest Kerberos token needs.
 *
 * Nothing is in it but these libraries serving requests. There is no second thread: clients are driven
 * by this one between two rounds of the server, and their time does not count. The handler answers at
 * once what was there before: no request is suspended, nobody waits or is woken, nothing is copied for
 * us. Several connections have something to do in each round, and who is done comes again at once.
 * The server waits by epoll, although policyd cannot (docs/DECISIONS.md): its poll needs a thread and
 * would cost more. The same by select is printed and no part of the sum.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/pki/key.h"
#include "common/pki/pem.h"

#include "tests/bench/stages.h"
#include "tests/support/fixture_ca.h"

enum {
    CLIENTS = 16,
    CONNECTIONS = 96, /* of a slice */
    REQUESTS = 640,   /* of a slice, on kept connections */
    TOKEN = 1000,     /* octets of base64 */
    BODY = 420,
    ANSWER = 1600,
    MESSAGE_MAX = 4096,
    MEMORY = 96 * 1024
};

static const char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519";

struct keys {
    gnutls_priority_t priorities;
    gnutls_certificate_credentials_t client, nobody; /* what clients show */
    struct buf chain, private_key;                   /* the server's, in PEM */
};

enum phase { IDLE = 0, SHAKING, LISTENING };

struct client {
    enum phase phase;
    int fd;
    gnutls_session_t tls;
    size_t heard, wanted; /* of the answer; 0: not known yet */
};

struct https {
    const struct keys *keys;
    gnutls_certificate_credentials_t own; /* what its clients show */
    struct MHD_Daemon *daemon;
    struct sockaddr_in address;
    char request[MESSAGE_MAX];
    size_t request_len;
    struct client clients[CLIENTS];
    size_t begun, done, wanted;
    double us; /* of the server */
};

static void check(int code, const char *what)
{
    stages_need(code >= 0, what);
}

/* ---- keys and certificates ----------------------------------------------------------- */

static gnutls_datum_t datum(struct buf *octets)
{
    return (gnutls_datum_t){octets->data, (unsigned int)octets->len};
}

/* Of a new key, in PEM. */
static void make_pair(const struct fixture_ca *ca, const char *purpose, struct buf *chain,
                      struct buf *private_key)
{
    const struct fixture_leaf base = {.cn = "localhost",
                                      .extensions = {"subjectAltName=DNS:localhost",
                                                     "keyUsage=critical,digitalSignature",
                                                     purpose}};
    struct fixture_leaf leaf = base;
    AUTO(key) key = NULL;
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    stages_need_ok(key_generate(KEY_EC, 256, &key, &err), &err);
    leaf.spki = key_get_spki(key);
    fixture_ca_issue(ca, &leaf, &der);
    pem_write(PEM_CERTIFICATE, buf_bytes(&der), chain);
    stages_need_ok(key_to_pem(key, NULL, private_key, &err), &err);
}

static struct keys *make_keys(void)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "Bench CA", NULL, -1);
    struct keys *keys = mem_new(sizeof(*keys));
    keys->private_key = BUF_SECRET;
    AUTO(buf) chain = BUF_EMPTY;
    AUTO(buf) private_key = BUF_SECRET;

    check(gnutls_priority_init(&keys->priorities, priorities, NULL), "no priorities");
    check(gnutls_certificate_allocate_credentials(&keys->nobody), "no memory");
    check(gnutls_certificate_allocate_credentials(&keys->client), "no memory");
    make_pair(ca, "extendedKeyUsage=serverAuth", &keys->chain, &keys->private_key);
    make_pair(ca, "extendedKeyUsage=clientAuth", &chain, &private_key);
    const gnutls_datum_t own = datum(&chain);
    const gnutls_datum_t own_key = datum(&private_key);
    check(gnutls_certificate_set_x509_key_mem(keys->client, &own, &own_key,
                                              GNUTLS_X509_FMT_PEM),
          "GnuTLS does not take a certificate");
    return keys;
}

/* ---- the server ---------------------------------------------------------------------- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)cls;
    (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        gnutls_session_t tls =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
                ->tls_session;

        gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUEST);
    }
}

/* NOLINTBEGIN(readability-non-const-parameter, readability-function-size): MHD has it so */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    static char body[ANSWER];

    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (*context == NULL) {
        *context = cls; /* head read */
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof(body), body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);

    MHD_destroy_response(response);
    return result;
}
/* NOLINTEND(readability-non-const-parameter, readability-function-size) */

static void serve(struct https *h)
{
    double from = stages_now_us();

    stages_need(MHD_run(h->daemon) == MHD_YES, "libmicrohttpd does not go on");
    h->us += stages_now_us() - from;
}

static unsigned int open_connections(const struct https *h)
{
    return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
        ->num_connections;
}

/* ---- clients ------------------------------------------------------------------------- */

static void begin(struct https *h, struct client *c)
{
    const int yes = 1; /* what a client says at once shall be there at once */

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    stages_need(c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&h->address,
                                      sizeof(h->address)) == 0,
                "no connection");
    stages_need(fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0 &&
                    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0,
                "no connection");
    check(gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL),
          "no session");
    check(gnutls_priority_set(c->tls, h->keys->priorities), "no priorities");
    check(gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, h->own),
          "no credentials");
    gnutls_transport_set_int(c->tls, c->fd);
    c->phase = SHAKING;
    h->begun++;
}

static void end(struct client *c)
{
    (void)gnutls_bye(c->tls, GNUTLS_SHUT_WR);
    gnutls_deinit(c->tls);
    (void)close(c->fd);
    c->phase = IDLE;
}

static void say(const struct https *h, struct client *c)
{
    stages_need(gnutls_record_send(c->tls, h->request, h->request_len) ==
                    (ssize_t)h->request_len,
                "a request is not taken");
    c->heard = c->wanted = 0;
    c->phase = LISTENING;
}

/* A handshake's next step; true: it is done. */
static bool shake(const struct https *h, struct client *c)
{
    int code = gnutls_handshake(c->tls);

    stages_need(code == 0 || gnutls_error_is_fatal(code) == 0, gnutls_strerror(code));
    if (code == 0) {
        stages_need(gnutls_certificate_client_get_request_status(c->tls) == 1,
                    "no certificate was asked for");
        stages_need((gnutls_certificate_get_ours(c->tls) != NULL) ==
                        (h->own == h->keys->client),
                    "not the handshake that was meant");
    }
    return code == 0;
}

/* True: the whole answer is there; its head comes in a record of its own. */
static bool hear(struct client *c)
{
    char text[MESSAGE_MAX];
    ssize_t got = 0;

    while ((got = gnutls_record_recv(c->tls, text, sizeof(text) - 1)) > 0) {
        if (c->wanted == 0) {
            text[got] = '\0';
            const char *end = strstr(text, "\r\n\r\n");
            stages_need(strncmp(text, "HTTP/1.1 200 ", 13) == 0 && end != NULL,
                        "another answer");
            c->wanted = (size_t)(end + 4 - text) + ANSWER;
        }
        c->heard += (size_t)got;
        if (c->heard == c->wanted) {
            return true;
        }
    }
    stages_need(got == GNUTLS_E_AGAIN, "no answer");
    return false;
}

/* As far as it goes without the server. */
static void go_on(struct https *h, struct client *c)
{
    if (c->phase == IDLE && h->begun < h->wanted) {
        begin(h, c);
    }
    if (c->phase == SHAKING && shake(h, c)) {
        say(h, c);
    }
    if (c->phase == LISTENING && hear(c)) {
        end(c);
        h->done++;
    }
}

/* ---- slices -------------------------------------------------------------------------- */

static double slice_fresh(void *ctx)
{
    struct https *h = ctx;

    h->begun = h->done = 0;
    h->wanted = CONNECTIONS;
    h->us = 0;
    while (h->done < h->wanted) {
        for (size_t i = 0; i < CLIENTS; i++) {
            go_on(h, &h->clients[i]);
        }
        serve(h);
    }
    while (open_connections(h) > 0) {
        serve(h);
    }
    return h->us / CONNECTIONS;
}

/* All ask, then all are answered; connections are made before. */
static void ask_all(struct https *h)
{
    size_t answered = 0;

    for (size_t i = 0; i < CLIENTS; i++) {
        say(h, &h->clients[i]);
    }
    while (answered < CLIENTS) {
        serve(h);
        for (size_t i = 0; i < CLIENTS; i++) {
            struct client *c = &h->clients[i];

            if (c->phase == LISTENING && hear(c)) {
                c->phase = IDLE;
                answered++;
            }
        }
    }
}

static double slice_kept(void *ctx)
{
    struct https *h = ctx;

    for (size_t i = 0; i < CLIENTS; i++) {
        begin(h, &h->clients[i]);
        while (!shake(h, &h->clients[i])) {
            serve(h);
        }
    }
    h->us = 0;
    for (size_t asked = 0; asked < REQUESTS; asked += CLIENTS) {
        ask_all(h);
    }
    double us = h->us / REQUESTS;
    for (size_t i = 0; i < CLIENTS; i++) {
        end(&h->clients[i]);
    }
    while (open_connections(h) > 0) {
        serve(h);
    }
    return us;
}

/* ---- all ----------------------------------------------------------------------------- */

static struct https *make(struct keys *keys, unsigned int waits, size_t token)
{
    struct https *h = mem_new(sizeof(*h));
    char padding[TOKEN + 1] = {0};

    memset(padding, 'x', token);
    h->request_len = (size_t)snprintf(
        h->request, sizeof(h->request),
        "POST /.well-known/est/Machine/simpleenroll HTTP/1.1\r\nHost: localhost\r\n"
        "%s%s%sContent-Type: application/pkcs10\r\nContent-Length: %d\r\n\r\n%0*d",
        token > 0 ? "Authorization: Negotiate " : "", padding, token > 0 ? "\r\n" : "",
        BODY, BODY, 0);
    h->keys = keys;
    h->own = keys->nobody;
    h->address.sin_family = AF_INET;
    h->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->daemon = MHD_start_daemon(
        MHD_USE_TLS | waits, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&h->address, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
        MHD_OPTION_HTTPS_PRIORITIES, priorities, MHD_OPTION_HTTPS_MEM_CERT,
        buf_text(&keys->chain), MHD_OPTION_HTTPS_MEM_KEY, buf_text(&keys->private_key),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
    stages_need(h->daemon != NULL, "libmicrohttpd does not start");
    h->address.sin_port =
        htons(MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    return h;
}

void stages_add_https(struct stages *stages)
{
    struct keys *keys = make_keys();
    struct https *plain = make(keys, MHD_USE_EPOLL, TOKEN);
    struct https *other = make(keys, MHD_NO_FLAG, TOKEN);
    struct https *mutual = make(keys, MHD_USE_EPOLL, 0);

    mutual->own = keys->client;
    stages_add(stages, &(struct stage){.name = "HTTPS, a connection each",
                                       .slice = slice_fresh,
                                       .ctx = plain,
                                       .times = {1, 0, 0}});
    stages_add(stages, &(struct stage){.name = "  (the same by select)",
                                       .slice = slice_fresh,
                                       .ctx = other});
    stages_add(stages, &(struct stage){.name = "HTTPS, with client certificate",
                                       .slice = slice_fresh,
                                       .ctx = mutual,
                                       .times = {0, 0, 1}});
    stages_add(stages, &(struct stage){.name = "HTTPS on a kept connection",
                                       .slice = slice_kept,
                                       .ctx = make(keys, MHD_USE_EPOLL, 0),
                                       .times = {0, 1, 0}});
}
