/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/key.h"

#include "tests/fuzz/fuzz.h"

static const char *const passphrase = "correct horse";

/* RFC 8410 10.3 */
static const char ed25519[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf) phrase = BUF_SECRET;
    AUTO(buf) pem = BUF_SECRET;
    AUTO(key) key = NULL;
    AUTO(key) again = NULL;
    struct error err = {0};

    buf_append_text(&phrase, passphrase);
    if (!key_from_pem((struct bytes){data, size}, &phrase, &key, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID || err.code == ERROR_DENIED ||
                   err.code == ERROR_AUTH);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    FUZZ_CHECK(size <= KEY_PEM_MAX && key_has_private(key));
    FUZZ_CHECK(key_to_pem(key, NULL, &pem, &err));
    FUZZ_CHECK(key_from_pem(buf_bytes(&pem), NULL, &again, &err));
    FUZZ_CHECK(bytes_equal(key_get_spki(key), key_get_spki(again)));
    return 0;
}

/* Encrypted at the lowest price, so that mutations of it are quick. */
static void emit_encrypted(fuzz_emit *emit, void *ctx, X509_ALGOR *pbe)
{
    BIO *in = BIO_new_mem_buf(ed25519, -1);
    BIO *out = BIO_new(BIO_s_mem());
    PKCS8_PRIV_KEY_INFO *pkcs8 = PEM_read_bio_PKCS8_PRIV_KEY_INFO(in, NULL, NULL, NULL);
    X509_SIG *sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), pkcs8, pbe);
    char *text = NULL;

    FUZZ_CHECK(sealed != NULL && PEM_write_bio_PKCS8(out, sealed) == 1);
    long len = BIO_get_mem_data(out, &text);
    emit(ctx, text, (size_t)len);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(pkcs8);
    BIO_free(out);
    BIO_free(in);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static unsigned char salt[8] = "saltsalt";
    static unsigned char iv[16] = "sixteen octets..";

    emit(ctx, ed25519, strlen(ed25519));
    emit_encrypted(emit, ctx,
                   PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, sizeof(salt), iv, -1));
    emit_encrypted(
        emit, ctx,
        PKCS5_pbe2_set_scrypt(EVP_aes_128_cbc(), salt, sizeof(salt), iv, 2, 1, 1));
}
