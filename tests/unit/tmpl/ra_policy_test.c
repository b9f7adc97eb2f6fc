/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"
#include "common/tmpl/ra_policy.h"

#include "tests/support/test.h"

static void all_properties_are_read_in_any_order(void **state)
{
    static const char *const texts[] = {
        "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P384`msPKI-Hash-Algorithm`PZPWSTR`"
        "SHA384`"
        "msPKI-Key-Usage`DWORD`2`msPKI-Key-Security-Descriptor`PZPWSTR`D:P(A;;FA;;;BA)`"
        "msPKI-RA-Application-Policies`PZPWSTR`1.2.4,1.2.3`"
        "msPKI-Symmetric-Algorithm`PZPWSTR`AES`msPKI-Symmetric-Key-Length`DWORD`256`",
        "msPKI-Symmetric-Key-Length`DWORD`256`msPKI-Symmetric-Algorithm`PZPWSTR`AES`"
        "msPKI-RA-Application-Policies`PZPWSTR`1.2.3,1.2.4`"
        "msPKI-Key-Security-Descriptor`PZPWSTR`D:P(A;;FA;;;BA)`msPKI-Key-Usage`DWORD`2`"
        "msPKI-Hash-Algorithm`PZPWSTR`SHA384`msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_"
        "P384",
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        AUTO(ra_policy) policy = {0};
        struct error err = {0};

        assert_ok(ra_policy_parse(texts[i], &policy, &err), &err);
        assert_string_equal(policy.algorithm, "ECDSA_P384");
        assert_string_equal(policy.hash, "SHA384");
        assert_string_equal(policy.key_sddl, "D:P(A;;FA;;;BA)");
        assert_string_equal(policy.symmetric, "AES");
        assert_true(policy.has_key_usage && policy.key_usage == 2);
        assert_true(policy.has_symmetric_bits && policy.symmetric_bits == 256);
        assert_int_equal(policy.oids.count, 2);
        assert_string_equal(policy.oids.items[0], "1.2.3");
        assert_int_equal(policy.unknown.count, 0);
    }
}

static void what_is_absent_stays_absent_and_the_unknown_is_named(void **state)
{
    AUTO(ra_policy) policy = {0};
    struct error err = {0};
    (void)state;

    assert_ok(ra_policy_parse("msPKI-New`DWORD`1`mspki-key-usage`DWORD`1", &policy, &err),
              &err);
    assert_null(policy.algorithm);
    assert_false(policy.has_key_usage || policy.has_symmetric_bits);
    assert_int_equal(policy.unknown.count, 2);
    assert_string_equal(policy.unknown.items[1], "mspki-key-usage"); /* the case counts */
}

static void malformed_strings_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *words; /* NULL: a good twin */
    } cases[] = {
        {"msPKI-Key-Usage`DWORD`2`", NULL},
        {"msPKI-Key-Usage`DWORD`2", NULL},
        {"msPKI-Key-Usage`DWORD`4294967295", NULL},
        {"", "empty"},
        {"`", "name`type`value"},
        {"msPKI-Key-Usage", "name`type`value"},
        {"msPKI-Key-Usage`DWORD", "name`type`value"},
        {"msPKI-Key-Usage`DWORD`", "name`type`value"},
        {"msPKI-Key-Usage`DWORD`2``", "name`type`value"},
        {"`DWORD`2", "name`type`value"},
        {"msPKI-Key-Usage`DWORD`2`a", "name`type`value"},
        {"msPKI-Key-Usage`dword`2", "neither DWORD nor PZPWSTR"},
        {"msPKI-Key-Usage`QWORD`2", "property 'msPKI-Key-Usage': the type 'QWORD'"},
        {"msPKI-Key-Usage`PZPWSTR`2", "the type is PZPWSTR"},
        {"msPKI-Hash-Algorithm`DWORD`2", "the type is DWORD"},
        {"msPKI-Key-Usage`DWORD`-1", "not a whole number"},
        {"msPKI-Key-Usage`DWORD`0x2", "not a whole number"},
        {"msPKI-Key-Usage`DWORD`4294967296", "not between"},
        {"msPKI-Hash-Algorithm`PZPWSTR``", "the value is empty"},
        {"msPKI-Key-Usage`DWORD`2`msPKI-Key-Usage`DWORD`2",
         "'msPKI-Key-Usage' is one too"},
        {"a`DWORD`1`a`DWORD`1", "the property 'a' is one too many"},
        {"msPKI-RA-Application-Policies`PZPWSTR`1.2.3", NULL},
        {"msPKI-RA-Application-Policies`PZPWSTR``", "'' is not an OID"},
        {"msPKI-RA-Application-Policies`PZPWSTR`1.2.3,", "'' is not an OID"},
        {"msPKI-RA-Application-Policies`PZPWSTR`1.2.3, 1.2.4", "' 1.2.4' is not an OID"},
        {"msPKI-RA-Application-Policies`PZPWSTR`1.2.3,1.2.3", "'1.2.3' is one too many"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(ra_policy) policy = {0};
        struct error err = {0};

        if (cases[i].words == NULL) {
            assert_ok(ra_policy_parse(cases[i].text, &policy, &err), &err);
        } else {
            assert_fails(ra_policy_parse(cases[i].text, &policy, &err), &err,
                         ERROR_INVALID, cases[i].words);
        }
    }
}

static void properties_and_oids_are_bounded(void **state)
{
    AUTO(buf) many = BUF_EMPTY;
    AUTO(buf) oids = BUF_EMPTY;
    AUTO(ra_policy) first = {0};
    AUTO(ra_policy) second = {0};
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < RA_POLICY_PROPERTIES_MAX; i++) {
        buf_printf(&many, "p%zu`DWORD`1`", i);
    }
    assert_ok(ra_policy_parse(buf_text(&many), &first, &err), &err);
    buf_append_text(&many, "last`DWORD`1");
    assert_fails(ra_policy_parse(buf_text(&many), &second, &err), &err, ERROR_INVALID,
                 "'last' is one too many");

    buf_append_text(&oids, "msPKI-RA-Application-Policies`PZPWSTR`1.0");
    for (size_t i = 1; i < RA_POLICY_OIDS_MAX; i++) {
        buf_printf(&oids, ",1.2.%zu", i);
    }
    assert_ok(ra_policy_parse(buf_text(&oids), &second, &err), &err);
    ra_policy_clear(&second);
    buf_append_text(&oids, ",2.5");
    assert_fails(ra_policy_parse(buf_text(&oids), &second, &err), &err, ERROR_INVALID,
                 "'2.5' is one too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_properties_are_read_in_any_order),
        cmocka_unit_test(what_is_absent_stays_absent_and_the_unknown_is_named),
        cmocka_unit_test(malformed_strings_are_refused),
        cmocka_unit_test(properties_and_oids_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
