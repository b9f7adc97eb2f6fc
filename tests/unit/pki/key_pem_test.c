/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "common/pki/der.h"
#include "common/pki/key.h"
#include "common/pki/key_ossl.h"

#include "tests/support/der_text.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"

/* OpenSSL's calls that fail at present. */
static struct {
    bool pkcs8;
    bool bio;
} failing;

PKCS8_PRIV_KEY_INFO *__real_EVP_PKEY2PKCS8(const EVP_PKEY *pkey);
PKCS8_PRIV_KEY_INFO *__wrap_EVP_PKEY2PKCS8(const EVP_PKEY *pkey);
BIO *__real_BIO_new_mem_buf(const void *data, int len);
BIO *__wrap_BIO_new_mem_buf(const void *data, int len);

PKCS8_PRIV_KEY_INFO *__wrap_EVP_PKEY2PKCS8(const EVP_PKEY *pkey)
{
    return failing.pkcs8 ? NULL : __real_EVP_PKEY2PKCS8(pkey);
}

BIO *__wrap_BIO_new_mem_buf(const void *data, int len)
{
    return failing.bio ? NULL : __real_BIO_new_mem_buf(data, len);
}

static struct buf secret(const char *text)
{
    struct buf b = BUF_SECRET;

    buf_append_text(&b, text);
    return b;
}

static void write_pem(enum keys_kind kind, const char *passphrase, struct buf *out)
{
    AUTO(buf) phrase = secret(passphrase == NULL ? "" : passphrase);
    struct error err = {0};

    assert_ok(key_to_pem(keys_get(kind), passphrase == NULL ? NULL : &phrase, out, &err),
              &err);
}

/* What OpenSSL itself makes of it, with no code of ours between. */
static bool openssl_reads(const struct buf *pem, const char *passphrase,
                          const struct key *expected)
{
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
    union {
        const char *text;
        void *data;
    } phrase = {passphrase};
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, phrase.data);
    bool same = pkey != NULL && EVP_PKEY_eq(pkey, key_borrow_pkey(expected)) == 1;

    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return same;
}

static void key_pem_reads_back_what_it_wrote(void **state)
{
    static const char *const phrases[] = {NULL, "correct horse"};
    (void)state;

    for (unsigned int kind = 0; kind < KEYS_COUNT; kind++) {
        for (size_t i = 0; i < COUNT_OF(phrases); i++) {
            AUTO(buf) pem = BUF_SECRET;
            AUTO(buf) phrase = secret("correct horse");
            AUTO(key) again = NULL;
            struct error err = {0};
            write_pem(kind, phrases[i], &pem);

            assert_ok(key_from_pem(buf_bytes(&pem), &phrase, &again, &err), &err);

            assert_true(key_has_private(again));
            assert_true(bytes_equal(key_get_spki(again), key_get_spki(keys_get(kind))));
            assert_true(openssl_reads(&pem, phrases[i], keys_get(kind)));
        }
    }
}

static void key_pem_encrypts_by_scrypt_and_aes_and_never_twice_alike(void **state)
{
    AUTO(buf) one = BUF_SECRET;
    AUTO(buf) two = BUF_SECRET;
    (void)state;

    write_pem(KEYS_P256, "correct horse", &one);
    write_pem(KEYS_P256, "correct horse", &two);
    BIO *bio = BIO_new_mem_buf(one.data, (int)one.len);
    X509_SIG *sealed = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
    const X509_ALGOR *algor = NULL;
    assert_non_null(sealed);
    X509_SIG_get0(sealed, &algor, NULL);
    PBE2PARAM *params =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algor->parameter);

    assert_int_equal(OBJ_obj2nid(algor->algorithm), NID_pbes2);
    assert_int_equal(OBJ_obj2nid(params->keyfunc->algorithm), NID_id_scrypt);
    assert_int_equal(OBJ_obj2nid(params->encryption->algorithm), NID_aes_256_cbc);
    assert_false(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
    PBE2PARAM_free(params);
    X509_SIG_free(sealed);
    BIO_free(bio);
}

