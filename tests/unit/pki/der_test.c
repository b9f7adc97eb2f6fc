/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdlib.h>

#include "common/pki/der.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

static void der_next_takes_only_definite_shortest_lengths(void **state)
{
    static const struct {
        const char *der;
        bool good;
        size_t content;
    } cases[] = {
        {"0500", true, 0},
        {"0400", true, 0},
        {"0401ff", true, 1},
        {"04 017f 01", true, 1},
        {"", false, 0},
        {"04", false, 0},
        {"0401", false, 0},
        {"0480 00 00", false, 0}, /* indefinite */
        {"048101ff", false, 0},   /* long form for a short length */
        {"04820001ff", false, 0}, /* leading zero */
        {"0485 0000000001 ff", false, 0},
        {"04ff", false, 0},
        {"0484ffffffff", false, 0}, /* more than there is */
        {"1f01 00", false, 0},      /* tag number in the next octet */
        {"bf 8101 00", false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        struct der_item item = {0};
        der_text(cases[i].der, &der);
        struct bytes in = buf_bytes(&der);

        bool good = der_next(&in, &item);
        if (good != cases[i].good || (good && item.content.len != cases[i].content) ||
            (!good && in.len != der.len)) {
            fail_msg("'%s'", cases[i].der);
        }
    }
}

static void der_lengths_of_any_size_read_back(void **state)
{
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 24};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        AUTO(octets) content = calloc(sizes[i] + 1, 1);
        AUTO(buf) der = BUF_EMPTY;
        struct bytes read = {NULL, 0};

        der_put(&der, DER_OCTET_STRING, (struct bytes){content, sizes[i]});
        assert_true(der_read_only(buf_bytes(&der), DER_OCTET_STRING, &read));
        assert_int_equal(read.len, sizes[i]);
        AUTO(octets) header = calloc(16, 1);
        unsigned char *end = header;
        ASN1_put_object(&end, 0, (int)sizes[i], V_ASN1_OCTET_STRING, 0);
        assert_memory_equal(der.data, header, (size_t)(end - header));
        assert_int_equal(der.len, (size_t)(end - header) + sizes[i]);
    }
}

static void der_read_only_refuses_trailing_octets_and_other_tags(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    struct bytes content = {NULL, 0};
    (void)state;

    der_text("30(0500)", &der);
    assert_true(der_read_only(buf_bytes(&der), DER_SEQUENCE, &content));
    assert_false(der_read_only(buf_bytes(&der), DER_SET, &content));
    buf_append_byte(&der, 0);
    assert_false(der_read_only(buf_bytes(&der), DER_SEQUENCE, &content));
}

static void der_numbers_are_shortest_and_in_range(void **state)
{
    static const struct {
        const char *der;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {"020100", 9, true, 0},
        {"02017f", 127, true, 127},
        {"02020080", 128, true, 128},
        {"02020080", 127, false, 0},
        {"0200", 9, false, 0},
        {"0201ff", 9, false, 0},   /* -1 */
        {"02020001", 9, false, 0}, /* padded */
        {"020900ffffffffffffffff", UINT64_MAX, true, UINT64_MAX},
        {"0209010000000000000000", UINT64_MAX, false, 0},
        {"020a00010000000000000000", UINT64_MAX, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        uint64_t value = 0;
        der_text(cases[i].der, &der);
        struct bytes in = buf_bytes(&der);

        bool good = der_read_uint(&in, cases[i].max, &value);
        if (good != cases[i].good || value != cases[i].value) {
            fail_msg("'%s'", cases[i].der);
        }
        if (good) {
            der_put_uint(&again, value);
            assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
        }
    }
}

static void der_booleans_are_00_or_ff(void **state)
{
    static const char *const bad[] = {"010101", "0100", "01020000", "020100"};
    (void)state;

    for (int value = 0; value <= 1; value++) {
        AUTO(buf) der = BUF_EMPTY;
        bool read = value == 0;
        der_put_bool(&der, value == 1);
        struct bytes in = buf_bytes(&der);
        assert_true(der_read_bool(&in, &read));
        assert_true(read == (value == 1));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        AUTO(buf) der = BUF_EMPTY;
        bool read = false;
        der_text(bad[i], &der);
        struct bytes in = buf_bytes(&der);
        assert_false(der_read_bool(&in, &read));
    }
}

static void der_named_bits_drop_trailing_zeros(void **state)
{
    static const struct {
        const char *bits;
        const char *der;
    } cases[] = {{"", "030100"},     {"00", "030100"},       {"0000", "030100"},
                 {"80", "03020780"}, {"a0", "030205a0"},     {"a000", "030205a0"},
                 {"01", "03020001"}, {"0080", "0303070080"}, {"06", "03020106"}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) bits = BUF_EMPTY;
        AUTO(buf) expected = BUF_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        der_text(cases[i].bits, &bits);
        der_text(cases[i].der, &expected);

        der_put_named_bits(&der, buf_bytes(&bits));
        assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&expected)));
    }
}

