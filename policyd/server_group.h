/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_group: whether an account is in a group that a hold names.
 */
#ifndef AE_POLICYD_SERVER_GROUP_H
#define AE_POLICYD_SERVER_GROUP_H

#include "common/base/error.h"
#include "common/wire/account.h"

/*
 * Directly or through others, by all groups of the account.
 *
 * group   a SID, or the DN of a group; another entry's is nobody's
 * errors  ERROR_UNAVAILABLE  not all groups of the account are known
 *         ERROR_INVALID      a name that cannot be compared, so that nothing can be said
 */
AE_MUST_CHECK bool server_group_has(const struct wire_account *account, const char *group,
                                    bool *out, struct error *err);

#endif
