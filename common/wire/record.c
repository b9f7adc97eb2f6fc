/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/record.h"

#include "common/wire/define.h"

enum { RECORD_MAX = 16 * 1024, RECORDED_MAX = 64, BATCH_MAX = 65536 };

static const char *const revocation_action_names[] = {
    [WIRE_REVOCATION_REVOKE] = "revoke",
    [WIRE_REVOCATION_HOLD] = "hold",
    [WIRE_REVOCATION_RELEASE] = "release",
};
_Static_assert(sizeof(revocation_action_names) / sizeof(revocation_action_names[0]) ==
                   WIRE_REVOCATION_ACTION_COUNT,
               "every action has a name");

const char *wire_revocation_action_name(enum wire_revocation_action action)
{
    return wire_name_of(revocation_action_names, WIRE_REVOCATION_ACTION_COUNT, action);
}

/* RFC 5280 5.3.1 */
static const struct {
    const char *name;
    uint32_t code;
} revocation_reasons[] = {
    [WIRE_REVOCATION_UNSPECIFIED] = {"unspecified", 0},
    [WIRE_REVOCATION_KEY_COMPROMISE] = {"keyCompromise", 1},
    [WIRE_REVOCATION_CA_COMPROMISE] = {"cACompromise", 2},
    [WIRE_REVOCATION_AFFILIATION_CHANGED] = {"affiliationChanged", 3},
    [WIRE_REVOCATION_SUPERSEDED] = {"superseded", 4},
    [WIRE_REVOCATION_CESSATION_OF_OPERATION] = {"cessationOfOperation", 5},
    [WIRE_REVOCATION_CERTIFICATE_HOLD] = {"certificateHold", 6},
    [WIRE_REVOCATION_PRIVILEGE_WITHDRAWN] = {"privilegeWithdrawn", 9},
    [WIRE_REVOCATION_AA_COMPROMISE] = {"aACompromise", 10},
};
_Static_assert(sizeof(revocation_reasons) / sizeof(revocation_reasons[0]) ==
                   WIRE_REVOCATION_REASON_COUNT,
               "every reason has a name and a code");

const char *wire_revocation_reason_name(enum wire_revocation_reason reason)
{
    return (unsigned int)reason < WIRE_REVOCATION_REASON_COUNT
               ? revocation_reasons[reason].name
               : "unknown";
}

uint32_t wire_revocation_reason_code(enum wire_revocation_reason reason)
{
    return (unsigned int)reason < WIRE_REVOCATION_REASON_COUNT
               ? revocation_reasons[reason].code
               : 0;
}

static const char *const control_action_names[] = {
    [WIRE_CONTROL_FREEZE] = "freeze",
    [WIRE_CONTROL_THAW] = "thaw",
    [WIRE_CONTROL_CONFIRM_CLOCK] = "confirm-clock",
    [WIRE_CONTROL_RELOAD] = "reload",
    [WIRE_CONTROL_CHECKPOINT] = "checkpoint",
};
_Static_assert(sizeof(control_action_names) / sizeof(control_action_names[0]) ==
                   WIRE_CONTROL_ACTION_COUNT,
               "every action has a name");

const char *wire_control_action_name(enum wire_control_action action)
{
    return wire_name_of(control_action_names, WIRE_CONTROL_ACTION_COUNT, action);
}

static const struct wire_field revocation_fields[] = {
    WIRE_TEXT(wire_revocation, ca, 1, WIRE_CA_MAX),
    WIRE_OCTETS(wire_revocation, serial, 1, WIRE_SERIAL_MAX),
    WIRE_ENUM(wire_revocation, action, wire_revocation_action,
              WIRE_REVOCATION_ACTION_COUNT),
    WIRE_ENUM(wire_revocation, reason, wire_revocation_reason,
              WIRE_REVOCATION_REASON_COUNT),
    WIRE_UTC(wire_revocation, revoked_utc),
    WIRE_UTC(wire_revocation, invalidity_utc),
    WIRE_U32(wire_revocation, crl_generation, 0, UINT32_MAX),
    WIRE_U32(wire_revocation, crl_shard, 0, UINT32_MAX),
    WIRE_STRUCT(wire_revocation, actor, wire_actor),
    WIRE_TOKEN(wire_revocation, request_id, 0, WIRE_ID_MAX),
    WIRE_TEXT(wire_revocation, sentence, 0, WIRE_SENTENCE_MAX),
};
WIRE_DEFINE(revocation, WIRE_TYPE_REVOCATION, "revocation", revocation_fields,
            RECORD_MAX);

static const struct wire_field approval_fields[] = {
    WIRE_TOKEN(wire_approval_record, request_id, 1, WIRE_ID_MAX),
    WIRE_STRUCT(wire_approval_record, account, wire_account_ref),
    WIRE_STRUCT(wire_approval_record, template, wire_template_ref),
    WIRE_FIXED(wire_approval_record, spki_sha256, WIRE_SHA256),
    WIRE_FIXED(wire_approval_record, names_sha256, WIRE_SHA256),
    WIRE_BOOL(wire_approval_record, approved),
    WIRE_STRUCT(wire_approval_record, approver, wire_account_ref),
    WIRE_TEXT(wire_approval_record, group, 1, WIRE_DN_MAX),
    WIRE_UTC(wire_approval_record, approved_utc),
    WIRE_UTC(wire_approval_record, valid_until_utc),
    WIRE_TEXT(wire_approval_record, sentence, 0, WIRE_SENTENCE_MAX),
};
WIRE_DEFINE(approval_record, WIRE_TYPE_APPROVAL_RECORD, "approval record",
            approval_fields, RECORD_MAX);

static const struct wire_field batch_fields[] = {
    WIRE_FIXED(wire_decision_batch, sha256, WIRE_SHA256),
    WIRE_U64(wire_decision_batch, first_sequence, 1, UINT64_MAX),
    WIRE_U32(wire_decision_batch, count, 1, BATCH_MAX),
    WIRE_U32(wire_decision_batch, refused, 0, BATCH_MAX),
    WIRE_U32(wire_decision_batch, node, WIRE_NODE_MIN, WIRE_NODE_MAX),
    WIRE_UTC(wire_decision_batch, first_utc),
    WIRE_UTC(wire_decision_batch, last_utc),
};
WIRE_DEFINE(decision_batch, WIRE_TYPE_DECISION_BATCH, "decision batch", batch_fields,
            RECORD_MAX);

static const struct wire_field control_fields[] = {
    WIRE_ENUM(wire_control, action, wire_control_action, WIRE_CONTROL_ACTION_COUNT),
    WIRE_STRUCT(wire_control, actor, wire_actor),
    WIRE_TEXT(wire_control, sentence, 0, WIRE_SENTENCE_MAX),
};
WIRE_DEFINE(control, WIRE_TYPE_CONTROL, "control", control_fields, RECORD_MAX);

static const struct wire_field recorded_fields[] = {
    WIRE_U64(wire_recorded, journal_sequence, 1, UINT64_MAX),
    WIRE_UTC(wire_recorded, recorded_utc),
    WIRE_FIXED(wire_recorded, sha256, WIRE_SHA256),
};
WIRE_DEFINE(recorded, WIRE_TYPE_RECORDED, "recorded", recorded_fields, RECORDED_MAX);
