/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/issued.h"
#include "autoenroll-client/lifecycle.h"
#include "tests/support/test.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

/* A certificate in the middle of its life, and nothing that speaks against it. */
struct scene {
    struct plan_certificate certificate;
    struct plan_step step;
    struct lifecycle_facts facts;
};

static void scene_init(struct scene *s)
{
    *s = (struct scene){
        .certificate = {.name = "Machine",
                        .template_oid = "1.2.1",
                        .not_before_utc = NOW - 50 * DAY,
                        .not_after_utc = NOW + 50 * DAY,
                        .whole = true,
                        .trusted = true},
        .step = {.action = PLAN_NOTHING, .why = "in force"},
        .facts = {.flaw = "",
                  .failure = "",
                  .hook_failure = "",
                  .renew_start_utc = NOW + 30 * DAY,
                  .now_utc = NOW},
    };
    s->facts.certificate = &s->certificate;
    s->facts.step = &s->step;
}

/* ---- what each situation looks like -------------------------------------------------- */

static void as_it_is(struct scene *s)
{
    (void)s;
}

static void without_a_plan(struct scene *s)
{
    s->facts.step = NULL;
}

static void half(struct scene *s)
{
    s->certificate.whole = false;
    s->facts.flaw = "key.pem: No such file";
}

static void half_and_over(struct scene *s)
{
    half(s);
    s->facts.now_utc = s->certificate.not_after_utc;
}

static void over(struct scene *s)
{
    s->facts.now_utc = s->certificate.not_after_utc;
    s->step = (struct plan_step){.action = PLAN_ENROLL, .why = "it has expired"};
}

static void the_last_second(struct scene *s)
{
    s->facts.now_utc = s->certificate.not_after_utc - 1;
}

static void over_and_pending(struct scene *s)
{
    over(s);
    s->facts.is_pending = true;
}

static void the_clock_is_behind(struct scene *s)
{
    s->facts.now_utc = s->certificate.not_before_utc - ISSUED_SKEW_S - 1;
}

static void the_clock_is_a_bit_behind(struct scene *s)
{
    s->facts.now_utc = s->certificate.not_before_utc - ISSUED_SKEW_S;
}

static void hook_failed(struct scene *s)
{
    s->facts.hook_failure = "nginx: exit status 1";
}

static void pending(struct scene *s)
{
    s->facts.certificate = NULL;
    s->facts.is_pending = true;
}

static void pending_renewal(struct scene *s)
{
    s->facts.is_pending = true;
}

static void refused(struct scene *s)
{
    s->facts.certificate = NULL;
    s->facts.is_refused = true;
    s->facts.failure = "RULE_DENIED: no";
}

static void right_gone(struct scene *s)
{
    s->step = (struct plan_step){.action = PLAN_REFUSED, .why = "NO_ENROLL: no right"};
}

static void none_yet(struct scene *s)
{
    s->facts.certificate = NULL;
    s->facts.failure = "no connection";
}

static void issuer_gone(struct scene *s)
{
    s->certificate.trusted = false;
}

static void in_the_window(struct scene *s)
{
    s->facts.renew_start_utc = NOW;
}

static void a_second_before_the_window(struct scene *s)
{
    s->facts.renew_start_utc = NOW + 1;
}

static void wait_for_another_try(struct scene *s)
{
    s->facts.failure = "no connection";
    s->step = (struct plan_step){
        .action = PLAN_WAIT, .next_utc = NOW + 60, .why = "tried in vain"};
}

static void none_yet_and_tried(struct scene *s)
{
    none_yet(s);
    wait_for_another_try(s);
}

static void issuer_gone_and_tried(struct scene *s)
{
    issuer_gone(s);
    wait_for_another_try(s);
}

static void in_the_window_and_tried(struct scene *s)
{
    in_the_window(s);
    wait_for_another_try(s);
}

static void in_the_window_and_not_yet_tried(struct scene *s)
{
    in_the_window_and_tried(s);
    s->facts.failure = "";
}

static void new_version(struct scene *s)
{
    s->step = (struct plan_step){.action = PLAN_ENROLL,
                                 .why = "the template has a new major version"};
}

