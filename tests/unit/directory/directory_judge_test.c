/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_judge.h"
#include "tests/support/test.h"
#include "tests/unit/directory/fake_directory.h"

#define UUID "entryUUID", "a80f03a2-79f1-1041-9bbb-a3ceacd67f80"

static const struct {
    const char *principal;
    const char *local; /* NULL: refused */
    enum wire_account_kind kind;
    enum reason reason;
} principals[] = {
    {"alice@EXAMPLE.TEST", "alice", WIRE_ACCOUNT_USER, REASON_NONE},
    {"host@EXAMPLE.TEST", "host", WIRE_ACCOUNT_USER, REASON_NONE},
    {"alice@OTHER.TEST", "alice", WIRE_ACCOUNT_USER, REASON_NONE},
    {"host/ws1.example.test@EXAMPLE.TEST", "ws1.example.test", WIRE_ACCOUNT_MACHINE,
     REASON_NONE},
    {"alice@example.test", NULL, 0, REASON_REALM},
    {"alice@EXAMPLE.TEST.", NULL, 0, REASON_REALM},
    {"alice@SUB.EXAMPLE.TEST", NULL, 0, REASON_REALM},
    {"alice@", NULL, 0, REASON_REALM},
    {"alice", NULL, 0, REASON_PRINCIPAL},
    {"@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"", NULL, 0, REASON_PRINCIPAL},
    {"alice/admin@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"HTTP/ws1.example.test@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"HOST/ws1.example.test@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/ws1.example.test/x@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/WS1.example.test@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/ws1@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/ws1.example.test.@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"host/*.example.test@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"WS1$@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"a\\@b@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"a@b@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
    {"al\nice@EXAMPLE.TEST", NULL, 0, REASON_PRINCIPAL},
};

/* RFC 4120 6.2 */
static void principals_are_hosts_or_users_of_our_realms(void **state)
{
    struct directory_settings settings = fake_directory_settings();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(principals); i++) {
        AUTO(directory_name) name = {.principal = NULL};
        enum reason reason = REASON_NONE;
        struct error err = {0};

        bool ok = directory_name_parse(&settings, principals[i].principal, &name, &reason,
                                       &err);

        if (ok != (principals[i].local != NULL) || reason != principals[i].reason) {
            fail_msg("%s: %s", principals[i].principal, reason_get(reason)->code);
        }
        if (ok) {
            assert_string_equal(name.local, principals[i].local);
            assert_int_equal(name.kind, principals[i].kind);
        }
    }
}

#define P_ALICE "krbPrincipalName", "alice@EXAMPLE.TEST"
#define P_WS1   "krbPrincipalName", "host/ws1.example.test@EXAMPLE.TEST"
#define PERSON  "objectClass", "person"
#define MACHINE "objectClass", "computer"
#define ALICE   "alice@EXAMPLE.TEST"
#define WS1     "host/ws1.example.test@EXAMPLE.TEST"

static const struct {
    const char *label;
    const char *principal;
    struct fake_entry entries[3];
    const char *dn;     /* NULL: refused */
    enum reason reason; /* then */
} candidates[] = {
    {"a user by her name", ALICE, {{"cn=a", {PERSON, "uid", "alice"}}}, "cn=a", 0},
    {"a user by her principal",
     ALICE,
     {{"cn=a", {PERSON, P_ALICE, "uid", "x"}}},
     "cn=a",
     0},
    {"the principal before the name",
     ALICE,
     {{"cn=b", {PERSON, "uid", "alice"}}, {"cn=a", {PERSON, P_ALICE}}},
     "cn=a",
     0},
    {"nobody", ALICE, {{NULL, {NULL}}}, NULL, REASON_DISABLED},
    {"a name in other letters",
     ALICE,
     {{"cn=a", {PERSON, "uid", "Alice"}}},
     NULL,
     REASON_DISABLED},
    {"a name that belongs to another principal",
     ALICE,
     {{"cn=a", {PERSON, "uid", "alice", "krbPrincipalName", "bob@EXAMPLE.TEST"}}},
     NULL,
     REASON_DISABLED},
    {"two of the name",
     ALICE,
     {{"cn=a", {PERSON, "uid", "alice"}}, {"cn=b", {PERSON, "uid", "alice"}}},
     NULL,
     REASON_DIR_AMBIG},
    {"two of the principal",
     ALICE,
     {{"cn=a", {PERSON, P_ALICE}}, {"cn=b", {PERSON, P_ALICE}}},
     NULL,
     REASON_DIR_AMBIG},
    {"one person and something else of the name",
     ALICE,
     {{"cn=a", {PERSON, "uid", "alice"}},
      {"cn=b", {"objectClass", "document", "uid", "alice"}}},
     "cn=a",
     0},
    {"a machine with a user's principal",
     ALICE,
     {{"cn=a", {PERSON, MACHINE, P_ALICE}}},
     NULL,
     REASON_DIR_AMBIG},
    {"a machine with a user's name",
     ALICE,
     {{"cn=a", {MACHINE, "uid", "alice"}}},
     NULL,
     REASON_DISABLED},
    {"a foreign user by her principal",
     "alice@OTHER.TEST",
     {{"cn=a", {PERSON, "uid", "al", "krbPrincipalName", "alice@OTHER.TEST"}}},
     "cn=a",
     0},
    {"a foreign user by name only",
     "alice@OTHER.TEST",
     {{"cn=a", {PERSON, "uid", "alice"}}},
     NULL,
     REASON_DISABLED},
    {"a host by cn", WS1, {{"cn=h", {MACHINE, "cn", "ws1.example.test"}}}, "cn=h", 0},
    {"a host by DNS name in any letters",
     WS1,
     {{"cn=h", {MACHINE, "cn", "ws1", "dNSHostName", "WS1.example.test"}}},
     "cn=h",
     0},
    {"a host by principal", WS1, {{"cn=h", {MACHINE, "cn", "ws1", P_WS1}}}, "cn=h", 0},
    {"a person of a host's name",
     WS1,
     {{"cn=h", {PERSON, "cn", "ws1.example.test"}}},
     NULL,
     REASON_DISABLED},
    {"a host that claims another name",
     WS1,
     {{"cn=h", {MACHINE, "cn", "ws1.example.test", "dNSHostName", "dc1.example.test"}}},
     NULL,
     REASON_DIR_AMBIG},
    {"a host that claims one name more",
     WS1,
     {{"cn=h",
       {MACHINE, P_WS1, "dNSHostName", "ws1.example.test", "dNSHostName",
        "dc1.example.test"}}},
     NULL,
     REASON_DIR_AMBIG},
    {"a host whose name another one claims",
     WS1,
     {{"cn=h", {MACHINE, P_WS1, "dNSHostName", "ws1.example.test"}},
      {"cn=m", {MACHINE, "cn", "m", "dNSHostName", "WS1.EXAMPLE.TEST"}}},
     NULL,
     REASON_DIR_AMBIG},
    {"and with a final dot",
     WS1,
     {{"cn=h", {MACHINE, P_WS1}},
      {"cn=m", {MACHINE, "cn", "m", "dNSHostName", "ws1.example.test."}}},
     NULL,
     REASON_DIR_AMBIG},
    {"a host whose name is somebody's cn only",
     WS1,
     {{"cn=h", {MACHINE, P_WS1}}, {"cn=m", {PERSON, "cn", "ws1.example.test"}}},
     "cn=h",
     0},
};

static size_t count_entries(const struct fake_entry *entries, size_t max)
{
    size_t count = 0;

    while (count < max && entries[count].dn != NULL) {
        count++;
    }
    return count;
}

static void check_candidate(size_t i)
{
    struct directory_settings settings = fake_directory_settings();
    struct fake_directory fake = {
        .entries = candidates[i].entries,
        .count = count_entries(candidates[i].entries, COUNT_OF(candidates[i].entries))};
    AUTO(directory_name) name = {.principal = NULL};
    AUTO(dap_result) found = fake_directory_all(&fake);
    const struct dap_entry *entry = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    assert_ok(
        directory_name_parse(&settings, candidates[i].principal, &name, &reason, &err),
        &err);

    bool ok = directory_judge_entry(&settings, &name, found, &entry, &reason, &err);

    if (ok != (candidates[i].dn != NULL) || (!ok && reason != candidates[i].reason) ||
        (ok && strcmp(entry->dn, candidates[i].dn) != 0)) {
        fail_msg("%s: %s %s", candidates[i].label, ok ? entry->dn : err.message,
                 reason_get(reason)->code);
    }
}

/* Certifried (CVE-2022-26923) and its kin among them */
static void a_principal_has_exactly_one_entry(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        check_candidate(i);
    }
}

static void a_partial_answer_decides_nothing(void **state)
{
    static const struct fake_entry entries[] = {{"cn=a", {PERSON, "uid", "alice"}}};
    struct directory_settings settings = fake_directory_settings();
    struct fake_directory fake = {.entries = entries, .count = 1};
    AUTO(directory_name) name = {.principal = NULL};
    AUTO(dap_result) found = fake_directory_all(&fake);
    const struct dap_entry *entry = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    (void)state;
    assert_ok(directory_name_parse(&settings, ALICE, &name, &reason, &err), &err);
    found->partial = strdup("Size limit exceeded");

    assert_fails(directory_judge_entry(&settings, &name, found, &entry, &reason, &err),
                 &err, ERROR_UNAVAILABLE, "Size limit exceeded");
    assert_int_equal(reason, REASON_DIR_PARTIAL);

    found->too_many = true;
    assert_fails(directory_judge_entry(&settings, &name, found, &entry, &reason, &err),
                 &err, ERROR_DENIED, "more than");
    assert_int_equal(reason, REASON_DIR_AMBIG);
}

enum { NOW = 1795249600 }; /* 2026-11-21T08:26:40Z */

static const struct {
    const char *attribute;
    const char *value;
    bool disabled;
} locks[] = {
    {"nsAccountLock", "TRUE", true},
    {"nsAccountLock", "true", true},
    {"nsAccountLock", "FALSE", false},
    {"nsAccountLock", "perhaps", true},
    {"krbPrincipalExpiration", "20261121082639Z", true},
    {"krbPrincipalExpiration", "20261121082640Z", true},
    {"krbPrincipalExpiration", "20261121082641Z", false},
    {"krbPrincipalExpiration", "20261121082641.5Z", false},
    {"krbPrincipalExpiration", "99991231235959Z", false},
    {"krbPrincipalExpiration", "20271321082641Z", true},
    {"krbPrincipalExpiration", "202711210826Z", true},
    {"krbPrincipalExpiration", "20271121082641+0100", true},
    {"krbPrincipalExpiration", "never", true},
    {"pwdAccountLockedTime", "000001010000Z", true},
    {"krbTicketFlags", "128", false},
    {"krbTicketFlags", "192", true},
    {"krbTicketFlags", "x", true},
    {"shadowExpire", "-1", false},
    {"shadowExpire", "20778", true},
    {"shadowExpire", "20779", false},
    {"loginShell", "/bin/false", false}, /* nobody said that it counts */
};

static void disabled_accounts_are_told_by_the_attribute_that_says_so(void **state)
{
    struct directory_settings settings = fake_directory_settings();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(locks); i++) {
        const struct fake_entry entry = {"cn=a",
                                         {PERSON, locks[i].attribute, locks[i].value}};
        struct fake_directory fake = {.entries = &entry, .count = 1};
        AUTO(dap_result) found = fake_directory_all(&fake);

        const char *by = directory_judge_disabled(&settings, &found->entries[0], NOW);

        if ((by != NULL) != locks[i].disabled ||
            (by != NULL && strcmp(by, locks[i].attribute) != 0)) {
            fail_msg("%s: %s gives %s", locks[i].attribute, locks[i].value,
                     by == NULL ? "enabled" : by);
        }
    }
}

