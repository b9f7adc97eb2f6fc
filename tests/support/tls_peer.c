/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tls_peer.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"

enum { REQUEST_MAX = 256 * 1024 };

struct tls_peer {
    const struct tls_peer_script *script;
    SSL_CTX *context;
    int listener;
    int stop[2]; /* a pipe whose end tells the thread to end */
    unsigned int port;
    pthread_t thread;
    pthread_mutex_t mutex;
    size_t connections, handshakes;
    struct buf requests;
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "tls_peer: %s\n", what);
        abort();
    }
}

/* ---- one connection ------------------------------------------------------------------ */

static size_t length_of(const char *request)
{
    const char *header = strstr(request, "Content-Length: ");

    return header == NULL ? 0 : strtoul(header + strlen("Content-Length: "), NULL, 10);
}

/* A whole request; false when the client has gone. */
static bool receive(SSL *tls, struct buf *request)
{
    for (;;) {
        char piece[4096];
        const char *end = strstr(buf_text(request), "\r\n\r\n");

        if (end != NULL && request->len - (size_t)(end + 4 - buf_text(request)) >=
                               length_of(buf_text(request))) {
            return true;
        }
        int got = SSL_read(tls, piece, sizeof(piece));
        if (got <= 0 || request->len > REQUEST_MAX) {
            return false;
        }
        buf_append(request, piece, (size_t)got);
    }
}

static void fill(SSL *tls, size_t count)
{
    static const char filler[16384];

    for (size_t sent = 0; sent < count; sent += sizeof(filler)) {
        if (SSL_write(tls, filler, sizeof(filler)) <= 0) {
            return;
        }
    }
}

static void serve(struct tls_peer *peer, SSL *tls)
{
    const struct tls_peer_script *script = peer->script;

    for (;;) {
        AUTO(buf) request = BUF_EMPTY;
        char ignored[16];

        if (!receive(tls, &request)) {
            return;
        }
        (void)pthread_mutex_lock(&peer->mutex);
        buf_append(&peer->requests, request.data, request.len);
        (void)pthread_mutex_unlock(&peer->mutex);
        if (script->answer[0] != '\0') {
            (void)SSL_write(tls, script->answer, (int)strlen(script->answer));
        }
        fill(tls, script->filler);
        if (script->stalls) {
            (void)SSL_read(tls, ignored, sizeof(ignored)); /* until the client gives up */
            return;
        }
        if (script->closes) {
            (void)SSL_shutdown(tls);
            return;
        }
    }
}

static void converse(struct tls_peer *peer, int fd)
{
    SSL *tls = SSL_new(peer->context);

    must(tls != NULL && SSL_set_fd(tls, fd) == 1, "no TLS connection");
    bool ok = SSL_accept(tls) == 1;
    (void)pthread_mutex_lock(&peer->mutex);
    peer->connections++;
    peer->handshakes += ok ? 1 : 0;
    (void)pthread_mutex_unlock(&peer->mutex);
    if (ok) {
        serve(peer, tls);
    }
    SSL_free(tls);
    (void)close(fd);
}

static void *run(void *ctx)
{
    struct tls_peer *peer = ctx;
    struct pollfd fds[] = {{.fd = peer->listener, .events = POLLIN},
                           {.fd = peer->stop[0], .events = POLLIN}};

    while (poll(fds, 2, -1) > 0 && fds[1].revents == 0) {
        int fd = accept(peer->listener, NULL, NULL);

        if (fd >= 0) {
            converse(peer, fd);
        }
    }
    return NULL;
}

/* ---- start and end ------------------------------------------------------------------- */

static BIO *reader(const struct buf *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);

    must(bio != NULL, "no memory");
    return bio;
}

static SSL_CTX *make_context(const struct tls_peer_script *script)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *chain = reader(&script->certificate->chain_pem);
    BIO *pem = reader(&script->certificate->key_pem);
    X509 *certificate = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);

    must(context != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(context, key) == 1,
         "no certificate");
    if (script->old) {
        SSL_CTX_set_security_level(context, 0);
        must(SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
                 SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) == 1,
             "no TLS 1.1");
    }
    if (script->client_ca != NULL) {
        must(SSL_CTX_load_verify_locations(context, script->client_ca, NULL) == 1,
             "no CA of clients");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(chain);
    BIO_free(pem);
    return context;
}

struct tls_peer *tls_peer_start(const struct tls_peer_script *script)
{
    struct tls_peer *peer = mem_new(sizeof(*peer));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    (void)signal(SIGPIPE, SIG_IGN);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->script = script;
    peer->context = make_context(script);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
             listen(peer->listener, 8) == 0 &&
             getsockname(peer->listener, (struct sockaddr *)&address, &len) == 0 &&
             pipe(peer->stop) == 0 && pthread_mutex_init(&peer->mutex, NULL) == 0,
         "no socket");
    peer->port = ntohs(address.sin_port);
    must(pthread_create(&peer->thread, NULL, run, peer) == 0, "no thread");
    return peer;
}

void tls_peer_free(struct tls_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    (void)close(peer->stop[1]);
    (void)pthread_join(peer->thread, NULL);
    (void)close(peer->stop[0]);
    (void)close(peer->listener);
    (void)pthread_mutex_destroy(&peer->mutex);
    SSL_CTX_free(peer->context);
    buf_clear(&peer->requests);
    free(peer);
}

unsigned int tls_peer_port(const struct tls_peer *peer)
{
    return peer->port;
}

static size_t read_locked(struct tls_peer *peer, const size_t *counter)
{
    (void)pthread_mutex_lock(&peer->mutex);
    size_t value = *counter;
    (void)pthread_mutex_unlock(&peer->mutex);
    return value;
}

size_t tls_peer_connections(struct tls_peer *peer)
{
    return read_locked(peer, &peer->connections);
}

size_t tls_peer_handshakes(struct tls_peer *peer)
{
    return read_locked(peer, &peer->handshakes);
}

void tls_peer_requests(struct tls_peer *peer, struct buf *out)
{
    (void)pthread_mutex_lock(&peer->mutex);
    buf_append(out, peer->requests.data, peer->requests.len);
    (void)pthread_mutex_unlock(&peer->mutex);
}
