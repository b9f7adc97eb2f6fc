/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format as it was: messages lie in journals and travel between releases, so a change of
 * the octets must be meant. Whoever means one raises WIRE_VERSION after the first release.
 */
#include "common/audit/segment.h"
#include "common/base/text.h"
#include "common/wire/agent.h"
#include "common/wire/ca.h"
#include "common/wire/crl.h"
#include "common/wire/frame.h"
#include "common/wire/hello.h"
#include "common/wire/identity.h"
#include "common/wire/issue.h"
#include "common/wire/journal.h"
#include "common/wire/ocsp.h"
#include "common/wire/verdict.h"

#include "tests/support/test.h"

static void assert_hex(const struct buf *octets, const char *expected)
{
    AUTO(buf) hex = BUF_EMPTY;

    text_append_hex(&hex, octets->data, octets->len);
    assert_string_equal(buf_text(&hex), expected);
}

static void hello_is_as_it_was(void **state)
{
    const struct wire_hello hello = {WIRE_PROGRAM_SIGNER, "0.1.0", 1, 1, 4711,
                                     "0123456789abcde",   64};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(wire_hello_frame(&hello, 0, &out, &err), &err);

    assert_hex(&out, "0000003a" /* length */
                     "01"       /* version */
                     "0000"     /* HELLO */
                     "0000000000000000"
                     "02"                 /* signer */
                     "00000005302e312e30" /* 0.1.0 */
                     "00"
                     "00000001"
                     "00000001"
                     "0000000000001267"
                     "30313233343536373839616263646500"
                     "00000040");
}

static void revocation_is_as_it_was(void **state)
{
    struct wire_account_ref account = {WIRE_ID_ENTRY_UUID, "id", WIRE_ACCOUNT_USER, "a@R",
                                       ""};
    const struct wire_revocation revocation = {
        .ca = "ca",
        .serial = {(const unsigned char *)"\x40\x01", 2},
        .action = WIRE_REVOCATION_REVOKE,
        .reason = WIRE_REVOCATION_PRIVILEGE_WITHDRAWN,
        .revoked_utc = 1700000000,
        .crl_generation = 1,
        .crl_shard = 2,
        .actor = {&account, 1000, "policyctl"},
        .sentence = "left",
    };
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(wire_revocation_encode(&revocation, &out, &err), &err);

    assert_hex(&out, "00000002636100"   /* ca */
                     "000000024001"     /* serial */
                     "00"               /* revoke */
                     "07"               /* privilegeWithdrawn */
                     "000000006553f100" /* revoked */
                     "0000000000000000" /* no invalidity date */
                     "00000001"
                     "00000002"
                     "01"             /* an account: */
                     "01"             /* entryUUID */
                     "00000002696400" /* id */
                     "01"             /* user */
                     "0000000361405200"
                     "0000000000" /* no SID */
                     "000003e8"   /* uid */
                     "00000009706f6c69637963746c00"
                     "0000000000"           /* no request */
                     "000000046c65667400"); /* left */
}

static void crl_entries_are_as_they_were(void **state)
{
    struct wire_crl_entry entries[] = {
        {{(const unsigned char *)"\x41", 1}, 1, WIRE_REVOCATION_UNSPECIFIED},
        {{(const unsigned char *)"\x42", 1}, 2, WIRE_REVOCATION_AA_COMPROMISE}};
    const struct wire_crl_entries chunk = {entries, 2};
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(wire_crl_entries_encode(&chunk, &out, &err), &err);

    assert_hex(&out, "00000002"
                     "0000000141"
                     "0000000000000001"
                     "00"
                     "0000000142"
                     "0000000000000002"
                     "08");
}

/* FNV-1a over everything that decides the octets of a message. */
static void mix(uint64_t *hash, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        *hash = (*hash ^ (value & 0xFF)) * UINT64_C(0x100000001B3);
        value >>= 8;
    }
}

static void mix_table(uint64_t *hash, const struct wire_table *table)
{
    mix(hash, table->count);
    for (size_t i = 0; i < table->count; i++) {
        const struct wire_field *field = &table->fields[i];

        for (const char *c = field->name; *c != '\0'; c++) {
            mix(hash, (unsigned char)*c);
        }
        mix(hash, field->kind);
        mix(hash, field->form);
        mix(hash, (uint64_t)field->min);
        mix(hash, field->max);
        if (field->of != NULL) {
            mix_table(hash, field->of);
        }
    }
}

