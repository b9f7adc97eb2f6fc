/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue: asking the signer for certificates. An ISSUE_INTENT or INFRASTRUCTURE_INTENT is
 * answered by ISSUE_RESULT or SIGNER_REFUSAL. Typed fields, never TBS octets: the signer
 * builds the certificate, and judges every field by its own bounds file.
 *
 * Batches: one message is one certificate; many are in flight (frame.h). The signer takes all
 * it has read, appends their intents to the journal, syncs once, signs each, answers each.
 */
#ifndef AE_COMMON_WIRE_ISSUE_H
#define AE_COMMON_WIRE_ISSUE_H

#include "common/wire/content.h"
#include "common/wire/message.h"
#include "common/wire/request.h"

struct wire_issue_intent {
    const char *request_id; /* 1..64 */
    uint64_t reservation;   /* the ledger's row that this settles */
    const char *ca;         /* configured name, 1..64 */
    enum wire_op op;
    struct wire_template_ref template;
    struct wire_account_ref account; /* whom it is for: SID extension, bounds by kind */
    struct wire_account_ref *requester; /* who asked on behalf; NULL: account itself */
    enum wire_auth_method auth;
    int64_t authenticated_utc;
    struct bytes assertion; /* seal of the account assertion, unread; 0..4096 */
    struct wire_content content;
    struct bytes spki;           /* DER, copied as it is; 1..4096 */
    struct bytes renewed_serial; /* of the certificate it follows; none; 0..20 */
    uint32_t crl_generation;     /* for the CDP, with crl_shard */
    uint32_t crl_shard;
    unsigned char csr_sha256[WIRE_SHA256];
    unsigned char facts_sha256[WIRE_SHA256]; /* of the encoded FACTS */
    unsigned char bundle_id[WIRE_SHA256];
    struct wire_approval *approvals; /* bounds may want them for a name; 0..16 */
    size_t approval_count;
    int64_t decided_utc;
    uint32_t deadline_ms; /* from arrival; not begun by then: refused; 1..600000 */
};
WIRE_DECLARE(issue_intent);

enum wire_profile {
    WIRE_PROFILE_TLS = 0, /* policyd's own server certificate */
    WIRE_PROFILE_OCSP,    /* delegated responder, with ocsp-nocheck */
    WIRE_PROFILE_RA,
    WIRE_PROFILE_COUNT
};
const char *wire_profile_name(enum wire_profile profile); /* "tls" */

/* No account, no template: names and everything else stand in the bounds file. */
struct wire_infrastructure_intent {
    const char *request_id; /* 1..64 */
    const char *ca;         /* 1..64 */
    enum wire_profile profile;
    const char **dns_names; /* a choice of those in bounds; none: all; 0..16 */
    size_t dns_name_count;
    struct bytes spki;   /* DER; 1..4096 */
    struct bytes csr;    /* DER, signed by that key: proof of possession; 1..16384 */
    uint64_t validity_s; /* wished; bounds cap it; 1..315360000 */
    uint32_t crl_generation;
    uint32_t crl_shard;
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(infrastructure_intent);

struct wire_issue_result {
    const char *request_id;                   /* 1..64 */
    const char *ca;                           /* 1..64 */
    struct bytes certificate;                 /* DER, verified and linted; 1..16384 */
    unsigned char serial[WIRE_SERIAL];        /* I2 */
    unsigned char issuer_sha256[WIRE_SHA256]; /* of the CA certificate that signed */
    uint32_t node;                            /* 0x40..0x7f: first octet of serial */
    uint64_t intent_sequence;                 /* journal records, 1.. */
    uint64_t result_sequence;
    int64_t signed_utc;
};
WIRE_DECLARE(issue_result);

enum wire_signer_reason {
    WIRE_SIGNER_MALFORMED = 0, /* a field does not fit the others, or a DER is none */
    WIRE_SIGNER_UNKNOWN_CA,
    WIRE_SIGNER_UNKNOWN_PROFILE, /* no bounds for the template or profile */
    WIRE_SIGNER_BOUNDS,
    WIRE_SIGNER_APPROVAL, /* bounds want an approval that is not there */
    WIRE_SIGNER_RATE,     /* hourly count */
    WIRE_SIGNER_LINT,     /* what it built was not fit to be signed or released */
    WIRE_SIGNER_DEADLINE,
    WIRE_SIGNER_BUSY, /* more in flight than HELLO allowed */
    WIRE_SIGNER_FROZEN,
    WIRE_SIGNER_CLOCK,
    WIRE_SIGNER_JOURNAL,   /* full, failed, or locked by another signer */
    WIRE_SIGNER_KEY,       /* the key's back end is away or failed */
    WIRE_SIGNER_SEQUENCE,  /* a step of a conversation, or a CRL number, out of turn */
    WIRE_SIGNER_NOT_FOUND, /* the serial, or the journal sequence, is not ours */
    WIRE_SIGNER_INTERNAL,
    WIRE_SIGNER_PEER, /* this uid is not answered at all */
    WIRE_SIGNER_REASON_COUNT
};
const char *wire_signer_reason_name(enum wire_signer_reason reason); /* "BOUNDS" */

/* The signer's no to any question. */
struct wire_signer_refusal {
    const char *request_id; /* "" where the question had none; 0..64 */
    enum wire_signer_reason reason;
    const char *sentence;      /* names the field and the bound; 1..512 */
    uint64_t journal_sequence; /* of the refusal's record; 0: none was written */
    uint64_t intent_sequence;  /* 0, or an intent that will never have a result */
    struct bytes serial;       /* of that intent, else none; 0..16 */
    uint32_t retry_after_s;    /* 0: a retry does not help; 0..86400 */
};
WIRE_DECLARE(signer_refusal);

#endif
