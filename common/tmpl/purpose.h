/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purpose: the extended key usages whose meaning matters to whether a template is safe.
 */
#ifndef AE_COMMON_TMPL_PURPOSE_H
#define AE_COMMON_TMPL_PURPOSE_H

#include <stdbool.h>

#include "common/tmpl/list.h"

#define TMPL_PURPOSE_OCSP_SIGNING  "1.3.6.1.5.5.7.3.9"      /* RFC 6960 4.2.2.2 */
#define TMPL_PURPOSE_REQUEST_AGENT "1.3.6.1.4.1.311.20.2.1" /* [MS-WCCE] 2.2.2.7 */

/* anyExtendedKeyUsage (RFC 5280 4.2.1.12) or Microsoft's any application policy. */
bool tmpl_purpose_is_any(const char *oid);

/* Could a certificate with these purposes log somebody on? Without any it serves for all. */
bool tmpl_purposes_authenticate(const struct tmpl_list *purposes);

#endif
