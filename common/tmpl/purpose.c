/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/purpose.h"

#include <stddef.h>
#include <string.h>

static const char *const any_purposes[] = {
    "2.5.29.37.0",             /* anyExtendedKeyUsage */
    "1.3.6.1.4.1.311.10.12.1", /* any application policy */
};

static const char *const authenticating[] = {
    "1.3.6.1.5.5.7.3.2",      /* TLS client */
    "1.3.6.1.4.1.311.20.2.2", /* smart card logon */
    "1.3.6.1.5.2.3.4",        /* PKINIT client (RFC 4556) */
    "1.3.6.1.5.2.3.5",        /* PKINIT KDC: speaks for the whole realm */
};

bool tmpl_purpose_is_any(const char *oid)
{
    for (size_t i = 0; i < sizeof(any_purposes) / sizeof(any_purposes[0]); i++) {
        if (strcmp(oid, any_purposes[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool authenticates(const char *oid)
{
    for (size_t i = 0; i < sizeof(authenticating) / sizeof(authenticating[0]); i++) {
        if (strcmp(oid, authenticating[i]) == 0) {
            return true;
        }
    }
    return tmpl_purpose_is_any(oid);
}

bool tmpl_purposes_authenticate(const struct tmpl_list *purposes)
{
    for (size_t i = 0; i < purposes->count; i++) {
        if (authenticates(purposes->items[i])) {
            return true;
        }
    }
    return purposes->count == 0;
}
