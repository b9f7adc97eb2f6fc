/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/trust.h"

#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/pki/cert_file.h"
#include "common/pki/cert_trust.h"

enum { ANCHORS_MAX = 32, BETWEEN_MAX = 32, FILE_MAX = 256 * 1024 };

struct trust {
    struct buf pem;
    struct cert *anchors[ANCHORS_MAX];
    size_t anchor_count;
    struct cert *between[BETWEEN_MAX];
    size_t between_count;
    struct cert_trust *judge;
};

void trust_free(struct trust *trust)
{
    if (trust == NULL) {
        return;
    }
    for (size_t i = 0; i < trust->anchor_count; i++) {
        cert_free(trust->anchors[i]);
    }
    for (size_t i = 0; i < trust->between_count; i++) {
        cert_free(trust->between[i]);
    }
    cert_trust_free(trust->judge);
    buf_clear(&trust->pem);
    free(trust);
}

static bool make_judge(struct trust *trust, struct error *err)
{
    const struct cert *anchors[ANCHORS_MAX];
    const struct cert *between[BETWEEN_MAX];
    struct cert_trust *made = NULL;

    for (size_t i = 0; i < trust->anchor_count; i++) {
        anchors[i] = trust->anchors[i];
    }
    for (size_t i = 0; i < trust->between_count; i++) {
        between[i] = trust->between[i];
    }
    if (!cert_trust_new(anchors, trust->anchor_count, between, trust->between_count,
                        &made, err)) {
        return false;
    }
    cert_trust_free(trust->judge);
    trust->judge = made;
    return true;
}

bool trust_load(const char *path, struct trust **out, struct error *err)
{
    AUTO(trust) trust = mem_new(sizeof(*trust));
    const struct cert_count allowed = {1, ANCHORS_MAX};

    if (!file_read(path, FILE_MAX, FILE_TRUSTED, &trust->pem, err) ||
        !cert_file_read(path, FILE_TRUSTED, allowed, trust->anchors, &trust->anchor_count,
                        err) ||
        !make_judge(trust, err)) {
        return error_wrap(err, "the trusted CA certificates '%s'", path);
    }
    *out = TAKE(trust);
    return true;
}

struct bytes trust_anchors(const struct trust *trust)
{
    return buf_bytes(&trust->pem);
}

static bool is_known(const struct trust *trust, const struct cert *certificate)
{
    for (size_t i = 0; i < trust->anchor_count; i++) {
        if (bytes_equal(cert_get_der(trust->anchors[i]), cert_get_der(certificate))) {
            return true;
        }
    }
    for (size_t i = 0; i < trust->between_count; i++) {
        if (bytes_equal(cert_get_der(trust->between[i]), cert_get_der(certificate))) {
            return true;
        }
    }
    return false;
}

static void take(struct trust *trust, struct bytes der)
{
    AUTO(cert) certificate = NULL;
    struct error ignored;

    if (trust->between_count < BETWEEN_MAX && cert_parse(der, &certificate, &ignored) &&
        cert_is_ca(certificate) && !is_known(trust, certificate)) {
        trust->between[trust->between_count++] = TAKE(certificate);
    }
}

bool trust_add(struct trust *trust, const struct bytes *certificates, size_t count,
               struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        take(trust, certificates[i]);
    }
    return make_judge(trust, err);
}

bool trust_check(const struct trust *trust, const struct cert *certificate,
                 int64_t now_utc, struct error *err)
{
    struct cert_verdict verdict;

    if (!cert_trust_judge(trust->judge, certificate, now_utc, CERT_PURPOSE_ANY, &verdict,
                          err)) {
        return false;
    }
    return verdict.class == CERT_TRUSTED ||
           error_set(err, ERROR_DENIED, "it does not lead to a CA that we trust: %s",
                     verdict.sentence);
}

static bool has_signed(const struct cert *issuer, const struct cert *certificate)
{
    AUTO(key) key = NULL;
    struct error ignored;

    return bytes_equal(cert_get_subject(issuer), cert_get_issuer(certificate)) &&
           key_from_spki(cert_get_spki(issuer), &key, &ignored) &&
           cert_check_signature(certificate, key, &ignored);
}

size_t trust_chain(const struct trust *trust, const struct cert *certificate,
                   struct bytes out[TRUST_CHAIN_MAX])
{
    const struct cert *last = certificate;
    size_t count = 0;
    bool is_anchored = false;

    while (count < TRUST_CHAIN_MAX && last != NULL && !is_anchored) {
        const struct cert *next = NULL;

        for (size_t i = 0; i < trust->anchor_count; i++) {
            is_anchored = is_anchored || has_signed(trust->anchors[i], last);
        }
        for (size_t i = 0; !is_anchored && i < trust->between_count && next == NULL;
             i++) {
            next = has_signed(trust->between[i], last) ? trust->between[i] : NULL;
        }
        if (next != NULL) {
            out[count++] = cert_get_der(next);
        }
        last = next;
    }
    return count;
}
