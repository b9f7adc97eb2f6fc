/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_est.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/est.h"
#include "policyd/server_login.h"

enum {
    CERTIFICATES_MAX = WIRE_CAS_MAX * 4, /* that /cacerts gives */
    RETRY_S = 10,                        /* before the CAs are known */
};

struct server_est {
    struct server_est_settings settings;
    pthread_mutex_t lock; /* of what follows */
    struct buf certificates[CERTIFICATES_MAX];
    size_t certificate_count;
};

struct server_est *server_est_new(const struct server_est_settings *settings)
{
    struct server_est *est = mem_new(sizeof(*est));

    est->settings = *settings;
    (void)pthread_mutex_init(&est->lock, NULL);
    return est;
}

static void drop_cas(struct server_est *est)
{
    for (size_t i = 0; i < est->certificate_count; i++) {
        buf_clear(&est->certificates[i]);
    }
    est->certificate_count = 0;
}

void server_est_free(struct server_est *est)
{
    if (est != NULL) {
        drop_cas(est);
        (void)pthread_mutex_destroy(&est->lock);
        free(est);
    }
}

/* ---- cacerts ------------------------------------------------------------------------- */

/* The same root above two CAs is given once. */
static void add_certificates(struct server_est *est, const struct bytes *ders,
                             size_t count)
{
    for (size_t i = 0; i < count && est->certificate_count < CERTIFICATES_MAX; i++) {
        size_t known = 0;

        while (known < est->certificate_count &&
               !bytes_equal(buf_bytes(&est->certificates[known]), ders[i])) {
            known++;
        }
        if (known == est->certificate_count) {
            buf_append(&est->certificates[known], ders[i].data, ders[i].len);
            est->certificate_count++;
        }
    }
}

void server_est_set_cas(struct server_est *est, const struct wire_ca_list *cas)
{
    (void)pthread_mutex_lock(&est->lock);
    drop_cas(est);
    for (size_t i = 0; i < cas->ca_count; i++) {
        const struct wire_ca *ca = &cas->cas[i];

        add_certificates(est, &ca->certificate, 1);
        add_certificates(est, ca->chain, ca->chain_count);
        add_certificates(est, ca->links, ca->link_count);
    }
    (void)pthread_mutex_unlock(&est->lock);
}

/* ---- answers ------------------------------------------------------------------------- */

static void take_answer(struct est_answer *from, struct http_answer *answer)
{
    answer->status = from->status;
    answer->content_type = from->content_type;
    buf_clear(&answer->body);
    buf_append(&answer->body, from->body.data, from->body.len);
    answer->retry_after_s = from->retry_after_s;
}

static void answer_reason(const struct http_request *request, enum reason reason,
                          unsigned int retry_after_s, struct http_answer *answer)
{
    http_answer_reason(request, reason, "", answer);
    if (retry_after_s > 0) {
        answer->retry_after_s = retry_after_s;
    }
}

static void give_cacerts(struct server_est *est, const struct http_request *request,
                         struct http_answer *answer)
{
    AUTO(est_answer) out = {0};
    struct bytes ders[CERTIFICATES_MAX];

    (void)pthread_mutex_lock(&est->lock);
    size_t count = est->certificate_count;
    for (size_t i = 0; i < count; i++) {
        ders[i] = buf_bytes(&est->certificates[i]);
    }
    if (count > 0) {
        est_write_cacerts(ders, count, &out);
    }
    (void)pthread_mutex_unlock(&est->lock);
    if (count == 0) {
        answer_reason(request, REASON_SIGNER, RETRY_S, answer);
        return;
    }
    take_answer(&out, answer);
}

/* ---- csrattrs ------------------------------------------------------------------------ */

static struct est_wishes wishes_of(const struct tmpl *tmpl)
{
    static const struct {
        uint32_t bits;
        enum key_curve curve;
    } curves[] = {{256, KEY_CURVE_P256}, {384, KEY_CURVE_P384}, {521, KEY_CURVE_P521}};
    struct est_wishes wishes = {.algorithm = KEY_RSA, .bits = tmpl->key_size_min};

    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (tmpl->key.family == TMPL_KEY_EC && curves[i].bits == tmpl->key.curve_bits) {
            wishes = (struct est_wishes){.algorithm = KEY_EC, .curve = curves[i].curve};
        }
    }
    return wishes;
}

