/* SPDX-License-Identifier: Apache-2.0 */
/* Which waiting request a question belongs to, and what of it is recorded; how it is weighed is
 * told by the stories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/server_convert.h"
#include "policyd/server_road_inside.h"
#include "tests/support/request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

enum { WAITING = 3, OWN = 7, TTL_S = 3600, DAY_S = 86400 };

/* A question of account-1 for Machine, with a number of its own. */
struct scene {
    struct fixture *f;
    struct server_road road;
    struct wire_account account;
    char name[16];
    struct tmpl tmpl;
    struct template_item item;
    struct server_identity who;
    struct enroll_request request;
    struct trip trip;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));
    const struct request asked = request_good(KEYS_P256);
    AUTO(buf) der = BUF_EMPTY;
    enum csr_fault fault = CSR_FAULT_NONE;
    static char oid[] = "1.3.6.1.4.1.311.21.8.1";
    void *f = NULL;
    struct error err = {0};

    assert_int_equal(fixture_setup(&f), 0);
    s->f = f;
    s->road.settings.ledger = s->f->ledger;
    s->account.ref.id = "account-1";
    (void)snprintf(s->name, sizeof(s->name), "Machine");
    s->item.name = s->name;
    s->tmpl.oid = oid;
    s->item.tmpl = &s->tmpl;
    s->request = (struct enroll_request){.label = "", .protocol = "est"};
    s->trip = (struct trip){.road = &s->road,
                            .who = &s->who,
                            .request = &s->request,
                            .account = &s->account,
                            .template = &s->item,
                            .now_utc = FIXTURE_NOW,
                            .number = OWN};
    request_put(&asked, &der);
    assert_ok(csr_parse(buf_bytes(&der), &s->trip.csr, &fault, &err), &err);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    void *f = s->f;

    trip_approvals_clear(&s->trip);
    csr_free(s->trip.csr);
    (void)fixture_teardown(&f);
    free(s);
    return 0;
}

/* A request of account-1 for Machine with that key waits, for the names of the CSR or others. */
static void hold(struct scene *s, bool same_names)
{
    unsigned char names[WIRE_SHA256];
    struct ledger_request request = fixture_request(WAITING);
    struct ledger_decision decision = fixture_decision(WAITING);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    struct error err = {0};

    trip_hash_names(&s->trip, names);
    names[0] ^= same_names ? 0 : 1;
    request.asked = server_hash(names);
    request.key = server_hash(key_get_info(s->trip.csr->key)->spki_sha256);
    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.approvers = "CN=pki-approvers,DC=corp,DC=example";
    request.approvals_needed = 1; /* of a group that never speaks here */
    request.expires_utc = FIXTURE_NOW + TTL_S;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(s->f->ledger, &op, &err), &err);
}

static void expect_number(struct scene *s, int64_t number)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    ledger_request_id(number, id);
    assert_int_equal(s->trip.number, number);
    assert_int_equal(s->trip.own_number, OWN);
    assert_string_equal(s->trip.id, id);
    assert_int_equal(s->trip.open != NULL, number == WAITING);
}

static void ask_again(struct scene *s)
{
    ledger_request_id(s->trip.number, s->trip.id);
    assert_ok(trip_find_open(&s->trip), &s->trip.err);
}

static void the_same_question_is_the_one_that_waits(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    ask_again(s);
    expect_number(s, WAITING);
}

static void nothing_waits_before_it_was_held(void **state)
{
    struct scene *s = *state;

    ask_again(s);
    expect_number(s, OWN);
    assert_true(trip_resume(&s->trip));
    expect_number(s, OWN);
}

static void another_account_does_not_get_it(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    s->account.ref.id = "account-2";
    ask_again(s);
    expect_number(s, OWN);
}

static void another_template_does_not_get_it(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    (void)snprintf(s->name, sizeof(s->name), "Server");
    ask_again(s);
    expect_number(s, OWN);
}

static void it_waits_up_to_its_last_second(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    s->trip.now_utc = FIXTURE_NOW + TTL_S - 1;
    ask_again(s);
    expect_number(s, WAITING);
}

static void it_is_over_when_its_time_is(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    s->trip.now_utc = FIXTURE_NOW + TTL_S;
    ask_again(s);
    expect_number(s, OWN);
}

/* Nobody needs to approve it any more, so that it goes on as it was weighed. */
static void it_is_resumed_for_the_same_names(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    ask_again(s);
    assert_true(trip_resume(&s->trip));
    expect_number(s, WAITING);
}

