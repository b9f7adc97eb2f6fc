/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz: what a harness gives: one function that eats any input, and its seeds.
 *
 * A harness <name>_fuzz.c defines both functions below. It is linked twice: with libFuzzer
 * (BUILD_FUZZERS) and with fuzz_driver.c, which replays seeds and regressions and mutates
 * them by a seeded generator, so that every build runs a slice without clang.
 */
#ifndef AE_TESTS_FUZZ_FUZZ_H
#define AE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The entry, named as libFuzzer wants it; returns 0; aborts when a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void fuzz_emit(void *ctx, const void *data, size_t size);

/* Hand each seed (well-formed input made by the code itself, no files) to emit. */
void fuzz_seeds(fuzz_emit *emit, void *ctx);

/* A broken promise: says which, then aborts. */
#define FUZZ_CHECK(condition)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fuzz_fail(#condition, __FILE__, __LINE__);                                   \
        }                                                                                \
    } while (0)

_Noreturn void fuzz_fail(const char *condition, const char *file, int line);

#endif
