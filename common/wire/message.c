/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/message.h"

#include <string.h>

#include "common/wire/agent.h"
#include "common/wire/bundle.h"
#include "common/wire/ca.h"
#include "common/wire/crl.h"
#include "common/wire/entry.h"
#include "common/wire/hello.h"
#include "common/wire/identity.h"
#include "common/wire/issue.h"
#include "common/wire/journal.h"
#include "common/wire/ocsp.h"
#include "common/wire/policy.h"
#include "common/wire/record.h"
#include "common/wire/status.h"
#include "common/wire/trail.h"
#include "common/wire/verdict.h"

static const struct wire_message *const messages[] = {
    [WIRE_TYPE_HELLO] = &wire_hello_message,
    [WIRE_TYPE_IDENTITY_REQUEST] = &wire_identity_request_message,
    [WIRE_TYPE_ACCOUNT_ASSERTION] = &wire_account_assertion_message,
    [WIRE_TYPE_IDENTITY_REFUSAL] = &wire_identity_refusal_message,
    [WIRE_TYPE_ACCOUNT_LOOKUP] = &wire_account_lookup_message,
    [WIRE_TYPE_ACCOUNT_FOUND] = &wire_account_found_message,
    [WIRE_TYPE_BUNDLE_LOAD] = &wire_bundle_load_message,
    [WIRE_TYPE_BUNDLE_LOADED] = &wire_bundle_loaded_message,
    [WIRE_TYPE_BUNDLE_REFUSAL] = &wire_bundle_refusal_message,
    [WIRE_TYPE_FACTS] = &wire_facts_message,
    [WIRE_TYPE_VERDICT] = &wire_verdict_message,
    [WIRE_TYPE_QUERY_NEED] = &wire_query_need_message,
    [WIRE_TYPE_ISSUE_INTENT] = &wire_issue_intent_message,
    [WIRE_TYPE_INFRASTRUCTURE_INTENT] = &wire_infrastructure_intent_message,
    [WIRE_TYPE_ISSUE_RESULT] = &wire_issue_result_message,
    [WIRE_TYPE_SIGNER_REFUSAL] = &wire_signer_refusal_message,
    [WIRE_TYPE_REVOCATION] = &wire_revocation_message,
    [WIRE_TYPE_APPROVAL_RECORD] = &wire_approval_record_message,
    [WIRE_TYPE_DECISION_BATCH] = &wire_decision_batch_message,
    [WIRE_TYPE_CONTROL] = &wire_control_message,
    [WIRE_TYPE_RECORDED] = &wire_recorded_message,
    [WIRE_TYPE_CRL_BEGIN] = &wire_crl_begin_message,
    [WIRE_TYPE_CRL_OPENED] = &wire_crl_opened_message,
    [WIRE_TYPE_CRL_ENTRIES] = &wire_crl_entries_message,
    [WIRE_TYPE_CRL_DER] = &wire_crl_der_message,
    [WIRE_TYPE_CRL_FINISH] = &wire_crl_finish_message,
    [WIRE_TYPE_CRL_SIGNED] = &wire_crl_signed_message,
    [WIRE_TYPE_OCSP_BATCH] = &wire_ocsp_batch_message,
    [WIRE_TYPE_OCSP_RESPONSES] = &wire_ocsp_responses_message,
    [WIRE_TYPE_STATUS_REQUEST] = &wire_status_request_message,
    [WIRE_TYPE_SIGNER_STATUS] = &wire_signer_status_message,
    [WIRE_TYPE_CA_REQUEST] = &wire_ca_request_message,
    [WIRE_TYPE_CA_LIST] = &wire_ca_list_message,
    [WIRE_TYPE_SELF_TEST] = &wire_self_test_message,
    [WIRE_TYPE_JOURNAL_TAIL] = &wire_journal_tail_message,
    [WIRE_TYPE_JOURNAL_RECORDS] = &wire_journal_records_message,
    [WIRE_TYPE_JOURNAL_START] = &wire_journal_start_message,
    [WIRE_TYPE_JOURNAL_SELF_TEST] = &wire_journal_self_test_message,
    [WIRE_TYPE_JOURNAL_INTENT] = &wire_journal_intent_message,
    [WIRE_TYPE_JOURNAL_INFRASTRUCTURE] = &wire_journal_infrastructure_message,
    [WIRE_TYPE_JOURNAL_RESULT] = &wire_journal_result_message,
    [WIRE_TYPE_JOURNAL_REFUSAL] = &wire_journal_refusal_message,
    [WIRE_TYPE_JOURNAL_CRL] = &wire_journal_crl_message,
    [WIRE_TYPE_JOURNAL_OCSP] = &wire_journal_ocsp_message,
    [WIRE_TYPE_JOURNAL_CA] = &wire_journal_ca_message,
    [WIRE_TYPE_JOURNAL_CHECKPOINT] = &wire_journal_checkpoint_message,
    [WIRE_TYPE_POLICY_REQUEST] = &wire_policy_request_message,
    [WIRE_TYPE_POLICY_ANSWER] = &wire_policy_answer_message,
    [WIRE_TYPE_ENROLL_SUBMIT] = &wire_enroll_submit_message,
    [WIRE_TYPE_ENROLL_ISSUED] = &wire_enroll_issued_message,
    [WIRE_TYPE_ENROLL_PENDING] = &wire_enroll_pending_message,
    [WIRE_TYPE_CACERTS_REQUEST] = &wire_cacerts_request_message,
    [WIRE_TYPE_CACERTS_ANSWER] = &wire_cacerts_answer_message,
    [WIRE_TYPE_REPORT] = &wire_report_message,
    [WIRE_TYPE_REPORT_TAKEN] = &wire_report_taken_message,
    [WIRE_TYPE_AGENT_FAILURE] = &wire_agent_failure_message,
    [WIRE_TYPE_JOURNAL_AUTHORITY] = &wire_journal_authority_message,
    [WIRE_TYPE_JOURNAL_AUTHORITY_MADE] = &wire_journal_authority_made_message,
    [WIRE_TYPE_JOURNAL_CRL_NUMBER] = &wire_journal_crl_number_message,
    [WIRE_TYPE_TRAIL] = &wire_trail_message,
};
_Static_assert(sizeof(messages) / sizeof(messages[0]) == WIRE_TYPE_COUNT,
               "every type has its message");

const struct wire_message *wire_message_find(unsigned int type)
{
    return type < WIRE_TYPE_COUNT ? messages[type] : NULL;
}

const char *wire_type_name(unsigned int type)
{
    return type < WIRE_TYPE_COUNT ? messages[type]->table->name : "unknown";
}

bool wire_message_encode(const struct wire_message *message, const void *record,
                         struct buf *out, struct error *err)
{
    size_t start = out->len;

    if (!wire_table_encode(message->table, record, out, err)) {
        return false;
    }
    size_t octets = out->len - start;
    if (octets > message->payload_max) {
        buf_truncate(out, start);
        return error_set(err, ERROR_INVALID, "%s: %zu octets, at most %zu",
                         message->table->name, octets, message->payload_max);
    }
    return true;
}

bool wire_message_decode(const struct wire_message *message, struct bytes in,
                         void *record, struct error *err)
{
    if (in.len > message->payload_max) {
        memset(record, 0, message->table->size);
        return error_set(err, ERROR_INVALID, "%s: %zu octets, at most %zu",
                         message->table->name, in.len, message->payload_max);
    }
    return wire_table_decode(message->table, in, record, err);
}
