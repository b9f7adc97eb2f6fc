/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/conf.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/name.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

#define UPN    "060a2b060104018237140203" /* 1.3.6.1.4.1.311.20.2.3 */
#define GUID   "06092b0601040182371901"   /* 1.3.6.1.4.1.311.25.1 */
#define KRB5   "06062b0601050202"         /* 1.3.6.1.5.2.2 */
#define GUID16 "00112233445566778899aabbccddeeff"

/* KRB5PrincipalName of a realm, a name type and some components. */
#define PRINCIPAL(realm, type, strings)                                                  \
    "30(a0(" KRB5 "a0(30(a0(1b(" realm "))a1(30(a0(0201" type ")a1(30(" strings "))))))" \
    "))"

/* ---- every kind, made by OpenSSL from text ------------------------------------------ */

static const char configuration[] =
    "[guid]\notherName=1.3.6.1.4.1.311.25.1;FORMAT:HEX,OCT:" GUID16
    "\n[dir]\nO=Example\nCN=alice\n"
    "[dir2]\nO=Example\nCN=bob\n"
    "[alice]\n"
    "realm=EXP:0,GeneralString:EXAMPLE.TEST\n"
    "name=EXP:1,SEQUENCE:alice_name\n"
    "[alice_name]\n"
    "type=EXP:0,INTEGER:1\n"
    "strings=EXP:1,SEQUENCE:alice_strings\n"
    "[alice_strings]\n"
    "a=GeneralString:alice\n"
    "[host]\n"
    "realm=EXP:0,GeneralString:EXAMPLE.TEST\n"
    "name=EXP:1,SEQUENCE:host_name\n"
    "[host_name]\n"
    "type=EXP:0,INTEGER:1\n"
    "strings=EXP:1,SEQUENCE:host_strings\n"
    "[host_strings]\n"
    "a=GeneralString:host\n"
    "b=GeneralString:web1.example.test\n";

static const struct {
    const char *openssl;
    const char *printed;
    enum general_type type;
} kinds[] = {
    {"email:alice.b+c@Mail.example.test", "email:alice.b+c@Mail.example.test",
     GENERAL_EMAIL},
    {"DNS:web1.example.test", "dns:web1.example.test", GENERAL_DNS},
    {"DNS:xn--mller-kva.example.test", "dns:xn--mller-kva.example.test", GENERAL_DNS},
    {"DNS:*.example.test", "dns:*.example.test", GENERAL_DNS},
    {"DNS:web1", "dns:web1", GENERAL_DNS},
    {"URI:https://web1.example.test:8443/a?b=c%20#d",
     "uri:https://web1.example.test:8443/a?b=c%20#d", GENERAL_URI},
    {"URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
     "uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", GENERAL_URI},
    {"URI:http://[2001:db8::1]:80/", "uri:http://[2001:db8::1]:80/", GENERAL_URI},
    {"URI:http://192.0.2.1/", "uri:http://192.0.2.1/", GENERAL_URI},
    {"IP:192.0.2.1", "ip:192.0.2.1", GENERAL_IP},
    {"IP:2001:db8::1", "ip:2001:db8::1", GENERAL_IP},
    {"dirName:dir", "dir:CN=alice,O=Example", GENERAL_DIRECTORY},
    {"RID:1.3.6.1.4.1.311.21.8.1", "rid:1.3.6.1.4.1.311.21.8.1", GENERAL_RID},
    {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@example.test", "upn:alice@example.test",
     GENERAL_UPN},
    {"otherName:1.3.6.1.5.2.2;SEQUENCE:alice", "krb5:alice@EXAMPLE.TEST", GENERAL_KRB5},
    {"otherName:1.3.6.1.5.2.2;SEQUENCE:host", "krb5:host/web1.example.test@EXAMPLE.TEST",
     GENERAL_KRB5},
    {"@guid", "guid:33221100-5544-7766-8899-aabbccddeeff", GENERAL_GUID},
    {"otherName:2.25.7;IA5:x", "other:2.25.7:160178", GENERAL_OTHER},
};

