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
#include "common/pki/ossl_context.h"

enum {
    DEPTH_MAX = 8,
    SECURITY_LEVEL = 2 /* of OpenSSL: 112 bits, so RSA from 2048 and no SHA-1 */
};

/* The CAs' certificates, as objects of one library context. */
struct cas {
    OSSL_LIB_CTX *libctx; /* NULL: OpenSSL's default one, which knows every kind of key */
    X509_STORE *anchors;
    STACK_OF(X509) * intermediates;
};

struct cert_trust {
    struct ossl_context *context; /* of few; NULL: there is none */
    struct cas few;               /* cheaper; empty where it cannot read a CA's key */
    struct cas all;
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

static X509 *to_openssl(const struct cert *cert, OSSL_LIB_CTX *libctx)
{
    struct bytes der = cert_get_der(cert);
    const unsigned char *in = der.data;
    AUTO(x509) x = X509_new_ex(libctx, NULL);

    if (x == NULL || d2i_X509(&x, &in, (long)der.len) == NULL) {
        return NULL;
    }
    return TAKE(x);
}

/* With its key, which a context of few kinds may not know. */
static X509 *to_openssl_with_key(const struct cert *cert, OSSL_LIB_CTX *libctx)
{
    AUTO(x509) x = to_openssl(cert, libctx);

    return x != NULL && X509_get0_pubkey(x) != NULL ? TAKE(x) : NULL;
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

/* What is wrong with a key is for the verdict to say, where every kind of key is known. */
static X509 *ca_to_openssl(const struct cert *cert, OSSL_LIB_CTX *libctx)
{
    return libctx == NULL ? to_openssl(cert, NULL) : to_openssl_with_key(cert, libctx);
}

static bool add_anchors(struct cas *cas, const struct cert *const *certs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(x509) x = ca_to_openssl(certs[i], cas->libctx);

        /* The store takes a reference of its own. */
        if (x == NULL || X509_STORE_add_cert(cas->anchors, x) != 1) {
            return false;
        }
    }
    return true;
}

static bool add_intermediates(struct cas *cas, const struct cert *const *certs,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(x509) x = ca_to_openssl(certs[i], cas->libctx);

        if (x == NULL || sk_X509_push(cas->intermediates, x) == 0) {
            return false;
        }
        x = NULL; /* the stack owns it now */
    }
    return true;
}

static void cas_clear(struct cas *cas)
{
    X509_STORE_free(cas->anchors);
    ossl_free_certificates(cas->intermediates);
    *cas = (struct cas){.libctx = NULL};
}

/* On failure it is as far as it came, to be cleared. */
static bool cas_fill(struct cas *cas, const struct cert *const *anchors,
                     size_t anchor_count, const struct cert *const *intermediates,
                     size_t intermediate_count)
{
    cas->anchors = X509_STORE_new();
    cas->intermediates = sk_X509_new_null();
    return cas->anchors != NULL && cas->intermediates != NULL &&
           add_anchors(cas, anchors, anchor_count) &&
           add_intermediates(cas, intermediates, intermediate_count);
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
    AUTO(cert_trust) trust = mem_new(sizeof(*trust));
    if (!cas_fill(&trust->all, anchors, anchor_count, intermediates,
                  intermediate_count)) {
        return ossl_fail(err, "taking CA certificates");
    }
    trust->context = ossl_context_new();
    if (trust->context != NULL) {
        trust->few.libctx = ossl_context_get(trust->context);
        if (!cas_fill(&trust->few, anchors, anchor_count, intermediates,
                      intermediate_count)) {
            cas_clear(&trust->few);
            ERR_clear_error();
        }
    }
    *out = TAKE(trust);
    return true;
}

void cert_trust_free(struct cert_trust *trust)
{
    if (trust != NULL) {
        cas_clear(&trust->few);
        cas_clear(&trust->all);
        ossl_context_free(trust->context);
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

/*
 * The certificate as an object, and the CAs of the same context: of few, unless its key is of
 * another kind, or none at all.
 */
static X509 *read_leaf(const struct cert_trust *trust, const struct cert *cert,
                       const struct cas **cas)
{
    if (trust->few.anchors != NULL) {
        X509 *leaf = to_openssl_with_key(cert, trust->few.libctx);

        if (leaf != NULL) {
            *cas = &trust->few;
            return leaf;
        }
        ERR_clear_error();
    }
    *cas = &trust->all;
    return to_openssl(cert, NULL);
}

static bool prepare(X509_STORE_CTX *ctx, const struct cas *cas, X509 *leaf,
                    int64_t now_utc, enum cert_purpose purpose)
{
    if (X509_STORE_CTX_init(ctx, cas->anchors, leaf, cas->intermediates) != 1) {
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
    const struct cas *cas = NULL;

    ERR_clear_error();
    AUTO(x509) leaf = read_leaf(trust, cert, &cas);
    if (leaf == NULL) {
        return judge_unreadable(out, err);
    }
    AUTO(x509_store_ctx) ctx = X509_STORE_CTX_new_ex(cas->libctx, NULL);
    if (ctx == NULL || !prepare(ctx, cas, leaf, now_utc, purpose)) {
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
