/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legible: what a rule wrote, made fit for messages and terminals.
 */
#ifndef AE_POLICYD_RULES_LEGIBLE_H
#define AE_POLICYD_RULES_LEGIBLE_H

#include "common/base/buf.h"

/*
 * Append text as UTF-8: what is malformed or a control character becomes '?', but line ends
 * and tabs stay where lines is true. Cut, with "..." behind it, to at most max octets (>= 3).
 */
void legible_append(struct buf *out, struct bytes text, size_t max, bool lines);

#endif
