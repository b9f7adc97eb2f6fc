/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/name.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

#define CN     "2.5.4.3"
#define O      "2.5.4.10"
#define DC     "0.9.2342.19200300.100.1.25"
#define EMAIL  "1.2.840.113549.1.9.1"
#define SERIAL "2.5.4.5"
#define ODD    "2.25.12345"

/* Names, and the same as OpenSSL prints it by RFC 2253 (which RFC 4514 replaces). */
static const struct {
    const char *text;
    struct name_ava avas[5];
} names[] = {
    {"", {{0}}},
    {"CN=alice", {{CN, "alice", NAME_UTF8, false}}},
    {"CN=web1,O=Example\\, Inc,DC=test",
     {{DC, "test", NAME_IA5, false},
      {O, "Example, Inc", NAME_PRINTABLE, false},
      {CN, "web1", NAME_UTF8, false}}},
    {"CN=m\xc3\xbcller+serialNumber=12,C=DE", /* RDN sorted: the shorter element first */
     {{"2.5.4.6", "DE", NAME_PRINTABLE, false},
      {CN, "m\xc3\xbcller", NAME_UTF8, false},
      {SERIAL, "12", NAME_PRINTABLE, true}}},
    {"emailAddress=a@b.test,CN=\\#x\\+\\\"\\;\\<\\>\\\\\\ ",
     {{CN, "#x+\";<>\\ ", NAME_UTF8, false}, {EMAIL, "a@b.test", NAME_IA5, false}}},
    {"CN=\\ two  ways\\ ", {{CN, " two  ways ", NAME_PRINTABLE, false}}},
};

static struct name_dn dn_of(const struct name_ava *avas, size_t max,
                            struct name_store *store)
{
    struct name_dn dn = {.avas = name_store_new(store, max * sizeof(*avas)), .count = 0};

    while (dn.count < max && avas[dn.count].oid != NULL) {
        dn.avas[dn.count] = avas[dn.count];
        dn.count++;
    }
    return dn;
}

static X509_NAME *openssl_name(const struct name_dn *dn)
{
    static const int types[] = {[NAME_UTF8] = V_ASN1_UTF8STRING,
                                [NAME_PRINTABLE] = V_ASN1_PRINTABLESTRING,
                                [NAME_IA5] = V_ASN1_IA5STRING};
    X509_NAME *name = X509_NAME_new();

    for (size_t i = 0; i < dn->count; i++) {
        const struct name_ava *ava = &dn->avas[i];
        assert_int_equal(X509_NAME_add_entry_by_txt(name, ava->oid, types[ava->encoding],
                                                    (const unsigned char *)ava->value, -1,
                                                    -1, ava->joined ? -1 : 0),
                         1);
    }
    return name;
}

static void name_encodes_as_openssl_does_and_reads_back(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        struct name_dn dn = dn_of(names[i].avas, COUNT_OF(names[i].avas), &store);
        struct name_dn read = {NULL, 99};
        struct error err = {0};
        X509_NAME *expected = openssl_name(&dn);
        unsigned char *expected_der = NULL;
        int expected_len = i2d_X509_NAME(expected, &expected_der);

        assert_ok(name_encode_dn(&dn, &der, &err), &err);
        assert_int_equal(der.len, expected_len);
        assert_memory_equal(der.data, expected_der, der.len);
        assert_ok(name_parse_dn(buf_bytes(&der), &store, &read, &err), &err);
        assert_int_equal(read.count, dn.count);
        assert_true(name_dn_equal(&read, &dn));
        for (size_t j = 0; j < read.count; j++) {
            assert_true(j == 0 || read.avas[j].joined == dn.avas[j].joined);
        }
        OPENSSL_free(expected_der);
        X509_NAME_free(expected);
    }
}

static void name_prints_as_rfc_4514_text(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct name_dn dn = dn_of(names[i].avas, COUNT_OF(names[i].avas), &store);

        name_print_dn(&dn, &text);
        assert_string_equal(buf_text(&text), names[i].text);
    }
}

