/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/pki/canon.h"
#include "common/pki/der.h"
#include "common/pki/name_rules.h"

enum { UPN_MAX = 1024, GUID_LEN = 16 };

static bool check_upn(struct bytes text, struct error *err)
{
    const unsigned char *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);

    if (at == NULL || text.len > UPN_MAX || at == text.data ||
        at == text.data + text.len - 1 ||
        memchr(at + 1, '@', (size_t)(text.data + text.len - at - 1)) != NULL ||
        !name_text_is_plain(text)) {
        return name_refuse_text(err, "user principal name", text,
                                "is not of the form user@suffix");
    }
    return true;
}

static bool check_rid(struct bytes text, struct error *err)
{
    char dotted[DER_OID_TEXT_SIZE] = "";

    if (text.len > 0 && text.len < sizeof(dotted)) {
        memcpy(dotted, text.data, text.len);
    }
    if (strlen(dotted) != text.len || !text_is_oid(dotted)) {
        return name_refuse_text(err, "registeredID", text, "is not an object identifier");
    }
    return true;
}

static bool check_ip(struct bytes ip, struct error *err)
{
    return ip.len == 4 || ip.len == 16 ||
           error_set(err, ERROR_INVALID, "the iPAddress has %zu octets, not 4 or 16",
                     ip.len);
}

static bool check_principal(struct bytes text, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    return name_write_principal(text, &der, err);
}

static bool check_guid(struct bytes guid, struct error *err)
{
    return guid.len == GUID_LEN ||
           error_set(err, ERROR_INVALID, "the directory GUID has %zu octets, not %d",
                     guid.len, GUID_LEN);
}

static bool check_directory(struct bytes der, struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct name_dn dn;

    if (!name_parse_dn(der, &store, &dn, err)) {
        return error_wrap(err, "directoryName");
    }
    return dn.count > 0 || error_set(err, ERROR_INVALID, "the directoryName is empty");
}

static bool check_other(const char *oid, struct bytes der, struct error *err)
{
    if (!text_is_oid(oid) || strcmp(oid, NAME_OID_UPN) == 0 ||
        strcmp(oid, NAME_OID_KRB5) == 0 || strcmp(oid, NAME_OID_GUID) == 0) {
        return error_set(err, ERROR_INVALID, "'%.64s' is no type for a generic otherName",
                         oid);
    }
    return canon_check(der, err) || error_wrap(err, "the otherName %.64s", oid);
}

bool name_check_general(const struct general_name *name, struct error *err)
{
    switch (name->type) {
    case GENERAL_EMAIL:
        return name_check_email(name->value, err);
    case GENERAL_DNS:
        return name_check_dns(name->value, err);
    case GENERAL_URI:
        return name_check_uri(name->value, err);
    case GENERAL_IP:
        return check_ip(name->value, err);
    case GENERAL_DIRECTORY:
        return check_directory(name->value, err);
    case GENERAL_RID:
        return check_rid(name->value, err);
    case GENERAL_UPN:
        return check_upn(name->value, err);
    case GENERAL_KRB5:
        return check_principal(name->value, err);
    case GENERAL_GUID:
        return check_guid(name->value, err);
    case GENERAL_OTHER:
        return check_other(name->oid, name->value, err);
    case GENERAL_TYPE_COUNT:
        break;
    }
    return error_set(err, ERROR_INVALID, "unknown kind %u of general name",
                     (unsigned)name->type);
}
