/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext.h"
#include "common/pki/ext_words.h"
#include "common/pki/key_spec.h"
#include "common/pki/name_match.h"

#include "tests/support/test.h"

struct pair {
    const char *bound, *name;
    bool matches;
};

typedef bool match(const char *bound, const char *name);

static void check(match *matches, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (matches(pairs[i].bound, pairs[i].name) != pairs[i].matches) {
            fail_msg("'%s' and '%s': expected %d", pairs[i].bound, pairs[i].name,
                     pairs[i].matches);
        }
    }
}

static void a_domain_holds_itself_and_what_is_below(void **state)
{
    static const struct pair pairs[] = {
        {"a.test", "a.test", true},
        {"a.test", "x.y.A.Test", true},
        {"a.test", "xa.test", false},
        {"a.test", "test", false},
        {"a.test", "a.test.b.test", false},
        {"a.test", "", false},
        {"", "a.test", false},
        {"x.a.test", "a.test", false},
        {"a.test", "x.a.test.", false},
    };
    (void)state;

    check(name_is_within, pairs, COUNT_OF(pairs));
    assert_true(name_is_domain("a.test"));
    assert_false(name_is_domain(""));
    assert_false(name_is_domain("*.a.test"));
    assert_false(name_is_domain(".a.test"));
    assert_false(name_is_domain("a.test."));
    assert_false(name_is_domain("x@a.test"));
}

static void an_address_belongs_to_what_follows_its_last_at(void **state)
{
    static const struct pair domains[] = {
        {"a.test", "x@A.test", true},        {"a.test", "x@y.a.test", false},
        {"a.test", "a.test", false},         {"a.test", "x@a.test@b.test", false},
        {"b.test", "x@a.test@b.test", true},
    };
    static const struct pair realms[] = {
        {"A.TEST", "host/x@A.TEST", true},
        {"A.TEST", "host/x@a.test", false},
        {"A.TEST", "x@A.TEST@B.TEST", false},
        {"A.TEST", "x", false},
    };
    (void)state;

    check(name_is_of_domain, domains, COUNT_OF(domains));
    check(name_is_of_realm, realms, COUNT_OF(realms));
}

static void a_network_has_the_addresses_that_begin_with_its_bits(void **state)
{
    static const struct pair pairs[] = {
        {"10.1.0.0/16", "10.1.255.255", true}, {"10.1.0.0/16", "10.2.0.0", false},
        {"10.1.0.0/17", "10.1.127.0", true},   {"10.1.0.0/17", "10.1.128.0", false},
        {"0.0.0.0/0", "203.0.113.1", true},    {"10.0.0.1/32", "10.0.0.1", true},
        {"10.0.0.1/32", "10.0.0.0", false},    {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},        {"0.0.0.0/0", "::1", false},
        {"::/0", "10.0.0.1", false},           {"10.1.0.0/16", "10.1.0.0/16", false},
        {"10.1.0.0/33", "10.1.0.0", false},    {"10.1.0.0", "10.1.0.0", false},
    };
    (void)state;

    check(name_network_has, pairs, COUNT_OF(pairs));
    assert_true(name_is_network("fd00::/8"));
    assert_false(name_is_network("fd00::/129"));
    assert_false(name_is_network("10.0.0.0/-1"));
    assert_false(name_is_network("a.test/8"));
}

static void a_uri_begins_up_to_a_boundary(void **state)
{
    static const struct pair pairs[] = {
        {"https://a.test", "https://a.test", true},
        {"https://a.test", "https://a.test/x", true},
        {"https://a.test", "https://a.test?x", true},
        {"https://a.test", "https://a.test:8443/", false},
        {"https://a.test", "https://a.test.b.test/", false},
        {"https://a.test", "https://a.test@b.test/", false},
        {"https://a.test/x", "https://a.test/xy", false},
        {"https://a.test/x/", "https://a.test/x/y", true},
        {"https://a.test/x/", "https://a.test/x/../y", false},
        {"https://a.test/x/", "https://a.test/x/%2e%2e/y", false},
        {"spiffe:", "spiffe://b.test/x", true},
        {"spiffe:", "https://spiffe:", false},
        {"", "https://a.test", false},
    };
    (void)state;

    check(name_uri_begins, pairs, COUNT_OF(pairs));
}