/* For everybody (RFC 7030 4.5): what a template wants of keys is no secret. Without a label the
 * template depends on who asks, which nobody has said. */
static void give_csrattrs(struct server_est *est, const struct est_address *address,
                          const struct http_request *request, struct http_answer *answer)
{
    AUTO(est_answer) out = {0};
    AUTO(template_set) templates = NULL;
    const struct template_item *item = NULL;
    enum reason reason = REASON_INTERNAL;
    struct error err;

    if (*address->label == '\0') {
        est_write_csrattrs(NULL, &out);
        take_answer(&out, answer);
        return;
    }
    if (!template_store_get(est->settings.templates, &templates, &reason, &err) ||
        !template_set_choose(templates, address->label, &item, &reason, &err)) {
        answer_reason(request, reason, RETRY_S, answer);
        return;
    }
    const struct est_wishes wishes = wishes_of(item->tmpl);
    est_write_csrattrs(item->tmpl->key.family == TMPL_KEY_NONE ? NULL : &wishes, &out);
    take_answer(&out, answer);
}

/* ---- enrollment ---------------------------------------------------------------------- */

static struct enroll_channel channel_of(const struct http_request *request)
{
    struct enroll_channel channel = {{NULL, 0}, {NULL, 0}};

    if (request->tls != NULL && request->tls->version == HTTP_TLS_12) {
        channel.tls_unique = request->tls->linking;
    } else if (request->tls != NULL) {
        channel.tls_exporter = request->tls->linking;
    }
    return channel;
}

/* Who cannot say who he is learns no more than that; who can is told what is wrong, and so is the
 * ledger. */
static void enroll(struct server_est *est, const struct est_address *address,
                   const struct server_identity *who, const struct http_request *request,
                   struct http_answer *answer)
{
    AUTO(buf) csr = BUF_EMPTY;
    AUTO(enroll_outcome) outcome = ENROLL_OUTCOME_EMPTY;
    AUTO(est_answer) out = {0};
    enum reason reason = REASON_MALFORMED;
    struct error err;

    if (!est_read_request(request->content_type, request->body, &csr, &reason, &err)) {
        answer_reason(request, reason, 0, answer);
        return;
    }
    const struct enroll_request asked = {.again = address->op == EST_SIMPLEREENROLL,
                                         .label = address->label,
                                         .csr = buf_bytes(&csr),
                                         .protocol = "est",
                                         .peer_address = request->peer.address,
                                         .channel = channel_of(request)};
    server_road_enroll(est->settings.road, who, &asked, &outcome);
    est_write_outcome(&outcome, request->accept, &out);
    take_answer(&out, answer);
}

static void handle_enrollment(struct server_est *est, const struct est_address *address,
                              const struct http_request *request,
                              struct http_answer *answer)
{
    AUTO(server_identity) who = {0};

    server_identity_find(&est->settings.identity, request, &who);
    if (!who.known && who.login.outcome != AUTH_KNOWN) {
        server_identity_refuse(&who, request, answer);
        return;
    }
    enroll(est, address, &who, request, answer);
    server_login_challenge(&who.login, answer);
}

static void handle(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    struct server_est *est = ctx;
    struct est_address address;
    enum reason reason = REASON_NO_PATH;
    struct error err;

    if (!est_read_path(request->path, &address, &reason, &err)) {
        answer_reason(request, reason, 0, answer);
        return;
    }
    bool enrolls = address.op == EST_SIMPLEENROLL || address.op == EST_SIMPLEREENROLL;
    if (enrolls != (request->method == HTTP_POST)) {
        answer_reason(request, REASON_METHOD, 0, answer);
        http_answer_add(answer, "Allow", enrolls ? "POST" : "GET, HEAD");
    } else if (enrolls) {
        handle_enrollment(est, &address, request, answer);
    } else if (address.op == EST_CACERTS) {
        give_cacerts(est, request, answer);
    } else {
        give_csrattrs(est, &address, request, answer);
    }
}

struct http_route server_est_route(struct server_est *est)
{
    return (struct http_route){.methods = HTTP_GET | HTTP_POST,
                               .path = EST_PREFIX "*",
                               .body_max = EST_BODY_MAX,
                               .handler = handle,
                               .ctx = est};
}
