/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal: the signer's no, in any case.
 */
#ifndef AE_COMMON_WIRE_REFUSAL_H
#define AE_COMMON_WIRE_REFUSAL_H

#include "common/wire/issue.h"

/*
 * Append a refusal as a frame; what cannot be encoded is told as its reason alone. A question
 * without an answer would hold its asker until it gives up.
 */
void wire_refusal_answer(const struct wire_signer_refusal *refusal, uint64_t exchange,
                         struct buf *out);

#endif
