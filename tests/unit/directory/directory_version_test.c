/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "policyd/directory_ask.h"
#include "policyd/directory_version.h"
#include "tests/support/test.h"
#include "tests/unit/directory/fake_directory.h"

enum { OTHERS = 2, MANY = 9, PATIENCE_MS = 120 * 1000, MOMENTS = 600 * 1000 };
enum { YIELDS_MIN = 2, YIELDS_MAX = 8 };
#define PATIENCE_NS (INT64_C(1000000) * PATIENCE_MS)

struct asker {
    struct setup *setup;
    bool ok;
    struct buf version;
    struct directory_asking asking;
    enum reason reason;
    struct error err;
};

/* A directory that is written to while the first question to it is being answered. */
struct setup {
    pthread_mutex_t lock; /* of fake and questions */
    struct fake_directory fake;
    unsigned int questions;
    unsigned int failing; /* the number of the question that fails */
    bool hangs;           /* the first, until the others have their answers */
    struct directory_settings settings;
    struct directory_version *version;
    struct asker others[MANY];
    pthread_t threads[MANY];
    size_t come;            /* how many of them have come */
    bool together;          /* others come while one gathers, at once */
    size_t singly;          /* instead: so many, one after the other */
    unsigned int yields;    /* of who gathers */
    unsigned int too_early; /* questions asked while one gathered */
    const struct asker
        *held; /* who gathers, until his time is over; NULL: nobody is held */
};

/* Whom one meets who gathers before he sends his question; NULL: nobody. */
static struct setup *gathering;

int __wrap_sched_yield(void);

static int64_t deadline_in(int64_t ms)
{
    return directory_ask_now_ns() + ms * 1000000;
}

static void ask_within(struct asker *a, int64_t time_ms)
{
    a->asking.settings = &a->setup->settings;
    a->asking.deadline_ns = deadline_in(time_ms);
    a->ok = directory_version_get(a->setup->version, &a->asking, &a->version, &a->reason,
                                  &a->err);
}

static void ask(struct asker *a)
{
    ask_within(a, PATIENCE_MS);
}

static void *run(void *asker)
{
    ask(asker);
    return NULL;
}

static void let_them_run(void)
{
    const struct timespec moment = {.tv_nsec = 100000};

    (void)nanosleep(&moment, NULL);
}

/* So many more come, and have begun to wait. */
static void let_come(struct setup *s, size_t count)
{
    for (size_t end = s->come + count; s->come < end; s->come++) {
        struct asker *other = &s->others[s->come];

        *other = (struct asker){.setup = s, .version = BUF_EMPTY};
        assert_int_equal(pthread_create(&s->threads[s->come], NULL, run, other), 0);
    }
    for (size_t i = 0; i < MOMENTS && directory_version_waiting(s->version) < s->come;
         i++) {
        let_them_run();
    }
}

/* Others come while this question is under way. */
static void let_others_come(struct setup *s)
{
    let_come(s, OTHERS);
}

static void let_them_finish(struct setup *s)
{
    for (size_t i = 0; i < s->come; i++) {
        assert_int_equal(pthread_join(s->threads[i], NULL), 0);
    }
}

/* Whoever lets others come meets those of the setup. */
int __wrap_sched_yield(void)
{
    struct setup *s = gathering;

    if (s == NULL) {
        return 0;
    }
    unsigned int questions = s->questions;
    s->yields++;
    if (s->come < s->singly) {
        let_come(s, 1);
    } else if (s->come == 0 && s->together) {
        let_others_come(s);
    }
    s->too_early += s->questions - questions;
    while (s->held != NULL && directory_ask_now_ns() < s->held->asking.deadline_ns) {
        let_them_run();
    }
    return 0;
}

/* Others come and go while this question hangs. */
static void let_others_finish(struct setup *s)
{
    for (size_t i = 0; i < OTHERS; i++) {
        s->others[i] = (struct asker){.setup = s, .version = BUF_EMPTY};
        ask(&s->others[i]);
    }
}

static bool search(void *ctx, const struct dap_query *query, uint32_t timeout_ms,
                   struct dap_result **out, struct error *err)
{
    struct setup *s = ctx;
    struct dap_port fake = fake_directory_port(&s->fake);

    (void)pthread_mutex_lock(&s->lock);
    unsigned int question = ++s->questions;
    bool ok = question == s->failing
                  ? error_set(err, ERROR_UNAVAILABLE, "connection lost")
                  : fake.search(fake.ctx, query, timeout_ms, out, err);
    s->fake.version = "2";
    (void)pthread_mutex_unlock(&s->lock);
    if (question == 1 && s->hangs) {
        let_others_finish(s);
    } else if (question == 1) {
        let_others_come(s);
    }
    return ok;
}

