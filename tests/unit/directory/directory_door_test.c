/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "policyd/directory.h"
#include "tests/support/fake_clock.h"
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

enum { PATIENT_MS = 60000, STALL_MS = 20 };

/* A directory where one may be inside at once, and somebody else who comes meanwhile. */
struct scene {
    struct fake_directory fake;
    struct fake_clock time;
    struct clock clock;
    struct directory *directory;
    int64_t left_ns;
    bool came;
    bool found;
    enum reason reason;
    pthread_t thread;
};

static void open_scene(struct scene *s, uint32_t inside_max, uint32_t stall_ms)
{
    struct directory_settings settings = fake_directory_settings();
    struct error err = {0};

    *s = (struct scene){.fake = {.entries = domain, .count = COUNT_OF(domain), .ctx = s}};
    s->clock = fake_clock_port(&s->time);
    settings.clock = &s->clock;
    settings.port = fake_directory_port(&s->fake);
    settings.inside_max = inside_max;
    settings.stall_ms = stall_ms;
    assert_ok(directory_new(&settings, &s->directory, &err), &err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is used up, through the query */
static bool look(struct scene *s, int64_t *left_ns, enum reason *reason)
{
    const struct directory_query query = {
        .principal = "alice@EXAMPLE.TEST", .timeout_ms = PATIENT_MS, .left_ns = left_ns};
    AUTO(directory_account) account = NULL;
    struct error err = {0};

    return directory_find(s->directory, &query, &account, reason, &err);
}

static void look_too(void *ctx)
{
    struct scene *s = ctx;

    if (!s->came) {
        s->came = true;
        s->found = look(s, NULL, &s->reason);
    }
}

static void *run(void *arg)
{
    struct scene *s = arg;

    s->found = look(s, NULL, &s->reason);
    return NULL;
}

static void look_from_a_thread(void *ctx)
{
    struct scene *s = ctx;

    if (!s->came) {
        s->came = true;
        assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    }
}

static void who_comes_while_no_answers_come_is_turned_away(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    s.fake.meanwhile = look_too;
    assert_true(look(&s, NULL, &reason));
    assert_true(s.came);
    assert_false(s.found);
    assert_int_equal(s.reason, REASON_BUSY);
    assert_true(look(&s, NULL, &reason)); /* now that the first one has left */
    directory_free(s.directory);
}

static void two_may_be_inside_where_two_may(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 2, STALL_MS);
    s.fake.meanwhile = look_too;
    assert_true(look(&s, NULL, &reason));
    assert_true(s.came);
    assert_true(s.found);
    directory_free(s.directory);
}

static void who_waits_comes_in_when_the_other_has_left(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1, PATIENT_MS);
    s.fake.meanwhile = look_from_a_thread;
    assert_true(look(&s, NULL, &reason));
    assert_int_equal(pthread_join(s.thread, NULL), 0);
    assert_true(s.found);
    directory_free(s.directory);
}

static void who_left_without_an_answer_makes_room_too(void **state)
{
    enum reason reason = REASON_NONE;
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    s.fake.fails_at = "uid=";
    for (int i = 0; i < 3; i++) {
        assert_false(look(&s, NULL, &reason));
        assert_int_equal(reason, REASON_DIR_DOWN);
    }
    s.fake.fails_at = NULL;
    assert_true(look(&s, NULL, &reason));
    directory_free(s.directory);
}

static void look_ups_of_one_request_share_its_time(void **state)
{
    enum reason reason = REASON_NONE;
    int64_t left_ns = INT64_C(1000000) * PATIENT_MS;
    int64_t before_ns = left_ns;
    struct scene s;

    (void)state;
    open_scene(&s, 1, STALL_MS);
    for (int i = 0; i < 3; i++) {
        assert_true(look(&s, &left_ns, &reason));
        assert_true(left_ns < before_ns);
        before_ns = left_ns;
    }
    unsigned int searches = s.fake.searches;

    left_ns = 0; /* all of it is used up */
    assert_false(look(&s, &left_ns, &reason));
    assert_int_equal(reason, REASON_DIR_DOWN);
    assert_int_equal(s.fake.searches, searches);
    directory_free(s.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_while_no_answers_come_is_turned_away),
        cmocka_unit_test(two_may_be_inside_where_two_may),
        cmocka_unit_test(who_waits_comes_in_when_the_other_has_left),
        cmocka_unit_test(who_left_without_an_answer_makes_room_too),
        cmocka_unit_test(look_ups_of_one_request_share_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
