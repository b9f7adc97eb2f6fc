/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guid: the 16 octets that AD calls a GUID, as stored and as people write them.
 *
 * In storage the first three fields are little-endian ([MS-DTYP] 2.3.4.2).
 */
#ifndef AE_COMMON_TMPL_GUID_H
#define AE_COMMON_TMPL_GUID_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

enum { GUID_LEN = 16, GUID_TEXT_LEN = 36 };

struct guid {
    unsigned char octets[GUID_LEN]; /* as stored */
};

/*
 * errors  ERROR_INVALID  not exactly 16 octets
 */
AE_MUST_CHECK bool guid_parse(struct bytes octets, struct guid *out, struct error *err);

/*
 * "0e10c968-78fb-11d2-90d4-00c04f79dc55", either case, no braces.
 * errors  ERROR_INVALID  anything else
 */
AE_MUST_CHECK bool guid_parse_text(const char *text, struct guid *out, struct error *err);

void guid_append_text(struct buf *out, const struct guid *guid); /* lower case */
bool guid_equal(const struct guid *a, const struct guid *b);

#endif
