/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content: what a certificate shall say, as typed fields; the one object that rules judge,
 * the signer builds from, and policyd compares with the result.
 *
 * Never here: serial, issuer, key, AKI, SKI, CDP, AIA, SID and template extension. The signer
 * adds them itself, the last two from the account and the template of the intent (I3, I4).
 */
#ifndef AE_COMMON_WIRE_CONTENT_H
#define AE_COMMON_WIRE_CONTENT_H

#include "common/wire/names.h"

/* An extension beyond those that have fields of their own. */
struct wire_extension {
    const char *oid;
    bool critical;
    struct bytes der; /* the content of extnValue; 1..4096 */
};
extern const struct wire_table wire_extension_table;

/* PolicyInformation (RFC 5280 4.2.1.4). */
struct wire_policy {
    const char *oid;
    const char *cps_uri; /* ASCII; "" without; 0..1024 */
    const char *notice;  /* explicitText; "" without; 0..200 characters' octets */
};
extern const struct wire_table wire_policy_table;

struct wire_content {
    struct wire_rdn *subject; /* root first; none: the empty name; 0..64 */
    size_t subject_count;
    struct wire_san *sans; /* in this order; 0..100 */
    size_t san_count;
    int64_t not_before_utc;
    int64_t not_after_utc;
    uint32_t key_usage; /* bit n of RFC 5280 4.2.1.3 is 1 << n */
    const char **ekus;  /* extended key usage; 0..64 OIDs */
    size_t eku_count;
    const char **application_policies; /* 1.3.6.1.4.1.311.21.10; 0..64 OIDs */
    size_t application_policy_count;
    struct wire_policy *policies; /* certificatePolicies; 0..64 */
    size_t policy_count;
    const char **critical; /* OIDs of the extensions above that are critical; 0..64 */
    size_t critical_count;
    bool basic_constraints; /* add basicConstraints, always CA:FALSE */
    bool template_name_v1;  /* add 1.3.6.1.4.1.311.20.2 beside the v2 extension */
    bool no_revocation;     /* leave CDP and AIA out (NOREVOCATIONINFOINISSUEDCERTS) */
    bool ocsp_no_check;     /* add id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1) */
    struct wire_extension *extensions; /* 0..64 */
    size_t extension_count;
};
extern const struct wire_table wire_content_table;

/* Which template, in which state of its text. */
struct wire_template_ref {
    const char *oid;
    const char *name;                          /* its cn; 1..256 */
    uint32_t major;                            /* revision */
    uint32_t minor;                            /* msPKI-Template-Minor-Revision */
    unsigned char content_sha256[WIRE_SHA256]; /* of all its attributes, canonical */
};
extern const struct wire_table wire_template_ref_table;

#endif
