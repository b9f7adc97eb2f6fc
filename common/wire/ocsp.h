/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocsp: many OCSP responses at once, as they are signed ahead for all live certificates.
 * OCSP_BATCH is answered by OCSP_RESPONSES (same order) or SIGNER_REFUSAL; a batch is one
 * journal record, so it is all or nothing.
 */
#ifndef AE_COMMON_WIRE_OCSP_H
#define AE_COMMON_WIRE_OCSP_H

#include "common/wire/message.h"
#include "common/wire/record.h"

enum { WIRE_OCSP_SINGLES_MAX = 256 };

/* The hash of the CertID; the signer makes it from its own CA certificate. */
enum wire_ocsp_hash {
    WIRE_OCSP_SHA1 = 0, /* what clients send (RFC 5019) */
    WIRE_OCSP_SHA256,
    WIRE_OCSP_HASH_COUNT
};
const char *wire_ocsp_hash_name(enum wire_ocsp_hash hash); /* "SHA-1" */

enum wire_ocsp_status {
    WIRE_OCSP_GOOD = 0, /* issued by us, live; never for a serial we do not know */
    WIRE_OCSP_REVOKED,
    WIRE_OCSP_UNKNOWN,
    WIRE_OCSP_STATUS_COUNT
};
const char *wire_ocsp_status_name(enum wire_ocsp_status status); /* "good" */

/* One response with one SingleResponse. */
struct wire_ocsp_single {
    enum wire_ocsp_hash hash;
    struct bytes serial; /* content octets of its INTEGER; 1..20 */
    enum wire_ocsp_status status;
    int64_t revoked_utc;                /* of REVOKED, else 0 */
    enum wire_revocation_reason reason; /* of REVOKED, else UNSPECIFIED */
    struct bytes nonce;                 /* RFC 8954; none in answers made ahead; 0..32 */
};

struct wire_ocsp_batch {
    const char *request_id; /* 1..64 */
    const char *ca;         /* 1..64 */
    unsigned char
        responder_sha256[WIRE_SHA256]; /* of a delegated certificate whose key the
                                                    signer has; zero: the CA's own key */
    int64_t this_update_utc;
    int64_t next_update_utc;
    struct wire_ocsp_single *singles; /* 1..256 */
    size_t single_count;
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(ocsp_batch);

struct wire_ocsp_responses {
    const char *request_id;  /* 1..64 */
    struct bytes *responses; /* OCSPResponse DER, one for each single; 1..256 */
    size_t response_count;
    uint64_t journal_sequence; /* 1.. */
    int64_t produced_utc;
};
WIRE_DECLARE(ocsp_responses);

#endif
