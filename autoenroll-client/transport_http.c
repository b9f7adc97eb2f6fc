/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport_http.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/wire/problem.h"

#include "autoenroll-client/transport_binding.h"
#include "autoenroll-client/transport_http_inside.h"
#include "autoenroll-client/transport_ticket.h"

enum {
    HEADERS_MAX = 64 * 1024, /* octets of all headers of an answer */
    NEGOTIATE_MAX = 64 * 1024,
    RETRY_MAX_S = 7 * 24 * 60 * 60
};

void transport_answer_clear(struct transport_answer *answer)
{
    buf_clear(&answer->body);
    *answer = (struct transport_answer){.status = 0};
}

/* ---- before a request is written ----------------------------------------------------- */

static bool add_token(struct asking *a, SSL *tls)
{
    AUTO(buf) binding = BUF_EMPTY;
    AUTO(buf) header = BUF_SECRET;
    X509 *certificate = SSL_get1_peer_certificate(tls);

    if (certificate == NULL) {
        return error_set(&a->failed, ERROR_DENIED, "the server showed no certificate");
    }
    bool bound = transport_binding_of(certificate, &binding, &a->failed);
    X509_free(certificate);
    buf_append_text(&header, "Authorization: Negotiate ");
    if (!bound ||
        !transport_ticket_make(a->h->ticket, buf_bytes(&binding), &header, &a->failed)) {
        return false;
    }
    curl_slist_free_all(a->with_token); /* libcurl may ask twice */
    a->with_token = curl_slist_append(NULL, buf_text(&header));
    for (struct curl_slist *l = a->headers; l != NULL && a->with_token != NULL;
         l = l->next) {
        a->with_token = curl_slist_append(a->with_token, l->data);
    }
    if (a->with_token == NULL ||
        curl_easy_setopt(a->h->curl, CURLOPT_HTTPHEADER, a->with_token) != CURLE_OK) {
        return error_set(&a->failed, ERROR_INTERNAL, "libcurl takes no header");
    }
    a->has_token = true;
    return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
int transport_on_connected(void *ctx, char *peer, char *local, int peer_port,
                           int local_port)
{
    struct asking *a = ctx;
    const struct curl_tlssessioninfo *info = NULL;
    (void)peer;
    (void)local;
    (void)peer_port;

    if (curl_easy_getinfo(a->h->curl, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
        info == NULL || info->backend != CURLSSLBACKEND_OPENSSL ||
        info->internals == NULL) {
        error_set(&a->failed, ERROR_INTERNAL, "libcurl has no OpenSSL connection");
        return CURL_PREREQFUNC_ABORT;
    }
    bool is_logged_in = info->internals == a->h->login_tls &&
                        local_port == a->h->login_port && !a->always_token;
    if (is_logged_in) {
        return CURL_PREREQFUNC_OK;
    }
    a->h->login_tls = info->internals;
    a->h->login_port = local_port;
    return add_token(a, info->internals) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* ---- while an answer comes in -------------------------------------------------------- */

size_t transport_on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct asking *a = ctx;
    size_t len = size * count;

    if (len > a->question->answer_max - a->answer->body.len) {
        a->overflows = true;
        return 0;
    }
    buf_append(&a->answer->body, data, len);
    return len;
}

/* The value of a header of this name, without the white space around it; NULL: another one. */
static const char *value_of(char *line, const char *name)
{
    char *colon = strchr(line, ':');

    if (colon == NULL) {
        return NULL;
    }
    *colon = '\0';
    bool is_it = text_equal_nocase(line, name);
    *colon = ':';
    return is_it ? colon + 1 + strspn(colon + 1, " \t") : NULL;
}

/* "Negotiate TOKEN", the answer to ours. */
static void note_proof(struct asking *a, const char *value)
{
    static const char scheme[] = "Negotiate ";
    char name[sizeof(scheme)];

    (void)snprintf(name, sizeof(name), "%s", value);
    if (text_equal_nocase(name, scheme) && a->proof.len == 0) {
        buf_append_text(&a->proof, value + strlen(scheme));
    }
}

static void note_header(struct asking *a, char *line)
{
    const char *value = NULL;
    struct error ignored;
    uint64_t seconds = 0;

    if ((value = value_of(line, "Content-Type")) != NULL) {
        (void)snprintf(a->answer->content_type, TRANSPORT_TYPE_SIZE, "%s", value);
    } else if ((value = value_of(line, "ETag")) != NULL) {
        bool fits = strlen(value) < TRANSPORT_ETAG_SIZE;
        (void)snprintf(a->answer->etag, TRANSPORT_ETAG_SIZE, "%s", fits ? value : "");
    } else if ((value = value_of(line, "Location")) != NULL) {
        (void)snprintf(a->place, sizeof(a->place), "%s", value);
    } else if ((value = value_of(line, "WWW-Authenticate")) != NULL) {
        note_proof(a, value);
    } else if ((value = value_of(line, "Retry-After")) != NULL &&
               text_parse_u64(value, 1, RETRY_MAX_S, &seconds, &ignored)) {
        a->answer->retry_after_s = (uint32_t)seconds;
    }
}

size_t transport_on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct asking *a = ctx;
    size_t len = size * count;

    a->header_octets += len;
    if (a->header_octets > HEADERS_MAX) {
        a->overflows = true;
        return 0;
    }
    AUTO(string) line = mem_dup(data, len);
    size_t end = strlen(line);
    while (end > 0 && strchr("\r\n \t", line[end - 1]) != NULL) {
        line[--end] = '\0';
    }
    note_header(a, line);
    return len;
}

/* ---- asking -------------------------------------------------------------------------- */

static bool append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer == NULL) {
        return false;
    }
    *list = longer;
    return true;
}