static const uint32_t fingerprints[] = {
    [WIRE_TYPE_HELLO] = 0x118A2015,
    [WIRE_TYPE_IDENTITY_REQUEST] = 0x32A46CC2,
    [WIRE_TYPE_ACCOUNT_ASSERTION] = 0xBB453B9C,
    [WIRE_TYPE_IDENTITY_REFUSAL] = 0x21D49C4B,
    [WIRE_TYPE_ACCOUNT_LOOKUP] = 0xB0C5C077,
    [WIRE_TYPE_ACCOUNT_FOUND] = 0x4B9C78C0,
    [WIRE_TYPE_BUNDLE_LOAD] = 0x20435628,
    [WIRE_TYPE_BUNDLE_LOADED] = 0x2422362B,
    [WIRE_TYPE_BUNDLE_REFUSAL] = 0x3B85B987,
    [WIRE_TYPE_FACTS] = 0x94B88E15,
    [WIRE_TYPE_VERDICT] = 0xB4DEC8AB,
    [WIRE_TYPE_QUERY_NEED] = 0x43CE3F0B,
    [WIRE_TYPE_ISSUE_INTENT] = 0x94EE2171,
    [WIRE_TYPE_INFRASTRUCTURE_INTENT] = 0x08BC50F5,
    [WIRE_TYPE_ISSUE_RESULT] = 0x5D4B62EA,
    [WIRE_TYPE_SIGNER_REFUSAL] = 0x139DDBB5,
    [WIRE_TYPE_REVOCATION] = 0x0CEFAE51,
    [WIRE_TYPE_APPROVAL_RECORD] = 0xF30D0EE1,
    [WIRE_TYPE_DECISION_BATCH] = 0x92D70A5B,
    [WIRE_TYPE_CONTROL] = 0xD39720B5,
    [WIRE_TYPE_RECORDED] = 0x24D23F42,
    [WIRE_TYPE_CRL_BEGIN] = 0x5EF720DA,
    [WIRE_TYPE_CRL_OPENED] = 0xDF460C6F,
    [WIRE_TYPE_CRL_ENTRIES] = 0x20DAEEDF,
    [WIRE_TYPE_CRL_DER] = 0x3254E7C3,
    [WIRE_TYPE_CRL_FINISH] = 0xDBE0C29F,
    [WIRE_TYPE_CRL_SIGNED] = 0x06BDBBE6,
    [WIRE_TYPE_OCSP_BATCH] = 0x65A1F9EB,
    [WIRE_TYPE_OCSP_RESPONSES] = 0xEB77D3FC,
    [WIRE_TYPE_STATUS_REQUEST] = 0x7328C4A2,
    [WIRE_TYPE_SIGNER_STATUS] = 0x02DC2D7E,
    [WIRE_TYPE_CA_REQUEST] = 0xC2A2CBC0,
    [WIRE_TYPE_CA_LIST] = 0x9192F247,
    [WIRE_TYPE_SELF_TEST] = 0xD5B7E401,
    [WIRE_TYPE_JOURNAL_TAIL] = 0x3FFC5B21,
    [WIRE_TYPE_JOURNAL_RECORDS] = 0xC2A41546,
    [WIRE_TYPE_JOURNAL_START] = 0x4518B6CE,
    [WIRE_TYPE_JOURNAL_SELF_TEST] = 0xE25AA05E,
    [WIRE_TYPE_JOURNAL_INTENT] = 0x54277E18,
    [WIRE_TYPE_JOURNAL_INFRASTRUCTURE] = 0x76A315EC,
    [WIRE_TYPE_JOURNAL_RESULT] = 0x55B3D89F,
    [WIRE_TYPE_JOURNAL_REFUSAL] = 0x1C7DCD34,
    [WIRE_TYPE_JOURNAL_CRL] = 0xC14BC293,
    [WIRE_TYPE_JOURNAL_OCSP] = 0x8CF66F9D,
    [WIRE_TYPE_JOURNAL_CA] = 0x6682EA5D,
    [WIRE_TYPE_JOURNAL_CHECKPOINT] = 0xEB69A8ED,
    [WIRE_TYPE_POLICY_REQUEST] = 0x1E5BFEA0,
    [WIRE_TYPE_POLICY_ANSWER] = 0xE76E8D74,
    [WIRE_TYPE_ENROLL_SUBMIT] = 0xD6AE466F,
    [WIRE_TYPE_ENROLL_ISSUED] = 0x1F14A61B,
    [WIRE_TYPE_ENROLL_PENDING] = 0xD235A143,
    [WIRE_TYPE_CACERTS_REQUEST] = 0xC60AE2D0,
    [WIRE_TYPE_CACERTS_ANSWER] = 0x54A9040E,
    [WIRE_TYPE_REPORT] = 0xA4804D32,
    [WIRE_TYPE_REPORT_TAKEN] = 0xAB9D23BB,
    [WIRE_TYPE_AGENT_FAILURE] = 0xF9C56FBD,
    [WIRE_TYPE_JOURNAL_AUTHORITY] = 0xAED6EB1B,
    [WIRE_TYPE_JOURNAL_AUTHORITY_MADE] = 0x5915592A,
    [WIRE_TYPE_JOURNAL_CRL_NUMBER] = 0x13E79180,
    [WIRE_TYPE_TRAIL] = 0x219C2FC7,
};
_Static_assert(COUNT_OF(fingerprints) == WIRE_TYPE_COUNT, "every message has one");

