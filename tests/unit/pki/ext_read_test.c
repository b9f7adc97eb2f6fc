/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_read.h"
#include "common/pki/ext_write.h"

#include "tests/support/der_text.h"
#include "tests/support/test.h"

#define TEMPLATE_OID "06032a0304" /* 1.2.3.4 */
#define SID_OTHER    "060a2b060104018237190201"

/* One way to read a value; what it says is not looked at. */
typedef bool reader(struct bytes der, struct name_store *store, struct error *err);

static bool sid(struct bytes der, struct name_store *store, struct error *err)
{
    const char *out = NULL;
    return ext_read_sid(der, store, &out, err);
}
static bool template(struct bytes der, struct name_store *store, struct error *err)
{
    struct ext_template out;
    return ext_read_template(der, store, &out, err);
}
static bool template_name(struct bytes der, struct name_store *store, struct error *err)
{
    const char *out = NULL;
    return ext_read_template_name(der, store, &out, err);
}
static bool usage(struct bytes der, struct name_store *store, struct error *err)
{
    uint32_t out = 0;
    (void)store;
    return ext_read_key_usage(der, &out, err);
}
static bool purposes(struct bytes der, struct name_store *store, struct error *err)
{
    struct ext_texts out;
    return ext_read_extended_key_usage(der, store, &out, err);
}
static bool policies(struct bytes der, struct name_store *store, struct error *err)
{
    struct ext_texts out;
    return ext_read_policies(der, store, &out, err);
}
static bool constraints(struct bytes der, struct name_store *store, struct error *err)
{
    struct ext_constraints out;
    (void)store;
    return ext_read_basic_constraints(der, &out, err);
}
static bool ski(struct bytes der, struct name_store *store, struct error *err)
{
    struct bytes out;
    (void)store;
    return ext_read_ski(der, &out, err);
}
static bool aki(struct bytes der, struct name_store *store, struct error *err)
{
    struct bytes out;
    (void)store;
    return ext_read_aki(der, &out, err);
}

static const struct {
    const char *label;
    reader *read;
    const char *good;
    const char *bad;
} twins[] = {
    {"SID: trailing octets", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))00"},
    {"SID: two", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(" SID_OTHER "a0(04('S-1-5-18')))a0(" SID_OTHER "a0(04('S-1-5-18'))))"},
    {"SID: another kind of name", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(82('s-1-5-18'))"},
    {"SID: another otherName", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(060a2b060104018237190202a0(04('S-1-5-18'))))"},
    {"SID: as UTF8String", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(" SID_OTHER "a0(0c('S-1-5-18'))))"},
    {"SID: NUL", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(" SID_OTHER "a0(04('S-1-5-18' 00))))"},
    {"SID: no SID", sid, "30(a0(" SID_OTHER "a0(04('S-1-5-18'))))",
     "30(a0(" SID_OTHER "a0(04('alice'))))"},
    {"template: no OID", template, "30(" TEMPLATE_OID ")", "30(020101)"},
    {"template: three numbers", template, "30(" TEMPLATE_OID "020101 020101)",
     "30(" TEMPLATE_OID "020101 020101 020101)"},
    {"template: version 2^32", template, "30(" TEMPLATE_OID "020500ffffffff)",
     "30(" TEMPLATE_OID "02050100000000)"},
    {"template: negative version", template, "30(" TEMPLATE_OID "020101)",
     "30(" TEMPLATE_OID "0201ff)"},
    {"template: padded version", template, "30(" TEMPLATE_OID "020101)",
     "30(" TEMPLATE_OID "02020001)"},
    {"template: trailing octets", template, "30(" TEMPLATE_OID ")",
     "30(" TEMPLATE_OID ")00"},
    {"template name: odd octets", template_name, "1e(0061)", "1e(006100)"},
    {"template name: NUL", template_name, "1e(0061)", "1e(00610000)"},
    {"template name: empty", template_name, "1e(0061)", "1e()"},
    {"template name: surrogates", template_name, "1e(20ac)", "1e(d83ddd11)"},
    {"template name: direction", template_name, "1e(200a)", "1e(202e)"},
    {"template name: IA5String", template_name, "30(0c('a'))", "30(16('a'))"},
    {"template name: bare IA5String", template_name, "13('a')", "16('a')"},
    {"template name: bare, NUL", template_name, "0c('a')", "0c('a'00)"},
    {"template name: two", template_name, "30(0c('a'))", "30(0c('a')0c('b'))"},
    {"template name: newline", template_name, "30(0c('a'))", "30(0c('a'0a))"},
    {"template name: too long", template_name, "1e(0061)", "1e(00610061)00"},
    {"key usage: no bit", usage, "03020780", "030100"},
    {"key usage: zero", usage, "03020780", "03020000"},
    {"key usage: unknown bit", usage, "0303070080", "0303060040"},
    {"key usage: padding not zero", usage, "030205a0", "030205b0"},
    {"key usage: nine unused bits", usage, "03020780", "03020880"},
    {"key usage: three octets", usage, "0303070080", "030400000001"},
    {"key usage: octets", usage, "03020780", "04020780"},
    {"key usage: trailing octets", usage, "03020780", "0302078000"},
    {"purposes: none", purposes, "30(06032a0304)", "30()"},
    {"purposes: text", purposes, "30(06032a0304)", "30(06032a0304 0c('x'))"},
    {"purposes: padded OID", purposes, "30(06032a0304)", "30(06042a038004)"},
    {"policies: none", policies, "30(30(06032a0304))", "30()"},
    {"policies: bare OID", policies, "30(30(06032a0304))", "30(06032a0304)"},
    {"policies: twice", policies, "30(30(06032a0304)30(06032a0305))",
     "30(30(06032a0304)30(06032a0304))"},
    {"policies: qualifiers no sequence", policies, "30(30(06032a0304 30(30(0500))))",
     "30(30(06032a0304 31(30(0500))))"},
    {"policies: qualifiers broken", policies, "30(30(06032a0304 30(30(0500))))",
     "30(30(06032a0304 30(30(05))))"},
    {"policies: more than qualifiers", policies, "30(30(06032a0304 30(30(0500))))",
     "30(30(06032a0304 30(30(0500))0500))"},
    {"constraints: explicit FALSE", constraints, "30()", "30(010100)"},
    {"constraints: TRUE of BER", constraints, "30(0101ff)", "30(010101)"},
    {"constraints: length without CA", constraints, "30(0101ff020100)", "30(020100)"},
    {"constraints: negative length", constraints, "30(0101ff020100)", "30(0101ff0201ff)"},
    {"constraints: huge length", constraints, "30(0101ff020500fffffffe)",
     "30(0101ff020500ffffffff)"},
    {"constraints: more", constraints, "30(0101ff020100)", "30(0101ff020100020100)"},
    {"constraints: trailing octets", constraints, "30()", "30()00"},
    {"SKI: empty", ski, "04(01)", "04()"},
    {"SKI: no octets", ski, "04(01)", "30(01)"},
    {"SKI: trailing octets", ski, "04(01)", "04(01)00"},
    {"AKI: empty identifier", aki, "30(80(01))", "30(80())"},
    {"AKI: out of order", aki, "30(80(01)a1(82('a'))82(01))",
     "30(a1(82('a'))80(01)82(01))"},
    {"AKI: more", aki, "30()", "30(83(01))"},
    {"AKI: trailing octets", aki, "30(80(01))", "30(80(01))00"},
};

