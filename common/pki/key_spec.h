/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_spec: how people write which keys they take: "rsa-3072" is RSA of at least as many bits,
 * "ec-256" a curve of at least as many, "ed25519".
 */
#ifndef AE_COMMON_PKI_KEY_SPEC_H
#define AE_COMMON_PKI_KEY_SPEC_H

#include <stdbool.h>

#include "common/pki/key.h"

bool key_is_spec(const char *text);
/* false also for what is no spec */
bool key_meets_spec(const struct key_info *key, const char *spec);

#endif
