/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness without libFuzzer:
 *   fuzz_<name> [--runs N] [--seed N] [FILE.hex...]   seeds, regressions, then N mutations
 *   fuzz_<name> --write-seeds DIR                     the seeds as files, for libFuzzer
 * The random seed is printed, so that a failing run can be repeated.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "tests/fuzz/fuzz.h"

enum { SEEDS_MAX = 4096, INPUT_MAX = 1 << 20, EDITS_MAX = 8 };

struct corpus {
    struct buf inputs[SEEDS_MAX];
    size_t count;
    const char *directory; /* of --write-seeds, else NULL */
};

static void keep(void *ctx, const void *data, size_t size)
{
    struct corpus *corpus = ctx;

    FUZZ_CHECK(corpus->count < SEEDS_MAX && size <= INPUT_MAX);
    struct buf *input = &corpus->inputs[corpus->count++];
    *input = BUF_EMPTY;
    buf_append(input, data, size);
}

static void write_seed(void *ctx, const void *data, size_t size)
{
    struct corpus *corpus = ctx;
    AUTO(string) path = mem_printf("%s/seed-%04zu", corpus->directory, corpus->count++);
    AUTO(stream) file = fopen(path, "wbe");

    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(fwrite(data, 1, size, file) == size);
}

/* A regression is kept as text: hexadecimal digits, white space, '#' comments. */
static void keep_hex_file(struct corpus *corpus, const char *path)
{
    AUTO(stream) file = fopen(path, "re");
    AUTO(buf) digits = BUF_EMPTY;
    AUTO(buf) octets = BUF_EMPTY;
    struct error err = {0};
    bool comment = false;

    if (file == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        comment = c == '#' || (comment && c != '\n');
        if (!comment && strchr(" \t\r\n", c) == NULL) {
            buf_append_byte(&digits, (unsigned char)c);
        }
    }
    if (!text_parse_hex(buf_text(&digits), INPUT_MAX, &octets, &err)) {
        (void)fprintf(stderr, "%s: %s\n", path, err.message);
        exit(1);
    }
    keep(corpus, octets.data, octets.len);
}

/* xorshift64*: repeatable everywhere, and good enough to choose edits. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static void edit(struct buf *input, uint64_t *state)
{
    static const unsigned char odd[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0x30, 0xFE, 0x20};
    size_t at = (size_t)next_random(state) % (input->len + 1);
    size_t span = (size_t)next_random(state) % 16 + 1;

    switch (next_random(state) % 5) {
    case 0: /* cut the tail */
        buf_truncate(input, at);
        break;
    case 1: /* lengthen */
        for (size_t i = 0; i < span; i++) {
            buf_append_byte(input, (unsigned char)next_random(state));
        }
        break;
    case 2: /* drop some octets from the middle */
        if (at + span < input->len) {
            memmove(input->data + at, input->data + at + span, input->len - at - span);
            buf_truncate(input, input->len - span);
        }
        break;
    case 3:
        if (at < input->len) {
            input->data[at] = odd[next_random(state) % sizeof(odd)];
        }
        break;
    default:
        if (at < input->len) {
            input->data[at] ^= (unsigned char)(1U << (next_random(state) % 8));
        }
        break;
    }
}

static void run_exactly(const struct buf *input)
{
    /* A copy of just its size: a read behind the end is then a sanitizer's finding. */
    AUTO(octets) copy = mem_array(input->len, 1);

    if (input->len > 0) {
        memcpy(copy, input->data, input->len);
    }
    FUZZ_CHECK(LLVMFuzzerTestOneInput(copy, input->len) == 0);
}

static void run_mutations(const struct corpus *corpus, uint64_t runs, uint64_t seed)
{
    uint64_t state = seed == 0 ? 1 : seed;

    for (uint64_t i = 0; i < runs && corpus->count > 0; i++) {
        AUTO(buf) input = BUF_EMPTY;
        const struct buf *start = &corpus->inputs[next_random(&state) % corpus->count];
        uint64_t edits = next_random(&state) % EDITS_MAX + 1;

        buf_append(&input, start->data, start->len);
        for (uint64_t e = 0; e < edits; e++) {
            edit(&input, &state);
        }
        run_exactly(&input);
    }
}

static uint64_t number(const char *text)
{
    struct error err = {0};
    uint64_t value = 0;

    if (!text_parse_u64(text, 0, UINT64_MAX, &value, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"runs", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"write-seeds", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    static struct corpus corpus; /* large; main only */
    uint64_t runs = 0;
    uint64_t seed = (uint64_t)time(NULL);

    for (int o = 0; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'r':
            runs = number(optarg);
            break;
        case 's':
            seed = number(optarg);
            break;
        case 'w':
            corpus.directory = optarg;
            break;
        default:
            return 2;
        }
    }
    if (corpus.directory != NULL) {
        fuzz_seeds(write_seed, &corpus);
        return corpus.count > 0 ? 0 : 1;
    }
    fuzz_seeds(keep, &corpus);
    for (int i = optind; i < argc; i++) {
        keep_hex_file(&corpus, argv[i]);
    }
    printf("%zu inputs, %llu mutations, seed %llu\n", corpus.count,
           (unsigned long long)runs, (unsigned long long)seed);
    for (size_t i = 0; i < corpus.count; i++) {
        run_exactly(&corpus.inputs[i]);
    }
    run_mutations(&corpus, runs, seed);
    for (size_t i = 0; i < corpus.count; i++) {
        buf_clear(&corpus.inputs[i]);
    }
    return corpus.count > 0 ? 0 : 1;
}