static void extension_readers_refuse_what_their_twin_does_right(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) good = BUF_EMPTY;
        AUTO(buf) bad = BUF_EMPTY;
        struct error err = {0};
        der_text(twins[i].good, &good);
        der_text(twins[i].bad, &bad);

        if (twins[i].read(buf_bytes(&bad), &store, &err) || err.code != ERROR_INVALID) {
            fail_msg("bad '%s'", twins[i].label);
        }
        if (!twins[i].read(buf_bytes(&good), &store, &err)) {
            fail_msg("good '%s': %s", twins[i].label, err.message);
        }
    }
}

static void extension_readers_refuse_emptiness(void **state)
{
    static reader *const readers[] = {
        sid, template, template_name, usage, purposes, policies, constraints, ski, aki};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        assert_false(readers[i]((struct bytes){NULL, 0}, &store, &err));
    }
}

static void ext_read_sid_gives_what_was_written(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    const char *read = NULL;
    struct error err = {0};
    (void)state;

    assert_ok(ext_add_sid(&list, "S-1-5-21-1-2-3-513", &err), &err);
    assert_ok(ext_read_sid(list.items[0].der, &store, &read, &err), &err);

    assert_string_equal(read, "S-1-5-21-1-2-3-513");
}

static void ext_read_template_gives_what_was_written(void **state)
{
    static const struct ext_template templates[] = {
        {"1.2.3", false, false, 0, 0},
        {"1.2.3", true, false, 0, 0},
        {"1.2.3", true, true, UINT32_MAX, 7},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct ext_template read = {.oid = NULL};
        struct error err = {0};

        assert_ok(ext_add_template(&list, &templates[i], &err), &err);
        assert_ok(ext_read_template(list.items[0].der, &store, &read, &err), &err);
        assert_string_equal(read.oid, "1.2.3");
        assert_true(read.has_major == templates[i].has_major);
        assert_true(read.has_minor == templates[i].has_minor);
        assert_int_equal(read.major, templates[i].major);
        assert_int_equal(read.minor, templates[i].minor);
    }
}

/* The specification's spelling, that of AD CS, and those of people. */
static void ext_read_template_name_knows_every_spelling(void **state)
{
    static const struct {
        const char *der;
        const char *name;
    } cases[] = {{"1e(004d 00fc 20ac)", "M\xc3\xbc\xe2\x82\xac"},
                 {"30(0c('Machine'))", "Machine"},
                 {"0c(4d c3bc)", "M\xc3\xbc"},
                 {"13('Machine')", "Machine"}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        const char *name = NULL;
        struct error err = {0};
        der_text(cases[i].der, &der);

        assert_ok(ext_read_template_name(buf_bytes(&der), &store, &name, &err), &err);
        assert_string_equal(name, cases[i].name);
    }
}

