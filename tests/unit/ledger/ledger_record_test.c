/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include "policyd/ledger_names.h"
#include "policyd/ledger_op.h"
#include "tests/support/test.h"
#include "tests/unit/ledger/records.h"

/* ---- copies -------------------------------------------------------------------------- */

static void a_copied_certificate_shares_nothing_with_the_original(void **state)
{
    struct ledger_certificate c = fixture_certificate(7);
    (void)state;
    c.san = NULL;

    AUTO(ledger_certificate) copy = ledger_certificate_copy(&c);

    assert_string_equal(copy->account, c.account);
    assert_ptr_not_equal(copy->account, c.account);
    assert_string_equal(copy->template.oid, c.template.oid);
    assert_string_equal(copy->san, "");
    assert_int_equal(copy->der.len, c.der.len);
    assert_ptr_not_equal(copy->der.data, c.der.data);
    assert_memory_equal(copy->der.data, c.der.data, c.der.len);
    assert_memory_equal(&copy->serial, &c.serial, sizeof(c.serial));
    assert_null(copy->names);
}

static void copied_requests_and_decisions_are_whole(void **state)
{
    struct ledger_request r = fixture_request(3);
    struct ledger_decision d = fixture_decision(3);
    (void)state;

    AUTO(ledger_request) request = ledger_request_copy(&r);
    AUTO(ledger_decision) decision = ledger_decision_copy(&d);

    assert_string_equal(request->peer, "192.0.2.7");
    assert_string_equal(request->approvers, "");
    assert_int_equal(request->number, 3);
    assert_string_equal(decision->engine, d.engine);
    assert_memory_equal(decision->trace.data, d.trace.data, d.trace.len);
}

/* ---- request ids --------------------------------------------------------------------- */

static void a_request_id_reads_back_in_every_spelling(void **state)
{
    static const int64_t numbers[] = {1, 31, 32, 1000, 123456789, LEDGER_REQUEST_MAX};
    struct error err;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char id[LEDGER_REQUEST_ID_SIZE];
        char lower[LEDGER_REQUEST_ID_SIZE];
        int64_t number = 0;

        ledger_request_id(numbers[i], id);
        assert_int_equal(strlen(id), 10);
        assert_ok(ledger_request_parse_id(id, &number, &err), &err);
        assert_int_equal(number, numbers[i]);
        assert_ok(ledger_request_parse_id(id + 2, &number, &err), &err);
        memcpy(lower, id, sizeof(id));
        text_lower(lower);
        for (char *zero = lower; (zero = strchr(zero, '0')) != NULL;) {
            *zero = 'o';
        }
        assert_ok(ledger_request_parse_id(lower, &number, &err), &err);
        assert_int_equal(number, numbers[i]);
    }
}

static void a_mistyped_request_id_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",           "R-",    "R-0000001",  "R-00000133Z",
        "R_0000013X", "hello", "R-!0000000", "R-ZZZZZZZ0"};
    char id[LEDGER_REQUEST_ID_SIZE];
    int64_t number = 77;
    struct error err;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(ledger_request_parse_id(wrong[i], &number, &err));
        assert_int_equal(err.code, ERROR_INVALID);
    }
    ledger_request_id(123456, id); /* each single wrong digit, but 0 for Z */
    for (size_t i = 2; i < 9; i++) {
        char typo[LEDGER_REQUEST_ID_SIZE];

        memcpy(typo, id, sizeof(id));
        typo[i] = typo[i] == '7' ? '8' : '7';
        assert_fails(ledger_request_parse_id(typo, &number, &err), &err, ERROR_INVALID,
                     "mistyped");
    }
    assert_int_equal(number, 77);
}

static void two_digits_that_changed_places_are_noticed(void **state)
{
    char id[LEDGER_REQUEST_ID_SIZE];
    int64_t number = 0;
    struct error err;
    (void)state;

    ledger_request_id(1900000000, id);
    for (size_t i = 2; i < 8; i++) {
        char swapped[LEDGER_REQUEST_ID_SIZE];

        memcpy(swapped, id, sizeof(id));
        swapped[i] = id[i + 1];
        swapped[i + 1] = id[i];
        if (swapped[i] != id[i]) {
            assert_false(ledger_request_parse_id(swapped, &number, &err));
        }
    }
}

/* ---- names --------------------------------------------------------------------------- */

