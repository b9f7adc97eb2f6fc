/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/identity.h"

#include "common/wire/define.h"

enum {
    REQUEST_MAX = 128 * 1024,
    ACCOUNT_MAX = 2 << 20, /* octets of an account with its groups and attributes */
    DEADLINE_MAX = 600000,
    BINDING_MAX = 64, /* SHA-512 */
    PASSWORD_MAX = 1024,
    SEAL_MAX = 4096
};

static const char *const channel_names[] = {
    [WIRE_CHANNEL_TLS12] = "TLS 1.2",
    [WIRE_CHANNEL_TLS13] = "TLS 1.3",
    [WIRE_CHANNEL_UNIX] = "admin socket",
};
_Static_assert(sizeof(channel_names) / sizeof(channel_names[0]) == WIRE_CHANNEL_COUNT,
               "every channel has a name");

const char *wire_channel_name(enum wire_channel channel)
{
    return wire_name_of(channel_names, WIRE_CHANNEL_COUNT, channel);
}

static const struct wire_field request_fields[] = {
    WIRE_U64(wire_identity_request, connection, 0, UINT64_MAX),
    WIRE_ENUM(wire_identity_request, channel, wire_channel, WIRE_CHANNEL_COUNT),
    WIRE_TOKEN(wire_identity_request, peer_address, 0, WIRE_ADDRESS_MAX),
    WIRE_OCTETS(wire_identity_request, channel_binding, 0, BINDING_MAX),
    WIRE_SECRET(wire_identity_request, token, 0, WIRE_TOKEN_OCTETS_MAX),
    WIRE_OCTETS(wire_identity_request, certificate, 0, WIRE_CERTIFICATE_MAX),
    WIRE_TEXT(wire_identity_request, basic_user, 0, WIRE_PRINCIPAL_MAX),
    WIRE_SECRET(wire_identity_request, basic_password, 0, PASSWORD_MAX),
    WIRE_TEXTS(wire_identity_request, attributes, attribute_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, WIRE_ATTRIBUTES_MAX),
    WIRE_U32(wire_identity_request, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(identity_request, WIRE_TYPE_IDENTITY_REQUEST, "identity request",
            request_fields, REQUEST_MAX);

static const struct wire_field assertion_fields[] = {
    WIRE_STRUCT(wire_account_assertion, account, wire_account),
    WIRE_ENUM(wire_account_assertion, method, wire_auth_method, WIRE_AUTH_METHOD_COUNT),
    WIRE_BOOL(wire_account_assertion, channel_bound),
    WIRE_UTC(wire_account_assertion, authenticated_utc),
    WIRE_UTC(wire_account_assertion, valid_until_utc),
    WIRE_OCTETS(wire_account_assertion, serial, 0, WIRE_SERIAL_MAX),
    WIRE_OCTETS(wire_account_assertion, reply_token, 0, WIRE_TOKEN_OCTETS_MAX),
    WIRE_OCTETS(wire_account_assertion, seal, 0, SEAL_MAX),
    WIRE_LIST(wire_account_assertion, evidence, evidence_count, wire_step, 0,
              WIRE_STEPS_MAX),
};
WIRE_DEFINE(account_assertion, WIRE_TYPE_ACCOUNT_ASSERTION, "account assertion",
            assertion_fields, ACCOUNT_MAX);

static const struct wire_field refusal_fields[] = {
    WIRE_ENUM(wire_identity_refusal, reason, reason, REASON_COUNT),
    WIRE_ENUM(wire_identity_refusal, audit_reason, reason, REASON_COUNT),
    WIRE_TEXT(wire_identity_refusal, sentence, 1, WIRE_SENTENCE_MAX),
    WIRE_TEXT(wire_identity_refusal, principal, 0, WIRE_PRINCIPAL_MAX),
    WIRE_U32(wire_identity_refusal, retry_after_s, 0, 86400),
    WIRE_LIST(wire_identity_refusal, evidence, evidence_count, wire_step, 0,
              WIRE_STEPS_MAX),
};
WIRE_DEFINE(identity_refusal, WIRE_TYPE_IDENTITY_REFUSAL, "identity refusal",
            refusal_fields, REQUEST_MAX);

static const struct wire_field lookup_fields[] = {
    WIRE_TEXT(wire_account_lookup, principal, 0, WIRE_PRINCIPAL_MAX),
    WIRE_TOKEN(wire_account_lookup, id, 0, WIRE_ID_MAX),
    WIRE_TEXTS(wire_account_lookup, attributes, attribute_count, WIRE_FORM_PRINTABLE, 1,
               WIRE_NAME_MAX, WIRE_ATTRIBUTES_MAX),
    WIRE_U32(wire_account_lookup, deadline_ms, 1, DEADLINE_MAX),
};
WIRE_DEFINE(account_lookup, WIRE_TYPE_ACCOUNT_LOOKUP, "account lookup", lookup_fields,
            REQUEST_MAX);

static const struct wire_field found_fields[] = {
    WIRE_STRUCT(wire_account_found, account, wire_account),
    WIRE_LIST(wire_account_found, evidence, evidence_count, wire_step, 0, WIRE_STEPS_MAX),
};
WIRE_DEFINE(account_found, WIRE_TYPE_ACCOUNT_FOUND, "account found", found_fields,
            ACCOUNT_MAX);
