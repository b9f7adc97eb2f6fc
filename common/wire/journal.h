/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: what stands in the signer's journal, and asking for it. JOURNAL_TAIL is answered by
 * JOURNAL_RECORDS or SIGNER_REFUSAL; policyd asks on when `more` is set.
 *
 * The file format is common/audit's; this is the content of its records: the type of a record
 * says which message its payload encodes (entry.h, record.h), so that `ledger rebuild` and
 * `audit tail` read what the signer wrote with these decoders alone.
 */
#ifndef AE_COMMON_WIRE_JOURNAL_H
#define AE_COMMON_WIRE_JOURNAL_H

#include "common/wire/limits.h"
#include "common/wire/message.h"

enum {
    WIRE_RECORD_MAX = 128 * 1024
}; /* octets of a payload, as common/audit bounds it */

/*
 * The type of a record. The numbers stand on disk and an old journal must stay readable: none
 * changes, and a message whose table changes gets a new number, the old table stays.
 */
enum wire_record {
    /* of the file format itself: their payload is common/audit's */
    WIRE_RECORD_OPENED = 1,
    WIRE_RECORD_RECOVERED = 2,
    /* ours */
    WIRE_RECORD_START = 16,     /* journal_start */
    WIRE_RECORD_SELF_TEST,      /* journal_self_test: will be signed */
    WIRE_RECORD_INTENT,         /* journal_intent: will be signed */
    WIRE_RECORD_INFRASTRUCTURE, /* journal_infrastructure: will be signed */
    WIRE_RECORD_RESULT,         /* journal_result: was signed and verified */
    WIRE_RECORD_REFUSAL,        /* journal_refusal: was not, or was not released */
    WIRE_RECORD_REVOCATION,     /* revocation */
    WIRE_RECORD_APPROVAL,       /* approval_record */
    WIRE_RECORD_DECISIONS,      /* decision_batch */
    WIRE_RECORD_CONTROL,        /* control */
    WIRE_RECORD_CRL,            /* journal_crl: will be signed */
    WIRE_RECORD_OCSP,           /* journal_ocsp: will be signed */
    WIRE_RECORD_CA,             /* journal_ca: a CA came into use or went out of it */
    WIRE_RECORD_CHECKPOINT,     /* journal_checkpoint */
    WIRE_RECORD_AUTHORITY,      /* journal_authority: will be signed */
    WIRE_RECORD_AUTHORITY_MADE, /* journal_authority_made: was signed and verified */
    WIRE_RECORD_CRL_NUMBER,     /* journal_crl_number: before a START, what was used up */
    WIRE_RECORD_END             /* one above the last */
};

/* "intent"; "unknown" for what is no type. */
const char *wire_record_name(unsigned int type);

/* The message that the payload encodes; NULL for the format's own and unknown types. */
const struct wire_message *wire_record_message(unsigned int type);

struct wire_journal_tail {
    uint64_t after;       /* records with a larger sequence; 0: from the start */
    uint32_t max;         /* records in one answer, fewer if they are long; 1..1024 */
    uint32_t deadline_ms; /* 1..600000 */
};
WIRE_DECLARE(journal_tail);

/* A record as common/audit reads it; whoever verifies encodes it again and hashes that. */
struct wire_journal_entry {
    uint64_t sequence;                          /* 1, 2, 3, … */
    uint64_t time_ns;                           /* since the epoch, UTC */
    uint32_t type;                              /* enum wire_record; 1..65535 */
    unsigned char previous_sha256[WIRE_SHA256]; /* all zero for sequence 1 */
    unsigned char sha256[WIRE_SHA256];
    struct bytes payload; /* 0..131072 */
};

struct wire_journal_records {
    struct wire_journal_entry *records; /* in order, without a gap; 0..1024 */
    size_t record_count;
    bool more;
    uint64_t last; /* sequence of the newest record that is synced; 0: none */
};
WIRE_DECLARE(journal_records);

#endif
