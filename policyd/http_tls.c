/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/http_tls.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/http_mhd.h"

/*
 * TLS 1.2 and 1.3 (RFC 8996) with forward secrecy and authenticated encryption only; our own
 * order of ciphers counts. Strangers' clients of TLS 1.2 have AES-GCM. X25519 comes first because
 * it is what clients send a key for unasked: with another one first GnuTLS asks each of them to
 * begin anew. No finite fields: 8192 bits would be a peer's to choose, and ours to pay. %COMPAT is
 * for clients whose certificate's key usage is not for signing: it is for the verdict to say that
 * it does not count, and not for the handshake to fail without a word.
 */
const char http_tls_priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"
    "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"
    "+GROUP-X448:"
    "%SERVER_PRECEDENCE:%COMPAT";

struct http_credential {
    unsigned int users; /* guarded by the server's lock */
    gnutls_certificate_credentials_t keys;
    unsigned char end_point[HTTP_TLS_HASH_MAX];
    size_t end_point_len;
};

static void credential_free(struct http_credential *c)
{
    if (c->keys != NULL) {
        gnutls_certificate_free_credentials(c->keys);
    }
    free(c);
}
CLEANUP_DEFINE(credential, struct http_credential *, credential_free);
CLEANUP_DEFINE(gnutls_crt, gnutls_x509_crt_t, gnutls_x509_crt_deinit);

static bool fail(struct error *err, int code, const char *what)
{
    bool inside = code == GNUTLS_E_MEMORY_ERROR || code == GNUTLS_E_INTERNAL_ERROR;

    return error_set(err, inside ? ERROR_INTERNAL : ERROR_INVALID, "%s: %s", what,
                     gnutls_strerror(code));
}

static gnutls_datum_t datum(struct bytes octets)
{
    const union {
        const unsigned char *given;
        unsigned char *taken; /* GnuTLS only reads what it is given here */
    } data = {octets.data};

    return (gnutls_datum_t){data.taken, (unsigned int)octets.len};
}

/*
 * RFC 5929 4.1: the hash of the certificate's signature, but SHA-256 for MD5 and SHA-1. For
 * Ed25519 and Ed448 nothing is defined, and clients differ.
 */
static gnutls_digest_algorithm_t binding_hash(gnutls_x509_crt_t leaf)
{
    int signature = gnutls_x509_crt_get_signature_algorithm(leaf);

    if (signature < 0 || signature == GNUTLS_SIGN_EDDSA_ED25519 ||
        signature == GNUTLS_SIGN_EDDSA_ED448) {
        return GNUTLS_DIG_UNKNOWN;
    }
    gnutls_digest_algorithm_t hash =
        gnutls_sign_get_hash_algorithm((gnutls_sign_algorithm_t)signature);
    return hash == GNUTLS_DIG_MD5 || hash == GNUTLS_DIG_SHA1 ? GNUTLS_DIG_SHA256 : hash;
}

static bool bind_to(struct http_credential *c, gnutls_x509_crt_t leaf, struct error *err)
{
    gnutls_datum_t der = {NULL, 0};
    int key = gnutls_x509_crt_get_pk_algorithm(leaf, NULL);
    gnutls_digest_algorithm_t hash = binding_hash(leaf);

    if (key != GNUTLS_PK_RSA && key != GNUTLS_PK_EC) {
        return error_set(err, ERROR_INVALID,
                         "the TLS certificate's key is neither EC nor RSA");
    }
    c->end_point_len = gnutls_hash_get_len(hash);
    if (c->end_point_len == 0 || c->end_point_len > sizeof(c->end_point)) {
        return error_set(err, ERROR_INVALID,
                         "no channel binding is defined for the TLS certificate's "
                         "signature algorithm (RFC 5929)");
    }
    int failed = gnutls_x509_crt_export2(leaf, GNUTLS_X509_FMT_DER, &der);
    if (failed == 0) {
        failed = gnutls_hash_fast(hash, der.data, der.size, c->end_point);
        gnutls_free(der.data);
    }
    return failed == 0 || fail(err, failed, "hashing the TLS certificate");
}

static bool load(struct bytes chain_pem, struct bytes key_pem,
                 struct http_credential **out, struct error *err)
{
    AUTO(credential) c = mem_new(sizeof(*c));
    gnutls_datum_t chain = datum(chain_pem);
    gnutls_datum_t key = datum(key_pem);
    gnutls_x509_crt_t made = NULL;

