/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"
#include "common/tmpl/access.h"

#include "tests/support/ldif.h"
#include "tests/support/sd_build.h"
#include "tests/support/templates.h"
#include "tests/support/test.h"

enum { CR = 0x100, FULL_CONTROL = 0x000F00FF };

#define ALICE  "uid=alice,ou=people,dc=x,dc=test"
#define GROUP  "cn=enrollees,ou=groups,dc=x,dc=test"
#define NESTED "cn=staff,ou=groups,dc=x,dc=test"

/* Alice with her groups, also those she is in by another group. */
static struct dn_set *alice(bool complete)
{
    static const char *const groups[] = {GROUP, NESTED};
    struct error err = {0};
    struct dn_set *set = NULL;

    assert_ok(dn_set_new(ALICE, groups, COUNT_OF(groups), complete, &set, &err), &err);
    return set;
}

static struct tmpl *parse_with(const char *edits, const struct buf *descriptor)
{
    AUTO(ldif_record) record = ldif_read(templates_find("Machine"));
    struct error err = {0};
    struct tmpl *tmpl = NULL;

    ldif_apply(record, edits);
    if (descriptor != NULL) {
        ldif_add(record, "nTSecurityDescriptor", buf_bytes(descriptor));
    }
    assert_ok(tmpl_parse(&record->entry, &tmpl, &err), &err);
    return tmpl;
}

#define ALLOW(dn) "autoenrollAllow: " dn "\n"
#define AUTOM(dn) "autoenrollAllowAuto: " dn "\n"
#define DENY(dn)  "autoenrollDeny: " dn "\n"

static const struct {
    const char *edits;
    bool enroll, autoenroll;
    const char *why; /* of Enroll, a part */
} name_cases[] = {
    {"", false, false, "autoenrollAllow names neither the account nor a group"},
    {ALLOW(GROUP), true, false,
     "autoenrollAllow 'cn=enrollees,ou=groups,dc=x,dc=test' (a group of the account)"},
    {AUTOM(GROUP), false, true, "autoenrollAllow names neither"},
    {ALLOW(GROUP) AUTOM(GROUP), true, true, "a group of the account"},
    {ALLOW(NESTED), true, false, "a group of the account"},
    {ALLOW(ALICE), true, false, "(the account itself)"},
    {ALLOW("ou=people,dc=x,dc=test"), true, false, "(a container above the account)"},
    {ALLOW("dc=test"), true, false, "(a container above the account)"},
    {ALLOW("CN=Enrollees, OU=Groups, DC=X, DC=Test"), true, false,
     "'CN=Enrollees, OU=Groups, DC=X, DC=Test' (a group"},
    {ALLOW("cn=\\65nrollees,ou=groups,dc=x,dc=test"), true, false, "a group"},
    /* near twins */
    {ALLOW("cn=enrollee,ou=groups,dc=x,dc=test"), false, false, "names neither"},
    {ALLOW("cn=enrollees,ou=groups,dc=x2,dc=test"), false, false, "names neither"},
    {ALLOW("cn=enrollees,dc=x,dc=test"), false, false, "names neither"},
    {ALLOW("uid=alice2,ou=people,dc=x,dc=test"), false, false, "names neither"},
    {ALLOW("cn=alice,ou=people,dc=x,dc=test"), false, false, "names neither"},
    {ALLOW("ou=people,dc=x,dc=test2"), false, false, "names neither"},
    {ALLOW("ou=groups,dc=x,dc=test"), false, false, "names neither"},
    {ALLOW("cn=x,uid=alice,ou=people,dc=x,dc=test"), false, false, "names neither"},
    /* deny wins, in whatever order, and denies both */
    {ALLOW(ALICE) AUTOM(ALICE) DENY(NESTED), false, false,
     "autoenrollDeny 'cn=staff,ou=groups,dc=x,dc=test' (a group of the account)"},
    {DENY(ALICE) ALLOW(GROUP) AUTOM(GROUP), false, false, "(the account itself)"},
    {ALLOW(ALICE) DENY("ou=People , dc=x,dc=test"), false, false, "autoenrollDeny"},
    {ALLOW(ALICE) DENY("2.5.4.3=STAFF,ou=groups,dc=x,dc=test"), false, false,
     "autoenrollDeny '2.5.4.3=STAFF"},
    {ALLOW(ALICE) DENY("cn=staff2,ou=groups,dc=x,dc=test"), true, false,
     "the account itself"},
    {ALLOW(ALICE) DENY("uid=bob,ou=people,dc=x,dc=test"), true, false,
     "the account itself"},
};