static void ext_read_key_usage_gives_every_bit(void **state)
{
    static const struct {
        const char *der;
        uint32_t usage;
    } cases[] = {
        {"03020780", EXT_KU_DIGITAL_SIGNATURE},
        {"030205a0", EXT_KU_DIGITAL_SIGNATURE | EXT_KU_KEY_ENCIPHERMENT},
        {"03020106", EXT_KU_KEY_CERT_SIGN | EXT_KU_CRL_SIGN},
        {"030307ff80", EXT_KU_ALL},
        {"03030780 00", EXT_KU_DIGITAL_SIGNATURE}, /* as GnuTLS writes it */
        {"03020080", EXT_KU_DIGITAL_SIGNATURE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) der = BUF_EMPTY;
        uint32_t read = 0;
        struct error err = {0};
        der_text(cases[i].der, &der);

        assert_ok(ext_read_key_usage(buf_bytes(&der), &read, &err), &err);
        assert_int_equal(read, cases[i].usage);
    }
}

static void ext_read_basic_constraints_gives_the_path_length(void **state)
{
    static const uint32_t lengths[] = {0, 1, 300, EXT_NO_PATH_LENGTH};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        AUTO(ext_list) list = EXT_LIST_EMPTY;
        struct ext_constraints read = {.ca = false};
        struct error err = {0};

        assert_ok(ext_add_ca(&list, lengths[i], &err), &err);
        assert_ok(ext_read_basic_constraints(list.items[0].der, &read, &err), &err);
        assert_true(read.ca);
        assert_true(read.has_path_length == (lengths[i] != EXT_NO_PATH_LENGTH));
        assert_int_equal(read.path_length, read.has_path_length ? lengths[i] : 0);
    }
}

static void ext_read_lists_give_their_oids_in_order(void **state)
{
    static const char *const oids[] = {"1.3.6.1.5.5.7.3.2", "1.2.3"};
    static const struct ext_policy named[] = {{"1.2.3", "http://a.test/", "x"},
                                              {"1.2.4", "", ""}};
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct ext_texts read = {NULL, 0};
    struct error err = {0};
    (void)state;

    struct ext_texts given = {oids, COUNT_OF(oids)};
    assert_ok(ext_add_extended_key_usage(&list, given, false, &err), &err);
    assert_ok(ext_add_application_policies(&list, given, false, &err), &err);
    assert_ok(ext_add_policies(&list, named, 2, false, &err), &err);

    assert_ok(ext_read_extended_key_usage(list.items[0].der, &store, &read, &err), &err);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.texts[1], "1.2.3");
    assert_ok(ext_read_policies(list.items[1].der, &store, &read, &err), &err);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.texts[0], oids[0]);
    assert_ok(ext_read_policies(list.items[2].der, &store, &read, &err), &err);
    assert_string_equal(read.texts[1], "1.2.4");
}

static void ext_read_lists_are_bounded(void **state)
{
    (void)state;

    for (size_t count = EXT_OIDS_MAX; count <= EXT_OIDS_MAX + 1; count++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) text = BUF_EMPTY;
        AUTO(buf) der = BUF_EMPTY;
        struct ext_texts read = {NULL, 0};
        struct error err = {0};

        buf_append_text(&text, "30(");
        for (size_t i = 0; i < count; i++) {
            buf_append_text(&text, "06022a03");
        }
        buf_append_text(&text, ")");
        der_text(buf_text(&text), &der);
        bool good = ext_read_extended_key_usage(buf_bytes(&der), &store, &read, &err);
        assert_true(good == (count == EXT_OIDS_MAX));
    }
}

static void ext_read_key_identifiers_gives_views(void **state)
{
    static const unsigned char id[] = {1, 2, 3};
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) bare = BUF_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct bytes read = {NULL, 0};
    struct error err = {0};
    (void)state;

    assert_ok(ext_add_aki(&list, (struct bytes){id, 3}, &err), &err);
    assert_ok(ext_read_aki(list.items[0].der, &read, &err), &err);
    assert_true(bytes_equal(read, (struct bytes){id, 3}));
    der_text("04(010203)", &der);
    assert_ok(ext_read_ski(buf_bytes(&der), &read, &err), &err);
    assert_true(bytes_equal(read, (struct bytes){id, 3}));
    der_text("30(a1(82('a'))82(01))", &bare);
    assert_ok(ext_read_aki(buf_bytes(&bare), &read, &err), &err);
    assert_int_equal(read.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extension_readers_refuse_what_their_twin_does_right),
        cmocka_unit_test(extension_readers_refuse_emptiness),
        cmocka_unit_test(ext_read_sid_gives_what_was_written),
        cmocka_unit_test(ext_read_template_gives_what_was_written),
        cmocka_unit_test(ext_read_template_name_knows_every_spelling),
        cmocka_unit_test(ext_read_key_usage_gives_every_bit),
        cmocka_unit_test(ext_read_basic_constraints_gives_the_path_length),
        cmocka_unit_test(ext_read_lists_give_their_oids_in_order),
        cmocka_unit_test(ext_read_lists_are_bounded),
        cmocka_unit_test(ext_read_key_identifiers_gives_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
