/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include "policyd/ledger_read_request.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

static struct ledger_request *get(struct fixture *f, int64_t number)
{
    struct ledger_request *request = NULL;
    struct error err;

    assert_ok(ledger_request_get(f->ledger, number, &request, &err), &err);
    return request;
}

static enum ledger_request_state state_of(struct fixture *f, int64_t number)
{
    AUTO(ledger_request) request = get(f, number);

    assert_non_null(request);
    return request->state;
}

static struct ledger_request *open_request(struct fixture *f, unsigned int n)
{
    struct ledger_request_key key = {"account-1", "Machine", fixture_hash(n)};
    struct ledger_request *request = NULL;
    struct error err;

    assert_ok(ledger_request_open(f->ledger, &key, &request, &err), &err);
    return request;
}

/* Only the operation is awaited here, so err may be looked at. */
static bool refuse(struct fixture *f, unsigned int n, enum ledger_request_state state,
                   struct error *err)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, &decision}};

    request.state = state;
    return ledger_execute(f->ledger, &op, err);
}

/* ---- settle -------------------------------------------------------------------------- */

static void settling_records_all_of_it(void **state)
{
    struct fixture *f = *state;
    struct ledger_op reserve = fixture_reserve(1);
    struct ledger_serial serial = fixture_serial(1);
    AUTO(ledger_certificate) c = NULL;
    AUTO(ledger_decision) decision = NULL;
    struct error err;

    assert_ok(ledger_execute(f->ledger, &reserve, &err), &err);
    fixture_issue(f, 1);
    assert_ok(ledger_certificate_get(f->ledger, &serial, &c, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 1, &decision, &err), &err);
    AUTO(ledger_request) request = get(f, 1);

    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_RESERVATIONS), 0);
    assert_string_equal(c->subject, "CN=web1.corp.example");
    assert_string_equal(c->template.oid, "1.3.6.1.4.1.311.21.8.1.2.3");
    assert_int_equal(c->template.minor, 4);
    assert_int_equal(c->der.len, 900);
    assert_true(c->delivered);
    assert_int_equal(request->state, LEDGER_REQUEST_ISSUED);
    assert_memory_equal(&request->serial, &serial, sizeof(serial));
    assert_int_equal(decision->verdict, LEDGER_VERDICT_ISSUE);
    assert_memory_equal(&decision->serial, &serial, sizeof(serial));
    assert_int_equal(decision->facts.len, 15);
    assert_memory_equal(decision->facts.data, "{\"op\":\"enroll\"}", 15);
}

static struct ledger_op settle_op(const struct ledger_certificate *c,
                                  const struct ledger_request *r,
                                  const struct ledger_decision *d)
{
    return (struct ledger_op){.kind = LEDGER_SETTLE, .settle = {c, r, d, false}};
}

static void settling_again_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(1);
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op again = settle_op(&c, &request, &decision);
    struct error err;

    fixture_issue(f, 1);
    assert_ok(ledger_execute(f->ledger, &again, &err), &err);

    assert_true(again.settle.already);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_CERTIFICATES), 1);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_DECISIONS), 1);
}

/* I2 */
static void a_serial_cannot_be_settled_twice(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(2);
    struct ledger_request request = fixture_request(2);
    struct ledger_decision decision = fixture_decision(2);
    struct ledger_op op = settle_op(&c, &request, &decision);
    struct error err;

    fixture_issue(f, 1);
    c.serial = fixture_serial(1);

    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT,
                 "another certificate has this serial");
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_REQUESTS), 1);
}

static void a_renewal_supersedes_its_accounts_old_one(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate renewal = fixture_certificate(3);
    struct ledger_certificate foreign = fixture_certificate(2);
    AUTO(ledger_certificate) old = NULL;
    AUTO(ledger_certificate) others = NULL;
    struct error err;

    foreign.account = "account-2";
    fixture_issue(f, 1);
    fixture_settle(f, &foreign);
    renewal.renews = fixture_serial(1);
    fixture_settle(f, &renewal);
    renewal = fixture_certificate(4);
    renewal.renews = foreign.serial;
    fixture_settle(f, &renewal);
    struct ledger_serial first = fixture_serial(1);
    struct ledger_serial third = fixture_serial(3);
    assert_ok(ledger_certificate_get(f->ledger, &first, &old, &err), &err);
    assert_ok(ledger_certificate_get(f->ledger, &foreign.serial, &others, &err), &err);

    assert_memory_equal(&old->superseded_by, &third, sizeof(third));
    assert_true(ledger_serial_is_none(&others->superseded_by));
}

