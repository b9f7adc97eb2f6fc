/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/template_set_caller.h"
#include "tests/support/sd_build.h"
#include "tests/support/test.h"
#include "tests/unit/template/shelf.h"

enum { CR = 0x100, ALLOW = 0x05, DENY = 0x06 };

#define ALICE   "cn=alice,ou=people,dc=x"
#define HOST    "cn=web1.x,ou=computers,dc=x"
#define GROUP   "cn=enrollees,ou=groups,dc=x"
#define OUTSIDE "cn=others,ou=groups,dc=x"

/* Somebody and the one group of theirs. */
static struct wire_account account_of(const char *dn, struct wire_group *group)
{
    return (struct wire_account){
        .ref = {.principal = "somebody@X", .sid = SID_ALICE},
        .dn = dn,
        .groups = group,
        .group_count = 1,
        .groups_complete = true,
        .complete = true,
        .enabled = true,
    };
}

static bool ask(const struct wire_account *account, enum template_form form,
                const struct template_item *item, struct tmpl_access *out,
                enum reason *reason, struct error *err)
{
    AUTO(template_caller) caller = NULL;

    return template_caller_new(account, form, &caller, reason, err) &&
           template_caller_access(caller, item, out, reason, err);
}

static const struct {
    const char *edits, *dn, *group;
    bool enroll;
    const char *why;
} cases[] = {
    {"autoenrollAllow: " GROUP "\n", ALICE, GROUP, true, "'" GROUP "' (a group of"},
    {"autoenrollAllow: " GROUP "\n", ALICE, OUTSIDE, false, "names neither"},
    {"autoenrollAllow: " GROUP "\n", HOST, GROUP, true, "(a group of"},
    {"autoenrollAllow: " ALICE "\n", ALICE, OUTSIDE, true, "(the account itself)"},
    {"autoenrollAllow: " ALICE "\n", HOST, OUTSIDE, false, "names neither"},
    {"autoenrollAllow: ou=computers,dc=x\n", HOST, OUTSIDE, true, "(a container above"},
    {"autoenrollAllow: ou=computers,dc=x\n", ALICE, OUTSIDE, false, "names neither"},
    {"autoenrollAllow: dc=x\nautoenrollDeny: " GROUP "\n", ALICE, GROUP, false,
     "autoenrollDeny"},
    {"autoenrollAllow: dc=x\nautoenrollDeny: " GROUP "\n", ALICE, OUTSIDE, true,
     "autoenrollAllow"},
    {"autoenrollAllowAuto: " GROUP "\n", ALICE, GROUP, false, "names neither"},
};

static void caller_has_what_the_template_says(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(shelf) shelf = {.template_count = 0};
        AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
        struct wire_group group = {"", "", cases[i].group};
        struct wire_account account = account_of(cases[i].dn, &group);
        enum reason reason = REASON_NONE;
        struct error err = {0};

        shelf_init(&shelf);
        shelf_add(&shelf, "T", 1, cases[i].edits);
        AUTO(template_set) set = shelf_set(&shelf);
        assert_ok(ask(&account, TEMPLATE_NAMES, template_set_get(set, 0), &access,
                      &reason, &err),
                  &err);
        if (access.enroll.granted != cases[i].enroll || access.enroll.why == NULL ||
            strstr(access.enroll.why, cases[i].why) == NULL) {
            fail_msg("%zu: %d %s", i, access.enroll.granted, access.enroll.why);
        }
    }
}

static void caller_with_unknown_groups_is_refused(void **state)
{
    AUTO(template_caller) caller = NULL;
    struct wire_group group = {"", SID_ENROLLEE, GROUP};
    struct wire_account account = account_of(ALICE, &group);
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;

    account.groups_complete = false;
    for (unsigned int form = 0; form < TEMPLATE_FORM_COUNT; form++) {
        assert_fails(template_caller_new(&account, (enum template_form)form, &caller,
                                         &reason, &err),
                     &err, ERROR_UNAVAILABLE, "not completely known");
        assert_int_equal(reason, REASON_DIR_PARTIAL);
    }
    account.groups_complete = true;
    assert_ok(template_caller_new(&account, TEMPLATE_NAMES, &caller, &reason, &err),
              &err);
}

static void caller_with_a_group_in_the_other_form_only_is_refused(void **state)
{
    AUTO(template_caller) caller = NULL;
    struct wire_group no_name = {"", SID_ENROLLEE, ""};
    struct wire_group no_sid = {"", "", GROUP};
    struct wire_account named = account_of(ALICE, &no_name);
    struct wire_account token = account_of(ALICE, &no_sid);
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;

    assert_fails(template_caller_new(&named, TEMPLATE_NAMES, &caller, &reason, &err),
                 &err, ERROR_UNAVAILABLE, "has no name");
    assert_int_equal(reason, REASON_DIR_PARTIAL);
    assert_fails(template_caller_new(&token, TEMPLATE_DESCRIPTOR, &caller, &reason, &err),
                 &err, ERROR_UNAVAILABLE, "has no SID");
    token.groups = &no_name;
    token.ref.sid = "";
    assert_fails(template_caller_new(&token, TEMPLATE_DESCRIPTOR, &caller, &reason, &err),
                 &err, ERROR_UNAVAILABLE, "has no SID");
    token.ref.sid = SID_ALICE;
    assert_ok(template_caller_new(&token, TEMPLATE_DESCRIPTOR, &caller, &reason, &err),
              &err);
}

