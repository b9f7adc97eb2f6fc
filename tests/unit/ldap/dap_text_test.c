/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/ldap/dap_text.h"

#include "tests/support/test.h"

static const struct {
    const char *label;
    struct bytes value;
    const char *filter;
} values[] = {
    {"a plain name", {(const unsigned char *)"alice", 5}, "(uid=alice)"},
    {"a wildcard", {(const unsigned char *)"*", 1}, "(uid=\\2a)"},
    {"an end and a beginning",
     {(const unsigned char *)"*)(uid=admin", 12},
     "(uid=\\2a\\29\\28uid=admin)"},
    {"an escape", {(const unsigned char *)"\\2a", 3}, "(uid=\\5c2a)"},
    {"a NUL", {(const unsigned char *)"a\0b", 3}, "(uid=a\\00b)"},
    {"UTF-8", {(const unsigned char *)"\xc3\xa9", 2}, "(uid=\\c3\\a9)"},
    {"a DN", {(const unsigned char *)"cn=a b,dc=x", 11}, "(uid=cn=a b,dc=x)"},
    {"nothing", {NULL, 0}, "(uid=)"},
};

/* RFC 4515 3 */
static void filter_values_are_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};

        dap_filter_append_equal(&out, "uid", values[i].value);

        assert_string_equal(buf_text(&out), values[i].filter);
        assert_ok(dap_filter_check(buf_text(&out), &err), &err);
    }
}

static void every_octet_stays_one_value(void **state)
{
    (void)state;
    for (unsigned int octet = 0; octet < 256; octet++) {
        unsigned char value[] = {'a', (unsigned char)octet, 'b'};
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};

        dap_filter_append_equal(&out, "cn", (struct bytes){value, sizeof(value)});

        assert_ok(dap_filter_check(buf_text(&out), &err), &err);
        assert_null(memchr(out.data + 1, '(', out.len - 1));
        assert_ptr_equal(memchr(out.data, ')', out.len), out.data + out.len - 1);
        assert_null(memchr(out.data, '*', out.len));
    }
}

static void filters_are_told_from_other_texts(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"(objectClass=computer)", true},
        {"(&(a=b)(!(c=d)))", true},
        {"objectClass=computer", false},
        {"(objectClass=computer", false},
        {"(a=b)(c=d)", false},
        {"(a=b))", false},
        {"(&(a=b)", false},
        {"()", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};

        if (dap_filter_check(cases[i].text, &err) != cases[i].good) {
            fail_msg("'%s' was taken for the other kind", cases[i].text);
        }
    }
}

static void the_first_rdn_gives_its_value(void **state)
{
    static const struct {
        const char *dn;
        const char *value; /* NULL: none */
    } cases[] = {
        {"cn=alice,ou=people,dc=x", "alice"},
        {"CN=A\\2c B,dc=x", "A, B"},
        {"cn=a\\,b", "a,b"},
        {"uid=alice,dc=x", NULL},
        {"cn=a+uid=b,dc=x", NULL},
        {"cn=\\00x,dc=x", NULL},
        {"cn=\xc3\xa9,dc=x", "\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string) value = NULL;
        struct error err = {0};

        assert_ok(dap_dn_first_value(cases[i].dn, "cn", &value, &err), &err);

        if (cases[i].value == NULL) {
            assert_null(value);
        } else {
            assert_non_null(value);
            assert_string_equal(value, cases[i].value);
        }
    }
}

static void what_is_no_dn_gives_none(void **state)
{
    AUTO(string) value = NULL;
    struct error err = {0};

    (void)state;
    assert_fails(dap_dn_first_value("alice", "cn", &value, &err), &err, ERROR_INVALID,
                 "not a DN");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_values_are_escaped),
        cmocka_unit_test(every_octet_stays_one_value),
        cmocka_unit_test(filters_are_told_from_other_texts),
        cmocka_unit_test(the_first_rdn_gives_its_value),
        cmocka_unit_test(what_is_no_dn_gives_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