/* Weighed again as a new one, which ends here: nobody has said when the CA ends. */
static void other_names_make_it_a_question_of_its_own(void **state)
{
    struct scene *s = *state;

    hold(s, false);
    ask_again(s);
    expect_number(s, WAITING);
    assert_false(trip_resume(&s->trip));
    assert_int_equal(s->trip.reason, REASON_SIGNER);
    assert_int_equal(s->trip.stage, WIRE_STAGE_SUBMIT);
    expect_number(s, OWN);
}

/* ---- whose words count --------------------------------------------------------------- */

#define GROUP_A "cn=a,dc=corp,dc=example"
#define GROUP_B "cn=b,dc=corp,dc=example"

bool __wrap_directory_find(struct directory *directory,
                           const struct directory_query *query,
                           const struct directory_account **out, enum reason *reason,
                           struct error *err);
void __wrap_directory_account_unref(const struct directory_account *account);
bool __wrap_decide_are_enough(const struct decision *d, const struct decide_outcome *held,
                              const struct wire_approval *approvals, size_t count);

static const struct directory_account *find_person(bool member)
{
    static char empty[] = "", a[] = GROUP_A, b[] = GROUP_B;
    static struct wire_group groups[] = {{.id = empty, .sid = empty, .dn = a},
                                         {.id = empty, .sid = empty, .dn = b}};
    static struct directory_account person = {
        .account = {
            .ref = {.kind = WIRE_ACCOUNT_USER, .id = "", .principal = "", .sid = ""},
            .dn = "cn=person,dc=corp,dc=example",
            .groups = groups,
            .groups_complete = true,
            .enabled = true}};

    person.account.group_count = member ? COUNT_OF(groups) : 0;
    return &person;
}

/* Whose name begins with "gone" has left the groups. */
bool __wrap_directory_find(struct directory *directory,
                           const struct directory_query *query,
                           const struct directory_account **out, enum reason *reason,
                           struct error *err)
{
    (void)directory;
    (void)err;
    *reason = REASON_NONE;
    *out = find_person(strncmp(query->id, "gone", 4) != 0);
    return true;
}

void __wrap_directory_account_unref(const struct directory_account *account)
{
    (void)account;
}

/* What was found is looked at in the trip. */
bool __wrap_decide_are_enough(const struct decision *d, const struct decide_outcome *held,
                              const struct wire_approval *approvals, size_t count)
{
    (void)d;
    (void)held;
    (void)approvals;
    (void)count;
    return false;
}

/* The rows of the ledger, the oldest first; it takes them all while the request is held. */
static void say(struct scene *s, const char *group, const char *name, unsigned int count)
{
    static int64_t minute;

    for (unsigned int i = 0; i < count; i++) {
        char account[32];
        unsigned char names[WIRE_SHA256];
        struct error err = {0};

        (void)snprintf(account, sizeof(account), "%s-%u", name, i);
        trip_hash_names(&s->trip, names);
        minute++;
        const struct ledger_approval approval = {.request = WAITING,
                                                 .account = account,
                                                 .principal = account,
                                                 .approved = true,
                                                 .approvers = group,
                                                 .decided_utc = FIXTURE_NOW + minute,
                                                 .comment = "",
                                                 .node = 1,
                                                 .journal_seq = minute};
        struct ledger_op op = {
            .kind = LEDGER_JUDGE,
            .judge = {.approval = &approval,
                      .key = server_hash(key_get_info(s->trip.csr->key)->spki_sha256),
                      .asked = server_hash(names)}};
        assert_ok(ledger_execute(s->f->ledger, &op, &err), &err);
    }
}

static void hold_for_both(struct scene *s, uint32_t need_a, uint32_t need_b)
{
    s->trip.judged = (struct decide_outcome){
        .holds = {{.need = need_a, .from = GROUP_A}, {.need = need_b, .from = GROUP_B}},
        .hold_count = 2,
        .sentence = ""};
}

static void expect_found(struct scene *s, size_t of_a, size_t of_b)
{
    size_t a = 0;

    ask_again(s);
    assert_true(trip_resume(&s->trip));
    for (size_t i = 0; i < s->trip.approval_count; i++) {
        a += strcmp(s->trip.approvals[i].group, GROUP_A) == 0 ? 1 : 0;
    }
    assert_int_equal(a, of_a);
    assert_int_equal(s->trip.approval_count - a, of_b);
}

static void what_one_group_has_too_many_takes_no_place_of_another(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    hold_for_both(s, 1, 1);
    say(s, GROUP_A, "a", WIRE_APPROVALS_MAX);
    say(s, GROUP_B, "b", 1);
    expect_found(s, 1, 1);
}

static void who_has_left_takes_no_place_of_who_stayed(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    hold_for_both(s, 2, 1);
    say(s, GROUP_A, "gone", WIRE_APPROVALS_MAX);
    say(s, GROUP_A, "a", 1);
    say(s, GROUP_B, "gone-b", 1);
    expect_found(s, 1, 0);
}

