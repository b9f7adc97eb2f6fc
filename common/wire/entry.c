/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/entry.h"

#include "common/wire/define.h"
#include "common/wire/journal.h"

enum { TAIL_MAX = 2048, SELF_TEST_MAX = 256, SMALL_MAX = 32 * 1024, SINGLES_MAX = 256 };

static const struct wire_field start_fields[] = {
    WIRE_BOOL(wire_journal_start, continued),
    WIRE_TOKEN(wire_journal_start, software, 1, WIRE_CODE_MAX),
    WIRE_U32(wire_journal_start, pid, 1, INT32_MAX),
    WIRE_U32(wire_journal_start, uid, 0, UINT32_MAX),
    WIRE_U32(wire_journal_start, node, WIRE_NODE_MIN, WIRE_NODE_MAX),
    WIRE_FIXED(wire_journal_start, boot_id, 16),
    WIRE_I64(wire_journal_start, boottime_ns, 0, INT64_MAX),
    WIRE_FIXED(wire_journal_start, bounds_sha256, WIRE_SHA256),
    WIRE_BOOL(wire_journal_start, frozen),
    WIRE_TEXT(wire_journal_start, frozen_sentence, 0, WIRE_SENTENCE_MAX),
    WIRE_U64(wire_journal_start, newest_ns, 0, UINT64_MAX),
    WIRE_U64(wire_journal_start, checkpoint, 0, UINT64_MAX),
    WIRE_UTC(wire_journal_start, checkpoint_utc),
};
WIRE_DEFINE(journal_start, WIRE_TYPE_JOURNAL_START, "journal start", start_fields,
            SMALL_MAX);

static const struct wire_field self_test_fields[] = {
    WIRE_TEXT(wire_journal_self_test, ca, 1, WIRE_CA_MAX),
    WIRE_FIXED(wire_journal_self_test, issuer_sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_self_test, message, 1, SELF_TEST_MAX),
};
WIRE_DEFINE(journal_self_test, WIRE_TYPE_JOURNAL_SELF_TEST, "journal self-test",
            self_test_fields, SMALL_MAX);

static const struct wire_field intent_fields[] = {
    WIRE_FIXED(wire_journal_intent, serial, WIRE_SERIAL),
    WIRE_FIXED(wire_journal_intent, issuer_sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_intent, tbs, 1, WIRE_TBS_MAX),
    WIRE_STRUCT(wire_journal_intent, intent, wire_issue_intent),
};
WIRE_DEFINE(journal_intent, WIRE_TYPE_JOURNAL_INTENT, "journal intent", intent_fields,
            WIRE_RECORD_MAX);

static const struct wire_field infrastructure_fields[] = {
    WIRE_FIXED(wire_journal_infrastructure, serial, WIRE_SERIAL),
    WIRE_FIXED(wire_journal_infrastructure, issuer_sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_infrastructure, tbs, 1, WIRE_TBS_MAX),
    WIRE_STRUCT(wire_journal_infrastructure, intent, wire_infrastructure_intent),
};
WIRE_DEFINE(journal_infrastructure, WIRE_TYPE_JOURNAL_INFRASTRUCTURE,
            "journal infrastructure", infrastructure_fields, WIRE_RECORD_MAX);

static const struct wire_field result_fields[] = {
    WIRE_U64(wire_journal_result, intent_sequence, 1, UINT64_MAX),
    WIRE_FIXED(wire_journal_result, serial, WIRE_SERIAL),
    WIRE_FIXED(wire_journal_result, certificate_sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_result, tail, 1, TAIL_MAX),
};
WIRE_DEFINE(journal_result, WIRE_TYPE_JOURNAL_RESULT, "journal result", result_fields,
            SMALL_MAX);

static const struct wire_field refusal_fields[] = {
    WIRE_U32(wire_journal_refusal, type, 0, 65535),
    WIRE_FIXED(wire_journal_refusal, question_sha256, WIRE_SHA256),
    WIRE_U32(wire_journal_refusal, peer_uid, 0, UINT32_MAX),
    WIRE_U32(wire_journal_refusal, peer_pid, 0, INT32_MAX),
    WIRE_STRUCT(wire_journal_refusal, refusal, wire_signer_refusal),
};
WIRE_DEFINE(journal_refusal, WIRE_TYPE_JOURNAL_REFUSAL, "journal refusal", refusal_fields,
            SMALL_MAX);