static bool make_headers(struct asking *a)
{
    const struct transport_question *q = a->question;
    AUTO(string)
    type = mem_printf("Content-Type: %s", q->content_type == NULL ? "" : q->content_type);
    AUTO(string) tag = mem_printf("If-None-Match: %s", q->etag);

    return append(
               &a->headers,
               "Accept: application/pkcs7-mime, application/json, " PROBLEM_MEDIA_TYPE) &&
           append(&a->headers, "Expect:") && /* never wait for a "100 Continue" */
           (q->content_type == NULL || append(&a->headers, type)) &&
           (q->etag[0] == '\0' || append(&a->headers, tag));
}

static CURLcode set_request(struct asking *a, const char *url)
{
    CURL *curl = a->h->curl;
    const struct transport_question *q = a->question;
    const struct {
        CURLoption option;
        const void *value;
    } pointers[] = {
        {CURLOPT_URL, url},      {CURLOPT_HTTPHEADER, a->headers}, {CURLOPT_WRITEDATA, a},
        {CURLOPT_HEADERDATA, a}, {CURLOPT_PREREQDATA, a},
    };
    CURLcode code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)q->deadline_ms);

    for (size_t i = 0; code == CURLE_OK && i < sizeof(pointers) / sizeof(pointers[0]);
         i++) {
        code = curl_easy_setopt(curl, pointers[i].option, pointers[i].value);
    }
    if (code == CURLE_OK && q->content_type == NULL) {
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)q->body.len);
    }
    return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q->body.data)
                            : code;
}

/* Nothing of this scope may stay behind in the handle. */
static void unset_request(CURL *curl)
{
    static const CURLoption pointers[] = {CURLOPT_HTTPHEADER, CURLOPT_POSTFIELDS,
                                          CURLOPT_WRITEDATA, CURLOPT_HEADERDATA,
                                          CURLOPT_PREREQDATA};

    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        (void)curl_easy_setopt(curl, pointers[i], NULL);
    }
}

static enum error_code class_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return ERROR_DENIED;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_URL_MALFORMAT:
        return ERROR_INVALID;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return ERROR_INTERNAL;
    default:
        return ERROR_UNAVAILABLE;
    }
}

