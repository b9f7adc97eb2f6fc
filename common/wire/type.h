/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type: the number of every message. The registry (message.h) leads from it to the table.
 *
 * The numbers stand in frames: new ones go to the end, none changes.
 */
#ifndef AE_COMMON_WIRE_TYPE_H
#define AE_COMMON_WIRE_TYPE_H

enum wire_type {
    /* hello.h: both sides, first */
    WIRE_TYPE_HELLO = 0,
    /* identity.h: policyd and its identity port */
    WIRE_TYPE_IDENTITY_REQUEST,
    WIRE_TYPE_ACCOUNT_ASSERTION,
    WIRE_TYPE_IDENTITY_REFUSAL,
    WIRE_TYPE_ACCOUNT_LOOKUP,
    WIRE_TYPE_ACCOUNT_FOUND,
    /* bundle.h, facts.h, verdict.h: policyd and policyd-rules */
    WIRE_TYPE_BUNDLE_LOAD,
    WIRE_TYPE_BUNDLE_LOADED,
    WIRE_TYPE_BUNDLE_REFUSAL,
    WIRE_TYPE_FACTS,
    WIRE_TYPE_VERDICT,
    WIRE_TYPE_QUERY_NEED,
    /* issue.h, record.h, crl.h, ocsp.h, status.h, ca.h: policyd and policyd-signer */
    WIRE_TYPE_ISSUE_INTENT,
    WIRE_TYPE_INFRASTRUCTURE_INTENT,
    WIRE_TYPE_ISSUE_RESULT,
    WIRE_TYPE_SIGNER_REFUSAL,
    WIRE_TYPE_REVOCATION,
    WIRE_TYPE_APPROVAL_RECORD,
    WIRE_TYPE_DECISION_BATCH,
    WIRE_TYPE_CONTROL,
    WIRE_TYPE_RECORDED,
    WIRE_TYPE_CRL_BEGIN,
    WIRE_TYPE_CRL_OPENED,
    WIRE_TYPE_CRL_ENTRIES,
    WIRE_TYPE_CRL_DER,
    WIRE_TYPE_CRL_FINISH,
    WIRE_TYPE_CRL_SIGNED,
    WIRE_TYPE_OCSP_BATCH,
    WIRE_TYPE_OCSP_RESPONSES,
    WIRE_TYPE_STATUS_REQUEST,
    WIRE_TYPE_SIGNER_STATUS,
    WIRE_TYPE_CA_REQUEST,
    WIRE_TYPE_CA_LIST,
    WIRE_TYPE_SELF_TEST,
    /* journal.h: reading the journal, and what its records hold */
    WIRE_TYPE_JOURNAL_TAIL,
    WIRE_TYPE_JOURNAL_RECORDS,
    WIRE_TYPE_JOURNAL_START,
    WIRE_TYPE_JOURNAL_SELF_TEST,
    WIRE_TYPE_JOURNAL_INTENT,
    WIRE_TYPE_JOURNAL_INFRASTRUCTURE,
    WIRE_TYPE_JOURNAL_RESULT,
    WIRE_TYPE_JOURNAL_REFUSAL,
    WIRE_TYPE_JOURNAL_CRL,
    WIRE_TYPE_JOURNAL_OCSP,
    WIRE_TYPE_JOURNAL_CA,
    WIRE_TYPE_JOURNAL_CHECKPOINT,
    /* policy.h, agent.h: the client's agent and its network half */
    WIRE_TYPE_POLICY_REQUEST,
    WIRE_TYPE_POLICY_ANSWER,
    WIRE_TYPE_ENROLL_SUBMIT,
    WIRE_TYPE_ENROLL_ISSUED,
    WIRE_TYPE_ENROLL_PENDING,
    WIRE_TYPE_CACERTS_REQUEST,
    WIRE_TYPE_CACERTS_ANSWER,
    WIRE_TYPE_REPORT,
    WIRE_TYPE_REPORT_TAKEN,
    WIRE_TYPE_AGENT_FAILURE,
    /* entry.h: more of the journal */
    WIRE_TYPE_JOURNAL_AUTHORITY,
    WIRE_TYPE_JOURNAL_AUTHORITY_MADE,
    WIRE_TYPE_JOURNAL_CRL_NUMBER,
    /* trail.h: in the ledger only */
    WIRE_TYPE_TRAIL,
    WIRE_TYPE_COUNT
};

#endif
