/* SPDX-License-Identifier: Apache-2.0 */
/*
 * So many executions of every decoder, each from mutated messages of its own:
 *   fuzz_wire_million [--runs N] [--seed N] [--part I/N]     default 1000000, 1, 1/1
 * Prints one line a message, in the form of TAP. --part shares the messages out over N processes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/wire_fuzz.h"
#include "tests/support/wire_random.h"

enum { INPUT_MAX = 16 * 1024, EDITS_MAX = 4 };

struct input {
    unsigned char octets[INPUT_MAX];
    size_t len;
};
CLEANUP_DEFINE(input, struct input *, free);

static void put_u32(struct input *input, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        input->octets[at + i] = (unsigned char)(value >> (8 * (3 - i)));
    }
}

static uint32_t get_u32(const struct input *input, size_t at)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        value = value << 8 | input->octets[at + i];
    }
    return value;
}

/* Lengths and counts are what there is to get wrong: one more, one less, far too many. */
static void edit_u32(struct input *input, size_t at, struct wire_random *random)
{
    static const uint32_t odd[] = {0,      1,       0x7F,       0x100,
                                   0xFFFF, 0x10000, 0x7FFFFFFF, UINT32_MAX};
    uint64_t chance = wire_random_below(random, 4);

    if (at + 4 > input->len) {
        return;
    }
    if (chance == 0) {
        put_u32(input, at, odd[wire_random_below(random, sizeof(odd) / sizeof(odd[0]))]);
    } else {
        put_u32(input, at, get_u32(input, at) + (uint32_t)chance - 2);
    }
}

/* A span moves up or down; what it leaves behind or covers is whatever stands there. */
static void edit_length(struct input *input, size_t at, struct wire_random *random)
{
    size_t span = (size_t)wire_random_below(random, 16) + 1;

    if (wire_random_below(random, 2) == 0) {
        span = span < input->len - at ? span : input->len - at;
        memmove(input->octets + at, input->octets + at + span, input->len - at - span);
        input->len -= span;
    } else if (input->len + span <= INPUT_MAX) {
        memmove(input->octets + at + span, input->octets + at, input->len - at);
        input->len += span;
    }
}

static void edit(struct input *input, struct wire_random *random)
{
    size_t at = (size_t)wire_random_below(random, input->len + 1);

    switch (wire_random_below(random, 6)) {
    case 0:
        input->len = at;
        break;
    case 1:
        edit_length(input, at, random);
        break;
    case 2:
    case 3:
        edit_u32(input, at, random);
        break;
    default:
        if (at < input->len) {
            input->octets[at] ^= (unsigned char)(1U << wire_random_below(random, 8));
        }
        break;
    }
}

/*
 * The input ends where the block ends, so that reading behind it is the sanitizer's to see,
 * without an allocation for each execution.
 */
static bool execute(const struct wire_message *message, const struct input *input,
                    unsigned char *block)
{
    unsigned char *start = block + INPUT_MAX - input->len;

    memcpy(start, input->octets, input->len);
    return wire_fuzz_message(message, (struct bytes){start, input->len});
}

static void run_message(const struct wire_message *message, uint64_t runs,
                        struct wire_random *random)
{
    AUTO(octets) block = mem_new(INPUT_MAX);
    struct buf seeds[WIRE_FUZZ_SEEDS];
    AUTO(input) input = mem_new(sizeof(*input));
    uint64_t accepted = 0;

    for (unsigned int i = 0; i < WIRE_FUZZ_SEEDS; i++) {
        seeds[i] = BUF_EMPTY;
        wire_fuzz_seed(message, i, &seeds[i]);
        FUZZ_CHECK(seeds[i].len <= INPUT_MAX);
    }
    for (uint64_t i = 0; i < runs; i++) {
        const struct buf *seed = &seeds[wire_random_below(random, WIRE_FUZZ_SEEDS)];
        uint64_t edits = wire_random_below(random, EDITS_MAX) + 1;

        memcpy(input->octets, seed->data, seed->len);
        input->len = seed->len;
        while (edits-- > 0) {
            edit(input, random);
        }
        accepted += execute(message, input, block) ? 1 : 0;
    }
    printf("ok - %s survives %llu executions, %llu accepted\n", message->table->name,
           (unsigned long long)runs, (unsigned long long)accepted);
    (void)fflush(stdout);
    for (unsigned int i = 0; i < WIRE_FUZZ_SEEDS; i++) {
        buf_clear(&seeds[i]);
    }
}

/* The number that text starts with; what follows it must be the character after. */
static uint64_t number(const char *text, char after, const char **rest)
{
    char *end = NULL;

    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != after || value == 0) {
        (void)fprintf(stderr, "fuzz_wire_million: '%s' is no number\n", text);
        exit(2);
    }
    *rest = end + 1;
    return value;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"runs", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"part", required_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    AUTO(wire_random) random = {0};
    const char *rest = NULL;
    uint64_t runs = 1000000;
    uint64_t seed = 1;
    uint64_t part = 1;
    uint64_t parts = 1;

    for (int o = 0; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'r') {
            runs = number(optarg, '\0', &rest);
        } else if (o == 's') {
            seed = number(optarg, '\0', &rest);
        } else if (o == 'p') {
            part = number(optarg, '/', &rest);
            parts = number(rest, '\0', &rest);
        } else {
            return 2;
        }
    }
    wire_random_init(&random, seed);
    for (uint64_t type = part - 1; type < WIRE_TYPE_COUNT; type += parts) {
        run_message(wire_message_find((unsigned int)type), runs, &random);
    }
    return 0;
}
