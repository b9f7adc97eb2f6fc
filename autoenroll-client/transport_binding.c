/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport_binding.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

bool transport_binding_of(X509 *certificate, struct buf *out, struct error *err)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    int digest = NID_undef;

    /* RSASSA-PSS names its hash in its parameters; this call reads them */
    if (X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) != 1 ||
        digest == NID_undef) {
        return error_set(
            err, ERROR_DENIED,
            "the server's certificate is signed by an algorithm that no channel "
            "binding is defined for");
    }
    if (digest == NID_md5 || digest == NID_sha1) {
        digest = NID_sha256;
    }
    const EVP_MD *md = EVP_get_digestbynid(digest);
    if (md == NULL || X509_digest(certificate, md, hash, &len) != 1) {
        return error_set(err, ERROR_INTERNAL,
                         "the server's certificate cannot be hashed");
    }
    buf_append_text(out, "tls-server-end-point:");
    buf_append(out, hash, len);
    return true;
}