/* One asks, and others while he waits; then all have their answers. */
static void ask_together(struct setup *s, struct asker *first, unsigned int failing)
{
    *s = (struct setup){.lock = PTHREAD_MUTEX_INITIALIZER,
                        .fake = {.version = "1"},
                        .failing = failing,
                        .settings = fake_directory_settings()};
    s->settings.port = (struct dap_port){search, s};
    s->version = directory_version_new(PATIENCE_NS);
    *first = (struct asker){.setup = s, .version = BUF_EMPTY};
    ask(first);
    let_them_finish(s);
}

static void end(struct setup *s, struct asker *first)
{
    for (size_t i = 0; i < MANY; i++) {
        buf_clear(&s->others[i].version);
    }
    buf_clear(&first->version);
    directory_version_free(s->version);
}

static void who_waits_together_asks_once_and_hears_nothing_older(void **state)
{
    struct setup s;
    struct asker first;

    (void)state;
    ask_together(&s, &first, 0);

    assert_ok(first.ok, &first.err);
    assert_string_equal(buf_text(&first.version), "1 ");
    for (size_t i = 0; i < OTHERS; i++) {
        assert_ok(s.others[i].ok, &s.others[i].err);
        assert_string_equal(buf_text(&s.others[i].version), "2 ");
        assert_int_equal(s.others[i].asking.heard, DIRECTORY_HEARD_ANSWER);
    }
    assert_int_equal(s.questions, 2);
    end(&s, &first);
}

/* One asks, and meets others while he gathers; then all have their answers. */
static void gather(struct setup *s, struct asker *first, int64_t time_ms)
{
    s->questions = 1; /* nobody comes later */
    s->fake.version = "1";
    s->settings = fake_directory_settings();
    s->settings.port = (struct dap_port){search, s};
    s->version = directory_version_new(PATIENCE_NS);
    *first = (struct asker){.setup = s, .version = BUF_EMPTY};
    gathering = s;
    ask_within(first, time_ms);
    gathering = NULL;
    let_them_finish(s);
}

/* Nobody sends a second question under the number of the first, whose answer would be older. */
static void who_comes_before_a_question_is_sent_shares_it(void **state)
{
    struct setup s = {.lock = PTHREAD_MUTEX_INITIALIZER, .together = true};
    struct asker first;

    (void)state;
    gather(&s, &first, PATIENCE_MS);

    assert_ok(first.ok, &first.err);
    assert_string_equal(buf_text(&first.version), "1 ");
    for (size_t i = 0; i < OTHERS; i++) {
        assert_ok(s.others[i].ok, &s.others[i].err);
        assert_string_equal(buf_text(&s.others[i].version), "1 ");
    }
    assert_int_equal(s.questions, 2); /* with the one that it began with */
    end(&s, &first);
}

