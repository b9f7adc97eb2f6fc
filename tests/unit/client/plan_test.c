/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/plan.h"
#include "tests/support/test.h"

#define NOW  INT64_C(1800000000)
#define DAY  INT64_C(86400)
#define LIFE (100 * DAY)

/* One template, its certificate, its memory: all in order and renewed long ago. */
struct scene {
    struct wire_policy_template templates[2];
    struct wire_policy_answer policy;
    struct plan_certificate certificates[2];
    struct plan_memory memory;
    struct plan_input in;
};

static void scene_init(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    s->templates[0] = (struct wire_policy_template){
        .ref = {.oid = "1.2.1", .name = "Machine", .major = 5},
        .kind = WIRE_ACCOUNT_MACHINE,
        .enroll = true,
        .autoenroll = true,
        .reason = "",
        .sentence = "",
        .renewal_s = 10 * DAY};
    s->templates[1] = s->templates[0];
    s->templates[1].ref = (struct wire_template_ref){.oid = "1.2.2", .name = "Machine2"};
    s->policy =
        (struct wire_policy_answer){.templates = s->templates, .template_count = 1};
    s->certificates[0] = (struct plan_certificate){.name = "Machine",
                                                   .template_oid = "1.2.1",
                                                   .template_major = 5,
                                                   .not_before_utc = NOW - 10 * DAY,
                                                   .not_after_utc = NOW - 10 * DAY + LIFE,
                                                   .whole = true,
                                                   .trusted = true,
                                                   .can_authenticate = true};
    s->memory.template_oid = "1.2.1";
    s->in = (struct plan_input){.policy = &s->policy,
                                .kind = WIRE_ACCOUNT_MACHINE,
                                .certificates = s->certificates,
                                .certificate_count = 1,
                                .memories = &s->memory,
                                .memory_count = 1,
                                .now_utc = NOW,
                                .only = ""};
}

/* ---- what each situation asks for ---------------------------------------------------- */

static void as_it_is(struct scene *s)
{
    (void)s;
}

static void none_yet(struct scene *s)
{
    s->in.certificate_count = 0;
}

static void in_the_window(struct scene *s)
{
    s->in.now_utc = s->certificates[0].not_after_utc - 5 * DAY;
}

static void in_the_window_cannot_authenticate(struct scene *s)
{
    in_the_window(s);
    s->certificates[0].can_authenticate = false;
}

static void expired(struct scene *s)
{
    s->in.now_utc = s->certificates[0].not_after_utc;
}

static void key_lost(struct scene *s)
{
    s->certificates[0].whole = false;
}

static void issuer_gone(struct scene *s)
{
    s->certificates[0].trusted = false;
}

static void new_major(struct scene *s)
{
    s->templates[0].ref.major = 6;
}

static void right_gone(struct scene *s)
{
    in_the_window(s);
    s->templates[0].enroll = false;
    s->templates[0].reason = "NO_ENROLL";
    s->templates[0].sentence = "no right";
}

static void no_right_and_none(struct scene *s)
{
    right_gone(s);
    none_yet(s);
}

static void autoenroll_gone_and_none(struct scene *s)
{
    s->templates[0].autoenroll = false;
    none_yet(s);
}

static void autoenroll_gone_in_the_window(struct scene *s)
{
    s->templates[0].autoenroll = false;
    in_the_window(s);
}

static void names_by_the_enrollee(struct scene *s)
{
    s->templates[0].subject = WIRE_SUBJECT_ENROLLEE;
    none_yet(s);
}

static void names_by_the_enrollee_asked_for(struct scene *s)
{
    names_by_the_enrollee(s);
    s->in.only = "Machine";
}

static void names_by_the_enrollee_in_the_window(struct scene *s)
{
    s->templates[0].subject = WIRE_SUBJECT_ENROLLEE;
    in_the_window(s);
}

static void for_users(struct scene *s)
{
    s->templates[0].kind = WIRE_ACCOUNT_USER;
    none_yet(s);
}

static void not_renewed_by_itself(struct scene *s)
{
    in_the_window(s);
    s->templates[0].flags = WIRE_POLICY_SKIP_RENEWAL;
}

static void pending(struct scene *s)
{
    none_yet(s);
    s->memory.pending = true;
    s->memory.pending_since_utc = NOW - 60;
}

static void pending_and_early(struct scene *s)
{
    pending(s);
    s->memory.next_attempt_utc = NOW + 60;
}

static void pending_on_demand(struct scene *s)
{
    pending(s);
    s->templates[0].autoenroll = false;
}

static void pending_without_the_right(struct scene *s)
{
    pending_on_demand(s);
    s->templates[0].enroll = false;
}

static void pending_for_too_long(struct scene *s)
{
    pending(s);
    s->memory.pending_since_utc = NOW - 61 * DAY;
}

static void failed_just_now(struct scene *s)
{
    none_yet(s);
    s->memory.failures = 3;
    s->memory.next_attempt_utc = NOW + 60;
}

