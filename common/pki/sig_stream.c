/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/sig_stream.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"
#include "common/pki/sig_ossl.h"

struct sig_stream {
    EVP_MD_CTX *sign;
    EVP_MD_CTX *verify;
};

static bool start(struct sig_stream *s, const struct key *key,
                  const struct key *verify_with, enum sig_alg alg, struct error *err)
{
    const char *hash = sig_ossl_hash(alg);
    EVP_PKEY_CTX *signing = NULL; /* belong to their digest contexts */
    EVP_PKEY_CTX *verifying = NULL;

    s->sign = EVP_MD_CTX_new();
    s->verify = EVP_MD_CTX_new();
    if (s->sign == NULL || s->verify == NULL ||
        EVP_DigestSignInit_ex(s->sign, &signing, hash, NULL, NULL, key_borrow_pkey(key),
                              NULL) != 1 ||
        EVP_DigestVerifyInit_ex(s->verify, &verifying, hash, NULL, NULL,
                                key_borrow_pkey(verify_with), NULL) != 1 ||
        !sig_ossl_set_padding(alg, signing) || !sig_ossl_set_padding(alg, verifying)) {
        return ossl_fail(err, "beginning a signature");
    }
    return true;
}

bool sig_stream_new(const struct key *key, const struct key *verify_with,
                    enum sig_alg alg, struct sig_stream **out, struct error *err)
{
    AUTO(sig_stream) s = mem_new(sizeof(*s));

    if (!key_has_private(key)) {
        return error_set(err, ERROR_INVALID, "there is no private key to sign with");
    }
    if (!sig_fits(alg, key_get_info(key)->alg) ||
        !sig_fits(alg, key_get_info(verify_with)->alg) || sig_ossl_hash(alg) == NULL) {
        return error_set(err, ERROR_INVALID, "%s cannot sign in pieces with this key",
                         sig_name(alg));
    }
    if (!start(s, key, verify_with, alg, err)) {
        return false;
    }
    *out = TAKE(s);
    return true;
}

void sig_stream_free(struct sig_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    EVP_MD_CTX_free(stream->sign);
    EVP_MD_CTX_free(stream->verify);
    free(stream);
}

bool sig_stream_update(struct sig_stream *stream, struct bytes data, struct error *err)
{
    return (EVP_DigestSignUpdate(stream->sign, data.data, data.len) == 1 &&
            EVP_DigestVerifyUpdate(stream->verify, data.data, data.len) == 1) ||
           ossl_fail(err, "hashing for a signature");
}

bool sig_stream_finish(struct sig_stream *stream, struct buf *out, struct error *err)
{
    size_t len = 0;

    if (EVP_DigestSignFinal(stream->sign, NULL, &len) != 1) {
        return ossl_fail(err, "signing");
    }
    buf_reserve(out, len);
    if (EVP_DigestSignFinal(stream->sign, out->data + out->len, &len) != 1) {
        return ossl_fail(err, "signing");
    }
    if (EVP_DigestVerifyFinal(stream->verify, out->data + out->len, len) != 1) {
        explicit_bzero(out->data + out->len, len);
        return ossl_fail(err, "the signature does not verify");
    }
    out->len += len;
    return true;
}
