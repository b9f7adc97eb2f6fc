/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/digest.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct digest {
    EVP_MD_CTX *context;
};

static void must(int result)
{
    if (result != 1) {
        (void)fputs("SHA-256 is not available\n", stderr);
        abort();
    }
}

/*
 * Asked of the library once: EVP_sha256() has it looked up again, under locks that all threads
 * share, for every digest. It is the same ever after, and lives as long as the process.
 */
static const EVP_MD *sha256(void)
{
    static _Atomic(EVP_MD *) fetched;
    EVP_MD *known = atomic_load(&fetched);

    if (known == NULL) {
        EVP_MD *mine = EVP_MD_fetch(NULL, "SHA256", NULL);

        must(mine != NULL);
        if (atomic_compare_exchange_strong(&fetched, &known, mine)) {
            return mine;
        }
        EVP_MD_free(mine); /* another thread was first */
    }
    return known;
}

void digest_sha256(const void *data, size_t len, unsigned char *out)
{
    must(EVP_Digest(data, len, out, NULL, sha256(), NULL));
}

struct digest *digest_new(void)
{
    struct digest *d = mem_new(sizeof(*d));

    d->context = EVP_MD_CTX_new();
    must(d->context != NULL);
    must(EVP_DigestInit_ex2(d->context, sha256(), NULL));
    return d;
}

void digest_update(struct digest *d, const void *data, size_t len)
{
    must(EVP_DigestUpdate(d->context, data, len));
}

void digest_finish(struct digest *d, unsigned char *out)
{
    must(EVP_DigestFinal_ex(d->context, out, NULL));
}

void digest_free(struct digest *d)
{
    if (d != NULL) {
        EVP_MD_CTX_free(d->context);
        free(d);
    }
}
