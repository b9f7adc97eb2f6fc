/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what the verbs on requests share.
 */
#ifndef AE_POLICYD_CTL_REQUEST_H
#define AE_POLICYD_CTL_REQUEST_H

#include "policyd/ctl/ctl.h"

/*
 * The request that the first operand names, from policyd. On false the fault is filled.
 * doc     owned by the caller; its member "request" is an object
 */
bool request_fetch(struct ctl *ctl, const char *what, struct json **doc);

/* What it is about: whose, for which names, who vouches for each, and who said what. */
void request_describe(struct ctl *ctl, const struct json_at *root, struct buf *out);

#endif
