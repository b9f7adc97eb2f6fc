/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>

#include "common/pki/sig_stream.h"

#include "tests/support/test.h"

/* Flips a bit of the next signature, as a fault attack would. */
static bool faulty_key;

int __real_EVP_DigestSignFinal(EVP_MD_CTX *ctx, unsigned char *sig, size_t *sig_len);
int __wrap_EVP_DigestSignFinal(EVP_MD_CTX *ctx, unsigned char *sig, size_t *sig_len);

int __wrap_EVP_DigestSignFinal(EVP_MD_CTX *ctx, unsigned char *sig, size_t *sig_len)
{
    int done = __real_EVP_DigestSignFinal(ctx, sig, sig_len);

    if (done == 1 && sig != NULL && faulty_key) {
        sig[*sig_len - 1] ^= 1;
    }
    return done;
}

static struct key *new_key(enum key_alg alg, unsigned int bits)
{
    struct key *key = NULL;
    struct error err = {0};

    assert_ok(key_generate(alg, bits, &key, &err), &err);
    return key;
}

static bool sign_in_pieces(const struct key *key, const struct key *verify_with,
                           enum sig_alg alg, struct buf *out, struct error *err)
{
    AUTO(sig_stream) stream = NULL;

    return sig_stream_new(key, verify_with, alg, &stream, err) &&
           sig_stream_update(stream, bytes_of_text("a large"), err) &&
           sig_stream_update(stream, bytes_of_text(""), err) &&
           sig_stream_update(stream, bytes_of_text(" CRL"), err) &&
           sig_stream_finish(stream, out, err);
}

static void a_signature_in_pieces_is_one_of_the_whole(void **state)
{
    static const struct {
        enum key_alg key;
        unsigned int bits;
        enum sig_alg alg;
    } cases[] = {
        {KEY_EC, 256, SIG_ECDSA_SHA256},
        {KEY_EC, 384, SIG_ECDSA_SHA384},
        {KEY_RSA, 2048, SIG_RSA_SHA256},
        {KEY_RSA, 2048, SIG_PSS_SHA384},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(key) key = new_key(cases[i].key, cases[i].bits);
        AUTO(buf) signature = BUF_EMPTY;
        struct error err = {0};

        assert_ok(sign_in_pieces(key, key, cases[i].alg, &signature, &err), &err);
        assert_ok(sig_verify(key, cases[i].alg, bytes_of_text("a large CRL"),
                             buf_bytes(&signature), &err),
                  &err);
        assert_false(sig_verify(key, cases[i].alg, bytes_of_text("a large CRl"),
                                buf_bytes(&signature), &err));
    }
}

static void a_signature_that_does_not_verify_is_not_given(void **state)
{
    AUTO(key) key = new_key(KEY_EC, 256);
    AUTO(key) other = new_key(KEY_EC, 256);
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    faulty_key = true;
    assert_fails(sign_in_pieces(key, key, SIG_ECDSA_SHA256, &signature, &err), &err,
                 ERROR_INTERNAL, "does not verify");
    faulty_key = false;
    assert_fails(sign_in_pieces(key, other, SIG_ECDSA_SHA256, &signature, &err), &err,
                 ERROR_INTERNAL, "does not verify");
    assert_int_equal(signature.len, 0);
}

static void what_cannot_sign_in_pieces_is_refused(void **state)
{
    AUTO(key) ec = new_key(KEY_EC, 256);
    AUTO(key) ed = new_key(KEY_ED25519, 255);
    AUTO(key) public_only = NULL;
    struct sig_stream *stream = NULL;
    struct error err = {0};
    (void)state;

    assert_ok(key_from_spki(key_get_spki(ec), &public_only, &err), &err);
    assert_fails(sig_stream_new(ed, ed, SIG_ED25519, &stream, &err), &err, ERROR_INVALID,
                 "in pieces");
    assert_fails(sig_stream_new(ec, ec, SIG_RSA_SHA256, &stream, &err), &err,
                 ERROR_INVALID, "in pieces");
    assert_fails(sig_stream_new(public_only, ec, SIG_ECDSA_SHA256, &stream, &err), &err,
                 ERROR_INVALID, "private");
    assert_null(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_in_pieces_is_one_of_the_whole),
        cmocka_unit_test(a_signature_that_does_not_verify_is_not_given),
        cmocka_unit_test(what_cannot_sign_in_pieces_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
