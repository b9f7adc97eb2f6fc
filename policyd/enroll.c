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
        return (struct enroll_public){"", "", 200};
    }
    const struct reason_info *own = reason_get(outcome->reason);
    const struct reason_info *shown = reason_get(own->shown_as);
    bool is_own = own == shown && outcome->sentence[0] != '\0';

    return (struct enroll_public){
        shown->code, is_own ? outcome->sentence : shown->sentence, shown->status};
}