static void name_prints_a_type_without_a_short_name_as_rfc_4514_says(void **state)
{
    struct name_ava ava = {ODD, "x", NAME_UTF8, false};
    struct name_dn dn = {&ava, 1};
    AUTO(buf) text = BUF_EMPTY;
    (void)state;

    name_print_dn(&dn, &text);

    assert_string_equal(buf_text(&text), ODD "=#0c0178");
    assert_string_equal(name_attribute_label(ODD), ODD);
    assert_string_equal(name_attribute_label(CN), "CN");
}

static void name_text_is_what_openssl_prints(void **state)
{
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct name_dn dn = dn_of(names[i].avas, COUNT_OF(names[i].avas), &store);
        X509_NAME *name = openssl_name(&dn);
        BIO *bio = BIO_new(BIO_s_mem());
        char *printed = NULL;

        name_print_dn(&dn, &text);
        (void)X509_NAME_print_ex(bio, name, 0, flags);
        long len = BIO_get_mem_data(bio, &printed);
        if (strstr(names[i].text, "+serialNumber") ==
            NULL) { /* it reverses inside RDNs */
            assert_int_equal(text.len, len);
            assert_memory_equal(text.data, printed, text.len);
        }
        BIO_free(bio);
        X509_NAME_free(name);
    }
}

/* A list of attributes where X stands for one AttributeTypeAndValue. */
#define NAME(ava) "30(31(30(" ava ")))"
#define AVA_CN    "0603550403"

