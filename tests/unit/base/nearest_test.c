/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/nearest.h"

#include "tests/support/test.h"

static const char *const keys[] = {"port", "path",    "ports_open",  NULL,
                                   "",     "ca_file", "renew_before"};

static void nearest_takes_the_name_with_the_fewest_edits(void **state)
{
    static const struct {
        const char *written;
        const char *meant;
    } cases[] = {
        {"port", "port"},
        {"prot", "port"},           /* swapped */
        {"PORT", "port"},           /* upper case */
        {"por", "port"},            /* one missing */
        {"porte", "port"},          /* one too many */
        {"poet", "port"},           /* one wrong */
        {"pxyt", NULL},             /* two of four */
        {"portopen", "ports_open"}, /* two of ten */
        {"renew-before", "renew_before"},
        {"cafile", "ca_file"},
        {"zzz", NULL},
        {"", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got = nearest_name(cases[i].written, keys, COUNT_OF(keys));

        if (cases[i].meant == NULL ? got != NULL
                                   : got == NULL || strcmp(got, cases[i].meant) != 0) {
            fail_msg("'%s' gave '%s'", cases[i].written, got == NULL ? "none" : got);
        }
    }
}

static void nearest_takes_the_first_of_equals(void **state)
{
    static const char *const names[] = {"cart", "care"};
    (void)state;

    assert_ptr_equal(nearest_name("carx", names, COUNT_OF(names)), names[0]);
}

static void nearest_is_bounded(void **state)
{
    char longest[NEAREST_LEN_MAX + 2];
    const char *names[] = {longest};
    (void)state;

    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(nearest_name(longest, keys, COUNT_OF(keys)));
    assert_null(nearest_name("aaaa", names, 1));

    longest[NEAREST_LEN_MAX] = '\0';
    assert_ptr_equal(nearest_name(longest, names, 1), longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_takes_the_name_with_the_fewest_edits),
        cmocka_unit_test(nearest_takes_the_first_of_equals),
        cmocka_unit_test(nearest_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