static const struct wire_field crl_fields[] = {
    WIRE_STRUCT(wire_journal_crl, begin, wire_crl_begin),
    WIRE_U64(wire_journal_crl, tbs_octets, 1, UINT64_MAX),
    WIRE_FIXED(wire_journal_crl, tbs_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_journal_crl, issuer_sha256, WIRE_SHA256),
};
WIRE_DEFINE(journal_crl, WIRE_TYPE_JOURNAL_CRL, "journal CRL", crl_fields, SMALL_MAX);

static const struct wire_field crl_number_fields[] = {
    WIRE_TEXT(wire_journal_crl_number, ca, 1, WIRE_CA_MAX),
    WIRE_U32(wire_journal_crl_number, generation, 0, UINT32_MAX),
    WIRE_U32(wire_journal_crl_number, shard, 0, UINT32_MAX),
    WIRE_U64(wire_journal_crl_number, number, 1, UINT64_MAX),
};
WIRE_DEFINE(journal_crl_number, WIRE_TYPE_JOURNAL_CRL_NUMBER, "journal CRL number",
            crl_number_fields, SMALL_MAX);

static const struct wire_field ocsp_fields[] = {
    WIRE_TOKEN(wire_journal_ocsp, request_id, 1, WIRE_ID_MAX),
    WIRE_TEXT(wire_journal_ocsp, ca, 1, WIRE_CA_MAX),
    WIRE_FIXED(wire_journal_ocsp, responder_sha256, WIRE_SHA256),
    WIRE_U32(wire_journal_ocsp, count, 1, SINGLES_MAX),
    WIRE_FIXED(wire_journal_ocsp, sha256, WIRE_SHA256),
};
WIRE_DEFINE(journal_ocsp, WIRE_TYPE_JOURNAL_OCSP, "journal OCSP", ocsp_fields, SMALL_MAX);

static const struct wire_field ca_fields[] = {
    WIRE_TEXT(wire_journal_ca, ca, 1, WIRE_CA_MAX),
    WIRE_BOOL(wire_journal_ca, active),
    WIRE_OCTETS(wire_journal_ca, certificate, 1, WIRE_CERTIFICATE_MAX),
};
WIRE_DEFINE(journal_ca, WIRE_TYPE_JOURNAL_CA, "journal CA", ca_fields, SMALL_MAX);

static const char *const authority_names[] = {
    [WIRE_AUTHORITY_ROOT] = "root",
    [WIRE_AUTHORITY_ISSUING] = "issuing",
    [WIRE_AUTHORITY_REQUEST] = "request",
};
_Static_assert(sizeof(authority_names) / sizeof(authority_names[0]) ==
                   WIRE_AUTHORITY_COUNT,
               "every kind of authority has a name");

const char *wire_authority_name(enum wire_authority authority)
{
    return wire_name_of(authority_names, WIRE_AUTHORITY_COUNT, authority);
}

static const struct wire_field authority_fields[] = {
    WIRE_TEXT(wire_journal_authority, ca, 1, WIRE_CA_MAX),
    WIRE_ENUM(wire_journal_authority, authority, wire_authority, WIRE_AUTHORITY_COUNT),
    WIRE_FIXED(wire_journal_authority, serial, WIRE_SERIAL),
    WIRE_FIXED(wire_journal_authority, issuer_sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_authority, tbs, 1, WIRE_TBS_MAX),
};
WIRE_DEFINE(journal_authority, WIRE_TYPE_JOURNAL_AUTHORITY, "journal authority",
            authority_fields, SMALL_MAX);

static const struct wire_field authority_made_fields[] = {
    WIRE_U64(wire_journal_authority_made, intent_sequence, 1, UINT64_MAX),
    WIRE_FIXED(wire_journal_authority_made, sha256, WIRE_SHA256),
    WIRE_OCTETS(wire_journal_authority_made, tail, 1, TAIL_MAX),
};
WIRE_DEFINE(journal_authority_made, WIRE_TYPE_JOURNAL_AUTHORITY_MADE,
            "journal authority made", authority_made_fields, SMALL_MAX);

static const struct wire_field checkpoint_fields[] = {
    WIRE_TEXT(wire_journal_checkpoint, origin, 1, WIRE_NAME_MAX),
    WIRE_U64(wire_journal_checkpoint, size, 1, UINT64_MAX),
    WIRE_FIXED(wire_journal_checkpoint, root, WIRE_SHA256),
    WIRE_LINES(wire_journal_checkpoint, note, 1, WIRE_DETAIL_MAX),
};
WIRE_DEFINE(journal_checkpoint, WIRE_TYPE_JOURNAL_CHECKPOINT, "journal checkpoint",
            checkpoint_fields, SMALL_MAX);
