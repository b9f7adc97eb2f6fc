/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/key.h"
#include "common/pki/key_ossl.h"
#include "common/pki/spki.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/pubkey.h"

/* What we take, OpenSSL reads as the same key and writes as the same octets. */
static void check_against_openssl(struct bytes der, const struct key *key)
{
    const unsigned char *end = der.data;
    unsigned char again[KEY_SPKI_MAX];
    unsigned char *out = again;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &end, (long)der.len);

    FUZZ_CHECK(pkey != NULL && end == der.data + der.len);
    FUZZ_CHECK(EVP_PKEY_eq(pkey, key_borrow_pkey(key)) == 1);
    FUZZ_CHECK(EVP_PKEY_get_bits(pkey) == (int)key_get_info(key)->bits ||
               key_get_info(key)->alg == KEY_ED25519);
    FUZZ_CHECK(i2d_PUBKEY(pkey, NULL) == (int)der.len && i2d_PUBKEY(pkey, &out) > 0);
    FUZZ_CHECK(memcmp(again, der.data, der.len) == 0);
    EVP_PKEY_free(pkey);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes der = {data, size};
    AUTO(key) key = NULL;
    struct error err = {0};
    struct spki spki;

    if (!spki_read(der, &spki, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID || err.code == ERROR_DENIED);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        FUZZ_CHECK(!key_from_spki(der, &key, &err));
        return 0;
    }
    FUZZ_CHECK(size <= KEY_SPKI_MAX && spki.info.bits <= KEY_RSA_BITS_MAX);
    if (key_from_spki(der, &key, &err)) {
        FUZZ_CHECK(spki.info.weak == 0);
        check_against_openssl(der, key);
    } else {
        FUZZ_CHECK(err.code == ERROR_DENIED);
        FUZZ_CHECK(spki.info.weak != 0 || spki.info.alg == KEY_EC);
    }
    return 0;
}

/* The base points of the curves: any key would do, and these are the same every time. */
static void emit_ec(fuzz_emit *emit, void *ctx, const char *curve, const char *point)
{
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    FUZZ_CHECK(text_parse_hex(point, 256, &octets, &err));
    pubkey_put_ec(&der, curve, buf_bytes(&octets));
    emit(ctx, der.data, der.len);
}

static void emit_rsa(fuzz_emit *emit, void *ctx, unsigned int bits)
{
    static const unsigned char f4[] = {1, 0, 1};
    AUTO(buf) n = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;

    pubkey_make_modulus(&n, bits);
    pubkey_put_rsa(&der, buf_bytes(&n), (struct bytes){f4, sizeof(f4)});
    emit(ctx, der.data, der.len);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const unsigned char point[32] = {2};
    AUTO(buf) ed25519 = BUF_EMPTY;

    emit_ec(emit, ctx, PUBKEY_OID_P256,
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    emit_ec(
        emit, ctx, PUBKEY_OID_P384,
        "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55"
        "296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5"
        "f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f");
    emit_rsa(emit, ctx, 2048);
    emit_rsa(emit, ctx, 4096);
    pubkey_put(&ed25519, PUBKEY_OID_ED25519, pubkey_absent,
               (struct bytes){point, sizeof(point)});
    emit(ctx, ed25519.data, ed25519.len);
}
