/* SPDX-License-Identifier: Apache-2.0 */
#include "common/policy/policy_json.h"

#include "policyd/server_policy.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test.h"
#include "tests/unit/template/shelf.h"

#define SERVICE   "CN=issuing,CN=autoenroll,CN=Services,dc=x"
#define PUBLISHES "objectClass: autoenrollService\nautoenrollCa: issuing\n"
#define HOST      "cn=web1.x,ou=computers,dc=x"
#define ALLOW     "autoenrollAllow: ou=computers,dc=x\n"
#define AUTO_TOO  ALLOW "autoenrollAllowAuto: ou=computers,dc=x\n"
#define FOR_USERS "flags: 66106\n"

struct bench {
    struct shelf shelf;
    struct fake_clock time;
    struct clock clock;
    struct server_policy policy;
    struct wire_account account;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    shelf_init(&b->shelf);
    fake_clock_set(&b->time, 1800000000);
    b->clock = fake_clock_port(&b->time);
    b->policy = (struct server_policy){
        .form = TEMPLATE_NAMES, .clock = &b->clock, .ca = "issuing", .ask_again_s = 60};
    b->account = (struct wire_account){
        .ref = {.kind = WIRE_ACCOUNT_MACHINE, .principal = "host/web1.x@X", .sid = ""},
        .dn = HOST,
        .groups_complete = true,
        .complete = true,
        .enabled = true};
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    shelf_clear(&b->shelf);
    free(b);
    return 0;
}

/* What it says of the one template of that name; the answer can be written. */
static struct wire_policy_template say(struct bench *b, const char *lines,
                                       const char *name, struct server_policy_says *says)
{
    AUTO(template_set) set = NULL;
    AUTO(buf) json = BUF_EMPTY;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    shelf_publish(&b->shelf, SERVICE, lines);
    set = shelf_set(&b->shelf);
    assert_ok(server_policy_answer(&b->policy, &b->account, set, says, &reason, &err),
              &err);
    assert_ok(policy_write_json(&says->answer, &json, &err), &err);
    for (size_t i = 0; i < says->answer.template_count; i++) {
        if (strcmp(says->answer.templates[i].label, name) == 0) {
            struct wire_policy_template found = says->answer.templates[i];

            found.ref.oid = NULL; /* the set goes with this function */
            return found;
        }
    }
    return (struct wire_policy_template){.label = NULL};
}

static void who_may_and_should_is_told_so(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "T", 1, AUTO_TOO);
    struct wire_policy_template t =
        say(b, PUBLISHES "autoenrollTemplate: T\n", "T", &says);
    assert_true(t.enroll);
    assert_true(t.autoenroll);
    assert_string_equal(t.reason, "");
    assert_int_equal(t.algorithm, WIRE_KEY_RSA);
    assert_int_equal(t.subject, WIRE_SUBJECT_DIRECTORY);
    assert_string_equal(says.answer.principal, "host/web1.x@X");
    assert_int_equal(says.answer.server_utc, 1800000000);
}

static void who_may_but_should_not_is_told_so(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "T", 1, ALLOW);
    struct wire_policy_template t =
        say(b, PUBLISHES "autoenrollTemplate: T\n", "T", &says);
    assert_true(t.enroll);
    assert_false(t.autoenroll);
}

static void who_may_not_is_told_why(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "T", 1, "autoenrollAllow: cn=others,dc=x\n");
    struct wire_policy_template t =
        say(b, PUBLISHES "autoenrollTemplate: T\n", "T", &says);
    assert_false(t.enroll);
    assert_string_equal(t.reason, "NO_ENROLL");
    assert_true(*t.sentence != '\0');
}

static void what_is_wrong_with_a_template_is_not_told(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "T", 1, AUTO_TOO "msPKI-Certificate-Name-Flag: 1\n");
    struct wire_policy_template t =
        say(b, PUBLISHES "autoenrollTemplate: T\n", "T", &says);
    assert_false(t.enroll);
    assert_false(t.autoenroll);
    assert_string_equal(t.reason, "TPL_UNSAFE");
    assert_string_equal(t.sentence, reason_get(REASON_TPL_UNSAFE)->sentence);
}

static void other_kinds_and_unpublished_ones_are_left_out(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "Users", 1, AUTO_TOO FOR_USERS);
    shelf_add(&b->shelf, "Hidden", 2, AUTO_TOO);
    shelf_add(&b->shelf, "T", 3, AUTO_TOO);
    struct wire_policy_template t = say(
        b, PUBLISHES "autoenrollTemplate: T\nautoenrollTemplate: Users\n", "T", &says);
    assert_true(t.enroll);
    assert_int_equal(says.answer.template_count, 1);
}

static void superseded_ones_are_told_by_their_oids(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};

    shelf_add(&b->shelf, "Old", 7, AUTO_TOO);
    shelf_add(&b->shelf, "T", 1,
              AUTO_TOO "msPKI-Supersede-Templates: Old\n"
                       "msPKI-Supersede-Templates: Gone\n");
    struct wire_policy_template t =
        say(b, PUBLISHES "autoenrollTemplate: T\n", "T", &says);
    assert_int_equal(t.supersede_count, 1);
}

static void who_is_known_in_part_is_told_nothing(void **state)
{
    struct bench *b = *state;
    AUTO(server_policy_says) says = {.answer = {.etag = NULL}};
    AUTO(template_set) set = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    shelf_add(&b->shelf, "T", 1, AUTO_TOO);
    b->account.groups_complete = false;
    set = shelf_set(&b->shelf);
    assert_fails(server_policy_answer(&b->policy, &b->account, set, &says, &reason, &err),
                 &err, ERROR_UNAVAILABLE, "not completely known");
    assert_int_equal(reason, REASON_DIR_PARTIAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_may_and_should_is_told_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_may_but_should_not_is_told_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_may_not_is_told_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_template_is_not_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_kinds_and_unpublished_ones_are_left_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(superseded_ones_are_told_by_their_oids, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_is_known_in_part_is_told_nothing, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("server_policy", tests, NULL, NULL);
}