static bool fail_transfer(const struct asking *a, CURLcode code, struct error *err)
{
    const char *why = a->h->message[0] == '\0' ? curl_easy_strerror(code) : a->h->message;

    if (a->failed.code != ERROR_NONE) {
        *err = a->failed;
        return false;
    }
    if (a->overflows) {
        return error_set(err, ERROR_INVALID, "%s: the answer is longer than it may be",
                         a->h->url);
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return error_set(err, ERROR_UNAVAILABLE, "%s: no whole answer within %u s",
                         a->h->url, (unsigned int)(a->question->deadline_ms / 1000));
    }
    if (a->h->distrust != X509_V_OK) {
        why = X509_verify_cert_error_string(a->h->distrust);
    }
    if (a->h->distrust != X509_V_OK || class_of(code) == ERROR_DENIED) {
        return error_set(err, ERROR_DENIED,
                         "%s is not the server that we trust: %s; nothing was sent to it",
                         a->h->url, why);
    }
    return error_set(err, class_of(code), "%s: %s", a->h->url, why);
}

static bool ask_once(struct asking *a, struct error *err)
{
    struct transport_http *h = a->h;
    AUTO(string) url = mem_printf("%s%s", h->url, a->question->path);
    CURLcode code = CURLE_OUT_OF_MEMORY;

    h->message[0] = '\0';
    h->distrust = X509_V_OK;
    if (make_headers(a)) {
        code = set_request(a, url);
    }
    if (code == CURLE_OK) {
        code = curl_easy_perform(h->curl);
    }
    (void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &a->answer->status);
    unset_request(h->curl);
    return code == CURLE_OK || fail_transfer(a, code, err);
}

/* What any answer must fulfil, whatever it says. */
static bool check_answer(struct asking *a, struct error *err)
{
    long status = a->answer->status;

    if (status >= 300 && status < 400 && status != 304) {
        return error_set(err, ERROR_DENIED,
                         "%s wants to send us to '%s'; redirects are not followed",
                         a->h->url, a->place);
    }
    if (a->has_token && status >= 200 && status < 300) {
        return transport_ticket_finish(a->h->ticket, buf_bytes(&a->proof), err) ||
               error_wrap(err, "%s", a->h->url);
    }
    return true;
}

static bool ask(struct transport_http *h, const struct transport_question *question,
                bool always_token, struct transport_answer *out, bool *was_without,
                struct error *err)
{
    AUTO(transport_answer) answer = {.status = 0};
    struct asking a = {.h = h,
                       .question = question,
                       .answer = &answer,
                       .always_token = always_token,
                       .proof = BUF_EMPTY};
    bool ok = ask_once(&a, err) && check_answer(&a, err);

    *was_without = !a.has_token;
    curl_slist_free_all(a.headers);
    curl_slist_free_all(a.with_token);
    buf_clear(&a.proof);
    if (!ok || answer.status == 401) {
        h->login_tls = NULL;
    }
    if (ok) {
        *out = answer;
        answer = (struct transport_answer){.status = 0};
    }
    return ok;
}

bool transport_http_ask(struct transport_http *h,
                        const struct transport_question *question,
                        struct transport_answer *out, struct error *err)
{
    AUTO(transport_answer) answer = {.status = 0};
    bool was_without = false;

    if (h->ticket != NULL && !transport_ticket_acquire(h->ticket, err)) {
        return false; /* found before anybody is asked anything */
    }
    if (!ask(h, question, false, &answer, &was_without, err)) {
        return false;
    }
    if (answer.status == 401 && h->ticket != NULL && was_without) {
        /* the server had forgotten the login of this connection */
        transport_answer_clear(&answer);
        if (!ask(h, question, true, &answer, &was_without, err)) {
            return false;
        }
    }
    *out = answer;
    answer = (struct transport_answer){.status = 0};
    return true;
}