    if (chain_pem.len == 0 || chain_pem.len > HTTP_TLS_PEM_MAX || key_pem.len == 0 ||
        key_pem.len > HTTP_TLS_PEM_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the TLS certificate or its key is empty or too large");
    }
    int failed = gnutls_x509_crt_init(&made);
    AUTO(gnutls_crt) leaf = made;
    if (failed != 0 ||
        (failed = gnutls_x509_crt_import(leaf, &chain, GNUTLS_X509_FMT_PEM)) != 0) {
        return fail(err, failed, "reading the TLS certificate");
    }
    if (!bind_to(c, leaf, err)) {
        return false;
    }
    failed = gnutls_certificate_allocate_credentials(&c->keys);
    if (failed == 0) {
        failed = gnutls_certificate_set_x509_key_mem2(c->keys, &chain, &key,
                                                      GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    if (failed < 0) {
        return fail(err, failed, "taking the TLS certificate with its key");
    }
    c->users = 1;
    *out = TAKE(c);
    return true;
}

void http_credential_unref(struct http *h, struct http_credential *credential)
{
    if (credential == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&h->lock);
    bool last = --credential->users == 0;
    (void)pthread_mutex_unlock(&h->lock);
    if (last) {
        credential_free(credential);
    }
}

bool http_set_certificate(struct http *h, struct bytes chain_pem, struct bytes key_pem,
                          struct error *err)
{
    struct http_credential *next = NULL;

    if (!load(chain_pem, key_pem, &next, err)) {
        return false;
    }
    (void)pthread_mutex_lock(&h->lock);
    struct http_credential *before = h->credential;
    h->credential = next;
    (void)pthread_mutex_unlock(&h->lock);
    http_credential_unref(h, before);
    return true;
}

static gnutls_session_t tls_of(struct http_connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info != NULL ? info->tls_session : NULL;
}

/* NOLINTBEGIN(readability-non-const-parameter, readability-function-size): GnuTLS has it so */
int http_tls_no_certificate(struct gnutls_session_int *tls,
                            const struct gnutls_cert_retr_st *info,
                            gnutls_pcert_st **certificates, unsigned int *count,
                            gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_count,
                            gnutls_privkey_t *key, unsigned int *flags)
{
    (void)tls;
    (void)info;
    (void)certificates;
    (void)count;
    (void)ocsp;
    (void)ocsp_count;
    (void)key;
    (void)flags;
    return -1;
}
/* NOLINTEND(readability-non-const-parameter, readability-function-size) */

void http_tls_begin(struct http_connection *c)
{
    gnutls_session_t tls = tls_of(c);

    if (tls == NULL) {
        return;
    }
    /* RFC 7030 2.3: asked for, never required here. */
    gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUEST);
    (void)pthread_mutex_lock(&c->server->lock);
    c->credential = c->server->credential;
    if (c->credential != NULL) {
        c->credential->users++;
    }
    (void)pthread_mutex_unlock(&c->server->lock);
    if (c->credential != NULL) {
        (void)gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, c->credential->keys);
    }
}

/* libmicrohttpd has freed the session by now, although it still names it. */
void http_tls_end(struct http_connection *c)
{
    http_credential_unref(c->server, TAKE(c->credential));
}

/* RFC 7030 3.5 with TLS 1.2, RFC 9266 with TLS 1.3; nothing when it cannot be had. */
static void read_linking(gnutls_session_t tls, struct http_session *s)
{
    gnutls_datum_t value = {NULL, 0};
    gnutls_channel_binding_t kind =
        s->tls.version == HTTP_TLS_13 ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE;

    if (gnutls_session_channel_binding(tls, kind, &value) != 0) {
        return;
    }
    if (value.size <= sizeof(s->linking)) {
        memcpy(s->linking, value.data, value.size);
        s->tls.linking = (struct bytes){s->linking, value.size};
    }
    gnutls_free(value.data);
}

void http_tls_describe(struct http_connection *c)
{
    struct http_session *s = c->session;
    gnutls_session_t tls = tls_of(c);
    unsigned int count = 0;

    if (tls == NULL || c->credential == NULL || s->has_tls) {
        return;
    }
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls, &count);
    if (peers != NULL && count > 0) {
        buf_append(&s->certificate, peers[0].data, peers[0].size);
    }
    memcpy(s->end_point, c->credential->end_point, c->credential->end_point_len);
    s->tls.version =
        gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3 ? HTTP_TLS_13 : HTTP_TLS_12;
    s->tls.peer_certificate = buf_bytes(&s->certificate);
    s->tls.server_end_point = (struct bytes){s->end_point, c->credential->end_point_len};
    read_linking(tls, s);
    s->has_tls = true;
}
