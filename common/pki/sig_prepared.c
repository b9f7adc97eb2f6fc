/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/sig_prepared.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"
#include "common/pki/sig_ossl.h"

struct sig_prepared {
    const struct key *key;
    enum sig_alg alg;
    enum sig_use use;
    EVP_PKEY_CTX *ctx; /* NULL: Ed25519, which signs no hash (RFC 8032 5.1) */
    EVP_MD *hash;
    size_t size; /* of a signature, at most */
};

/* A hash, as EVP_PKEY_sign() takes it. */
struct hashed {
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned int len;
};

static bool begin(const struct sig_prepared *p)
{
    return p->use == SIG_USE_SIGN ? EVP_PKEY_sign_init(p->ctx) == 1
                                  : EVP_PKEY_verify_init(p->ctx) == 1;
}

static bool start(struct sig_prepared *p, struct error *err)
{
    EVP_PKEY *pkey = key_borrow_pkey(p->key);
    const char *name = sig_ossl_hash(p->alg);

    if (name == NULL) {
        return true;
    }
    p->hash = EVP_MD_fetch(NULL, name, NULL);
    p->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    int size = EVP_PKEY_get_size(pkey);
    if (p->hash == NULL || p->ctx == NULL || size <= 0 || !begin(p) ||
        EVP_PKEY_CTX_set_signature_md(p->ctx, p->hash) != 1 ||
        !sig_ossl_set_padding(p->alg, p->ctx)) {
        return ossl_fail(err, "preparing signatures");
    }
    p->size = (size_t)size;
    return true;
}

bool sig_prepare(const struct key *key, enum sig_alg alg, enum sig_use use,
                 struct sig_prepared **out, struct error *err)
{
    AUTO(sig_prepared) p = mem_new(sizeof(*p));

    if (use == SIG_USE_SIGN && !key_has_private(key)) {
        return error_set(err, ERROR_INVALID, "there is no private key to sign with");
    }
    if (!sig_fits(alg, key_get_info(key)->alg)) {
        return error_set(err, ERROR_INVALID,
                         "a signature by %s does not fit a key of kind %s", sig_name(alg),
                         key_alg_name(key_get_info(key)->alg));
    }
    p->key = key;
    p->alg = alg;
    p->use = use;
    if (!start(p, err)) {
        return false;
    }
    *out = TAKE(p);
    return true;
}

void sig_prepared_free(struct sig_prepared *prepared)
{
    if (prepared != NULL) {
        EVP_PKEY_CTX_free(prepared->ctx);
        EVP_MD_free(prepared->hash);
        free(prepared);
    }
}

static bool hash(const struct sig_prepared *p, struct bytes data, struct hashed *out)
{
    return EVP_Digest(data.data, data.len, out->octets, &out->len, p->hash, NULL) == 1;
}

bool sig_prepared_sign(struct sig_prepared *prepared, struct bytes data, struct buf *out,
                       struct error *err)
{
    size_t len = prepared->size;
    struct hashed hashed;

    assert(prepared->use == SIG_USE_SIGN);
    if (prepared->ctx == NULL) {
        return sig_sign(prepared->key, prepared->alg, data, out, err);
    }
    buf_reserve(out, len);
    if (!hash(prepared, data, &hashed) ||
        EVP_PKEY_sign(prepared->ctx, out->data + out->len, &len, hashed.octets,
                      hashed.len) != 1) {
        return ossl_fail(err, "signing");
    }
    out->len += len;
    return true;
}

bool sig_prepared_verify(struct sig_prepared *prepared, struct bytes data,
                         struct bytes signature, struct error *err)
{
    struct hashed hashed;

    assert(prepared->use == SIG_USE_VERIFY);
    if (prepared->ctx == NULL) {
        return sig_verify(prepared->key, prepared->alg, data, signature, err);
    }
    ERR_clear_error();
    if (!hash(prepared, data, &hashed)) {
        return ossl_fail(err, "verifying a signature");
    }
    if (EVP_PKEY_verify(prepared->ctx, signature.data, signature.len, hashed.octets,
                        hashed.len) == 1) {
        return true;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
        return ossl_fail(err, "verifying a signature");
    }
    ERR_clear_error();
    return error_set(err, ERROR_INVALID, "the signature is not by this key");
}
