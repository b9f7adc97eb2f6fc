/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_plan: what "policyctl ca init" is to make, from its flags and from whoever sits there.
 */
#ifndef AE_POLICYD_CTL_CA_PLAN_H
#define AE_POLICYD_CTL_CA_PLAN_H

#include "policyd/ctl/ctl.h"

enum { CA_PLAN_NAME_SIZE = 65 }; /* X.520 allows 64 */

struct ca_plan {
    char root[CA_PLAN_NAME_SIZE], issuing[CA_PLAN_NAME_SIZE]; /* common names */
    bool with_root;        /* else the root is somebody's own */
    const char *install;   /* NULL: something is to be made */
    struct buf passphrase; /* of the root's key; empty: the signer makes one up */
};

/*
 * Zero before; ca_plan_clear() after, whatever became of it.
 * errors  ERROR_INVALID  flags that do not belong together, no name, a passphrase typed
 *                        differently twice
 *         and as file_read() for the passphrase's file
 */
AE_MUST_CHECK bool ca_plan_make(struct ctl *ctl, struct ca_plan *plan, struct error *err);
void ca_plan_clear(struct ca_plan *plan);
CLEANUP_DEFINE_VALUE(ca_plan, struct ca_plan, ca_plan_clear);

/* A line for each CA. */
void ca_plan_describe(struct ctl *ctl, const struct ca_plan *plan, struct buf *out);

#endif