static const struct {
    const char *label;
    const char *good;
    const char *bad;
    const char *words; /* of the refusal */
} twins[] = {
    {"trailing octets", "30()", "30()00", "not one DER-encoded name"},
    {"indefinite length", "30()", "30800000", "not one DER-encoded name"},
    {"a set, not a sequence", "30()", "31()", "not one DER-encoded name"},
    {"cut off", NAME(AVA_CN "0c('a')"), "300c310a30080603550403", "not one DER"},
    {"empty RDN", NAME(AVA_CN "0c('a')"), "30(31())", "empty component"},
    {"RDN is no set", NAME(AVA_CN "0c('a')"), "30(30(30(" AVA_CN "0c('a'))))",
     "component"},
    {"attribute is no sequence", NAME(AVA_CN "0c('a')"), "30(31(31(" AVA_CN "0c('a'))))",
     "component"},
    {"no value", NAME(AVA_CN "0c('a')"), NAME(AVA_CN), "not DER"},
    {"two values", NAME(AVA_CN "0c('a')"), NAME(AVA_CN "0c('a')0c('b')"), "not DER"},
    {"BMPString", NAME(AVA_CN "0c('a')"), NAME(AVA_CN "1e(0061)"),
     "string type (tag 30)"},
    {"T61String", NAME(AVA_CN "13('a')"), NAME(AVA_CN "14('a')"), "string type (tag 20)"},
    {"UniversalString", NAME(AVA_CN "0c('a')"), NAME(AVA_CN "1c(00000061)"),
     "string type (tag 28)"},
    {"no string at all", NAME(AVA_CN "0c('a')"), NAME(AVA_CN "30(0c('a'))"),
     "string type"},
    {"IA5String in a CN", NAME(AVA_CN "13('a')"), NAME(AVA_CN "16('a')"),
     "CN cannot be a IA5String"},
    {"mail as UTF8String", NAME("06092a864886f70d010901 16('a@b')"),
     NAME("06092a864886f70d010901 0c('a@b')"), "emailAddress cannot be a UTF8String"},
    {"country as UTF8String", NAME("0603550406 13('DE')"), NAME("0603550406 0c('DE')"),
     "C cannot be a UTF8String"},
    {"country of three letters", NAME("0603550406 13('DE')"),
     NAME("0603550406 13('DEU')"), "C has 3 characters; 2 to 2"},
    {"country of one letter", NAME("0603550406 13('DE')"), NAME("0603550406 13('D')"),
     "C has 1 characters"},
    {"empty value", NAME(AVA_CN "0c('a')"), NAME(AVA_CN "0c()"), "CN has 0 characters"},
    {"NUL", NAME(AVA_CN "0c('admin' 'x' 'alice')"), NAME(AVA_CN "0c('admin' 00 'alice')"),
     "control"},
    {"NUL at the end", NAME(AVA_CN "13('admin')"), NAME(AVA_CN "13('admin' 00)"),
     "control"},
    {"newline", NAME(AVA_CN "0c('a b')"), NAME(AVA_CN "0c('a' 0a 'b')"), "control"},
    {"DEL", NAME(AVA_CN "0c('a b')"), NAME(AVA_CN "0c('a' 7f 'b')"), "control"},
    {"C1 control", NAME(AVA_CN "0c('a' c3bc)"), NAME(AVA_CN "0c('a' c285)"), "control"},
    {"invalid UTF-8", NAME(AVA_CN "0c('a' c3bc)"), NAME(AVA_CN "0c('a' fc)"),
     "not UTF-8"},
    {"overlong UTF-8", NAME(AVA_CN "0c('a/')"), NAME(AVA_CN "0c('a' c0af)"), "not UTF-8"},
    {"right-to-left mark", NAME(AVA_CN "0c('a' d790)"), NAME(AVA_CN "0c('a' e2808f)"),
     "invisible"},
    {"right-to-left override", NAME(AVA_CN "0c('a' d790)"), NAME(AVA_CN "0c('a' e280ae)"),
     "invisible"},
    {"zero-width space", NAME(AVA_CN "0c('a' ' ' 'b')"),
     NAME(AVA_CN "0c('a' e2808b 'b')"), "invisible"},
    {"tag character", NAME(AVA_CN "0c('a' f09f9491)"), NAME(AVA_CN "0c('a' f3a08081)"),
     "invisible"},
    {"no PrintableString", NAME(AVA_CN "0c('a_b')"), NAME(AVA_CN "13('a_b')"),
     "PrintableString does not have"},
    {"@ in a PrintableString", NAME(AVA_CN "0c('a@b')"), NAME(AVA_CN "13('a@b')"),
     "PrintableString does not have"},
    {"IA5String beyond ASCII", NAME("06092a864886f70d010901 16('a@b')"),
     NAME("06092a864886f70d010901 16('a@' c3bc)"), "outside ASCII"},
    {"padded OID", NAME(AVA_CN "0c('a')"), NAME("0604 55048003 0c('a')"), "not DER"},
    {"RDN out of order", "30(31(30(" AVA_CN "0c('a'))30(" AVA_CN "0c('b'))))",
     "30(31(30(" AVA_CN "0c('b'))30(" AVA_CN "0c('a'))))", "order of DER"},
    {"repeated in an RDN", "30(31(30(" AVA_CN "0c('a'))30(" AVA_CN "0c('b'))))",
     "30(31(30(" AVA_CN "0c('a'))30(" AVA_CN "0c('a'))))", "repeated"},
};

static void name_refuses_what_its_twin_does_right(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) good = BUF_EMPTY;
        AUTO(buf) bad = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        struct name_dn dn = {NULL, 99};
        struct error err = {0};
        der_text(twins[i].good, &good);
        der_text(twins[i].bad, &bad);

        if (name_parse_dn(buf_bytes(&bad), &store, &dn, &err) || dn.count != 99 ||
            err.code != ERROR_INVALID || strstr(err.message, twins[i].words) == NULL) {
            fail_msg("bad '%s': '%s'", twins[i].label, err.message);
        }
        if (!name_parse_dn(buf_bytes(&good), &store, &dn, &err) ||
            !name_encode_dn(&dn, &again, &err) ||
            !bytes_equal(buf_bytes(&good), buf_bytes(&again))) {
            fail_msg("good '%s': '%s'", twins[i].label, err.message);
        }
    }
}

