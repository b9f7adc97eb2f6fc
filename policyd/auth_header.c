/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth_header.h"

#include <string.h>
#include <strings.h>

#include "common/pki/base64.h"

static const char scheme[] = "Negotiate";

bool auth_header_read(const char *value, struct buf *token, struct error *err)
{
    size_t len = sizeof(scheme) - 1;
    struct error why = {0};

    if (value == NULL) {
        return true;
    }
    /* RFC 9110 11.1: schemes know no case */
    if (strncasecmp(value, scheme, len) != 0 ||
        (value[len] != ' ' && value[len] != '\0')) {
        return error_set(err, ERROR_AUTH,
                         "the Authorization header's scheme is not Negotiate");
    }
    if (!base64_decode(bytes_of_text(value + len), WIRE_TOKEN_OCTETS_MAX, token, &why)) {
        return error_set(err, ERROR_AUTH, "the Negotiate token: %s", why.message);
    }
    return true;
}

void auth_header_write(const struct buf *reply_token, struct buf *out)
{
    buf_append_text(out, scheme);
    if (reply_token->len > 0) {
        buf_append_byte(out, ' ');
        base64_encode(buf_bytes(reply_token), out);
        buf_truncate(out, out->len - 1); /* its line feed */
    }
}
