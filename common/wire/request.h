/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what an enrollment request is, seen from the decision: its operation, its CSR as
 * facts, the approvals it got.
 */
#ifndef AE_COMMON_WIRE_REQUEST_H
#define AE_COMMON_WIRE_REQUEST_H

#include "common/wire/account.h"
#include "common/wire/names.h"

enum wire_op {
    WIRE_OP_ENROLL = 0,
    WIRE_OP_RENEW,
    WIRE_OP_REKEY,
    WIRE_OP_ON_BEHALF,
    WIRE_OP_ADMIN,
    WIRE_OP_COUNT
};
const char *wire_op_name(enum wire_op op); /* "on_behalf", as rules write it */

enum wire_stage {
    WIRE_STAGE_SUBMIT = 0,
    WIRE_STAGE_APPROVED, /* was held; enough approvals are there */
    WIRE_STAGE_COUNT
};
const char *wire_stage_name(enum wire_stage stage); /* "submit" */

enum wire_key_algorithm {
    WIRE_KEY_RSA = 0,
    WIRE_KEY_EC,
    WIRE_KEY_ED25519,
    WIRE_KEY_ED448,
    WIRE_KEY_ALGORITHM_COUNT
};
const char *wire_key_algorithm_name(enum wire_key_algorithm algorithm); /* "rsa" */

struct wire_key {
    enum wire_key_algorithm algorithm;
    uint32_t bits;                          /* of the modulus or the field; 1..65536 */
    const char *curve;                      /* "P-256"; "" without; token 0..64 */
    uint64_t exponent;                      /* RSA e, else 0 */
    unsigned char spki_sha256[WIRE_SHA256]; /* of the SubjectPublicKeyInfo */
    const char **weak; /* what is wrong with it: "roca"; 0..16 tokens */
    size_t weak_count;
};

/* An extension or attribute as it stands in a request. */
struct wire_csr_item {
    const char *oid;
    bool critical;    /* extensions only */
    struct bytes der; /* extnValue's content, or the SET OF values; 0..16384 */
};

/* Untrusted, all of it, but checked to be well-formed (common/pki/csr). */
struct wire_csr {
    unsigned char sha256[WIRE_SHA256]; /* of the whole DER */
    struct name_ava *subject;          /* every AVA in order; 0..64 */
    size_t subject_count;
    struct general_name *sans; /* 0..100 */
    size_t san_count;
    struct wire_key key;
    struct wire_csr_item *extensions; /* subjectAltName too; 0..64 */
    size_t extension_count;
    struct wire_csr_item *attributes; /* without extensionRequest; 0..64 */
    size_t attribute_count;
    bool pop_ok; /* its own signature was verified */
};
extern const struct wire_table wire_csr_table;

/* One approval of a held request; it satisfies holds, never a deny. */
struct wire_approval {
    const char *request_id;           /* token, 1..64 */
    struct wire_account_ref approver; /* authenticated by a ticket of its own */
    const char *group;                /* SID or DN that the hold named; 1..2048 */
    int64_t approved_utc;
    int64_t valid_until_utc;
    uint64_t journal_sequence; /* of its record */
};
extern const struct wire_table wire_approval_table;

#endif