/* The DER of GeneralNames as OpenSSL makes it. */
static void openssl_generals(const char *text, struct buf *out)
{
    BIO *bio = BIO_new_mem_buf(configuration, -1);
    CONF *conf = NCONF_new(NULL);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);

    assert_int_equal(NCONF_load_bio(conf, bio, NULL), 1);
    X509V3_set_nconf(&ctx, conf);
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, &ctx, NID_subject_alt_name, text);
    assert_non_null(ext);
    const ASN1_OCTET_STRING *der = X509_EXTENSION_get_data(ext);
    buf_append(out, ASN1_STRING_get0_data(der), (size_t)ASN1_STRING_length(der));
    X509_EXTENSION_free(ext);
    NCONF_free(conf);
    BIO_free(bio);
}

static void general_names_of_every_kind_are_openssls_octets(void **state)
{
    bool seen[GENERAL_TYPE_COUNT] = {false};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        AUTO(buf) text = BUF_EMPTY;
        struct general_names names = {NULL, 99};
        struct error err = {0};
        openssl_generals(kinds[i].openssl, &der);

        assert_ok(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err);
        assert_int_equal(names.count, 1);
        assert_int_equal(names.names[0].type, kinds[i].type);
        name_print_general(&names.names[0], &text);
        assert_string_equal(buf_text(&text), kinds[i].printed);
        assert_ok(name_encode_generals(&names, &again, &err), &err);
        assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
        seen[kinds[i].type] = true;
    }
    for (size_t i = 0; i < GENERAL_TYPE_COUNT; i++) {
        assert_true(seen[i]);
    }
}

static void general_names_keep_their_order(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct general_names names = {NULL, 0};
    struct error err = {0};
    (void)state;
    openssl_generals("DNS:b.test,IP:192.0.2.1,DNS:a.test", &der);

    assert_ok(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err);

    assert_int_equal(names.count, 3);
    assert_memory_equal(names.names[2].value.data, "a.test", 6);
    assert_ok(name_encode_generals(&names, &again, &err), &err);
    assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
}

static void general_names_read_dns_names_in_lower_case(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct general_names names = {NULL, 0};
    struct error err = {0};
    (void)state;
    der_text("30(82('WEB1.Example.TEST'))", &der);

    assert_ok(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err);

    assert_memory_equal(names.names[0].value.data, "web1.example.test", 17);
}

/* ---- each refusal beside its good twin ---------------------------------------------- */