static void every_value_has_a_name_and_no_other_has(void **state)
{
    (void)state;

    assert_string_equal(ledger_kind_name(LEDGER_KIND_USER), "user");
    assert_string_equal(ledger_operation_name(LEDGER_OPERATION_RENEW), "renew");
    assert_string_equal(ledger_status_name(LEDGER_STATUS_HELD), "held");
    assert_string_equal(ledger_name_kind_name(LEDGER_NAME_UPN), "upn");
    assert_string_equal(ledger_event_name(LEDGER_EVENT_RELEASE), "release");
    assert_string_equal(ledger_request_state_name(LEDGER_REQUEST_EXPIRED), "expired");
    assert_string_equal(ledger_verdict_name(LEDGER_VERDICT_HOLD), "hold");
    assert_string_equal(ledger_reason_name((enum ledger_reason)7), "unknown");
    assert_string_equal(ledger_kind_name((enum ledger_kind)0), "unknown");
    assert_string_equal(ledger_kind_name(LEDGER_KIND_END), "unknown");
    for (unsigned int i = 0; i < LEDGER_OP_COUNT; i++) {
        assert_string_not_equal(ledger_op_name((enum ledger_op_kind)i), "unknown");
    }
    assert_string_equal(ledger_op_name(LEDGER_OP_COUNT), "unknown");
}

static void a_reason_is_found_by_its_name_in_any_case(void **state)
{
    enum ledger_reason reason = LEDGER_REASON_UNSPECIFIED;
    struct error err;
    (void)state;

    assert_ok(ledger_reason_find("KEYcompromise", &reason, &err), &err);
    assert_int_equal(reason, LEDGER_REASON_KEY_COMPROMISE);
    assert_fails(ledger_reason_find("stolen", &reason, &err), &err, ERROR_INVALID,
                 "keyCompromise");
    assert_int_equal(reason, LEDGER_REASON_KEY_COMPROMISE);
}

/* ---- bounds -------------------------------------------------------------------------- */

static char long_text[LEDGER_SAN_MAX + 2];

static void no_serial(struct ledger_certificate *c)
{
    c->serial = (struct ledger_serial){{0}};
}
static void no_ca(struct ledger_certificate *c)
{
    c->ca = "";
}
static void long_account(struct ledger_certificate *c)
{
    c->account = long_text;
}
static void no_account(struct ledger_certificate *c)
{
    c->account = NULL;
}
static void node_64(struct ledger_certificate *c)
{
    c->node = 64;
}
static void no_sequence(struct ledger_certificate *c)
{
    c->journal_seq = 0;
}
static void no_key(struct ledger_certificate *c)
{
    c->key = (struct ledger_hash){{0}};
}
static void bad_kind(struct ledger_certificate *c)
{
    c->kind = (enum ledger_kind)9;
}
static void not_utf8(struct ledger_certificate *c)
{
    c->subject = "CN=\xC3(";
}
static void long_san(struct ledger_certificate *c)
{
    c->san = long_text;
}
static void ends_first(struct ledger_certificate *c)
{
    c->not_after_utc = c->not_before_utc - 1;
}
static void large_der(struct ledger_certificate *c)
{
    c->der.len = LEDGER_DER_MAX + 1;
}
static void no_der(struct ledger_certificate *c)
{
    c->der = (struct bytes){NULL, 0};
}
static void many_names(struct ledger_certificate *c)
{
    c->names_len = LEDGER_NAMES_MAX + 1;
}
static void other_request(struct ledger_certificate *c)
{
    c->request = 8;
}
static void undelivered(struct ledger_certificate *c)
{
    c->delivered = false;
}
static void infrastructure(struct ledger_certificate *c)
{
    c->kind = LEDGER_KIND_INFRASTRUCTURE;
}

