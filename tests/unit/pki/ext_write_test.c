/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/conf.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_write.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

#define SID      "S-1-5-21-2127521184-1604012920-1887927527-513"
#define TEMPLATE "1.3.6.1.4.1.311.21.8.1.2.3"

static const char configuration[] =
    "[crl]\nfullname=URI:http://a.test/1.crl,URI:http://b.test/1.crl\n"
    "[policy]\npolicyIdentifier=1.2.4\nCPS.1=http://a.test/cps\n"
    "userNotice.1=@notice\n"
    "[notice]\nexplicitText=UTF8:Nur für Tests\n"
    "[sid]\nother=IMP:0,SEQUENCE:sid_other\n"
    "[sid_other]\noid=OID:1.3.6.1.4.1.311.25.2.1\n"
    "value=EXP:0,FORMAT:ASCII,OCT:" SID "\n"
    "[template]\noid=OID:" TEMPLATE "\nmajor=INTEGER:100\nminor=INTEGER:4294967295\n"
    "[bare_template]\noid=OID:" TEMPLATE "\n";

/* A key pair and a certificate of it, for what depends on one. */
static struct {
    EVP_PKEY *key;
    X509 *certificate;
    unsigned char *spki;
    size_t spki_len;
} subject;

static int make_subject(void **state)
{
    (void)state;
    subject.key = EVP_EC_gen("P-256");
    subject.certificate = X509_new();
    (void)X509_set_pubkey(subject.certificate, subject.key);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, NULL, subject.certificate, NULL, NULL, 0);
    X509_EXTENSION *ski =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
    (void)X509_add_ext(subject.certificate, ski, -1);
    X509_EXTENSION_free(ski);
    subject.spki_len = (size_t)i2d_PUBKEY(subject.key, &subject.spki);
    return subject.spki == NULL;
}

static int free_subject(void **state)
{
    (void)state;
    EVP_PKEY_free(subject.key);
    X509_free(subject.certificate);
    OPENSSL_free(subject.spki);
    return 0;
}

/* ---- what OpenSSL makes of text, and we of values ----------------------------------- */

static struct ext_texts texts(const char *const *list, size_t count)
{
    return (struct ext_texts){list, count};
}

static const char *const uses[] = {"1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"};
static const char *const crls[] = {"http://a.test/1.crl", "http://b.test/1.crl"};
static const char *const ocsp[] = {"http://a.test/ocsp"};
static const char *const issuers[] = {"http://a.test/ca.cer"};

static bool add_san(struct ext_list *list, struct error *err)
{
    struct general_name name = {GENERAL_DNS, "", bytes_of_text("web1.test")};
    struct general_names names = {&name, 1};
    return ext_add_san(list, &names, false, err);
}
static bool add_only_san(struct ext_list *list, struct error *err)
{
    struct general_name name = {GENERAL_DNS, "", bytes_of_text("web1.test")};
    struct general_names names = {&name, 1};
    return ext_add_san(list, &names, true, err);
}
static bool add_sid(struct ext_list *list, struct error *err)
{
    return ext_add_sid(list, SID, err);
}
static bool add_template(struct ext_list *list, struct error *err)
{
    const struct ext_template t = {TEMPLATE, true, true, 100, UINT32_MAX};
    return ext_add_template(list, &t, err);
}
static bool add_bare_template(struct ext_list *list, struct error *err)
{
    const struct ext_template t = {.oid = TEMPLATE};
    return ext_add_template(list, &t, err);
}
static bool add_template_name(struct ext_list *list, struct error *err)
{
    return ext_add_template_name(list, "Maschine-\xc3\xbc\xe2\x82\xac", err);
}
static bool add_usage(struct ext_list *list, struct error *err)
{
    return ext_add_key_usage(list, EXT_KU_DIGITAL_SIGNATURE | EXT_KU_KEY_ENCIPHERMENT,
                             true, err);
}
static bool add_long_usage(struct ext_list *list, struct error *err)
{
    return ext_add_key_usage(list, EXT_KU_KEY_AGREEMENT | EXT_KU_DECIPHER_ONLY, false,
                             err);
}
static bool add_eku(struct ext_list *list, struct error *err)
{
    return ext_add_extended_key_usage(list, texts(uses, 2), false, err);
}
static bool add_application(struct ext_list *list, struct error *err)
{
    return ext_add_application_policies(list, texts(uses, 2), false, err);
}
static bool add_policies(struct ext_list *list, struct error *err)
{
    const struct ext_policy policies[] = {
        {"1.2.3", "", ""}, {"1.2.4", "http://a.test/cps", "Nur f\xc3\xbcr Tests"}};
    return ext_add_policies(list, policies, 2, true, err);
}
static bool add_end_entity(struct ext_list *list, struct error *err)
{
    return ext_add_end_entity(list, false, err);
}
static bool add_ca(struct ext_list *list, struct error *err)
{
    return ext_add_ca(list, EXT_NO_PATH_LENGTH, err);
}
static bool add_last_ca(struct ext_list *list, struct error *err)
{
    return ext_add_ca(list, 0, err);
}
static bool add_aki(struct ext_list *list, struct error *err)
{
    unsigned char id[EVP_MAX_MD_SIZE];
    struct bytes key_id = {id, 0};
    unsigned int len = 0;
    assert_int_equal(X509_pubkey_digest(subject.certificate, EVP_sha1(), id, &len), 1);
    key_id.len = len;
    return ext_add_aki(list, key_id, err);
}
static bool add_ski(struct ext_list *list, struct error *err)
{
    return ext_add_ski(list, (struct bytes){subject.spki, subject.spki_len}, err);
}
static bool add_crls(struct ext_list *list, struct error *err)
{
    return ext_add_crl_points(list, texts(crls, 2), err);
}
static bool add_authority(struct ext_list *list, struct error *err)
{
    return ext_add_authority_info(list, texts(ocsp, 1), texts(issuers, 1), err);
}

