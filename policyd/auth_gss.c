/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth_gss.h"

#include <gssapi/gssapi_krb5.h>
#include <stdbool.h>

#include "common/base/buf.h"

static void append_status(struct buf *out, OM_uint32 status, int kind)
{
    OM_uint32 minor = 0;
    OM_uint32 more = 0;

    do {
        AUTO(auth_gss_text) text = GSS_C_EMPTY_BUFFER;

        if (GSS_ERROR(
                gss_display_status(&minor, status, kind, GSS_C_NO_OID, &more, &text)) ||
            text.length == 0) {
            return;
        }
        buf_append_text(out, ": ");
        buf_append(out, text.value, text.length);
    } while (more != 0);
}

bool auth_gss_fail(struct error *err, enum error_code code, const char *what,
                   OM_uint32 major, OM_uint32 minor)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_append_text(&text, what);
    append_status(&text, major, GSS_C_GSS_CODE);
    if (minor != 0) {
        append_status(&text, minor, GSS_C_MECH_CODE);
    }
    return error_set(err, code, "%s", buf_text(&text));
}
