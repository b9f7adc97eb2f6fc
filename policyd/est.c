/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/est.h"

#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "common/pki/base64.h"

static const char *const op_names[] = {
    [EST_CACERTS] = "cacerts",
    [EST_SIMPLEENROLL] = "simpleenroll",
    [EST_SIMPLEREENROLL] = "simplereenroll",
    [EST_CSRATTRS] = "csrattrs",
    [EST_SERVERKEYGEN] = "serverkeygen",
    [EST_FULLCMC] = "fullcmc",
};
_Static_assert(sizeof(op_names) / sizeof(op_names[0]) == EST_OP_COUNT, "one a value");

const char *est_op_name(enum est_op op)
{
    return op_names[op];
}

/* ---- addresses ----------------------------------------------------------------------- */

static bool find_op(const char *text, enum est_op *out)
{
    for (int op = 0; op < EST_OP_COUNT; op++) {
        if (strcmp(text, op_names[op]) == 0) {
            *out = (enum est_op)op;
            return true;
        }
    }
    return false;
}

/* unreserved of RFC 3986 2.3: what stands in a path as it is */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

bool est_is_label(const char *name)
{
    enum est_op op = EST_OP_COUNT;
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        if (!is_unreserved(name[i])) {
            return false;
        }
    }
    return len > 0 && len <= EST_LABEL_MAX && name[0] != '.' && !find_op(name, &op);
}

static bool refuse(enum reason *reason, enum reason why, struct error *err,
                   enum error_code code, const char *sentence)
{
    *reason = why;
    return error_set(err, code, "%s", sentence);
}

bool est_read_path(const char *path, struct est_address *out, enum reason *reason,
                   struct error *err)
{
    static const char none[] = "there is no EST operation at this address";
    struct est_address address = {.op = EST_OP_COUNT};

    if (!text_has_prefix(path, EST_PREFIX)) {
        return refuse(reason, REASON_NO_PATH, err, ERROR_NOT_FOUND, none);
    }
    const char *rest = path + strlen(EST_PREFIX);
    const char *slash = strchr(rest, '/');
    if (slash != NULL) {
        size_t len = (size_t)(slash - rest);

        if (len > EST_LABEL_MAX) {
            return refuse(reason, REASON_NO_PATH, err, ERROR_NOT_FOUND, none);
        }
        memcpy(address.label, rest, len);
        rest = slash + 1;
    }
    if (!find_op(rest, &address.op) || (slash != NULL && !est_is_label(address.label))) {
        return refuse(reason, REASON_NO_PATH, err, ERROR_NOT_FOUND, none);
    }
    if (address.op == EST_SERVERKEYGEN || address.op == EST_FULLCMC) {
        return refuse(reason, REASON_NO_PATH, err, ERROR_NOT_FOUND,
                      "this EST operation is not served here");
    }
    *out = address;
    return true;
}

/* ---- requests ------------------------------------------------------------------------ */

/* A media type without its parameters. */
static bool is_media_type(const char *header, const char *type)
{
    size_t len = strlen(type);

    return strncasecmp(header, type, len) == 0 &&
           (header[len] == '\0' || strchr("; \t", header[len]) != NULL);
}

bool est_read_request(const char *content_type, struct bytes body, struct buf *der,
                      enum reason *reason, struct error *err)
{
    if (content_type == NULL || !is_media_type(content_type, "application/pkcs10")) {
        return refuse(reason, REASON_MEDIA_TYPE, err, ERROR_INVALID,
                      "the content type is not application/pkcs10");
    }
    if (body.len > EST_BODY_MAX) {
        return refuse(reason, REASON_TOO_LARGE, err, ERROR_INVALID,
                      "the body is larger than any certification request");
    }
    *reason = REASON_MALFORMED;
    return base64_decode(body, CSR_DER_MAX, der, err) || error_wrap(err, "the body");
}

/* Constant time is not needed: both ends of the session know the value. */
static bool is_link(struct bytes password, struct bytes secret)
{
    AUTO(buf) text = BUF_EMPTY;

    if (secret.len == 0) {
        return false;
    }
    base64_encode(secret, &text);
    buf_truncate(&text, text.len - 1); /* the LF */
    return bytes_equal(buf_bytes(&text), password);
}

bool est_check_link(const struct csr *csr, const struct enroll_channel *channel,
                    bool required, enum reason *reason, struct error *err)
{
    *reason = REASON_POP;
    if (csr->challenge_password.len == 0) {
        return !required ||
               error_set(err, ERROR_DENIED,
                         "the template wants the request linked to its TLS session by a "
                         "challengePassword (RFC 7030 section 3.5), and it has none");
    }
    return is_link(csr->challenge_password, channel->tls_unique) ||
           is_link(csr->challenge_password, channel->tls_exporter) ||
           error_set(err, ERROR_DENIED,
                     "the challengePassword is not this TLS session's tls-unique or "
                     "tls-exporter");
}