static const struct {
    const char *label;
    const char *good;
    const char *bad;
    const char *words;
} twins[] = {
    {"empty list", "30(82('a.b'))", "30()", "1 to 256"},
    {"trailing octets", "30(82('a.b'))", "30(82('a.b'))00", "not DER"},
    {"indefinite length", "30(82('a.b'))", "3080 82('a.b') 0000", "not DER"},
    {"cut off", "30(82('a.b'))", "3005 8204 'a.b'", "list of 1 to"},
    {"x400Address", "30(a4(30(31(30(0603550403 0c('a'))))))", "30(a3(30()))",
     "x400Address"},
    {"ediPartyName", "30(82('a.b'))", "30(a5(a1(0c('a'))))", "ediPartyName"},
    {"unknown tag", "30(82('a.b'))", "30(89('a.b'))", "tag 137"},
    {"constructed dNSName", "30(82('a.b'))", "30(a2(0c('a.b')))", "tag 162"},
    {"NUL in a dNSName", "30(82('dc.tx.good.t'))", "30(82('dc.t' 00 '.good.t'))",
     "dNSName"},
    {"empty dNSName", "30(82('a'))", "30(82())", "dNSName"},
    {"trailing dot", "30(82('a.b'))", "30(82('a.b.'))", "dNSName"},
    {"leading dot", "30(82('a.b'))", "30(82('.a.b'))", "dNSName"},
    {"empty label", "30(82('a.b'))", "30(82('a..b'))", "dNSName"},
    {"underscore", "30(82('a-b.c'))", "30(82('a_b.c'))", "dNSName"},
    {"space", "30(82('a-b.c'))", "30(82('a b.c'))", "dNSName"},
    {"hyphen first", "30(82('a-b.c'))", "30(82('-ab.c'))", "dNSName"},
    {"hyphen last", "30(82('a-b.c'))", "30(82('ab-.c'))", "dNSName"},
    {"U-label", "30(82('xn--mller-kva.c'))", "30(82('m' c3bc 'ller.c'))", "dNSName"},
    {"reserved label", "30(82('xn--mller-kva.c'))", "30(82('xx--mller-kva.c'))",
     "dNSName"},
    {"empty A-label", "30(82('xn--a.c'))", "30(82('xn--.c'))", "dNSName"},
    {"address as a dNSName", "30(82('192.0.2.a'))", "30(82('192.0.2.1'))", "dNSName"},
    {"wildcard inside", "30(82('*.a.b'))", "30(82('a.*.b'))", "dNSName"},
    {"partial wildcard", "30(82('*.a.b'))", "30(82('w*.a.b'))", "dNSName"},
    {"wildcard alone", "30(82('*.a.b'))", "30(82('*'))", "dNSName"},
    {"wildcard of a top-level name", "30(82('*.a.b'))", "30(82('*.b'))", "wildcard"},
    {"two wildcards", "30(82('*.a.b'))", "30(82('*.*.b'))", "dNSName"},
    {"NUL in a mail address", "30(81('a@b.c'))", "30(81('a@b' 00 '.c'))", "rfc822Name"},
    {"mail address without a host", "30(81('a@b.c'))", "30(81('a@'))", "rfc822Name"},
    {"mail address without @", "30(81('a@b.c'))", "30(81('a.b.c'))", "rfc822Name"},
    {"two @", "30(81('a@b.c'))", "30(81('a@b@c'))", "rfc822Name"},
    {"display name", "30(81('a@b.c'))", "30(81('A <a@b.c>'))", "rfc822Name"},
    {"quoted local part", "30(81('a@b.c'))", "30(81('\"a\"@b.c'))", "rfc822Name"},
    {"dots in the local part", "30(81('a.b@b.c'))", "30(81('a..b@b.c'))", "rfc822Name"},
    {"dot at its end", "30(81('a.b@b.c'))", "30(81('a.@b.c'))", "rfc822Name"},
    {"no local part", "30(81('a@b.c'))", "30(81('@b.c'))", "rfc822Name"},
    {"address literal", "30(81('a@b.c'))", "30(81('a@[192.0.2.1]'))", "rfc822Name"},
    {"mail address in UTF-8", "30(81('a@b.c'))", "30(81(c3a4 '@b.c'))", "rfc822Name"},
    {"relative URI", "30(86('http://a.b/c'))", "30(86('/c'))", "scheme"},
    {"URI of a scheme", "30(86('http:c'))", "30(86('http:'))", "scheme"},
    {"scheme with a digit first", "30(86('h1:c'))", "30(86('1h:c'))", "scheme"},
    {"empty URI", "30(86('a:b'))", "30(86())", "is empty"},
    {"space in a URI", "30(86('a:b%20c'))", "30(86('a:b c'))", "character"},
    {"bad percent", "30(86('a:b%20c'))", "30(86('a:b%2'))", "character"},
    {"bad percent digits", "30(86('a:b%20c'))", "30(86('a:b%2xc'))", "character"},
    {"NUL in a URI", "30(86('a:bc'))", "30(86('a:b' 00 'c'))", "character"},
    {"NUL after percent", "30(86('a:b%20c'))", "30(86('a:b%' 00 '0c'))", "character"},
    {"no host", "30(86('ldap://a/b'))", "30(86('ldap:///b'))", "names no host"},
    {"user in a URI", "30(86('http://a.b/c@d'))", "30(86('http://a.b@c.d/'))",
     "names no host"},
    {"port without digits", "30(86('http://a.b:80/'))", "30(86('http://a.b:8a/'))",
     "names no host"},
    {"open bracket", "30(86('http://[::1]/'))", "30(86('http://[::1/'))",
     "names no host"},
    {"no address in brackets", "30(86('http://[::1]/'))", "30(86('http://[x]/'))",
     "names no host"},
    {"number as a host", "30(86('http://1.2.3.4/'))", "30(86('http://1.2.3/'))",
     "names no host"},
    {"IP with a mask", "30(87(c0000201))", "30(87(c0000201 ffffff00))", "8 octets"},
    {"empty IP", "30(87(c0000201))", "30(87())", "0 octets"},
    {"IP of five octets", "30(87(" GUID16 "))", "30(87(c000020101))", "5 octets"},
    {"directoryName implicit", "30(a4(30(31(30(0603550403 0c('a'))))))",
     "30(a4(31(30(0603550403 0c('a')))))", "directoryName: not one"},
    {"empty directoryName", "30(a4(30(31(30(0603550403 0c('a'))))))", "30(a4(30()))",
     "directoryName is empty"},
    {"BMPString in a directoryName", "30(a4(30(31(30(0603550403 0c('a'))))))",
     "30(a4(30(31(30(0603550403 1e(0061))))))", "directoryName: CN has a string type"},
    {"registeredID cut off", "30(88(2a03))", "30(88(2a83))", "registeredID"},
    {"otherName without value", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "))",
     "otherName is not DER"},
    {"otherName with more", "30(a0(" UPN "a0(0c('a@b'))))",
     "30(a0(" UPN "a0(0c('a@b'))0500))", "otherName is not DER"},
    {"otherName implicit", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "80('a@b')))",
     "otherName is not DER"},
    {"UPN as IA5String", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "a0(16('a@b'))))",
     "not a UTF8String"},
    {"UPN twice", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "a0(0c('a@b')0c('c@b'))))",
     "not a UTF8String"},
    {"UPN without @", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "a0(0c('ab'))))",
     "user@suffix"},
    {"UPN with two @", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "a0(0c('a@b@c'))))",
     "user@suffix"},
    {"UPN without a user", "30(a0(" UPN "a0(0c('a@b'))))", "30(a0(" UPN "a0(0c('@b'))))",
     "user@suffix"},
    {"UPN without a suffix", "30(a0(" UPN "a0(0c('a@b'))))",
     "30(a0(" UPN "a0(0c('a@'))))", "user@suffix"},
    {"NUL in a UPN", "30(a0(" UPN "a0(0c('ax@b'))))",
     "30(a0(" UPN "a0(0c('a' 00 '@b'))))", "user@suffix"},
    {"GUID of 15 octets", "30(a0(" GUID "a0(04(" GUID16 "))))",
     "30(a0(" GUID "a0(04(00112233445566778899aabbccddee))))", "15 octets"},
    {"GUID as text", "30(a0(" GUID "a0(04(" GUID16 "))))",
     "30(a0(" GUID "a0(0c('33221100'))))", "OCTET STRING"},
    {"otherName of a primitive sequence", "30(a0(06022a03 a0(30())))",
     "30(a0(06022a03 a0(10())))", "the otherName 1.2.3: not DER"},
    {"otherName of no DER", "30(a0(06022a03 a0(30(0500))))",
     "30(a0(06022a03 a0(30(05))))", "otherName"},
    {"principal of another realm form", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'C=US/O=T'", "01", "1b('a')"), "realm"},
    {"no realm", PRINCIPAL("'T'", "01", "1b('a')"), PRINCIPAL("", "01", "1b('a')"),
     "realm"},
    {"@ in the realm", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'T@U'", "01", "1b('a')"), "realm"},
    {"NUL in the realm", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'T'00'U'", "01", "1b('a')"), "realm"},
    {"enterprise name", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'T'", "0a", "1b('a@b')"), "name type"},
    {"negative name type", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'T'", "ff", "1b('a')"), "name type"},
    {"no component", PRINCIPAL("'T'", "01", "1b('a')"), PRINCIPAL("'T'", "01", ""),
     "no component"},
    {"empty component", PRINCIPAL("'T'", "01", "1b('a')1b('b')"),
     PRINCIPAL("'T'", "01", "1b('a')1b()"), "component that is empty"},
    {"NUL in a component", PRINCIPAL("'T'", "01", "1b('ab')"),
     PRINCIPAL("'T'", "01", "1b('a'00'b')"), "component that is empty, not"},
    {"nine components", PRINCIPAL("'T'", "01", "1b('a')1b('a')1b('a')1b('a')1b('a')"),
     PRINCIPAL("'T'", "01",
               "1b('a')1b('a')1b('a')1b('a')1b('a')1b('a')1b('a')1b('a')1b('a')"),
     "too many"},
    {"component as UTF8String", PRINCIPAL("'T'", "01", "1b('a')"),
     PRINCIPAL("'T'", "01", "0c('a')"), "GeneralString"},
};

static void general_names_refuse_what_their_twin_does_right(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) good = BUF_EMPTY;
        AUTO(buf) bad = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        struct general_names names = {NULL, 99};
        struct error err = {0};
        der_text(twins[i].good, &good);
        der_text(twins[i].bad, &bad);

        if (name_parse_generals(buf_bytes(&bad), &store, &names, &err) ||
            names.count != 99 || err.code != ERROR_INVALID ||
            strstr(err.message, twins[i].words) == NULL) {
            fail_msg("bad '%s': '%s'", twins[i].label, err.message);
        }
        if (!name_parse_generals(buf_bytes(&good), &store, &names, &err) ||
            !name_encode_generals(&names, &again, &err) ||
            !bytes_equal(buf_bytes(&good), buf_bytes(&again))) {
            fail_msg("good '%s': '%s'", twins[i].label, err.message);
        }
    }
}

static void general_names_bound_their_lengths(void **state)
{
    static const struct {
        const char *label;
        enum general_type type;
        const char *start;
        size_t max; /* of octets in all, filled with the last character of start */
    } cases[] = {
        {"label", GENERAL_DNS, "a", 63},          {"mail", GENERAL_EMAIL, "a", 64},
        {"URI", GENERAL_URI, "a:b", 2048},        {"UPN", GENERAL_UPN, "a@b", 1024},
        {"principal", GENERAL_KRB5, "a@B", 1024},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t extra = 0; extra <= 1; extra++) {
            AUTO(buf) value = BUF_EMPTY;
            AUTO(buf) der = BUF_EMPTY;
            struct general_name name = {cases[i].type, "", {NULL, 0}};
            struct general_names names = {&name, 1};
            struct error err = {0};
            size_t len = strlen(cases[i].start);

            buf_append_text(&value, cases[i].start);
            while (value.len < cases[i].max + extra) {
                buf_append(&value, &cases[i].start[len - 1], 1);
            }
            buf_append_text(&value, cases[i].type == GENERAL_EMAIL ? "@b" : "");
            name.value = buf_bytes(&value);
            if (name_encode_generals(&names, &der, &err) != (extra == 0)) {
                fail_msg("%s + %zu: %s", cases[i].label, extra, err.message);
            }
        }
    }
}

/* 253 octets of host name (RFC 1035 2.3.4) and 254 of mail address (RFC 5321 4.5.3.1.3). */
static void general_names_bound_host_names(void **state)
{
    AUTO(buf) host = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < 126; i++) {
        buf_append_text(&host, "a.");
    }
    buf_append_text(&host, "b");
    for (size_t extra = 0; extra <= 1; extra++) {
        AUTO(buf) der = BUF_EMPTY;
        struct general_name name = {GENERAL_DNS, "", buf_bytes(&host)};
        struct general_names names = {&name, 1};

        assert_int_equal(host.len, 253 + extra);
        assert_true(name_encode_generals(&names, &der, &err) == (extra == 0));
        buf_append_text(&host, "b");
    }
}

static void general_names_bound_the_list(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) list = BUF_EMPTY;
    AUTO(octets) large = mem_array(NAME_GENERALS_DER_MAX + 1, 1);
    struct general_name *many =
        name_store_new(&store, sizeof(*many) * (NAME_GENERALS_MAX + 1));
    struct general_names names = {many, NAME_GENERALS_MAX};
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i <= NAME_GENERALS_MAX; i++) {
        many[i] = (struct general_name){GENERAL_DNS, "", bytes_of_text("a.b")};
        der_text("82('a.b')", &list);
    }
    assert_ok(name_encode_generals(&names, &der, &err), &err);
    assert_ok(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err);
    names = (struct general_names){many, NAME_GENERALS_MAX + 1};
    assert_fails(name_encode_generals(&names, &der, &err), &err, ERROR_INVALID,
                 "257 general names");
    names = (struct general_names){many, 0};
    assert_fails(name_encode_generals(&names, &der, &err), &err, ERROR_INVALID,
                 "0 general names");
    buf_clear(&der);
    buf_append(&der, "\x30\x82\x05\x05", 4); /* 257 * 5 octets */
    buf_append(&der, list.data, list.len);
    assert_fails(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err,
                 ERROR_INVALID, "1 to 256");
    struct bytes too_large = {large, NAME_GENERALS_DER_MAX + 1};
    assert_fails(name_parse_generals(too_large, &store, &names, &err), &err,
                 ERROR_INVALID, "16385 octets");
}

