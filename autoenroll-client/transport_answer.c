/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport_answer.h"

#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/text.h"
#include "common/pki/base64.h"
#include "common/pki/cert.h"
#include "common/pki/cms.h"
#include "common/pki/csr.h"
#include "common/wire/problem.h"

enum {
    TOKEN_MAX = 64,
    SENTENCE_MAX = 512,
    PROBLEM_MAX = 64 * 1024,
    RETRY_DEFAULT_S = 3600
};

/* ---- text of a peer ------------------------------------------------------------------ */

/* "" for what is not a token of WIRE_FORM_TOKEN's letters and length. */
static const char *keep_token(struct name_store *store, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return "";
        }
    }
    return len > TOKEN_MAX ? "" : name_store_copy(store, text, len);
}

/* One printable line of bounded length, as error messages are. */
static const char *keep_sentence(struct name_store *store, const char *text)
{
    struct error line;

    error_set(&line, ERROR_NONE, "%s", text);
    return name_store_copy(store, line.message, strlen(line.message));
}

/* ---- failures ------------------------------------------------------------------------ */

bool transport_fail(const struct error *err, struct name_store *store,
                    struct wire_agent_failure *out)
{
    static const enum wire_failure failures[] = {
        [ERROR_NONE] = WIRE_FAILURE_UNAVAILABLE,
        [ERROR_INVALID] = WIRE_FAILURE_BAD_ANSWER,
        [ERROR_NOT_FOUND] = WIRE_FAILURE_UNAVAILABLE,
        [ERROR_DENIED] = WIRE_FAILURE_UNTRUSTED,
        [ERROR_AUTH] = WIRE_FAILURE_NO_TICKET,
        [ERROR_UNAVAILABLE] = WIRE_FAILURE_UNAVAILABLE,
        [ERROR_CONFLICT] = WIRE_FAILURE_UNAVAILABLE,
        [ERROR_INTERNAL] = WIRE_FAILURE_UNAVAILABLE,
    };
    _Static_assert(sizeof(failures) / sizeof(failures[0]) == ERROR_CODE_COUNT,
                   "one a class");

    *out = (struct wire_agent_failure){.failure = failures[err->code],
                                       .reason = "",
                                       .sentence = keep_sentence(store, err->message),
                                       .request_id = ""};
    return false;
}

static enum wire_failure failure_of(long status)
{
    switch (status) {
    case 401:
        return WIRE_FAILURE_UNAUTHENTICATED;
    case 408:
    case 429:
        return WIRE_FAILURE_UNAVAILABLE;
    default:
        break;
    }
    if (status >= 500 && status <= 599) {
        return WIRE_FAILURE_UNAVAILABLE;
    }
    return status >= 400 && status <= 499 ? WIRE_FAILURE_REFUSED
                                          : WIRE_FAILURE_BAD_ANSWER;
}

static bool is_type(const struct transport_answer *answer, const char *type)
{
    size_t len = strlen(type);
    char name[TRANSPORT_TYPE_SIZE];

    (void)snprintf(name, sizeof(name), "%.*s", (int)len, answer->content_type);
    return text_equal_nocase(name, type) &&
           strchr(" ;", answer->content_type[len]) != NULL; /* its NUL, too */
}

static const char *problem_text(const struct json_at *root, const char *key)
{
    const char *text = "";
    struct error ignored;

    return json_get_text(root, key, SENTENCE_MAX, &text, &ignored) ? text : "";
}

static void read_problem(const struct transport_answer *answer, struct name_store *store,
                         struct wire_agent_failure *out)
{
    AUTO(json) doc = NULL;
    struct error ignored;

    if (!json_parse(buf_bytes(&answer->body), PROBLEM_MAX, &doc, &ignored)) {
        return;
    }
    struct json_at root = json_root(doc);
    const char *detail = problem_text(&root, "detail");
    out->reason = keep_token(store, problem_text(&root, "reason"));
    out->request_id = keep_token(store, problem_text(&root, "request"));
    out->sentence =
        keep_sentence(store, detail[0] == '\0' ? problem_text(&root, "title") : detail);
}

