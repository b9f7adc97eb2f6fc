/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access: who may enroll by a template: the two forms in which directories say so, and the
 * one result they reduce to. A set of groups that is not complete is never judged.
 */
#ifndef AE_COMMON_TMPL_ACCESS_H
#define AE_COMMON_TMPL_ACCESS_H

#include <stdbool.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/tmpl/dn.h"
#include "common/tmpl/sid.h"
#include "common/tmpl/tmpl.h"

struct tmpl_right {
    bool granted;
    char *why; /* the entry that decided, or that none did; printable, for explain */
};

/* AutoEnroll does not imply Enroll, and is useless without it. */
struct tmpl_access {
    struct tmpl_right enroll;
    struct tmpl_right autoenroll;
};

void tmpl_access_clear(struct tmpl_access *access);
CLEANUP_DEFINE_VALUE(tmpl_access, struct tmpl_access, tmpl_access_clear);

/*
 * By nTSecurityDescriptor, as on AD.
 *
 * out     on success owned by the caller: tmpl_access_clear()
 * errors  ERROR_UNAVAILABLE  the token is not complete, or no descriptor was read: without
 *                            the right control AD sends none, which is not "nobody may"
 *         ERROR_INVALID      the descriptor is malformed or has an entry of an unknown type
 * source  [MS-CRTD] 2.5, [MS-ADTS] 5.1.3.3.4
 */
AE_MUST_CHECK bool tmpl_access_by_descriptor(const struct tmpl *tmpl,
                                             const struct sid_set *token,
                                             struct tmpl_access *out, struct error *err);

/*
 * By autoenrollAllow, autoenrollAllowAuto and autoenrollDeny, as elsewhere. Each value is a
 * group, an account, or a container that stands for everything below it. Deny wins and
 * denies both rights.
 *
 * out     on success owned by the caller: tmpl_access_clear()
 * errors  ERROR_UNAVAILABLE  the groups of the account are not completely known
 *         ERROR_INVALID      somebody is denied, and a group of the account has a name that
 *                            cannot be compared
 */
AE_MUST_CHECK bool tmpl_access_by_names(const struct tmpl *tmpl,
                                        const struct dn_set *account,
                                        struct tmpl_access *out, struct error *err);

#endif
