/* SPDX-License-Identifier: Apache-2.0 */
/* An approver's word: near twins of the one who may give it, and what becomes of it. */
#include <stdio.h>
#include <string.h>

#include "policyd/ledger_read_request.h"
#include "policyd/server_approve.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/fixture.h"

#define GROUP "CN=pki-approvers,DC=corp,DC=example" /* of fixture_hold() */

/* Carol, who may, and what she says to request 1. */
struct scene {
    struct fixture *f;
    struct wire_group group;
    struct directory_account carol;
    struct server_identity who;
    struct server_word word;
    struct server_approve approve;
    bool signer_is_away;
    bool answer_is_lost; /* the signer's: it has recorded all the same */
    size_t records;
    struct wire_approval_record last; /* without the texts, but for those below */
    char account[32], approver[32];
};

static bool record(void *ctx, const struct wire_approval_record *record,
                   uint64_t *sequence, struct error *err)
{
    struct scene *s = ctx;

    if (s->signer_is_away) {
        return error_set(err, ERROR_UNAVAILABLE, "the signer is away");
    }
    s->last = *record;
    (void)snprintf(s->account, sizeof(s->account), "%s", record->account.id);
    (void)snprintf(s->approver, sizeof(s->approver), "%s", record->approver.id);
    *sequence = 70 + s->records++;
    return !s->answer_is_lost ||
           error_set(err, ERROR_UNAVAILABLE, "the signer does not answer");
}

static void become(struct scene *s, const char *id)
{
    s->carol.account.ref.id = id;
    s->carol.account.ref.principal = id;
}

static void init(struct scene *s, struct fixture *f)
{
    *s = (struct scene){.f = f};
    s->group = (struct wire_group){.id = "", .sid = "", .dn = GROUP};
    s->carol.account = (struct wire_account){
        .ref = {.id_kind = WIRE_ID_ENTRY_UUID, .kind = WIRE_ACCOUNT_USER, .sid = ""},
        .dn = "cn=carol,dc=corp,dc=example",
        .groups = &s->group,
        .group_count = 1,
        .groups_complete = true,
        .enabled = true};
    become(s, "carol");
    s->who.known = true;
    s->who.login.method = WIRE_AUTH_KERBEROS;
    s->who.login.channel_bound = true;
    s->who.account = &s->carol;
    s->word = (struct server_word){.number = 1,
                                   .approved = true,
                                   .sentence = "as agreed",
                                   .key = fixture_hash(1),
                                   .names = fixture_hash(900003),
                                   .now_utc = FIXTURE_NOW + 60};
    s->approve = (struct server_approve){.ledger = f->ledger, .record = record, .ctx = s};
}

static bool take(struct scene *s, struct server_heard *heard, enum reason *reason,
                 struct error *err)
{
    return server_approve_take(&s->approve, &s->who, &s->word, heard, reason, err);
}

static void expect_taken(struct scene *s, enum ledger_request_state state)
{
    struct server_heard heard = {0};
    enum reason reason = REASON_NONE;
    struct error err = {0};

    assert_ok(take(s, &heard, &reason, &err), &err);
    assert_int_equal(heard.state, state);
}

/* Nothing of what is refused gets into the journal. */
static void expect_refused(struct scene *s, enum reason reason, const char *words)
{
    struct server_heard heard;
    enum reason found = REASON_NONE;
    struct error err = {0};
    size_t records = s->records;

    assert_false(take(s, &heard, &found, &err));
    assert_string_equal(reason_get(found)->code, reason_get(reason)->code);
    if (strstr(err.message, words) == NULL) {
        fail_msg("'%s' lacks '%s'", err.message, words);
    }
    assert_int_equal(s->records, records);
}

static void the_signer_records_what_was_shown_and_who_said_it(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 1);

    expect_taken(&s, LEDGER_REQUEST_APPROVED);
    assert_int_equal(s.records, 1);
    assert_string_equal(s.approver, "carol");
    assert_string_equal(s.account, "account-1");
    assert_memory_equal(s.last.spki_sha256, s.word.key.octets, WIRE_SHA256);
    assert_memory_equal(s.last.names_sha256, s.word.names.octets, WIRE_SHA256);
    assert_int_equal(s.last.valid_until_utc, FIXTURE_NOW + 3 * FIXTURE_DAY);
}

