/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name.h"

#include "tests/support/test.h"

static void names_as_ldap_writes_them_are_read(void **state)
{
    static const struct {
        const char *text, *printed; /* printed by name_print_dn(): what came out */
    } cases[] = {
        {"CN=web1,OU=Hosts,DC=corp,DC=example", "CN=web1,OU=Hosts,DC=corp,DC=example"},
        {"cn=web1 , ou = Hosts,dc=corp", "CN=web1,OU=Hosts,DC=corp"},
        {"uid=alice,ou=people,dc=example", "UID=alice,OU=people,DC=example"},
        {"2.5.4.3=x", "CN=x"},
        {"1.2.3.4=x", "1.2.3.4=#0c0178"},
        {"CN=Smith\\, John,O=A\\2BB", "CN=Smith\\, John,O=A\\+B"},
        {"CN=\\C3\\A4\\20,C=DE", "CN=\xC3\xA4\\ ,C=DE"},
        {"CN=a+UID=b,DC=x", "CN=a+UID=b,DC=x"},
        {"CN=a b ", "CN=a b"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        AUTO(buf) printed = BUF_EMPTY;
        struct name_dn dn = {NULL, 0};
        struct error err;

        assert_ok(name_scan_dn(cases[i].text, &store, &dn, &err), &err);
        name_print_dn(&dn, &printed);
        assert_string_equal(buf_text(&printed), cases[i].printed);
    }
}

static void the_root_comes_first_and_string_types_fit(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct name_dn dn = {NULL, 0};
    struct error err;
    (void)state;

    assert_ok(name_scan_dn("CN=a+UID=b,C=DE,DC=x", &store, &dn, &err), &err);

    assert_int_equal(dn.count, 4);
    assert_string_equal(dn.avas[0].value, "x");
    assert_int_equal(dn.avas[0].encoding, NAME_IA5);
    assert_int_equal(dn.avas[1].encoding, NAME_PRINTABLE);
    assert_string_equal(dn.avas[2].value, "a");
    assert_false(dn.avas[2].joined);
    assert_true(dn.avas[3].joined);
    assert_ok(name_encode_dn(&dn, &der, &err), &err);
}

static void what_is_no_such_name_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "CN",
        "CN=",
        "=x",
        "nonsense=x",
        "CN=a,",
        ",CN=a",
        "CN=a,,CN=b",
        "CN=a+",
        "CN=#0401ff",
        "CN=a\"b\"",
        "CN=a;CN=b",
        "CN=a<b",
        "CN=a\\",
        "CN=a\\q",
        "CN=\\00",
        "CN=a\\0ab",
        "CN=\\C3",
        "C=DEU",
        "CN=\\E2\\80\\AE",
        "CN a=x",
        "DC=\\C3\\A4",
        "1.2.3..4=value",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct name_dn dn = {NULL, 7};
        struct error err;

        if (name_scan_dn(cases[i], &store, &dn, &err) || dn.count != 7 ||
            err.code != ERROR_INVALID) {
            fail_msg("'%s' was taken", cases[i]);
        }
    }
}

static void as_many_attributes_as_a_name_may_have(void **state)
{
    AUTO(buf) text = BUF_EMPTY;
    (void)state;

    for (size_t i = 0; i < NAME_AVAS_MAX + 1; i++) {
        AUTO(name_store) store = NAME_STORE_EMPTY;
        struct name_dn dn = {NULL, 0};
        struct error err;

        buf_append_text(&text, i == 0 ? "OU=x" : ",OU=x");
        assert_int_equal(name_scan_dn(buf_text(&text), &store, &dn, &err),
                         i < NAME_AVAS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_as_ldap_writes_them_are_read),
        cmocka_unit_test(the_root_comes_first_and_string_types_fit),
        cmocka_unit_test(what_is_no_such_name_is_refused),
        cmocka_unit_test(as_many_attributes_as_a_name_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
