/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ossl.h"

#include <openssl/err.h>

bool ossl_fail(struct error *err, const char *what)
{
    unsigned long first = ERR_get_error();
    const char *reason = first == 0 ? NULL : ERR_reason_error_string(first);

    ERR_clear_error();
    return error_set(err, ERROR_INTERNAL, "%s: %s", what,
                     reason != NULL ? reason : "OpenSSL gives no reason");
}
