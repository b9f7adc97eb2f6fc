/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_list: how the encoders put their work into a list. For the .c files of ext only.
 */
#ifndef AE_COMMON_PKI_EXT_LIST_H
#define AE_COMMON_PKI_EXT_LIST_H

#include "common/pki/ext.h"

#define EXT_OID_SID_VALUE                                                                \
    "1.3.6.1.4.1.311.25.2.1" /* otherName inside the SID extension */

enum {
    EXT_TEMPLATE_NAME_MAX = 256, /* octets of UTF-8 */
    EXT_KEY_ID_MAX = 64          /* octets of a key identifier */
};

/* "S-1-" and decimal numbers ([MS-DTYP] 2.4.2.1). */
bool ext_is_sid(const char *sid);

/*
 * Append any extension; value is copied.
 * errors  ERROR_INVALID  as ext_add_other(), but for what only its own function may make
 */
AE_MUST_CHECK bool ext_list_append(struct ext_list *list, const char *oid, bool critical,
                                   struct bytes value, struct error *err);

#endif