static void all_that_can_be_needed_are_found(void **state)
{
    struct scene *s = *state;

    hold(s, true);
    hold_for_both(s, WIRE_APPROVALS_MAX - 1, 1);
    say(s, GROUP_B, "b", 2);
    say(s, GROUP_A, "a", WIRE_APPROVALS_MAX);
    expect_found(s, WIRE_APPROVALS_MAX - 1, 1);
}

/* ---- what is recorded ---------------------------------------------------------------- */

/* The account asks at that time, and it is held. */
static struct enroll_outcome ask_in_vain(struct scene *s, int64_t now_utc, uint32_t need)
{
    struct enroll_outcome out = ENROLL_OUTCOME_EMPTY;

    free(s->trip.open);
    s->trip.open = NULL;
    s->trip.number = s->trip.own_number != 0 ? s->trip.own_number + 1 : OWN;
    s->trip.now_utc = now_utc;
    s->trip.judged = (struct decide_outcome){.holds = {{.need = need,
                                                        .from = "CN=pki-approvers",
                                                        .ttl_s = UINT64_C(2) * DAY_S}},
                                             .hold_count = 1,
                                             .sentence = ""};
    ask_again(s);
    trip_hold(&s->trip, &out);
    return out;
}

static unsigned int decisions(struct scene *s)
{
    return fixture_count(s->f->ledger, LEDGER_TABLE_DECISIONS);
}

static void a_poll_with_nothing_new_is_not_recorded(void **state)
{
    struct scene *s = *state;
    struct enroll_outcome first = ask_in_vain(s, FIXTURE_NOW, 1);

    assert_int_equal(first.reason, REASON_HELD);
    for (int i = 1; i <= 20; i++) {
        struct enroll_outcome again = ask_in_vain(s, FIXTURE_NOW + i, 1);

        assert_int_equal(again.reason, REASON_HELD);
        assert_string_equal(again.request_id, first.request_id);
    }
    assert_int_equal(decisions(s), 1);
}

static void what_changes_about_a_wait_is_recorded(void **state)
{
    struct scene *s = *state;

    (void)ask_in_vain(s, FIXTURE_NOW, 1);
    (void)ask_in_vain(s, FIXTURE_NOW + 1, 2); /* two must approve it now */
    assert_int_equal(decisions(s), 2);
    s->item.sha256[0] ^= 1; /* the template is another one */
    (void)ask_in_vain(s, FIXTURE_NOW + 2, 2);
    assert_int_equal(decisions(s), 3);
}

static void a_long_wait_is_recorded_now_and_then(void **state)
{
    struct scene *s = *state;

    for (int64_t minute = 0; minute <= INT64_C(24) * 60; minute++) {
        (void)ask_in_vain(s, FIXTURE_NOW + 60 * minute, 1);
    }
    assert_in_range(decisions(s), 24, 25);
}

static void who_has_too_many_open_gets_no_more(void **state)
{
    struct scene *s = *state;

    s->road.settings.open_max = 1;
    s->road.settings.poll_after_s = 60;
    (void)ask_in_vain(s, FIXTURE_NOW, 1);
    (void)snprintf(s->name, sizeof(s->name), "Server"); /* another template */
    struct enroll_outcome out = ask_in_vain(s, FIXTURE_NOW, 1);
    assert_int_equal(out.reason, REASON_RATE);
    assert_int_equal(out.retry_after_s, 60);
    assert_non_null(strstr(out.sentence, "wait for approval"));
    s->road.settings.open_max = 2;
    assert_int_equal(ask_in_vain(s, FIXTURE_NOW, 1).reason, REASON_HELD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_question_is_the_one_that_waits),
        TEST(nothing_waits_before_it_was_held),
        TEST(another_account_does_not_get_it),
        TEST(another_template_does_not_get_it),
        TEST(it_waits_up_to_its_last_second),
        TEST(it_is_over_when_its_time_is),
        TEST(it_is_resumed_for_the_same_names),
        TEST(other_names_make_it_a_question_of_its_own),
        TEST(what_one_group_has_too_many_takes_no_place_of_another),
        TEST(who_has_left_takes_no_place_of_who_stayed),
        TEST(all_that_can_be_needed_are_found),
        TEST(a_poll_with_nothing_new_is_not_recorded),
        TEST(what_changes_about_a_wait_is_recorded),
        TEST(a_long_wait_is_recorded_now_and_then),
        TEST(who_has_too_many_open_gets_no_more),
    };

    return cmocka_run_group_tests_name("server_road_approval", tests, NULL, NULL);
}
