/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment: one journal file, and how it continues the one before it.
 *
 * A journal is a directory of segments named by their first sequence. Every start of the
 * writer and every rotation begins a new one. Nothing is ever cut: what a crash left half
 * written stays at the end of its segment, and the first record of the next segment says how
 * much of it is whole and what the torn rest hashes to. A segment gets its name only when its
 * first record is on stable storage.
 */
#ifndef AE_COMMON_AUDIT_SEGMENT_H
#define AE_COMMON_AUDIT_SEGMENT_H

#include "common/audit/merkle.h"
#include "common/audit/record.h"
#include "common/base/error.h"

/* Types of the format itself; those of the content start at AUDIT_TYPE_CONTENT. */
enum {
    AUDIT_TYPE_OPENED = 1,    /* first record of a segment; the one before ended whole */
    AUDIT_TYPE_RECOVERED = 2, /* the same, but the one before has a torn tail */
    AUDIT_TYPE_CONTENT = 16
};

enum { SEGMENT_NAME_SIZE = 29 /* "%020llu.journal" and NUL */ };

/* Where a chain stands: what the next record must continue. */
struct audit_chain {
    struct audit_hash last; /* zero octets before the first record */
    uint64_t time_ns;       /* of the last record */
    struct merkle tree;     /* tree.size is the last sequence */
};

#define AUDIT_CHAIN_START ((struct audit_chain){0})

/* Where a segment ended. */
struct segment_end {
    uint64_t first_sequence;     /* of the segment; 0 when there is none before */
    uint64_t whole;              /* octets of whole records */
    uint64_t torn;               /* octets behind them */
    struct audit_hash torn_hash; /* SHA-256 of those; zero octets when torn is 0 */
};

/* Called for each record in order; a false ends the reading with its error. */
struct audit_visitor {
    bool (*record)(void *ctx, const struct audit_record *record, struct error *err);
    void *ctx;
};

/* The name of the segment whose first record has that sequence. */
void segment_name(uint64_t first_sequence, char name[SEGMENT_NAME_SIZE]);

/* The sequence a file name stands for; false for any other name. */
bool segment_parse_name(const char *name, uint64_t *first_sequence);

/*
 * Append a record of the chain to out and move the chain on.
 *
 * payload  borrowed, at most AUDIT_PAYLOAD_MAX octets
 */
void audit_chain_append(struct audit_chain *chain, uint16_t type, uint64_t time_ns,
                        struct bytes payload, struct buf *out);

/* Append the first record of a segment that continues before, as OPENED or RECOVERED. */
void segment_begin(struct audit_chain *chain, const struct segment_end *before,
                   uint64_t time_ns, struct buf *out);

/*
 * Read a whole segment: check that it continues *chain and *end (the end of the segment
 * before it), visit its records, and set both to where it ends itself. A torn tail is no
 * error here: it is in *end.
 *
 * visitor NULL: only check
 * errors  ERROR_INVALID  no whole first record, a record out of sequence or not chained, a first
 *                        record that does not say what the segment before it holds
 *         the visitor's own
 */
AE_MUST_CHECK bool segment_read(struct bytes data, struct audit_chain *chain,
                                struct segment_end *end,
                                const struct audit_visitor *visitor, struct error *err);

/*
 * Take the chain from a segment's first record without what lies before it, for a writer that
 * starts: segment_read() then accepts the segment.
 *
 * errors  ERROR_INVALID  data does not begin with a first record
 */
AE_MUST_CHECK bool segment_adopt(struct bytes data, struct audit_chain *chain,
                                 struct segment_end *before, struct error *err);

#endif