static void infrastructure_has_no_request(void **state)
{
    struct fixture *f = *state;
    struct ledger_certificate c = fixture_certificate(1);
    struct ledger_op op = settle_op(&c, NULL, NULL);
    AUTO(ledger_certificate) read = NULL;
    struct error err;
    c.kind = LEDGER_KIND_INFRASTRUCTURE;
    c.operation = LEDGER_OPERATION_INFRASTRUCTURE;
    c.account = NULL;
    c.request = 0;
    c.template = (struct ledger_template){0};
    c.bundle = (struct ledger_hash){{0}};

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_ok(ledger_certificate_get(f->ledger, &c.serial, &read, &err), &err);

    assert_string_equal(read->account, "");
    assert_string_equal(read->template.name, "");
    assert_true(ledger_hash_is_none(&read->bundle));
    assert_int_equal(read->kind, LEDGER_KIND_INFRASTRUCTURE);
}

/* ---- refuse -------------------------------------------------------------------------- */

static void a_refusal_is_recorded_with_its_decision(void **state)
{
    struct fixture *f = *state;
    AUTO(ledger_decision) decision = NULL;
    struct error err;

    assert_ok(refuse(f, 1, LEDGER_REQUEST_DENIED, &err), &err);
    assert_ok(ledger_decision_get(f->ledger, 1, &decision, &err), &err);
    AUTO(ledger_request) request = get(f, 1);

    assert_int_equal(request->state, LEDGER_REQUEST_DENIED);
    assert_string_equal(request->reason, "RULE_DENIED");
    assert_string_equal(request->peer, "192.0.2.7");
    assert_int_equal(decision->verdict, LEDGER_VERDICT_DENY);
    assert_string_equal(decision->engine, "autoenroll 0.1.0");
}

/* Somebody who is nobody here, or whose CSR cannot be read, has no account, template or key. */
static void a_refusal_is_recorded_of_whom_too_little_is_known(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = {.number = 1,
                                     .principal = "mallory@OTHER.EXAMPLE",
                                     .operation = LEDGER_OPERATION_ENROLL,
                                     .state = LEDGER_REQUEST_DENIED,
                                     .reason = "REALM"};
    struct ledger_decision decision = {
        .request = 1, .verdict = LEDGER_VERDICT_DENY, .reason = "REALM"};
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, &decision}};
    struct error err;

    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    AUTO(ledger_request) read = get(f, 1);
    AUTO(ledger_decision) decided = NULL;
    assert_ok(ledger_decision_get(f->ledger, 1, &decided, &err), &err);

    assert_string_equal(read->principal, "mallory@OTHER.EXAMPLE");
    assert_string_equal(read->account, "");
    assert_string_equal(read->template.name, "");
    assert_true(ledger_hash_is_none(&read->key));
    assert_string_equal(decided->reason, "REALM");
}

/* What waits is found by account, template and key. */
static void a_held_request_has_account_template_and_key(void **state)
{
    static const char *const missing[] = {"account", "template", "key hash"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(missing); i++) {
        struct ledger_request request = fixture_request(1);
        struct ledger_decision decision = fixture_decision(1);
        struct ledger_op op = {.kind = LEDGER_HOLD,
                               .hold = {.request = &request, .decision = &decision}};
        struct error err;

        request.state = LEDGER_REQUEST_HELD;
        request.approvals_needed = 1;
        if (i == 0) {
            request.account = decision.account = "";
        } else if (i == 1) {
            request.template.name = "";
        } else {
            request.key = (struct ledger_hash){{0}};
        }
        assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_INVALID,
                     missing[i]);
    }
}

