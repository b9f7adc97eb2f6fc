/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert_trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/ossl.h"

enum {
    DEPTH_MAX = 8,
    SECURITY_LEVEL = 2 /* of OpenSSL: 112 bits, so RSA from 2048 and no SHA-1 */
};

struct cert_trust {
    X509_STORE *anchors;
    STACK_OF(X509) * intermediates;
};

static const struct {
    int openssl;
    const char *oid;
    const char *name;
} purposes[] = {
    [CERT_PURPOSE_CLIENT] = {X509_PURPOSE_SSL_CLIENT, "1.3.6.1.5.5.7.3.2", "clientAuth"},
    [CERT_PURPOSE_SERVER] = {X509_PURPOSE_SSL_SERVER, "1.3.6.1.5.5.7.3.1", "serverAuth"},
    [CERT_PURPOSE_ANY] = {X509_PURPOSE_ANY, NULL, "any purpose"},
    [CERT_PURPOSE_CA] = {X509_PURPOSE_ANY, "", "signing certificates"},
};
_Static_assert(sizeof(purposes) / sizeof(purposes[0]) == CERT_PURPOSE_COUNT,
               "one row a purpose");

const char *cert_class_name(enum cert_class class)
{
    static const char *const names[] = {
        [CERT_TRUSTED] = "trusted",
        [CERT_UNTRUSTED] = "untrusted",
        [CERT_NOT_YET_VALID] = "not yet valid",
        [CERT_EXPIRED] = "expired",
        [CERT_WRONG_PURPOSE] = "wrong purpose",
        [CERT_BROKEN] = "broken",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == CERT_CLASS_COUNT,
                   "one name a class");

    return (unsigned)class < CERT_CLASS_COUNT ? names[class] : "unknown";
}

static X509 *to_openssl(const struct cert *cert)
{
    struct bytes der = cert_get_der(cert);
    const unsigned char *in = der.data;

    return d2i_X509(NULL, &in, (long)der.len);
}

static bool check_cas(const struct cert *const *certs, size_t count, struct error *err)
{
    if (count > CERT_TRUST_MAX) {
        return error_set(err, ERROR_INVALID, "%zu CA certificates; %d are allowed", count,
                         CERT_TRUST_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!cert_is_ca(certs[i])) {
            return error_set(err, ERROR_INVALID, "certificate %zu is no CA's", i + 1);
        }
    }
    return true;
}

static bool add_anchors(X509_STORE *store, const struct cert *const *certs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(x509) x = to_openssl(certs[i]);

        if (x == NULL || X509_STORE_add_cert(store, x) != 1) { /* store has its own */
            return false;
        }
    }
    return true;
}

static bool add_intermediates(STACK_OF(X509) * stack, const struct cert *const *certs,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(x509) x = to_openssl(certs[i]);

        if (x == NULL || sk_X509_push(stack, x) == 0) {
            return false;
        }
        x = NULL; /* stack owns it now */
    }
    return true;
}

bool cert_trust_new(const struct cert *const *anchors, size_t anchor_count,
                    const struct cert *const *intermediates, size_t intermediate_count,
                    struct cert_trust **out, struct error *err)
{
    if (anchor_count == 0) {
        return error_set(err, ERROR_INVALID, "no CA certificate to trust");
    }
    if (!check_cas(anchors, anchor_count, err) ||
        !check_cas(intermediates, intermediate_count, err)) {
        return false;
    }
    AUTO(x509_store) store = X509_STORE_new();
    AUTO(x509_stack) stack = sk_X509_new_null();
    if (store == NULL || stack == NULL || !add_anchors(store, anchors, anchor_count) ||
        !add_intermediates(stack, intermediates, intermediate_count)) {
        return ossl_fail(err, "taking CA certificates");
    }
    struct cert_trust *trust = mem_new(sizeof(*trust));
    trust->anchors = TAKE(store);
    trust->intermediates = TAKE(stack);
    *out = trust;
    return true;
}

void cert_trust_free(struct cert_trust *trust)
{
    if (trust != NULL) {
        X509_STORE_free(trust->anchors);
        ossl_free_certificates(trust->intermediates);
        free(trust);
    }
}

static void judge_as(struct cert_verdict *out, enum cert_class class, const char *fmt,
                     ...) __attribute__((format(printf, 3, 4)));

static void judge_as(struct cert_verdict *out, enum cert_class class, const char *fmt,
                     ...)
{
    va_list args;

    out->class = class;
    va_start(args, fmt);
    (void)vsnprintf(out->sentence, sizeof(out->sentence), fmt, args);
    va_end(args);
}