static const struct {
    const char *oid;
    const char *openssl; /* its name or OID there; NULL: as oid */
    const char *value;
    bool (*add)(struct ext_list *list, struct error *err);
} cases[] = {
    {EXT_OID_SAN, NULL, "DNS:web1.test", add_san},
    {EXT_OID_SAN, NULL, "critical,DNS:web1.test", add_only_san},
    {EXT_OID_SID, NULL, "ASN1:SEQUENCE:sid", add_sid},
    {EXT_OID_TEMPLATE, NULL, "ASN1:SEQUENCE:template", add_template},
    {EXT_OID_TEMPLATE, NULL, "ASN1:SEQUENCE:bare_template", add_bare_template},
    {EXT_OID_TEMPLATE_NAME, NULL, "ASN1:FORMAT:UTF8,BMP:Maschine-\xc3\xbc\xe2\x82\xac",
     add_template_name},
    {EXT_OID_KEY_USAGE, NULL, "critical,digitalSignature,keyEncipherment", add_usage},
    {EXT_OID_KEY_USAGE, NULL, "keyAgreement,decipherOnly", add_long_usage},
    {EXT_OID_EXTENDED_KEY_USAGE, NULL, "clientAuth,1.3.6.1.4.1.311.20.2.2", add_eku},
    {EXT_OID_APPLICATION_POLICIES, "certificatePolicies",
     "1.3.6.1.5.5.7.3.2,1.3.6.1.4.1.311.20.2.2", add_application},
    {EXT_OID_POLICIES, NULL, "critical,1.2.3,@policy", add_policies},
    {EXT_OID_BASIC_CONSTRAINTS, NULL, "CA:FALSE", add_end_entity},
    {EXT_OID_BASIC_CONSTRAINTS, NULL, "critical,CA:TRUE", add_ca},
    {EXT_OID_BASIC_CONSTRAINTS, NULL, "critical,CA:TRUE,pathlen:0", add_last_ca},
    {EXT_OID_KEY_USAGE, NULL, "critical,keyCertSign,cRLSign", ext_add_ca_key_usage},
    {EXT_OID_AKI, NULL, "keyid:always", add_aki},
    {EXT_OID_SKI, NULL, "hash", add_ski},
    {EXT_OID_CRL_POINTS, NULL, "crl", add_crls},
    {EXT_OID_AUTHORITY_INFO, NULL,
     "OCSP;URI:http://a.test/ocsp,caIssuers;URI:http://a.test/ca.cer", add_authority},
    {EXT_OID_OCSP_NO_CHECK, NULL, "ignored", ext_add_ocsp_no_check},
};

