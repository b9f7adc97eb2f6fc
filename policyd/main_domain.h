/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_domain: the domain that policyd serves, as its configuration has it: connections to the
 * directory, accounts, templates.
 */
#ifndef AE_POLICYD_MAIN_DOMAIN_H
#define AE_POLICYD_MAIN_DOMAIN_H

#include "common/base/cleanup.h"

#include "policyd/config.h"
#include "policyd/directory.h"
#include "policyd/template.h"

struct main_domain;

/*
 * Make and start it; it works with the directory away. dap_start() was called.
 *
 * config  one that has servers; borrowed for the domain's life
 * clock   borrowed, too
 * out     on success owned by the caller: main_domain_free()
 * errors  ERROR_INVALID      a value that the parts refuse
 *         ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool main_domain_new(const struct config *config, const struct clock *clock,
                                   struct main_domain **out, struct error *err);
void main_domain_free(struct main_domain *domain); /* accepts NULL */
CLEANUP_DEFINE(main_domain, struct main_domain *, main_domain_free);

/* Its parts, borrowed. */
struct directory *main_domain_directory(const struct main_domain *domain);
struct template_store *main_domain_templates(const struct main_domain *domain);
struct dap_pool *main_domain_pool(const struct main_domain *domain);
uint32_t main_domain_timeout_ms(const struct main_domain *domain); /* of one account */

/* Take from a new configuration what may change: the acknowledgements. Borrowed for the call. */
void main_domain_reload(struct main_domain *domain, const struct config *next);

#endif