static void names_allow_and_deny_accounts_groups_and_containers(void **state)
{
    AUTO(dn_set) account = alice(true);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(name_cases); i++) {
        AUTO(tmpl) tmpl = parse_with(name_cases[i].edits, NULL);
        AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
        struct error err = {0};

        assert_ok(tmpl_access_by_names(tmpl, account, &access, &err), &err);
        if (access.enroll.granted != name_cases[i].enroll ||
            access.autoenroll.granted != name_cases[i].autoenroll ||
            strstr(access.enroll.why, name_cases[i].why) == NULL) {
            fail_msg("%s: %d %d %s", name_cases[i].edits, access.enroll.granted,
                     access.autoenroll.granted, access.enroll.why);
        }
    }
}

static void incomplete_groups_are_neither_yes_nor_no_by_names(void **state)
{
    static const char *const edits[] = {"", ALLOW(ALICE), ALLOW(GROUP), DENY(ALICE),
                                        ALLOW(ALICE) DENY("cn=other,dc=x")};
    AUTO(dn_set) partial = alice(false);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        AUTO(tmpl) tmpl = parse_with(edits[i], NULL);
        struct tmpl_access access = {{true, NULL}, {true, NULL}};
        struct error err = {0};

        assert_fails(tmpl_access_by_names(tmpl, partial, &access, &err), &err,
                     ERROR_UNAVAILABLE, "not completely known");
        assert_null(access.enroll.why);
    }
}

static void
a_group_that_cannot_be_compared_matters_where_something_is_denied(void **state)
{
    static const char *const groups[] = {GROUP, "cn=\xef\xbd\x81,dc=x"};
    static const struct {
        const char *edits;
        const char *words; /* of the error; NULL: alice may enroll */
    } cases[] = {
        {ALLOW(GROUP), NULL},
        {ALLOW(ALICE), NULL},
        {ALLOW(ALICE) DENY("cn=other,dc=x"), "cannot be compared with certainty"},
    };
    struct error err = {0};
    AUTO(dn_set) account = NULL;
    (void)state;

    assert_ok(dn_set_new(ALICE, groups, COUNT_OF(groups), true, &account, &err), &err);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(tmpl) tmpl = parse_with(cases[i].edits, NULL);
        AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};

        if (cases[i].words == NULL) {
            assert_ok(tmpl_access_by_names(tmpl, account, &access, &err), &err);
            assert_true(access.enroll.granted);
        } else {
            assert_fails(tmpl_access_by_names(tmpl, account, &access, &err), &err,
                         ERROR_INVALID, cases[i].words);
        }
    }
    AUTO(tmpl) denied = parse_with(ALLOW(ALICE) DENY(GROUP), NULL);
    AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
    assert_ok(tmpl_access_by_names(denied, account, &access, &err), &err);
    assert_false(access.enroll.granted);
}

static struct sid_set *token(bool complete)
{
    static const char *const texts[] = {SID_ALICE, SID_USERS, SID_ENROLLEE};
    struct sid sids[COUNT_OF(texts)];
    struct error err = {0};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_ok(sid_parse_text(texts[i], &sids[i], &err), &err);
    }
    return sid_set_new(sids, COUNT_OF(texts), complete);
}

static const struct {
    struct sd_build_ace aces[3];
    size_t count;
    bool enroll, autoenroll;
    const char *why;      /* of Enroll */
    const char *auto_why; /* of AutoEnroll */
} descriptor_cases[] = {
    {{{0}},
     0,
     false,
     false,
     "no entry of nTSecurityDescriptor grants Enroll",
     "no entry of nTSecurityDescriptor grants AutoEnroll"},
    {{{0x05, 0, CR, &sd_enroll, SID_ENROLLEE, NULL},
      {0x05, 0, CR, &sd_autoenroll, SID_ALICE, NULL}},
     2,
     true,
     true,
     "nTSecurityDescriptor entry 1 "
     "(OA;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;" SID_ENROLLEE ") grants Enroll",
     "nTSecurityDescriptor entry 2 "
     "(OA;;CR;a05b8cc2-17bc-4802-a710-e7c15ab866a2;;" SID_ALICE ") grants AutoEnroll"},
    {{{0x05, 0, CR, &sd_autoenroll, SID_ALICE, NULL}},
     1,
     false,
     true,
     "no entry of nTSecurityDescriptor grants Enroll",
     "entry 1 "},
    {{{0x05, 0, CR, &sd_enroll, SID_ALICE, NULL}},
     1,
     true,
     false,
     "entry 1 ",
     "no entry"},
    {{{0x00, 0, FULL_CONTROL, NULL, SID_ALICE, NULL}}, 1, false, false, "no ", "no "},
    {{{0x06, 0, CR, &sd_enroll, SID_USERS, NULL}, {0x00, 0, CR, NULL, SID_ALICE, NULL}},
     2,
     false,
     true,
     "entry 1 (OD;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;" SID_USERS ") denies Enroll",
     "entry 2 (A;;CR;;;" SID_ALICE ") grants AutoEnroll"},
};

