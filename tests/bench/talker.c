/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/talker.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/pki/pem.h"

#include "autoenroll-client/transport_binding.h"

enum { ANSWER_MAX = 64 * 1024, TEXT_MAX = 128 * 1024, PIECE = 4096 };

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519";

struct talker_server {
    gnutls_priority_t priorities;
    gnutls_certificate_credentials_t nobody; /* with the anchors */
    struct addrinfo *address;
    char *host;      /* without its port */
    char *authority; /* with it */
};

struct talker {
    const struct talker_server *server;
    int fd;               /* -1: not connected */
    gnutls_session_t tls; /* NULL: not connected */
    struct buf peer;      /* the certificate that was checked; empty: none yet */
    gnutls_certificate_credentials_t own; /* NULL: nobody's */
};

static void need(bool fine, const char *what)
{
    if (!fine) {
        (void)fprintf(stderr, "talker: %s\n", what);
        _exit(1);
    }
}

/* ---- the server ---------------------------------------------------------------------- */

struct talker_server *talker_server_new(const char *url, const struct buf *anchors)
{
    static const char scheme[] = "https://";
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct talker_server *server = mem_new(sizeof(*server));

    need(strncmp(url, scheme, strlen(scheme)) == 0, "no https URL");
    server->authority = mem_strdup(url + strlen(scheme));
    const char *colon = strchr(server->authority, ':');
    need(colon != NULL, "no port in the URL");
    server->host = mem_dup(server->authority, (size_t)(colon - server->authority));
    need(getaddrinfo(server->host, colon + 1, &hints, &server->address) == 0,
         "the server has no address");
    const gnutls_datum_t pem = {anchors->data, (unsigned int)anchors->len};
    need(gnutls_priority_init(&server->priorities, priorities, NULL) == 0 &&
             gnutls_certificate_allocate_credentials(&server->nobody) == 0 &&
             gnutls_certificate_set_x509_trust_mem(server->nobody, &pem,
                                                   GNUTLS_X509_FMT_PEM) > 0,
         "the anchors are not taken");
    return server;
}

void talker_server_free(struct talker_server *server)
{
    if (server != NULL) {
        gnutls_certificate_free_credentials(server->nobody);
        gnutls_priority_deinit(server->priorities);
        freeaddrinfo(server->address);
        free(server->host);
        free(server->authority);
        free(server);
    }
}

const char *talker_server_host(const struct talker_server *server)
{
    return server->host;
}

/* ---- a client ------------------------------------------------------------------------ */

struct talker *talker_new(const struct talker_server *server)
{
    struct talker *talker = mem_new(sizeof(*talker));

    talker->server = server;
    talker->fd = -1;
    return talker;
}

void talker_hang_up(struct talker *talker)
{
    if (talker->tls != NULL) {
        (void)gnutls_bye(talker->tls, GNUTLS_SHUT_WR);
        gnutls_deinit(talker->tls);
        talker->tls = NULL;
    }
    if (talker->fd >= 0) {
        (void)close(talker->fd);
        talker->fd = -1;
    }
}

void talker_free(struct talker *talker)
{
    if (talker != NULL) {
        talker_hang_up(talker);
        buf_clear(&talker->peer);
        if (talker->own != NULL) {
            gnutls_certificate_free_credentials(talker->own);
        }
        free(talker);
    }
}

static gnutls_datum_t datum(struct bytes octets)
{
    const union {
        const unsigned char *given;
        unsigned char *taken; /* GnuTLS only reads what it is given here */
    } data = {octets.data};

    return (gnutls_datum_t){data.taken, (unsigned int)octets.len};
}

void talker_show(struct talker *talker, struct bytes certificate, struct bytes key)
{
    AUTO(buf) pem = BUF_EMPTY;

    pem_write(PEM_CERTIFICATE, certificate, &pem);
    const gnutls_datum_t chain = datum(buf_bytes(&pem));
    const gnutls_datum_t private_key = datum(key);
    talker_hang_up(talker);
    need(gnutls_certificate_allocate_credentials(&talker->own) == 0 &&
             gnutls_certificate_set_x509_key_mem(talker->own, &chain, &private_key,
                                                 GNUTLS_X509_FMT_PEM) >= 0,
         "a certificate or its key is not taken");
}

/* Whole chains are checked once; afterwards it has to be the same certificate. */
static bool is_trusted(struct talker *talker)
{
    unsigned int status = 0;
    unsigned int count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(talker->tls, &count);

    if (peers == NULL || count == 0) {
        return false;
    }
    const struct bytes shown = {peers[0].data, peers[0].size};
    if (talker->peer.len > 0) {
        return bytes_equal(shown, buf_bytes(&talker->peer));
    }
    if (gnutls_certificate_verify_peers3(talker->tls, talker->server->host, &status) !=
            0 ||
        status != 0) {
        return false;
    }
    buf_append(&talker->peer, shown.data, shown.len);
    return true;
}