static void a_protected_name_is_known_in_every_kind_of_name(void **state)
{
    static const struct pair pairs[] = {
        {"dc1.a.test", "DC1.A.test", true},
        {"dc1.a.test", "dc10.a.test", false},
        {"dc1.a.test", "x.dc1.a.test", false},
        {"dc1.a.test", "*.a.test", true},
        {"dc1.a.test", "*.b.a.test", false},
        {"dc1.a.test", "host/dc1.a.test@A.TEST", true},
        {"dc1.a.test", "ldap/dc1.a.test/a.test@A.TEST", true},
        {"dc1.a.test", "host/dc2.a.test@A.TEST", false},
        {"dc1.a.test", "https://dc1.a.test:8443/x", true},
        {"dc1.a.test", "https://x.test/dc1.a.test", false},
        {"dc1", "DC1$@A.TEST", true},
        {"dc1", "dc1$", true},
        {"dc1$@a.test", "DC1$@A.TEST", true},
        {"admin", "admin@a.test", true},
        {"admin", "admin@b.test", true},
        {"admin@a.test", "admin@b.test", false},
        {"admin", "admin2@a.test", false},
        {"admin", "alice/admin@A.TEST", true},
        {".ad.test", "ad.test", true},
        {".ad.test", "x.ad.test", true},
        {".ad.test", "host/x.ad.test@AD.TEST", true},
        {".ad.test", "*.test", true},
        {".ad.test", "bad.test", false},
        {"S-1-5-21-1-500", "s-1-5-21-1-500", true},
        {"S-1-5-21-1-500", "S-1-5-21-1-5001", false},
        {"x", "", false},
    };
    (void)state;

    check(name_is_covered, pairs, COUNT_OF(pairs));
}

static void words_of_people_become_bits_and_oids(void **state)
{
    (void)state;

    assert_int_equal(ext_find_key_usage("keyEncipherment"), EXT_KU_KEY_ENCIPHERMENT);
    assert_int_equal(ext_find_key_usage("keyCertSign"), 0);
    assert_int_equal(ext_find_key_usage("cRLSign"), 0);
    assert_int_equal(ext_find_key_usage("DigitalSignature"), 0);
    assert_string_equal(ext_find_purpose("clientAuth"), "1.3.6.1.5.5.7.3.2");
    assert_string_equal(ext_find_purpose("1.2.3"), "1.2.3");
    assert_null(ext_find_purpose("clientauth"));
    assert_true(ext_is_any_purpose("2.5.29.37.0"));
    assert_false(ext_is_any_purpose("1.3.6.1.5.5.7.3.2"));
}

static void nobody_brings_in_a_reserved_extension(void **state)
{
    static const char *const reserved[] = {EXT_OID_BASIC_CONSTRAINTS,
                                           EXT_OID_SID,
                                           EXT_OID_TEMPLATE,
                                           EXT_OID_TEMPLATE_NAME,
                                           EXT_OID_AUTHORITY_INFO,
                                           EXT_OID_OCSP_NO_CHECK,
                                           EXT_OID_APPLICATION_POLICIES,
                                           "2.16.840.1.113730.1.1"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        assert_true(ext_is_reserved(reserved[i]));
    }
    assert_false(ext_is_reserved("1.3.6.1.5.5.7.1.24")); /* TLS feature, RFC 7633 */
    assert_false(ext_is_reserved("2.5.290.1"));
}

static void a_key_spec_is_a_kind_and_its_least_size(void **state)
{
    static const struct {
        const char *spec;
        struct key_info key;
        bool meets;
    } cases[] = {
        {"rsa-3072", {.alg = KEY_RSA, .bits = 3072}, true},
        {"rsa-3072", {.alg = KEY_RSA, .bits = 3071}, false},
        {"rsa-3072", {.alg = KEY_EC, .bits = 521}, false},
        {"ec-384", {.alg = KEY_EC, .bits = 521}, true},
        {"ec-384", {.alg = KEY_EC, .bits = 256}, false},
        {"ed25519", {.alg = KEY_ED25519, .bits = 255}, true},
        {"ed25519", {.alg = KEY_EC, .bits = 521}, false},
        {"rsa-1024", {.alg = KEY_RSA, .bits = 4096}, false}, /* no spec */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(key_meets_spec(&cases[i].key, cases[i].spec), cases[i].meets);
    }
    assert_true(key_is_spec("ec-256"));
    assert_false(key_is_spec("ec-255"));
    assert_false(key_is_spec("rsa"));
    assert_false(key_is_spec("dsa-2048"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_holds_itself_and_what_is_below),
        cmocka_unit_test(an_address_belongs_to_what_follows_its_last_at),
        cmocka_unit_test(a_network_has_the_addresses_that_begin_with_its_bits),
        cmocka_unit_test(a_uri_begins_up_to_a_boundary),
        cmocka_unit_test(a_protected_name_is_known_in_every_kind_of_name),
        cmocka_unit_test(words_of_people_become_bits_and_oids),
        cmocka_unit_test(nobody_brings_in_a_reserved_extension),
        cmocka_unit_test(a_key_spec_is_a_kind_and_its_least_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
