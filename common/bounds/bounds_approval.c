/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/bounds/bounds_judge.h"

static bool is_same(const struct wire_account_ref *a, const struct wire_account_ref *b)
{
    return (a->id_kind == b->id_kind && strcmp(a->id, b->id) == 0) ||
           strcmp(a->principal, b->principal) == 0;
}

/* What is wrong with an approval; NULL: nothing. */
static const char *find_fault(const struct bounds_judgement *j, size_t index)
{
    const struct wire_issue_intent *intent = j->intent;
    const struct wire_approval *a = &intent->approvals[index];

    if (strcmp(a->request_id, intent->request_id) != 0) {
        return "is for another request";
    }
    if (is_same(&a->approver, &intent->account) ||
        (intent->requester != NULL && is_same(&a->approver, intent->requester))) {
        return "is the requester's own";
    }
    if (a->approver.kind != WIRE_ACCOUNT_USER) {
        return "is not a person's";
    }
    if (a->approved_utc > j->now_utc || a->valid_until_utc < j->now_utc) {
        return "is not valid now";
    }
    if (a->journal_sequence == 0) {
        return "has no record";
    }
    for (size_t i = 0; i < index; i++) {
        if (is_same(&a->approver, &intent->approvals[i].approver)) {
            return "is one person's second";
        }
    }
    return NULL;
}

bool bounds_check_approvals(struct bounds_judgement *j)
{
    for (size_t i = 0; i < j->intent->approval_count; i++) {
        const char *fault = find_fault(j, i);

        if (fault != NULL) {
            return bounds_refuse(j, WIRE_SIGNER_APPROVAL, "the approval by '%.200s' %s",
                                 j->intent->approvals[i].approver.principal, fault);
        }
    }
    if ((int64_t)j->intent->approval_count >= j->approvals) {
        return true;
    }
    return bounds_refuse(
        j, WIRE_SIGNER_APPROVAL, "%s '%s' needs %lld approvals, and there are %zu",
        j->approvals_for != NULL ? "a name of" : "a certificate of",
        j->approvals_for != NULL ? j->approvals_for : j->intent->template.name,
        (long long)j->approvals, j->intent->approval_count);
}
