/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: key pairs made once a test program, on first use.
 */
#ifndef AE_TESTS_SUPPORT_KEYS_H
#define AE_TESTS_SUPPORT_KEYS_H

#include "common/pki/key.h"
#include "common/pki/sig.h"

enum keys_kind {
    KEYS_RSA2048 = 0,
    KEYS_RSA3072,
    KEYS_P256,
    KEYS_P384,
    KEYS_P521,
    KEYS_ED25519,
    KEYS_COUNT
};

/* Borrowed; lives until the program ends. */
const struct key *keys_get(enum keys_kind kind);

/* Likewise: one that a signature by alg is made with, and one that it is not. */
const struct key *keys_fitting(enum sig_alg alg);
const struct key *keys_not_fitting(enum sig_alg alg);

#endif
