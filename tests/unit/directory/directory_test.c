/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/identity.h"

#include "policyd/directory.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"
#include "tests/unit/directory/fake_directory.h"

#define ID(n) "entryUUID", "a80f03a2-79f1-1041-9bbb-00000000000" #n
#define P     ",dc=example,dc=test"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): joined on purpose */
static const struct fake_entry domain[] = {
    {"cn=alice" P,
     {"objectClass", "person", "uid", "alice", "cn", "Alice Example", "cn", "alice",
      "mail", "alice@example.test", ID(1)}},
    {"cn=engineering" P, {"member", "cn=alice" P, ID(2)}},
    {"cn=employees" P,
     {"member", "cn=engineering" P, "member", "cn=certificate-users" P, ID(3)}},
    {"cn=certificate-users" P, {"member", "cn=employees" P, ID(4)}}, /* a cycle */
    {"cn=others" P, {"member", "cn=bob" P, ID(5)}},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static const struct directory_query alice = {.principal = "alice@EXAMPLE.TEST",
                                             .timeout_ms = 60000};

struct setup {
    struct fake_directory fake;
    struct directory_settings settings;
    struct fake_clock time;
    struct clock clock;
    struct directory *directory;
    const struct directory_account *found;
    enum reason reason;
    struct error err;
};

static void open_with(struct setup *s)
{
    s->settings.port = fake_directory_port(&s->fake);
    assert_ok(directory_new(&s->settings, &s->directory, &s->err), &s->err);
}

static struct setup begin(void)
{
    return (struct setup){.fake = {.entries = domain, .count = COUNT_OF(domain)},
                          .settings = fake_directory_settings()};
}

static void end(struct setup *s)
{
    directory_account_unref(s->found);
    directory_free(s->directory);
}

static bool find(struct setup *s, const struct directory_query *query)
{
    directory_account_unref(s->found);
    s->found = NULL;
    return directory_find(s->directory, query, &s->found, &s->reason, &s->err);
}

static void groups_are_found_through_others_and_cycles_end(void **state)
{
    struct setup s = begin();

    (void)state;
    open_with(&s);

    assert_ok(find(&s, &alice), &s.err);

    const struct wire_account *a = &s.found->account;
    assert_int_equal(a->group_count, 3);
    assert_string_equal(a->groups[0].dn, "cn=engineering" P);
    assert_string_equal(a->groups[1].dn, "cn=employees" P);
    assert_string_equal(a->groups[2].dn, "cn=certificate-users" P);
    assert_string_equal(a->groups[2].id, "a80f03a2-79f1-1041-9bbb-000000000004");
    assert_true(a->groups_complete);
    assert_int_equal(s.fake.searches, 1 + 4); /* the account, three levels, and no more */
    end(&s);
}

static void an_account_fits_into_its_message(void **state)
{
    static const char *const asked[] = {"mail", "missing"};
    struct setup s = begin();
    struct directory_query query = alice;
    AUTO(buf) octets = BUF_EMPTY;

    (void)state;
    query.attributes = (struct directory_texts){asked, 2};
    open_with(&s);
    assert_ok(find(&s, &query), &s.err);
    struct wire_account_found message = {.account = s.found->account,
                                         .evidence = s.found->evidence,
                                         .evidence_count = s.found->evidence_count};

    assert_ok(wire_account_found_encode(&message, &octets, &s.err), &s.err);

    assert_string_equal(message.account.cn,
                        "alice"); /* of two, the one that names the entry */
    assert_string_equal(message.account.upn, "alice@EXAMPLE.TEST");
    assert_string_equal(message.account.sam, "alice");
    assert_true(message.account.complete && message.account.enabled);
    assert_int_equal(message.account.attribute_count, 2);
    assert_int_equal(message.account.attributes[0].value_count, 1);
    assert_int_equal(message.account.attributes[1].value_count, 0);
    end(&s);
}

/* I5: a membership beyond the cut might have been the one that denies */
static void a_cut_in_the_groups_refuses(void **state)
{
    static const struct {
        const char *partial_at;
        const char *fails_at;
        enum reason reason;
    } cases[] = {
        {"(member=cn=alice", NULL, REASON_DIR_PARTIAL},
        {"(member=cn=certificate-users", NULL, REASON_DIR_PARTIAL},
        {NULL, "(member=cn=employees", REASON_DIR_DOWN},
        {"krbPrincipalName", NULL, REASON_DIR_PARTIAL},
        {NULL, "krbPrincipalName", REASON_DIR_DOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct setup s = begin();

        s.fake.partial_at = cases[i].partial_at;
        s.fake.fails_at = cases[i].fails_at;
        open_with(&s);

        assert_false(find(&s, &alice));

        assert_int_equal(s.err.code, ERROR_UNAVAILABLE);
        assert_int_equal(s.reason, cases[i].reason);
        end(&s);
    }
}

static void limits_of_depth_and_number_refuse(void **state)
{
    struct setup s = begin();

    (void)state;
    s.settings.groups_depth_max = 2;
    open_with(&s);
    assert_fails(find(&s, &alice), &s.err, ERROR_UNAVAILABLE, "nested deeper");
    assert_int_equal(s.reason, REASON_DIR_PARTIAL);
    end(&s);

    s = begin();
    s.settings.groups_max = 2;
    open_with(&s);
    assert_fails(find(&s, &alice), &s.err, ERROR_UNAVAILABLE, "more than are allowed");
    end(&s);

    s = begin();
    s.settings.groups_depth_max = 3;
    s.settings.groups_max = 3;
    open_with(&s);
    assert_ok(find(&s, &alice), &s.err);
    end(&s);
}

static void an_account_is_found_by_its_id_and_only_by_its_own(void **state)
{
    struct directory_query query = {.id = "A80F03A2-79f1-1041-9bbb-000000000001",
                                    .timeout_ms = 60000};
    struct setup s = begin();

    (void)state;
    open_with(&s);
    assert_ok(find(&s, &query), &s.err);
    assert_string_equal(s.found->account.ref.principal, "alice@EXAMPLE.TEST");

    query.id = "a80f03a2-79f1-1041-9bbb-000000000009"; /* the name was given to another */
    query.principal = "alice@EXAMPLE.TEST";
    assert_fails(find(&s, &query), &s.err, ERROR_DENIED, "another account");
    assert_int_equal(s.reason, REASON_DISABLED);
    end(&s);
}

static void secrets_are_not_given_to_rules(void **state)
{
    static const char *const bad[] = {"userPassword",
                                      "USERPASSWORD",
                                      "krbPrincipalKey",
                                      "",
                                      "a)(b",
                                      "mail;binary",
                                      "*"};
    struct setup s = begin();

    (void)state;
    open_with(&s);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct directory_query query = alice;

        query.attributes = (struct directory_texts){&bad[i], 1};
        assert_fails(find(&s, &query), &s.err, ERROR_INVALID, "is not given");
    }
    assert_int_equal(s.fake.searches, 0);
    end(&s);
}

static void settings_are_checked(void **state)
{
    static const char *const links[] = {"member", "owner"};
    struct directory_settings good = fake_directory_settings();
    struct directory_settings s = good;
    struct directory *directory = NULL;
    struct error err = {0};

    (void)state;
    s.realm = "";
    assert_fails(directory_new(&s, &directory, &err), &err, ERROR_INVALID,
                 "realm and base");
    s = good;
    s.cache_s = DIRECTORY_CACHE_MAX_S + 1;
    assert_fails(directory_new(&s, &directory, &err), &err, ERROR_INVALID,
                 "out of range");
    s = good;
    s.group_links = (struct directory_texts){links, 2};
    assert_fails(directory_new(&s, &directory, &err), &err, ERROR_INVALID, "owner");
    s = good;
    s.disabled_filter = "(a=b";
    assert_fails(directory_new(&s, &directory, &err), &err, ERROR_INVALID, "filter");
}

static void open_cached(struct setup *s)
{
    s->time.now_ns = CLOCK_NS_PER_SECOND;
    s->clock = fake_clock_port(&s->time);
    s->settings.clock = &s->clock;
    s->settings.cache_s = 30;
    open_with(s);
}

static void the_cache_serves_an_unchanged_directory_only(void **state)
{
    struct setup s = begin();

    (void)state;
    s.fake.version = "1";
    open_cached(&s);
    assert_ok(find(&s, &alice), &s.err);
    unsigned int cold = s.fake.searches;

    assert_ok(find(&s, &alice), &s.err);
    assert_int_equal(s.fake.searches, cold + 1); /* asked for the version alone */

    s.fake.version = "2";
    assert_ok(find(&s, &alice), &s.err);
    assert_int_equal(s.fake.searches, 2 * cold + 1);
    end(&s);
}

static const struct directory_query by_id = {.id = "a80f03a2-79f1-1041-9bbb-000000000001",
                                             .timeout_ms = 60000};

/* How many searches a look-up takes. */
static unsigned int searches_of(struct setup *s, const struct directory_query *query)
{
    unsigned int before = s->fake.searches;

    assert_ok(find(s, query), &s->err);
    assert_string_equal(s->found->account.ref.principal, "alice@EXAMPLE.TEST");
    return s->fake.searches - before;
}

static void what_was_found_by_its_id_is_served_while_nothing_changes(void **state)
{
    struct setup s = begin();

    (void)state;
    s.fake.version = "1";
    open_cached(&s);
    unsigned int by_name = searches_of(&s, &alice);
    assert_int_equal(searches_of(&s, &by_id), 2); /* the version, and whose id it is */
    assert_int_equal(searches_of(&s, &by_id), 1);

    s.fake.version = "2";
    assert_int_equal(searches_of(&s, &by_id), by_name + 1);
    fake_clock_advance(&s.time, 29);
    assert_int_equal(searches_of(&s, &by_id), 1);
    fake_clock_advance(&s.time, 1);
    assert_int_equal(searches_of(&s, &by_id), by_name + 1);
    end(&s);
}

static void what_is_kept_by_its_name_gets_no_younger_by_its_id(void **state)
{
    struct setup s = begin();

    (void)state;
    s.fake.version = "1";
    open_cached(&s);
    unsigned int by_name = searches_of(&s, &alice);
    fake_clock_advance(&s.time, 29);
    assert_int_equal(searches_of(&s, &by_id), 2); /* the version, and whose id it is */
    assert_int_equal(searches_of(&s, &by_id), 1);
    fake_clock_advance(&s.time, 1);
    assert_int_equal(searches_of(&s, &by_id), by_name + 1);
    end(&s);
}

static void an_id_that_is_gone_is_refused_at_once(void **state)
{
    struct setup s = begin();

    (void)state;
    s.fake.version = "1";
    open_cached(&s);
    assert_ok(find(&s, &by_id), &s.err);
    s.fake.version = "2";
    s.fake.count = 0;
    assert_fails(find(&s, &by_id), &s.err, ERROR_DENIED, "0 entries");
    end(&s);

    s = begin();
    open_cached(&s); /* without a version */
    assert_ok(find(&s, &by_id), &s.err);
    s.fake.count = 0;
    assert_fails(find(&s, &by_id), &s.err, ERROR_DENIED, "0 entries");
    end(&s);
}

static void an_account_by_its_id_has_the_attributes_asked_for(void **state)
{
    static const char *const mail[] = {"mail"};
    struct directory_query more = by_id;
    struct setup s = begin();

    (void)state;
    s.fake.version = "1";
    open_cached(&s);
    assert_ok(find(&s, &by_id), &s.err);
    more.attributes = (struct directory_texts){mail, 1};
    assert_ok(find(&s, &more), &s.err);
    assert_int_equal(s.found->account.attribute_count, 1);
    end(&s);
}

static void nothing_is_served_beyond_its_time(void **state)
{
    struct setup s = begin();

    (void)state;
    open_cached(&s); /* without a version, as some servers are */
    assert_ok(find(&s, &alice), &s.err);
    unsigned int cold = s.fake.searches;

    fake_clock_advance(&s.time, 29);
    assert_ok(find(&s, &alice), &s.err);
    assert_int_equal(s.fake.searches, cold + 1);

    fake_clock_advance(&s.time, 1);
    assert_ok(find(&s, &alice), &s.err);
    assert_int_equal(s.fake.searches, 2 * cold + 1);
    end(&s);
}

static void a_dead_directory_is_not_papered_over_by_the_cache(void **state)
{
    struct setup s = begin();

    (void)state;
    open_cached(&s);
    assert_ok(find(&s, &alice), &s.err);
    s.fake.fails_at = "(";

    assert_false(find(&s, &alice));

    assert_int_equal(s.reason, REASON_DIR_DOWN);
    s.fake.fails_at = NULL;
    assert_ok(find(&s, &alice), &s.err);
    end(&s);
}

static void refusals_are_not_kept(void **state)
{
    struct setup s = begin();

    (void)state;
    s.fake.count = 0;
    open_cached(&s);
    assert_false(find(&s, &alice));
    assert_int_equal(s.reason, REASON_DISABLED);
    s.fake.count = COUNT_OF(domain);

    assert_ok(find(&s, &alice), &s.err);
    end(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_found_through_others_and_cycles_end),
        cmocka_unit_test(an_account_fits_into_its_message),
        cmocka_unit_test(a_cut_in_the_groups_refuses),
        cmocka_unit_test(limits_of_depth_and_number_refuse),
        cmocka_unit_test(an_account_is_found_by_its_id_and_only_by_its_own),
        cmocka_unit_test(secrets_are_not_given_to_rules),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(the_cache_serves_an_unchanged_directory_only),
        cmocka_unit_test(what_was_found_by_its_id_is_served_while_nothing_changes),
        cmocka_unit_test(what_is_kept_by_its_name_gets_no_younger_by_its_id),
        cmocka_unit_test(an_id_that_is_gone_is_refused_at_once),
        cmocka_unit_test(an_account_by_its_id_has_the_attributes_asked_for),
        cmocka_unit_test(nothing_is_served_beyond_its_time),
        cmocka_unit_test(a_dead_directory_is_not_papered_over_by_the_cache),
        cmocka_unit_test(refusals_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