static void descriptors_name_the_entry_that_decided(void **state)
{
    AUTO(sid_set) account = token(true);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(descriptor_cases); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
        struct error err = {0};

        sd_build(&octets, descriptor_cases[i].aces, descriptor_cases[i].count);
        AUTO(tmpl) tmpl = parse_with("", &octets);
        assert_ok(tmpl_access_by_descriptor(tmpl, account, &access, &err), &err);
        if (access.enroll.granted != descriptor_cases[i].enroll ||
            access.autoenroll.granted != descriptor_cases[i].autoenroll ||
            strstr(access.enroll.why, descriptor_cases[i].why) == NULL ||
            strstr(access.autoenroll.why, descriptor_cases[i].auto_why) == NULL) {
            fail_msg("case %zu: %s; %s", i, access.enroll.why, access.autoenroll.why);
        }
    }
}

static void a_descriptor_that_is_not_there_or_not_readable_is_no_answer(void **state)
{
    static const struct sd_build_ace unknown[] = {{0x00, 0, CR, NULL, SID_ALICE, NULL},
                                                  {0x11, 0, 0, NULL, NULL, NULL}};
    AUTO(sid_set) account = token(true);
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(tmpl) absent = parse_with("", NULL);
    AUTO(tmpl) broken = parse_with("nTSecurityDescriptor:: AAAA", NULL);
    struct tmpl_access access = {{false, NULL}, {false, NULL}};
    struct error err = {0};
    (void)state;

    assert_fails(tmpl_access_by_descriptor(absent, account, &access, &err), &err,
                 ERROR_UNAVAILABLE, "nTSecurityDescriptor was not read");
    assert_fails(tmpl_access_by_descriptor(broken, account, &access, &err), &err,
                 ERROR_INVALID, "nTSecurityDescriptor is malformed");
    sd_build(&octets, unknown, COUNT_OF(unknown));
    AUTO(tmpl) strange = parse_with("", &octets);
    assert_fails(tmpl_access_by_descriptor(strange, account, &access, &err), &err,
                 ERROR_INVALID, "unknown type 0x11");
    assert_fails(tmpl_may_issue(strange, &err), &err, ERROR_DENIED,
                 "nTSecurityDescriptor: entry 2 has the unknown type 0x11");
    assert_fails(tmpl_may_issue(broken, &err), &err, ERROR_DENIED,
                 "a security descriptor has 20 to 65536 octets");
}

static void incomplete_groups_are_neither_yes_nor_no_by_descriptor(void **state)
{
    static const struct sd_build_ace aces[] = {{0x00, 0, CR, NULL, SID_ALICE, NULL},
                                               {0x01, 0, CR, NULL, SID_ALICE, NULL}};
    AUTO(sid_set) partial = token(false);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(aces); i++) {
        AUTO(buf) octets = BUF_EMPTY;
        struct tmpl_access access = {{true, NULL}, {true, NULL}};
        struct error err = {0};

        sd_build(&octets, &aces[i], 1);
        AUTO(tmpl) tmpl = parse_with("", &octets);
        assert_fails(tmpl_access_by_descriptor(tmpl, partial, &access, &err), &err,
                     ERROR_UNAVAILABLE, "not completely known");
    }
}

static void a_descriptor_without_a_dacl_grants_all_and_says_so(void **state)
{
    AUTO(sid_set) account = token(true);
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(tmpl_access) access = {{false, NULL}, {false, NULL}};
    struct error err = {0};
    (void)state;

    sd_build_without_dacl(&octets);
    AUTO(tmpl) tmpl = parse_with("", &octets);
    assert_ok(tmpl_access_by_descriptor(tmpl, account, &access, &err), &err);
    assert_true(access.enroll.granted && access.autoenroll.granted);
    assert_string_equal(access.enroll.why,
                        "nTSecurityDescriptor has no DACL: everyone has Enroll");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_allow_and_deny_accounts_groups_and_containers),
        cmocka_unit_test(incomplete_groups_are_neither_yes_nor_no_by_names),
        cmocka_unit_test(
            a_group_that_cannot_be_compared_matters_where_something_is_denied),
        cmocka_unit_test(descriptors_name_the_entry_that_decided),
        cmocka_unit_test(a_descriptor_that_is_not_there_or_not_readable_is_no_answer),
        cmocka_unit_test(incomplete_groups_are_neither_yes_nor_no_by_descriptor),
        cmocka_unit_test(a_descriptor_without_a_dacl_grants_all_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
