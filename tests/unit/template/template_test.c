/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/support/test.h"
#include "tests/unit/template/fake_shelf.h"

#define SERVICE "CN=issuing," AT_SERVICES FAKE_CONFIG_BASE
#define PUBLISHED                                                                        \
    "objectClass: autoenrollService\nautoenrollCa: issuing\n"                            \
    "autoenrollTemplate: Machine\nautoenrollTemplate: User\n"

enum { DEADLINE_S = 45 }; /* of what must come long before the timer of a minute */

/* Two templates, both published, and a store that has read nothing yet. */
struct scene {
    struct fake_shelf fake;
    struct template_store *store;
};

static struct template_store *store_of(const struct template_settings *settings)
{
    struct template_store *store = NULL;
    struct error err = {0};

    assert_ok(template_store_new(settings, &store, &err), &err);
    return store;
}

static int set_up(void **state)
{
    struct scene *scene = mem_new(sizeof(*scene));

    fake_shelf_init(&scene->fake);
    shelf_add(&scene->fake.shelf, "Machine", 1, "");
    shelf_add(&scene->fake.shelf, "User", 2, "");
    shelf_publish(&scene->fake.shelf, SERVICE, PUBLISHED);
    struct template_settings settings = fake_shelf_settings(&scene->fake);
    scene->store = store_of(&settings);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    template_store_free(scene->store);
    assert_false(scene->fake.wrong);
    fake_shelf_clear(&scene->fake);
    free(scene);
    return 0;
}

static void check_refused(struct template_store *store, enum reason reason,
                          const char *words)
{
    AUTO(template_set) set = NULL;
    enum reason found = REASON_NONE;
    struct error err = {0};

    assert_fails(template_store_get(store, &set, &found, &err), &err, ERROR_UNAVAILABLE,
                 words);
    assert_int_equal(found, reason);
    assert_null(set);
}

static const struct template_set *served(struct template_store *store)
{
    const struct template_set *set = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    assert_ok(template_store_get(store, &set, &reason, &err), &err);
    return set;
}

static void check_count(struct template_store *store, size_t count)
{
    AUTO(template_set) set = served(store);

    assert_int_equal(template_set_count(set), count);
}

static void check_choice(struct template_store *store, const char *name,
                         enum error_code code)
{
    AUTO(template_set) set = served(store);
    const struct template_item *item = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    if (template_set_choose(set, name, &item, &reason, &err) != (code == ERROR_NONE) ||
        err.code != code) {
        fail_msg("%s: %s", name, err.message);
    }
}

static void check_has(const char *text, const char *words)
{
    if (text == NULL || strstr(text, words) == NULL) {
        fail_msg("%s: not ...%s...", text == NULL ? "nothing" : text, words);
    }
}

static void store_serves_nothing_before_it_has_read(void **state)
{
    struct scene *scene = *state;

    check_refused(scene->store, REASON_DIR_DOWN, "nothing has been read yet");
    assert_int_equal(template_store_turn(scene->store), 10000);
    check_count(scene->store, 2);
    check_choice(scene->store, "Machine", ERROR_NONE);
}

static const struct {
    const char *fails_at, *partial_at;
    enum reason reason;
    const char *words;
} failures[] = {
    {AT_TEMPLATES, NULL, REASON_DIR_DOWN, "cannot be searched"},
    {AT_SERVICES, NULL, REASON_DIR_DOWN, "cannot be searched"},
    {NULL, AT_TEMPLATES, REASON_DIR_PARTIAL, "Size limit exceeded"},
    {NULL, AT_SERVICES, REASON_DIR_PARTIAL, "Size limit exceeded"},
};

