/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory.h"
#include "tests/support/test.h"
#include "tests/unit/directory/fake_directory.h"

#define ID "a80f03a2-79f1-1041-9bbb-000000000001"
#define P  ",dc=example,dc=test"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): joined on purpose */
static const struct fake_entry domain[] = {
    {"cn=alice" P,
     {"objectClass", "person", "uid", "alice", "cn", "alice", "entryUUID", ID}},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

enum { PATIENT_MS = 60000, STALL_MS = 20, TICK_MS = 5 };

/* A directory where so many may be inside at once, and somebody else who comes meanwhile. */
struct scene {
    struct fake_directory fake;
    struct clock clock;
    int64_t now_ns; /* a tick later each time that somebody looks */
    struct directory *directory;
    bool came;
    const char *principal; /* of him */
    bool found;
    enum reason reason;
    int64_t held_ms;
};

static int64_t tick(void *ctx)
{
    struct scene *s = ctx;

    s->now_ns += INT64_C(1000000) * TICK_MS;
    return s->now_ns;
}

static void open_scene(struct scene *s, uint32_t inside_max)
{
    struct directory_settings settings = fake_directory_settings();
    struct error err = {0};

    *s = (struct scene){.fake = {.entries = domain, .count = COUNT_OF(domain), .ctx = s},
                        .principal = "alice@EXAMPLE.TEST"};
    s->clock = (struct clock){tick, tick, s};
    settings.clock = &s->clock;
    settings.port = fake_directory_port(&s->fake);
    settings.inside_max = inside_max;
    settings.stall_ms = STALL_MS;
    assert_ok(directory_new(&settings, &s->directory, &err), &err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is used up, through the query */
static bool look(struct scene *s, const char *principal, int64_t *left_ns,
                 enum reason *reason)
{
    const struct directory_query query = {
        .principal = principal, .timeout_ms = PATIENT_MS, .left_ns = left_ns};
    AUTO(directory_account) account = NULL;
    struct error err = {0};

    return directory_find(s->directory, &query, &account, reason, &err);
}

static bool look_for_alice(struct scene *s, enum reason *reason)
{
    return look(s, "alice@EXAMPLE.TEST", NULL, reason);
}

static void look_too(void *ctx)
{
    struct scene *s = ctx;

    if (!s->came) {
        int64_t begin_ns = s->now_ns;

        s->came = true;
        s->found = look(s, s->principal, NULL, &s->reason);
        s->held_ms = (s->now_ns - begin_ns) / 1000000;
    }
}

/* Much later somebody finds it full, and is turned away: whether he was made to wait first. */
static bool waits(struct scene *s)
{
    enum reason reason = REASON_NONE;

    s->now_ns += INT64_C(1000000) * PATIENT_MS;
    s->came = false;
    s->fake.meanwhile = look_too;
    s->fake.fails_at = NULL;
    s->fake.partial_at = NULL;
    assert_true(look_for_alice(s, &reason));
    s->fake.meanwhile = NULL;
    assert_true(s->came);
    assert_false(s->found);
    assert_int_equal(s->reason, REASON_BUSY);
    return s->held_ms >= STALL_MS;
}

static void lose_the_directory(struct scene *s)
{
    enum reason reason = REASON_NONE;

    s->fake.fails_at = "uid=";
    assert_false(look_for_alice(s, &reason));
    assert_int_equal(reason, REASON_DIR_DOWN);
}

static void who_comes_while_no_answers_come_is_turned_away(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    assert_true(waits(&s));
    assert_true(look_for_alice(&s, &reason)); /* now that the first one has left */
    lose_the_directory(&s);
    assert_false(waits(&s));
    directory_free(s.directory);
}

static void two_may_be_inside_where_two_may(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 2);
    s.fake.meanwhile = look_too;
    assert_true(look_for_alice(&s, &reason));
    assert_true(s.came);
    assert_true(s.found);
    directory_free(s.directory);
}

static void an_answer_that_is_not_complete_is_an_answer(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    lose_the_directory(&s);
    s.fake.fails_at = NULL;
    s.fake.partial_at = "uid=";
    assert_false(look_for_alice(&s, &reason));
    assert_int_equal(reason, REASON_DIR_PARTIAL);
    assert_true(waits(&s));
    directory_free(s.directory);
}

static void a_question_that_it_refuses_is_answered(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    lose_the_directory(&s);
    s.fake.fails_with = ERROR_NOT_FOUND;
    lose_the_directory(&s); /* we could not look, all the same */
    assert_true(waits(&s));
    directory_free(s.directory);
}

static void the_last_question_is_the_one_that_counts(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    s.fake.fails_at = "member="; /* the one for groups, after that for the account */
    assert_false(look_for_alice(&s, &reason));
    assert_int_equal(reason, REASON_DIR_DOWN);
    assert_false(waits(&s));
    directory_free(s.directory);
}

static void a_principal_of_no_use_says_nothing_about_the_directory(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    lose_the_directory(&s);
    assert_false(look(&s, "alice@NOWHERE.TEST", NULL, &reason));
    assert_int_equal(reason, REASON_REALM);
    assert_false(waits(&s));
    directory_free(s.directory);
}

static void a_principal_of_no_use_is_refused_even_where_it_is_full(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    s.principal = "alice@NOWHERE.TEST";
    s.fake.meanwhile = look_too;
    assert_true(look_for_alice(&s, &reason));
    assert_int_equal(s.reason, REASON_REALM);
    directory_free(s.directory);
}

static void who_has_no_time_left_says_nothing_about_the_directory(void **state)
{
    enum reason reason = REASON_NONE;
    int64_t left_ns = 0;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    assert_true(look_for_alice(&s, &reason));
    unsigned int searches = s.fake.searches;

    assert_false(look(&s, "alice@EXAMPLE.TEST", &left_ns, &reason));
    assert_int_equal(reason, REASON_DIR_DOWN);
    assert_int_equal(s.fake.searches, searches);
    assert_true(waits(&s));

    lose_the_directory(&s);
    assert_false(look(&s, "alice@EXAMPLE.TEST", &left_ns, &reason));
    assert_false(waits(&s));
    directory_free(s.directory);
}

static void who_left_without_an_answer_makes_room_too(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    for (int i = 0; i < 3; i++) {
        lose_the_directory(&s);
    }
    s.fake.fails_at = NULL;
    assert_true(look_for_alice(&s, &reason));
    directory_free(s.directory);
}

static void look_ups_of_one_request_share_its_time(void **state)
{
    enum reason reason = REASON_NONE;
    int64_t left_ns = INT64_C(1000000) * PATIENT_MS;
    int64_t before_ns = left_ns;
    struct scene s;

    (void)state;
    open_scene(&s, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(look(&s, "alice@EXAMPLE.TEST", &left_ns, &reason));
        assert_true(left_ns < before_ns);
        before_ns = left_ns;
    }
    directory_free(s.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_while_no_answers_come_is_turned_away),
        cmocka_unit_test(two_may_be_inside_where_two_may),
        cmocka_unit_test(an_answer_that_is_not_complete_is_an_answer),
        cmocka_unit_test(a_question_that_it_refuses_is_answered),
        cmocka_unit_test(the_last_question_is_the_one_that_counts),
        cmocka_unit_test(a_principal_of_no_use_says_nothing_about_the_directory),
        cmocka_unit_test(a_principal_of_no_use_is_refused_even_where_it_is_full),
        cmocka_unit_test(who_has_no_time_left_says_nothing_about_the_directory),
        cmocka_unit_test(who_left_without_an_answer_makes_room_too),
        cmocka_unit_test(look_ups_of_one_request_share_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
