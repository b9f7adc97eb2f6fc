/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_pool: connections to a directory, kept and lent, for any number of threads.
 *
 * One thread of its own connects, so that a caller never waits longer than it said: not for a
 * name server, not for a KDC. Whatever fails on a server is tried once more, on the next one where
 * there is one. It starts and works without a directory: each search says that there is none.
 */
#ifndef AE_COMMON_LDAP_DAP_POOL_H
#define AE_COMMON_LDAP_DAP_POOL_H

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/ldap/dap.h"
#include "common/ldap/dap_search.h"

struct dap_pool;

/*
 * settings  borrowed for the call
 * out       on success owned by the caller: dap_pool_free()
 * errors    ERROR_INVALID      as dap_settings_check()
 *           ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool dap_pool_new(const struct dap_settings *settings,
                                struct dap_pool **out, struct error *err);

/* No search may be under way. Waits for the connection just being made. Accepts NULL. */
void dap_pool_free(struct dap_pool *pool);
CLEANUP_DEFINE(dap_pool, struct dap_pool *, dap_pool_free);

/*
 * Search. Any thread.
 *
 * timeout_ms  for everything: waiting for a connection, making it, a second attempt
 * out         on success owned by the caller; look at out->partial
 * errors      ERROR_NOT_FOUND    there is no such base, or we may not see it
 *             ERROR_INVALID      the server does not understand base or filter
 *             ERROR_UNAVAILABLE  no answer in time, connection lost, or refused
 */
AE_MUST_CHECK bool dap_search(struct dap_pool *pool, const struct dap_query *query,
                              uint32_t timeout_ms, struct dap_result **out,
                              struct error *err);

/* What a module needs of a pool: searching. Tests fill it with a directory of their own. */
struct dap_port {
    bool (*search)(void *ctx, const struct dap_query *query, uint32_t timeout_ms,
                   struct dap_result **out, struct error *err); /* as dap_search() */
    void *ctx;
};
struct dap_port dap_pool_port(struct dap_pool *pool); /* valid as long as the pool */

/* For status: connections open, and whether the last attempt to make one failed, and why. */
struct dap_health {
    size_t open;
    bool failing;
    struct error last; /* of the last failed attempt; ERROR_NONE: none yet */
};
void dap_pool_health(struct dap_pool *pool, struct dap_health *out);

#endif
