/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/pki/ext.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_write.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

#define SKI     "0603551d0e"
#define UNKNOWN "06032a0304" /* 1.2.3.4 */

static void ext_list_reads_and_writes_the_same_octets(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;
    der_text("30(30(" SKI "04(04(0102)))30(" UNKNOWN "0101ff 04(0500)))", &der);

    assert_ok(ext_list_parse(buf_bytes(&der), &list, &err), &err);

    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].oid, EXT_OID_SKI);
    assert_false(list.items[0].critical);
    const struct ext *unknown = ext_list_find(&list, "1.2.3.4");
    assert_non_null(unknown);
    assert_true(unknown->critical);
    assert_int_equal(unknown->der.len, 2);
    assert_null(ext_list_find(&list, EXT_OID_SAN));
    assert_ok(ext_list_encode(&list, &again, &err), &err);
    assert_true(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
}

static void ext_list_refuses_what_its_twin_does_right(void **state)
{
    static const struct {
        const char *label;
        const char *good;
        const char *bad;
        const char *words;
    } twins[] = {
        {"empty", "30(30(" SKI "04(0500)))", "30()", "not a DER list"},
        {"trailing octets", "30(30(" SKI "04(0500)))", "30(30(" SKI "04(0500)))00",
         "not a DER list"},
        {"no sequence", "30(30(" SKI "04(0500)))", "31(30(" SKI "04(0500)))",
         "not a DER list"},
        {"indefinite length", "30(30(" SKI "04(0500)))", "30(3080" SKI "04(0500)0000)",
         "an extension is not DER"},
        {"no OID", "30(30(" SKI "04(0500)))", "30(30(04(0500)))", "no object identifier"},
        {"explicit FALSE", "30(30(" SKI "0101ff 04(0500)))",
         "30(30(" SKI "010100 04(0500)))", "'critical' of the extension 2.5.29.14"},
        {"TRUE of BER", "30(30(" SKI "0101ff 04(0500)))",
         "30(30(" SKI "010101 04(0500)))", "'critical' of the extension 2.5.29.14"},
        {"no value", "30(30(" SKI "04()))", "30(30(" SKI "))",
         "the extension 2.5.29.14 is not DER"},
        {"value of another type", "30(30(" SKI "04()))", "30(30(" SKI "03()))",
         "the extension 2.5.29.14 is not DER"},
        {"more than a value", "30(30(" SKI "04()))", "30(30(" SKI "04()0500))",
         "the extension 2.5.29.14 is not DER"},
        {"constructed value", "30(30(" SKI "04(0500)))", "30(30(" SKI "24(04(0500))))",
         "the extension 2.5.29.14 is not DER"},
        {"the same twice", "30(30(" SKI "04())30(" UNKNOWN "04()))",
         "30(30(" SKI "04())30(" SKI "04()))", "2.5.29.14 is there twice"},
        {"twice, one critical", "30(30(" SKI "04())30(" UNKNOWN "0101ff 04()))",
         "30(30(" SKI "04())30(" SKI "0101ff 04(00)))", "2.5.29.14 is there twice"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(buf) good = BUF_EMPTY;
        AUTO(buf) bad = BUF_EMPTY;
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        der_text(twins[i].good, &good);
        der_text(twins[i].bad, &bad);

        if (ext_list_parse(buf_bytes(&bad), &list, &err) || list.count > 0 ||
            err.code != ERROR_INVALID || strstr(err.message, twins[i].words) == NULL) {
            fail_msg("bad '%s': '%s'", twins[i].label, err.message);
        }
        if (!ext_list_parse(buf_bytes(&good), &list, &err)) {
            fail_msg("good '%s': '%s'", twins[i].label, err.message);
        }
    }
}

static void ext_list_is_bounded(void **state)
{
    static const unsigned char null[] = {0x05, 0x00};
    AUTO(octets) large = mem_array(EXT_DER_MAX + 1, 1);
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) items = BUF_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    AUTO(ext_list) read = EXT_LIST_EMPTY;
    struct bytes value = {null, sizeof(null)};
    struct error err = {0};
    (void)state;

    for (unsigned i = 0; i < EXT_MAX; i++) {
        AUTO(string) oid = mem_printf("1.2.3.%u", i);
        assert_ok(ext_add_other(&list, oid, false, value, &err), &err);
    }
    assert_fails(ext_add_other(&list, "1.2.4", false, value, &err), &err, ERROR_INVALID,
                 "more than 64");
    assert_ok(ext_list_encode(&list, &der, &err), &err);
    assert_ok(ext_list_parse(buf_bytes(&der), &read, &err), &err);
    assert_int_equal(read.count, EXT_MAX);
    der_text("30(06022a05 04(0500))", &items);
    size_t header = der.data[1] == 0x82 ? 4 : 3;
    buf_append(&items, der.data + header, der.len - header);
    buf_clear(&der);
    buf_append(&der, "\x30\x82", 2);
    buf_append_byte(&der, (unsigned char)(items.len >> 8));
    buf_append_byte(&der, (unsigned char)items.len);
    buf_append(&der, items.data, items.len);
    ext_list_clear(&read);
    assert_fails(ext_list_parse(buf_bytes(&der), &read, &err), &err, ERROR_INVALID,
                 "more than 64");
    assert_fails(ext_list_parse((struct bytes){large, EXT_DER_MAX + 1}, &read, &err),
                 &err, ERROR_INVALID, "16385 octets");
}

