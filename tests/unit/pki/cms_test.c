/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/pki/cms.h"
#include "common/pki/der.h"

#include "tests/support/der_text.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"

/* Certificates of one CA, made once. */
static struct buf certificates[5];

static int by_octets(const void *a, const void *b)
{
    const struct buf *left = a;
    const struct buf *right = b;

    return der_compare(buf_bytes(left), buf_bytes(right));
}

/* In the order of DER, because OpenSSL keeps whatever order it gets. */
static int make_certificates(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    struct bytes own = fixture_ca_certificate(ca);
    (void)state;

    buf_append(&certificates[0], own.data, own.len);
    for (size_t i = 1; i < COUNT_OF(certificates); i++) {
        struct fixture_leaf leaf = {.cn = i % 2 == 0 ? "even" : "an odd one"};
        fixture_ca_issue(ca, &leaf, &certificates[i]);
    }
    qsort(certificates, COUNT_OF(certificates), sizeof(certificates[0]), by_octets);
    return 0;
}

static int free_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(certificates); i++) {
        buf_clear(&certificates[i]);
    }
    return 0;
}

/* What OpenSSL makes of the first count certificates. */
static void openssl_message(size_t count, struct buf *out)
{
    PKCS7 *p7 = PKCS7_new();
    unsigned char *der = NULL;

    assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(p7, NID_pkcs7_data), 1);
    assert_int_equal(PKCS7_set_detached(p7, 1), 1);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *in = certificates[i].data;
        X509 *x = d2i_X509(NULL, &in, (long)certificates[i].len);
        assert_int_equal(PKCS7_add_certificate(p7, x), 1);
        X509_free(x);
    }
    int len = i2d_PKCS7(p7, &der);
    assert_true(len > 0);
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    PKCS7_free(p7);
}

static void cms_messages_are_openssls_octets(void **state)
{
    (void)state;

    for (size_t count = 1; count <= COUNT_OF(certificates); count++) {
        struct bytes given[COUNT_OF(certificates)];
        AUTO(buf) expected = BUF_EMPTY;
        AUTO(buf) message = BUF_EMPTY;
        struct error err = {0};

        for (size_t i = 0; i < count; i++) {
            given[count - 1 - i] = buf_bytes(&certificates[i]);
        }
        openssl_message(count, &expected);
        assert_ok(cms_encode_certificates(given, count, &message, &err), &err);
        assert_true(bytes_equal(buf_bytes(&message), buf_bytes(&expected)));
    }
}

static void cms_messages_give_their_certificates_back(void **state)
{
    struct bytes given[COUNT_OF(certificates)];
    AUTO(buf) message = BUF_EMPTY;
    struct cms_certificates found = {.count = 0};
    size_t seen = 0;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(given); i++) {
        given[i] = buf_bytes(&certificates[i]);
    }
    assert_ok(cms_encode_certificates(given, COUNT_OF(given), &message, &err), &err);
    assert_ok(cms_parse_certificates(buf_bytes(&message), &found, &err), &err);
    assert_int_equal(found.count, COUNT_OF(given));
    for (size_t i = 0; i < found.count; i++) {
        for (size_t j = 0; j < COUNT_OF(given); j++) {
            seen += bytes_equal(found.certificates[i], given[j]);
        }
    }
    assert_int_equal(seen, COUNT_OF(given));
}

/* ContentInfo of a SignedData with these fields. */
#define SIGNED_DATA     "06092a864886f70d010702"
#define DATA            "06092a864886f70d010701"
#define MESSAGE(fields) "30(" SIGNED_DATA "a0(30(" fields ")))"
#define HEADER          "02010131()30(" DATA ")"

