/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/request.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/pki/der.h"
#include "common/pki/key_ossl.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

static const struct {
    const char *algorithm;
    const char *hash;
} usual[] = {
    [KEYS_RSA2048] = {"30(06092a864886f70d01010b0500)", "SHA256"},
    [KEYS_RSA3072] = {"30(06092a864886f70d01010b0500)", "SHA256"},
    [KEYS_P256] = {"30(06082a8648ce3d040302)", "SHA256"},
    [KEYS_P384] = {"30(06082a8648ce3d040303)", "SHA384"},
    [KEYS_P521] = {"30(06082a8648ce3d040304)", "SHA512"},
    [KEYS_ED25519] = {"30(06032b6570)", NULL},
};
_Static_assert(sizeof(usual) / sizeof(usual[0]) == KEYS_COUNT,
               "every key has its algorithm");

struct request request_good(enum keys_kind kind)
{
    return (struct request){
        .version = "020100",
        .subject = "30(31(30(" REQUEST_CN "0c('alice'))))",
        .spki = key_get_spki(keys_get(kind)),
        .attributes = "",
        .tail = "",
        .algorithm = usual[kind].algorithm,
        .hash = usual[kind].hash,
        .pss_salt = -1,
        .signer = key_borrow_pkey(keys_get(kind)),
        .behind = "",
    };
}

struct request request_of(EVP_PKEY *signer, const char *algorithm, struct buf *spki)
{
    struct request request = request_good(KEYS_P256);
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(signer, &der);

    assert_true(len > 0);
    buf_append(spki, der, (size_t)len);
    OPENSSL_free(der);
    request.signer = signer;
    request.algorithm = algorithm;
    request.spki = buf_bytes(spki);
    return request;
}

static void put_info(const struct request *request, struct buf *out)
{
    size_t info = der_open(out, DER_SEQUENCE);

    der_text(request->version, out);
    der_text(request->subject, out);
    der_put_raw(out, request->spki);
    if (request->attributes != NULL) {
        size_t attributes = der_open(out, DER_EXPLICIT | 0);
        der_text(request->attributes, out);
        der_close(out, attributes);
    }
    der_text(request->tail, out);
    der_close(out, info);
}

static void sign(const struct request *request, const struct buf *info, struct buf *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    size_t len = 1024;

    assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, request->hash, NULL, NULL,
                                           request->signer, NULL),
                     1);
    if (request->pss_salt >= 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, request->pss_salt), 1);
    }
    buf_reserve(out, len);
    assert_int_equal(EVP_DigestSign(ctx, out->data, &len, info->data, info->len), 1);
    out->len = len;
    EVP_MD_CTX_free(ctx);
}

void request_put(const struct request *request, struct buf *out)
{
    AUTO(buf) info = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;

    put_info(request, &info);
    sign(request, &info, &signature);
    signature.data[signature.len - 1] ^= request->flip ? 1 : 0;

    size_t outer = der_open(out, DER_SEQUENCE);
    der_put_raw(out, buf_bytes(&info));
    der_text(request->algorithm, out);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    der_put_raw(out, buf_bytes(&signature));
    der_close(out, bits);
    der_close(out, outer);
    der_text(request->behind, out);
}

bool request_verifies(struct bytes der)
{
    const unsigned char *end = der.data;
    X509_REQ *req = d2i_X509_REQ(NULL, &end, (long)der.len);
    bool good = req != NULL && end == der.data + der.len &&
                X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) == 1;

    X509_REQ_free(req);
    return good;
}
