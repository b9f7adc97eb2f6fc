/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_judge: which of the entries found is the principal's, whether it is enabled, and
 * which names are its own. Pure.
 */
#ifndef AE_POLICYD_DIRECTORY_JUDGE_H
#define AE_POLICYD_DIRECTORY_JUDGE_H

#include "common/base/buf.h"
#include "common/ldap/dap_search.h"

#include "policyd/directory.h"
#include "policyd/directory_name.h"

enum { DIRECTORY_CANDIDATES_MAX = 16 };

/* The filter that finds everybody who claims the principal or its host name. */
void directory_judge_filter(const struct directory_name *name, struct buf *out);

/*
 * The one entry: the one that carries the principal in krbPrincipalName, else the one whose own
 * name it is: uid of a user; fqdn, dNSHostName or cn of a machine. An entry that carries another
 * principal is nobody's by its name.
 *
 * entry   borrowed from found
 * errors  ERROR_DENIED       DISABLED: none; DIR_AMBIG: more than one, one of the wrong kind, or
 *                            a host name that another entry claims or that is not the principal's
 *         ERROR_UNAVAILABLE  DIR_PARTIAL: the answer is not complete
 */
AE_MUST_CHECK bool directory_judge_entry(const struct directory_settings *settings,
                                         const struct directory_name *name,
                                         const struct dap_result *found,
                                         const struct dap_entry **entry,
                                         enum reason *reason, struct error *err);

/* The attribute that disables the entry; NULL: none does. What is not understood disables. */
const char *directory_judge_disabled(const struct directory_settings *settings,
                                     const struct dap_entry *entry, int64_t now_utc);

/* Does a host name lie below one of the suffixes that may be certified? */
bool directory_judge_suffix(const struct directory_settings *settings, const char *host);

#endif
