/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_memory: private keys stay in memory: never in swap, in a core, or readable when freed.
 */
#ifndef AE_COMMON_PKI_KEY_MEMORY_H
#define AE_COMMON_PKI_KEY_MEMORY_H

#include <stddef.h>

#include "common/base/error.h"

enum {
    KEY_MEMORY_OCTETS = 1024 * 1024
}; /* for the CAs that one signer can have, and more */

/*
 * Give OpenSSL a heap of its own for private numbers (locked, left out of cores, between guard
 * pages, wiped when freed), and lock all other memory, too, where the system allows that without
 * a limit: what is still to be allocated must not fail for it. Before the first key is read.
 *
 * errors  ERROR_UNAVAILABLE  something is not locked, and the sentence says what to do; keys can
 *                            be used all the same
 *         ERROR_INTERNAL     OpenSSL has no such heap
 */
AE_MUST_CHECK bool key_memory_lock(struct error *err);

/* Octets of that heap in use. */
size_t key_memory_used(void);

#endif