static void a_request_that_has_ended_does_not_end_again(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_ok(refuse(f, 1, LEDGER_REQUEST_DENIED, &err), &err);
    fixture_issue(f, 2);

    assert_fails(refuse(f, 1, LEDGER_REQUEST_FAILED, &err), &err, ERROR_CONFLICT,
                 "is denied and cannot become failed");
    assert_fails(refuse(f, 2, LEDGER_REQUEST_DENIED, &err), &err, ERROR_CONFLICT,
                 "is issued");
    assert_int_equal(state_of(f, 2), LEDGER_REQUEST_ISSUED);
}

static void a_request_stays_its_accounts(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(1);
    struct ledger_op op = {.kind = LEDGER_REFUSE, .refuse = {&request, NULL}};
    struct error err;

    fixture_hold(f, 1, 1);
    request.account = "account-2";
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT,
                 "another account");
    request.account = "account-1";
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

static void one_on_its_way_is_submitted(void **state)
{
    struct fixture *f = *state;
    struct ledger_op reserve = fixture_reserve(9);
    struct error err;

    assert_null(get(f, 9));
    assert_ok(ledger_execute(f->ledger, &reserve, &err), &err);
    AUTO(ledger_request) request = get(f, 9);

    assert_int_equal(request->state, LEDGER_REQUEST_SUBMITTED);
    assert_string_equal(request->account, "account-1");
    assert_string_equal(request->template.name, "Machine");
    assert_int_equal(request->created_utc, FIXTURE_NOW);
}

/* ---- hold ---------------------------------------------------------------------------- */

static void a_held_request_is_found_by_its_key(void **state)
{
    struct fixture *f = *state;

    fixture_hold(f, 1, 2);
    AUTO(ledger_request) request = open_request(f, 1);
    AUTO(ledger_request) other = open_request(f, 2);

    assert_int_equal(request->number, 1);
    assert_int_equal(request->state, LEDGER_REQUEST_HELD);
    assert_int_equal(request->retry_after_s, 60);
    assert_int_equal(request->approvals_needed, 2);
    assert_string_equal(request->approvers, "CN=pki-approvers,DC=corp,DC=example");
    assert_null(other);
}

static void the_same_waits_once(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(2);
    struct ledger_decision decision = fixture_decision(2);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    struct error err;

    fixture_hold(f, 1, 1);
    request.key = fixture_hash(1);
    request.state = LEDGER_REQUEST_HELD;
    request.approvals_needed = 1;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);

    assert_int_equal(op.hold.waiting, 1);
    assert_null(get(f, 2));
}

/* Hold number n with account, template and key of number 1 and these names. */
static bool hold_like_first(struct fixture *f, unsigned int n, unsigned int names,
                            int64_t now_utc, struct ledger_op *op, struct error *err)
{
    struct ledger_request request = fixture_request(n);
    struct ledger_decision decision = fixture_decision(n);
    const struct ledger_request first = fixture_request(1);

    request.account = first.account;
    decision.account = first.account;
    request.key = first.key;
    request.asked = fixture_hash(names);
    request.state = LEDGER_REQUEST_HELD;
    request.approvals_needed = 1;
    request.updated_utc = now_utc;
    request.expires_utc = now_utc + FIXTURE_DAY;
    *op = (struct ledger_op){.kind = LEDGER_HOLD,
                             .hold = {.request = &request, .decision = &decision}};
    return ledger_execute(f->ledger, op, err);
}

enum { FIRST_NAMES = 900003, OTHER_NAMES = 900004 };

static void other_names_are_another_request(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op;
    struct error err;

    fixture_hold(f, 1, 1);
    assert_fails(hold_like_first(f, 1, OTHER_NAMES, FIXTURE_NOW, &op, &err), &err,
                 ERROR_CONFLICT, "other names");
    assert_ok(hold_like_first(f, 2, FIRST_NAMES, FIXTURE_NOW, &op, &err), &err);
    assert_int_equal(op.hold.waiting, 1);
    assert_ok(hold_like_first(f, 2, OTHER_NAMES, FIXTURE_NOW, &op, &err), &err);

    AUTO(ledger_request) first = get(f, 1);
    assert_int_equal(op.hold.waiting, 2);
    assert_int_equal(first->state, LEDGER_REQUEST_EXPIRED);
    assert_string_equal(first->reason, "SUPERSEDED"); /* nobody denied it */
    assert_int_equal(state_of(f, 2), LEDGER_REQUEST_HELD);
}