static void general_names_are_written_only_as_they_are_read(void **state)
{
    static const struct {
        struct general_name name;
        const char *words;
    } cases[] = {
        {{GENERAL_DNS, "", {(const unsigned char *)"Web1.test", 9}}, "lower case"},
        {{GENERAL_RID, "", {(const unsigned char *)"1.2.x", 5}}, "registeredID"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"alice", 5}}, "component"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"a@B@C", 5}}, "component"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"a//b@C", 6}}, "component"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"a\\b@C", 5}}, "component"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"a@B\\", 4}}, "component"},
        {{GENERAL_KRB5, "", {(const unsigned char *)"a\\", 2}}, "component"},
        {{GENERAL_OTHER, "x", {(const unsigned char *)"\x05\x00", 2}}, "otherName"},
        {{GENERAL_OTHER, "1.3.6.1.5.2.2", {(const unsigned char *)"\x05\x00", 2}},
         "otherName"},
        {{GENERAL_OTHER, "2.25.7", {(const unsigned char *)"\x05\x01", 2}},
         "the otherName 2.25.7: not DER"},
        {{GENERAL_TYPE_COUNT, "", {(const unsigned char *)"x", 1}}, "unknown kind"},
        {{GENERAL_UPN, "", {NULL, 0}}, "user@suffix"},
        {{GENERAL_URI, "", {NULL, 0}}, "is empty"},
        {{GENERAL_DNS, "", {NULL, 0}}, "dNSName"},
        {{GENERAL_RID, "", {NULL, 0}}, "registeredID"},
        {{GENERAL_KRB5, "", {NULL, 0}}, "component"},
        {{GENERAL_GUID, "", {NULL, 0}}, "0 octets"},
        {{GENERAL_DIRECTORY, "", {NULL, 0}}, "directoryName"},
        {{GENERAL_OTHER, "2.25.7", {NULL, 0}}, "otherName"},
        {{GENERAL_EMAIL, "", {NULL, 0}}, "rfc822Name"},
        {{GENERAL_IP, "", {NULL, 0}}, "0 octets"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        struct general_name name = cases[i].name;
        struct general_names names = {&name, 1};
        struct error err = {0};

        assert_fails(name_encode_generals(&names, &der, &err), &err, ERROR_INVALID,
                     cases[i].words);
        assert_int_equal(der.len, 0);
    }
}

