/* SPDX-License-Identifier: Apache-2.0 */
/*
 * algorithm: the names that templates use for algorithms and providers. Used by the parser.
 */
#ifndef AE_COMMON_TMPL_ALGORITHM_H
#define AE_COMMON_TMPL_ALGORITHM_H

#include "common/tmpl/tmpl.h"

/* Fill in key and hash_bits from cng and providers, with a finding for what cannot be. */
void tmpl_algorithm_choose(struct tmpl *tmpl);

#endif
