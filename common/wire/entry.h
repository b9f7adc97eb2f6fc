/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry: what stands in the journal's records beside the messages of record.h.
 *
 * INTENT, INFRASTRUCTURE, AUTHORITY, SELF_TEST, CRL and OCSP are synced before the signature is made
 * (I1); RESULT, or a REFUSAL that names the intent, tells how it ended.
 */
#ifndef AE_COMMON_WIRE_ENTRY_H
#define AE_COMMON_WIRE_ENTRY_H

#include "common/wire/crl.h"
#include "common/wire/issue.h"

/*
 * The signer started, and holds the journal's lock; or goes on in a new segment. It carries over
 * what holds beyond a run, so that a start reads no further back than to the last of these.
 */
struct wire_journal_start {
    bool continued;       /* the same run, in a new segment */
    const char *software; /* "0.1.0"; token, 1..64 */
    uint32_t pid;         /* 1..2^31-1 */
    uint32_t uid;
    uint32_t node;             /* 0x40..0x7f */
    unsigned char boot_id[16]; /* of the kernel */
    int64_t boottime_ns;       /* CLOCK_BOOTTIME beside the record's time */
    unsigned char bounds_sha256[WIRE_SHA256]; /* zero: no bounds, nothing is signed */
    bool frozen;
    const char *frozen_sentence; /* by whom and why; 0..512 */
    uint64_t
        newest_ns; /* the latest time of all records, or as an operator confirmed it */
    uint64_t checkpoint; /* records that the last checkpoint covers; 0: none */
    int64_t checkpoint_utc;
};
WIRE_DECLARE(journal_start);

struct wire_journal_self_test {
    const char *ca;                           /* 1..64 */
    unsigned char issuer_sha256[WIRE_SHA256]; /* of the CA certificate */
    struct bytes message;                     /* what will be signed; 1..256 */
};
WIRE_DECLARE(journal_self_test);

/* What is about to be signed for an account: the road's data and the very octets. */
struct wire_journal_intent {
    unsigned char serial[WIRE_SERIAL];
    unsigned char issuer_sha256[WIRE_SHA256];
    struct bytes tbs; /* the TBSCertificate; 1..16384 */
    struct wire_issue_intent intent;
};
WIRE_DECLARE(journal_intent);

struct wire_journal_infrastructure {
    unsigned char serial[WIRE_SERIAL];
    unsigned char issuer_sha256[WIRE_SHA256];
    struct bytes tbs; /* 1..16384 */
    struct wire_infrastructure_intent intent;
};
WIRE_DECLARE(journal_infrastructure);

/* With the intent's TBS this is the whole certificate. */
struct wire_journal_result {
    uint64_t intent_sequence; /* 1.. */
    unsigned char serial[WIRE_SERIAL];
    unsigned char certificate_sha256[WIRE_SHA256];
    struct bytes tail; /* signatureAlgorithm and signature, DER; 1..2048 */
};
WIRE_DECLARE(journal_result);

/* A question that was refused, or an intent that will never have a result. */
struct wire_journal_refusal {
    uint32_t type; /* enum wire_type of the question; 0..65535 */
    unsigned char question_sha256[WIRE_SHA256]; /* of its payload */
    uint32_t peer_uid;                          /* SO_PEERCRED */
    uint32_t peer_pid;
    struct wire_signer_refusal refusal; /* as answered, but for journal_sequence 0 */
};
WIRE_DECLARE(journal_refusal);

struct wire_journal_crl {
    struct wire_crl_begin begin;
    uint64_t tbs_octets; /* 1.. */
    unsigned char tbs_sha256[WIRE_SHA256];
    unsigned char issuer_sha256[WIRE_SHA256];
};
WIRE_DECLARE(journal_crl);

/* The last number of a CRL, carried over into a new segment. */
struct wire_journal_crl_number {
    const char *ca; /* 1..64 */
    uint32_t generation;
    uint32_t shard;
    uint64_t number; /* 1.. */
};
WIRE_DECLARE(journal_crl_number);

struct wire_journal_ocsp {
    const char *request_id; /* 1..64 */
    const char *ca;         /* 1..64 */
    unsigned char responder_sha256[WIRE_SHA256];
    uint32_t count;                    /* responses; 1..256 */
    unsigned char sha256[WIRE_SHA256]; /* over the SHA-256 of each tbsResponseData */
};
WIRE_DECLARE(journal_ocsp);

/* A CA certificate that came into use, or went out of it. */
struct wire_journal_ca {
    const char *ca; /* 1..64 */
    bool active;
    struct bytes certificate; /* DER; 1..16384 */
};
WIRE_DECLARE(journal_ca);

enum wire_authority {
    WIRE_AUTHORITY_ROOT = 0, /* a certificate by its own key */
    WIRE_AUTHORITY_ISSUING,  /* a certificate by a root's key */
    WIRE_AUTHORITY_REQUEST,  /* a request to somebody else's root */
    WIRE_AUTHORITY_COUNT
};
const char *wire_authority_name(enum wire_authority authority); /* "root" */

/* What is about to be signed while a CA is made (policyd/init). */
struct wire_journal_authority {
    const char *ca; /* the name it will have; 1..64 */
    enum wire_authority authority;
    unsigned char serial[WIRE_SERIAL]; /* zero: a request */
    unsigned char
        issuer_sha256[WIRE_SHA256]; /* of the root's certificate; zero: its own key */
    struct bytes tbs; /* TBSCertificate or CertificationRequestInfo; 1..16384 */
};
WIRE_DECLARE(journal_authority);

/* With that record's tbs this is the whole of what was made. */
struct wire_journal_authority_made {
    uint64_t intent_sequence;          /* of that record; 1.. */
    unsigned char sha256[WIRE_SHA256]; /* of the whole */
    struct bytes tail; /* signatureAlgorithm and signature, DER; 1..2048 */
};
WIRE_DECLARE(journal_authority_made);

/* A signed statement of how far the chain went, to be kept elsewhere. */
struct wire_journal_checkpoint {
    const char *origin;              /* of the log, in its note; 1..256 */
    uint64_t size;                   /* records it covers; 1.. */
    unsigned char root[WIRE_SHA256]; /* RFC 6962 2.1, over the records */
    const char *note;                /* the signed note as published; lines, 1..4096 */
};
WIRE_DECLARE(journal_checkpoint);

#endif