static void ext_list_encode_needs_an_extension_and_room(void **state)
{
    AUTO(octets) text = mem_array(EXT_DER_MAX, 1);
    AUTO(buf) value = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(ext_list_encode(&list, &der, &err), &err, ERROR_INVALID, "0 extensions");
    buf_append(&value, "\x04\x82\x3f\xfc", 4);
    buf_append(&value, text, EXT_DER_MAX - 4);
    assert_ok(ext_add_other(&list, "1.2.3", false, buf_bytes(&value), &err), &err);
    assert_fails(ext_list_encode(&list, &der, &err), &err, ERROR_INVALID,
                 "1 extensions of 164");
    assert_int_equal(der.len, 0);
}

static void ext_add_other_takes_one_element_of_der(void **state)
{
    static const struct {
        const char *oid;
        const char *value;
        const char *words; /* NULL: good */
    } cases[] = {
        {"1.2.3", "30(0500)", NULL},
        {"1.2.x", "30(0500)", "not an extension"},
        {"1.2.3", "", "the extension 1.2.3: not DER"},
        {"1.2.3", "0500 0500", "the extension 1.2.3: not DER"},
        {"1.2.3", "30(05)", "the extension 1.2.3: not DER"},
        {"1.2.3", "3080 0500 0000", "the extension 1.2.3: not DER"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) value = BUF_EMPTY;
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct error err = {0};
        der_text(cases[i].value, &value);

        bool good = ext_add_other(&list, cases[i].oid, true, buf_bytes(&value), &err);
        if (good != (cases[i].words == NULL) || list.count != (good ? 1 : 0) ||
            (!good && strstr(err.message, cases[i].words) == NULL)) {
            fail_msg("case %zu: '%s'", i, err.message);
        }
    }
}

/* I4: what could make a CA, or has a function with rules of its own, has no other way in. */
static void i4_ext_add_other_refuses_what_others_must_make(void **state)
{
    static const char *const oids[] = {
        EXT_OID_SKI,
        EXT_OID_KEY_USAGE,
        EXT_OID_SAN,
        EXT_OID_BASIC_CONSTRAINTS,
        EXT_OID_CRL_POINTS,
        EXT_OID_POLICIES,
        EXT_OID_AKI,
        EXT_OID_EXTENDED_KEY_USAGE,
        EXT_OID_AUTHORITY_INFO,
        EXT_OID_OCSP_NO_CHECK,
        EXT_OID_TEMPLATE_NAME,
        EXT_OID_TEMPLATE,
        EXT_OID_APPLICATION_POLICIES,
        EXT_OID_SID,
        "2.5.29.30",
        "2.5.29.33",
        "2.5.29.36",
        "2.5.29.54",
        "1.3.6.1.4.1.11129.2.4.2",
    };
    static const unsigned char ca_true[] = {0x30, 0x03, 0x01, 0x01, 0xFF};
    struct bytes value = {ca_true, sizeof(ca_true)};
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        assert_fails(ext_add_other(&list, oids[i], false, value, &err), &err,
                     ERROR_INVALID, "cannot be added as octets");
    }
    assert_ok(ext_add_other(&list, "2.5.29.9", false, value, &err), &err);
}

static void ext_lists_hold_each_extension_once(void **state)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(ext_add_end_entity(&list, false, &err), &err);
    assert_fails(ext_add_end_entity(&list, true, &err), &err, ERROR_INVALID, "twice");
    assert_fails(ext_add_ca(&list, 0, &err), &err, ERROR_INVALID, "twice");
    assert_ok(ext_add_ocsp_no_check(&list, &err), &err);
    assert_int_equal(list.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ext_list_reads_and_writes_the_same_octets),
        cmocka_unit_test(ext_list_refuses_what_its_twin_does_right),
        cmocka_unit_test(ext_list_is_bounded),
        cmocka_unit_test(ext_list_encode_needs_an_extension_and_room),
        cmocka_unit_test(ext_add_other_takes_one_element_of_der),
        cmocka_unit_test(i4_ext_add_other_refuses_what_others_must_make),
        cmocka_unit_test(ext_lists_hold_each_extension_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