static void store_keeps_all_of_the_last_whole_look_and_not_for_long(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        (void)template_store_turn(scene->store);
        scene->fake.fails_at = failures[i].fails_at;
        scene->fake.partial_at = failures[i].partial_at;
        fake_clock_advance(&scene->fake.time, 10);
        assert_int_equal(template_store_turn(scene->store), TEMPLATE_RETRY_MS);
        check_count(scene->store, 2);
        fake_clock_advance(&scene->fake.time, 19);
        (void)template_store_turn(scene->store);
        check_choice(scene->store, "User", ERROR_NONE);

        fake_clock_advance(&scene->fake.time, 1);
        check_refused(scene->store, failures[i].reason, failures[i].words);
        (void)template_store_turn(scene->store);
        check_refused(scene->store, failures[i].reason, failures[i].words);

        scene->fake.fails_at = NULL;
        scene->fake.partial_at = NULL;
        fake_clock_advance(&scene->fake.time, 1);
        (void)template_store_turn(scene->store);
        check_choice(scene->store, "User", ERROR_NONE);
    }
}

static void store_that_nobody_turns_serves_nothing_for_long(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    fake_clock_advance(&scene->fake.time, 29);
    check_count(scene->store, 2);
    fake_clock_advance(&scene->fake.time, 1);
    check_refused(scene->store, REASON_DIR_DOWN, "nothing was read");
}

/* What was read is as old as the beginning of its reading. */
static void store_counts_the_age_from_the_beginning_of_a_reading(void **state)
{
    struct scene *scene = *state;

    scene->fake.takes_s = 29;
    (void)template_store_turn(scene->store);
    check_count(scene->store, 2);
    fake_clock_advance(&scene->fake.time, 1);
    check_refused(scene->store, REASON_DIR_DOWN, "counts for 30 seconds");
}

static void store_never_serves_what_a_broken_template_was_before(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    ldif_apply(scene->fake.shelf.records[1], "revision: many\n");
    fake_clock_advance(&scene->fake.time, 10);
    (void)template_store_turn(scene->store);

    check_count(scene->store, 2);
    check_choice(scene->store, "User", ERROR_DENIED);
    check_choice(scene->store, "Machine", ERROR_NONE);
}

static void store_serves_nothing_without_the_container_of_templates(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    scene->fake.fails_at = AT_TEMPLATES;
    scene->fake.fails_with = ERROR_NOT_FOUND;
    fake_clock_advance(&scene->fake.time, 10);
    (void)template_store_turn(scene->store);

    check_refused(scene->store, REASON_DIR_DOWN, "CN=Certificate Templates");
}

static void store_publishes_nothing_without_the_container_of_services(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    scene->fake.fails_at = AT_SERVICES;
    scene->fake.fails_with = ERROR_NOT_FOUND;
    fake_clock_advance(&scene->fake.time, 10);
    (void)template_store_turn(scene->store);

    check_choice(scene->store, "Machine", ERROR_NOT_FOUND);
}

/* ---- when ------------------------------------------------------------------------------ */

static void store_reads_by_the_timer(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    fake_clock_advance(&scene->fake.time, 9);
    assert_int_equal(template_store_turn(scene->store), 1000);
    assert_int_equal(scene->fake.searches, 1);
    fake_clock_advance(&scene->fake.time, 1);
    assert_int_equal(template_store_turn(scene->store), 10000);
    assert_int_equal(scene->fake.searches, 2);
}

static void store_reads_when_told_of_a_change(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    fake_clock_advance(&scene->fake.time, 1);
    template_store_told(scene->store, DAP_WATCH_CHANGED, NULL);
    (void)template_store_turn(scene->store);
    assert_int_equal(scene->fake.searches, 2);
    (void)template_store_turn(scene->store);
    assert_int_equal(scene->fake.searches, 2);
}

static void store_waits_a_little_between_two_changes(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    template_store_told(scene->store, DAP_WATCH_CHANGED, NULL);
    assert_int_equal(template_store_turn(scene->store), TEMPLATE_GAP_MS);
    assert_int_equal(scene->fake.searches, 1);
    scene->fake.time.boottime_ns += INT64_C(1000000) * TEMPLATE_GAP_MS;
    (void)template_store_turn(scene->store);
    assert_int_equal(scene->fake.searches, 2);
}

