/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/issue.h"

#include "common/wire/define.h"

enum {
    INTENT_MAX = 96 * 1024, /* with the TBS it fits in a journal record */
    INFRASTRUCTURE_MAX = 32 * 1024,
    RESULT_MAX = WIRE_CERTIFICATE_MAX + 1024,
    REFUSAL_MAX = 2048,
    DEADLINE_MAX = 600000,
    ASSERTION_MAX = 4096,
    DNS_NAMES_MAX = 16,
    TEN_YEARS_S = 315360000
};

static const char *const profile_names[] = {
    [WIRE_PROFILE_TLS] = "tls",
    [WIRE_PROFILE_OCSP] = "ocsp",
    [WIRE_PROFILE_RA] = "ra",
};
_Static_assert(sizeof(profile_names) / sizeof(profile_names[0]) == WIRE_PROFILE_COUNT,
               "every profile has a name");

const char *wire_profile_name(enum wire_profile profile)
{
    return wire_name_of(profile_names, WIRE_PROFILE_COUNT, profile);
}

static const char *const signer_reason_names[] = {
    [WIRE_SIGNER_MALFORMED] = "MALFORMED",
    [WIRE_SIGNER_UNKNOWN_CA] = "UNKNOWN_CA",
    [WIRE_SIGNER_UNKNOWN_PROFILE] = "UNKNOWN_PROFILE",
    [WIRE_SIGNER_BOUNDS] = "BOUNDS",
    [WIRE_SIGNER_APPROVAL] = "APPROVAL",
    [WIRE_SIGNER_RATE] = "RATE",
    [WIRE_SIGNER_LINT] = "LINT",
    [WIRE_SIGNER_DEADLINE] = "DEADLINE",
    [WIRE_SIGNER_BUSY] = "BUSY",
    [WIRE_SIGNER_FROZEN] = "FROZEN",
    [WIRE_SIGNER_CLOCK] = "CLOCK",
    [WIRE_SIGNER_JOURNAL] = "JOURNAL",
    [WIRE_SIGNER_KEY] = "KEY",
    [WIRE_SIGNER_SEQUENCE] = "SEQUENCE",
    [WIRE_SIGNER_NOT_FOUND] = "NOT_FOUND",
    [WIRE_SIGNER_INTERNAL] = "INTERNAL",
    [WIRE_SIGNER_PEER] = "PEER",
};
_Static_assert(sizeof(signer_reason_names) / sizeof(signer_reason_names[0]) ==
                   WIRE_SIGNER_REASON_COUNT,
               "every reason of the signer has a name");

const char *wire_signer_reason_name(enum wire_signer_reason reason)
{
    return wire_name_of(signer_reason_names, WIRE_SIGNER_REASON_COUNT, reason);
}

