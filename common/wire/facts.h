/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: all that a decision is made from. policyd sends FACTS to policyd-rules, which
 * answers VERDICT or QUERY_NEED (verdict.h), and keeps the same octets in the ledger (beside
 * the WIRE_VERSION that they are of), so that explain and replay see what the rules saw;
 * facts_sha256 in intents is their hash.
 *
 * Only csr is what the requester wrote; the rest policyd knows by itself.
 */
#ifndef AE_COMMON_WIRE_FACTS_H
#define AE_COMMON_WIRE_FACTS_H

#include "common/wire/content.h"
#include "common/wire/message.h"
#include "common/wire/request.h"

/* What rules can make of a template at most; nothing widens it. */
struct wire_envelope {
    uint64_t validity_max_s;    /* the least of template, CA and configuration */
    uint32_t san_types;         /* 1 << enum general_type of those allowed */
    bool csr_names;             /* a rule may take names from the CSR */
    const char **name_suffixes; /* ".corp.example.com": names to add; 0..256 texts */
    size_t name_suffix_count;
    const char **ekus; /* 0..64 OIDs */
    size_t eku_count;
    const char **extensions; /* OIDs that rules may add; 0..64 */
    size_t extension_count;
};

struct wire_template {
    struct wire_template_ref ref;
    uint32_t schema_version;   /* 1..4 */
    uint32_t general_flags;    /* flags ([MS-CRTD] 2.4) */
    uint32_t enrollment_flags; /* msPKI-Enrollment-Flag */
    uint32_t name_flags;       /* msPKI-Certificate-Name-Flag */
    uint32_t key_flags;        /* msPKI-Private-Key-Flag */
    uint64_t validity_s;
    uint64_t renewal_s; /* overlap */
    uint32_t key_bits_min;
    uint32_t ra_signatures; /* how many it wants */
    const char **ekus;      /* 0..64 OIDs */
    size_t eku_count;
    const char **supersedes; /* template names; 0..64 */
    size_t supersede_count;
    struct wire_envelope envelope;
};

enum wire_certificate_state {
    WIRE_CERTIFICATE_LIVE = 0,
    WIRE_CERTIFICATE_EXPIRED,
    WIRE_CERTIFICATE_HELD, /* certificateHold */
    WIRE_CERTIFICATE_REVOKED,
    WIRE_CERTIFICATE_STATE_COUNT
};
const char *wire_certificate_state_name(enum wire_certificate_state state);

/* A certificate that the ledger knows. */
struct wire_known_certificate {
    const char *ca;                  /* 1..64 */
    struct bytes serial;             /* 1..20 */
    struct wire_account_ref account; /* whose */
    struct wire_template_ref template;
    int64_t not_before_utc;
    int64_t not_after_utc;
    unsigned char spki_sha256[WIRE_SHA256];
    enum wire_certificate_state state;
};

enum wire_same_key {
    WIRE_SAME_KEY_NONE = 0,
    WIRE_SAME_KEY_SAME_PRINCIPAL,
    WIRE_SAME_KEY_OTHER_PRINCIPAL,
    WIRE_SAME_KEY_REVOKED, /* in a certificate revoked for it */
    WIRE_SAME_KEY_COUNT
};
const char *wire_same_key_name(enum wire_same_key same_key); /* "other_principal" */

struct wire_history {
    struct wire_known_certificate *active; /* of the principal, newest first; 0..64 */
    size_t active_count;
    uint32_t issued_24h;
    uint32_t issued_7d;
    enum wire_same_key same_key;
    struct wire_known_certificate *same_names; /* of anybody; 0..64 */
    size_t same_name_count;
    struct wire_known_certificate *previous; /* the one being renewed, or NULL */
};

/* A named query that a rule made, and what the directory said (need and retry). */
struct wire_query {
    const char *name;                 /* as configured; token, 1..64 */
    struct wire_attribute *arguments; /* one value each; 0..16 */
    size_t argument_count;
};
extern const struct wire_table wire_query_table;

struct wire_query_entry {
    const char *dn;                    /* 1..2048 */
    struct wire_attribute *attributes; /* 0..64 */
    size_t attribute_count;
};

struct wire_query_answer {
    struct wire_query query;
    struct wire_query_entry *entries; /* 0..20 */
    size_t entry_count;
};

struct wire_facts {
    const char *request_id;               /* 1..64 */
    unsigned char bundle_id[WIRE_SHA256]; /* the rules to decide by; another: refused */
    enum wire_op op;
    enum wire_stage stage;
    int64_t time_utc;       /* the decision's only clock */
    int64_t local_offset_s; /* of the site's zone at that time, east positive; ±86400 */
    const char *zone;       /* "Europe/Berlin", 0..64 */
    const char *peer_address; /* numeric; 0..45 */
    enum wire_auth_method auth;
    struct wire_csr csr;               /* untrusted */
    struct wire_account requester;     /* who asked */
    struct wire_account *on_behalf_of; /* whom it is for; NULL: the requester */
    struct wire_template template;
    struct wire_content proposed;    /* from template and account, before the rules */
    struct wire_history *history;    /* NULL: not known; a rule that needs it fails */
    struct wire_approval *approvals; /* 0..16 */
    size_t approval_count;
    struct wire_query_answer *answers; /* 0..8 */
    size_t answer_count;
};
WIRE_DECLARE(facts);

#endif