static void store_reads_again_what_changed_while_it_read(void **state)
{
    struct scene *scene = *state;

    scene->fake.told = scene->store;
    assert_int_equal(template_store_turn(scene->store), TEMPLATE_GAP_MS);
    scene->fake.told = NULL;
    fake_clock_advance(&scene->fake.time, 1);
    assert_int_equal(template_store_turn(scene->store), 10000);
    assert_int_equal(scene->fake.searches, 2);
}

static void store_says_whether_something_tells_it_of_changes(void **state)
{
    struct scene *scene = *state;
    struct template_health health = {0};
    struct error lost = {0};

    (void)error_set(&lost, ERROR_UNAVAILABLE, "connection lost");
    template_store_health(scene->store, &health);
    assert_string_equal(health.watch.message, "nothing tells of changes yet");
    assert_int_equal(health.age_ms, -1);
    assert_false(health.serves);
    template_store_told(scene->store, DAP_WATCH_CHANGED, NULL);
    (void)template_store_turn(scene->store);
    template_store_health(scene->store, &health);
    assert_int_equal(health.watch.code, ERROR_NONE);
    assert_true(health.serves);
    assert_int_equal(health.count, 2);
    assert_int_equal(health.reads, 1);
    fake_clock_advance(&scene->fake.time, 2);
    template_store_told(scene->store, DAP_WATCH_LOST, &lost);
    template_store_health(scene->store, &health);
    assert_string_equal(health.watch.message, "connection lost");
    assert_int_equal(health.age_ms, 2000);
    assert_true(health.serves);
}

static void store_counts_what_is_published_and_does_not_issue(void **state)
{
    struct scene *scene = *state;
    struct template_health health = {0};

    ldif_apply(scene->fake.shelf.records[0], "revision: many\n");
    shelf_add(&scene->fake.shelf, "Unpublished", 3, "revision: many\n");
    (void)template_store_turn(scene->store);
    template_store_health(scene->store, &health);

    assert_int_equal(health.count, 3);
    assert_int_equal(health.refused, 1);
}

/* ---- who reads ------------------------------------------------------------------------- */

static void store_leaves_a_reader_what_it_has(void **state)
{
    struct scene *scene = *state;

    (void)template_store_turn(scene->store);
    AUTO(template_set) mine = served(scene->store);
    shelf_add(&scene->fake.shelf, "Third", 3, "");
    fake_clock_advance(&scene->fake.time, 10);
    (void)template_store_turn(scene->store);

    assert_int_equal(template_set_count(mine), 2);
    assert_string_equal(template_set_get(mine, 0)->tmpl->cn, "Machine");
    check_count(scene->store, 3);
}

static bool wait_for(sem_t *sem)
{
    struct timespec until = {0};

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    return sem_timedwait(sem, &until) == 0;
}

static void store_takes_turns_on_a_thread_of_its_own(void **state)
{
    struct scene *scene = *state;
    struct template_settings settings = fake_shelf_settings(&scene->fake);
    struct error err = {0};

    settings.clock = clock_system();
    settings.refresh_s = 60;
    settings.stale_max_s = 60;
    AUTO(template_store) store = store_of(&settings);
    assert_ok(template_store_start(store, NULL, &err), &err);
    assert_true(wait_for(&scene->fake.searched));
    template_store_told(store, DAP_WATCH_CHANGED, NULL);
    assert_true(wait_for(&scene->fake.searched));
}

static void *turn(void *arg)
{
    struct template_store *store = arg;

    (void)template_store_turn(store);
    return NULL;
}

/* A directory that hangs holds up whoever reads it and nobody else. */
static void store_serves_while_a_reading_hangs(void **state)
{
    struct scene *scene = *state;
    pthread_t reader;
    sem_t held;

    (void)template_store_turn(scene->store);
    assert_true(wait_for(&scene->fake.searched));
    assert_int_equal(sem_init(&held, 0, 0), 0);
    scene->fake.held = &held;
    fake_clock_advance(&scene->fake.time, 10);
    assert_int_equal(pthread_create(&reader, NULL, turn, scene->store), 0);
    assert_true(wait_for(&scene->fake.searched));
    check_count(scene->store, 2); /* or this test would end by its time limit */
    template_store_told(scene->store, DAP_WATCH_CHANGED, NULL);
    (void)sem_post(&held);
    (void)pthread_join(reader, NULL);
    (void)sem_destroy(&held);
    check_count(scene->store, 2);
}

