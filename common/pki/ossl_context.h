/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ossl_context: a library context of OpenSSL's with all hashes and signatures of its default
 * provider, but only the kinds of keys of key.h: reading a key there looks through three decoders,
 * not forty. Every algorithm in it is OpenSSL's own. For the .c files of common/pki only.
 */
#ifndef AE_COMMON_PKI_OSSL_CONTEXT_H
#define AE_COMMON_PKI_OSSL_CONTEXT_H

#include <openssl/types.h>

#include "common/base/cleanup.h"

struct ossl_context;

/*
 * NULL: there is none, since the default provider is not active or openssl.cnf asks for FIPS (other
 * default properties are not looked at), or since OpenSSL fails. OpenSSL's default context can do
 * all of it, too.
 *
 * threads  may call it, and share what they get
 */
struct ossl_context *ossl_context_new(void);
/* After all that was made in it; accepts NULL. */
void ossl_context_free(struct ossl_context *context);
CLEANUP_DEFINE(ossl_context, struct ossl_context *, ossl_context_free);

/* Borrowed. */
OSSL_LIB_CTX *ossl_context_get(const struct ossl_context *context);

#endif
