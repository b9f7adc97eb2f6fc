/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how the signer is. STATUS_REQUEST is answered by SIGNER_STATUS, always: frozen,
 * without keys, with a full disk too (I9).
 */
#ifndef AE_COMMON_WIRE_STATUS_H
#define AE_COMMON_WIRE_STATUS_H

#include "common/wire/ca.h"
#include "common/wire/message.h"

struct wire_status_request {
    bool counters; /* wanted too */
};
WIRE_DECLARE(status_request);

struct wire_ca_status {
    const char *name; /* 1..64 */
    enum wire_key_store store;
    enum wire_key_algorithm algorithm;
    uint32_t bits; /* 1..65536 */
    unsigned char certificate_sha256[WIRE_SHA256];
    int64_t not_before_utc;
    int64_t not_after_utc;
    bool active;
    bool locked;         /* no passphrase or PIN yet */
    const char *problem; /* "" when it can sign; 0..512 */
};

/* The file that bounds what can be signed at all. */
struct wire_bounds_status {
    const char *path;   /* 0..4096 */
    uint32_t owner_uid; /* root, or the signer's own when it is unprivileged */
    unsigned char sha256[WIRE_SHA256];
    int64_t loaded_utc;  /* 0: never */
    const char *problem; /* why the newest file is not in force; 0..512 */
};

struct wire_journal_status {
    const char *path;                  /* of its directory; 0..4096 */
    uint64_t sequence;                 /* of the last stored record; 0: none */
    uint64_t time_ns;                  /* of that record, since the epoch */
    unsigned char sha256[WIRE_SHA256]; /* of that record */
    unsigned char root[WIRE_SHA256];   /* of the tree over all stored records */
    uint64_t first_sequence;           /* of the present segment */
    uint64_t segment_octets;
    uint64_t recovered_octets; /* of torn tails that were chained over */
    uint64_t octets_free;      /* left on its file system */
    uint64_t checkpoint;       /* records that the last checkpoint covers; 0: none */
    int64_t checkpoint_utc;
    bool failed;         /* a sync failed: nothing is recorded before a restart */
    const char *problem; /* why nothing can be recorded, so nothing signed; 0..512 */
};

struct wire_counter {
    const char *name; /* "certificates_signed"; token, 1..64 */
    uint64_t value;   /* since started_utc */
};

struct wire_signer_status {
    uint32_t pid;
    uint32_t uid;
    const char *software; /* "0.1.0"; token, 1..64 */
    uint32_t version;     /* of the messages */
    uint32_t node;        /* 0x40..0x7f */
    int64_t started_utc;
    int64_t now_utc;
    bool frozen;
    const char *frozen_sentence; /* by whom and why; 0..512 */
    bool clock_jumped;           /* issuing stopped until CONFIRM_CLOCK */
    struct wire_bounds_status bounds;
    struct wire_journal_status journal;
    struct wire_ca_status *cas; /* 0..32 */
    size_t ca_count;
    struct wire_counter *counters; /* 0..128 */
    size_t counter_count;
};
WIRE_DECLARE(signer_status);

#endif
