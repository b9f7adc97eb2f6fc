/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ossl: scope-bound OpenSSL objects and its error queue. For the .c files of common/pki only:
 * no public header includes this, so that no other module sees an OpenSSL type.
 */
#ifndef AE_COMMON_PKI_OSSL_H
#define AE_COMMON_PKI_OSSL_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

CLEANUP_DEFINE(evp_pkey, EVP_PKEY *, EVP_PKEY_free);
CLEANUP_DEFINE(evp_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
CLEANUP_DEFINE(evp_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);
CLEANUP_DEFINE(bio, BIO *, BIO_free_all);
CLEANUP_DEFINE(x509, X509 *, X509_free);
CLEANUP_DEFINE(x509_req, X509_REQ *, X509_REQ_free);
CLEANUP_DEFINE(x509_store, X509_STORE *, X509_STORE_free);
CLEANUP_DEFINE(x509_store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free);

/* The caller owns the objects in the stack, too. */
static inline void ossl_free_certificates(STACK_OF(X509) * stack)
{
    sk_X509_pop_free(stack, X509_free);
}
CLEANUP_DEFINE(x509_stack, STACK_OF(X509) *, ossl_free_certificates);

/*
 * Fill err with ERROR_INTERNAL, "what: " and the oldest reason in the thread's error queue,
 * clear the queue, and return false.
 */
bool ossl_fail(struct error *err, const char *what);

#endif