static bool begin_tls(struct talker *talker)
{
    const struct talker_server *server = talker->server;
    int code = 0;

    if (gnutls_init(&talker->tls, GNUTLS_CLIENT | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL) !=
            0 ||
        gnutls_priority_set(talker->tls, server->priorities) != 0 ||
        gnutls_server_name_set(talker->tls, GNUTLS_NAME_DNS, server->host,
                               strlen(server->host)) != 0 ||
        gnutls_credentials_set(talker->tls, GNUTLS_CRD_CERTIFICATE,
                               talker->own != NULL ? talker->own : server->nobody) != 0) {
        return false;
    }
    gnutls_transport_set_int(talker->tls, talker->fd);
    do {
        code = gnutls_handshake(talker->tls);
    } while (code < 0 && gnutls_error_is_fatal(code) == 0);
    return code == 0 && is_trusted(talker);
}

static bool connect_to(struct talker *talker, struct error *err)
{
    const struct addrinfo *address = talker->server->address;
    const int yes =
        1; /* as curl has it: a request does not wait for what came before it */

    if (talker->tls != NULL) {
        return true;
    }
    talker->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (talker->fd < 0 ||
        setsockopt(talker->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) != 0 ||
        connect(talker->fd, address->ai_addr, address->ai_addrlen) != 0) {
        error_set_errno(err, errno, "%s", talker->server->authority);
    } else if (begin_tls(talker)) {
        return true;
    } else {
        error_set(err, ERROR_UNAVAILABLE, "%s: no TLS", talker->server->authority);
    }
    talker_hang_up(talker);
    return false;
}

bool talker_binding(struct talker *talker, struct buf *out, struct error *err)
{
    if (!connect_to(talker, err)) {
        return false;
    }
    const unsigned char *at = talker->peer.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)talker->peer.len);
    bool ok = transport_binding_of(certificate, out, err);
    X509_free(certificate);
    return ok;
}

/* ---- a question ---------------------------------------------------------------------- */

static bool say(struct talker *talker, const struct talker_question *q)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_printf(&text,
               "POST /.well-known/est/%s HTTP/1.1\r\nHost: %s\r\n"
               "Accept: application/pkcs7-mime\r\nContent-Type: application/pkcs10\r\n"
               "Content-Length: %zu\r\n",
               q->operation, talker->server->authority, q->body.len);
    if (q->token != NULL) {
        buf_append_text(&text, "Authorization: Negotiate ");
        buf_append_text(&text, q->token);
        buf_append_text(&text, "\r\n");
    }
    buf_append_text(&text, "\r\n");
    buf_append(&text, q->body.data, q->body.len);
    return gnutls_record_send(talker->tls, text.data, text.len) == (ssize_t)text.len;
}

/* The octets of the body; negative: not said. */
static long length_of(const char *head)
{
    static const char name[] = "\r\nContent-Length:";

    for (const char *at = strstr(head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at, name, strlen(name)) == 0) {
            return strtol(at + strlen(name), NULL, 10);
        }
    }
    return -1;
}

/* False while more has to come; what is no answer has status -1. */
static bool is_whole(struct buf *text, struct talker_answer *answer)
{
    static const char version[] = "HTTP/1.1 ";
    static const char between[] = "\r\n\r\n";
    const char *head = buf_text(text);
    const char *end = strstr(head, between);

    if (end == NULL) {
        return false;
    }
    size_t head_len = (size_t)(end - head) + strlen(between);
    long length = length_of(head);
    if (length < 0 || length > ANSWER_MAX ||
        strncmp(head, version, strlen(version)) != 0) {
        answer->status = -1;
        return true;
    }
    if (text->len < head_len + (size_t)length) {
        return false;
    }
    answer->status = strtol(head + strlen(version), NULL, 10);
    buf_append(&answer->body, text->data + head_len, (size_t)length);
    return true;
}

static bool hear(struct talker *talker, struct talker_answer *answer)
{
    AUTO(buf) text = BUF_EMPTY;
    unsigned char some[PIECE];

    while (text.len < TEXT_MAX) {
        ssize_t got = gnutls_record_recv(talker->tls, some, sizeof(some));

        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        buf_append(&text, some, (size_t)got);
        if (is_whole(&text, answer)) {
            return true;
        }
    }
    return false;
}

bool talker_ask(struct talker *talker, const struct talker_question *question,
                struct talker_answer *answer, struct error *err)
{
    if (!connect_to(talker, err)) {
        return false;
    }
    if (!say(talker, question) || !hear(talker, answer)) {
        talker_hang_up(talker);
        return error_set(err, ERROR_UNAVAILABLE, "%s: the connection has ended",
                         talker->server->authority);
    }
    return answer->status > 0 ||
           error_set(err, ERROR_INVALID, "%s: no answer", talker->server->authority);
}
