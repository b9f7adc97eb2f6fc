/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/key.h"
#include "common/pki/key_ossl.h"
#include "common/pki/ossl.h"

/*
 * What we write: 16 MiB and about 150 ms a guess; OpenSSL takes no more than 32 MiB unasked.
 * What we read is bounded, so that a file cannot occupy us for longer than some seconds.
 */
enum {
    SCRYPT_N = 1 << 14,
    SCRYPT_R = 8,
    SCRYPT_P = 5,
    SCRYPT_NR_MAX = 1 << 18, /* 32 MiB / 128 octets */
    SCRYPT_P_MAX = 16,
    PBKDF2_ITERATIONS_MAX = 10 * 1000 * 1000
};

#define OID_PBES2  "1.2.840.113549.1.5.13"
#define OID_PBKDF2 "1.2.840.113549.1.5.12"
#define OID_SCRYPT "1.3.6.1.4.1.11591.4.11"

/* One PEM block; the octets are wiped. */
struct block {
    char *label;
    char *header;
    unsigned char *data;
    long len;
    bool encrypted;
};

static void block_clear(struct block *block)
{
    OPENSSL_secure_free(block->label); /* PEM_FLAG_SECURE is about all three */
    OPENSSL_secure_free(block->header);
    OPENSSL_secure_clear_free(block->data, (size_t)block->len);
}

CLEANUP_DEFINE_VALUE(key_block, struct block, block_clear);
CLEANUP_DEFINE(key_pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free);
CLEANUP_DEFINE(key_x509_sig, X509_SIG *, X509_SIG_free);
CLEANUP_DEFINE(key_x509_algor, X509_ALGOR *, X509_ALGOR_free);

static bool check_passphrase(const struct buf *passphrase, struct error *err)
{
    if (passphrase != NULL &&
        (passphrase->len == 0 || passphrase->len > KEY_PASSPHRASE_MAX)) {
        return error_set(err, ERROR_INVALID, "a passphrase has 1 to %d octets",
                         KEY_PASSPHRASE_MAX);
    }
    return true;
}

static bool write_encrypted(BIO *bio, PKCS8_PRIV_KEY_INFO *pkcs8,
                            const struct buf *passphrase)
{
    AUTO(key_x509_algor)
    algor = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R,
                                  SCRYPT_P);
    if (algor == NULL) {
        return false;
    }
    AUTO(key_x509_sig)
    sealed = PKCS8_set0_pbe((const char *)passphrase->data, (int)passphrase->len, pkcs8,
                            algor);
    if (sealed == NULL) {
        return false;
    }
    (void)TAKE(algor); /* sealed owns it now */
    return PEM_write_bio_PKCS8(bio, sealed) == 1;
}

bool key_to_pem(const struct key *key, const struct buf *passphrase, struct buf *out,
                struct error *err)
{
    char *pem = NULL; /* belongs to the BIO, which wipes it */

    if (!key_has_private(key)) {
        return error_set(err, ERROR_INVALID, "there is no private key to write");
    }
    if (!out->secret) {
        return error_set(err, ERROR_INTERNAL,
                         "a private key goes to secret buffers only");
    }
    if (!check_passphrase(passphrase, err)) {
        return false;
    }
    AUTO(key_pkcs8) pkcs8 = EVP_PKEY2PKCS8(key_borrow_pkey(key));
    AUTO(bio) bio = BIO_new(BIO_s_secmem());
    if (pkcs8 == NULL || bio == NULL ||
        !(passphrase == NULL ? PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, pkcs8) == 1
                             : write_encrypted(bio, pkcs8, passphrase))) {
        return ossl_fail(err, "writing a private key");
    }
    long len = BIO_get_mem_data(bio, &pem);
    if (len <= 0) {
        return ossl_fail(err, "writing a private key");
    }
    buf_append(out, pem, (size_t)len);
    return true;
}

