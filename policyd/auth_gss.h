/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_gss: scope-bound GSSAPI texts, mechanisms and its errors as sentences. For auth's .c files.
 */
#ifndef AE_POLICYD_AUTH_GSS_H
#define AE_POLICYD_AUTH_GSS_H

#include <gssapi/gssapi.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

static inline void auth_gss_release(gss_buffer_desc *text)
{
    OM_uint32 minor = 0;

    (void)gss_release_buffer(&minor, text);
}
CLEANUP_DEFINE_VALUE(auth_gss_text, gss_buffer_desc, auth_gss_release);

/* GSSAPI only reads what it is given, and has no const. */
static inline void *auth_gss_borrow(const void *data)
{
    const union {
        const void *given;
        void *taken;
    } pointer = {data};

    return pointer.taken;
}

/* RFC 4178 3: 1.3.6.1.5.5.2 */
static inline gss_OID_desc auth_gss_spnego(void)
{
    return (gss_OID_desc){6, auth_gss_borrow("\x2b\x06\x01\x05\x05\x02")};
}

/* Fill err with "what: " and what both statuses say, and return false. */
bool auth_gss_fail(struct error *err, enum error_code code, const char *what,
                   OM_uint32 major, OM_uint32 minor);

#endif
