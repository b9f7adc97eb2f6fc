/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/facts.h"

#include "common/wire/define.h"

enum {
    SUFFIXES_MAX = 256,
    KNOWN_MAX = 64, /* certificates in the history */
    ARGUMENTS_MAX = 16,
    ENTRIES_MAX = 20, /* of one query */
    QUERIES_MAX = 8,
    OFFSET_MAX = 86400,
    FACTS_MAX = (4 << 20) - 64 * 1024
};

static const char *const certificate_state_names[] = {
    [WIRE_CERTIFICATE_LIVE] = "live",
    [WIRE_CERTIFICATE_EXPIRED] = "expired",
    [WIRE_CERTIFICATE_HELD] = "held",
    [WIRE_CERTIFICATE_REVOKED] = "revoked",
};
_Static_assert(sizeof(certificate_state_names) / sizeof(certificate_state_names[0]) ==
                   WIRE_CERTIFICATE_STATE_COUNT,
               "every state has a name");

const char *wire_certificate_state_name(enum wire_certificate_state state)
{
    return wire_name_of(certificate_state_names, WIRE_CERTIFICATE_STATE_COUNT, state);
}

static const char *const same_key_names[] = {
    [WIRE_SAME_KEY_NONE] = "none",
    [WIRE_SAME_KEY_SAME_PRINCIPAL] = "same_principal",
    [WIRE_SAME_KEY_OTHER_PRINCIPAL] = "other_principal",
    [WIRE_SAME_KEY_REVOKED] = "revoked",
};
_Static_assert(sizeof(same_key_names) / sizeof(same_key_names[0]) == WIRE_SAME_KEY_COUNT,
               "every answer has a name");

const char *wire_same_key_name(enum wire_same_key same_key)
{
    return wire_name_of(same_key_names, WIRE_SAME_KEY_COUNT, same_key);
}

static const struct wire_field envelope_fields[] = {
    WIRE_U64(wire_envelope, validity_max_s, 0, UTC_MAX),
    WIRE_BITS(wire_envelope, san_types, (1U << GENERAL_TYPE_COUNT) - 1),
    WIRE_BOOL(wire_envelope, csr_names),
    WIRE_TEXTS(wire_envelope, name_suffixes, name_suffix_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, SUFFIXES_MAX),
    WIRE_OIDS(wire_envelope, ekus, eku_count, WIRE_OIDS_MAX),
    WIRE_OIDS(wire_envelope, extensions, extension_count, WIRE_OIDS_MAX),
};
static const WIRE_TABLE(wire_envelope, "envelope", envelope_fields);

static const struct wire_field template_fields[] = {
    WIRE_STRUCT(wire_template, ref, wire_template_ref),
    WIRE_U32(wire_template, schema_version, 1, 4),
    WIRE_U32(wire_template, general_flags, 0, UINT32_MAX),
    WIRE_U32(wire_template, enrollment_flags, 0, UINT32_MAX),
    WIRE_U32(wire_template, name_flags, 0, UINT32_MAX),
    WIRE_U32(wire_template, key_flags, 0, UINT32_MAX),
    WIRE_U64(wire_template, validity_s, 0, UTC_MAX),
    WIRE_U64(wire_template, renewal_s, 0, UTC_MAX),
    WIRE_U32(wire_template, key_bits_min, 0, 65536),
    WIRE_U32(wire_template, ra_signatures, 0, UINT32_MAX),
    WIRE_OIDS(wire_template, ekus, eku_count, WIRE_OIDS_MAX),
    WIRE_TEXTS(wire_template, supersedes, supersede_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, WIRE_OIDS_MAX),
    WIRE_STRUCT(wire_template, envelope, wire_envelope),
};
static const WIRE_TABLE(wire_template, "template", template_fields);

