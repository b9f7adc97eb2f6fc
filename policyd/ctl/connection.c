/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"

CLEANUP_DEFINE(curl, CURL *, curl_easy_cleanup);
CLEANUP_DEFINE(headers, struct curl_slist *, curl_slist_free_all);

struct ctl_connection {
    CURL *curl;
    char *socket;
    char *host; /* of the URLs: what libcurl asks a ticket for */
    long timeout_s;
};

/* What came so far. */
struct receiving {
    struct buf body;
    bool overflows;
};

void ctl_connection_free(struct ctl_connection *connection)
{
    if (connection != NULL) {
        curl_easy_cleanup(connection->curl);
        free(connection->socket);
        free(connection->host);
        free(connection);
    }
}

void ctl_answer_clear(struct ctl_answer *answer)
{
    json_free(answer->doc);
    *answer = (struct ctl_answer){.doc = NULL};
}

static size_t receive(char *data, size_t size, size_t count, void *ctx)
{
    struct receiving *r = ctx;
    size_t len = size * count;

    if (len > CONNECTION_ANSWER_MAX - r->body.len) {
        r->overflows = true;
        return 0;
    }
    buf_append(&r->body, data, len);
    return len;
}

/* What holds for every question. */
static CURLcode set_up(CURL *curl, const struct ctl_connection_options *options)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_TIMEOUT, options->timeout_s},
        {CURLOPT_CONNECTTIMEOUT, options->timeout_s},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    };
    CURLcode code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, options->socket);

    for (size_t i = 0; code == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]);
         i++) {
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    }
    if (code == CURLE_OK && options->ticket_host != NULL) {
        code = curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_NEGOTIATE);
    }
    if (code == CURLE_OK && options->ticket_host != NULL) {
        /* the ticket decides who we are; libcurl wants to hear that there is a user */
        code = curl_easy_setopt(curl, CURLOPT_USERPWD, ":");
    }
    return code;
}

bool ctl_connection_new(const struct ctl_connection_options *options,
                        struct ctl_connection **out, struct error *err)
{
    struct sockaddr_un address;

    if (strlen(options->socket) >= sizeof(address.sun_path)) {
        return error_set(err, ERROR_INVALID, "'%s' is too long for a socket's path",
                         options->socket);
    }
    AUTO(curl) curl = curl_easy_init();
    if (curl == NULL || set_up(curl, options) != CURLE_OK) {
        return error_set(err, ERROR_INTERNAL, "libcurl cannot be set up");
    }
    struct ctl_connection *made = mem_new(sizeof(*made));
    made->curl = TAKE(curl);
    made->socket = mem_strdup(options->socket);
    made->host =
        mem_strdup(options->ticket_host != NULL ? options->ticket_host : "localhost");
    made->timeout_s = options->timeout_s;
    *out = made;
    return true;
}

/* libcurl says only that it could not connect; the kernel says why. */
static bool fail_connect(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int reason = EIO;

    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd >= 0) {
        errno = 0;
        (void)connect(fd, (const struct sockaddr *)&address, sizeof(address));
        reason = errno;
        (void)close(fd);
    }
    if (reason == EACCES || reason == EPERM) {
        return error_set(
            err, ERROR_DENIED,
            "the socket %s may be used by root and policyd's admin group only", path);
    }
    if (reason == ENOENT || reason == ECONNREFUSED) {
        return error_set(err, ERROR_UNAVAILABLE, "nobody listens on the socket %s", path);
    }
    return error_set(err, ERROR_UNAVAILABLE, "no connection to the socket %s: %s", path,
                     reason == 0 ? "it was closed" : strerror(reason));
}

static bool fail_transfer(const struct ctl_connection *c, CURLcode code,
                          const struct receiving *r, struct error *err)
{
    if (r->overflows) {
        return error_set(err, ERROR_INVALID,
                         "policyd's answer is longer than %d MiB; ask for less",
                         CONNECTION_ANSWER_MAX >> 20);
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return error_set(err, ERROR_UNAVAILABLE, "policyd did not answer within %ld s",
                         c->timeout_s);
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return fail_connect(c->socket, err);
    }
    return error_set(err, ERROR_UNAVAILABLE, "the answer on the socket %s broke off: %s",
                     c->socket, curl_easy_strerror(code));
}

static CURLcode perform(struct ctl_connection *c, const struct ctl_question *question,
                        struct curl_slist *headers, struct receiving *r)
{
    AUTO(string) url = mem_printf("http://%s%s", c->host, question->path);
    CURLcode code = curl_easy_setopt(c->curl, CURLOPT_URL, url);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    }
    if (code == CURLE_OK && question->body != NULL) {
        code = curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, question->body);
    } else if (code == CURLE_OK) {
        code = curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, r);
    }
    if (code == CURLE_OK) {
        code = curl_easy_perform(c->curl);
    }
    /* nothing of this scope may stay behind in the handle */
    (void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
    (void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, NULL);
    return code;
}

static bool read_answer(const struct receiving *r, struct ctl_answer *answer,
                        struct error *err)
{
    if (!json_parse(buf_bytes(&r->body), CONNECTION_ANSWER_MAX, &answer->doc, err)) {
        return error_wrap(err, "policyd's answer (HTTP status %ld)", answer->status);
    }
    struct json_at root = json_root(answer->doc);
    return json_as_object(&root, err) || error_wrap(err, "policyd's answer");
}

bool ctl_connection_ask(struct ctl_connection *connection,
                        const struct ctl_question *question, struct ctl_answer *answer,
                        struct error *err)
{
    AUTO(headers)
    headers =
        curl_slist_append(NULL, "Accept: application/problem+json, application/json");
    AUTO(ctl_answer) got = {.doc = NULL};
    struct receiving r = {BUF_EMPTY, false};

    if (headers == NULL ||
        (question->body != NULL &&
         curl_slist_append(headers, "Content-Type: application/json") == NULL)) {
        return error_set(err, ERROR_INTERNAL, "no memory for a question");
    }
    CURLcode code = perform(connection, question, headers, &r);
    (void)curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &got.status);
    bool ok = code == CURLE_OK ? read_answer(&r, &got, err)
                               : fail_transfer(connection, code, &r, err);
    buf_clear(&r.body);
    if (ok) {
        *answer = got;
        got.doc = NULL;
    }
    return ok;
}

void ctl_connection_escape(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";

    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            buf_append_byte(out, (unsigned char)*text);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)*text);
        }
    }
}