static void key_pem_tells_a_wrong_passphrase_from_a_damaged_file(void **state)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) wrong = secret("correct house");
    AUTO(buf) right = secret("correct horse");
    AUTO(key) key = NULL;
    struct error err = {0};
    (void)state;
    write_pem(KEYS_P256, "correct horse", &pem);

    assert_fails(key_from_pem(buf_bytes(&pem), &wrong, &key, &err), &err, ERROR_AUTH,
                 "wrong passphrase");
    assert_fails(key_from_pem(buf_bytes(&pem), NULL, &key, &err), &err, ERROR_AUTH,
                 "needs a passphrase");
    buf_truncate(&pem, pem.len - 5);
    assert_fails(key_from_pem(buf_bytes(&pem), &right, &key, &err), &err, ERROR_INVALID,
                 "not a PEM block");
    assert_null(key);
}

static void key_pem_bounds_the_passphrase(void **state)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) none = BUF_SECRET;
    AUTO(buf) overlong = BUF_SECRET;
    struct error err = {0};
    (void)state;
    for (int i = 0; i < KEY_PASSPHRASE_MAX + 1; i++) {
        buf_append_byte(&overlong, 'x');
    }

    assert_fails(key_to_pem(keys_get(KEYS_P256), &none, &pem, &err), &err, ERROR_INVALID,
                 "passphrase");
    assert_fails(key_to_pem(keys_get(KEYS_P256), &overlong, &pem, &err), &err,
                 ERROR_INVALID, "passphrase");
    buf_truncate(&overlong, KEY_PASSPHRASE_MAX);

    assert_ok(key_to_pem(keys_get(KEYS_P256), &overlong, &pem, &err), &err);
}

static void key_pem_goes_to_secret_buffers_only(void **state)
{
    AUTO(buf) plain = BUF_EMPTY;
    AUTO(key) public = NULL;
    AUTO(buf) pem = BUF_SECRET;
    struct error err = {0};
    (void)state;

    assert_fails(key_to_pem(keys_get(KEYS_P256), NULL, &plain, &err), &err,
                 ERROR_INTERNAL, "secret");
    assert_int_equal(plain.len, 0);
    assert_ok(key_from_spki(key_get_spki(keys_get(KEYS_P256)), &public, &err), &err);
    assert_fails(key_to_pem(public, NULL, &pem, &err), &err, ERROR_INVALID,
                 "no private key");
}

static void refused(const char *label, const struct buf *pem, enum error_code code,
                    const char *words)
{
    AUTO(buf) phrase = secret("correct horse");
    AUTO(key) key = NULL;
    struct error err = {0};

    if (key_from_pem(buf_bytes(pem), &phrase, &key, &err) || err.code != code ||
        strstr(err.message, words) == NULL) {
        fail_msg("%s: got %s: '%s'", label, error_code_name(err.code), err.message);
    }
}

static void key_pem_takes_one_block_and_nothing_around_it(void **state)
{
    AUTO(buf) good = BUF_SECRET;
    AUTO(buf) twice = BUF_SECRET;
    AUTO(buf) behind = BUF_SECRET;
    AUTO(buf) before = BUF_SECRET;
    AUTO(buf) spaces = BUF_SECRET;
    AUTO(buf) empty = BUF_SECRET;
    AUTO(key) key = NULL;
    struct error err = {0};
    (void)state;
    write_pem(KEYS_P256, NULL, &good);
    write_pem(KEYS_P256, NULL, &twice);
    write_pem(KEYS_P256, NULL, &twice);
    buf_append(&behind, good.data, good.len);
    buf_append_text(&behind, "x");
    buf_append_text(&before, "x\n");
    buf_append(&before, good.data, good.len);
    buf_append(&spaces, good.data, good.len);
    buf_append_text(&spaces, "\r\n \t\n");

    refused("two keys", &twice, ERROR_INVALID, "more than one");
    refused("text behind", &behind, ERROR_INVALID, "more than one");
    refused("text before", &before, ERROR_INVALID, "must start with");
    refused("empty", &empty, ERROR_INVALID, "0 octets");
    assert_ok(key_from_pem(buf_bytes(&spaces), NULL, &key, &err), &err);
}

static void put_block(const char *label, const void *der, size_t len, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    assert_true(PEM_write_bio(bio, label, "", der, (long)len) > 0);
    long text_len = BIO_get_mem_data(bio, &text);
    buf_append(out, text, (size_t)text_len);
    BIO_free(bio);
}

