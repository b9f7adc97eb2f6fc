/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an account is in a group: near twins, and what nobody can tell. */
#include "policyd/server_group.h"
#include "tests/support/test.h"

static struct wire_group groups[] = {
    {.id = "g1", .sid = "", .dn = "cn=PKI Approvers,ou=groups,dc=a,dc=test"},
    {.id = "g2", .sid = "S-1-5-21-1-2-3-1111", .dn = ""},
};

static struct wire_account carol(void)
{
    return (struct wire_account){.ref = {.id = "carol", .principal = "carol@A.TEST"},
                                 .dn = "cn=carol,ou=people,dc=a,dc=test",
                                 .groups = groups,
                                 .group_count = 2,
                                 .groups_complete = true};
}

static const struct {
    const char *group;
    bool is_in;
} cases[] = {
    {"cn=PKI Approvers,ou=groups,dc=a,dc=test", true},
    {"CN=pki approvers, OU=Groups, DC=a, DC=test", true},
    {"cn=PKI Approvers,ou=people,dc=a,dc=test", false},
    {"ou=groups,dc=a,dc=test", false},          /* above the group */
    {"ou=people,dc=a,dc=test", false},          /* a container is no group */
    {"cn=carol,ou=people,dc=a,dc=test", false}, /* nor is oneself */
    {"S-1-5-21-1-2-3-1111", true},
    {"s-1-5-21-1-2-3-1111", true},
    {"S-1-5-21-1-2-3-111", false},
};

static void a_group_is_one_of_the_accounts_groups_and_nothing_else(void **state)
{
    const struct wire_account account = carol();
    struct error err;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_in = !cases[i].is_in;

        assert_ok(server_group_has(&account, cases[i].group, &is_in, &err), &err);
        if (is_in != cases[i].is_in) {
            fail_msg("%s", cases[i].group);
        }
    }
}

static void who_is_not_wholly_known_is_in_no_group(void **state)
{
    struct wire_account account = carol();
    bool is_in = false;
    struct error err;
    (void)state;
    account.groups_complete = false;

    assert_fails(server_group_has(&account, cases[0].group, &is_in, &err), &err,
                 ERROR_UNAVAILABLE, "not all groups");
    assert_false(is_in);
}

static void a_name_that_cannot_be_compared_is_no_answer(void **state)
{
    const struct wire_account account = carol();
    bool is_in = false;
    struct error err;
    (void)state;

    assert_fails(server_group_has(&account, "approvers", &is_in, &err), &err,
                 ERROR_INVALID, "group 'approvers'");
    assert_false(is_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_one_of_the_accounts_groups_and_nothing_else),
        cmocka_unit_test(who_is_not_wholly_known_is_in_no_group),
        cmocka_unit_test(a_name_that_cannot_be_compared_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
