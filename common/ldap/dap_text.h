/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_text: values put into filters, and names taken apart. Pure.
 */
#ifndef AE_COMMON_LDAP_DAP_TEXT_H
#define AE_COMMON_LDAP_DAP_TEXT_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

/* "(attribute=value)" with the value escaped: it can end nothing and match nothing else. RFC 4515 3 */
void dap_filter_append_equal(struct buf *out, const char *attribute, struct bytes value);

/*
 * Whether a text is one whole filter, as somebody wrote it into a configuration.
 * errors  ERROR_INVALID  it is not
 */
AE_MUST_CHECK bool dap_filter_check(const char *filter, struct error *err);

/*
 * The value of the first RDN if its only attribute is of that type (compared without case).
 * value   owned by the caller: free(); NULL when the RDN is of another type
 * errors  ERROR_INVALID  not a DN
 * source  RFC 4514
 */
AE_MUST_CHECK bool dap_dn_first_value(const char *dn, const char *type, char **value,
                                      struct error *err);

#endif