static void key_pem_refuses_other_blocks(void **state)
{
    static const char *const labels[] = {"EC PRIVATE KEY", "RSA PRIVATE KEY",
                                         "PUBLIC KEY", "CERTIFICATE"};
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key_borrow_pkey(keys_get(KEYS_P256)), &der);
    (void)state;
    assert_true(len > 0);

    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        AUTO(buf) pem = BUF_SECRET;
        put_block(labels[i], der, (size_t)len, &pem);
        refused(labels[i], &pem, ERROR_INVALID, labels[i]);
    }
    AUTO(buf) junk = BUF_SECRET;
    put_block("PRIVATE KEY", "junk", 4, &junk);
    refused("junk", &junk, ERROR_INVALID, "not a PrivateKeyInfo");
    AUTO(buf) sealed_junk = BUF_SECRET;
    put_block("ENCRYPTED PRIVATE KEY", "junk", 4, &sealed_junk);
    refused("sealed junk", &sealed_junk, ERROR_INVALID, "PBES2");
    OPENSSL_free(der);
}

static void put_foreign(EVP_PKEY *pkey, X509_ALGOR *pbe, struct buf *out)
{
    PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(pkey);
    unsigned char *der = NULL;
    int len = 0;

    assert_non_null(pkcs8);
    if (pbe == NULL) {
        len = i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der);
        put_block("PRIVATE KEY", der, (size_t)len, out);
    } else {
        X509_SIG *sealed = PKCS8_set0_pbe("correct horse", 13, pkcs8, pbe);
        assert_non_null(sealed);
        len = i2d_X509_SIG(sealed, &der);
        put_block("ENCRYPTED PRIVATE KEY", der, (size_t)len, out);
        X509_SIG_free(sealed);
    }
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(pkcs8);
}

static void key_pem_refuses_kinds_that_we_do_not_take(void **state)
{
    static const char *const kinds[] = {"ED448", "X25519"};
    EVP_PKEY *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    AUTO(buf) curve_pem = BUF_SECRET;
    AUTO(buf) small_pem = BUF_SECRET;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        AUTO(buf) pem = BUF_SECRET;
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]);
        put_foreign(pkey, NULL, &pem);
        refused(kinds[i], &pem, ERROR_DENIED, "neither RSA nor EC nor Ed25519");
        EVP_PKEY_free(pkey);
    }
    put_foreign(curve, NULL, &curve_pem);
    refused("secp256k1", &curve_pem, ERROR_DENIED, "secp256k1");
    put_foreign(small, NULL, &small_pem);
    refused("RSA-1024", &small_pem, ERROR_DENIED, "1024 bits");
    EVP_PKEY_free(curve);
    EVP_PKEY_free(small);
}

static void key_pem_takes_only_bounded_pbes2(void **state)
{
    EVP_PKEY *pkey = key_borrow_pkey(keys_get(KEYS_P256));
    AUTO(buf) pbkdf2 = BUF_SECRET;
    AUTO(buf) triple_des = BUF_SECRET;
    AUTO(buf) slow = BUF_SECRET;
    AUTO(buf) phrase = secret("correct horse");
    AUTO(key) key = NULL;
    struct error err = {0};
    (void)state;
    put_foreign(pkey, PKCS5_pbe2_set_iv(EVP_aes_128_cbc(), 2048, NULL, 0, NULL, -1),
                &pbkdf2);
    put_foreign(pkey, PKCS5_pbe2_set_iv(EVP_des_ede3_cbc(), 2048, NULL, 0, NULL, -1),
                &triple_des);
    put_foreign(pkey, PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 2, 1, 17),
                &slow);

    assert_ok(key_from_pem(buf_bytes(&pbkdf2), &phrase, &key, &err), &err);
    refused("3DES", &triple_des, ERROR_INVALID, "PBES2");
    refused("scrypt with 17 passes", &slow, ERROR_INVALID, "bounded cost");
}