enum { READERS = 4, LOOKS = 2000, READINGS = 300 };

/* A clock that one thread moves while others look at it. */
static int64_t shared_ns(void *ctx)
{
    return atomic_load((atomic_llong *)ctx);
}

static void *look_often(void *arg)
{
    struct template_store *store = arg;

    for (int i = 0; i < LOOKS; i++) {
        const struct template_set *set = NULL;
        enum reason reason = REASON_NONE;
        struct error err;

        if (!template_store_get(store, &set, &reason, &err) ||
            strcmp(template_set_get(set, 1)->tmpl->cn, "User") != 0) {
            return store; /* wrong */
        }
        template_set_unref(set);
    }
    return NULL;
}

static void store_serves_many_while_it_reads(void **state)
{
    struct scene *scene = *state;
    struct template_settings settings = fake_shelf_settings(&scene->fake);
    atomic_llong now_ns = INT64_C(5000000000);
    const struct clock shared = {shared_ns, shared_ns, &now_ns};
    pthread_t readers[READERS];

    settings.clock = &shared;
    AUTO(template_store) store = store_of(&settings);
    (void)template_store_turn(store);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, look_often, store), 0);
    }
    for (int i = 0; i < READINGS; i++) {
        (void)atomic_fetch_add(&now_ns, INT64_C(10) * CLOCK_NS_PER_SECOND);
        (void)template_store_turn(store);
    }
    for (int i = 0; i < READERS; i++) {
        void *wrong = NULL;

        assert_int_equal(pthread_join(readers[i], &wrong), 0);
        assert_null(wrong);
    }
}

/* ---- settings -------------------------------------------------------------------------- */

static void store_forgets_what_was_acknowledged_otherwise(void **state)
{
    static const char *const esc1[] = {"ESC1"};
    static const char *const none[] = {"ESC9"};
    struct scene *scene = *state;
    AUTO(buf) sha256 = BUF_EMPTY;
    AUTO(string) name = mem_strdup("User");
    struct template_ack ack = {name, esc1, 1, NULL};

    ldif_apply(scene->fake.shelf.records[1], "msPKI-Certificate-Name-Flag: 1\n");
    (void)template_store_turn(scene->store);
    AUTO(template_set) before = served(scene->store);
    const struct template_item *item = template_set_find(before, "User");
    check_has(item->problem, "ESC1");
    text_append_hex(&sha256, item->sha256, sizeof(item->sha256));
    AUTO(string) text = mem_strdup(buf_text(&sha256));
    ack.sha256 = text;

    template_store_acknowledge(scene->store, &ack, 1);
    memset(text, '0', strlen(text)); /* copies were taken */
    memset(name, 'x', strlen(name));
    check_refused(scene->store, REASON_DIR_DOWN, "new acknowledgements");
    (void)template_store_turn(scene->store);
    AUTO(template_set) after = served(scene->store);
    assert_null(template_set_find(after, "User")->problem);
    memcpy(text, buf_text(&sha256), strlen(text));
    memcpy(name, "User", strlen(name));
    template_store_acknowledge(scene->store, &ack,
                               1); /* the same: served all the while */
    check_count(scene->store, 2);
    ack.findings = none;
    template_store_acknowledge(scene->store, &ack, 1);
    check_refused(scene->store, REASON_DIR_DOWN, "new acknowledgements");
    (void)template_store_turn(scene->store);
    template_store_acknowledge(scene->store, NULL, 0);
    check_refused(scene->store, REASON_DIR_DOWN, "new acknowledgements");
    (void)template_store_turn(scene->store);
    AUTO(template_set) again = served(scene->store);
    assert_non_null(template_set_find(again, "User")->problem);
}