static const struct wire_field intent_fields[] = {
    WIRE_TOKEN(wire_issue_intent, request_id, 1, WIRE_ID_MAX),
    WIRE_U64(wire_issue_intent, reservation, 0, UINT64_MAX),
    WIRE_TEXT(wire_issue_intent, ca, 1, WIRE_CA_MAX),
    WIRE_ENUM(wire_issue_intent, op, wire_op, WIRE_OP_COUNT),
    WIRE_STRUCT(wire_issue_intent, template, wire_template_ref),
    WIRE_STRUCT(wire_issue_intent, account, wire_account_ref),
    WIRE_OPTIONAL(wire_issue_intent, requester, wire_account_ref),
    WIRE_ENUM(wire_issue_intent, auth, wire_auth_method, WIRE_AUTH_METHOD_COUNT),
    WIRE_UTC(wire_issue_intent, authenticated_utc),
    WIRE_OCTETS(wire_issue_intent, assertion, 0, ASSERTION_MAX),
    WIRE_STRUCT(wire_issue_intent, content, wire_content),
    WIRE_OCTETS(wire_issue_intent, spki, 1, WIRE_SPKI_MAX),
    WIRE_OCTETS(wire_issue_intent, renewed_serial, 0, WIRE_SERIAL_MAX),
    WIRE_U32(wire_issue_intent, crl_generation, 0, UINT32_MAX),
    WIRE_U32(wire_issue_intent, crl_shard, 0, UINT32_MAX),
    WIRE_FIXED(wire_issue_intent, csr_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_issue_intent, facts_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_issue_intent, bundle_id, WIRE_SHA256),
    WIRE_LIST(wire_issue_intent, approvals, approval_count, wire_approval, 0,
              WIRE_APPROVALS_MAX),
    WIRE_UTC(wire_issue_intent, decided_utc),
    WIRE_U32(wire_issue_intent, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(issue_intent, WIRE_TYPE_ISSUE_INTENT, "issue intent", intent_fields,
            INTENT_MAX);

static const struct wire_field infrastructure_fields[] = {
    WIRE_TOKEN(wire_infrastructure_intent, request_id, 1, WIRE_ID_MAX),
    WIRE_TEXT(wire_infrastructure_intent, ca, 1, WIRE_CA_MAX),
    WIRE_ENUM(wire_infrastructure_intent, profile, wire_profile, WIRE_PROFILE_COUNT),
    WIRE_TEXTS(wire_infrastructure_intent, dns_names, dns_name_count, WIRE_FORM_TOKEN, 1,
               WIRE_HOST_MAX, DNS_NAMES_MAX),
    WIRE_OCTETS(wire_infrastructure_intent, spki, 1, WIRE_SPKI_MAX),
    WIRE_OCTETS(wire_infrastructure_intent, csr, 1, WIRE_CSR_MAX),
    WIRE_U64(wire_infrastructure_intent, validity_s, 1, TEN_YEARS_S),
    WIRE_U32(wire_infrastructure_intent, crl_generation, 0, UINT32_MAX),
    WIRE_U32(wire_infrastructure_intent, crl_shard, 0, UINT32_MAX),
    WIRE_U32(wire_infrastructure_intent, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(infrastructure_intent, WIRE_TYPE_INFRASTRUCTURE_INTENT,
            "infrastructure intent", infrastructure_fields, INFRASTRUCTURE_MAX);

static const struct wire_field result_fields[] = {
    WIRE_TOKEN(wire_issue_result, request_id, 1, WIRE_ID_MAX),
    WIRE_TEXT(wire_issue_result, ca, 1, WIRE_CA_MAX),
    WIRE_OCTETS(wire_issue_result, certificate, 1, WIRE_CERTIFICATE_MAX),
    WIRE_FIXED(wire_issue_result, serial, WIRE_SERIAL),
    WIRE_FIXED(wire_issue_result, issuer_sha256, WIRE_SHA256),
    WIRE_U32(wire_issue_result, node, WIRE_NODE_MIN, WIRE_NODE_MAX),
    WIRE_U64(wire_issue_result, intent_sequence, 1, UINT64_MAX),
    WIRE_U64(wire_issue_result, result_sequence, 1, UINT64_MAX),
    WIRE_UTC(wire_issue_result, signed_utc),
};
WIRE_DEFINE(issue_result, WIRE_TYPE_ISSUE_RESULT, "issue result", result_fields,
            RESULT_MAX);

static const struct wire_field refusal_fields[] = {
    WIRE_TOKEN(wire_signer_refusal, request_id, 0, WIRE_ID_MAX),
    WIRE_ENUM(wire_signer_refusal, reason, wire_signer_reason, WIRE_SIGNER_REASON_COUNT),
    WIRE_TEXT(wire_signer_refusal, sentence, 1, WIRE_SENTENCE_MAX),
    WIRE_U64(wire_signer_refusal, journal_sequence, 0, UINT64_MAX),
    WIRE_U64(wire_signer_refusal, intent_sequence, 0, UINT64_MAX),
    WIRE_OCTETS(wire_signer_refusal, serial, 0, WIRE_SERIAL),
    WIRE_U32(wire_signer_refusal, retry_after_s, 0, 86400),
};
WIRE_DEFINE(signer_refusal, WIRE_TYPE_SIGNER_REFUSAL, "signer refusal", refusal_fields,
            REFUSAL_MAX);