/* Sealed junk under these parameters of a key derivation. */
static void put_sealed(const char *kdf, struct buf *out)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;

    buf_printf(&text,
               "30(30(06092a864886f70d01050d 30(30(%s) 30(060960864801650304012a"
               " 04('sixteen octets..')))) 04('sixteen octets..'))",
               kdf);
    der_text(buf_text(&text), &der);
    put_block("ENCRYPTED PRIVATE KEY", der.data, der.len, out);
}

static void key_pem_bounds_the_cost_of_a_passphrase(void **state)
{
    static const struct {
        const char *label;
        const char *costly;
        const char
            *twin; /* as costly as may be, or cheaper: it gets as far as decrypting */
    } cases[] = {
        {"PBKDF2 of 10,000,001", "06092a864886f70d01050c 30(04('saltsalt') 020400989681)",
         "06092a864886f70d01050c 30(04('saltsalt') 020102)"},
        {"scrypt of 64 MiB",
         "06092b06010401da47040b 30(04('saltsalt') 0203010000 020108 020101)",
         "06092b06010401da47040b 30(04('saltsalt') 02024000 020108 020101)"},
        {"scrypt of 17 passes",
         "06092b06010401da47040b 30(04('saltsalt') 020102 020101 020111)",
         "06092b06010401da47040b 30(04('saltsalt') 020102 020101 020110)"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) costly = BUF_SECRET;
        AUTO(buf) twin = BUF_SECRET;
        put_sealed(cases[i].costly, &costly);
        put_sealed(cases[i].twin, &twin);

        refused(cases[i].label, &costly, ERROR_INVALID, "bounded cost");
        refused(cases[i].label, &twin, ERROR_AUTH, "wrong passphrase");
    }
}

/* The public part inside an EC key's PKCS #8 is exchanged for another point. */
static void key_pem_refuses_halves_that_do_not_belong_together(void **state)
{
    unsigned char *der = NULL;
    AUTO(buf) honest = BUF_SECRET;
    AUTO(buf) mixed = BUF_SECRET;
    AUTO(key) other = NULL;
    AUTO(key) key = NULL;
    struct error err = {0};
    (void)state;
    assert_ok(key_generate(KEY_EC, 256, &other, &err), &err);
    PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(key_borrow_pkey(keys_get(KEYS_P256)));
    int len = i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der);
    assert_true(len > 65);
    put_block("PRIVATE KEY", der, (size_t)len, &honest);
    struct bytes spki = key_get_spki(other);
    memcpy(der + len - 64, spki.data + spki.len - 64, 64);
    put_block("PRIVATE KEY", der, (size_t)len, &mixed);

    assert_ok(key_from_pem(buf_bytes(&honest), NULL, &key, &err), &err);
    refused("mixed", &mixed, ERROR_INVALID, "do not belong together");
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(pkcs8);
}

static void key_pem_says_so_when_the_library_fails(void **state)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) good = BUF_SECRET;
    AUTO(key) key = NULL;
    struct error err = {0};
    (void)state;
    write_pem(KEYS_P256, NULL, &good);

    failing.pkcs8 = true;
    bool ok = key_to_pem(keys_get(KEYS_P256), NULL, &pem, &err);
    failing.pkcs8 = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "writing a private key");
    assert_int_equal(pem.len, 0);

    failing.bio = true;
    ok = key_from_pem(buf_bytes(&good), NULL, &key, &err);
    failing.bio = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "reading PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_pem_reads_back_what_it_wrote),
        cmocka_unit_test(key_pem_encrypts_by_scrypt_and_aes_and_never_twice_alike),
        cmocka_unit_test(key_pem_tells_a_wrong_passphrase_from_a_damaged_file),
        cmocka_unit_test(key_pem_bounds_the_passphrase),
        cmocka_unit_test(key_pem_goes_to_secret_buffers_only),
        cmocka_unit_test(key_pem_takes_one_block_and_nothing_around_it),
        cmocka_unit_test(key_pem_refuses_other_blocks),
        cmocka_unit_test(key_pem_refuses_kinds_that_we_do_not_take),
        cmocka_unit_test(key_pem_takes_only_bounded_pbes2),
        cmocka_unit_test(key_pem_bounds_the_cost_of_a_passphrase),
        cmocka_unit_test(key_pem_refuses_halves_that_do_not_belong_together),
        cmocka_unit_test(key_pem_says_so_when_the_library_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
