/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_binding: what a TLS server's certificate contributes to a channel binding.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_BINDING_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_BINDING_H

#include <openssl/types.h>

#include "common/base/buf.h"
#include "common/base/error.h"

/*
 * Append "tls-server-end-point:" and the certificate's hash, by the hash of its signature
 * algorithm, MD5 and SHA-1 replaced by SHA-256.
 *
 * errors  ERROR_DENIED    no such binding is defined for its algorithm (Ed25519)
 *         ERROR_INTERNAL  OpenSSL failed
 * source  RFC 5929 4.1
 */
AE_MUST_CHECK bool transport_binding_of(X509 *certificate, struct buf *out,
                                        struct error *err);

#endif
