/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_creds: our own Kerberos tickets: taken with a keytab, kept in memory under a name that
 * nothing else in the process uses, renewed when they are about to end. Nothing of it is in the
 * environment. One thread at a time.
 */
#ifndef AE_COMMON_LDAP_DAP_CREDS_H
#define AE_COMMON_LDAP_DAP_CREDS_H

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct dap_creds;

/* Touches neither the keytab nor the KDC. */
struct dap_creds *dap_creds_new(const char *principal, const char *keytab);
void dap_creds_free(struct dap_creds *creds); /* accepts NULL; the tickets go, too */
CLEANUP_DEFINE(dap_creds, struct dap_creds *, dap_creds_free);

/*
 * A credential to initiate with. May wait for the KDC longer than one would like.
 *
 * out     a gss_cred_id_t, for dap_creds_release()
 * errors  ERROR_UNAVAILABLE  no key, no KDC, no ticket: the sentence is Kerberos' own
 */
AE_MUST_CHECK bool dap_creds_acquire(struct dap_creds *creds, void **out,
                                     struct error *err);
void dap_creds_release(void *cred);

/* After a failed bind: the next one asks for new tickets. */
void dap_creds_forget(struct dap_creds *creds);

#endif
