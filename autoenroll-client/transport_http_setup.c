/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libcurl is set up: what it trusts, what it refuses, whom it calls back.
 */
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "autoenroll-client/transport_http_inside.h"

enum { IDLE_MAX_S = 60 };

void transport_http_free(struct transport_http *h)
{
    if (h != NULL) {
        curl_easy_cleanup(h->curl);
        free(h->url);
        free(h);
    }
}

static CURLcode set_numbers(CURL *curl)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_MAXAGE_CONN, IDLE_MAX_S},
        {CURLOPT_MAXCONNECTS, 1},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; code == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]);
         i++) {
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    }
    return code;
}

/* The pinned CAs and none of the system's; no proxy of the environment. */
static CURLcode set_trust(CURL *curl, const struct buf *anchors)
{
    struct curl_blob blob = {anchors->data, anchors->len, CURL_BLOB_COPY};
    CURLcode code = curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    }
    return code;
}

static CURLcode set_certificate(CURL *curl, const struct transport_identity *identity)
{
    CURLcode code = CURLE_OK;

    if (identity->certificate != NULL) {
        code = curl_easy_setopt(curl, CURLOPT_SSLCERT, identity->certificate);
    }
    if (code == CURLE_OK && identity->key != NULL) {
        code = curl_easy_setopt(curl, CURLOPT_SSLKEY, identity->key);
    }
    return code;
}

/* libcurl tells only some refusals from a handshake that failed otherwise. */
static int on_verified(int ok, X509_STORE_CTX *store)
{
    const SSL *tls =
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct transport_http *h = SSL_CTX_get_app_data(SSL_get_SSL_CTX(tls));

    if (ok != 1) {
        h->distrust = X509_STORE_CTX_get_error(store);
    }
    return ok; /* the verdict itself is OpenSSL's */
}

static CURLcode on_context(CURL *curl, void *context, void *ctx)
{
    (void)curl;
    SSL_CTX_set_app_data(context, ctx);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verified);
    return CURLE_OK;
}

static CURLcode set_callbacks(struct transport_http *h)
{
    CURLcode code = curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->message);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(h->curl, CURLOPT_SSL_CTX_FUNCTION, on_context);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(h->curl, CURLOPT_SSL_CTX_DATA, h);
    }

    if (code == CURLE_OK) {
        code = curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, transport_on_body);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, transport_on_header);
    }
    if (code == CURLE_OK && h->ticket != NULL) {
        code = curl_easy_setopt(h->curl, CURLOPT_PREREQFUNCTION, transport_on_connected);
    }
    return code;
}

bool transport_http_new(const char *url, const struct buf *anchors,
                        const struct transport_identity *identity,
                        struct transport_http **out, struct error *err)
{
    AUTO(transport_http) h = mem_new(sizeof(*h));

    h->curl = curl_easy_init();
    h->url = mem_strdup(url);
    h->ticket = identity->ticket;
    if (h->curl == NULL || set_numbers(h->curl) != CURLE_OK ||
        set_trust(h->curl, anchors) != CURLE_OK ||
        set_certificate(h->curl, identity) != CURLE_OK || set_callbacks(h) != CURLE_OK) {
        return error_set(err, ERROR_INTERNAL, "libcurl cannot be set up");
    }
    *out = TAKE(h);
    return true;
}