static void failed_and_asked_for(struct scene *s)
{
    failed_just_now(s);
    s->in.only = "Machine";
}

static void refused_just_now(struct scene *s)
{
    failed_just_now(s);
    s->memory.refused = true;
}

static void refused_and_the_template_changed(struct scene *s)
{
    refused_just_now(s);
    s->memory.content_sha256[0] = 1;
}

static void renewal_asked_for(struct scene *s)
{
    s->in.only = "Machine";
    s->in.renew_now = true;
}

/* Not even what just failed keeps it back. */
static void renewal_of_all_asked_for(struct scene *s)
{
    s->memory.failures = 3;
    s->memory.next_attempt_utc = NOW + 60;
    s->in.memory_count = 1;
    s->in.renew_now = true;
}

static void superseded_alone(struct scene *s)
{
    static const char *old[] = {"1.2.1"};

    s->policy.template_count = 2;
    s->templates[1].supersedes = old;
    s->templates[1].supersede_count = 1;
}

static void superseded_and_replaced(struct scene *s)
{
    superseded_alone(s);
    s->certificates[1] = s->certificates[0];
    s->certificates[1].template_oid = "1.2.2";
    s->in.certificate_count = 2;
}

static void superseded_by_what_may_not_be(struct scene *s)
{
    superseded_alone(s);
    s->templates[1].enroll = false;
    in_the_window(s);
}

static void every_situation_has_its_step(void **state)
{
#define ROW(change, action, words)                                                       \
    {                                                                                    \
#change, change, action, words                                                   \
    }
    static const struct {
        const char *label;
        void (*change)(struct scene *);
        enum plan_action action;
        const char *words;
    } cases[] = {
        ROW(as_it_is, PLAN_NOTHING, "renewed from"),
        ROW(none_yet, PLAN_ENROLL, "none yet"),
        ROW(in_the_window, PLAN_RENEW, "end is near"),
        ROW(in_the_window_cannot_authenticate, PLAN_RENEW, "end is near"),
        ROW(expired, PLAN_ENROLL, "expired"),
        ROW(key_lost, PLAN_ENROLL, "belong together"),
        ROW(issuer_gone, PLAN_ENROLL, "trusted no more"),
        ROW(new_major, PLAN_ENROLL, "new major version"),
        ROW(right_gone, PLAN_REFUSED, "NO_ENROLL: no right"),
        ROW(no_right_and_none, PLAN_NOTHING, "NO_ENROLL"),
        ROW(autoenroll_gone_and_none, PLAN_NOTHING, "on demand only"),
        ROW(autoenroll_gone_in_the_window, PLAN_RENEW, "end is near"),
        ROW(names_by_the_enrollee, PLAN_NOTHING, "on demand only"),
        ROW(names_by_the_enrollee_asked_for, PLAN_ENROLL, "none yet"),
        ROW(names_by_the_enrollee_in_the_window, PLAN_RENEW, "end is near"),
        ROW(for_users, PLAN_NOTHING, "for users"),
        ROW(not_renewed_by_itself, PLAN_NOTHING, "not renewed by itself"),
        ROW(pending, PLAN_POLL, "waits for approval"),
        ROW(pending_and_early, PLAN_WAIT, "asked again at 2027-01-15T08:01:00Z"),
        ROW(pending_on_demand, PLAN_POLL, "waits for approval"),
        ROW(pending_without_the_right, PLAN_NOTHING, ""),
        ROW(pending_for_too_long, PLAN_ENROLL, "none yet"),
        ROW(failed_just_now, PLAN_WAIT, "again at 2027-01-15T08:01:00Z"),
        ROW(failed_and_asked_for, PLAN_ENROLL, "none yet"),
        ROW(refused_just_now, PLAN_WAIT, "in vain"),
        ROW(refused_and_the_template_changed, PLAN_ENROLL, "none yet"),
        ROW(renewal_asked_for, PLAN_RENEW, "asked for"),
        ROW(renewal_of_all_asked_for, PLAN_RENEW, "asked for"),
        ROW(superseded_alone, PLAN_NOTHING, "superseded by Machine2"),
        ROW(superseded_and_replaced, PLAN_ARCHIVE, "superseded by Machine2"),
        ROW(superseded_by_what_may_not_be, PLAN_RENEW, "end is near"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(plan) plan = {.steps = NULL};
        struct scene s;

        scene_init(&s);
        cases[i].change(&s);
        plan_make(&s.in, &plan);
        if (plan.steps[0].action != cases[i].action ||
            strstr(plan.steps[0].why, cases[i].words) == NULL) {
            fail_msg("%s: %s (%s)", cases[i].label,
                     plan_action_name(plan.steps[0].action), plan.steps[0].why);
        }
    }
}

static void a_certificate_that_cannot_log_on_renews_over_kerberos(void **state)
{
    AUTO(plan) with = {.steps = NULL};
    AUTO(plan) without = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);

    in_the_window(&s);
    plan_make(&s.in, &with);
    s.certificates[0].can_authenticate = false;
    plan_make(&s.in, &without);

    assert_false(with.steps[0].fresh);
    assert_true(without.steps[0].fresh);
}

