/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: the client's agent (store, keys, plan) and its network half (HTTP, TLS, Kerberos).
 * The network half knows server and credentials from its configuration; no private key and
 * no password crosses. Answers:
 *
 *     ENROLL_SUBMIT      ENROLL_ISSUED or ENROLL_PENDING
 *     CACERTS_REQUEST    CACERTS_ANSWER
 *     REPORT             REPORT_TAKEN
 *     any                AGENT_FAILURE
 *
 * What stands in an answer is the server's word: the agent verifies every certificate itself
 * (key, chain, names, purpose, time) before it installs anything.
 */
#ifndef AE_COMMON_WIRE_AGENT_H
#define AE_COMMON_WIRE_AGENT_H

#include "common/wire/message.h"
#include "common/wire/policy.h"

enum wire_credential {
    WIRE_CREDENTIAL_KERBEROS = 0, /* /simpleenroll or /simplereenroll with a ticket */
    WIRE_CREDENTIAL_CERTIFICATE,  /* /simplereenroll with the old certificate */
    WIRE_CREDENTIAL_COUNT
};
const char *wire_credential_name(enum wire_credential credential); /* "kerberos" */

/* A poll of a held request is the same message again, with the same key. */
struct wire_enroll_submit {
    const char *template; /* cn; 1..256 */
    const char *label;    /* EST path label; 0..256 */
    enum wire_op op;
    struct bytes csr; /* DER; 1..16384 */
    enum wire_credential credential;
    struct bytes old_certificate; /* DER, of a renewal; none; 0..16384 */
    const char *old_generation;   /* where it lies: "WebServer/gen-4a…"; 0..512 */
    uint32_t deadline_ms;         /* 1..600000 */
};
WIRE_DECLARE(enroll_submit);

struct wire_enroll_issued {
    struct bytes certificate; /* DER, the end entity's; 1..16384 */
    struct bytes *chain;      /* the rest of the answer; 0..8 DER */
    size_t chain_count;
    const char *request_id; /* as the server named it; token, 0..64 */
};
WIRE_DECLARE(enroll_issued);

/* 202 */
struct wire_enroll_pending {
    const char *request_id; /* token, 0..64 */
    uint32_t retry_after_s; /* 1..604800 */
    const char *sentence;   /* 0..512 */
};
WIRE_DECLARE(enroll_pending);

enum wire_failure {
    WIRE_FAILURE_REFUSED = 0,     /* 403, 400: asking again will not help */
    WIRE_FAILURE_UNAUTHENTICATED, /* 401 */
    WIRE_FAILURE_NO_TICKET,       /* nobody logged in, no keytab */
    WIRE_FAILURE_UNAVAILABLE,     /* no connection, timeout, 429, 503 */
    WIRE_FAILURE_UNTRUSTED,       /* the server's TLS certificate, a redirect elsewhere */
    WIRE_FAILURE_BAD_ANSWER,      /* too large, malformed, another content type */
    WIRE_FAILURE_COUNT
};
const char *wire_failure_name(enum wire_failure failure); /* "refused" */

struct wire_agent_failure {
    enum wire_failure failure;
    uint32_t http_status;   /* 0: there was none; 0..999 */
    const char *reason;     /* docs/REASONS, if the server gave one; token, 0..64 */
    const char *sentence;   /* the server's public one, else ours; 1..512 */
    const char *request_id; /* token, 0..64 */
    uint32_t retry_after_s; /* 0: not said; 0..604800 */
};
WIRE_DECLARE(agent_failure);

struct wire_cacerts_request {
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(cacerts_request);

struct wire_cacerts_answer {
    struct bytes *certificates; /* as the server ordered them; 0..64 DER */
    size_t certificate_count;
};
WIRE_DECLARE(cacerts_answer);

/* What people see. */
enum wire_health {
    WIRE_HEALTH_HEALTHY = 0,
    WIRE_HEALTH_DUE,
    WIRE_HEALTH_EXPIRED,
    WIRE_HEALTH_PENDING,
    WIRE_HEALTH_DENIED,
    WIRE_HEALTH_BROKEN,
    WIRE_HEALTH_COUNT
};
const char *wire_health_name(enum wire_health health); /* "healthy" */

struct wire_report_entry {
    struct wire_template_ref template;
    enum wire_health health;
    struct bytes serial; /* none without a certificate; 0..20 */
    int64_t not_after_utc;
    const char *reason;   /* token, 0..64 */
    const char *sentence; /* 0..512 */
};

/* POST /autoenroll/v1/report after each run. */
struct wire_report {
    const char *software; /* "0.1.0"; token, 1..64 */
    int64_t started_utc;
    int64_t finished_utc;
    uint32_t exit_code;                /* 0..255 */
    struct wire_report_entry *entries; /* 0..1024 */
    size_t entry_count;
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(report);

struct wire_report_taken {
    uint32_t http_status; /* 100..999 */
};
WIRE_DECLARE(report_taken);

#endif
