/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key_spec.h"

#include <string.h>

#include "common/base/text.h"

static bool read_spec(const char *text, enum key_alg *alg, int64_t *bits)
{
    struct error ignored;

    *bits = 0;
    if (strcmp(text, "ed25519") == 0) {
        *alg = KEY_ED25519;
        return true;
    }
    if (text_has_prefix(text, "rsa-")) {
        *alg = KEY_RSA;
        return text_parse_i64(text + 4, KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX, bits,
                              &ignored);
    }
    *alg = KEY_EC;
    return text_has_prefix(text, "ec-") &&
           text_parse_i64(text + 3, 256, 521, bits, &ignored);
}

bool key_is_spec(const char *text)
{
    enum key_alg alg;
    int64_t bits;

    return read_spec(text, &alg, &bits);
}

bool key_meets_spec(const struct key_info *key, const char *spec)
{
    enum key_alg alg;
    int64_t bits;

    return read_spec(spec, &alg, &bits) && key->alg == alg && key->bits >= bits;
}