static void host_names_lie_below_an_allowed_suffix(void **state)
{
    static const char *const suffixes[] = {"lab.example.test", ".Corp.test"};
    struct directory_settings settings = fake_directory_settings();

    (void)state;
    assert_true(directory_judge_suffix(&settings, "ws1.example.test"));
    assert_true(directory_judge_suffix(&settings, "ws1.a.example.test"));
    assert_false(directory_judge_suffix(&settings, "example.test"));
    assert_false(directory_judge_suffix(&settings, "ws1.notexample.test"));
    assert_false(directory_judge_suffix(&settings, "ws1.example.test.evil.org"));
    settings.dns_suffixes = (struct directory_texts){suffixes, 2};
    assert_false(directory_judge_suffix(&settings, "ws1.example.test"));
    assert_true(directory_judge_suffix(&settings, "ws1.lab.example.test"));
    assert_true(directory_judge_suffix(&settings, "ws1.corp.test"));
}

/* Filter characters of a principal stay what they are. RFC 4515 3 */
static void the_search_asks_for_this_principal_alone(void **state)
{
    struct directory_settings settings = fake_directory_settings();
    AUTO(directory_name) user = {.principal = NULL};
    AUTO(directory_name) foreign = {.principal = NULL};
    AUTO(buf) filter = BUF_EMPTY;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    (void)state;
    assert_ok(
        directory_name_parse(&settings, "*)(uid=x@EXAMPLE.TEST", &user, &reason, &err),
        &err);
    directory_judge_filter(&user, &filter);
    assert_string_equal(buf_text(&filter),
                        "(|(krbPrincipalName=\\2a\\29\\28uid=x@EXAMPLE.TEST)"
                        "(uid=\\2a\\29\\28uid=x))");

    buf_clear(&filter);
    assert_ok(
        directory_name_parse(&settings, "alice@OTHER.TEST", &foreign, &reason, &err),
        &err);
    directory_judge_filter(&foreign, &filter);
    assert_string_equal(buf_text(&filter), "(|(krbPrincipalName=alice@OTHER.TEST))");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(principals_are_hosts_or_users_of_our_realms),
        cmocka_unit_test(a_principal_has_exactly_one_entry),
        cmocka_unit_test(a_partial_answer_decides_nothing),
        cmocka_unit_test(disabled_accounts_are_told_by_the_attribute_that_says_so),
        cmocka_unit_test(host_names_lie_below_an_allowed_suffix),
        cmocka_unit_test(the_search_asks_for_this_principal_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
