/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/merkle.h"
#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

#include "tests/support/test.h"

/* RFC 6962 section 2.1, word for word: MTH over leaves[0..count), by recursion. */
static void reference_root(const unsigned char *leaves, uint64_t count,
                           struct audit_hash *out)
{
    struct audit_hash halves[2];
    unsigned char node[65] = {0x01};
    uint64_t k = 1;

    if (count == 1) {
        const unsigned char leaf[2] = {0x00, leaves[0]};

        digest_sha256(leaf, sizeof(leaf), out->octets);
        return;
    }
    while (k * 2 < count) {
        k *= 2; /* the largest power of two smaller than count */
    }
    reference_root(leaves, k, &halves[0]);
    reference_root(leaves + k, count - k, &halves[1]);
    memcpy(node + 1, halves, sizeof(halves));
    digest_sha256(node, sizeof(node), out->octets);
}

static void the_root_is_that_of_rfc6962_at_every_size(void **state)
{
    struct merkle tree = MERKLE_EMPTY;
    unsigned char leaves[200];
    (void)state;

    for (size_t i = 0; i < sizeof(leaves); i++) {
        struct audit_hash expected;
        struct audit_hash root;

        leaves[i] = (unsigned char)(i * 7);
        merkle_append(&tree, (struct bytes){leaves + i, 1});
        reference_root(leaves, i + 1, &expected);
        merkle_root(&tree, &root);
        if (!audit_hash_equal(&root, &expected)) {
            fail_msg("size %zu", i + 1);
        }
        assert_int_equal(tree.size, i + 1);
    }
}

static void the_root_of_nothing_is_the_digest_of_nothing(void **state)
{
    struct merkle tree = MERKLE_EMPTY;
    struct audit_hash root;
    AUTO(buf) hex = BUF_EMPTY;
    (void)state;

    merkle_root(&tree, &root);
    text_append_hex(&hex, root.octets, AUDIT_HASH_SIZE);

    assert_string_equal(
        buf_text(&hex),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void another_order_of_leaves_is_another_root(void **state)
{
    struct merkle one = MERKLE_EMPTY;
    struct merkle two = MERKLE_EMPTY;
    struct audit_hash roots[2];
    (void)state;

    merkle_append(&one, bytes_of_text("a"));
    merkle_append(&one, bytes_of_text("b"));
    merkle_append(&two, bytes_of_text("b"));
    merkle_append(&two, bytes_of_text("a"));
    merkle_root(&one, &roots[0]);
    merkle_root(&two, &roots[1]);

    assert_false(audit_hash_equal(&roots[0], &roots[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_that_of_rfc6962_at_every_size),
        cmocka_unit_test(the_root_of_nothing_is_the_digest_of_nothing),
        cmocka_unit_test(another_order_of_leaves_is_another_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
