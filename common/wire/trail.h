/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail: how a decision came about, as the ledger keeps it beside its facts. Explain reads it.
 */
#ifndef AE_COMMON_WIRE_TRAIL_H
#define AE_COMMON_WIRE_TRAIL_H

#include "common/wire/message.h"
#include "common/wire/step.h"

struct wire_trail {
    const char *request_id; /* 1..64 */
    enum reason reason;     /* NONE: issued */
    const char *detail;     /* why, for operators; 0..512 */
    const char *sentence;   /* what the peer was told beside the reason's own; 0..512 */
    struct wire_step *steps;
    size_t step_count; /* 0..64, in their order */
    struct bytes
        verdict; /* of the rules, an encoded VERDICT; none: they were not asked */
};
WIRE_DECLARE(trail);

#endif
