/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: the key that a template asks for, and the CSR made with it.
 */
#ifndef AE_AUTOENROLL_CLIENT_REQUEST_H
#define AE_AUTOENROLL_CLIENT_REQUEST_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/wire/policy.h"

/*
 * errors  ERROR_INVALID   a kind or size of key that we do not make
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool request_make_key(const struct wire_policy_template *template,
                                    struct key **out, struct error *err);

/* A key that is there already would do for the template. */
bool request_key_fits(const struct wire_policy_template *template, const struct key *key);

/*
 * Append a CSR: the template's extension, and the names that belong there.
 *
 * old      the certificate that is renewed, whose names are repeated (RFC 7030 4.2.2); NULL: none
 * host     for a template that takes names from the request, with old NULL; "": none
 * errors   ERROR_INVALID   the old certificate's names cannot be repeated
 *          ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool request_build(const struct wire_policy_template *template,
                                 const struct key *key, const struct cert *old,
                                 const char *host, struct buf *out, struct error *err);

#endif
