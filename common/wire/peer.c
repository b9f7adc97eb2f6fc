/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/peer.h"

#define FROM(who, list)                                                                  \
    {                                                                                    \
        (who), (list), sizeof(list) / sizeof((list)[0])                                  \
    }

static const enum wire_type signer_to_policyd[] = {
    WIRE_TYPE_HELLO,      WIRE_TYPE_ISSUE_RESULT,    WIRE_TYPE_SIGNER_REFUSAL,
    WIRE_TYPE_RECORDED,   WIRE_TYPE_CRL_OPENED,      WIRE_TYPE_CRL_DER,
    WIRE_TYPE_CRL_SIGNED, WIRE_TYPE_OCSP_RESPONSES,  WIRE_TYPE_SIGNER_STATUS,
    WIRE_TYPE_CA_LIST,    WIRE_TYPE_JOURNAL_RECORDS,
};

static const enum wire_type policyd_to_signer[] = {
    WIRE_TYPE_HELLO,      WIRE_TYPE_ISSUE_INTENT,    WIRE_TYPE_INFRASTRUCTURE_INTENT,
    WIRE_TYPE_REVOCATION, WIRE_TYPE_APPROVAL_RECORD, WIRE_TYPE_DECISION_BATCH,
    WIRE_TYPE_CONTROL,    WIRE_TYPE_CRL_BEGIN,       WIRE_TYPE_CRL_ENTRIES,
    WIRE_TYPE_CRL_FINISH, WIRE_TYPE_OCSP_BATCH,      WIRE_TYPE_STATUS_REQUEST,
    WIRE_TYPE_CA_REQUEST, WIRE_TYPE_SELF_TEST,       WIRE_TYPE_JOURNAL_TAIL,
};

static const enum wire_type rules_to_policyd[] = {
    WIRE_TYPE_HELLO,   WIRE_TYPE_BUNDLE_LOADED, WIRE_TYPE_BUNDLE_REFUSAL,
    WIRE_TYPE_VERDICT, WIRE_TYPE_QUERY_NEED,
};

static const enum wire_type policyd_to_rules[] = {
    WIRE_TYPE_HELLO,
    WIRE_TYPE_BUNDLE_LOAD,
    WIRE_TYPE_FACTS,
};

static const enum wire_type identity_to_policyd[] = {
    WIRE_TYPE_HELLO,
    WIRE_TYPE_ACCOUNT_ASSERTION,
    WIRE_TYPE_ACCOUNT_FOUND,
    WIRE_TYPE_IDENTITY_REFUSAL,
};

static const enum wire_type policyd_to_identity[] = {
    WIRE_TYPE_HELLO,
    WIRE_TYPE_IDENTITY_REQUEST,
    WIRE_TYPE_ACCOUNT_LOOKUP,
};

static const enum wire_type agent_to_network[] = {
    WIRE_TYPE_HELLO,           WIRE_TYPE_POLICY_REQUEST, WIRE_TYPE_ENROLL_SUBMIT,
    WIRE_TYPE_CACERTS_REQUEST, WIRE_TYPE_REPORT,
};

static const enum wire_type network_to_agent[] = {
    WIRE_TYPE_HELLO,          WIRE_TYPE_POLICY_ANSWER,  WIRE_TYPE_ENROLL_ISSUED,
    WIRE_TYPE_ENROLL_PENDING, WIRE_TYPE_CACERTS_ANSWER, WIRE_TYPE_REPORT_TAKEN,
    WIRE_TYPE_AGENT_FAILURE,
};

static const struct wire_types directions[] = {
    [WIRE_SIGNER_TO_POLICYD] = FROM("policyd-signer", signer_to_policyd),
    [WIRE_POLICYD_TO_SIGNER] = FROM("policyd", policyd_to_signer),
    [WIRE_RULES_TO_POLICYD] = FROM("policyd-rules", rules_to_policyd),
    [WIRE_POLICYD_TO_RULES] = FROM("policyd", policyd_to_rules),
    [WIRE_IDENTITY_TO_POLICYD] = FROM("the identity port", identity_to_policyd),
    [WIRE_POLICYD_TO_IDENTITY] = FROM("policyd", policyd_to_identity),
    [WIRE_AGENT_TO_NETWORK] = FROM("the agent", agent_to_network),
    [WIRE_NETWORK_TO_AGENT] = FROM("the network half", network_to_agent),
};
_Static_assert(sizeof(directions) / sizeof(directions[0]) == WIRE_DIRECTION_COUNT,
               "every direction has its types");

const struct wire_types *wire_direction_types(enum wire_direction direction)
{
    return &directions[direction];
}