static const struct wire_field known_certificate_fields[] = {
    WIRE_TEXT(wire_known_certificate, ca, 1, WIRE_CA_MAX),
    WIRE_OCTETS(wire_known_certificate, serial, 1, WIRE_SERIAL_MAX),
    WIRE_STRUCT(wire_known_certificate, account, wire_account_ref),
    WIRE_STRUCT(wire_known_certificate, template, wire_template_ref),
    WIRE_UTC(wire_known_certificate, not_before_utc),
    WIRE_UTC(wire_known_certificate, not_after_utc),
    WIRE_FIXED(wire_known_certificate, spki_sha256, WIRE_SHA256),
    WIRE_ENUM(wire_known_certificate, state, wire_certificate_state,
              WIRE_CERTIFICATE_STATE_COUNT),
};
static const WIRE_TABLE(wire_known_certificate, "certificate", known_certificate_fields);

static const struct wire_field history_fields[] = {
    WIRE_LIST(wire_history, active, active_count, wire_known_certificate, 0, KNOWN_MAX),
    WIRE_U32(wire_history, issued_24h, 0, UINT32_MAX),
    WIRE_U32(wire_history, issued_7d, 0, UINT32_MAX),
    WIRE_ENUM(wire_history, same_key, wire_same_key, WIRE_SAME_KEY_COUNT),
    WIRE_LIST(wire_history, same_names, same_name_count, wire_known_certificate, 0,
              KNOWN_MAX),
    WIRE_OPTIONAL(wire_history, previous, wire_known_certificate),
};
static const WIRE_TABLE(wire_history, "history", history_fields);

static const struct wire_field query_fields[] = {
    WIRE_TOKEN(wire_query, name, 1, WIRE_CODE_MAX),
    WIRE_LIST(wire_query, arguments, argument_count, wire_attribute, 0, ARGUMENTS_MAX),
};
const WIRE_TABLE(wire_query, "query", query_fields);

static const struct wire_field query_entry_fields[] = {
    WIRE_TEXT(wire_query_entry, dn, 1, WIRE_DN_MAX),
    WIRE_LIST(wire_query_entry, attributes, attribute_count, wire_attribute, 0,
              WIRE_ATTRIBUTES_MAX),
};
static const WIRE_TABLE(wire_query_entry, "entry", query_entry_fields);

static const struct wire_field query_answer_fields[] = {
    WIRE_STRUCT(wire_query_answer, query, wire_query),
    WIRE_LIST(wire_query_answer, entries, entry_count, wire_query_entry, 0, ENTRIES_MAX),
};
static const WIRE_TABLE(wire_query_answer, "answer to a query", query_answer_fields);

static const struct wire_field facts_fields[] = {
    WIRE_TOKEN(wire_facts, request_id, 1, WIRE_ID_MAX),
    WIRE_FIXED(wire_facts, bundle_id, WIRE_SHA256),
    WIRE_ENUM(wire_facts, op, wire_op, WIRE_OP_COUNT),
    WIRE_ENUM(wire_facts, stage, wire_stage, WIRE_STAGE_COUNT),
    WIRE_UTC(wire_facts, time_utc),
    WIRE_I64(wire_facts, local_offset_s, -OFFSET_MAX, OFFSET_MAX),
    WIRE_TEXT(wire_facts, zone, 0, WIRE_CODE_MAX),
    WIRE_TOKEN(wire_facts, peer_address, 0, WIRE_ADDRESS_MAX),
    WIRE_ENUM(wire_facts, auth, wire_auth_method, WIRE_AUTH_METHOD_COUNT),
    WIRE_STRUCT(wire_facts, csr, wire_csr),
    WIRE_STRUCT(wire_facts, requester, wire_account),
    WIRE_OPTIONAL(wire_facts, on_behalf_of, wire_account),
    WIRE_STRUCT(wire_facts, template, wire_template),
    WIRE_STRUCT(wire_facts, proposed, wire_content),
    WIRE_OPTIONAL(wire_facts, history, wire_history),
    WIRE_LIST(wire_facts, approvals, approval_count, wire_approval, 0,
              WIRE_APPROVALS_MAX),
    WIRE_LIST(wire_facts, answers, answer_count, wire_query_answer, 0, QUERIES_MAX),
};
WIRE_DEFINE(facts, WIRE_TYPE_FACTS, "decision facts", facts_fields, FACTS_MAX);
