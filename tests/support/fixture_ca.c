/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fixture_ca.h"

#include <openssl/conf.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct fixture_ca {
    EVP_PKEY *key;
    X509 *certificate;
    struct buf der;
    struct buf key_pem;
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "fixture_ca: cannot make the %s\n", what);
        abort();
    }
}

static EVP_PKEY *new_key(enum fixture_key kind)
{
    EVP_PKEY *key = kind == FIXTURE_RSA       ? EVP_RSA_gen(2048)
                    : kind == FIXTURE_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                    : kind == FIXTURE_ED448   ? EVP_PKEY_Q_keygen(NULL, NULL, "ED448")
                                              : EVP_EC_gen("P-256");

    must(key != NULL, "key");
    return key;
}

static void set_serial(X509 *x, struct bytes given)
{
    unsigned char octets[16];
    struct bytes serial = given;

    if (given.len == 0) {
        must(RAND_bytes(octets, sizeof(octets)) == 1, "serial");
        octets[0] = (unsigned char)((octets[0] & 0x3F) | 0x40); /* positive, no zero */
        serial = (struct bytes){octets, sizeof(octets)};
    }
    BIGNUM *number = BN_bin2bn(serial.data, (int)serial.len, NULL);
    must(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL,
         "serial");
    BN_free(number);
}

static void set_cn(X509 *x, const char *cn)
{
    X509_NAME *name = X509_NAME_new();

    if (cn != NULL) {
        must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                        (const unsigned char *)cn, -1, -1, 0) == 1,
             "subject");
    }
    must(X509_set_subject_name(x, name) == 1, "subject");
    X509_NAME_free(name);
}

static void add_extension(X509 *x, X509 *issuer, const char *text)
{
    AUTO(string) name = mem_strdup(text);
    char *value = strchr(name, '=');
    CONF *conf = NCONF_new(NULL);
    X509V3_CTX ctx;

    must(value != NULL, text);
    *value++ = '\0';
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    X509_EXTENSION *ext = X509V3_EXT_nconf(conf, &ctx, name, value);
    must(ext != NULL && X509_add_ext(x, ext, -1) == 1, text);
    X509_EXTENSION_free(ext);
    NCONF_free(conf);
}

/* All but the signature; issuer NULL: itself. */
static X509 *build(const struct fixture_leaf *leaf, EVP_PKEY *own_key, X509 *issuer)
{
    X509 *x = X509_new();
    X509 *signer = issuer == NULL ? x : issuer;
    int64_t not_before =
        leaf->not_before_utc == 0 ? FIXTURE_NOT_BEFORE : leaf->not_before_utc;
    int64_t not_after =
        leaf->not_after_utc == 0 ? FIXTURE_NOT_AFTER : leaf->not_after_utc;

    must(X509_set_version(x, X509_VERSION_3) == 1, "version");
    set_serial(x, leaf->serial);
    set_cn(x, leaf->cn);
    must(X509_set_issuer_name(x, X509_get_subject_name(signer)) == 1, "issuer");
    must(ASN1_TIME_adj(X509_getm_notBefore(x), not_before, 0, 0) != NULL, "notBefore");
    must(ASN1_TIME_adj(X509_getm_notAfter(x), not_after, 0, 0) != NULL, "notAfter");
    must(X509_set_pubkey(x, own_key) == 1, "key");
    for (size_t i = 0; i < 16 && leaf->extensions[i] != NULL; i++) {
        add_extension(x, signer, leaf->extensions[i]);
    }
    return x;
}

static void sign(X509 *x, EVP_PKEY *key, const char *digest)
{
    bool own = EVP_PKEY_is_a(key, "ED25519") == 1 ||
               EVP_PKEY_is_a(key, "ED448") == 1; /* they bring their own digest */
    const EVP_MD *md =
        own ? NULL : EVP_get_digestbyname(digest == NULL ? "SHA256" : digest);

    must((own || md != NULL) && X509_sign(x, key, md) > 0, "signature");
}

static void append_der(X509 *x, bool bad_signature, struct buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);

    must(len > 0, "DER");
    buf_append(out, der, (size_t)len);
    if (bad_signature) {
        out->data[out->len - 1] ^= 1;
    }
    OPENSSL_free(der);
}

struct fixture_ca *fixture_ca_new(enum fixture_key kind, const char *cn,
                                  const struct fixture_ca *parent, int path_length)
{
    struct fixture_ca *ca = mem_new(sizeof(*ca));
    AUTO(string)
    constraints =
        path_length < 0
            ? mem_strdup("basicConstraints=critical,CA:TRUE")
            : mem_printf("basicConstraints=critical,CA:TRUE,pathlen:%d", path_length);
    struct fixture_leaf leaf = {
        .cn = cn,
        .extensions = {constraints, "keyUsage=critical,keyCertSign,cRLSign",
                       "subjectKeyIdentifier=hash",
                       parent == NULL ? NULL : "authorityKeyIdentifier=keyid:always"}};
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;

    ca->key = new_key(kind);
    ca->certificate = build(&leaf, ca->key, parent == NULL ? NULL : parent->certificate);
    sign(ca->certificate, parent == NULL ? ca->key : parent->key, NULL);
    append_der(ca->certificate, false, &ca->der);
    must(PEM_write_bio_PKCS8PrivateKey(bio, ca->key, NULL, NULL, 0, NULL, NULL) == 1,
         "private key");
    long len = BIO_get_mem_data(bio, &pem);
    buf_append(&ca->key_pem, pem, (size_t)len);
    BIO_free(bio);
    return ca;
}

void fixture_ca_free(struct fixture_ca *ca)
{
    if (ca != NULL) {
        EVP_PKEY_free(ca->key);
        X509_free(ca->certificate);
        buf_clear(&ca->der);
        buf_clear(&ca->key_pem);
        free(ca);
    }
}

struct bytes fixture_ca_certificate(const struct fixture_ca *ca)
{
    return buf_bytes(&ca->der);
}

struct bytes fixture_ca_key(const struct fixture_ca *ca)
{
    return buf_bytes(&ca->key_pem);
}

static EVP_PKEY *key_of(const struct fixture_leaf *leaf)
{
    const unsigned char *in = leaf->spki.data;

    if (leaf->spki.len == 0) {
        return new_key(FIXTURE_EC);
    }
    EVP_PKEY *key = d2i_PUBKEY(NULL, &in, (long)leaf->spki.len);
    must(key != NULL, "key of a SubjectPublicKeyInfo");
    return key;
}

void fixture_ca_issue(const struct fixture_ca *ca, const struct fixture_leaf *leaf,
                      struct buf *out)
{
    EVP_PKEY *key = key_of(leaf);
    X509 *x = build(leaf, key, ca->certificate);

    sign(x, ca->key, leaf->digest);
    append_der(x, leaf->bad_signature, out);
    X509_free(x);
    EVP_PKEY_free(key);
}

void fixture_self_signed(const struct fixture_leaf *leaf, struct buf *out)
{
    EVP_PKEY *key = new_key(FIXTURE_EC);
    X509 *x = build(leaf, key, NULL);

    sign(x, key, leaf->digest);
    append_der(x, leaf->bad_signature, out);
    X509_free(x);
    EVP_PKEY_free(key);
}

void fixture_spki(enum fixture_key kind, struct buf *out)
{
    EVP_PKEY *key = new_key(kind);
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    must(len > 0, "SubjectPublicKeyInfo");
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}
