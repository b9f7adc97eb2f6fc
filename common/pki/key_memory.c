/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key_memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    SMALLEST = 32,
    LOCKED = 1
}; /* octets of one piece; OpenSSL's word for all is well */

/* A limit would make some later allocation fail, and with it the program. */
static bool may_lock_all(void)
{
    struct rlimit limit = {0, 0};

    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

bool key_memory_lock(struct error *err)
{
    int made = CRYPTO_secure_malloc_initialized() != 0
                   ? LOCKED
                   : CRYPTO_secure_malloc_init(KEY_MEMORY_OCTETS, SMALLEST);

    if (made == 0) {
        return error_set(err, ERROR_INTERNAL, "OpenSSL has no memory for keys");
    }
    if (made != LOCKED) {
        return error_set(
            err, ERROR_UNAVAILABLE,
            "the memory of private keys is not locked and may be swapped out: "
            "allow %d octets or more (LimitMEMLOCK=)",
            KEY_MEMORY_OCTETS);
    }
    return !may_lock_all() || mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ||
           error_set_errno(err, errno, "locking all memory");
}

size_t key_memory_used(void)
{
    /* without the heap OpenSSL takes a lock that is not there */
    return CRYPTO_secure_malloc_initialized() != 0 ? CRYPTO_secure_used() : 0;
}