/* RFC 5280 appendix A.1: the bounds count characters, not octets. */
static void name_holds_the_upper_bounds_both_ways(void **state)
{
    static const struct {
        const char *oid;
        enum name_encoding encoding;
        size_t max;
    } bounds[] = {
        {CN, NAME_UTF8, 64},
        {O, NAME_PRINTABLE, 64},
        {"2.5.4.11", NAME_UTF8, 64},
        {"2.5.4.7", NAME_UTF8, 128},
        {"2.5.4.8", NAME_UTF8, 128},
        {"2.5.4.12", NAME_UTF8, 64},
        {SERIAL, NAME_PRINTABLE, 64},
        {"2.5.4.65", NAME_UTF8, 128},
        {EMAIL, NAME_IA5, 255},
        {DC, NAME_IA5, 63},
        {ODD, NAME_PRINTABLE, NAME_VALUE_MAX},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) value = BUF_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};
        const char *character = bounds[i].encoding == NAME_UTF8 ? "\xc3\xbc" : "x";

        for (size_t c = 0; c < bounds[i].max; c++) {
            buf_append_text(&value, character);
        }
        struct name_ava ava = {bounds[i].oid, buf_text(&value), bounds[i].encoding,
                               false};
        struct name_dn dn = {&ava, 1};
        assert_ok(name_encode_dn(&dn, &der, &err), &err);
        assert_ok(name_parse_dn(buf_bytes(&der), &store, &dn, &err), &err);

        buf_append_text(&value, "x");
        ava.value = buf_text(&value);
        dn = (struct name_dn){&ava, 1};
        buf_clear(&der);
        assert_fails(name_encode_dn(&dn, &der, &err), &err, ERROR_INVALID, "are allowed");
        assert_int_equal(der.len, 0);
    }
}

static void name_bounds_attributes_and_octets(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) rdn = BUF_EMPTY;
    AUTO(octets) large = mem_array(NAME_DN_DER_MAX + 1, 1);
    struct name_ava avas[NAME_AVAS_MAX + 1];
    struct name_dn dn = {avas, NAME_AVAS_MAX};
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i <= NAME_AVAS_MAX; i++) {
        avas[i] = (struct name_ava){CN, "x", NAME_UTF8, false};
    }
    assert_ok(name_encode_dn(&dn, &der, &err), &err);
    assert_ok(name_parse_dn(buf_bytes(&der), &store, &dn, &err), &err);
    assert_int_equal(dn.count, NAME_AVAS_MAX);

    dn = (struct name_dn){avas, NAME_AVAS_MAX + 1};
    assert_fails(name_encode_dn(&dn, &der, &err), &err, ERROR_INVALID, "65 attributes");
    der_text(NAME(AVA_CN "0c('x')"), &rdn);
    buf_clear(&der);
    buf_append(&der, "\x30\x82", 2);
    buf_append_byte(&der, (NAME_AVAS_MAX + 1) * 12 >> 8);
    buf_append_byte(&der, ((NAME_AVAS_MAX + 1) * 12) & 0xFF);
    for (size_t i = 0; i <= NAME_AVAS_MAX; i++) {
        buf_append(&der, rdn.data + 2, rdn.len - 2);
    }
    assert_fails(name_parse_dn(buf_bytes(&der), &store, &dn, &err), &err, ERROR_INVALID,
                 "more than 64 attributes");
    assert_fails(
        name_parse_dn((struct bytes){large, NAME_DN_DER_MAX + 1}, &store, &dn, &err),
        &err, ERROR_INVALID, "8193 octets");
}

