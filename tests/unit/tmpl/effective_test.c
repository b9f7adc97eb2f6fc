/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/effective.h"

#include "tests/support/test.h"

static void renewal_starts_at_the_later_of_four_fifths_and_overlap(void **state)
{
    static const struct {
        const char *label;
        int64_t not_before, not_after, overlap, start;
    } cases[] = {
        {"1 year, 6 weeks", 0, 31536000, 3628800, 27907200},
        {"1 week, 4 days: 80 % must have gone", 0, 604800, 345600, 483840},
        {"no overlap", 0, 1000, 0, 1000},
        {"overlap longer than the life", 1000, 2000, 86400, 1800},
        {"both the same", 0, 1000, 200, 800},
        {"rounded down", 0, 9, 9, 7},
        {"rounded down too", 0, 6, 6, 4},
        {"before the epoch", -1000, -500, 50, -550},
        {"the shortest life", 5, 6, 1, 5},
        {"the longest life", 0, INT64_MAX, INT64_MAX, INT64_MAX / 5 * 4 + 1},
        {"an overlap before all time", INT64_MIN, INT64_MIN + 10, INT64_MAX,
         INT64_MIN + 8},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        int64_t start = 0;

        assert_ok(tmpl_renew_start(cases[i].not_before, cases[i].not_after,
                                   cases[i].overlap, &start, &err),
                  &err);
        if (start != cases[i].start) {
            fail_msg("%s: %lld", cases[i].label, (long long)start);
        }
    }
}

static void renewal_of_a_life_that_does_not_end_after_it_begins_is_refused(void **state)
{
    static const struct {
        int64_t not_before, not_after, overlap;
    } cases[] = {
        {10, 10, 1},        {11, 10, 1}, {INT64_MIN, INT64_MAX, 1},
        {-2, INT64_MAX, 1}, {0, 10, -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        int64_t start = 42;

        assert_fails(tmpl_renew_start(cases[i].not_before, cases[i].not_after,
                                      cases[i].overlap, &start, &err),
                     &err, ERROR_INVALID, "no renewal time");
        assert_int_equal(start, 42);
    }
}

static void ec_keys_never_encipher(void **state)
{
    static const struct {
        uint32_t usage;
        enum tmpl_key_family family;
        int64_t expected; /* -1: refused */
    } cases[] = {
        {0x00A0, TMPL_KEY_RSA, 0x00A0}, {0x00A0, TMPL_KEY_EC, 0x0080},
        {0x00B8, TMPL_KEY_EC, 0x0088},  {0x8008, TMPL_KEY_EC, 0x8008},
        {0x0020, TMPL_KEY_RSA, 0x0020}, {0x0020, TMPL_KEY_EC, -1},
        {0x0030, TMPL_KEY_EC, -1},      {0x0000, TMPL_KEY_EC, 0},
        {0x0000, TMPL_KEY_RSA, 0},      {0x00A0, TMPL_KEY_NONE, -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[] = "T";
        const struct tmpl tmpl = {.cn = name, .key_usage = cases[i].usage};
        struct error err = {0};
        uint32_t usage = 0xFFFF;
        bool ok = tmpl_key_usage_for(&tmpl, cases[i].family, &usage, &err);

        if (ok != (cases[i].expected >= 0) ||
            usage != (ok ? (uint32_t)cases[i].expected : 0xFFFF)) {
            fail_msg("case %zu: 0x%04x", i, usage);
        }
    }
}

static void auto_enrollment_is_where_the_version_has_it(void **state)
{
    static const struct {
        uint32_t version, general, enrollment;
        bool expected;
    } cases[] = {
        {1, 0x20, 0x00, true},  {1, 0x00, 0x20, false}, {2, 0x20, 0x00, false},
        {2, 0x00, 0x20, true},  {3, 0x20, 0x00, false}, {4, 0x00, 0x20, true},
        {4, 0x20, 0x00, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct tmpl tmpl = {.schema_version = cases[i].version,
                                  .flags = {[TMPL_GENERAL] = cases[i].general,
                                            [TMPL_ENROLLMENT] = cases[i].enrollment}};

        if (tmpl_autoenrolls(&tmpl) != cases[i].expected) {
            fail_msg("case %zu", i);
        }
    }
}

static void purposes_are_both_lists_from_version_2_on(void **state)
{
    (void)state;

    for (uint32_t version = 1; version <= 4; version++) {
        AUTO(tmpl_list) ekus = TMPL_LIST_EMPTY;
        AUTO(tmpl_list) policies = TMPL_LIST_EMPTY;
        AUTO(tmpl_list) out = TMPL_LIST_EMPTY;

        tmpl_list_add(&ekus, "1.2.3");
        tmpl_list_add(&ekus, "1.2.5");
        tmpl_list_add(&policies, "1.2.3");
        tmpl_list_add(&policies, "1.2.4");
        const struct tmpl tmpl = {
            .schema_version = version, .ekus = ekus, .app_policies = policies};
        tmpl_effective_purposes(&tmpl, &out);
        assert_int_equal(out.count, version == 1 ? 2 : 3);
        assert_int_equal(tmpl_list_has(&out, "1.2.4"), version > 1);
        assert_string_equal(out.items[out.count - 1], "1.2.5");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renewal_starts_at_the_later_of_four_fifths_and_overlap),
        cmocka_unit_test(renewal_of_a_life_that_does_not_end_after_it_begins_is_refused),
        cmocka_unit_test(ec_keys_never_encipher),
        cmocka_unit_test(auto_enrollment_is_where_the_version_has_it),
        cmocka_unit_test(purposes_are_both_lists_from_version_2_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