/* Exactly one block, nothing before it and only white space behind it. */
static bool read_block(struct bytes pem, struct block *block, struct error *err)
{
    const struct bytes begin = bytes_of_text("-----BEGIN ");

    if (pem.len == 0 || pem.len > KEY_PEM_MAX) {
        return error_set(err, ERROR_INVALID, "a PEM of %zu octets: 1 to %d are accepted",
                         pem.len, KEY_PEM_MAX);
    }
    if (pem.len < begin.len || !bytes_equal((struct bytes){pem.data, begin.len}, begin)) {
        return error_set(err, ERROR_INVALID, "a key's PEM must start with '%s'",
                         (const char *)begin.data);
    }
    AUTO(bio) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (bio == NULL) {
        return ossl_fail(err, "reading PEM");
    }
    if (PEM_read_bio_ex(bio, &block->label, &block->header, &block->data, &block->len,
                        PEM_FLAG_SECURE) != 1) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "not a PEM block");
    }
    for (size_t left = (size_t)BIO_pending(bio); left > 0; left--) {
        if (strchr(" \t\r\n", pem.data[pem.len - left]) == NULL) {
            return error_set(err, ERROR_INVALID, "more than one key in a PEM");
        }
    }
    if (block->header[0] != '\0') {
        return error_set(err, ERROR_INVALID, "a PEM with headers: PKCS #8 has none");
    }
    block->encrypted = strcmp(block->label, PEM_STRING_PKCS8) == 0;
    return block->encrypted || strcmp(block->label, PEM_STRING_PKCS8INF) == 0 ||
           error_set(err, ERROR_INVALID,
                     "PEM holds '%.32s' where 'PRIVATE KEY' or 'ENCRYPTED PRIVATE KEY' "
                     "is expected",
                     block->label);
}

/* RFC 7914 7.1 */
static bool is_bounded_scrypt(struct bytes params)
{
    struct bytes salt;
    uint64_t n = 0;
    uint64_t r = 0;
    uint64_t p = 0;

    return der_read(&params, DER_OCTET_STRING, &salt) &&
           der_read_uint(&params, SCRYPT_NR_MAX, &n) &&
           der_read_uint(&params, SCRYPT_NR_MAX, &r) &&
           der_read_uint(&params, SCRYPT_P_MAX, &p) && n * r <= SCRYPT_NR_MAX;
}

/* RFC 8018 A.2 */
static bool is_bounded_pbkdf2(struct bytes params)
{
    struct bytes salt;
    uint64_t iterations = 0;

    return der_read(&params, DER_OCTET_STRING, &salt) &&
           der_read_uint(&params, PBKDF2_ITERATIONS_MAX, &iterations);
}

static bool is_bounded_kdf(struct bytes kdf)
{
    struct bytes params;
    char oid[DER_OID_TEXT_SIZE];

    if (!der_read_oid(&kdf, oid) || !der_read_only(kdf, DER_SEQUENCE, &params)) {
        return false;
    }
    return strcmp(oid, OID_SCRYPT) == 0   ? is_bounded_scrypt(params)
           : strcmp(oid, OID_PBKDF2) == 0 ? is_bounded_pbkdf2(params)
                                          : false;
}

/* aes128-CBC, aes192-CBC, aes256-CBC (NIST) */
static bool is_aes_cbc(struct bytes scheme)
{
    char oid[DER_OID_TEXT_SIZE];

    return der_read_oid(&scheme, oid) && (strcmp(oid, "2.16.840.1.101.3.4.1.2") == 0 ||
                                          strcmp(oid, "2.16.840.1.101.3.4.1.22") == 0 ||
                                          strcmp(oid, "2.16.840.1.101.3.4.1.42") == 0);
}

/* EncryptedPrivateKeyInfo by PBES2 (RFC 8018 A.4), before anything is computed. */
static bool is_acceptable_encryption(struct bytes der)
{
    struct bytes outer;
    struct bytes identifier;
    struct bytes pbes2;
    struct bytes kdf;
    struct bytes scheme;
    char oid[DER_OID_TEXT_SIZE];

    return der_read_only(der, DER_SEQUENCE, &outer) &&
           der_read(&outer, DER_SEQUENCE, &identifier) &&
           der_read_oid(&identifier, oid) && strcmp(oid, OID_PBES2) == 0 &&
           der_read_only(identifier, DER_SEQUENCE, &pbes2) &&
           der_read(&pbes2, DER_SEQUENCE, &kdf) &&
           der_read_only(pbes2, DER_SEQUENCE, &scheme) && is_bounded_kdf(kdf) &&
           is_aes_cbc(scheme);
}