static void every_table_is_as_it_was(void **state)
{
    size_t changed = 0;
    (void)state;

    for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
        uint64_t hash = UINT64_C(0xCBF29CE484222325);

        mix_table(&hash, wire_message_find(type)->table);
        if (fingerprints[type] != (uint32_t)hash) {
            print_error("type %u, '%s', is now 0x%08X\n", type, wire_type_name(type),
                        (uint32_t)hash);
            changed++;
        }
    }
    assert_int_equal(changed, 0);
}

/* The name functions behind one type, so that they fit one table. */
#define NAMES_OF(tag)                                                                    \
    static const char *tag##_of(unsigned int value)                                      \
    {                                                                                    \
        return wire_##tag##_name((enum wire_##tag)value);                                \
    }
NAMES_OF(program)
NAMES_OF(step_result)
NAMES_OF(proof)
NAMES_OF(account_kind)
NAMES_OF(id_kind)
NAMES_OF(auth_method)
NAMES_OF(channel)
NAMES_OF(op)
NAMES_OF(stage)
NAMES_OF(key_algorithm)
NAMES_OF(certificate_state)
NAMES_OF(same_key)
NAMES_OF(decision)
NAMES_OF(phase)
NAMES_OF(mode)
NAMES_OF(profile)
NAMES_OF(signer_reason)
NAMES_OF(revocation_action)
NAMES_OF(revocation_reason)
NAMES_OF(control_action)
NAMES_OF(ocsp_hash)
NAMES_OF(ocsp_status)
NAMES_OF(key_store)
NAMES_OF(subject_source)
NAMES_OF(credential)
NAMES_OF(failure)
NAMES_OF(health)

static const struct {
    const char *(*name_of)(unsigned int value);
    unsigned int count;
} named[] = {
    {program_of, WIRE_PROGRAM_COUNT},
    {step_result_of, WIRE_STEP_COUNT},
    {proof_of, WIRE_PROOF_COUNT},
    {account_kind_of, WIRE_ACCOUNT_KIND_COUNT},
    {id_kind_of, WIRE_ID_KIND_COUNT},
    {auth_method_of, WIRE_AUTH_METHOD_COUNT},
    {channel_of, WIRE_CHANNEL_COUNT},
    {op_of, WIRE_OP_COUNT},
    {stage_of, WIRE_STAGE_COUNT},
    {key_algorithm_of, WIRE_KEY_ALGORITHM_COUNT},
    {certificate_state_of, WIRE_CERTIFICATE_STATE_COUNT},
    {same_key_of, WIRE_SAME_KEY_COUNT},
    {decision_of, WIRE_DECISION_COUNT},
    {phase_of, WIRE_PHASE_COUNT},
    {mode_of, WIRE_MODE_COUNT},
    {profile_of, WIRE_PROFILE_COUNT},
    {signer_reason_of, WIRE_SIGNER_REASON_COUNT},
    {revocation_action_of, WIRE_REVOCATION_ACTION_COUNT},
    {revocation_reason_of, WIRE_REVOCATION_REASON_COUNT},
    {control_action_of, WIRE_CONTROL_ACTION_COUNT},
    {ocsp_hash_of, WIRE_OCSP_HASH_COUNT},
    {ocsp_status_of, WIRE_OCSP_STATUS_COUNT},
    {key_store_of, WIRE_KEY_STORE_COUNT},
    {subject_source_of, WIRE_SUBJECT_SOURCE_COUNT},
    {credential_of, WIRE_CREDENTIAL_COUNT},
    {failure_of, WIRE_FAILURE_COUNT},
    {health_of, WIRE_HEALTH_COUNT},
};

