/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: SHA-256. It has no way to fail: without it nothing here is safe to go on with, so
 * a library that cannot hash ends the process.
 */
#ifndef AE_COMMON_PKI_DIGEST_H
#define AE_COMMON_PKI_DIGEST_H

#include <stddef.h>

#include "common/base/cleanup.h"

enum { DIGEST_SHA256_SIZE = 32 };

/* out: DIGEST_SHA256_SIZE octets; may be part of data's own buffer only behind the data. */
void digest_sha256(const void *data, size_t len, unsigned char *out);

/* The same in pieces. */
struct digest;
struct digest *digest_new(void);
void digest_update(struct digest *d, const void *data, size_t len);
void digest_finish(struct digest *d, unsigned char *out); /* d may only be freed then */
void digest_free(struct digest *d);                       /* accepts NULL */
CLEANUP_DEFINE(digest, struct digest *, digest_free);

#endif
