/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/account.h"

#include "common/wire/define.h"

enum {
    UPN_MAX = 1024,
    MAILS_MAX = 16,
    MAIL_MAX = 320, /* 64 @ 255 (RFC 5321 4.5.3.1) */
    SPNS_MAX = 512,
    SPN_MAX = 512,
    VALUE_MAX = 4096
};

static const char *const account_kind_names[] = {
    [WIRE_ACCOUNT_MACHINE] = "machine",
    [WIRE_ACCOUNT_USER] = "user",
};
_Static_assert(sizeof(account_kind_names) / sizeof(account_kind_names[0]) ==
                   WIRE_ACCOUNT_KIND_COUNT,
               "every kind of account has a name");

const char *wire_account_kind_name(enum wire_account_kind kind)
{
    return wire_name_of(account_kind_names, WIRE_ACCOUNT_KIND_COUNT, kind);
}

static const char *const id_kind_names[] = {
    [WIRE_ID_OBJECT_GUID] = "objectGUID",
    [WIRE_ID_ENTRY_UUID] = "entryUUID",
    [WIRE_ID_IPA_UNIQUE_ID] = "ipaUniqueID",
};
_Static_assert(sizeof(id_kind_names) / sizeof(id_kind_names[0]) == WIRE_ID_KIND_COUNT,
               "every kind of id has a name");

const char *wire_id_kind_name(enum wire_id_kind kind)
{
    return wire_name_of(id_kind_names, WIRE_ID_KIND_COUNT, kind);
}

static const char *const auth_method_names[] = {
    [WIRE_AUTH_KERBEROS] = "kerberos",
    [WIRE_AUTH_CERTIFICATE] = "certificate",
    [WIRE_AUTH_BASIC] = "basic",
    [WIRE_AUTH_ADMIN] = "admin",
};
_Static_assert(sizeof(auth_method_names) / sizeof(auth_method_names[0]) ==
                   WIRE_AUTH_METHOD_COUNT,
               "every method has a name");

const char *wire_auth_method_name(enum wire_auth_method method)
{
    return wire_name_of(auth_method_names, WIRE_AUTH_METHOD_COUNT, method);
}

static const struct wire_field account_ref_fields[] = {
    WIRE_ENUM(wire_account_ref, id_kind, wire_id_kind, WIRE_ID_KIND_COUNT),
    WIRE_TOKEN(wire_account_ref, id, 1, WIRE_ID_MAX),
    WIRE_ENUM(wire_account_ref, kind, wire_account_kind, WIRE_ACCOUNT_KIND_COUNT),
    WIRE_TEXT(wire_account_ref, principal, 1, WIRE_PRINCIPAL_MAX),
    WIRE_TOKEN(wire_account_ref, sid, 0, WIRE_SID_MAX),
};
const WIRE_TABLE(wire_account_ref, "account reference", account_ref_fields);

static const struct wire_field group_fields[] = {
    WIRE_TOKEN(wire_group, id, 0, WIRE_ID_MAX),
    WIRE_TOKEN(wire_group, sid, 0, WIRE_SID_MAX),
    WIRE_TEXT(wire_group, dn, 0, WIRE_DN_MAX),
};
static const WIRE_TABLE(wire_group, "group", group_fields);

static const struct wire_field attribute_fields[] = {
    WIRE_TEXT(wire_attribute, name, 1, WIRE_NAME_MAX),
    WIRE_BLOBS(wire_attribute, values, value_count, 0, VALUE_MAX, WIRE_VALUES_MAX),
};
const WIRE_TABLE(wire_attribute, "attribute", attribute_fields);

static const struct wire_field account_fields[] = {
    WIRE_STRUCT(wire_account, ref, wire_account_ref),
    WIRE_TEXT(wire_account, dn, 1, WIRE_DN_MAX),
    WIRE_TEXT(wire_account, cn, 0, WIRE_NAME_MAX),
    WIRE_TEXT(wire_account, sam, 0, WIRE_NAME_MAX),
    WIRE_TEXT(wire_account, upn, 0, UPN_MAX),
    WIRE_TOKEN(wire_account, dns_host_name, 0, WIRE_HOST_MAX),
    WIRE_OCTETS(wire_account, guid, 0, 16),
    WIRE_TEXTS(wire_account, mails, mail_count, WIRE_FORM_PRINTABLE, 1, MAIL_MAX,
               MAILS_MAX),
    WIRE_TEXTS(wire_account, spns, spn_count, WIRE_FORM_PRINTABLE, 1, SPN_MAX, SPNS_MAX),
    WIRE_LIST(wire_account, groups, group_count, wire_group, 0, WIRE_GROUPS_MAX),
    WIRE_BOOL(wire_account, groups_complete),
    WIRE_BOOL(wire_account, complete),
    WIRE_BOOL(wire_account, enabled),
    WIRE_TEXT(wire_account, disabled_by, 0, WIRE_NAME_MAX),
    WIRE_LIST(wire_account, attributes, attribute_count, wire_attribute, 0,
              WIRE_ATTRIBUTES_MAX),
    WIRE_UTC(wire_account, read_utc),
};
const WIRE_TABLE(wire_account, "account", account_fields);

static const struct wire_field actor_fields[] = {
    WIRE_OPTIONAL(wire_actor, account, wire_account_ref),
    WIRE_U32(wire_actor, uid, 0, UINT32_MAX),
    WIRE_TOKEN(wire_actor, program, 1, WIRE_CODE_MAX),
};
const WIRE_TABLE(wire_actor, "actor", actor_fields);
