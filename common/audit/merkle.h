/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merkle: the RFC 6962 tree over the journal's records, kept as its right edge alone.
 *
 * Appending costs O(log n) at most; the root of the tree so far is at hand at any time.
 */
#ifndef AE_COMMON_AUDIT_MERKLE_H
#define AE_COMMON_AUDIT_MERKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/audit/record.h"

enum { MERKLE_LEVELS = 64 };

struct merkle {
    uint64_t size; /* leaves */
    /* Roots of the full subtrees of which size consists, the largest first: one a set bit. */
    struct audit_hash edge[MERKLE_LEVELS];
};

#define MERKLE_EMPTY ((struct merkle){0})

/* How many entries of edge are in use for a tree of that many leaves. */
unsigned int merkle_edge_count(uint64_t size);

/* Append a leaf: the octets of one whole record. Aborts at 2^64 - 1 leaves. */
void merkle_append(struct merkle *tree, struct bytes leaf);

/* The root; of the empty tree it is the SHA-256 of nothing (RFC 6962 section 2.1). */
void merkle_root(const struct merkle *tree, struct audit_hash *out);

#endif
