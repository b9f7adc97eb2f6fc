/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/base64.h"
#include "common/pki/pem.h"
#include "common/policy/policy_json.h"

#include "autoenroll-client/transport_answer.h"
#include "autoenroll-client/transport_http.h"
#include "autoenroll-client/transport_ticket.h"

#define PATH_EST    "/.well-known/est"
#define PATH_POLICY "/autoenroll/v1/policy"
#define PATH_REPORT "/autoenroll/v1/report"

enum {
    EST_ANSWER_MAX = 512 * 1024, /* octets of base64 */
    SHORT_ANSWER_MAX = 64 * 1024,
    CA_CERTIFICATES_MAX = 32,
    ISSUED_MAX = 9 /* one, and at most eight above it */
};

struct transport {
    char *url;
    char *store;
    struct buf anchors;
    struct transport_ticket *ticket;
    struct transport_http *kerberos; /* the one kept connection */
};

void transport_free(struct transport *t)
{
    if (t != NULL) {
        transport_http_free(t->kerberos);
        transport_ticket_free(t->ticket);
        buf_clear(&t->anchors);
        free(t->store);
        free(t->url);
        free(t);
    }
}

/* ---- setting up ---------------------------------------------------------------------- */

static void free_url(CURLU *url)
{
    curl_url_cleanup(url);
}
CLEANUP_DEFINE(curl_url, CURLU *, free_url);

static void free_part(char *part)
{
    curl_free(part);
}
CLEANUP_DEFINE(curl_part, char *, free_part);

/* Its host, if it is a scheme, a host, perhaps a port, and nothing else. */
static bool read_host(const char *url, char **out, struct error *err)
{
    static const CURLUPart none[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
                                     CURLUPART_FRAGMENT, CURLUPART_OPTIONS};
    AUTO(curl_url) parsed = curl_url();
    AUTO(curl_part) host = NULL;
    AUTO(curl_part) path = NULL;
    bool ok = parsed != NULL && strncmp(url, "https://", strlen("https://")) == 0 &&
              curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
              strcmp(path, "/") == 0 && !text_has_suffix(url, "/");

    for (size_t i = 0; ok && i < sizeof(none) / sizeof(none[0]); i++) {
        AUTO(curl_part) part = NULL;

        ok = curl_url_get(parsed, none[i], &part, 0) != CURLUE_OK;
    }
    if (!ok) {
        return error_set(err, ERROR_INVALID,
                         "'%.200s' is no server: it must read https://HOST or "
                         "https://HOST:PORT",
                         url);
    }
    *out = mem_strdup(host);
    return true;
}

/* libcurl would say only that the handshake failed. */
static bool check_anchors(struct bytes text, struct error *err)
{
    struct pem pem = {text, 0};
    size_t count = 0;
    bool found = true;

    while (found) {
        AUTO(buf) der = BUF_EMPTY;

        if (!pem_next(&pem, PEM_CERTIFICATE, SHORT_ANSWER_MAX, &der, &found, err)) {
            return error_wrap(err, "the trusted CA certificates");
        }
        count += found ? 1 : 0;
    }
    return count > 0 ||
           error_set(err, ERROR_INVALID, "there is no CA certificate to trust");
}

bool transport_new(const struct transport_options *options, struct transport **out,
                   struct error *err)
{
    AUTO(transport) t = mem_new(sizeof(*t));
    AUTO(string) host = NULL;

    t->url = mem_strdup(options->url);
    t->store = mem_strdup(options->store);
    buf_append(&t->anchors, options->anchors.data, options->anchors.len);
    if (!read_host(options->url, &host, err) || !check_anchors(options->anchors, err)) {
        return false;
    }
    t->ticket =
        transport_ticket_new(options->principal, options->keytab, options->ccache, host);
    const struct transport_identity identity = {.ticket = t->ticket};
    if (!transport_http_new(t->url, &t->anchors, &identity, &t->kerberos, err)) {
        return false;
    }
    *out = TAKE(t);
    return true;
}

