/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit: the journal's file format: hash-chained records in segment files.
 *
 * The signer writes it (policyd/signer/journal), policyctl and the ledger's rebuild read it.
 * A record is, in big-endian:
 *     magic "AEJ1" · u32 octets of the whole record · u64 sequence · u64 time (ns, UTC) ·
 *     u16 type · u16 zero · previous record's hash (32) · payload · SHA-256 of all that (32)
 * The first record of all has sequence 1 and 32 zero octets as its previous hash.
 */
#ifndef AE_COMMON_AUDIT_RECORD_H
#define AE_COMMON_AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"

enum {
    AUDIT_HASH_SIZE = 32,
    AUDIT_HEADER_SIZE = 60,         /* octets before the payload */
    AUDIT_PAYLOAD_MAX = 128 * 1024, /* octets */
    AUDIT_RECORD_MIN = AUDIT_HEADER_SIZE + AUDIT_HASH_SIZE,
    AUDIT_RECORD_MAX = AUDIT_RECORD_MIN + AUDIT_PAYLOAD_MAX
};

struct audit_hash {
    unsigned char octets[AUDIT_HASH_SIZE];
};

struct audit_record {
    uint64_t sequence;
    uint64_t time_ns; /* since the epoch, UTC */
    uint16_t type;    /* what the payload is: common/wire's journal types */
    struct audit_hash previous;
    struct audit_hash hash; /* of this record */
    struct bytes payload;   /* borrowed from what was read */
};

/*
 * Append a record to out and fill its hash; sequence, time, type, previous and payload
 * (at most AUDIT_PAYLOAD_MAX octets) are the caller's.
 */
void audit_record_append(struct audit_record *record, struct buf *out);

enum audit_step {
    AUDIT_STEP_RECORD = 0, /* a whole record with a right hash was read */
    AUDIT_STEP_END,        /* nothing is left */
    AUDIT_STEP_TORN        /* what follows is no whole record with a right hash */
};

/*
 * Read the record at data[*offset]. Only AUDIT_STEP_RECORD fills *out and moves *offset
 * behind it. The chain (sequence and previous hash) is the caller's to compare.
 */
enum audit_step audit_record_read(struct bytes data, size_t *offset,
                                  struct audit_record *out);

bool audit_hash_equal(const struct audit_hash *a, const struct audit_hash *b);

#endif
