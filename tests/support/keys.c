/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/keys.h"

#include <stdlib.h>

#include "tests/support/test.h"

static const struct {
    enum key_alg alg;
    unsigned int bits;
} kinds[KEYS_COUNT] = {
    [KEYS_RSA2048] = {KEY_RSA, 2048}, [KEYS_RSA3072] = {KEY_RSA, 3072},
    [KEYS_P256] = {KEY_EC, 256},      [KEYS_P384] = {KEY_EC, 384},
    [KEYS_P521] = {KEY_EC, 521},      [KEYS_ED25519] = {KEY_ED25519, 255},
};

static const enum keys_kind fitting[SIG_ALG_COUNT] = {
    [SIG_RSA_SHA256] = KEYS_RSA2048, [SIG_RSA_SHA384] = KEYS_RSA2048,
    [SIG_RSA_SHA512] = KEYS_RSA2048, [SIG_PSS_SHA256] = KEYS_RSA2048,
    [SIG_PSS_SHA384] = KEYS_RSA2048, [SIG_PSS_SHA512] = KEYS_RSA2048,
    [SIG_ECDSA_SHA256] = KEYS_P256,  [SIG_ECDSA_SHA384] = KEYS_P384,
    [SIG_ECDSA_SHA512] = KEYS_P521,  [SIG_ED25519] = KEYS_ED25519,
};

static struct key *made[KEYS_COUNT];

static void free_all(void)
{
    for (size_t i = 0; i < KEYS_COUNT; i++) {
        key_free(made[i]);
    }
}

const struct key *keys_get(enum keys_kind kind)
{
    static bool registered;
    struct error err = {0};

    if (!registered) {
        registered = atexit(free_all) == 0;
    }
    if (made[kind] == NULL) {
        assert_ok(key_generate(kinds[kind].alg, kinds[kind].bits, &made[kind], &err),
                  &err);
    }
    return made[kind];
}

const struct key *keys_fitting(enum sig_alg alg)
{
    return keys_get(fitting[alg]);
}

const struct key *keys_not_fitting(enum sig_alg alg)
{
    return keys_get(fitting[alg] == KEYS_RSA2048 ? KEYS_P256 : KEYS_RSA2048);
}