bool transport_whoami(struct transport *t, struct name_store *store,
                      const char **principal, struct wire_agent_failure *failure)
{
    AUTO(buf) name = BUF_EMPTY;
    struct error err;

    if (!transport_ticket_whoami(t->ticket, &name, &err)) {
        return transport_fail(&err, store, failure);
    }
    *principal = name_store_copy(store, name.data, name.len);
    return true;
}

/* ---- policy -------------------------------------------------------------------------- */

/* The answer to a question, if it has a status that was expected. */
static bool ask(struct transport_http *h, const struct transport_question *question,
                struct transport_answer *answer, struct name_store *store,
                struct wire_agent_failure *failure)
{
    struct error err;

    if (!transport_http_ask(h, question, answer, &err)) {
        return transport_fail(&err, store, failure);
    }
    return answer->status == question->expected[0] ||
           answer->status == question->expected[1] ||
           transport_refused(answer, store, failure);
}

bool transport_ask_policy(struct transport *t, const struct wire_policy_request *question,
                          struct name_store *store, struct wire_policy_answer *out,
                          struct wire_agent_failure *failure)
{
    AUTO(transport_answer) answer = {.status = 0};
    struct wire_policy_answer policy = {.unchanged = true};
    const struct transport_question q = {
        .path = PATH_POLICY,
        .etag = question->etag,
        .expected = {200, question->etag[0] == '\0' ? 200 : 304},
        .answer_max = POLICY_JSON_MAX,
        .deadline_ms = question->deadline_ms};
    struct error err;

    if (!ask(t->kerberos, &q, &answer, store, failure)) {
        return false;
    }
    if (answer.status == 200 &&
        !policy_read_json(buf_bytes(&answer.body), store, &policy, &err)) {
        error_wrap(&err, "%s: what the server says of templates", t->url);
        return transport_fail(&err, store, failure);
    }
    policy.etag = answer.status == 304
                      ? question->etag
                      : name_store_copy(store, answer.etag, strlen(answer.etag));
    *out = policy;
    return true;
}

bool transport_report(struct transport *t, const struct wire_report *report,
                      struct name_store *store, struct wire_report_taken *out,
                      struct wire_agent_failure *failure)
{
    AUTO(transport_answer) answer = {.status = 0};
    AUTO(buf) body = BUF_EMPTY;
    struct error err;

    if (!report_write_json(report, &body, &err)) {
        return transport_fail(&err, store, failure);
    }
    const struct transport_question q = {.path = PATH_REPORT,
                                         .content_type = "application/json",
                                         .body = buf_bytes(&body),
                                         .etag = "",
                                         .expected = {200, 204},
                                         .answer_max = SHORT_ANSWER_MAX,
                                         .deadline_ms = report->deadline_ms};
    if (!ask(t->kerberos, &q, &answer, store, failure)) {
        return false;
    }
    *out = (struct wire_report_taken){.http_status = (uint32_t)answer.status};
    return true;
}

/* ---- EST ----------------------------------------------------------------------------- */

bool transport_ask_cacerts(struct transport *t,
                           const struct wire_cacerts_request *question,
                           struct name_store *store, struct wire_cacerts_answer *out,
                           struct wire_agent_failure *failure)
{
    AUTO(transport_answer) answer = {.status = 0};
    AUTO(transport_http) anonymous = NULL;
    struct bytes found[CA_CERTIFICATES_MAX];
    size_t count = 0;
    struct error err;
    const struct transport_identity nobody = {.ticket = NULL};
    const struct transport_question q = {.path = PATH_EST "/cacerts",
                                         .etag = "",
                                         .expected = {200, 200},
                                         .answer_max = EST_ANSWER_MAX,
                                         .deadline_ms = question->deadline_ms};

