/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/merkle.h"

#include <assert.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/pki/digest.h"

/* RFC 6962 section 2.1: the prefixes keep a leaf from passing for a node. */
enum { LEAF_PREFIX = 0x00, NODE_PREFIX = 0x01 };

static void hash_leaf(struct bytes leaf, struct audit_hash *out)
{
    static const unsigned char prefix = LEAF_PREFIX;
    AUTO(digest) d = digest_new();

    digest_update(d, &prefix, 1);
    digest_update(d, leaf.data, leaf.len);
    digest_finish(d, out->octets);
}

/* out may be left or right. */
static void hash_node(const struct audit_hash *left, const struct audit_hash *right,
                      struct audit_hash *out)
{
    unsigned char octets[1 + 2 * AUDIT_HASH_SIZE];

    octets[0] = NODE_PREFIX;
    memcpy(octets + 1, left->octets, AUDIT_HASH_SIZE);
    memcpy(octets + 1 + AUDIT_HASH_SIZE, right->octets, AUDIT_HASH_SIZE);
    digest_sha256(octets, sizeof(octets), out->octets);
}

unsigned int merkle_edge_count(uint64_t size)
{
    return (unsigned int)__builtin_popcountll(size);
}

void merkle_append(struct merkle *tree, struct bytes leaf)
{
    unsigned int used = merkle_edge_count(tree->size);
    struct audit_hash hash;

    assert(tree->size < UINT64_MAX);
    hash_leaf(leaf, &hash);
    /* Each trailing one of the size is a full subtree as large as what is being carried. */
    for (uint64_t carry = tree->size; (carry & 1) != 0; carry >>= 1) {
        hash_node(&tree->edge[--used], &hash, &hash);
    }
    tree->edge[used] = hash;
    tree->size++;
}

void merkle_root(const struct merkle *tree, struct audit_hash *out)
{
    unsigned int used = merkle_edge_count(tree->size);

    if (used == 0) {
        digest_sha256("", 0, out->octets);
        return;
    }
    *out = tree->edge[used - 1];
    for (unsigned int i = used - 1; i > 0; i--) {
        hash_node(&tree->edge[i - 1], out, out);
    }
}