/* U+0041 U+030A and U+00C5 are one letter in two forms: it may be this group that is denied. */
static void
caller_with_a_group_that_cannot_be_compared_is_refused_where_some_are_denied(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
    struct wire_group group = {"", "", "cn=A\xcc\x8a,ou=groups,dc=x"};
    struct wire_account account = account_of(ALICE, &group);
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "Denies", 1,
              "autoenrollAllow: dc=x\nautoenrollDeny: " OUTSIDE "\n");
    shelf_add(&shelf, "Open", 2, "autoenrollAllow: dc=x\n");
    AUTO(template_set) set = shelf_set(&shelf);

    assert_fails(ask(&account, TEMPLATE_NAMES, template_set_find(set, "Denies"), &access,
                     &reason, &err),
                 &err, ERROR_DENIED, "cannot be compared");
    assert_int_equal(reason, REASON_NO_ENROLL);
    assert_ok(ask(&account, TEMPLATE_NAMES, template_set_find(set, "Open"), &access,
                  &reason, &err),
              &err);
    assert_true(access.enroll.granted);
}

static const struct {
    struct sd_build_ace ace;
    bool enroll;
} aces[] = {
    {{ALLOW, 0, CR, &sd_enroll, SID_ENROLLEE, NULL}, true},
    {{ALLOW, 0, CR, &sd_enroll, SID_ALICE, NULL}, true},
    {{ALLOW, 0, CR, &sd_enroll, SID_BOB, NULL}, false},
    {{ALLOW, 0, CR, &sd_autoenroll, SID_ENROLLEE, NULL}, false},
    {{ALLOW, 0, CR, &sd_enroll, "S-1-5-11", NULL}, true},
    {{ALLOW, 0, CR, &sd_enroll, "S-1-1-0", NULL}, true},
    {{ALLOW, 0, CR, &sd_enroll, "S-1-5-7", NULL}, false},
    {{DENY, 0, CR, &sd_enroll, SID_ENROLLEE, NULL}, false},
};

static void caller_has_what_the_descriptor_says(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(aces); i++) {
        AUTO(shelf) shelf = {.template_count = 0};
        AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
        AUTO(buf) descriptor = BUF_EMPTY;
        struct wire_group group = {"", SID_ENROLLEE, ""};
        struct wire_account account = account_of(ALICE, &group);
        enum reason reason = REASON_NONE;
        struct error err = {0};

        shelf_init(&shelf);
        sd_build(&descriptor, &aces[i].ace, 1);
        ldif_add(shelf_add(&shelf, "T", 1, "autoenrollAllow: " ALICE "\n"),
                 "nTSecurityDescriptor", buf_bytes(&descriptor));
        AUTO(template_set) set = shelf_set(&shelf);
        assert_ok(ask(&account, TEMPLATE_DESCRIPTOR, template_set_get(set, 0), &access,
                      &reason, &err),
                  &err);
        if (access.enroll.granted != aces[i].enroll) {
            fail_msg("%zu: %s", i, access.enroll.why);
        }
    }
}

static void caller_of_a_template_without_its_descriptor_is_refused(void **state)
{
    AUTO(shelf) shelf = {.template_count = 0};
    AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
    struct wire_group group = {"", SID_ENROLLEE, GROUP};
    struct wire_account account = account_of(ALICE, &group);
    enum reason reason = REASON_NONE;
    struct error err = {0};
    (void)state;

    shelf_init(&shelf);
    shelf_add(&shelf, "T", 1, "autoenrollAllow: " ALICE "\n");
    AUTO(template_set) set = shelf_set(&shelf);

    assert_fails(ask(&account, TEMPLATE_DESCRIPTOR, template_set_get(set, 0), &access,
                     &reason, &err),
                 &err, ERROR_UNAVAILABLE, "was not read");
    assert_int_equal(reason, REASON_DIR_PARTIAL);
    assert_ok(
        ask(&account, TEMPLATE_NAMES, template_set_get(set, 0), &access, &reason, &err),
        &err);
    assert_true(access.enroll.granted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller_has_what_the_template_says),
        cmocka_unit_test(caller_with_unknown_groups_is_refused),
        cmocka_unit_test(caller_with_a_group_in_the_other_form_only_is_refused),
        cmocka_unit_test(
            caller_with_a_group_that_cannot_be_compared_is_refused_where_some_are_denied),
        cmocka_unit_test(caller_has_what_the_descriptor_says),
        cmocka_unit_test(caller_of_a_template_without_its_descriptor_is_refused),
    };

    return cmocka_run_group_tests_name("template_caller", tests, NULL, NULL);
}