/* RFC 5280 4.2.1.3, 4.2.1.9 */
static bool can_be_ca(const struct cert *cert, const struct cert_usage *usage,
                      struct cert_verdict *out)
{
    const uint32_t needed = EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN;

    if (!cert_is_ca(cert)) {
        judge_as(out, CERT_WRONG_PURPOSE, "it is no CA's certificate");
        return false;
    }
    if (!usage->has_key_usage || (usage->key_usage & needed) != needed) {
        judge_as(out, CERT_WRONG_PURPOSE,
                 "its key usage does not allow to sign certificates and CRLs");
        return false;
    }
    return true;
}

/* Whether the certificate itself names the purpose; what OpenSSL asks for is less. */
static bool names_purpose(const struct cert *cert, enum cert_purpose purpose,
                          struct cert_verdict *out)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct cert_usage usage;
    struct error err = {0};

    if (!cert_read_usage(cert, &store, &usage, &err)) {
        judge_as(out, CERT_BROKEN, "%.200s", err.message);
        return false;
    }
    if (purpose == CERT_PURPOSE_CA) {
        return can_be_ca(cert, &usage, out);
    }
    if (cert_is_ca(cert)) {
        judge_as(out, CERT_WRONG_PURPOSE, "it is a CA's certificate");
        return false;
    }
    if (purposes[purpose].oid == NULL) {
        return true;
    }
    for (size_t i = 0; i < usage.purposes.count; i++) {
        if (strcmp(usage.purposes.texts[i], purposes[purpose].oid) == 0) {
            return true;
        }
    }
    judge_as(out, CERT_WRONG_PURPOSE, "its extended key usage does not name %s",
             purposes[purpose].name);
    return false;
}

static enum cert_class class_of(int code)
{
    switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        return CERT_UNTRUSTED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return CERT_NOT_YET_VALID;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return CERT_EXPIRED;
    case X509_V_ERR_INVALID_PURPOSE:
        return CERT_WRONG_PURPOSE;
    default:
        return CERT_BROKEN;
    }
}

static bool prepare(X509_STORE_CTX *ctx, const struct cert_trust *trust, X509 *leaf,
                    int64_t now_utc, enum cert_purpose purpose)
{
    if (X509_STORE_CTX_init(ctx, trust->anchors, leaf, trust->intermediates) != 1) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, now_utc);
    X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    /* An anchor ends a chain also when it is not self-signed. */
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT |
                                                  X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, purposes[purpose].openssl) == 1;
}

/* OpenSSL cannot take the certificate: its fault, or the certificate's? */
static bool judge_unreadable(struct cert_verdict *out, struct error *err)
{
    unsigned long reason = ERR_peek_error();

    if (reason == 0 || ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE) {
        return ossl_fail(err, "reading a certificate");
    }
    ERR_clear_error();
    judge_as(out, CERT_BROKEN, "the certificate: OpenSSL cannot read it");
    return true;
}

bool cert_trust_judge(const struct cert_trust *trust, const struct cert *cert,
                      int64_t now_utc, enum cert_purpose purpose,
                      struct cert_verdict *out, struct error *err)
{
    ERR_clear_error();
    AUTO(x509) leaf = to_openssl(cert);
    AUTO(x509_store_ctx) ctx = X509_STORE_CTX_new();

    if (leaf == NULL) {
        return judge_unreadable(out, err);
    }
    if (ctx == NULL || !prepare(ctx, trust, leaf, now_utc, purpose)) {
        return ossl_fail(err, "preparing to judge a certificate");
    }
    int trusted = X509_verify_cert(ctx);
    int code = X509_STORE_CTX_get_error(ctx);
    int depth = X509_STORE_CTX_get_error_depth(ctx);
    if (trusted < 0 || code == X509_V_ERR_OUT_OF_MEM || code == X509_V_ERR_UNSPECIFIED) {
        return ossl_fail(err, "judging a certificate");
    }
    ERR_clear_error(); /* a refused signature leaves its reasons there */
    if (trusted != 1) {
        judge_as(out, class_of(code), "%s: %s",
                 depth == 0 ? "the certificate" : "a CA certificate above it",
                 X509_verify_cert_error_string(code));
    } else if (names_purpose(cert, purpose, out)) {
        *out = (struct cert_verdict){.class = CERT_TRUSTED};
    }
    return true;
}
