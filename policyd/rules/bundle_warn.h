/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_warn: what compiles, and is likely not meant.
 */
#ifndef AE_POLICYD_RULES_BUNDLE_WARN_H
#define AE_POLICYD_RULES_BUNDLE_WARN_H

#include "policyd/rules/bundle.h"

/* Fill the warnings of a bundle whose rules are in order: needs that nothing names again. */
void bundle_warn(struct bundle *bundle);

#endif