static void what_has_lapsed_is_asked_for_anew(void **state)
{
    struct fixture *f = *state;
    const int64_t end_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    struct ledger_op op;
    struct error err;

    fixture_hold(f, 1, 1);
    assert_ok(hold_like_first(f, 2, FIRST_NAMES, end_utc - 1, &op, &err), &err);
    assert_int_equal(op.hold.waiting, 1);
    assert_int_equal(op.hold.lapsed, 0);
    assert_ok(hold_like_first(f, 2, FIRST_NAMES, end_utc, &op, &err), &err);

    assert_int_equal(op.hold.waiting, 2);
    assert_int_equal(op.hold.lapsed, 1);
    assert_int_equal(state_of(f, 1), LEDGER_REQUEST_EXPIRED);
}

static void who_asks_anew_is_told_what_has_lapsed(void **state)
{
    struct fixture *f = *state;
    const int64_t end_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    struct ledger_op expire = {.kind = LEDGER_EXPIRE, .expire = {end_utc, 10, 0}};
    struct ledger_op op;
    struct error err;

    fixture_hold(f, 1, 1);
    fixture_hold(f, 7, 1); /* of another key */
    assert_ok(ledger_execute(f->ledger, &expire, &err), &err);
    assert_ok(hold_like_first(f, 8, FIRST_NAMES, end_utc, &op, &err), &err);
    assert_int_equal(op.hold.lapsed, 1);
    assert_ok(hold_like_first(f, 8, FIRST_NAMES, end_utc, &op, &err), &err);
    assert_int_equal(op.hold.lapsed, 0); /* it was told */
    assert_ok(hold_like_first(f, 9, OTHER_NAMES, end_utc, &op, &err), &err);
    assert_int_equal(op.hold.lapsed,
                     0); /* the one before did not lapse: it was replaced */
}

static void a_failure_does_not_end_a_wait(void **state)
{
    struct fixture *f = *state;
    struct ledger_op reserve = fixture_reserve(1);
    struct ledger_op other = fixture_reserve(1);
    struct error err;
    other.reserve.request = 2;

    fixture_hold(f, 1, 1);
    assert_ok(ledger_execute(f->ledger, &reserve, &err), &err);
    assert_ok(refuse(f, 1, LEDGER_REQUEST_FAILED, &err), &err);
    assert_ok(ledger_execute(f->ledger, &other, &err), &err);

    assert_int_equal(state_of(f, 1), LEDGER_REQUEST_HELD);
    assert_int_equal(other.reserve.outcome, LEDGER_RESERVED); /* it was given back */
}

/* ---- judge --------------------------------------------------------------------------- */

#define GROUP "CN=pki-approvers,DC=corp,DC=example" /* of fixture_hold() */

static struct ledger_approval approval_by(const char *account)
{
    return (struct ledger_approval){.request = 1,
                                    .account = account,
                                    .principal = "carol@CORP.EXAMPLE",
                                    .approved = true,
                                    .decided_utc = FIXTURE_NOW + 60,
                                    .comment = "as agreed",
                                    .journal_seq = 70,
                                    .approvers = GROUP};
}

static struct ledger_op judge_op(const struct ledger_approval *approval)
{
    return (struct ledger_op){.kind = LEDGER_JUDGE,
                              .judge = {.approval = approval,
                                        .key = fixture_hash(1),
                                        .asked = fixture_hash(900003)}};
}

/* Of 16 holds, each for a group with the longest name there may be. */
static void groups_with_long_names_are_kept(void **state)
{
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    AUTO(ledger_request) kept = NULL;
    AUTO(buf) groups = BUF_EMPTY;
    struct error err;

    for (int i = 0; i < 16; i++) {
        AUTO(string) name = mem_printf("CN=%0*d", 2045, i);

        ledger_group_append(&groups, name, INT32_MAX);
    }
    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.approvers = buf_text(&groups);
    request.approvals_needed = 16;
    request.expires_utc = FIXTURE_NOW + FIXTURE_DAY;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_ok(ledger_request_get(f->ledger, 1, &kept, &err), &err);
    assert_string_equal(kept->approvers, buf_text(&groups));
}