    if (!transport_http_new(t->url, &t->anchors, &nobody, &anonymous, &err)) {
        return transport_fail(&err, store, failure);
    }
    if (!ask(anonymous, &q, &answer, store, failure)) {
        return false;
    }
    if (!transport_read_certificates(&answer, store, found, CA_CERTIFICATES_MAX, &count,
                                     &err)) {
        return transport_fail(&err, store, failure);
    }
    *out = (struct wire_cacerts_answer){.certificates =
                                            name_store_new(store, count * sizeof(*found)),
                                        .certificate_count = count};
    memcpy(out->certificates, found, count * sizeof(*found));
    return true;
}

/* "/.well-known/est/LABEL/simpleenroll"; whatever is not plain in the label as %XX. */
static void append_path(const struct wire_enroll_submit *question, struct buf *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";

    buf_append_text(out, PATH_EST "/");
    for (const char *c = question->label; *c != '\0'; c++) {
        buf_printf(out, strchr(plain, *c) != NULL ? "%c" : "%%%02X", (unsigned char)*c);
    }
    buf_append_text(out, question->label[0] == '\0' ? "" : "/");
    buf_append_text(out, question->op == WIRE_OP_RENEW || question->op == WIRE_OP_REKEY
                             ? "simplereenroll"
                             : "simpleenroll");
}

/* A connection that shows the old certificate; it is closed afterwards. */
static bool open_with_certificate(struct transport *t, const char *generation,
                                  struct transport_http **out, struct error *err)
{
    AUTO(string)
    certificate = mem_printf("%s/certs/%s/fullchain.pem", t->store, generation);
    AUTO(string) key = mem_printf("%s/certs/%s/key.pem", t->store, generation);
    const struct transport_identity identity = {.certificate = certificate, .key = key};

    return transport_http_new(t->url, &t->anchors, &identity, out, err);
}

static bool read_issued(const struct transport_answer *answer, struct bytes csr,
                        struct name_store *store, struct wire_enroll_issued *out,
                        struct error *err)
{
    struct bytes *all = name_store_new(store, ISSUED_MAX * sizeof(*all));
    size_t count = 0;

    if (!transport_read_certificates(answer, store, all, ISSUED_MAX, &count, err) ||
        !transport_find_own(csr, all, count, err)) {
        return false;
    }
    *out = (struct wire_enroll_issued){.certificate = all[0],
                                       .chain = all + 1,
                                       .chain_count = count - 1,
                                       .request_id = ""};
    return true;
}

static bool submit(struct transport_http *h, const struct wire_enroll_submit *question,
                   struct name_store *store, struct transport_enrolled *out,
                   struct wire_agent_failure *failure)
{
    AUTO(transport_answer) answer = {.status = 0};
    AUTO(buf) path = BUF_EMPTY;
    AUTO(buf) body = BUF_EMPTY;
    struct transport_enrolled enrolled = {.is_pending = false};
    struct error err;

    append_path(question, &path);
    base64_encode(question->csr, &body);
    const struct transport_question q = {.path = buf_text(&path),
                                         .content_type = "application/pkcs10",
                                         .body = buf_bytes(&body),
                                         .etag = "",
                                         .expected = {200, 202},
                                         .answer_max = EST_ANSWER_MAX,
                                         .deadline_ms = question->deadline_ms};
    if (!ask(h, &q, &answer, store, failure)) {
        return false;
    }
    enrolled.is_pending = answer.status == 202;
    if (enrolled.is_pending) {
        transport_read_pending(&answer, store, &enrolled.pending);
    } else if (!read_issued(&answer, question->csr, store, &enrolled.issued, &err)) {
        return transport_fail(&err, store, failure);
    }
    *out = enrolled;
    return true;
}

bool transport_enroll(struct transport *t, const struct wire_enroll_submit *question,
                      struct name_store *store, struct transport_enrolled *out,
                      struct wire_agent_failure *failure)
{
    AUTO(transport_http) own = NULL;
    struct error err;

    if (question->credential == WIRE_CREDENTIAL_KERBEROS) {
        return submit(t->kerberos, question, store, out, failure);
    }
    if (!open_with_certificate(t, question->old_generation, &own, &err)) {
        return transport_fail(&err, store, failure);
    }
    return submit(own, question, store, out, failure);
}
