/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_conn: one connection that is bound and protected. Used by the pool and the watch only; one
 * thread at a time.
 */
#ifndef AE_COMMON_LDAP_DAP_CONN_H
#define AE_COMMON_LDAP_DAP_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/ldap/dap.h"
#include "common/ldap/dap_creds.h"
#include "common/ldap/dap_search.h"

struct ldap; /* libldap's */
struct dap_guard;

struct dap_conn {
    struct ldap *ld;
    size_t server;           /* which of the settings' */
    struct dap_guard *guard; /* of its TLS handshake; the handle refers to it */
};

/* How to connect, owned by whoever connects. */
struct dap_profile {
    struct dap_settings settings; /* a copy with texts of its own */
    const char **servers;         /* what its list points to */
    struct dap_creds *creds;      /* NULL unless DAP_BIND_KEYTAB */
};

struct dap_profile *dap_profile_new(const struct dap_settings *settings);
void dap_profile_free(struct dap_profile *profile);
CLEANUP_DEFINE(dap_profile, struct dap_profile *, dap_profile_free);

/*
 * Connect to one server and bind.
 *
 * out     on success owned by the caller: dap_conn_close()
 * errors  ERROR_UNAVAILABLE  it does not answer in time, does not take us, or is not the one
 *                            that its certificate or ticket is for; the sentence names it
 *         ERROR_INTERNAL     libldap refuses an option
 */
AE_MUST_CHECK bool dap_conn_open(struct dap_profile *profile, size_t server,
                                 struct dap_conn **out, struct error *err);
void dap_conn_close(struct dap_conn *conn); /* accepts NULL; never waits */
CLEANUP_DEFINE(dap_conn, struct dap_conn *, dap_conn_close);

/*
 * Search, and take in the whole answer.
 *
 * out     on success owned by the caller; may be incomplete
 * broken  set when the connection is of no more use
 * errors  ERROR_NOT_FOUND    there is no such base, or we may not see it
 *         ERROR_INVALID      the server does not understand base or filter
 *         ERROR_UNAVAILABLE  no answer in time, connection lost, or refused
 */
AE_MUST_CHECK bool dap_conn_search(struct dap_conn *conn, const struct dap_query *query,
                                   int64_t deadline_ns, struct dap_result **out,
                                   bool *broken, struct error *err);

/* The failure of libldap that rc stands for, with the server's own words. */
bool dap_conn_fail(struct error *err, const struct dap_conn *conn, int rc,
                   const char *what);

#endif