static void name_encode_refuses_records_that_break_rules(void **state)
{
    static const struct {
        struct name_ava ava;
        const char *words;
    } cases[] = {
        {{"commonName", "x", NAME_UTF8, false}, "not an attribute type"},
        {{CN, "", NAME_UTF8, false}, "0 characters"},
        {{CN, "a\nb", NAME_UTF8, false}, "control"},
        {{CN, "a\xff", NAME_UTF8, false}, "not UTF-8"},
        {{CN, "a@b", NAME_PRINTABLE, false}, "PrintableString does not have"},
        {{CN, "a", NAME_IA5, false}, "cannot be a IA5String"},
        {{CN, "a", NAME_ENCODING_COUNT, false}, "cannot be"},
        {{CN, "a", NAME_UTF8, true}, "joined to nothing"},
    };
    struct name_ava twice[] = {{CN, "a", NAME_UTF8, false}, {CN, "a", NAME_UTF8, true}};
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct name_ava ava = cases[i].ava;
        struct name_dn dn = {&ava, 1};
        assert_fails(name_encode_dn(&dn, &der, &err), &err, ERROR_INVALID,
                     cases[i].words);
    }
    struct name_dn dn = {twice, 2};
    assert_fails(name_encode_dn(&dn, &der, &err), &err, ERROR_INVALID, "twice");
    twice[1].joined = false;
    assert_ok(name_encode_dn(&dn, &der, &err), &err);
}

/* RFC 5280 7.1; judged by X509_NAME_cmp(). */
static void name_equality_is_openssls(void **state)
{
    static const struct {
        struct name_ava a[3];
        struct name_ava b[3];
        bool equal;
    } cases[] = {
        {{{0}}, {{0}}, true},
        {{{CN, "a", NAME_UTF8, false}}, {{0}}, false},
        {{{CN, "Web1", NAME_UTF8, false}}, {{CN, "wEB1", NAME_PRINTABLE, false}}, true},
        {{{CN, " a  b ", NAME_UTF8, false}}, {{CN, "a b", NAME_UTF8, false}}, true},
        {{{CN, "a b", NAME_UTF8, false}}, {{CN, "ab", NAME_UTF8, false}}, false},
        {{{CN, "a", NAME_UTF8, false}}, {{CN, "ab", NAME_UTF8, false}}, false},
        {{{CN, "\xc3\xbc", NAME_UTF8, false}},
         {{CN, "\xc3\x9c", NAME_UTF8, false}},
         false},
        {{{CN, "a", NAME_UTF8, false}}, {{O, "a", NAME_UTF8, false}}, false},
        {{{O, "a", NAME_UTF8, false}, {CN, "b", NAME_UTF8, false}},
         {{CN, "b", NAME_UTF8, false}, {O, "a", NAME_UTF8, false}},
         false},
        {{{O, "a", NAME_UTF8, false}, {CN, "b", NAME_UTF8, true}},
         {{CN, "b", NAME_UTF8, false}, {O, "a", NAME_UTF8, true}},
         true},
        {{{O, "a", NAME_UTF8, false}, {CN, "b", NAME_UTF8, true}},
         {{O, "a", NAME_UTF8, false}, {CN, "b", NAME_UTF8, false}},
         false},
        {{{CN, "a", NAME_UTF8, false}, {CN, "b", NAME_UTF8, true}},
         {{CN, "a", NAME_UTF8, false}, {CN, "c", NAME_UTF8, true}},
         false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct name_dn a = dn_of(cases[i].a, COUNT_OF(cases[i].a), &store);
        struct name_dn b = dn_of(cases[i].b, COUNT_OF(cases[i].b), &store);
        X509_NAME *left = openssl_name(&a);
        X509_NAME *right = openssl_name(&b);

        if (name_dn_equal(&a, &b) != cases[i].equal ||
            name_dn_equal(&b, &a) != cases[i].equal ||
            (X509_NAME_cmp(left, right) == 0) != cases[i].equal) {
            fail_msg("case %zu", i);
        }
        X509_NAME_free(left);
        X509_NAME_free(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_encodes_as_openssl_does_and_reads_back),
        cmocka_unit_test(name_prints_as_rfc_4514_text),
        cmocka_unit_test(name_prints_a_type_without_a_short_name_as_rfc_4514_says),
        cmocka_unit_test(name_text_is_what_openssl_prints),
        cmocka_unit_test(name_refuses_what_its_twin_does_right),
        cmocka_unit_test(name_holds_the_upper_bounds_both_ways),
        cmocka_unit_test(name_bounds_attributes_and_octets),
        cmocka_unit_test(name_encode_refuses_records_that_break_rules),
        cmocka_unit_test(name_equality_is_openssls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
