/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: what the server says the client should have (GET /autoenroll/v1/policy),
 * as the network half hands it to the agent. POLICY_REQUEST is answered by POLICY_ANSWER or
 * AGENT_FAILURE (agent.h).
 */
#ifndef AE_COMMON_WIRE_POLICY_H
#define AE_COMMON_WIRE_POLICY_H

#include "common/wire/content.h"
#include "common/wire/message.h"
#include "common/wire/request.h"

struct wire_policy_request {
    const char *etag;     /* of the answer it has; "" without; token, 0..64 */
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(policy_request);

enum wire_subject_source {
    WIRE_SUBJECT_DIRECTORY = 0,
    WIRE_SUBJECT_ENROLLEE, /* in the CSR; rules or an approval let it pass */
    WIRE_SUBJECT_OLD_CERTIFICATE,
    WIRE_SUBJECT_SOURCE_COUNT
};
const char *wire_subject_source_name(enum wire_subject_source source); /* "directory" */

/* What the template asks of the client (its flags that the client acts on). */
enum {
    WIRE_POLICY_SAME_KEY = 1 << 0,        /* a renewal keeps the key */
    WIRE_POLICY_EXPORTABLE = 1 << 1,      /* copies outside the store are fine */
    WIRE_POLICY_REMOVE_INVALID = 1 << 2,  /* delete instead of archive */
    WIRE_POLICY_SKIP_RENEWAL = 1 << 3,    /* never renew by itself */
    WIRE_POLICY_CHECK_DIRECTORY = 1 << 4, /* none if the entry has a valid one */
    WIRE_POLICY_ASK_USER = 1 << 5,        /* a machine skips it */
    WIRE_POLICY_PROTECT_KEY = 1 << 6,     /* passphrase or PIN */
    WIRE_POLICY_PSS = 1 << 7,             /* sign the CSR with RSASSA-PSS */
    WIRE_POLICY_FLAGS = (1 << 8) - 1
};

struct wire_policy_template {
    struct wire_template_ref ref;
    const char *display; /* for people; 0..256 */
    const char *label;   /* EST path label; 1..256 */
    enum wire_account_kind kind;
    bool enroll;          /* may ask */
    bool autoenroll;      /* should ask by itself */
    const char *reason;   /* of a no: docs/REASONS; token, 0..64 */
    const char *sentence; /* the same for people; 0..512 */
    enum wire_key_algorithm algorithm;
    const char *curve; /* "P-256"; token, 0..64 */
    uint32_t bits;     /* least; 1..65536 */
    enum wire_subject_source subject;
    uint32_t flags; /* WIRE_POLICY_* */
    uint64_t validity_s;
    uint64_t renewal_s;      /* overlap: renew this long before the end, or at 80 % */
    const char **supersedes; /* template OIDs; 0..64 */
    size_t supersede_count;
};

struct wire_policy_answer {
    bool unchanged;        /* the etag still holds; no templates follow */
    const char *etag;      /* token, 0..64 */
    const char *principal; /* whom the server saw; 0..512 */
    const char *ca;        /* 0..64 */
    int64_t server_utc;    /* its clock, 0 when unchanged */
    uint64_t ask_again_s;  /* 1..604800 */
    struct wire_policy_template *templates; /* 0..1024 */
    size_t template_count;
};
WIRE_DECLARE(policy_answer);

#endif
