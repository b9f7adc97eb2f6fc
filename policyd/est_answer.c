/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/base64.h"
#include "common/pki/cms.h"
#include "common/pki/der.h"
#include "common/wire/problem.h"

#include "policyd/est.h"

void est_answer_clear(struct est_answer *answer)
{
    buf_clear(&answer->body);
    *answer = (struct est_answer){0};
}

static void begin(struct est_answer *out, int status, const char *content_type)
{
    est_answer_clear(out);
    out->status = status;
    out->content_type = content_type;
}

/* ---- refusals ------------------------------------------------------------------------ */

static void write_text(const struct enroll_public *what, const char *request_id,
                       struct buf *body)
{
    const struct reason_info *info = reason_get(what->reason);

    buf_printf(body, "%s: %s", info->code,
               what->sentence[0] != '\0' ? what->sentence : info->sentence);
    if (request_id[0] != '\0') {
        buf_printf(body, " (request %s)", request_id);
    }
    buf_append_byte(body, '\n');
}

static void write_refusal(const struct enroll_outcome *outcome, const char *accept,
                          struct est_answer *out)
{
    struct enroll_public what = enroll_outcome_public(outcome);

    begin(out, reason_get(what.reason)->status, "text/plain; charset=utf-8");
    if (accept != NULL && strstr(accept, PROBLEM_MEDIA_TYPE) != NULL) {
        out->content_type = PROBLEM_MEDIA_TYPE;
        problem_write(what.reason, what.sentence, outcome->request_id, &out->body);
    } else {
        write_text(&what, outcome->request_id, &out->body);
    }
    /* whole seconds and never far: some clients sleep as long as they are told */
    out->retry_after_s = outcome->retry_after_s <= EST_RETRY_MAX_S
                             ? outcome->retry_after_s
                             : EST_RETRY_MAX_S;
}

static void write_failure(const char *accept, struct est_answer *out)
{
    struct enroll_outcome failed = ENROLL_OUTCOME_EMPTY;

    write_refusal(&failed, accept, out);
}

/* ---- certificates -------------------------------------------------------------------- */

static bool write_certificates(const struct bytes *certificates, size_t count,
                               const char *content_type, struct est_answer *out)
{
    AUTO(buf) cms = BUF_EMPTY;
    struct error err;

    if (!cms_encode_certificates(certificates, count, &cms, &err)) {
        return false;
    }
    begin(out, 200, content_type);
    base64_encode(buf_bytes(&cms), &out->body); /* one line and LF: strangers' clients */
    return true;
}

void est_write_outcome(const struct enroll_outcome *outcome, const char *accept,
                       struct est_answer *out)
{
    /* RFC 7030 4.2.3: the issued certificate only, no chain */
    const struct bytes certificate = buf_bytes(&outcome->certificate);

    if (outcome->reason != REASON_NONE) {
        write_refusal(outcome, accept, out);
        return;
    }
    if (!write_certificates(&certificate, 1,
                            "application/pkcs7-mime; smime-type=certs-only", out)) {
        write_failure(accept, out);
    }
}

void est_write_cacerts(const struct bytes *certificates, size_t count,
                       struct est_answer *out)
{
    if (!write_certificates(certificates, count,
                            "application/pkcs7-mime; smime-type=certs-only", out)) {
        write_failure(NULL, out);
    }
}

/* ---- csrattrs ------------------------------------------------------------------------ */

#define OID_CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define OID_EC_PUBLIC_KEY      "1.2.840.10045.2.1"
#define OID_RSA                "1.2.840.113549.1.1.1"
#define OID_ED25519            "1.3.101.112"

static const char *const curve_oids[] = {
    [KEY_CURVE_NONE] = NULL,
    [KEY_CURVE_P256] = "1.2.840.10045.3.1.7",
    [KEY_CURVE_P384] = "1.3.132.0.34",
    [KEY_CURVE_P521] = "1.3.132.0.35",
};
_Static_assert(sizeof(curve_oids) / sizeof(curve_oids[0]) == KEY_CURVE_COUNT,
               "one a value");

/* An Attribute of the old style: the key's type, in its values the curve or the size. */
static bool put_key(const struct est_wishes *wishes, struct buf *out)
{
    if (wishes->algorithm == KEY_ED25519) {
        return der_put_oid(out, OID_ED25519);
    }
    size_t attribute = der_open(out, DER_SEQUENCE);
    bool is_ec = wishes->algorithm == KEY_EC;
    bool ok = der_put_oid(out, is_ec ? OID_EC_PUBLIC_KEY : OID_RSA);
    size_t values = der_open(out, DER_SET);

    if (is_ec && curve_oids[wishes->curve] != NULL) {
        ok = ok && der_put_oid(out, curve_oids[wishes->curve]);
    }
    if (!is_ec && wishes->bits > 0) {
        der_put_uint(out, wishes->bits);
    }
    der_close(out, values);
    der_close(out, attribute);
    return ok;
}

void est_write_csrattrs(const struct est_wishes *wishes, struct est_answer *out)
{
    AUTO(buf) der = BUF_EMPTY;

    if (wishes == NULL) {
        begin(out, 204, NULL);
        return;
    }
    size_t list = der_open(&der, DER_SEQUENCE);
    bool ok = put_key(wishes, &der) &&
              (!wishes->challenge || der_put_oid(&der, OID_CHALLENGE_PASSWORD));
    der_close(&der, list);
    if (!ok) {
        write_failure(NULL, out);
        return;
    }
    begin(out, 200, "application/csrattrs");
    base64_encode(buf_bytes(&der), &out->body);
}
