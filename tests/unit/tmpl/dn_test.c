/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/dn.h"

#include "tests/support/test.h"

static const struct {
    const char *text;
    const char *normal;
} normal_forms[] = {
    {"cn=Alice,ou=People,dc=x,dc=test", "cn=alice,ou=people,dc=x,dc=test"},
    {"CN=ALICE, OU=PEOPLE , DC=X ,DC=TEST", "cn=alice,ou=people,dc=x,dc=test"},
    {" cn = alice ,dc=x ", "cn=alice,dc=x"},
    {"2.5.4.3=alice,0.9.2342.19200300.100.1.25=x", "cn=alice,dc=x"},
    {"commonName=alice,organizationalUnitName=a,domainComponent=x", "cn=alice,ou=a,dc=x"},
    {"cn=a   b,dc=x", "cn=a b,dc=x"},
    {"cn=\\20a\\20\\20b\\ ,dc=x", "cn=a b,dc=x"},
    {"cn=Smith\\, Bob,dc=x", "cn=smith\\2c bob,dc=x"},
    {"cn=Smith\\2C Bob,dc=x", "cn=smith\\2c bob,dc=x"},
    {"cn=a\\+b,dc=x", "cn=a\\2bb,dc=x"},
    {"cn=a=b,dc=x", "cn=a\\3db,dc=x"},
    {"cn=a\\=b,dc=x", "cn=a\\3db,dc=x"},
    {"cn=\\#1,dc=x", "cn=\\231,dc=x"},
    {"cn=a#1,dc=x", "cn=a\\231,dc=x"},
    {"cn=\\\"q\\\",dc=x", "cn=\\22q\\22,dc=x"},
    {"cn=a\\\\b,dc=x", "cn=a\\5cb,dc=x"},
    {"cn=a\\3bb\\3C\\3e,dc=x", "cn=a\\3bb\\3c\\3e,dc=x"},
    {"uid=b+cn=A,dc=x", "cn=a+uid=b,dc=x"},
    {"cn=a + uid=B,dc=x", "cn=a+uid=b,dc=x"},
    {"cn=M\xc3\x84RZ,dc=x", "cn=m\xc3\xa4rz,dc=x"},
    {"cn=M\\C3\\84RZ,dc=x", "cn=m\xc3\xa4rz,dc=x"},
    {"cn=\xce\xa9\xd0\x94\xc5\xbd\xe1\xba\xa4,dc=x",
     "cn=\xcf\x89\xd0\xb4\xc5\xbe\xe1\xba\xa5,dc=x"},
    {"cn=\xe6\x9d\xb1\xe4\xba\xac,dc=x", "cn=\xe6\x9d\xb1\xe4\xba\xac,dc=x"},
    {"cn=STRA\xc3\x9f\\65,dc=x", "cn=stra\xc3\x9f"
                                 "e,dc=x"},
    {"cn=\xce\x9f\xce\xa3,cn=\xce\xbf\xcf\x82",
     "cn=\xce\xbf\xcf\x83,cn=\xce\xbf\xcf\x83"},
    {"cn=\xf0\xa0\x80\x80,dc=x", "cn=\xf0\xa0\x80\x80,dc=x"},
    {"fqdn=web1.x.test,cn=computers,cn=accounts,dc=x",
     "fqdn=web1.x.test,cn=computers,cn=accounts,dc=x"},
    {"1.3.6.1.4.1.1=a,dc=x", "1.3.6.1.4.1.1=a,dc=x"},
    {"krbPrincipalName=host/web1@X.TEST,dc=x", "krbprincipalname=host/web1@x.test,dc=x"},
};

static void names_have_one_normal_form(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(normal_forms); i++) {
        struct error err = {0};
        char *normal = NULL;
        char *again = NULL;

        assert_ok(dn_normalize(bytes_of_text(normal_forms[i].text), &normal, &err), &err);
        assert_string_equal(normal, normal_forms[i].normal);
        assert_ok(dn_normalize(bytes_of_text(normal), &again, &err), &err);
        assert_string_equal(again, normal);
        free(normal);
        free(again);
    }
}

