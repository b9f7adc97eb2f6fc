/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr_attribute: the attributes of a request. For the .c files of csr.
 */
#ifndef AE_COMMON_PKI_CSR_ATTRIBUTE_H
#define AE_COMMON_PKI_CSR_ATTRIBUTE_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/pki/csr.h"

#define CSR_OID_EXTENSION_REQUEST "1.2.840.113549.1.9.14" /* RFC 2985 5.4.2 */
#define CSR_OID_CHALLENGE         "1.2.840.113549.1.9.7"  /* RFC 2985 5.4.1 */

/*
 * Read the content of [0] Attributes into attributes, extensions, challenge_password and
 * change_name. The octets live as long as csr.
 * errors  ERROR_INVALID  not well-formed, too many, a type twice, not exactly one value;
 *                        extensionRequest and Microsoft's twin together, an extension twice;
 *                        a malformed challengePassword or ChangeSubjectName
 * source  RFC 2986 4.1, RFC 2985 5.4
 */
AE_MUST_CHECK bool csr_attributes_read(struct bytes content, struct csr *csr,
                                       struct error *err);

/* The kind of an attribute type. */
enum csr_attribute_kind csr_attribute_kind_of(const char *oid);

/* RFC 2985 5.4.1: one to CSR_CHALLENGE_MAX characters, here printable ASCII or UTF-8. */
bool csr_attribute_is_password(struct bytes text);

#endif