static void enough_approvals_approve(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval first = approval_by("approver-1");
    struct ledger_approval second = approval_by("approver-2");
    struct ledger_op op = judge_op(&first);
    struct error err;

    fixture_hold(f, 1, 2);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.judge.state, LEDGER_REQUEST_HELD);
    assert_int_equal(op.judge.approvals, 1);
    op = judge_op(&second);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    AUTO(ledger_request) request = open_request(f, 1);

    assert_int_equal(op.judge.state, LEDGER_REQUEST_APPROVED);
    assert_int_equal(request->state, LEDGER_REQUEST_APPROVED);
    assert_int_equal(request->updated_utc, FIXTURE_NOW + 60);
}

static void each_group_approves_for_itself(void **state)
{
    static const struct {
        const char *approver, *group;
        enum ledger_request_state state;
        int64_t approvals;
    } words[] = {
        {"approver-1", "CN=one", LEDGER_REQUEST_HELD, 1},
        {"approver-2", "CN=two", LEDGER_REQUEST_HELD, 2},
        {"approver-3", "CN=one", LEDGER_REQUEST_HELD, 2},
        {"approver-4", "CN=three", LEDGER_REQUEST_HELD, 2},
        {"approver-5", "CN=two", LEDGER_REQUEST_APPROVED, 3},
    };
    struct fixture *f = *state;
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op hold = {.kind = LEDGER_HOLD,
                             .hold = {.request = &request, .decision = &decision}};
    struct error err;

    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.approvers = "1 CN=one\n2 CN=two";
    request.approvals_needed = 3;
    request.expires_utc = FIXTURE_NOW + FIXTURE_DAY;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(f->ledger, &hold, &err), &err);

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct ledger_approval word = approval_by(words[i].approver);
        struct ledger_op op = judge_op(&word);

        word.approvers = words[i].group;
        assert_ok(ledger_execute(f->ledger, &op, &err), &err);
        assert_int_equal(op.judge.state, words[i].state);
        assert_int_equal(op.judge.approvals, words[i].approvals);
    }
}

static void groups_are_read_with_what_they_need(void **state)
{
    static const struct {
        const char *approvers;
        struct {
            const char *name;
            int64_t need;
        } groups[2];
    } cases[] = {
        {"", {{NULL, 0}}},
        {"2 cn=a", {{"cn=a", 2}}},
        {"2 cn=a b\n13 S-1-5-21-1", {{"cn=a b", 2}, {"S-1-5-21-1", 13}}},
        {"cn=a", {{"cn=a", 5}}}, /* all that the request needs */
        {"cn=a\n2.5=b", {{"cn=a", 1}, {"2.5=b", 1}}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct ledger_request r = {.approvers = cases[i].approvers,
                                         .approvals_needed = 5};
        const char *rest = r.approvers;
        struct ledger_group group;
        size_t count = 0;

        while (ledger_group_next(&r, &rest, &group)) {
            assert_true(count < 2 && cases[i].groups[count].name != NULL);
            AUTO(string) name = mem_dup(group.name, group.len);
            assert_string_equal(name, cases[i].groups[count].name);
            assert_int_equal(group.need, cases[i].groups[count].need);
            count++;
        }
        assert_true(count == 2 || cases[i].groups[count].name == NULL);
    }
}

static void one_denial_denies(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval approval = approval_by("approver-1");
    struct ledger_op op = judge_op(&approval);
    struct error err;

    fixture_hold(f, 1, 2);
    approval.approved = false;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    AUTO(ledger_request) request = get(f, 1);

    assert_int_equal(request->state, LEDGER_REQUEST_DENIED);
    assert_string_equal(request->reason, "APPROVAL_DENIED");
    assert_null(open_request(f, 1));
}

static void what_was_denied_stays_denied_for_its_time(void **state)
{
    struct fixture *f = *state;
    const int64_t end_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    struct ledger_approval no = approval_by("approver-1");
    struct ledger_op op = judge_op(&no);
    struct error err;
    no.approved = false;

    fixture_hold(f, 1, 1);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_ok(hold_like_first(f, 2, FIRST_NAMES, end_utc - 1, &op, &err), &err);
    assert_int_equal(op.hold.denied, 1);
    assert_int_equal(op.hold.waiting, 0);
    assert_null(get(f, 2));
    assert_ok(hold_like_first(f, 2, OTHER_NAMES, end_utc - 1, &op, &err), &err);
    assert_int_equal(op.hold.denied, 0);
    assert_int_equal(op.hold.waiting, 2);
    assert_ok(hold_like_first(f, 3, FIRST_NAMES, end_utc - 1, &op, &err), &err);
    assert_int_equal(op.hold.denied, 1); /* whatever else was asked for meanwhile */
    assert_ok(hold_like_first(f, 3, FIRST_NAMES, end_utc, &op, &err), &err);

    assert_int_equal(op.hold.waiting, 3);
}

static void what_is_approved_can_be_denied_until_it_is_issued(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval yes = approval_by("approver-1");
    struct ledger_approval no = approval_by("approver-2");
    struct ledger_op op = judge_op(&yes);
    struct error err;
    no.approved = false;

    fixture_hold(f, 1, 1);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    op = judge_op(&no);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.judge.state, LEDGER_REQUEST_DENIED);
    fixture_issue(f, 2);
    no.request = 2;
    op = judge_op(&no);

    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT, "is issued");
}

