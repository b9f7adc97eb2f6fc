/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_guard: a deadline for a TLS handshake, which libldap with GnuTLS does not have: given a
 * network timeout, version 2.5 turns round and round on the socket and never looks at the time.
 *
 * So the handshake gets a socket that blocks, and a thread that shuts it down in time.
 */
#ifndef AE_COMMON_LDAP_DAP_GUARD_H
#define AE_COMMON_LDAP_DAP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

struct ldap; /* libldap's */
struct dap_guard;

/*
 * Guard what conn does from now on, before it connects, until dap_guard_stop().
 *
 * out     owned by the caller, who stops it and, after the handle is gone, frees it
 * errors  ERROR_UNAVAILABLE  the system gives no thread
 *         ERROR_INTERNAL     libldap refuses the callback
 */
AE_MUST_CHECK bool dap_guard_start(struct ldap *ld, int64_t deadline_ns,
                                   struct dap_guard **out, struct error *err);

void dap_guard_stop(struct dap_guard *guard);
void dap_guard_free(struct dap_guard *guard); /* stopped or NULL */

#endif
