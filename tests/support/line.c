/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/line.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "tests/support/test.h"

struct line {
    int fd;
    SSL_CTX *context;
    SSL *tls; /* NULL: plain */
    unsigned int hellos;
};

void line_close(struct line *line)
{
    if (line != NULL) {
        SSL_free(line->tls);
        SSL_CTX_free(line->context);
        (void)close(line->fd);
        free(line);
    }
}

struct line *line_open_fd(int fd)
{
    struct line *line = mem_new(sizeof(*line));

    line->fd = fd;
    return line;
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {LINE_PATIENCE_MS / 1000, 0};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
                     0);
    return fd;
}

static void show_certificate(SSL_CTX *context, const struct tls_cert *certificate)
{
    struct bytes der = buf_bytes(&certificate->der);
    BIO *pem = BIO_new_mem_buf(certificate->key_pem.data, (int)certificate->key_pem.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);

    assert_int_equal(SSL_CTX_use_certificate_ASN1(context, (int)der.len, der.data), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    EVP_PKEY_free(key);
    BIO_free(pem);
}

static void set_up(SSL_CTX *context, const struct line_options *options)
{
    if (options->tls12 || options->tls11) {
        (void)SSL_CTX_set_max_proto_version(context, options->tls12 ? TLS1_2_VERSION
                                                                    : TLS1_1_VERSION);
    }
    if (options->tls11) {
        SSL_CTX_set_security_level(context, 0);
    }
    if (options->ciphers != NULL) {
        assert_int_equal(SSL_CTX_set_cipher_list(context, options->ciphers), 1);
    }
    if (options->groups != NULL) {
        AUTO(string) groups = mem_strdup(options->groups); /* a macro drops const */

        assert_int_equal(SSL_CTX_set1_groups_list(context, groups), 1);
    }
    if (options->certificate != NULL) {
        show_certificate(context, options->certificate);
    }
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL gives seven parameters */
static void on_message(int sent, int version, int kind, const void *data, size_t len,
                       SSL *tls, void *ctx)
{
    struct line *line = ctx;

    (void)version;
    (void)tls;
    line->hellos += sent == 1 && kind == SSL3_RT_HANDSHAKE && len > 0 &&
                    *(const unsigned char *)data == SSL3_MT_CLIENT_HELLO;
}

struct line *line_try_open(const struct line_options *options)
{
    struct line *line = line_open_fd(dial(options->port));

    if (!options->tls) {
        return line;
    }
    line->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(line->context);
    set_up(line->context, options);
    line->tls = SSL_new(line->context);
    assert_int_equal(SSL_set_fd(line->tls, line->fd), 1);
    SSL_set_msg_callback(line->tls, on_message);
    SSL_set_msg_callback_arg(line->tls, line);
    if (SSL_connect(line->tls) == 1) {
        return line;
    }
    ERR_clear_error();
    line_close(line);
    return NULL;
}

struct line *line_open(const struct line_options *options)
{
    struct line *line = line_try_open(options);

    assert_non_null(line);
    return line;
}

bool line_try_send(struct line *line, const char *text)
{
    size_t len = strlen(text);

    if (line->tls == NULL) {
        return send(line->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
    }
    bool sent = SSL_write(line->tls, text, (int)len) == (int)len;
    ERR_clear_error();
    return sent;
}

void line_send(struct line *line, const char *text)
{
    assert_true(line_try_send(line, text));
}

bool line_is_readable(struct line *line, int patience_ms)
{
    struct pollfd p = {line->fd, POLLIN, 0};

    return (line->tls != NULL && SSL_pending(line->tls) > 0) ||
           poll(&p, 1, patience_ms) == 1;
}

/* 0 or less: the end. */
static int receive_some(struct line *line, void *data, size_t len)
{
    if (line->tls == NULL) {
        return (int)recv(line->fd, data, len, 0);
    }
    int got = SSL_read(line->tls, data, (int)len);
    ERR_clear_error();
    return got;
}

/* Octets of the whole answer, once its headers tell; else more than any. */
static size_t answer_length(struct buf *answer)
{
    const char *text = buf_text(answer);
    const char *length = strstr(text, "Content-Length: ");
    const char *end = strstr(text, "\r\n\r\n");

    if (length == NULL || end == NULL) {
        return SIZE_MAX;
    }
    return (size_t)(end - text) + 4 + (size_t)strtoul(length + 16, NULL, 10);
}

void line_receive(struct line *line, struct buf *out)
{
    char octet = 0;

    buf_truncate(out, 0);
    while (out->len < answer_length(out)) {
        assert_true(line_is_readable(line, LINE_PATIENCE_MS));
        if (receive_some(line, &octet, 1) != 1) {
            break;
        }
        buf_append(out, &octet, 1);
    }
    (void)buf_text(out);
}

bool line_is_closed(struct line *line)
{
    char octets[256];

    while (line_is_readable(line, LINE_PATIENCE_MS)) {
        if (receive_some(line, octets, sizeof(octets)) <= 0) {
            return true;
        }
    }
    return false;
}

int line_status(const struct buf *answer)
{
    return answer->len > 12 ? (int)strtol((const char *)answer->data + 9, NULL, 10) : 0;
}

unsigned int line_count_hellos(const struct line *line)
{
    return line->hellos;
}

void line_get_peer(struct line *line, struct buf *der)
{
    X509 *peer = SSL_get1_peer_certificate(line->tls);
    unsigned char *data = NULL;
    int len = i2d_X509(peer, &data);

    assert_true(len > 0);
    buf_append(der, data, (size_t)len);
    OPENSSL_free(data);
    X509_free(peer);
}

void line_get_linking(struct line *line, struct buf *out)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    unsigned char value[64];
    size_t len = 32;

    if (SSL_version(line->tls) == TLS1_3_VERSION) {
        assert_int_equal(SSL_export_keying_material(line->tls, value, len, label,
                                                    sizeof(label) - 1,
                                                    (const unsigned char *)"", 0, 1),
                         1);
    } else { /* the first Finished of the handshake is the client's */
        len = SSL_get_finished(line->tls, value, sizeof(value));
    }
    buf_append(out, value, len);
}