/* What keeps each of them from being heard; undone, it is heard. */
static void who_may_not_is_not_heard(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 1);

    s.who.known = false;
    expect_refused(&s, REASON_NOT_APPROVER, "Kerberos");
    s.who.known = true;
    s.who.login.method = WIRE_AUTH_CERTIFICATE;
    expect_refused(&s, REASON_NOT_APPROVER, "Kerberos");
    s.who.login.method = WIRE_AUTH_KERBEROS;
    s.carol.account.ref.kind = WIRE_ACCOUNT_MACHINE;
    expect_refused(&s, REASON_NOT_APPROVER, "machine");
    s.carol.account.ref.kind = WIRE_ACCOUNT_USER;
    become(&s, "account-1");
    expect_refused(&s, REASON_NOT_APPROVER, "your own");
    become(&s, "ACCOUNT-1");
    expect_refused(&s, REASON_NOT_APPROVER, "your own");
    become(&s, "carol");
    s.group.dn = "CN=others,DC=corp,DC=example";
    s.word.operates = true;
    expect_refused(&s, REASON_NOT_APPROVER, "none of the groups");
    s.word.operates = false;
    s.group.dn = GROUP;
    s.carol.account.groups_complete = false;
    expect_refused(&s, REASON_DIR_PARTIAL, "not all groups");
    s.carol.account.groups_complete = true;
    s.signer_is_away = true;
    expect_refused(&s, REASON_SIGNER, "away");
    s.signer_is_away = false;
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

/* Neither by the reason nor by a word of the sentence. */
static void a_stranger_cannot_tell_which_requests_there_are(void **state)
{
    static const char unseen[] = "there is no such request for you to decide on";
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 1);

    s.group.dn = "CN=others,DC=corp,DC=example";
    expect_refused(&s, REASON_NO_ITEM, unseen);
    s.word.number = 2;
    expect_refused(&s, REASON_NO_ITEM, unseen);
    s.group.dn = GROUP;
    s.word.number = 1;
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

/* Whoever got one for another service or connection could say anything with it. */
static void a_ticket_over_tls_is_bound_to_its_connection(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 2);

    s.who.login.channel_bound = false;
    expect_refused(&s, REASON_CB_MISSING, "bound");
    s.word.approved = false;
    expect_refused(&s, REASON_CB_MISSING, "bound");
    s.word.approved = true;
    s.word.local = true; /* nothing to bind to */
    expect_taken(&s, LEDGER_REQUEST_HELD);
    become(&s, "dave");
    s.word.local = false;
    s.who.login.channel_bound = true;
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

static void what_was_not_shown_is_not_approved(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 1);

    s.word.number = 2;
    expect_refused(&s, REASON_NO_ITEM, "no such request");
    s.word.number = 1;
    s.word.key = fixture_hash(2);
    expect_refused(&s, REASON_CONFLICT, "another key");
    s.word.key = fixture_hash(1);
    s.word.names = fixture_hash(2);
    expect_refused(&s, REASON_CONFLICT, "other names");
    s.word.names = fixture_hash(900003);
    s.word.now_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    expect_refused(&s, REASON_CONFLICT, "lapsed");
    s.word.now_utc--;
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

static void one_person_counts_once(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 2);

    expect_taken(&s, LEDGER_REQUEST_HELD);
    expect_refused(&s, REASON_CONFLICT, "already");
    become(&s, "dave");
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

static void who_has_approved_may_take_it_back_and_not_again(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 2);

    expect_taken(&s, LEDGER_REQUEST_HELD);
    s.word.approved = false;
    expect_taken(&s, LEDGER_REQUEST_DENIED);
    s.word.approved = true;
    expect_refused(&s, REASON_CONFLICT, "denied");
    assert_int_equal(fixture_count(s.f->ledger, LEDGER_TABLE_APPROVALS), 1);
}

/* As when policyd ends between journal and ledger: nothing counts, and it is said again. */
static void a_word_that_was_not_answered_is_said_again(void **state)
{
    struct scene s;
    struct server_heard heard;
    enum reason reason = REASON_NONE;
    struct error err = {0};
    init(&s, *state);
    fixture_hold(s.f, 1, 2);

    s.answer_is_lost = true;
    assert_false(take(&s, &heard, &reason, &err));
    assert_int_equal(reason, REASON_SIGNER);
    assert_int_equal(fixture_count(s.f->ledger, LEDGER_TABLE_APPROVALS), 0);
    s.answer_is_lost = false;
    expect_taken(&s, LEDGER_REQUEST_HELD);
    assert_int_equal(s.records, 2);
    assert_int_equal(fixture_count(s.f->ledger, LEDGER_TABLE_APPROVALS), 1);
}

