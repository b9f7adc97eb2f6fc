/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/access.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/tmpl/attrs.h"

void tmpl_access_clear(struct tmpl_access *access)
{
    free(access->enroll.why);
    free(access->autoenroll.why);
    *access = (struct tmpl_access){{false, NULL}, {false, NULL}};
}

static char *describe(const struct sd *sd, struct sd_verdict verdict, const char *right)
{
    AUTO(buf) entry = BUF_EMPTY;

    switch (verdict.answer) {
    case SD_GRANTED_TO_ALL:
        return mem_printf("nTSecurityDescriptor has no DACL: everyone has %s", right);
    case SD_GRANTED:
    case SD_DENIED:
        sd_append_ace_text(&entry, sd, verdict.ace);
        return mem_printf("nTSecurityDescriptor %s %s %s", buf_text(&entry),
                          verdict.answer == SD_GRANTED ? "grants" : "denies", right);
    case SD_NOT_GRANTED:
        break;
    }
    return mem_printf("no entry of nTSecurityDescriptor grants %s", right);
}

static struct tmpl_right to_right(const struct sd *sd, struct sd_verdict verdict,
                                  const char *name)
{
    bool granted = verdict.answer == SD_GRANTED || verdict.answer == SD_GRANTED_TO_ALL;

    return (struct tmpl_right){granted, describe(sd, verdict, name)};
}

bool tmpl_access_by_descriptor(const struct tmpl *tmpl, const struct sid_set *token,
                               struct tmpl_access *out, struct error *err)
{
    const struct sd *sd = tmpl->descriptor;
    struct sd_verdict enroll = {SD_NOT_GRANTED, 0};
    struct sd_verdict autoenroll = {SD_NOT_GRANTED, 0};

    if (sd == NULL) {
        return error_set(err, tmpl->has_descriptor ? ERROR_INVALID : ERROR_UNAVAILABLE,
                         "template '%.64s': nTSecurityDescriptor %s", tmpl->cn,
                         tmpl->has_descriptor ? "is malformed" : "was not read");
    }
    if (!sd_evaluate(sd, token, &sd_enroll, &enroll, err) ||
        !sd_evaluate(sd, token, &sd_autoenroll, &autoenroll, err)) {
        return error_wrap(err, "template '%.64s'", tmpl->cn);
    }
    out->enroll = to_right(sd, enroll, "Enroll");
    out->autoenroll = to_right(sd, autoenroll, "AutoEnroll");
    return true;
}

/* The first value that means the account; NULL when none does. */
static char *find_value(const struct tmpl_dns *dns, enum tmpl_attr_id id,
                        const struct dn_set *account)
{
    for (size_t i = 0; i < dns->normal.count; i++) {
        const struct dn_member *member = dn_set_find(account, dns->normal.items[i]);

        if (member != NULL) {
            return mem_printf("%s '%s' (%s)", tmpl_attrs_name(id), dns->text.items[i],
                              dn_relation_name(member->relation));
        }
    }
    return NULL;
}

/* deny: why both rights are denied, or NULL; borrowed. */
static struct tmpl_right name_right(const struct tmpl_dns *dns, enum tmpl_attr_id id,
                                    const struct dn_set *account, const char *deny)
{
    AUTO(string) allow = find_value(dns, id, account);

    if (deny != NULL) {
        return (struct tmpl_right){false, mem_strdup(deny)};
    }
    if (allow != NULL) {
        return (struct tmpl_right){true, TAKE(allow)};
    }
    return (struct tmpl_right){
        false, mem_printf("%s names neither the account nor a group or container of it",
                          tmpl_attrs_name(id))};
}

bool tmpl_access_by_names(const struct tmpl *tmpl, const struct dn_set *account,
                          struct tmpl_access *out, struct error *err)
{
    if (!account->complete) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "template '%.64s': the groups of the account are not completely "
                         "known",
                         tmpl->cn);
    }
    AUTO(string) deny = find_value(&tmpl->deny, ATTR_DENY, account);
    if (deny == NULL && tmpl->deny.normal.count > 0 && account->incomparable != NULL) {
        return error_set(
            err, ERROR_INVALID,
            "template '%.64s': the account's group '%.128s' cannot be compared "
            "with certainty with what autoenrollDeny names",
            tmpl->cn, account->incomparable);
    }
    out->enroll = name_right(&tmpl->allow, ATTR_ALLOW, account, deny);
    out->autoenroll = name_right(&tmpl->allow_auto, ATTR_ALLOW_AUTO, account, deny);
    return true;
}