static const struct {
    const char *text;
    const char *words;
} incomparable[] = {
    {"", "1 to 2048 octets"},
    {"alice", "attribute type"},
    {"=alice", "attribute type"},
    {"cn alice=x", "attribute type"},
    {"c_n=alice", "attribute type"},
    {"3cn=alice", "attribute type"},
    {"-cn=alice", "attribute type"},
    {"2.5.4.03=alice", "attribute type"},
    {"OID.2.5.4.3=alice", "attribute type"},
    {"cn=", "a value is empty"},
    {"cn=  ,dc=x", "a value is empty"},
    {"cn=\\20,dc=x", "a value is empty"},
    {"cn=a,", "attribute type"},
    {",cn=a", "attribute type"},
    {"cn=a,,dc=x", "attribute type"},
    {"cn=a+,dc=x", "attribute type"},
    {"cn=a;dc=x", "';' needs a backslash"},
    {"cn=\"a\",dc=x", "'\"' needs a backslash"},
    {"cn=a<b,dc=x", "'<' needs a backslash"},
    {"cn=a>b,dc=x", "'>' needs a backslash"},
    {"cn=#0c0161,dc=x", "hexadecimal"},
    {"cn=a\\", "backslash"},
    {"cn=a\\2", "backslash"},
    {"cn=a\\zz", "backslash"},
    {"cn=a\\00b,dc=x", "U+0000"},
    {"cn=a\nb,dc=x", "U+000A"},
    {"cn=\xc3,dc=x", "not UTF-8"},
    {"cn=\\C3,dc=x", "not UTF-8"},
    {"cn=A\xcc\x88,dc=x", "U+0308"},    /* A and a combining diaeresis */
    {"cn=\xe1\xba\x9e,dc=x", "U+1E9E"}, /* a capital sharp s */
    {"cn=\xef\xbd\x81,dc=x", "U+FF41"}, /* a full-width a */
    {"cn=a\xc2\xa0"
     "b,dc=x",
     "U+00A0"},                         /* a no-break space */
    {"cn=\xe2\x84\xaa,dc=x", "U+212A"}, /* the Kelvin sign */
    {"cn=a\xe2\x80\x8b"
     "b,dc=x",
     "U+200B"}, /* a space of no width */
};

static void names_that_cannot_be_compared_are_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(incomparable); i++) {
        struct error err = {0};
        char *normal = NULL;

        assert_fails(dn_normalize(bytes_of_text(incomparable[i].text), &normal, &err),
                     &err, ERROR_INVALID, incomparable[i].words);
        assert_null(normal);
    }
}

static void a_nul_inside_a_name_is_refused(void **state)
{
    static const struct bytes texts[] = {
        {(const unsigned char *)"cn=a\0b,dc=x", 11},
        {(const unsigned char *)"c\0n=a,dc=x", 10},
        {(const unsigned char *)"cn=a,dc=x\0", 10},
    };
    struct error err = {0};
    char *normal = NULL;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_fails(dn_normalize(texts[i], &normal, &err), &err, ERROR_INVALID,
                     "not a usable DN");
    }
}

static void names_are_bounded(void **state)
{
    AUTO(buf) deep = BUF_EMPTY;
    AUTO(buf) wide = BUF_EMPTY;
    AUTO(buf) longest = BUF_EMPTY;
    struct error err = {0};
    char *normal = NULL;
    (void)state;

    for (size_t i = 1; i < DN_RDNS_MAX; i++) {
        buf_append_text(&deep, "dc=a,");
    }
    for (size_t i = 1; i < DN_AVAS_MAX; i++) {
        buf_append_text(&wide, "cn=a+");
    }
    buf_append_text(&longest, "cn=");
    while (longest.len < DN_LEN_MAX) {
        buf_append_text(&longest, "a");
    }
    struct buf *const at_limit[] = {&deep, &wide, &longest};
    buf_append_text(&deep, "dc=a");
    buf_append_text(&wide, "cn=a");
    for (size_t i = 0; i < COUNT_OF(at_limit); i++) {
        assert_ok(dn_normalize(buf_bytes(at_limit[i]), &normal, &err), &err);
        free(TAKE(normal));
    }
    buf_append_text(&deep, ",dc=a");
    buf_append_text(&wide, "+cn=a");
    buf_append_text(&longest, "a");
    for (size_t i = 0; i < COUNT_OF(at_limit); i++) {
        assert_fails(dn_normalize(buf_bytes(at_limit[i]), &normal, &err), &err,
                     ERROR_INVALID, "");
    }
}

