/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: what the signer does not sign but puts into its journal, so that nobody can lose it
 * or rewrite it. REVOCATION, APPROVAL_RECORD, DECISION_BATCH, CONTROL and SELF_TEST (ca.h)
 * are answered by RECORDED, after the record was synced, or by SIGNER_REFUSAL.
 */
#ifndef AE_COMMON_WIRE_RECORD_H
#define AE_COMMON_WIRE_RECORD_H

#include "common/wire/account.h"
#include "common/wire/content.h"
#include "common/wire/message.h"

enum wire_revocation_action {
    WIRE_REVOCATION_REVOKE = 0,
    WIRE_REVOCATION_HOLD,    /* certificateHold */
    WIRE_REVOCATION_RELEASE, /* of a hold only: a revocation never ends (I7) */
    WIRE_REVOCATION_ACTION_COUNT
};
const char *wire_revocation_action_name(enum wire_revocation_action action);

/* CRLReason (RFC 5280 5.3.1) without removeFromCRL, which only delta CRLs have. */
enum wire_revocation_reason {
    WIRE_REVOCATION_UNSPECIFIED = 0,
    WIRE_REVOCATION_KEY_COMPROMISE,
    WIRE_REVOCATION_CA_COMPROMISE,
    WIRE_REVOCATION_AFFILIATION_CHANGED,
    WIRE_REVOCATION_SUPERSEDED,
    WIRE_REVOCATION_CESSATION_OF_OPERATION,
    WIRE_REVOCATION_CERTIFICATE_HOLD,
    WIRE_REVOCATION_PRIVILEGE_WITHDRAWN,
    WIRE_REVOCATION_AA_COMPROMISE,
    WIRE_REVOCATION_REASON_COUNT
};
/* "keyCompromise", and the number of the CRLReason. */
const char *wire_revocation_reason_name(enum wire_revocation_reason reason);
uint32_t wire_revocation_reason_code(enum wire_revocation_reason reason);

struct wire_revocation {
    const char *ca;      /* 1..64 */
    struct bytes serial; /* 1..20 */
    enum wire_revocation_action action;
    enum wire_revocation_reason reason;
    int64_t revoked_utc;     /* revocationDate */
    int64_t invalidity_utc;  /* invalidityDate; 0 without */
    uint32_t crl_generation; /* the shard that the certificate's CDP names */
    uint32_t crl_shard;
    struct wire_actor actor;
    const char *request_id; /* of the request it belongs to; "" without; 0..64 */
    const char *sentence;   /* why, in the actor's words; 0..512 */
};
WIRE_DECLARE(revocation);

/* One person's word on a held request. */
struct wire_approval_record {
    const char *request_id;          /* 1..64 */
    struct wire_account_ref account; /* whose request */
    struct wire_template_ref template;
    unsigned char spki_sha256[WIRE_SHA256];  /* the key it is bound to */
    unsigned char names_sha256[WIRE_SHA256]; /* with the template: content_names.h */
    bool approved;                           /* false: denied, which ends the request */
    struct wire_account_ref approver;        /* by a ticket of its own, never a uid */
    const char *group;                       /* SID or DN that entitles; 1..2048 */
    int64_t approved_utc;
    int64_t valid_until_utc;
    const char *sentence; /* why; 0..512 */
};
WIRE_DECLARE(approval_record);

/* Decisions lie in the ledger; their digest here keeps them from being changed. */
struct wire_decision_batch {
    unsigned char sha256[WIRE_SHA256]; /* over the SHA-256 of each, in order */
    uint64_t first_sequence;           /* numbers of the decisions in the ledger; 1.. */
    uint32_t count;                    /* 1..65536 */
    uint32_t refused;                  /* how many of them were refusals */
    uint32_t node;                     /* of the policyd that made them; 0x40..0x7f */
    int64_t first_utc;
    int64_t last_utc;
};
WIRE_DECLARE(decision_batch);

enum wire_control_action {
    WIRE_CONTROL_FREEZE = 0, /* sign nothing but CRLs and OCSP */
    WIRE_CONTROL_THAW,
    WIRE_CONTROL_CONFIRM_CLOCK, /* the jump was right: issue again */
    WIRE_CONTROL_RELOAD,        /* bounds and CA certificates from their files */
    WIRE_CONTROL_CHECKPOINT,    /* write one now */
    WIRE_CONTROL_ACTION_COUNT
};
const char *wire_control_action_name(enum wire_control_action action); /* "freeze" */

/* An operator's order to the signer. */
struct wire_control {
    enum wire_control_action action;
    struct wire_actor actor;
    const char *sentence; /* why; 0..512 */
};
WIRE_DECLARE(control);

struct wire_recorded {
    uint64_t journal_sequence; /* 1.. */
    int64_t recorded_utc;
    unsigned char sha256[WIRE_SHA256]; /* of the record: the chain up to here */
};
WIRE_DECLARE(recorded);

#endif