static X509_EXTENSION *openssl_extension(const char *name, const char *value)
{
    BIO *bio = BIO_new_mem_buf(configuration, -1);
    CONF *conf = NCONF_new(NULL);
    X509V3_CTX ctx;

    assert_int_equal(NCONF_load_bio(conf, bio, NULL), 1);
    X509V3_set_ctx(&ctx, subject.certificate, subject.certificate, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    int nid = OBJ_txt2nid(name);
    X509_EXTENSION *ext = strncmp(value, "ASN1:", 5) == 0
                              ? X509V3_EXT_nconf(conf, &ctx, name, value)
                              : X509V3_EXT_nconf(conf, &ctx, OBJ_nid2sn(nid), value);
    NCONF_free(conf);
    BIO_free(bio);
    return ext;
}

static void extensions_are_openssls_octets(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        X509_EXTENSION *expected = openssl_extension(
            cases[i].openssl == NULL ? cases[i].oid : cases[i].openssl, cases[i].value);

        if (expected == NULL) {
            fail_msg("OpenSSL cannot read '%s'", cases[i].value);
        }
        if (!cases[i].add(&list, &err)) {
            fail_msg("'%s': %s", cases[i].value, err.message);
        }
        const ASN1_OCTET_STRING *der = X509_EXTENSION_get_data(expected);
        struct bytes value = {ASN1_STRING_get0_data(der),
                              (size_t)ASN1_STRING_length(der)};
        if (list.count != 1 || strcmp(list.items[0].oid, cases[i].oid) != 0 ||
            list.items[0].critical != (X509_EXTENSION_get_critical(expected) > 0) ||
            !bytes_equal(list.items[0].der, value)) {
            fail_msg("'%s' differs", cases[i].value);
        }
        X509_EXTENSION_free(expected);
    }
}

/* The example of the SID extension: its octets up to the text are known. */
static void ext_add_sid_writes_the_known_octets(void **state)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    AUTO(buf) expected = BUF_EMPTY;
    struct error err = {0};
    (void)state;
    der_text("303fa03d060a2b060104018237190201a02f042d '" SID "'", &expected);

    assert_ok(ext_add_sid(&list, SID, &err), &err);

    assert_true(bytes_equal(list.items[0].der, buf_bytes(&expected)));
}