static void every_situation_has_its_state(void **state)
{
#define ROW(change, health, words)                                                       \
    {                                                                                    \
#change, change, health, words                                                   \
    }
    static const struct {
        const char *label;
        void (*change)(struct scene *);
        enum wire_health health;
        const char *words;
    } cases[] = {
        ROW(as_it_is, WIRE_HEALTH_HEALTHY, "in force until 2027-03-06"),
        ROW(without_a_plan, WIRE_HEALTH_HEALTHY, "in force"),
        ROW(half, WIRE_HEALTH_BROKEN, "No such file"),
        ROW(half_and_over, WIRE_HEALTH_BROKEN, "No such file"),
        ROW(over, WIRE_HEALTH_EXPIRED, "ended at 2027-03-06T08:00:00Z: it has expired"),
        ROW(the_last_second, WIRE_HEALTH_DUE, "to be renewed since"),
        ROW(over_and_pending, WIRE_HEALTH_EXPIRED, "ended at"),
        ROW(the_clock_is_behind, WIRE_HEALTH_BROKEN,
            "begins only at 2026-11-26T08:00:00Z"),
        ROW(the_clock_is_a_bit_behind, WIRE_HEALTH_HEALTHY, "in force"),
        ROW(hook_failed, WIRE_HEALTH_BROKEN, "nginx: exit status 1"),
        ROW(pending, WIRE_HEALTH_PENDING, "waits for approval"),
        ROW(pending_renewal, WIRE_HEALTH_PENDING, "waits for approval"),
        ROW(refused, WIRE_HEALTH_DENIED, "RULE_DENIED: no"),
        ROW(right_gone, WIRE_HEALTH_DENIED, "NO_ENROLL: no right"),
        ROW(none_yet, WIRE_HEALTH_DUE, "none yet: no connection"),
        ROW(issuer_gone, WIRE_HEALTH_DUE, "trusted no more"),
        ROW(in_the_window, WIRE_HEALTH_DUE, "to be renewed since 2027-01-15T08:00:00Z"),
        ROW(a_second_before_the_window, WIRE_HEALTH_HEALTHY, "in force"),
        ROW(none_yet_and_tried, WIRE_HEALTH_DUE,
            "none yet: no connection; tried again from 2027-01-15T08:01:00Z"),
        ROW(issuer_gone_and_tried, WIRE_HEALTH_DUE,
            "no more: no connection; tried again from 2027-01-15T08:01:00Z"),
        ROW(in_the_window_and_tried, WIRE_HEALTH_DUE,
            "08:00:00Z: no connection; tried again from 2027-01-15T08:01:00Z"),
        ROW(new_version, WIRE_HEALTH_DUE, "new major version"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct lifecycle got;
        struct scene s;

        scene_init(&s);
        cases[i].change(&s);
        lifecycle_judge(&s.facts, &got);
        if (got.health != cases[i].health ||
            strstr(got.sentence, cases[i].words) == NULL) {
            fail_msg("%s: %s (%s)", cases[i].label, wire_health_name(got.health),
                     got.sentence);
        }
    }
}

static void only_what_failed_and_waits_is_tried_again(void **state)
{
    static void (*const cases[])(struct scene *) = {none_yet, in_the_window,
                                                    in_the_window_and_not_yet_tried};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct lifecycle got;
        struct scene s;

        scene_init(&s);
        cases[i](&s);
        lifecycle_judge(&s.facts, &got);
        assert_int_equal(got.health, WIRE_HEALTH_DUE);
        assert_null(strstr(got.sentence, "again"));
    }
}

static void a_long_sentence_is_cut(void **state)
{
    char longest[2 * LIFECYCLE_SENTENCE_SIZE];
    struct lifecycle got;
    struct scene s;
    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    scene_init(&s);
    none_yet(&s);
    s.facts.failure = longest;

    lifecycle_judge(&s.facts, &got);

    assert_int_equal(strlen(got.sentence), LIFECYCLE_SENTENCE_SIZE - 1);
}

static void every_state_has_its_exit_code(void **state)
{
    static const int codes[] = {
        [WIRE_HEALTH_HEALTHY] = 0,  [WIRE_HEALTH_DUE] = 10,    [WIRE_HEALTH_EXPIRED] = 11,
        [WIRE_HEALTH_PENDING] = 12, [WIRE_HEALTH_DENIED] = 13, [WIRE_HEALTH_BROKEN] = 14,
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_int_equal(lifecycle_exit_code((enum wire_health)i), codes[i]);
    }
}

static void the_worse_of_two_needs_a_person_more(void **state)
{
    static const enum wire_health order[] = {
        WIRE_HEALTH_HEALTHY, WIRE_HEALTH_DUE,     WIRE_HEALTH_PENDING,
        WIRE_HEALTH_DENIED,  WIRE_HEALTH_EXPIRED, WIRE_HEALTH_BROKEN,
    };
    (void)state;

    for (size_t a = 0; a < COUNT_OF(order); a++) {
        for (size_t b = 0; b < COUNT_OF(order); b++) {
            assert_int_equal(lifecycle_worse(order[a], order[b]), order[a > b ? a : b]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_has_its_state),
        cmocka_unit_test(only_what_failed_and_waits_is_tried_again),
        cmocka_unit_test(a_long_sentence_is_cut),
        cmocka_unit_test(every_state_has_its_exit_code),
        cmocka_unit_test(the_worse_of_two_needs_a_person_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