static void der_oids_are_what_openssl_makes_of_them(void **state)
{
    static const char *const oids[] = {"0.0",
                                       "0.39",
                                       "1.0",
                                       "1.39",
                                       "2.0",
                                       "2.39",
                                       "2.40",
                                       "2.47",
                                       "2.48",
                                       "2.79",
                                       "2.80",
                                       "2.100",
                                       "2.999",
                                       "2.5.4.3",
                                       "1.3.6.1.4.1.311.21.8.4294967295.1",
                                       "1.2.127.128.16383.16384",
                                       "2.25.340282366920938463463374607431768211455",
                                       "2.340282366920938463463374607431768211455.0",
                                       "2.25.999999999999999999999999999999999999999"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        AUTO(buf) der = BUF_EMPTY;
        unsigned char *expected = NULL;
        char text[DER_OID_TEXT_SIZE] = "";
        ASN1_OBJECT *object = OBJ_txt2obj(oids[i], 1);
        int len = i2d_ASN1_OBJECT(object, &expected);

        assert_true(der_put_oid(&der, oids[i]));
        assert_int_equal(der.len, len);
        assert_memory_equal(der.data, expected, (size_t)len);
        struct bytes in = buf_bytes(&der);
        assert_true(der_read_oid(&in, text));
        assert_string_equal(text, oids[i]);
        OPENSSL_free(expected);
        ASN1_OBJECT_free(object);
    }
}

static void der_oids_that_are_none_are_refused(void **state)
{
    static const char *const bad_der[] = {
        "0600",                                             /* empty */
        "06022a80",                                         /* cut off in an arc */
        "0603 2a8001",                                      /* padded arc */
        "0602 8001",                                        /* padded first arc */
        "06(2affffffffffffffffffffffffffffffffffffffff7f)", /* more than 39 digits */
        "04022a03"};
    static const char *const bad_text[] = {"",     "1",    "3.1",  "1.40",
                                           "1.2.", "1.02", "1.2.x"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(bad_der); i++) {
        AUTO(buf) der = BUF_EMPTY;
        char text[DER_OID_TEXT_SIZE] = "as before";
        der_text(bad_der[i], &der);
        struct bytes in = buf_bytes(&der);
        if (der_read_oid(&in, text) || strcmp(text, "as before") != 0) {
            fail_msg("'%s'", bad_der[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(bad_text); i++) {
        AUTO(buf) der = BUF_EMPTY;
        if (der_put_oid(&der, bad_text[i]) || der.len > 0) {
            fail_msg("'%s'", bad_text[i]);
        }
    }
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime after it, seconds and Z. */
static void der_times_are_in_the_form_of_their_era(void **state)
{
    static const struct {
        const char *der;
        bool good;
        int64_t utc;
    } cases[] = {
        {"17('700101000000Z')", true, 0},
        {"17('500101000000Z')", true, -631152000},
        {"17('491231235959Z')", true, 2524607999},
        {"18('20500101000000Z')", true, 2524608000},
        {"18('99991231235959Z')", true, 253402300799},
        {"17('240229120000Z')", true, 1709208000},
        {"17('230229120000Z')", false, 0}, /* no leap year */
        {"17('230231120000Z')", false, 0},
        {"17('231301120000Z')", false, 0},
        {"17('230001120000Z')", false, 0},
        {"17('230100120000Z')", false, 0},
        {"17('230101240000Z')", false, 0},
        {"17('230101006000Z')", false, 0},
        {"17('230101000060Z')", false, 0}, /* no leap seconds in POSIX time */
        {"17('2301010000Z')", false, 0},
        {"17('230101000000+0000')", false, 0},
        {"17('230101000000z')", false, 0},
        {"17('23010100000 Z')", false, 0},
        {"18('20491231235959Z')", false, 0},
        {"18('20500101000000.5Z')", false, 0},
        {"18('0050101000000Z')", false, 0},
        {"0c('700101000000Z')", false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        AUTO(buf) again = BUF_EMPTY;
        int64_t utc = 0;
        der_text(cases[i].der, &der);
        struct bytes in = buf_bytes(&der);

        bool good = der_read_time(&in, &utc);
        if (good != cases[i].good || utc != cases[i].utc) {
            fail_msg("'%s': %lld", cases[i].der, (long long)utc);
        }
        if (good) {
            assert_true(der_put_time(&again, utc));
            assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
        }
    }
}

static void der_times_outside_four_digits_are_not_written(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    (void)state;

    assert_false(der_put_time(&der, -631152001));
    assert_false(der_put_time(&der, 253402300800));
    assert_false(der_put_time(&der, INT64_MAX));
    assert_false(der_put_time(&der, INT64_MIN));
    assert_int_equal(der.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(der_next_takes_only_definite_shortest_lengths),
        cmocka_unit_test(der_lengths_of_any_size_read_back),
        cmocka_unit_test(der_read_only_refuses_trailing_octets_and_other_tags),
        cmocka_unit_test(der_numbers_are_shortest_and_in_range),
        cmocka_unit_test(der_booleans_are_00_or_ff),
        cmocka_unit_test(der_named_bits_drop_trailing_zeros),
        cmocka_unit_test(der_oids_are_what_openssl_makes_of_them),
        cmocka_unit_test(der_oids_that_are_none_are_refused),
        cmocka_unit_test(der_times_are_in_the_form_of_their_era),
        cmocka_unit_test(der_times_outside_four_digits_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
