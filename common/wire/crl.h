/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl: a signed CRL of any size with flat memory on both sides. One exchange id for all:
 *
 *     policyd  CRL_BEGIN    names the CRL and the exact size of what follows
 *     signer   CRL_OPENED   the first octets of the TBSCertList
 *     policyd  CRL_ENTRIES  some entries          } repeated; one unanswered at a time
 *     signer   CRL_DER      their encoding        }
 *     policyd  CRL_FINISH
 *     signer   CRL_SIGNED   what goes before and after; the journal has the record
 *
 * DER wants lengths first, so BEGIN says how many octets the entries will take
 * (wire_crl_entry_octets() each): a first pass over the rows, or a sum kept beside them. The
 * signer hashes what it hands out and signs only if the sum was kept. The file is head,
 * OPENED.der, every DER.der, tail. Any step may be answered by SIGNER_REFUSAL, which ends it.
 */
#ifndef AE_COMMON_WIRE_CRL_H
#define AE_COMMON_WIRE_CRL_H

#include "common/wire/message.h"
#include "common/wire/record.h"

enum { WIRE_CRL_ENTRIES_MAX = 2048 }; /* of one chunk */

struct wire_crl_begin {
    const char *request_id; /* 1..64 */
    const char *ca;         /* 1..64 */
    uint32_t generation;
    uint32_t shard;
    bool distribution_point; /* critical issuingDistributionPoint with the CDP's URL */
    uint64_t number;         /* cRLNumber; above all earlier ones; 1.. */
    int64_t this_update_utc;
    int64_t next_update_utc;
    uint64_t entry_count;  /* of all chunks; none: no revokedCertificates */
    uint64_t entry_octets; /* of their DER; up to 2^40 */
    uint32_t deadline_ms;  /* between two steps; 1..600000 */
};
WIRE_DECLARE(crl_begin);

struct wire_crl_opened {
    struct bytes der;    /* 1..16384 */
    uint64_t tbs_octets; /* of the whole TBSCertList */
};
WIRE_DECLARE(crl_opened);

struct wire_crl_entry {
    struct bytes serial; /* content octets of its INTEGER, as in the certificate; 1..20 */
    int64_t revoked_utc;
    enum wire_revocation_reason reason; /* UNSPECIFIED: no reasonCode (RFC 5280 5.3.1) */
};

/* In ascending order of serial over all chunks, so that no serial comes twice. */
struct wire_crl_entries {
    struct wire_crl_entry *entries; /* 1..2048 */
    size_t entry_count;
};
WIRE_DECLARE(crl_entries);

struct wire_crl_der {
    struct bytes der; /* 1..131072 */
};
WIRE_DECLARE(crl_der);

struct wire_crl_finish {
    bool abandon;         /* give up: answered by SIGNER_REFUSAL, nothing is signed */
    uint64_t entry_count; /* sent; as announced */
};
WIRE_DECLARE(crl_finish);

struct wire_crl_signed {
    const char *request_id; /* 1..64 */
    struct bytes head;      /* tag and length of the CertificateList; 2..10 */
    struct bytes tail;      /* crlExtensions, algorithm, signature; 1..2048 */
    unsigned char tbs_sha256[WIRE_SHA256];
    unsigned char issuer_sha256[WIRE_SHA256]; /* of the CA certificate that signed */
    uint64_t journal_sequence;                /* 1.. */
    int64_t signed_utc;
};
WIRE_DECLARE(crl_signed);

/* Octets of one entry's DER; both sides count with it. */
uint64_t wire_crl_entry_octets(const struct wire_crl_entry *entry);

#endif