static void below_means_whole_rdns(void **state)
{
    static const char container[] = "ou=servers,dc=x,dc=test";
    (void)state;

    assert_true(dn_is_below("cn=web1,ou=servers,dc=x,dc=test", container));
    assert_true(dn_is_below("cn=web1,ou=a,ou=servers,dc=x,dc=test", container));
    assert_false(dn_is_below(container, container));
    assert_false(dn_is_below("cn=web1,xou=servers,dc=x,dc=test", container));
    assert_false(dn_is_below("cn=a\\2cou=servers,dc=x,dc=test", container));
    assert_false(dn_is_below("dc=x,dc=test", container));
    assert_false(dn_is_below("cn=web1,ou=servers,dc=x,dc=test2", container));
    assert_false(dn_is_below("cn=web1,dc=x", ""));
}

static void a_comma_inside_a_value_makes_no_container(void **state)
{
    struct error err = {0};
    char *normal = NULL;
    (void)state;

    assert_ok(
        dn_normalize(bytes_of_text("cn=x\\,ou=servers\\,dc=x,dc=evil"), &normal, &err),
        &err);
    assert_string_equal(dn_parent(normal), "dc=evil");
    assert_null(dn_parent(dn_parent(normal)));
    free(normal);
}

static void a_set_tells_self_group_and_container_apart(void **state)
{
    static const char *const groups[] = {"CN=Enrollees,ou=Groups,dc=x",
                                         "cn=all+ou=b,dc=y"};
    static const struct {
        const char *normal;
        int relation; /* -1: not a member */
    } cases[] = {
        {"uid=alice,ou=people,dc=x", DN_SELF},
        {"cn=enrollees,ou=groups,dc=x", DN_GROUP},
        {"cn=all+ou=b,dc=y", DN_GROUP},
        {"ou=people,dc=x", DN_CONTAINER},
        {"dc=x", DN_CONTAINER},
        {"ou=groups,dc=x", -1}, /* a container of a group, not of the account */
        {"dc=y", -1},
        {"uid=alice2,ou=people,dc=x", -1},
        {"uid=alice,ou=people,dc=xy", -1},
        {"cn=enrollee,ou=groups,dc=x", -1},
        {"", -1},
    };
    struct error err = {0};
    AUTO(dn_set) set = NULL;
    (void)state;

    assert_ok(dn_set_new("UID=Alice,OU=People,DC=X", groups, COUNT_OF(groups), true, &set,
                         &err),
              &err);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct dn_member *member = dn_set_find(set, cases[i].normal);

        if ((member == NULL ? -1 : (int)member->relation) != cases[i].relation) {
            fail_msg("%s", cases[i].normal);
        }
    }
}

static void a_group_that_cannot_be_compared_is_remembered(void **state)
{
    static const char *const groups[] = {"cn=a,dc=x", "cn=#0c0161,dc=x", "b"};
    struct error err = {0};
    AUTO(dn_set) odd = NULL;
    AUTO(dn_set) good = NULL;
    (void)state;

    assert_ok(dn_set_new("uid=alice,dc=x", groups, 3, true, &odd, &err), &err);
    assert_string_equal(odd->incomparable, "cn=#0c0161,dc=x");
    assert_non_null(dn_set_find(odd, "cn=a,dc=x"));
    assert_ok(dn_set_new("uid=alice,dc=x", groups, 1, true, &good, &err), &err);
    assert_null(good->incomparable);
}

static void a_set_of_an_account_that_cannot_be_compared_is_refused(void **state)
{
    static const char *const groups[] = {"cn=a,dc=x"};
    struct error err = {0};
    struct dn_set *set = NULL;
    (void)state;

    assert_fails(dn_set_new("", groups, 1, true, &set, &err), &err, ERROR_INVALID,
                 "1 to 2048");
    assert_fails(dn_set_new("uid=#0401,dc=x", groups, 1, true, &set, &err), &err,
                 ERROR_INVALID, "uid=#0401");
    assert_fails(dn_set_new("uid=alice,dc=x", groups, DN_SET_MAX, true, &set, &err), &err,
                 ERROR_INVALID, "more than");
    assert_null(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_one_normal_form),
        cmocka_unit_test(names_that_cannot_be_compared_are_refused),
        cmocka_unit_test(a_nul_inside_a_name_is_refused),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(below_means_whole_rdns),
        cmocka_unit_test(a_comma_inside_a_value_makes_no_container),
        cmocka_unit_test(a_set_tells_self_group_and_container_apart),
        cmocka_unit_test(a_group_that_cannot_be_compared_is_remembered),
        cmocka_unit_test(a_set_of_an_account_that_cannot_be_compared_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