static bool decrypt(struct bytes der, const struct buf *passphrase,
                    PKCS8_PRIV_KEY_INFO **out, struct error *err)
{
    const unsigned char *end = der.data;

    if (!is_acceptable_encryption(der)) {
        return error_set(err, ERROR_INVALID,
                         "encrypted key: only PBES2 with scrypt or PBKDF2 and AES-CBC is "
                         "accepted, at bounded cost");
    }
    if (passphrase == NULL) {
        return error_set(err, ERROR_AUTH, "the key is encrypted and needs a passphrase");
    }
    AUTO(key_x509_sig) sealed = d2i_X509_SIG(NULL, &end, (long)der.len);
    if (sealed == NULL) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "not an EncryptedPrivateKeyInfo");
    }
    PKCS8_PRIV_KEY_INFO *pkcs8 =
        PKCS8_decrypt(sealed, (const char *)passphrase->data, (int)passphrase->len);
    if (pkcs8 == NULL) {
        ERR_clear_error();
        return error_set(err, ERROR_AUTH, "wrong passphrase, or a damaged key");
    }
    *out = pkcs8;
    return true;
}

static bool unpack(const struct block *block, const struct buf *passphrase,
                   PKCS8_PRIV_KEY_INFO **out, struct error *err)
{
    struct bytes der = {block->data, (size_t)block->len};
    const unsigned char *end = der.data;

    if (block->encrypted) {
        return decrypt(der, passphrase, out, err);
    }
    PKCS8_PRIV_KEY_INFO *pkcs8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, block->len);
    if (pkcs8 == NULL || end != der.data + der.len) {
        PKCS8_PRIV_KEY_INFO_free(pkcs8);
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "not a PrivateKeyInfo");
    }
    *out = pkcs8;
    return true;
}

/* Only these three reach OpenSSL's key decoders. */
static bool check_algorithm(const PKCS8_PRIV_KEY_INFO *pkcs8, struct error *err)
{
    const ASN1_OBJECT *oid = NULL;

    if (PKCS8_pkey_get0(&oid, NULL, NULL, NULL, pkcs8) != 1) {
        return ossl_fail(err, "private key");
    }
    switch (OBJ_obj2nid(oid)) {
    case NID_rsaEncryption:
    case NID_X9_62_id_ecPublicKey:
    case NID_ED25519:
        return true;
    default:
        return error_set(err, ERROR_DENIED,
                         "a private key that is neither RSA nor EC nor Ed25519");
    }
}

/* The parts belong together: public key recomputed, RSA's factors checked. */
static bool check_pair(const struct key *key, struct error *err)
{
    AUTO(evp_pkey_ctx)
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_borrow_pkey(key), NULL);

    if (ctx == NULL) {
        return ossl_fail(err, "private key");
    }
    if (EVP_PKEY_pairwise_check(ctx) != 1) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID,
                         "public and private key do not belong together");
    }
    return true;
}

bool key_from_pem(struct bytes pem, const struct buf *passphrase, struct key **out,
                  struct error *err)
{
    AUTO(key_block) block = {0};
    AUTO(key_pkcs8) pkcs8 = NULL;
    AUTO(key) key = NULL;

    if (!check_passphrase(passphrase, err) || !read_block(pem, &block, err) ||
        !unpack(&block, passphrase, &pkcs8, err) || !check_algorithm(pkcs8, err)) {
        return false;
    }
    EVP_PKEY *pkey = EVP_PKCS82PKEY(pkcs8);
    if (pkey == NULL) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "not a well-formed private key");
    }
    if (!key_take_pair(pkey, &key, err) || !check_pair(key, err)) {
        return false;
    }
    *out = TAKE(key);
    return true;
}