static void what_is_no_certificate_is_refused_by_nobody(void **state)
{
    AUTO(plan) plan = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);
    s.certificates[0].template_oid = "";
    s.certificates[0].name = "stray";
    s.certificates[0].whole = false;
    s.certificates[0].not_before_utc = 0;
    s.certificates[0].not_after_utc = 0;

    plan_make(&s.in, &plan);

    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.steps[1].action, PLAN_NOTHING);
    assert_string_equal(plan.steps[1].why, "no certificate is there");
}

static void what_the_server_offers_no_more_is_kept_and_told(void **state)
{
    AUTO(plan) plan = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);
    s.certificates[0].template_oid = "1.2.9";

    plan_make(&s.in, &plan);

    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.steps[0].action, PLAN_ENROLL);
    assert_int_equal(plan.steps[1].action, PLAN_REFUSED);
    assert_ptr_equal(plan.steps[1].certificate, &s.certificates[0]);
    assert_non_null(strstr(plan.steps[1].why, "offers its template no more"));
}

static void of_two_certificates_the_longer_counts(void **state)
{
    AUTO(plan) plan = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);
    s.certificates[1] = s.certificates[0];
    s.certificates[1].not_after_utc += DAY;
    s.in.certificate_count = 2;

    plan_make(&s.in, &plan);

    assert_ptr_equal(plan.steps[0].certificate, &s.certificates[1]);
}

/* ---- times --------------------------------------------------------------------------- */

static void renewal_begins_at_the_later_of_two_and_a_bit_before(void **state)
{
    static const struct {
        int64_t life, overlap;
        uint32_t jitter;
        int64_t start; /* after notBefore */
    } cases[] = {
        {100 * DAY, 10 * DAY, 0, 90 * DAY},
        {100 * DAY, 40 * DAY, 0, 80 * DAY},
        {100 * DAY, 10 * DAY, 1000000, 90 * DAY - DAY / 2},
        {100 * DAY, 10 * DAY, 500000, 90 * DAY - DAY / 4},
        {36000, 0, 1000000, 36000 - 1800}, /* 5 % of a short life */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct plan_certificate c = {.not_before_utc = NOW,
                                           .not_after_utc = NOW + cases[i].life};

        assert_int_equal(
            plan_renew_start(&c, (uint64_t)cases[i].overlap, cases[i].jitter) - NOW,
            cases[i].start);
    }
}

static void a_life_that_makes_no_sense_is_renewed_at_once(void **state)
{
    const struct plan_certificate c = {.not_before_utc = NOW, .not_after_utc = NOW};
    (void)state;

    assert_int_equal(plan_renew_start(&c, 10, 0), NOW);
    assert_int_equal(plan_renew_start(&c, UINT64_MAX, 0), NOW);
}

static void waits_grow_and_never_eat_up_the_time_left(void **state)
{
    static const struct {
        uint32_t failures;
        int64_t left, wait;
    } cases[] = {
        {0, 0, 60},        {1, 0, 60},     {2, 0, 120},
        {5, 0, 960},       {10, 0, 28800}, {UINT32_MAX, 0, 28800},
        {10, 36000, 3600}, {10, 100, 60},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(plan_back_off(cases[i].failures, cases[i].left), cases[i].wait);
    }
}

static void the_plan_knows_when_to_come_back(void **state)
{
    AUTO(plan) plan = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);

    plan_make(&s.in, &plan);

    assert_int_equal(plan.next_utc, NOW + 80 * DAY);
}

static void no_policy_no_certificates_no_steps(void **state)
{
    AUTO(plan) plan = {.steps = NULL};
    struct scene s;
    (void)state;
    scene_init(&s);
    s.policy.template_count = 0;
    s.in.certificate_count = 0;

    plan_make(&s.in, &plan);

    assert_int_equal(plan.count, 0);
    assert_int_equal(plan.next_utc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_has_its_step),
        cmocka_unit_test(a_certificate_that_cannot_log_on_renews_over_kerberos),
        cmocka_unit_test(what_is_no_certificate_is_refused_by_nobody),
        cmocka_unit_test(what_the_server_offers_no_more_is_kept_and_told),
        cmocka_unit_test(of_two_certificates_the_longer_counts),
        cmocka_unit_test(renewal_begins_at_the_later_of_two_and_a_bit_before),
        cmocka_unit_test(a_life_that_makes_no_sense_is_renewed_at_once),
        cmocka_unit_test(waits_grow_and_never_eat_up_the_time_left),
        cmocka_unit_test(the_plan_knows_when_to_come_back),
        cmocka_unit_test(no_policy_no_certificates_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
