/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/cert.h"
#include "common/pki/cert_build.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_write.h"

#include "tests/support/der_text.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

/* One certificate to be built, and who signs it. */
struct building {
    struct fixture_ca *ca;
    struct cert *issuer;
    struct key *key;
    struct buf spki;
    struct name_ava cn;
    struct name_dn subject;
    struct ext_list extensions;
    struct cert_fields fields;
};

static const unsigned char serial[16] = {0x41, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void add_extensions(struct building *b)
{
    static const char *const uses[] = {"1.3.6.1.5.5.7.3.2"};
    struct general_name san = {GENERAL_DNS, "", bytes_of_text("web1.test")};
    struct general_names sans = {&san, 1};
    struct bytes key_id = {NULL, 0};
    struct error err = {0};
    const struct ext *ski = ext_list_find(cert_get_extensions(b->issuer), EXT_OID_SKI);

    key_id = (struct bytes){ski->der.data + 2, ski->der.len - 2};
    assert_ok(ext_add_san(&b->extensions, &sans, b->subject.count == 0, &err), &err);
    assert_ok(ext_add_key_usage(&b->extensions, EXT_KU_DIGITAL_SIGNATURE, true, &err),
              &err);
    assert_ok(ext_add_extended_key_usage(&b->extensions, (struct ext_texts){uses, 1},
                                         false, &err),
              &err);
    assert_ok(ext_add_aki(&b->extensions, key_id, &err), &err);
    assert_ok(ext_add_ski(&b->extensions, buf_bytes(&b->spki), &err), &err);
    assert_ok(ext_add_sid(&b->extensions, "S-1-5-21-1-2-3-1104", &err), &err);
}

static void prepare(struct building *b, enum fixture_key kind, const char *cn)
{
    struct error err = {0};

    *b = (struct building){.ca = fixture_ca_new(kind, "Issuing CA", NULL, 0)};
    assert_ok(cert_parse(fixture_ca_certificate(b->ca), &b->issuer, &err), &err);
    assert_ok(key_from_pem(fixture_ca_key(b->ca), NULL, &b->key, &err), &err);
    fixture_spki(kind, &b->spki);
    b->cn = (struct name_ava){"2.5.4.3", cn, NAME_UTF8, false};
    b->subject = (struct name_dn){&b->cn, cn == NULL ? 0 : 1};
    add_extensions(b);
    b->fields = (struct cert_fields){
        .serial = {serial, sizeof(serial)},
        .sig_alg = sig_default(key_get_info(b->key)),
        .issuer = cert_get_subject(b->issuer),
        .subject = &b->subject,
        .not_before_utc = FIXTURE_NOT_BEFORE,
        .not_after_utc = FIXTURE_NOT_AFTER,
        .spki = buf_bytes(&b->spki),
        .extensions = &b->extensions,
    };
}

static void forget(struct building *b)
{
    fixture_ca_free(b->ca);
    cert_free(b->issuer);
    key_free(b->key);
    buf_clear(&b->spki);
    ext_list_clear(&b->extensions);
}

static void finish(const struct building *b, struct bytes tbs, struct buf *out)
{
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};

    assert_ok(sig_sign(b->key, b->fields.sig_alg, tbs, &signature, &err), &err);
    assert_ok(cert_assemble(tbs, b->fields.sig_alg, buf_bytes(&signature), out, &err),
              &err);
}

static X509 *to_openssl(struct bytes der)
{
    const unsigned char *in = der.data;
    X509 *x = d2i_X509(NULL, &in, (long)der.len);

    assert_non_null(x);
    assert_ptr_equal(in, der.data + der.len);
    return x;
}

/* What "openssl verify -x509_strict" does. */
static int verify_strictly(const struct building *b, struct bytes der)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509 *leaf = to_openssl(der);
    X509 *root = to_openssl(fixture_ca_certificate(b->ca));

    (void)X509_STORE_add_cert(store, root);
    (void)X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), FIXTURE_NOW);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    int code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_free(leaf);
    X509_free(root);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return code;
}

static void built_certificates_verify_strictly(void **state)
{
    static const char *const names[] = {"web1.test", NULL};
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_RSA; kind++) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            struct building b;
            AUTO(buf) tbs = BUF_EMPTY;
            AUTO(buf) der = BUF_EMPTY;
            AUTO(cert) cert = NULL;
            struct error err = {0};
            prepare(&b, (enum fixture_key)kind, names[i]);

            assert_ok(cert_build_tbs(&b.fields, &tbs, &err), &err);
            finish(&b, buf_bytes(&tbs), &der);
            int code = verify_strictly(&b, buf_bytes(&der));
            assert_string_equal(X509_verify_cert_error_string(code), "ok");
            assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
            assert_true(bytes_equal(cert_get_tbs(cert), buf_bytes(&tbs)));
            assert_true(cert_has_spki(cert, buf_bytes(&b.spki)));
            assert_ok(cert_check_signature(cert, b.key, &err), &err);
            forget(&b);
        }
    }
}

