/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/enroll.h"

void enroll_outcome_clear(struct enroll_outcome *outcome)
{
    buf_clear(&outcome->certificate);
    *outcome = ENROLL_OUTCOME_EMPTY;
}

struct enroll_public enroll_outcome_public(const struct enroll_outcome *outcome)
{
    if (outcome->reason == REASON_NONE) {
        return (struct enroll_public){REASON_NONE, ""};
    }
    enum reason shown = reason_get(outcome->reason)->shown_as;

    return (struct enroll_public){shown,
                                  shown == outcome->reason ? outcome->sentence : ""};
}