static void what_cannot_be_settled_is_refused_by_name(void **state)
{
    static const struct {
        void (*spoil)(struct ledger_certificate *c);
        const char *words;
    } cases[] = {
        {no_serial, "the serial is missing"},
        {no_ca, "ca is missing"},
        {long_account, "account is longer than 255 octets"},
        {no_account, "account is missing"},
        {node_64, "node is 64"},
        {no_sequence, "journal sequence is 0"},
        {no_key, "key hash is missing"},
        {bad_kind, "kind is 9"},
        {not_utf8, "subject is not UTF-8"},
        {long_san, "san is longer"},
        {ends_first, "end of validity"},
        {large_der, "certificate has more than"},
        {no_der, "handed out"},
        {many_names, "129 names"},
        {other_request, "another request"},
        {undelivered, "handed out"},
        {infrastructure, "or is infrastructure"},
    };
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_certificate c = fixture_certificate(5);
        struct ledger_request request = fixture_request(5);
        struct ledger_decision decision = fixture_decision(5);
        struct ledger_op op = {.kind = LEDGER_SETTLE,
                               .settle = {&c, &request, &decision, false}};
        struct error err;

        assert_ok(ledger_op_check(&op, &err), &err);
        cases[i].spoil(&c);
        assert_fails(ledger_op_check(&op, &err), &err, ERROR_INVALID, cases[i].words);
    }
}

static void operations_without_their_parts_are_refused(void **state)
{
    struct error err;
    (void)state;

    for (unsigned int i = 0; i <= LEDGER_OP_COUNT; i++) {
        struct ledger_op op = {.kind = (enum ledger_op_kind)i};

        assert_false(ledger_op_check(&op, &err));
        assert_int_equal(err.code, ERROR_INVALID);
    }
}

static void reservations_and_decisions_must_fit(void **state)
{
    struct ledger_request request = fixture_request(1);
    struct ledger_decision other = fixture_decision(2);
    struct ledger_op refuse = {.kind = LEDGER_REFUSE, .refuse = {&request, &other}};
    struct ledger_op reserve = fixture_reserve(1);
    struct error err;
    (void)state;

    assert_fails(ledger_op_check(&refuse, &err), &err, ERROR_INVALID, "another request");
    other.request = 1;
    assert_ok(ledger_op_check(&refuse, &err), &err);
    request.state = LEDGER_REQUEST_ISSUED;
    assert_fails(ledger_op_check(&refuse, &err), &err, ERROR_INVALID, "denied or failed");
    assert_ok(ledger_op_check(&reserve, &err), &err);
    reserve.reserve.expires_utc = reserve.reserve.now_utc;
    assert_fails(ledger_op_check(&reserve, &err), &err, ERROR_INVALID,
                 "end of the reservation");
    reserve.reserve.request = 0;
    assert_fails(ledger_op_check(&reserve, &err), &err, ERROR_INVALID, "request is 0");
}

static void reasons_and_events_go_together(void **state)
{
    static const struct {
        int event;
        int reason;
        bool ok;
    } cases[] = {
        {LEDGER_EVENT_REVOKE, 0, true},
        {LEDGER_EVENT_REVOKE, 1, true},
        {LEDGER_EVENT_REVOKE, 6, false},
        {LEDGER_EVENT_REVOKE, 7, false},
        {LEDGER_EVENT_REVOKE, 8, false},
        {LEDGER_EVENT_REVOKE, 10, true},
        {LEDGER_EVENT_REVOKE, 11, false},
        {LEDGER_EVENT_HOLD, 6, true},
        {LEDGER_EVENT_HOLD, 1, false},
        {LEDGER_EVENT_RELEASE, 0, true},
        {0, 0, false},
        {LEDGER_EVENT_END, 0, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_op op = {
            .kind = LEDGER_REVOKE,
            .revoke = {.what = {.serial = fixture_serial(1),
                                .event = (enum ledger_revocation_event)cases[i].event,
                                .reason = (enum ledger_reason)cases[i].reason,
                                .journal_seq = 1}}};
        struct error err;

        assert_int_equal(ledger_op_check(&op, &err), cases[i].ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copied_certificate_shares_nothing_with_the_original),
        cmocka_unit_test(copied_requests_and_decisions_are_whole),
        cmocka_unit_test(a_request_id_reads_back_in_every_spelling),
        cmocka_unit_test(a_mistyped_request_id_is_refused),
        cmocka_unit_test(two_digits_that_changed_places_are_noticed),
        cmocka_unit_test(every_value_has_a_name_and_no_other_has),
        cmocka_unit_test(a_reason_is_found_by_its_name_in_any_case),
        cmocka_unit_test(what_cannot_be_settled_is_refused_by_name),
        cmocka_unit_test(operations_without_their_parts_are_refused),
        cmocka_unit_test(reservations_and_decisions_must_fit),
        cmocka_unit_test(reasons_and_events_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