static void openssl_extension(X509 *x, const struct ext *ext)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj(ext->oid, 1);

    (void)ASN1_OCTET_STRING_set(value, ext->der.data, (int)ext->der.len);
    X509_EXTENSION *e =
        X509_EXTENSION_create_by_OBJ(NULL, oid, ext->critical ? 1 : 0, value);
    (void)X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
}

/* The same fields, put together by OpenSSL. */
static void openssl_tbs(const struct building *b, struct buf *out)
{
    X509 *x = X509_new();
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    const unsigned char *in = b->spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &in, (long)b->spki.len);
    X509 *issuer = to_openssl(fixture_ca_certificate(b->ca));
    unsigned char *der = NULL;

    (void)X509_set_version(x, X509_VERSION_3);
    (void)BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    (void)X509_set_issuer_name(x, X509_get_subject_name(issuer));
    X509_NAME *name = X509_NAME_new();
    (void)X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
                                     (const unsigned char *)b->cn.value, -1, -1, 0);
    (void)X509_set_subject_name(x, name);
    (void)ASN1_TIME_adj(X509_getm_notBefore(x), b->fields.not_before_utc, 0, 0);
    (void)ASN1_TIME_adj(X509_getm_notAfter(x), b->fields.not_after_utc, 0, 0);
    (void)X509_set_pubkey(x, key);
    for (size_t i = 0; i < b->extensions.count; i++) {
        openssl_extension(x, &b->extensions.items[i]);
    }
    EVP_PKEY *throw_away =
        EVP_PKEY_is_a(key, "RSA") ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    assert_true(X509_sign(x, throw_away, EVP_sha256()) > 0); /* names the algorithm */
    int len = i2d_re_X509_tbs(x, &der);
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    EVP_PKEY_free(throw_away);
    X509_NAME_free(name);
    X509_free(issuer);
    EVP_PKEY_free(key);
    BN_free(number);
    X509_free(x);
}

static void built_certificates_are_openssls_octets(void **state)
{
    static const int64_t ends[] = {FIXTURE_NOT_AFTER, 2524607999, 2524608000,
                                   253402300799};
    (void)state;

    for (int kind = FIXTURE_EC; kind <= FIXTURE_RSA; kind++) {
        struct building b;
        prepare(&b, (enum fixture_key)kind, "web1.test");
        for (size_t i = 0; i < COUNT_OF(ends); i++) {
            AUTO(buf) tbs = BUF_EMPTY;
            AUTO(buf) expected = BUF_EMPTY;
            struct error err = {0};
            b.fields.not_after_utc = ends[i];

            openssl_tbs(&b, &expected);
            assert_ok(cert_build_tbs(&b.fields, &tbs, &err), &err);
            assert_true(bytes_equal(buf_bytes(&tbs), buf_bytes(&expected)));
        }
        forget(&b);
    }
}

/* I2: sixteen octets; and what RFC 5280 4.1.2.2 leaves for others. */
static void cert_build_takes_serials_of_up_to_twenty_octets(void **state)
{
    static const struct {
        const char *serial;
        bool good;
    } serials[] = {
        {"01", true},
        {"00000001", true},
        {"7fffffffffffffffffffffffffffffffffffffff", true},
        {"00 7fffffffffffffffffffffffffffffffffffffff", true},
        {"80ffffffffffffffffffffffffffffffffffffff", false}, /* 21 with its sign */
        {"80ffffffffffffffffffffffffffffffffffff", true},
        {"017fffffffffffffffffffffffffffffffffffffff", false},
        {"00", false},
        {"", false},
    };
    struct building b;
    (void)state;
    prepare(&b, FIXTURE_EC, "web1.test");

    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        AUTO(buf) tbs = BUF_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        AUTO(cert) cert = NULL;
        struct error err = {0};
        der_text(serials[i].serial, &octets);
        b.fields.serial = buf_bytes(&octets);

        if (cert_build_tbs(&b.fields, &tbs, &err) != serials[i].good) {
            fail_msg("'%s'", serials[i].serial);
        }
        if (serials[i].good) {
            finish(&b, buf_bytes(&tbs), &der);
            assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
        }
    }
    forget(&b);
}

