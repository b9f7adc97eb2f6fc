/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds_judge: one judgement in the making, for the .c files of bounds; nobody else includes it.
 */
#ifndef AE_COMMON_BOUNDS_BOUNDS_JUDGE_H
#define AE_COMMON_BOUNDS_BOUNDS_JUDGE_H

#include "common/bounds/bounds_parts.h"

struct bounds_judgement {
    const struct bounds *bounds;
    const struct bounds_template *template; /* the section; NULL before it was found */
    const struct wire_issue_intent *intent;
    int64_t now_utc;
    int64_t approvals;         /* how many the names want */
    const char *approvals_for; /* what wants them; NULL: the template or nothing */
    enum wire_signer_reason reason;
    struct error *err;
};

/* Sets reason and error ("template 'X': …"); false. */
bool bounds_refuse(struct bounds_judgement *j, enum wire_signer_reason reason,
                   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Subject and alternative names; what needs an approval is noted in j.
 * errors  ERROR_DENIED, ERROR_INVALID  as bounds_judge()
 */
bool bounds_check_names(struct bounds_judgement *j);

/*
 * Are all approvals this intent's, and enough?
 * errors  ERROR_DENIED  as bounds_judge()
 */
bool bounds_check_approvals(struct bounds_judgement *j);

#endif
