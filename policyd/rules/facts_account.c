/* SPDX-License-Identifier: Apache-2.0 */
#include <strings.h>

#include "policyd/rules/facts_rows.h"

static struct fact_value get_kind(const void *record, struct buf *scratch)
{
    const struct wire_account_ref *ref = record;

    (void)scratch;
    return fact_of_text(wire_account_kind_name(ref->kind));
}

static const struct fact_field ref_rows[] = {
    FACT_GET("kind", get_kind),
    FACT_TEXT("id", wire_account_ref, id),
    FACT_TEXT("principal", wire_account_ref, principal),
    FACT_TEXT("sid", wire_account_ref, sid),
};
const FACT_TYPE(fact_account_ref_type, "an account", ref_rows);

static const struct fact_field group_rows[] = {
    FACT_TEXT("id", wire_group, id),
    FACT_TEXT("sid", wire_group, sid),
    FACT_TEXT("dn", wire_group, dn),
};
static const FACT_TYPE(group_type, "a group", group_rows);

static const struct fact_field groups_rows[] = {
    FACT_LIST("all", wire_account, groups, group_count, wire_group, group_type),
    FACT_BOOL("complete", wire_account, groups_complete),
};
const FACT_TYPE(fact_groups_type, "groups", groups_rows);

/* Attribute names know no case (RFC 4512 2.5). */
static const struct fact_field values_list = {
    .name = "values",
    .source = FACT_FROM_OCTETS_LIST,
    .offset = WIRE_AT(wire_attribute, values, struct bytes *),
    .count_offset = WIRE_AT(wire_attribute, value_count, size_t),
};

static struct fact_value find_attribute(const void *record, const char *name)
{
    const struct wire_account *account = record;

    for (size_t i = 0; i < account->attribute_count; i++) {
        if (strcasecmp(account->attributes[i].name, name) == 0) {
            return (struct fact_value){.kind = FACT_LIST,
                                       .list = &values_list,
                                       .record = &account->attributes[i]};
        }
    }
    return (struct fact_value){.kind = FACT_UNKNOWN};
}

static const char *attribute_at(const void *record, size_t i)
{
    const struct wire_account *account = record;

    return i < account->attribute_count ? account->attributes[i].name : NULL;
}

const struct fact_type fact_attributes_type = {
    .name = "attrs", .find = find_attribute, .name_at = attribute_at};

static struct fact_value get_account_kind(const void *record, struct buf *scratch)
{
    const struct wire_account *account = record;

    return get_kind(&account->ref, scratch);
}

static const struct fact_field account_rows[] = {
    FACT_GET("kind", get_account_kind),
    FACT_TEXT("id", wire_account, ref.id),
    FACT_TEXT("principal", wire_account, ref.principal),
    FACT_TEXT("sid", wire_account, ref.sid),
    FACT_TEXT("dn", wire_account, dn),
    FACT_TEXT("cn", wire_account, cn),
    FACT_TEXT("sam", wire_account, sam),
    FACT_TEXT("upn", wire_account, upn),
    FACT_TEXT("dns_host_name", wire_account, dns_host_name),
    FACT_TEXTS("mails", wire_account, mails, mail_count),
    FACT_TEXTS("spns", wire_account, spns, spn_count),
    FACT_BOOL("enabled", wire_account, enabled),
    FACT_BOOL("complete", wire_account, complete),
    FACT_SAME("groups", fact_groups_type),
    FACT_SAME("attrs", fact_attributes_type),
};
const FACT_TYPE(fact_account_type, "an account", account_rows);
