/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_cert: a certificate of a fixture CA with its key, as TLS ends take them.
 */
#ifndef AE_TESTS_SUPPORT_TLS_CERT_H
#define AE_TESTS_SUPPORT_TLS_CERT_H

#include "common/base/buf.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"

struct tls_cert {
    struct buf der, chain_pem, key_pem;
};
void tls_cert_clear(struct tls_cert *cert);
CLEANUP_DEFINE_VALUE(tls_cert, struct tls_cert, tls_cert_clear);

/* ca NULL: self-signed; then the key is one of its own and kind is not looked at. */
void tls_cert_make(const struct fixture_ca *ca, const struct fixture_leaf *leaf,
                   enum keys_kind kind, struct tls_cert *out);

#endif