/* The first line of what another EST server says. */
static void read_text(const struct transport_answer *answer, struct name_store *store,
                      struct wire_agent_failure *out)
{
    size_t len = 0;

    while (len < answer->body.len && len < SENTENCE_MAX &&
           answer->body.data[len] != '\r' && answer->body.data[len] != '\n') {
        len++;
    }
    if (len > 0) {
        out->sentence =
            keep_sentence(store, name_store_copy(store, answer->body.data, len));
    }
}

static void say_something(const struct transport_answer *answer, struct name_store *store,
                          struct wire_agent_failure *out)
{
    char text[96];

    if (out->sentence[0] != '\0') {
        return;
    }
    if (answer->status == 401) {
        out->sentence = "the server does not take these credentials";
        return;
    }
    (void)snprintf(text, sizeof(text),
                   "the server answered with status %ld and no reason", answer->status);
    out->sentence = keep_sentence(store, text);
}

bool transport_refused(const struct transport_answer *answer, struct name_store *store,
                       struct wire_agent_failure *out)
{
    long status = answer->status >= 0 && answer->status <= 999 ? answer->status : 0;

    *out = (struct wire_agent_failure){.failure = failure_of(status),
                                       .http_status = (uint32_t)status,
                                       .reason = "",
                                       .sentence = "",
                                       .request_id = "",
                                       .retry_after_s = answer->retry_after_s};
    if (is_type(answer, PROBLEM_MEDIA_TYPE)) {
        read_problem(answer, store, out);
    } else if (is_type(answer, "text/plain")) {
        read_text(answer, store, out);
    }
    say_something(answer, store, out);
    return false;
}

void transport_read_pending(const struct transport_answer *answer,
                            struct name_store *store, struct wire_enroll_pending *out)
{
    struct wire_agent_failure said;

    (void)transport_refused(answer, store, &said);
    *out = (struct wire_enroll_pending){.request_id = said.request_id,
                                        .retry_after_s = answer->retry_after_s == 0
                                                             ? RETRY_DEFAULT_S
                                                             : answer->retry_after_s,
                                        .sentence = said.sentence};
}

/* ---- certificates -------------------------------------------------------------------- */

bool transport_read_certificates(const struct transport_answer *answer,
                                 struct name_store *store, struct bytes *out, size_t max,
                                 size_t *count, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    struct cms_certificates found;

    if (!is_type(answer, "application/pkcs7-mime")) {
        return error_set(err, ERROR_INVALID,
                         "the server answered with '%.64s' where certificates belong",
                         answer->content_type);
    }
    if (!base64_decode(buf_bytes(&answer->body), CMS_DER_MAX, &der, err) ||
        !cms_parse_certificates(buf_bytes(&der), &found, err)) {
        return error_wrap(err, "the server's answer");
    }
    if (found.count > max) {
        return error_set(err, ERROR_INVALID,
                         "the server answered with %zu certificates; %zu are taken",
                         found.count, max);
    }
    for (size_t i = 0; i < found.count; i++) {
        struct bytes c = found.certificates[i];

        out[i] =
            (struct bytes){(unsigned char *)name_store_copy(store, c.data, c.len), c.len};
    }
    *count = found.count;
    return true;
}

static bool is_for_key(struct bytes der, struct bytes spki)
{
    AUTO(cert) certificate = NULL;
    struct error ignored;

    return cert_parse(der, &certificate, &ignored) && cert_has_spki(certificate, spki);
}

bool transport_find_own(struct bytes csr, struct bytes *all, size_t count,
                        struct error *err)
{
    AUTO(csr) request = NULL;
    enum csr_fault fault = CSR_FAULT_NONE;

    if (!csr_parse(csr, &request, &fault, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_for_key(all[i], key_get_spki(request->key))) {
            struct bytes own = all[i];

            all[i] = all[0];
            all[0] = own;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "the server answered with a certificate for another key than ours");
}
