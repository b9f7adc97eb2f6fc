/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/template_set_caller.h"

#include <stdlib.h>

#include "common/base/mem.h"

/* Of the form that counts; the other one is NULL. */
struct template_caller {
    struct dn_set *names;
    struct sid_set *token;
};

/* In every token of an account that has logged on over the network ([MS-DTYP] 2.4.2.4). */
static const struct sid well_known[] = {
    {1, {0}, 1},  /* everyone */
    {5, {2}, 1},  /* network */
    {5, {11}, 1}, /* authenticated users */
    {5, {15}, 1}, /* this organization */
};
enum { WELL_KNOWN = sizeof(well_known) / sizeof(well_known[0]) };

static bool check_groups(const struct wire_account *account, enum template_form form,
                         struct error *err)
{
    if (!account->groups_complete) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the groups of %.200s are not completely known",
                         account->ref.principal);
    }
    if (form == TEMPLATE_DESCRIPTOR && *account->ref.sid == '\0') {
        return error_set(err, ERROR_UNAVAILABLE,
                         "%.200s has no SID to judge templates by",
                         account->ref.principal);
    }
    for (size_t i = 0; i < account->group_count; i++) {
        const struct wire_group *group = &account->groups[i];

        if (*(form == TEMPLATE_NAMES ? group->dn : group->sid) == '\0') {
            return error_set(err, ERROR_UNAVAILABLE,
                             "group %.200s has no %s to judge templates by",
                             form == TEMPLATE_NAMES ? group->sid : group->dn,
                             form == TEMPLATE_NAMES ? "name" : "SID");
        }
    }
    return true;
}

static bool take_names(const struct wire_account *account, struct dn_set **out,
                       struct error *err)
{
    const char **groups = mem_array(account->group_count, sizeof(char *));

    for (size_t i = 0; i < account->group_count; i++) {
        groups[i] = account->groups[i].dn;
    }
    bool ok = dn_set_new(account->dn, groups, account->group_count,
                         account->groups_complete, out, err);
    free(groups);
    return ok;
}

static bool fill_token(const struct wire_account *account, struct sid *sids,
                       struct error *err)
{
    for (size_t i = 0; i < WELL_KNOWN; i++) {
        sids[i] = well_known[i];
    }
    if (!sid_parse_text(account->ref.sid, &sids[WELL_KNOWN], err)) {
        return error_wrap(err, "the SID of %.200s", account->ref.principal);
    }
    for (size_t i = 0; i < account->group_count; i++) {
        if (!sid_parse_text(account->groups[i].sid, &sids[WELL_KNOWN + 1 + i], err)) {
            return error_wrap(err, "a group of %.200s", account->ref.principal);
        }
    }
    return true;
}

static bool take_token(const struct wire_account *account, struct sid_set **out,
                       struct error *err)
{
    size_t count = WELL_KNOWN + 1 + account->group_count;
    struct sid *sids = mem_array(count, sizeof(*sids));
    bool ok = fill_token(account, sids, err);

    if (ok) {
        *out = sid_set_new(sids, count, account->groups_complete);
    }
    free(sids);
    return ok;
}

bool template_caller_new(const struct wire_account *account, enum template_form form,
                         struct template_caller **out, enum reason *reason,
                         struct error *err)
{
    AUTO(template_caller) caller = mem_new(sizeof(*caller));

    if (!check_groups(account, form, err)) {
        *reason = REASON_DIR_PARTIAL;
        return false;
    }
    if (form == TEMPLATE_NAMES ? !take_names(account, &caller->names, err)
                               : !take_token(account, &caller->token, err)) {
        *reason = REASON_NO_ENROLL;
        err->code = ERROR_DENIED;
        return false;
    }
    *out = TAKE(caller);
    return true;
}

void template_caller_free(struct template_caller *caller)
{
    if (caller != NULL) {
        dn_set_free(caller->names);
        sid_set_free(caller->token);
        free(caller);
    }
}

bool template_caller_access(const struct template_caller *caller,
                            const struct template_item *item, struct tmpl_access *out,
                            enum reason *reason, struct error *err)
{
    bool ok = caller->names != NULL
                  ? tmpl_access_by_names(item->tmpl, caller->names, out, err)
                  : tmpl_access_by_descriptor(item->tmpl, caller->token, out, err);

    if (ok) {
        return true;
    }
    if (err->code == ERROR_UNAVAILABLE) {
        *reason = REASON_DIR_PARTIAL;
        return false;
    }
    *reason = caller->names != NULL ? REASON_NO_ENROLL : REASON_TPL_UNSAFE;
    err->code = ERROR_DENIED;
    return false;
}
