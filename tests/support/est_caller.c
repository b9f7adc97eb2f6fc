/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/est_caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/pki/base64.h"
#include "common/pki/cms.h"
#include "common/pki/csr.h"

#include "autoenroll-client/transport_ticket.h"

enum { DEADLINE_MS = 120000, ANSWER_MAX = 64 * 1024 };

struct est_caller {
    struct est_caller_options options;
    struct transport_ticket *ticket;
    struct transport_http *http; /* NULL: not connected */
    const char *certificate;     /* borrowed; NULL: by ticket */
    const char *key;
};

/* Other threads may be running, under which exit() would pull away what libraries have. */
static void quit(const struct error *err)
{
    (void)fprintf(stderr, "%s\n", err->message);
    _exit(1);
}

struct est_caller *est_caller_new(const struct est_caller_options *options)
{
    static const char scheme[] = "https://";
    struct est_caller *caller = mem_new(sizeof(*caller));
    const char *host = options->url + strlen(scheme);
    AUTO(string) name = mem_dup(host, strcspn(host, ":/"));

    caller->options = *options;
    caller->ticket = transport_ticket_new(options->principal, options->keytab, "", name);
    return caller;
}

void est_caller_free(struct est_caller *caller)
{
    if (caller != NULL) {
        est_caller_hang_up(caller);
        transport_ticket_free(caller->ticket);
        free(caller);
    }
}

void est_caller_hang_up(struct est_caller *caller)
{
    transport_http_free(caller->http);
    caller->http = NULL;
}

void est_caller_show(struct est_caller *caller, const char *certificate, const char *key)
{
    est_caller_hang_up(caller);
    caller->certificate = certificate;
    caller->key = key;
}

void est_request_make(struct est_request *out)
{
    const struct csr_wish wish = {.challenge_password = {NULL, 0}};
    AUTO(key) key = NULL;
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    if (!key_generate(KEY_EC, 256, &key, &err) ||
        !key_to_pem(key, NULL, &out->key, &err) ||
        !csr_build(key, SIG_ECDSA_SHA256, &wish, &der, &err)) {
        quit(&err);
    }
    base64_encode(buf_bytes(&der), &out->body);
}

void est_request_clear(struct est_request *request)
{
    buf_clear(&request->body);
    buf_clear(&request->key);
}

static bool connect_to(struct est_caller *caller, struct error *err)
{
    const struct transport_identity identity = {
        .ticket = caller->certificate == NULL ? caller->ticket : NULL,
        .certificate = caller->certificate,
        .key = caller->key};

    return caller->http != NULL ||
           transport_http_new(caller->options.url, caller->options.anchors, &identity,
                              &caller->http, err);
}

bool est_caller_ask(struct est_caller *caller, const char *operation,
                    const struct est_request *request, struct transport_answer *out,
                    struct error *err)
{
    AUTO(string) path = mem_printf("/.well-known/est/%s", operation);
    const struct transport_question question = {.path = path,
                                                .content_type = "application/pkcs10",
                                                .body = buf_bytes(&request->body),
                                                .etag = "",
                                                .expected = {200, 202},
                                                .answer_max = ANSWER_MAX,
                                                .deadline_ms = DEADLINE_MS};

    return connect_to(caller, err) &&
           transport_http_ask(caller->http, &question, out, err);
}

void est_caller_take(const struct transport_answer *answer, struct buf *der)
{
    struct cms_certificates found;
    AUTO(buf) cms = BUF_EMPTY;
    struct error err;

    if (!base64_decode(buf_bytes(&answer->body), CMS_DER_MAX, &cms, &err) ||
        !cms_parse_certificates(buf_bytes(&cms), &found, &err)) {
        quit(&err);
    }
    buf_append(der, found.certificates[0].data, found.certificates[0].len);
}