static void one_denial_is_enough_even_of_what_is_approved(void **state)
{
    struct scene s;
    init(&s, *state);
    fixture_hold(s.f, 1, 1);

    expect_taken(&s, LEDGER_REQUEST_APPROVED);
    become(&s, "dave");
    expect_refused(&s, REASON_CONFLICT, "does not wait");
    s.word.approved = false;
    expect_taken(&s, LEDGER_REQUEST_DENIED);
    become(&s, "erin");
    s.word.approved = true;
    expect_refused(&s, REASON_CONFLICT, "denied");
}

/* A group's approvals are counted by the group that was named with each. */
static void of_several_groups_the_one_that_needs_it_most_is_taken(void **state)
{
    struct scene s;
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};
    init(&s, *state);
    fixture_hold(s.f, 1, 3);
    AUTO(ledger_request) request = NULL;
    assert_ok(ledger_request_get(s.f->ledger, 1, &request, &err), &err);
    struct wire_group both[] = {s.group, {.id = "", .sid = "S-1-5-21-1", .dn = ""}};
    s.carol.account.groups = both;
    s.carol.account.group_count = 2;
    request->approvers = "2 " GROUP "\n2 S-1-5-21-1\n9 cn=nobody,dc=corp,dc=example";

    assert_ok(server_approve_find_group(s.f->ledger, request, &s.carol.account, &first,
                                        &reason, &err),
              &err);
    assert_string_equal(buf_text(&first), GROUP);
    expect_taken(&s, LEDGER_REQUEST_HELD);
    assert_ok(server_approve_find_group(s.f->ledger, request, &s.carol.account, &second,
                                        &reason, &err),
              &err);
    assert_string_equal(buf_text(&second), "S-1-5-21-1");
}

#define OTHERS "S-1-5-21-1"

/* Request 1 waits for one of each group; again, as when the road passed a word over. */
static void hold_for_both(struct scene *s)
{
    struct ledger_request request = fixture_request(1);
    struct ledger_decision decision = fixture_decision(1);
    struct ledger_op op = {.kind = LEDGER_HOLD,
                           .hold = {.request = &request, .decision = &decision}};
    struct error err;

    request.state = LEDGER_REQUEST_HELD;
    request.reason = "HELD";
    request.approvers = "1 " GROUP "\n1 " OTHERS;
    request.approvals_needed = 2;
    request.expires_utc = FIXTURE_NOW + 3 * FIXTURE_DAY;
    decision.verdict = LEDGER_VERDICT_HOLD;
    assert_ok(ledger_execute(s->f->ledger, &op, &err), &err);
}

static void who_is_not_waited_for_is_told_so(void **state)
{
    struct scene s;
    init(&s, *state);
    hold_for_both(&s);

    expect_taken(&s, LEDGER_REQUEST_HELD);
    become(&s, "dave");
    expect_refused(&s, REASON_CONFLICT, "another group");
    assert_int_equal(fixture_count(s.f->ledger, LEDGER_TABLE_APPROVALS), 1);
    s.group.sid = OTHERS; /* in both */
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

static void who_is_not_waited_for_may_deny(void **state)
{
    struct scene s;
    init(&s, *state);
    hold_for_both(&s);

    expect_taken(&s, LEDGER_REQUEST_HELD);
    become(&s, "dave");
    s.word.approved = false;
    expect_taken(&s, LEDGER_REQUEST_DENIED);
}

/* Both have spoken and it waits: one of them is no member any more, which only the road knows. */
static void a_word_that_was_passed_over_is_made_up_for(void **state)
{
    struct scene s;
    init(&s, *state);
    hold_for_both(&s);

    expect_taken(&s, LEDGER_REQUEST_HELD);
    become(&s, "dave");
    s.group = (struct wire_group){.id = "", .sid = OTHERS, .dn = ""};
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
    hold_for_both(&s);
    become(&s, "erin");
    s.group = (struct wire_group){.id = "", .sid = "", .dn = GROUP};
    expect_taken(&s, LEDGER_REQUEST_APPROVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(the_signer_records_what_was_shown_and_who_said_it),
        TEST(who_may_not_is_not_heard),
        TEST(a_stranger_cannot_tell_which_requests_there_are),
        TEST(a_ticket_over_tls_is_bound_to_its_connection),
        TEST(what_was_not_shown_is_not_approved),
        TEST(one_person_counts_once),
        TEST(who_has_approved_may_take_it_back_and_not_again),
        TEST(a_word_that_was_not_answered_is_said_again),
        TEST(one_denial_is_enough_even_of_what_is_approved),
        TEST(of_several_groups_the_one_that_needs_it_most_is_taken),
        TEST(who_is_not_waited_for_is_told_so),
        TEST(who_is_not_waited_for_may_deny),
        TEST(a_word_that_was_passed_over_is_made_up_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
