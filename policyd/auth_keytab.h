/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_keytab: whether a keytab has a key of a service. For auth's own files.
 */
#ifndef AE_POLICYD_AUTH_KEYTAB_H
#define AE_POLICYD_AUTH_KEYTAB_H

#include "common/base/error.h"

/*
 * Look before GSSAPI does: it would leak memory for every request as long as there is no key
 * (MIT 1.20), and its sentence does not say which file.
 *
 * keytab   as Kerberos names it: "FILE:/path"
 * errors   ERROR_UNAVAILABLE  it cannot be read, or has no key of the service
 */
AE_MUST_CHECK bool auth_keytab_check(const char *keytab, const char *service,
                                     struct error *err);

#endif