static void an_approver_may_deny_after_all_but_not_approve(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval word = approval_by("approver-1");
    struct ledger_op op = judge_op(&word);
    struct error err;

    fixture_hold(f, 1, 2);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    word.approved = false;
    op = judge_op(&word);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);

    assert_int_equal(op.judge.state, LEDGER_REQUEST_DENIED);
    assert_int_equal(op.judge.approvals, 0);
    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_APPROVALS), 1);
}

static void who_may_not_approve_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval own = approval_by("account-1");
    struct ledger_approval good = approval_by("approver-1");
    struct ledger_op op = judge_op(&own);
    struct error err;

    fixture_hold(f, 1, 2);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_DENIED, "own");
    op = judge_op(&good);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    op = judge_op(&good);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT,
                 "has spoken");
    good.request = 9;
    op = judge_op(&good);
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_NOT_FOUND, "no such");

    assert_int_equal(fixture_count(f->ledger, LEDGER_TABLE_APPROVALS), 1);
}

static void an_approval_is_for_what_was_shown_and_in_time(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval approval = approval_by("approver-1");
    struct ledger_op other_key = judge_op(&approval);
    struct ledger_op other_names = judge_op(&approval);
    struct ledger_op op = judge_op(&approval);
    struct error err;
    other_key.judge.key = fixture_hash(2);
    other_names.judge.asked = fixture_hash(2);

    fixture_hold(f, 1, 1);
    assert_fails(ledger_execute(f->ledger, &other_key, &err), &err, ERROR_CONFLICT,
                 "shown");
    assert_fails(ledger_execute(f->ledger, &other_names, &err), &err, ERROR_CONFLICT,
                 "shown");
    approval.decided_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    assert_fails(ledger_execute(f->ledger, &op, &err), &err, ERROR_CONFLICT, "in time");
    approval.decided_utc--;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
}

struct approvers {
    char accounts[64];
    size_t count;
};

static bool see_approval(void *ctx, const struct ledger_approval *a, struct error *err)
{
    struct approvers *seen = ctx;

    (void)err;
    assert_string_equal(a->comment, "as agreed");
    assert_string_equal(a->approvers, GROUP);
    assert_int_equal(a->journal_seq, 70);
    (void)strncat(seen->accounts, a->account, sizeof(seen->accounts) - 1);
    seen->count++;
    return true;
}

static void approvals_are_listed_with_who_gave_them(void **state)
{
    struct fixture *f = *state;
    struct ledger_approval first = approval_by("approver-1");
    struct ledger_approval second = approval_by("approver-2");
    struct ledger_op op = judge_op(&first);
    struct approvers seen = {0};
    struct error err;

    fixture_hold(f, 1, 3);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    op = judge_op(&second);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_ok(ledger_approval_list(f->ledger, 1, see_approval, &seen, &err), &err);

    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.accounts, "approver-1approver-2");
}

/* ---- expire -------------------------------------------------------------------------- */