static void others_are_let_join_as_long_as_more_come_but_not_forever(void **state)
{
    static const struct {
        size_t come;
        unsigned int yields;
    } cases[] = {
        {0, YIELDS_MIN},    {1, YIELDS_MIN}, {3, 3 + 1}, {YIELDS_MAX - 2, YIELDS_MAX - 1},
        {MANY, YIELDS_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setup s = {.lock = PTHREAD_MUTEX_INITIALIZER, .singly = cases[i].come};
        struct asker first;

        gather(&s, &first, PATIENCE_MS);

        assert_ok(first.ok, &first.err);
        assert_int_equal(s.yields, cases[i].yields);
        assert_int_equal(s.too_early, 0);
        assert_int_equal(s.questions, 2); /* with the one that it began with */
        for (size_t k = 0; k < s.come; k++) {
            assert_ok(s.others[k].ok, &s.others[k].err);
            assert_string_equal(buf_text(&s.others[k].version), "1 ");
        }
        end(&s, &first);
    }
}

static void whose_time_is_over_lets_nobody_else_join(void **state)
{
    struct setup s = {.lock = PTHREAD_MUTEX_INITIALIZER, .singly = MANY};
    struct asker first;

    (void)state;
    s.held = &first;
    gather(&s, &first, 50);

    assert_false(first.ok);
    assert_int_equal(first.reason, REASON_DIR_DOWN);
    assert_int_equal(s.yields, 1);
    assert_ok(s.others[0].ok, &s.others[0].err);
    assert_int_equal(s.questions, 2); /* theirs, and the one that it began with */
    end(&s, &first);
}

static void a_question_that_fails_fails_for_nobody_else(void **state)
{
    struct setup s;
    struct asker first;

    (void)state;
    ask_together(&s, &first, 2); /* that of one of the others */

    assert_ok(first.ok, &first.err);
    assert_true(s.others[0].ok != s.others[1].ok);
    bool first_served = s.others[0].ok;
    assert_string_equal(buf_text(&s.others[first_served ? 0 : 1].version), "2 ");
    assert_int_equal(s.others[first_served ? 1 : 0].reason, REASON_DIR_DOWN);
    assert_int_equal(s.others[first_served ? 1 : 0].asking.heard,
                     DIRECTORY_HEARD_SILENCE);
    assert_int_equal(s.questions, 3);
    end(&s, &first);
}

static void a_question_that_hangs_holds_nobody_up(void **state)
{
    struct asker first = {.version = BUF_EMPTY};
    struct setup s = {.lock = PTHREAD_MUTEX_INITIALIZER,
                      .fake = {.version = "1"},
                      .hangs = true,
                      .settings = fake_directory_settings()};

    (void)state;
    s.settings.port = (struct dap_port){search, &s};
    s.version = directory_version_new(1);
    first.setup = &s;
    ask(&first);

    assert_ok(first.ok, &first.err);
    for (size_t i = 0; i < OTHERS; i++) {
        assert_ok(s.others[i].ok, &s.others[i].err);
        assert_string_equal(buf_text(&s.others[i].version), "2 ");
    }
    assert_int_equal(s.questions, 1 + OTHERS);
    end(&s, &first);
}

static void who_has_no_time_left_waits_for_nobody(void **state)
{
    enum reason reason = REASON_NONE;
    AUTO(buf) version = BUF_EMPTY;
    struct setup s = {.lock = PTHREAD_MUTEX_INITIALIZER,
                      .questions = 1, /* nobody comes along */
                      .settings = fake_directory_settings()};
    struct directory_asking late = {&s.settings, deadline_in(0), DIRECTORY_HEARD_NOTHING};
    struct directory_asking in_time = {&s.settings, deadline_in(PATIENCE_MS),
                                       DIRECTORY_HEARD_NOTHING};
    struct error err = {0};

    (void)state;
    s.settings.port = (struct dap_port){search, &s};
    s.version = directory_version_new(PATIENCE_NS);

    assert_false(directory_version_get(s.version, &late, &version, &reason, &err));
    assert_int_equal(late.heard, DIRECTORY_HEARD_NOTHING);
    assert_int_equal(reason, REASON_DIR_DOWN);
    assert_int_equal(s.questions, 1);
    assert_ok(directory_version_get(s.version, &in_time, &version, &reason, &err), &err);
    assert_int_equal(in_time.heard, DIRECTORY_HEARD_ANSWER);
    directory_version_free(s.version);
}

/* While a question is under way somebody comes who has no time to wait for its end. */
static bool search_beside_a_hurried_one(void *ctx, const struct dap_query *query,
                                        uint32_t timeout_ms, struct dap_result **out,
                                        struct error *err)
{
    struct setup *s = ctx;
    struct dap_port fake = fake_directory_port(&s->fake);
    struct asker *other = &s->others[0];

    other->asking = (struct directory_asking){.settings = &s->settings,
                                              .deadline_ns = deadline_in(1)};
    other->ok = directory_version_get(s->version, &other->asking, &other->version,
                                      &other->reason, &other->err);
    return fake.search(fake.ctx, query, timeout_ms, out, err);
}

static void who_waits_in_vain_for_anothers_answer_has_heard_silence(void **state)
{
    struct setup s = {.fake = {.version = "1"}, .settings = fake_directory_settings()};
    struct asker first = {.setup = &s, .version = BUF_EMPTY};

    (void)state;
    s.settings.port = (struct dap_port){search_beside_a_hurried_one, &s};
    s.version = directory_version_new(PATIENCE_NS);
    s.others[0] = (struct asker){.setup = &s, .version = BUF_EMPTY};
    ask(&first);

    assert_ok(first.ok, &first.err);
    assert_false(s.others[0].ok);
    assert_int_equal(s.others[0].reason, REASON_DIR_DOWN);
    assert_int_equal(s.others[0].asking.heard, DIRECTORY_HEARD_SILENCE);
    end(&s, &first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_together_asks_once_and_hears_nothing_older),
        cmocka_unit_test(who_comes_before_a_question_is_sent_shares_it),
        cmocka_unit_test(others_are_let_join_as_long_as_more_come_but_not_forever),
        cmocka_unit_test(whose_time_is_over_lets_nobody_else_join),
        cmocka_unit_test(a_question_that_fails_fails_for_nobody_else),
        cmocka_unit_test(a_question_that_hangs_holds_nobody_up),
        cmocka_unit_test(who_has_no_time_left_waits_for_nobody),
        cmocka_unit_test(who_waits_in_vain_for_anothers_answer_has_heard_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
