/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_header: what Authorization says, and what WWW-Authenticate answers (RFC 9110 11.6,
 * RFC 4559 4).
 */
#ifndef AE_POLICYD_AUTH_HEADER_H
#define AE_POLICYD_AUTH_HEADER_H

#include "policyd/auth.h"

/*
 * Read the value of an Authorization header.
 *
 * value   NULL: there was none, and token stays as it is
 * token   a secret buffer; the decoded token is appended, 1..WIRE_TOKEN_OCTETS_MAX octets
 * errors  ERROR_AUTH  another scheme, no token, not base64, or too large
 */
AE_MUST_CHECK bool auth_header_read(const char *value, struct buf *token,
                                    struct error *err);

/* Append the value of a WWW-Authenticate header: "Negotiate", with the token if there is one. */
void auth_header_write(const struct buf *reply_token, struct buf *out);

#endif