static void every_value_of_an_enum_has_a_name_of_its_own(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(named); i++) {
        assert_string_equal(named[i].name_of(named[i].count), "unknown");
        for (unsigned int a = 0; a < named[i].count; a++) {
            const char *name = named[i].name_of(a);

            assert_string_not_equal(name, "");
            for (unsigned int b = 0; b < a; b++) {
                assert_string_not_equal(name, named[i].name_of(b));
            }
        }
    }
}

/* RFC 5280 5.3.1; 7 is unused, 8 (removeFromCRL) belongs to delta CRLs */
static void revocation_reasons_have_the_codes_of_rfc_5280(void **state)
{
    (void)state;

    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_UNSPECIFIED), 0);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_KEY_COMPROMISE), 1);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_CA_COMPROMISE), 2);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_AFFILIATION_CHANGED), 3);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_SUPERSEDED), 4);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_CESSATION_OF_OPERATION),
                     5);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_CERTIFICATE_HOLD), 6);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_PRIVILEGE_WITHDRAWN), 9);
    assert_int_equal(wire_revocation_reason_code(WIRE_REVOCATION_AA_COMPROMISE), 10);
    assert_int_equal(wire_revocation_reason_code(
                         (enum wire_revocation_reason)WIRE_REVOCATION_REASON_COUNT),
                     0);
}

static void crl_entry_octets_counts_the_der(void **state)
{
    static const unsigned char serial[16] = {0x40};
    static const struct {
        struct wire_crl_entry entry;
        uint64_t octets;
    } cases[] = {
        /* 30 len, 02 10 serial, 17 0d time */
        {{{serial, 16}, 1700000000, WIRE_REVOCATION_UNSPECIFIED}, 2 + 18 + 15},
        /* and 30 0c 30 0a 06 03 55 1d 15 04 03 0a 01 reason */
        {{{serial, 16}, 1700000000, WIRE_REVOCATION_KEY_COMPROMISE}, 2 + 18 + 15 + 14},
        {{{serial, 1}, 1700000000, WIRE_REVOCATION_SUPERSEDED}, 2 + 3 + 15 + 14},
        /* 2049-12-31T23:59:59Z is a UTCTime, a second later a GeneralizedTime */
        {{{serial, 16}, 2524607999, WIRE_REVOCATION_UNSPECIFIED}, 2 + 18 + 15},
        {{{serial, 16}, 2524608000, WIRE_REVOCATION_UNSPECIFIED}, 2 + 18 + 17},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(wire_crl_entry_octets(&cases[i].entry), cases[i].octets);
    }
}

static void every_record_of_the_journal_holds_a_message(void **state)
{
    (void)state;

    assert_int_equal(WIRE_RECORD_START, AUDIT_TYPE_CONTENT);
    assert_int_equal(WIRE_RECORD_MAX, AUDIT_PAYLOAD_MAX);
    for (unsigned int type = WIRE_RECORD_START; type < WIRE_RECORD_END; type++) {
        const struct wire_message *message = wire_record_message(type);

        assert_non_null(message);
        assert_ptr_equal(message, wire_message_find(message->type));
        assert_true(message->payload_max <= AUDIT_PAYLOAD_MAX);
        assert_string_not_equal(wire_record_name(type), "unknown");
        for (unsigned int before = WIRE_RECORD_START; before < type; before++) {
            assert_string_not_equal(wire_record_name(type), wire_record_name(before));
            assert_ptr_not_equal(message, wire_record_message(before));
        }
    }
}

static void the_journal_s_own_records_have_names_and_no_message(void **state)
{
    (void)state;

    assert_string_equal(wire_record_name(AUDIT_TYPE_OPENED), "opened");
    assert_string_equal(wire_record_name(AUDIT_TYPE_RECOVERED), "recovered");
    assert_string_equal(wire_record_name(0), "unknown");
    assert_string_equal(wire_record_name(AUDIT_TYPE_CONTENT - 1), "unknown");
    assert_string_equal(wire_record_name(WIRE_RECORD_END), "unknown");
    assert_null(wire_record_message(AUDIT_TYPE_OPENED));
    assert_null(wire_record_message(WIRE_RECORD_END));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_is_as_it_was),
        cmocka_unit_test(revocation_is_as_it_was),
        cmocka_unit_test(crl_entries_are_as_they_were),
        cmocka_unit_test(every_table_is_as_it_was),
        cmocka_unit_test(every_value_of_an_enum_has_a_name_of_its_own),
        cmocka_unit_test(revocation_reasons_have_the_codes_of_rfc_5280),
        cmocka_unit_test(crl_entry_octets_counts_the_der),
        cmocka_unit_test(every_record_of_the_journal_holds_a_message),
        cmocka_unit_test(the_journal_s_own_records_have_names_and_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
