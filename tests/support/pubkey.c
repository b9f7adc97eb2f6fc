/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/pubkey.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "common/pki/der.h"

#include "tests/support/test.h"

const struct bytes pubkey_null = {(const unsigned char *)"\x05\x00", 2};
const struct bytes pubkey_absent = {NULL, 0};

void pubkey_put(struct buf *out, const char *algorithm, struct bytes parameters,
                struct bytes bits)
{
    size_t outer = der_open(out, DER_SEQUENCE);
    size_t identifier = der_open(out, DER_SEQUENCE);
    assert_true(der_put_oid(out, algorithm));
    der_put_raw(out, parameters);
    der_close(out, identifier);
    size_t string = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    buf_append(out, bits.data, bits.len);
    der_close(out, string);
    der_close(out, outer);
}

void pubkey_put_rsa(struct buf *out, struct bytes n, struct bytes e)
{
    AUTO(buf) key = BUF_EMPTY;

    size_t numbers = der_open(&key, DER_SEQUENCE);
    der_put_unsigned(&key, n);
    der_put_unsigned(&key, e);
    der_close(&key, numbers);
    pubkey_put(out, PUBKEY_OID_RSA, pubkey_null, buf_bytes(&key));
}

void pubkey_put_ec(struct buf *out, const char *curve, struct bytes point)
{
    AUTO(buf) oid = BUF_EMPTY;

    assert_true(der_put_oid(&oid, curve));
    pubkey_put(out, PUBKEY_OID_EC, buf_bytes(&oid), point);
}

static bool has_small_factor(const BIGNUM *n)
{
    for (BN_ULONG d = 3; d < 1024; d += 2) {
        if (BN_mod_word(n, d) == 0) {
            return true;
        }
    }
    return false;
}

void pubkey_make_modulus(struct buf *out, unsigned int bits)
{
    BIGNUM *n = BN_new();
    unsigned char octets[1024];

    /* 2^(bits-1) + 2^(bits-2) / 7: nowhere near a square */
    assert_true(n != NULL && BN_set_bit(n, (int)bits - 2) == 1);
    assert_int_not_equal(BN_div_word(n, 7), (BN_ULONG)-1);
    assert_true(BN_set_bit(n, (int)bits - 1) == 1 && BN_set_bit(n, 0) == 1);
    while (has_small_factor(n)) {
        assert_int_equal(BN_add_word(n, 2), 1);
    }
    buf_append(out, octets, (size_t)BN_bn2bin(n, octets));
    BN_free(n);
}

void pubkey_make_point(struct buf *out, const char *curve)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
    unsigned char point[256];
    size_t len = 0;

    assert_non_null(pkey);
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(pkey, "pub", point, sizeof(point), &len), 1);
    buf_append(out, point, len);
    EVP_PKEY_free(pkey);
}