static const char *problem_with_link(struct scene *scene, const char *link, char **copy)
{
    struct template_settings settings = fake_shelf_settings(&scene->fake);

    settings.form = TEMPLATE_DESCRIPTOR;
    scene->fake.link = link;
    AUTO(template_store) store = store_of(&settings);
    (void)template_store_turn(store);
    AUTO(template_set) set = served(store);
    const char *problem = template_set_find(set, "User")->problem;
    *copy = problem == NULL ? NULL : mem_strdup(problem);
    return *copy;
}

/* On AD a policy may make whoever has it a member of a group: ESC13. */
static void store_reads_which_policies_are_linked_to_groups(void **state)
{
    struct scene *scene = *state;
    AUTO(string) linked = NULL;
    AUTO(string) other = NULL;
    AUTO(string) none = NULL;
    AUTO(string) unknown = NULL;

    ldif_apply(scene->fake.shelf.records[1], "msPKI-Certificate-Policy: 1.2.3.4\n");

    check_has(problem_with_link(scene, "1.2.3.4", &linked), "ESC13");
    assert_null(problem_with_link(scene, "1.2.3.5", &other));
    assert_null(problem_with_link(scene, NULL, &none));
    check_has(problem_with_link(scene, "", &unknown), "ESC13");
}

static void store_takes_policies_for_linked_where_it_may_not_look(void **state)
{
    struct scene *scene = *state;
    struct template_settings settings = fake_shelf_settings(&scene->fake);
    AUTO(string) problem = NULL;

    ldif_apply(scene->fake.shelf.records[1], "msPKI-Certificate-Policy: 1.2.3.4\n");
    scene->fake.fails_at = AT_LINKS;
    scene->fake.fails_with = ERROR_NOT_FOUND;
    check_has(problem_with_link(scene, NULL, &problem), "ESC13");

    scene->fake.fails_with = ERROR_UNAVAILABLE;
    settings.form = TEMPLATE_DESCRIPTOR;
    AUTO(template_store) store = store_of(&settings);
    (void)template_store_turn(store);
    check_refused(store, REASON_DIR_DOWN, "CN=OID");
}

static void store_refuses_settings_out_of_range(void **state)
{
    struct scene *scene = *state;
    struct template_settings good = fake_shelf_settings(&scene->fake);
    struct template_settings bad[] = {good, good, good, good, good, good};
    struct template_store *store = NULL;
    struct error err = {0};

    bad[0].config_base = "";
    bad[1].ca = "";
    bad[2].refresh_s = 0;
    bad[3].refresh_s = good.stale_max_s + 1;
    bad[4].stale_max_s = TEMPLATE_STALE_MAX_S + 1;
    bad[5].timeout_ms = 99;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_fails(template_store_new(&bad[i], &store, &err), &err, ERROR_INVALID,
                     "templates: ");
        assert_null(store);
    }
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(store_serves_nothing_before_it_has_read),
        SCENE(store_keeps_all_of_the_last_whole_look_and_not_for_long),
        SCENE(store_that_nobody_turns_serves_nothing_for_long),
        SCENE(store_counts_the_age_from_the_beginning_of_a_reading),
        SCENE(store_never_serves_what_a_broken_template_was_before),
        SCENE(store_serves_nothing_without_the_container_of_templates),
        SCENE(store_publishes_nothing_without_the_container_of_services),
        SCENE(store_reads_by_the_timer),
        SCENE(store_reads_when_told_of_a_change),
        SCENE(store_waits_a_little_between_two_changes),
        SCENE(store_reads_again_what_changed_while_it_read),
        SCENE(store_says_whether_something_tells_it_of_changes),
        SCENE(store_counts_what_is_published_and_does_not_issue),
        SCENE(store_leaves_a_reader_what_it_has),
        SCENE(store_takes_turns_on_a_thread_of_its_own),
        SCENE(store_serves_while_a_reading_hangs),
        SCENE(store_serves_many_while_it_reads),
        SCENE(store_forgets_what_was_acknowledged_otherwise),
        SCENE(store_reads_which_policies_are_linked_to_groups),
        SCENE(store_takes_policies_for_linked_where_it_may_not_look),
        SCENE(store_refuses_settings_out_of_range),
    };

    log_set_level(LOG_CRIT);
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