static void ext_add_sid_takes_decimal_sids_only(void **state)
{
    static const struct {
        const char *sid;
        bool good;
    } sids[] = {
        {"S-1-5-18", true},
        {"S-1-281474976710655-1", true},
        {"S-1-281474976710656-1", false},
        {"S-1-5-4294967295", true},
        {"S-1-5-4294967296", false},
        {"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", true},
        {"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", false},
        {"S-1-5", false},
        {"S-1-5-", false},
        {"S-1-5-21-", false},
        {"S-1-5--21", false},
        {"S-1-5-021", false},
        {"S-1-5-21 ", false},
        {"S-1-5-21x", false},
        {"S-1-0x5-21", false},
        {"S-2-5-21", false},
        {"s-1-5-21", false},
        {"", false},
        {"S-1-5-99999999999999999999", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(sids); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        if (ext_add_sid(&list, sids[i].sid, &err) != sids[i].good) {
            fail_msg("'%s'", sids[i].sid);
        }
    }
}

/* I4: no end entity's certificate signs certificates or CRLs. */
static void i4_ext_add_key_usage_refuses_ca_bits(void **state)
{
    static const struct {
        uint32_t usage;
        bool good;
    } usages[] = {
        {EXT_KU_DIGITAL_SIGNATURE, true},
        {EXT_KU_ALL & ~(EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN), true},
        {EXT_KU_KEY_AGREEMENT | EXT_KU_ENCIPHER_ONLY, true},
        {EXT_KU_ENCIPHER_ONLY, false},
        {EXT_KU_DIGITAL_SIGNATURE | EXT_KU_DECIPHER_ONLY, false},
        {EXT_KU_KEY_CERT_SIGN, false},
        {EXT_KU_CRL_SIGN | EXT_KU_DIGITAL_SIGNATURE, false},
        {EXT_KU_ALL, false},
        {0, false},
        {1 << 9, false},
        {UINT32_C(1) << 31, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(usages); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        if (ext_add_key_usage(&list, usages[i].usage, true, &err) != usages[i].good) {
            fail_msg("0x%x", usages[i].usage);
        }
    }
}

/* I4: anyExtendedKeyUsage and Microsoft's twin of it. */
static void i4_purposes_are_named_once_and_never_all(void **state)
{
    static const struct {
        const char *oids[3];
        size_t count;
        const char *words; /* NULL: good */
    } lists[] = {
        {{"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"}, 2, NULL},
        {{"1.3.6.1.5.5.7.3.2", "2.5.29.37.0"}, 2, "allows every use"},
        {{"1.3.6.1.4.1.311.10.12.1"}, 1, "allows every use"},
        {{"1.3.6.1.5.5.7.3.2", "1.2.3", "1.3.6.1.5.5.7.3.2"}, 3, "is there twice"},
        {{"clientAuth"}, 1, "is no OID"},
        {{NULL}, 0, "0 entries"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct ext_texts oids = texts(lists[i].oids, lists[i].count);
        struct error err = {0};

        if (lists[i].words == NULL) {
            assert_ok(ext_add_extended_key_usage(&list, oids, true, &err), &err);
            assert_ok(ext_add_application_policies(&list, oids, true, &err), &err);
            continue;
        }
        assert_fails(ext_add_extended_key_usage(&list, oids, true, &err), &err,
                     ERROR_INVALID, lists[i].words);
        assert_fails(ext_add_application_policies(&list, oids, true, &err), &err,
                     ERROR_INVALID, lists[i].words);
        assert_int_equal(list.count, 0);
    }
}

static void ext_lists_of_oids_and_uris_are_bounded(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    const char **oids = name_store_new(&store, (EXT_OIDS_MAX + 1) * sizeof(*oids));
    const char **uris = name_store_new(&store, (EXT_OIDS_MAX + 1) * sizeof(*uris));
    struct ext_policy *policies =
        name_store_new(&store, (EXT_OIDS_MAX + 1) * sizeof(*policies));
    (void)state;

    for (size_t i = 0; i <= EXT_OIDS_MAX; i++) {
        AUTO(string) oid = mem_printf("1.2.%zu", i);
        oids[i] = name_store_copy(&store, oid, strlen(oid));
        uris[i] = "http://a.test/";
        policies[i] = (struct ext_policy){oids[i], "", ""};
    }
    for (size_t extra = 0; extra <= 1; extra++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        size_t count = EXT_OIDS_MAX + extra;
        bool good = extra == 0;

        assert_true(ext_add_extended_key_usage(&list, texts(oids, count), false, &err) ==
                    good);
        assert_true(ext_add_policies(&list, policies, count, false, &err) == good);
        assert_true(ext_add_crl_points(&list, texts(uris, count), &err) == good);
        assert_true(ext_add_authority_info(&list, texts(uris, count), texts(uris, 0),
                                           &err) == good);
    }
}

static void ext_add_policies_checks_each_policy(void **state)
{
    static const struct {
        struct ext_policy policies[2];
        size_t count;
        const char *words; /* NULL: good */
    } lists[] = {
        {{{"1.2.3", "https://a.test/cps", "x"}, {"1.2.4", "", ""}}, 2, NULL},
        {{{"1.2.3", "", ""}, {"1.2.3", "", ""}}, 2, "twice"},
        {{{"2.5.29.32.0", "", ""}}, 1, "any policy"},
        {{{"x", "", ""}}, 1, "no OID"},
        {{{"1.2.3", "a.test", ""}}, 1, "scheme"},
        {{{"1.2.3", "", "a\nb"}}, 1, "control"},
        {{{"1.2.3", "", ""}}, 0, "0 policies"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        bool good =
            ext_add_policies(&list, lists[i].policies, lists[i].count, false, &err);

        if (good != (lists[i].words == NULL) ||
            (!good && strstr(err.message, lists[i].words) == NULL)) {
            fail_msg("case %zu: '%s'", i, err.message);
        }
    }
}

/* RFC 5280 4.2.1.4: explicitText has at most 200 characters. */
static void ext_add_policies_counts_a_notices_characters(void **state)
{
    AUTO(buf) notice = BUF_EMPTY;
    (void)state;

    for (size_t i = 0; i < 200; i++) {
        buf_append_text(&notice, "\xc3\xbc");
    }
    for (size_t extra = 0; extra <= 1; extra++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct ext_policy policy = {"1.2.3", "", buf_text(&notice)};
        struct error err = {0};
        assert_true(ext_add_policies(&list, &policy, 1, false, &err) == (extra == 0));
        buf_append_text(&notice, "x");
    }
}

static void ext_uris_are_plain_http(void **state)
{
    static const struct {
        const char *uri;
        bool good;
    } uris[] = {
        {"http://pki.test/crl/1-0.crl", true},
        {"http://[2001:db8::1]/a", true},
        {"https://pki.test/1.crl", false},
        {"ldap://pki.test/cn=x", false},
        {"file:///etc/passwd", false},
        {"HTTP://pki.test/1.crl", false},
        {"http:/1.crl", false},
        {"http://pki.test/a b", false},
        {"", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(uris); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct ext_texts one = texts(&uris[i].uri, 1);
        struct ext_texts none = texts(NULL, 0);
        struct error err = {0};

        if (ext_add_crl_points(&list, one, &err) != uris[i].good ||
            ext_add_authority_info(&list, none, one, &err) != uris[i].good) {
            fail_msg("'%s'", uris[i].uri);
        }
        ext_list_clear(&list);
        assert_true(ext_add_authority_info(&list, one, none, &err) == uris[i].good);
        assert_false(ext_add_authority_info(&list, none, none, &err));
        assert_false(ext_add_crl_points(&list, none, &err));
    }
}

static void ext_add_template_needs_a_major_before_a_minor(void **state)
{
    const struct ext_template minor_only = {TEMPLATE, false, true, 0, 1};
    const struct ext_template no_oid = {"x", true, true, 1, 1};
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(ext_add_template(&list, &minor_only, &err), &err, ERROR_INVALID,
                 "no major one");
    assert_fails(ext_add_template(&list, &no_oid, &err), &err, ERROR_INVALID,
                 "no template's OID");
    assert_int_equal(list.count, 0);
}

static void ext_add_template_name_takes_plain_text_of_the_basic_plane(void **state)
{
    static const struct {
        const char *name;
        bool good;
    } names[] = {{"Machine", true},
                 {"", false},
                 {"a\nb", false},
                 {"\xf0\x9f\x94\x91", false}, /* U+1F511 */
                 {"\xff", false}};
    AUTO(octets) longest = mem_array(258, 1);
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ext_list_clear(&list);
        if (ext_add_template_name(&list, names[i].name, &err) != names[i].good) {
            fail_msg("'%s'", names[i].name);
        }
    }
    memset(longest, 'x', 257);
    ext_list_clear(&list);
    assert_false(ext_add_template_name(&list, (const char *)longest, &err));
    longest[256] = '\0';
    assert_ok(ext_add_template_name(&list, (const char *)longest, &err), &err);
}

static void ext_key_identifiers_are_bounded(void **state)
{
    static const unsigned char id[65];
    static const unsigned char no_key[] = {0x30, 0x00};
    AUTO(buf) odd_bits = BUF_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(ext_add_aki(&list, (struct bytes){id, 0}, &err), &err, ERROR_INVALID,
                 "0 octets");
    assert_fails(ext_add_aki(&list, (struct bytes){id, 65}, &err), &err, ERROR_INVALID,
                 "65 octets");
    assert_ok(ext_add_aki(&list, (struct bytes){id, 64}, &err), &err);
    assert_fails(ext_add_ski(&list, (struct bytes){no_key, 2}, &err), &err, ERROR_INVALID,
                 "SubjectPublicKeyInfo");
    der_text("30(30(06032b6570)03(04 ff))", &odd_bits);
    assert_fails(ext_add_ski(&list, buf_bytes(&odd_bits), &err), &err, ERROR_INVALID,
                 "SubjectPublicKeyInfo");
}

/* OpenSSL's hash fails once. */
int __wrap_EVP_Digest(const void *data, size_t count, unsigned char *md,
                      unsigned int *size, const EVP_MD *type, ENGINE *impl);
int __real_EVP_Digest(const void *data, size_t count, unsigned char *md,
                      unsigned int *size, const EVP_MD *type, ENGINE *impl);
static bool digest_fails;

int __wrap_EVP_Digest(const void *data, size_t count, unsigned char *md,
                      unsigned int *size, const EVP_MD *type, ENGINE *impl)
{
    return digest_fails ? 0 : __real_EVP_Digest(data, count, md, size, type, impl);
}

static void ext_add_ski_says_when_openssl_cannot_hash(void **state)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    digest_fails = true;
    bool good = add_ski(&list, &err);
    digest_fails = false;

    assert_fails(good, &err, ERROR_INTERNAL, "naming the key");
    assert_int_equal(list.count, 0);
    assert_ok(add_ski(&list, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_are_openssls_octets),
        cmocka_unit_test(ext_add_sid_writes_the_known_octets),
        cmocka_unit_test(ext_add_sid_takes_decimal_sids_only),
        cmocka_unit_test(i4_ext_add_key_usage_refuses_ca_bits),
        cmocka_unit_test(i4_purposes_are_named_once_and_never_all),
        cmocka_unit_test(ext_lists_of_oids_and_uris_are_bounded),
        cmocka_unit_test(ext_add_policies_checks_each_policy),
        cmocka_unit_test(ext_add_policies_counts_a_notices_characters),
        cmocka_unit_test(ext_uris_are_plain_http),
        cmocka_unit_test(ext_add_template_needs_a_major_before_a_minor),
        cmocka_unit_test(ext_add_template_name_takes_plain_text_of_the_basic_plane),
        cmocka_unit_test(ext_key_identifiers_are_bounded),
        cmocka_unit_test(ext_add_ski_says_when_openssl_cannot_hash),
    };
    return cmocka_run_group_tests(tests, make_subject, free_subject);
}