static void cms_parse_refuses_what_its_twin_does_right(void **state)
{
    static const char good[] = MESSAGE(HEADER "a0(30(0500)30(020101))31()");
    static const struct {
        const char *label;
        const char *bad;
        const char *words;
    } twins[] = {
        {"trailing octets", MESSAGE(HEADER "a0(30(0500))31()") "00", "not the DER"},
        {"indefinite length", "3080" SIGNED_DATA "a0(30(" HEADER "a0(30())31()))0000",
         "not the DER"},
        {"another type", "30(" DATA "a0(30(" HEADER "a0(30(0500))31())))", "not the DER"},
        {"two contents", "30(" SIGNED_DATA "a0(30(" HEADER "a0(30())31()) 30()))",
         "not the DER"},
        {"version 3", MESSAGE("02010331()30(" DATA ")a0(30(0500))31()"), "version"},
        {"no version", MESSAGE("31()30(" DATA ")a0(30(0500))31()"), "version"},
        {"digest algorithms", MESSAGE("02010131(30(0500))30(" DATA ")a0(30(0500))31()"),
         "digest algorithms"},
        {"content", MESSAGE("02010131()30(" DATA "a0(0401ff))a0(30(0500))31()"),
         "has content"},
        {"content of another type", MESSAGE("02010131()30(" SIGNED_DATA ")a0(30())31()"),
         "has content"},
        {"no certificates", MESSAGE(HEADER "31()"), "holds no certificate"},
        {"empty certificates", MESSAGE(HEADER "a0()31()"), "holds no certificate"},
        {"an attribute certificate", MESSAGE(HEADER "a0(30(0500)a2(0500))31()"),
         "no X.509 certificate"},
        {"a broken certificate", MESSAGE(HEADER "a0(3005)31()"), "no X.509 certificate"},
        {"CRLs", MESSAGE(HEADER "a0(30(0500))a1(30(0500))31()"), "CRLs"},
        {"empty CRLs", MESSAGE(HEADER "a0(30(0500))a1()31()"), "CRLs"},
        {"signers", MESSAGE(HEADER "a0(30(0500))31(30(0500))"), "signers"},
        {"no signers field", MESSAGE(HEADER "a0(30(0500))"), "signers"},
        {"more behind", MESSAGE(HEADER "a0(30(0500))31()0500"), "signers"},
    };
    AUTO(buf) twin = BUF_EMPTY;
    struct cms_certificates found = {.count = 99};
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(buf) bad = BUF_EMPTY;
        der_text(twins[i].bad, &bad);
        if (cms_parse_certificates(buf_bytes(&bad), &found, &err) || found.count != 99 ||
            err.code != ERROR_INVALID || strstr(err.message, twins[i].words) == NULL) {
            fail_msg("'%s': '%s'", twins[i].label, err.message);
        }
    }
    der_text(good, &twin);
    assert_ok(cms_parse_certificates(buf_bytes(&twin), &found, &err), &err);
    assert_int_equal(found.count, 2); /* in the sender's order, sorted or not */
}

static void cms_encode_refuses_what_is_no_set_of_certificates(void **state)
{
    static const unsigned char number[] = {0x02, 0x01, 0x01};
    struct bytes given[CMS_CERTIFICATES_MAX + 1];
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    given[0] = buf_bytes(&certificates[0]);
    given[1] = buf_bytes(&certificates[0]);
    assert_fails(cms_encode_certificates(given, 0, &out, &err), &err, ERROR_INVALID,
                 "0 certificates");
    assert_fails(cms_encode_certificates(given, 2, &out, &err), &err, ERROR_INVALID,
                 "twice");
    assert_fails(cms_encode_certificates(given, CMS_CERTIFICATES_MAX + 1, &out, &err),
                 &err, ERROR_INVALID, "33 certificates");
    given[1] = (struct bytes){number, sizeof(number)};
    assert_fails(cms_encode_certificates(given, 2, &out, &err), &err, ERROR_INVALID,
                 "certificate 2 is not DER");
    given[1] = (struct bytes){given[0].data, given[0].len - 1};
    assert_fails(cms_encode_certificates(given, 2, &out, &err), &err, ERROR_INVALID,
                 "certificate 2 is not DER");
    assert_int_equal(out.len, 0);
}

static void cms_is_bounded_in_number_and_size(void **state)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) most = BUF_EMPTY;
    AUTO(octets) large = mem_array(CMS_DER_MAX + 1, 1);
    static const unsigned char half_header[] = {0x30, 0x83, 0x02, 0x00, 0x00};
    static const unsigned char more_header[] = {0x30, 0x83, 0x02, 0x00, 0x01};
    AUTO(octets) half = mem_array(CMS_DER_MAX, 1);
    struct cms_certificates found = {.count = 0};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    buf_append_text(&text, "30(" SIGNED_DATA "a0(30(" HEADER "a0(");
    for (size_t i = 0; i < CMS_CERTIFICATES_MAX; i++) {
        buf_append_text(&text, "30()");
    }
    size_t so_far = text.len;
    buf_append_text(&text, ")31())))");
    der_text(buf_text(&text), &most);
    assert_ok(cms_parse_certificates(buf_bytes(&most), &found, &err), &err);
    assert_int_equal(found.count, CMS_CERTIFICATES_MAX);

    buf_truncate(&text, so_far);
    buf_append_text(&text, "30())31())))");
    buf_clear(&most);
    der_text(buf_text(&text), &most);
    assert_fails(cms_parse_certificates(buf_bytes(&most), &found, &err), &err,
                 ERROR_INVALID, "too many");
    assert_fails(
        cms_parse_certificates((struct bytes){large, CMS_DER_MAX + 1}, &found, &err),
        &err, ERROR_INVALID, "too large");

    memcpy(half, half_header, sizeof(half_header));
    struct bytes given[2] = {{half, 5 + 0x20000}, {NULL, 0}};
    memcpy(large, more_header, sizeof(more_header));
    given[1] = (struct bytes){large, 5 + 0x20001};
    assert_ok(cms_encode_certificates(given, 1, &out, &err), &err);
    assert_fails(cms_encode_certificates(given, 2, &out, &err), &err, ERROR_INVALID,
                 "are allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cms_messages_are_openssls_octets),
        cmocka_unit_test(cms_messages_give_their_certificates_back),
        cmocka_unit_test(cms_parse_refuses_what_its_twin_does_right),
        cmocka_unit_test(cms_encode_refuses_what_is_no_set_of_certificates),
        cmocka_unit_test(cms_is_bounded_in_number_and_size),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