/* As krb5_unparse_name() escapes them; name type 2 for a ticket service, as it infers. */
static void general_names_escape_principals_as_krb5_does(void **state)
{
    static const struct {
        const char *der;
        const char *text;
    } cases[] = {
        {PRINCIPAL("'T'", "01", "1b('a/b')"), "a\\/b@T"},
        {PRINCIPAL("'T'", "01", "1b('a@b')1b('c')"), "a\\@b/c@T"},
        {PRINCIPAL("'T'", "01", "1b('a\\b')"), "a\\\\b@T"},
        {PRINCIPAL("'T'", "02", "1b('krbtgt')1b('T')"), "krbtgt/T@T"},
        {PRINCIPAL("'T'", "01", "1b('m' c3bc 'ller')"), "m\xc3\xbcller@T"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        struct general_names names = {NULL, 0};
        struct error err = {0};
        der_text(cases[i].der, &der);

        assert_ok(name_parse_generals(buf_bytes(&der), &store, &names, &err), &err);
        struct bytes expected = bytes_of_text(cases[i].text);
        assert_true(bytes_equal(names.names[0].value, expected));
        assert_ok(name_encode_generals(&names, &again, &err), &err);
        assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
    }
}

static void general_names_compare_in_their_normal_form(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } cases[] = {
        {"DNS:Web1.test", "DNS:wEB1.Test", true},
        {"DNS:web1.test", "DNS:web2.test", false},
        {"DNS:web1.test", "DNS:web1.test.de", false},
        {"DNS:web1.test", "URI:web1.test:x", false},
        {"email:Alice@Mail.test", "email:Alice@mAIL.TEST", true},
        {"email:Alice@mail.test", "email:alice@mail.test", false},
        {"email:a@mail.test", "email:ab@mail.tes", false},
        {"URI:http://a.test/", "URI:http://a.test/", true},
        {"URI:http://a.test/", "URI:HTTP://a.test/", false}, /* in doubt: different */
        {"IP:192.0.2.1", "IP:192.0.2.1", true},
        {"IP:192.0.2.1", "IP:192.0.2.2", false},
        {"IP:192.0.2.1", "IP:::ffff:192.0.2.1", false},
        {"RID:1.2.3", "RID:1.2.3", true},
        {"RID:1.2.3", "RID:1.2.4", false},
        {"dirName:dir", "dirName:dir", true},
        {"dirName:dir", "dirName:dir2", false},
        {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b",
         "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b", true},
        {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b",
         "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:A@b", false},
        {"otherName:2.25.7;IA5:x", "otherName:2.25.7;IA5:x", true},
        {"otherName:2.25.7;IA5:x", "otherName:2.25.8;IA5:x", false},
        {"otherName:1.3.6.1.5.2.2;SEQUENCE:alice",
         "otherName:1.3.6.1.5.2.2;SEQUENCE:host", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) left = BUF_EMPTY;
        AUTO(buf) right = BUF_EMPTY;
        struct general_names a = {NULL, 0};
        struct general_names b = {NULL, 0};
        struct error err = {0};
        openssl_generals(cases[i].a, &left);
        openssl_generals(cases[i].b, &right);

        assert_ok(name_parse_generals(buf_bytes(&left), &store, &a, &err), &err);
        assert_ok(name_parse_generals(buf_bytes(&right), &store, &b, &err), &err);
        if (name_generals_contain(&a, &b.names[0]) != cases[i].equal ||
            name_generals_contain(&b, &a.names[0]) != cases[i].equal) {
            fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(general_names_of_every_kind_are_openssls_octets),
        cmocka_unit_test(general_names_keep_their_order),
        cmocka_unit_test(general_names_read_dns_names_in_lower_case),
        cmocka_unit_test(general_names_refuse_what_their_twin_does_right),
        cmocka_unit_test(general_names_bound_their_lengths),
        cmocka_unit_test(general_names_bound_host_names),
        cmocka_unit_test(general_names_bound_the_list),
        cmocka_unit_test(general_names_are_written_only_as_they_are_read),
        cmocka_unit_test(general_names_escape_principals_as_krb5_does),
        cmocka_unit_test(general_names_compare_in_their_normal_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