/* Each damages one field of a building that is right. */
static void no_issuer(struct building *b)
{
    static const unsigned char empty[] = {0x30, 0x00};
    b->fields.issuer = (struct bytes){empty, sizeof(empty)};
}
static void broken_issuer(struct building *b)
{
    b->fields.issuer.len--;
}
static void two_issuers(struct building *b)
{
    b->fields.issuer.len = b->fields.issuer.len + 2; /* the times behind it */
}
static void broken_key(struct building *b)
{
    b->fields.spki.len--;
}
static void no_key(struct building *b)
{
    b->fields.spki.len = 0;
}
static void name_as_key(struct building *b)
{
    b->fields.spki = b->fields.issuer;
}
static void end_before_beginning(struct building *b)
{
    b->fields.not_after_utc = b->fields.not_before_utc - 1;
}
static void beyond_9999(struct building *b)
{
    b->fields.not_after_utc = INT64_C(253402300800);
}
static void before_1950(struct building *b)
{
    b->fields.not_before_utc = INT64_C(-631152001);
}
static void no_algorithm(struct building *b)
{
    b->fields.sig_alg = SIG_ALG_COUNT;
}
static void no_extensions(struct building *b)
{
    ext_list_clear(&b->extensions);
}
static void bad_subject(struct building *b)
{
    b->cn.value = "a\nb";
}
static void no_subject_and_a_san_that_is_not_critical(struct building *b)
{
    b->subject.count = 0;
}

static void cert_build_refuses_damaged_fields(void **state)
{
    static const struct {
        void (*damage)(struct building *b);
        const char *words;
    } damages[] = {
        {no_issuer, "issuer"},
        {broken_issuer, "issuer"},
        {two_issuers, "issuer"},
        {broken_key, "public key"},
        {no_key, "public key"},
        {name_as_key, "public key"},
        {end_before_beginning, "end before it begins"},
        {beyond_9999, "years 1950 to 9999"},
        {before_1950, "years 1950 to 9999"},
        {no_algorithm, "algorithm"},
        {no_extensions, "0 extensions"},
        {bad_subject, "subject: CN"},
        {no_subject_and_a_san_that_is_not_critical, "no critical subjectAltName"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct building b;
        AUTO(buf) tbs = BUF_EMPTY;
        struct error err = {0};
        prepare(&b, FIXTURE_EC, "web1.test");

        assert_ok(cert_build_tbs(&b.fields, &tbs, &err), &err);
        buf_clear(&tbs);
        damages[i].damage(&b);
        assert_fails(cert_build_tbs(&b.fields, &tbs, &err), &err, ERROR_INVALID,
                     damages[i].words);
        assert_int_equal(tbs.len, 0);
        forget(&b);
    }
}

static void cert_assemble_refuses_another_algorithm(void **state)
{
    static const unsigned char octets[] = {1, 2, 3};
    struct bytes signature = {octets, sizeof(octets)};
    struct building b;
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    (void)state;
    prepare(&b, FIXTURE_EC, "web1.test");
    assert_ok(cert_build_tbs(&b.fields, &tbs, &err), &err);
    struct bytes whole = buf_bytes(&tbs);

    assert_fails(cert_assemble(whole, SIG_ECDSA_SHA384, signature, &der, &err), &err,
                 ERROR_INVALID, "names another algorithm");
    assert_fails(cert_assemble(whole, SIG_ALG_COUNT, signature, &der, &err), &err,
                 ERROR_INVALID, "no such algorithm");
    assert_fails(
        cert_assemble(whole, SIG_ECDSA_SHA256, (struct bytes){NULL, 0}, &der, &err), &err,
        ERROR_INVALID, "no signature");
    assert_fails(cert_assemble((struct bytes){whole.data, whole.len - 1},
                               SIG_ECDSA_SHA256, signature, &der, &err),
                 &err, ERROR_INVALID, "names another algorithm");
    assert_int_equal(der.len, 0);
    assert_ok(cert_assemble(whole, SIG_ECDSA_SHA256, signature, &der, &err), &err);
    forget(&b);
}

static void cert_build_makes_ca_certificates_from_ca_extensions(void **state)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    struct building b;
    struct error err = {0};
    (void)state;
    prepare(&b, FIXTURE_EC, "Sub CA");
    b.fields.extensions = &list;

    assert_ok(ext_add_ca(&list, EXT_NO_PATH_LENGTH, &err), &err);
    assert_ok(ext_add_ca_key_usage(&list, &err), &err);
    assert_ok(cert_build_tbs(&b.fields, &tbs, &err), &err);
    finish(&b, buf_bytes(&tbs), &der);
    assert_ok(cert_parse(buf_bytes(&der), &cert, &err), &err);
    assert_true(cert_is_ca(cert));
    forget(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_certificates_verify_strictly),
        cmocka_unit_test(built_certificates_are_openssls_octets),
        cmocka_unit_test(cert_build_takes_serials_of_up_to_twenty_octets),
        cmocka_unit_test(cert_build_refuses_damaged_fields),
        cmocka_unit_test(cert_assemble_refuses_another_algorithm),
        cmocka_unit_test(cert_build_makes_ca_certificates_from_ca_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
