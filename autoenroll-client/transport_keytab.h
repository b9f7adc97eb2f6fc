/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_keytab: which of a keytab's keys is this host's own.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_KEYTAB_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_KEYTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

/*
 * Of principals such as "host/web1.example.com@EXAMPLE.COM" and "WEB1$@EXAMPLE.COM": the host's
 * by its name, or the only host there is; host/… comes before …$.
 *
 * host    as gethostname() has it, with or without a domain
 * return  one of names; NULL: none is, or it is not clear which
 */
const char *transport_keytab_choose(const char *const names[], size_t count,
                                    const char *host);

/*
 * The same of a keytab and this host.
 * out     on success owned by the caller
 * errors  ERROR_AUTH  it cannot be read, or nothing in it can be chosen
 */
AE_MUST_CHECK bool transport_keytab_principal(const char *keytab, char **out,
                                              struct error *err);

#endif
