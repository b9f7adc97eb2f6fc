/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content_names: the names that a certificate shall carry, in one form: what approvers are shown,
 * what they approve, and what the signer compares with that are the same names or are not.
 */
#ifndef AE_COMMON_WIRE_CONTENT_NAMES_H
#define AE_COMMON_WIRE_CONTENT_NAMES_H

#include "common/base/buf.h"
#include "common/wire/content.h"

/*
 * Append subject and alternative names as octets that are equal exactly where the names are, in
 * their order, and the template is the same to its last attribute: what the certificate may be used
 * for stands there. Who vouches for the names does not matter.
 *
 * template_sha256  of the template's content, WIRE_SHA256 octets
 */
void wire_content_append_names(const struct wire_content *content,
                               const unsigned char *template_sha256, struct buf *out);

#endif
