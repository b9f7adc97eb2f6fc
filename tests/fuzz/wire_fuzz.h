/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_fuzz: one execution of one decoder, for harnesses that choose the message themselves.
 */
#ifndef AE_TESTS_FUZZ_WIRE_FUZZ_H
#define AE_TESTS_FUZZ_WIRE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>

#include "common/wire/message.h"

/*
 * Decode any octets as the message. Aborts when a promise is broken: what is accepted must
 * encode to the same octets, what is refused must leave nothing but a sentence.
 * Returns whether they were accepted.
 */
bool wire_fuzz_message(const struct wire_message *message, struct bytes payload);

/* The seeds of one message: random ones, short, always the same. */
enum { WIRE_FUZZ_SEEDS = 4 };
void wire_fuzz_seed(const struct wire_message *message, unsigned int number,
                    struct buf *payload);

#endif
