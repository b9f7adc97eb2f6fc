/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/refusal.h"

void wire_refusal_answer(const struct wire_signer_refusal *refusal, uint64_t exchange,
                         struct buf *out)
{
    const struct wire_signer_refusal plain = {
        .reason = refusal->reason,
        .sentence = "refused, for a reason that cannot be told"};
    struct error ignored = {0};

    if (!wire_signer_refusal_frame(refusal, exchange, out, &ignored)) {
        (void)!wire_signer_refusal_frame(&plain, exchange, out, &ignored);
    }
}
