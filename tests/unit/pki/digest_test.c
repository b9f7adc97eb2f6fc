/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

#include "tests/support/test.h"

/* FIPS 180-4 examples: the empty message, "abc", and 448 bits. */
static const struct {
    const char *message;
    const char *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

enum { THREADS = 8 };

struct racer {
    pthread_barrier_t *start;
    unsigned char out[DIGEST_SHA256_SIZE];
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;

    (void)pthread_barrier_wait(racer->start);
    digest_sha256("abc", 3, racer->out);
    return NULL;
}

/* The first digest of the process is the one that asks the library for the algorithm. */
static void digest_may_be_asked_first_by_all_threads_at_once(void **state)
{
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    struct racer racers[THREADS];
    (void)state;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);

    for (size_t i = 0; i < THREADS; i++) {
        racers[i].start = &start;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }

    for (size_t i = 0; i < THREADS; i++) {
        AUTO(buf) hex = BUF_EMPTY;

        assert_int_equal(pthread_join(threads[i], NULL), 0);
        text_append_hex(&hex, racers[i].out, DIGEST_SHA256_SIZE);
        assert_string_equal(buf_text(&hex), vectors[1].hex);
    }
    (void)pthread_barrier_destroy(&start);
}

static void digest_gives_the_published_values(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        unsigned char out[DIGEST_SHA256_SIZE];
        AUTO(buf) hex = BUF_EMPTY;

        digest_sha256(vectors[i].message, strlen(vectors[i].message), out);
        text_append_hex(&hex, out, sizeof(out));
        assert_string_equal(buf_text(&hex), vectors[i].hex);
    }
}

static void digest_in_pieces_equals_digest_at_once(void **state)
{
    const char *message = vectors[2].message;
    unsigned char whole[DIGEST_SHA256_SIZE];
    (void)state;

    digest_sha256(message, strlen(message), whole);
    for (size_t cut = 0; cut <= strlen(message); cut++) {
        unsigned char pieces[DIGEST_SHA256_SIZE];
        AUTO(digest) d = digest_new();

        digest_update(d, message, cut);
        digest_update(d, message + cut, strlen(message) - cut);
        digest_finish(d, pieces);
        assert_memory_equal(pieces, whole, sizeof(whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_may_be_asked_first_by_all_threads_at_once),
        cmocka_unit_test(digest_gives_the_published_values),
        cmocka_unit_test(digest_in_pieces_equals_digest_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
