/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/tmpl.h"

#include <stdlib.h>

static void dns_clear(struct tmpl_dns *dns)
{
    tmpl_list_clear(&dns->text);
    tmpl_list_clear(&dns->normal);
}

static void lists_clear(struct tmpl *tmpl)
{
    struct tmpl_list *const lists[] = {
        &tmpl->ekus,          &tmpl->app_policies, &tmpl->purposes,
        &tmpl->cert_policies, &tmpl->critical,     &tmpl->ra_purposes,
        &tmpl->ra_policies,   &tmpl->supersedes,   &tmpl->providers,
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        tmpl_list_clear(lists[i]);
    }
}

void tmpl_free(struct tmpl *tmpl)
{
    if (tmpl == NULL) {
        return;
    }
    free(tmpl->dn);
    free(tmpl->cn);
    free(tmpl->display_name);
    free(tmpl->oid);
    lists_clear(tmpl);
    ra_policy_clear(&tmpl->cng);
    sd_free(tmpl->descriptor);
    dns_clear(&tmpl->allow);
    dns_clear(&tmpl->allow_auto);
    dns_clear(&tmpl->deny);
    tmpl_findings_clear(&tmpl->findings);
    free(tmpl);
}

bool tmpl_has_flag(const struct tmpl *tmpl, enum tmpl_field field, uint32_t bit)
{
    return (tmpl->flags[field] & bit) != 0;
}

bool tmpl_may_issue(const struct tmpl *tmpl, struct error *err)
{
    const struct tmpl_finding *worst = tmpl_findings_worst(&tmpl->findings);

    if (worst != NULL && worst->severity == TMPL_BLOCKS) {
        return error_set(err, ERROR_DENIED, "template '%.64s' does not issue: %s",
                         tmpl->cn, worst->text);
    }
    return true;
}