static void what_is_not_approved_in_time_lapses(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op = {.kind = LEDGER_EXPIRE,
                           .expire = {FIXTURE_NOW + 3 * FIXTURE_DAY - 1, 10, 0}};
    struct error err;

    fixture_hold(f, 1, 1);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.expire.expired, 0);
    op.expire.now_utc++;
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    AUTO(ledger_request) request = get(f, 1);

    assert_int_equal(op.expire.expired, 1);
    assert_int_equal(request->state, LEDGER_REQUEST_EXPIRED);
    assert_string_equal(request->reason, "APPROVAL_DENIED");
    assert_null(open_request(f, 1));
}

static void many_lapse_in_portions(void **state)
{
    struct fixture *f = *state;
    struct ledger_op op = {.kind = LEDGER_EXPIRE,
                           .expire = {FIXTURE_NOW + 3 * FIXTURE_DAY, 2, 0}};
    struct error err;

    for (unsigned int n = 1; n <= 3; n++) {
        fixture_hold(f, n, 1);
    }
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.expire.expired, 2);
    assert_ok(ledger_execute(f->ledger, &op, &err), &err);
    assert_int_equal(op.expire.expired, 1);
}

/* ---- numbers ------------------------------------------------------------------------- */

static void request_numbers_are_never_given_twice(void **state)
{
    struct fixture *f = *state;
    int64_t last = 0;
    int64_t number = 0;
    struct error err;

    for (int life = 0; life < 3; life++) {
        for (int i = 0; i < 1200; i++) {
            assert_ok(ledger_request_number(f->ledger, &number, &err), &err);
            assert_true(number > last);
            last = number;
        }
        fixture_restart(f);
    }
    assert_true(last < 10000);
}

static void request_numbers_come_to_an_end(void **state)
{
    struct fixture *f = *state;
    struct ledger_op almost = {.kind = LEDGER_SETTING,
                               .setting = {"request_next", "2147482648"}};
    int64_t number = 0;
    struct error err;

    assert_ok(ledger_execute(f->ledger, &almost, &err), &err);
    assert_ok(ledger_request_number(f->ledger, &number, &err), &err);
    assert_int_equal(number, 2147482648);
    for (int i = 1; i < 1000; i++) {
        assert_ok(ledger_request_number(f->ledger, &number, &err), &err);
    }
    assert_int_equal(number, LEDGER_REQUEST_MAX);
    assert_fails(ledger_request_number(f->ledger, &number, &err), &err, ERROR_UNAVAILABLE,
                 "used up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(settling_records_all_of_it),
        TEST(settling_again_changes_nothing),
        TEST(a_serial_cannot_be_settled_twice),
        TEST(a_renewal_supersedes_its_accounts_old_one),
        TEST(infrastructure_has_no_request),
        TEST(a_refusal_is_recorded_with_its_decision),
        TEST(a_refusal_is_recorded_of_whom_too_little_is_known),
        TEST(a_held_request_has_account_template_and_key),
        TEST(a_request_that_has_ended_does_not_end_again),
        TEST(a_request_stays_its_accounts),
        TEST(one_on_its_way_is_submitted),
        TEST(a_held_request_is_found_by_its_key),
        TEST(the_same_waits_once),
        TEST(other_names_are_another_request),
        TEST(what_has_lapsed_is_asked_for_anew),
        TEST(who_asks_anew_is_told_what_has_lapsed),
        TEST(a_failure_does_not_end_a_wait),
        TEST(groups_with_long_names_are_kept),
        TEST(enough_approvals_approve),
        TEST(each_group_approves_for_itself),
        TEST(groups_are_read_with_what_they_need),
        TEST(one_denial_denies),
        TEST(what_was_denied_stays_denied_for_its_time),
        TEST(what_is_approved_can_be_denied_until_it_is_issued),
        TEST(an_approver_may_deny_after_all_but_not_approve),
        TEST(who_may_not_approve_is_refused),
        TEST(an_approval_is_for_what_was_shown_and_in_time),
        TEST(approvals_are_listed_with_who_gave_them),
        TEST(what_is_not_approved_in_time_lapses),
        TEST(many_lapse_in_portions),
        TEST(request_numbers_are_never_given_twice),
        TEST(request_numbers_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
