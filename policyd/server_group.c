/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_group.h"

#include <stdlib.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/tmpl/dn.h"

static bool has_sid(const struct wire_account *account, const char *sid)
{
    for (size_t i = 0; i < account->group_count; i++) {
        if (strcasecmp(account->groups[i].sid, sid) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_names(const struct wire_account *account, struct dn_set **out,
                       struct error *err)
{
    const char **names = mem_array(account->group_count + 1, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < account->group_count; i++) {
        if (*account->groups[i].dn != '\0') {
            names[count++] = account->groups[i].dn;
        }
    }
    bool taken = dn_set_new(account->dn, names, count, true, out, err);
    free(names);
    return taken;
}

static bool has_dn(const struct wire_account *account, const char *group, bool *out,
                   struct error *err)
{
    AUTO(dn_set) names = NULL;
    AUTO(string) normal = NULL;

    if (!dn_normalize(bytes_of_text(group), &normal, err) ||
        !take_names(account, &names, err)) {
        return error_wrap(err, "group '%.200s'", group);
    }
    const struct dn_member *member = dn_set_find(names, normal);
    bool found = member != NULL && member->relation == DN_GROUP;
    if (!found && names->incomparable != NULL) {
        return error_set(err, ERROR_INVALID,
                         "the name of the group '%.200s' cannot be compared",
                         names->incomparable);
    }
    *out = found;
    return true;
}

bool server_group_has(const struct wire_account *account, const char *group, bool *out,
                      struct error *err)
{
    if (!account->groups_complete) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "not all groups of %.200s are known, so none can be ruled out",
                         account->ref.principal);
    }
    if (strncasecmp(group, "S-1-", 4) == 0) {
        *out = has_sid(account, group);
        return true;
    }
    return has_dn(account, group, out, err);
}
