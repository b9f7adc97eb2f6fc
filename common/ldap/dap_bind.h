/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_bind: who we are to the directory, and that nobody listens or alters.
 */
#ifndef AE_COMMON_LDAP_DAP_BIND_H
#define AE_COMMON_LDAP_DAP_BIND_H

#include "common/ldap/dap_conn.h"

struct ldapmsg; /* libldap's */

/*
 * Bind as the profile says.
 * errors  ERROR_UNAVAILABLE  no ticket, no answer in time, refused, or not protected by at
 *                            least DAP_SSF_MIN
 */
AE_MUST_CHECK bool dap_bind(struct dap_conn *conn, struct dap_profile *profile,
                            int64_t deadline_ns, struct error *err);

/*
 * Wait for the next message of the answer to a request.
 *
 * message  on success owned by the caller: ldap_msgfree()
 * errors   ERROR_UNAVAILABLE  there is none by the deadline, or the connection is lost
 */
AE_MUST_CHECK bool dap_wait(struct dap_conn *conn, int id, int64_t deadline_ns,
                            struct ldapmsg **message, struct error *err);

#endif
