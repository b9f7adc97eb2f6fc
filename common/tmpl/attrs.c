/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/attrs.h"

#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/dn.h"
#include "common/tmpl/sd.h"

enum {
    ENTRY_ATTRS_MAX = 1024, /* attributes of one entry, known or not */
    INTEGER_LEN_MAX = 24,   /* all lengths in octets */
    TEXT_LEN_MAX = 256,
    OID_LEN_MAX = 256,
    OCTETS_LEN_MAX = 64,
    RA_POLICY_LEN_MAX = 8192,
    LIST_MAX = 64, /* values */
    ACCESS_MAX = 1024,
};

struct attr_rule {
    const char *name;
    size_t values_max;
    size_t len_max;
};

static const struct attr_rule rules[] = {
    [ATTR_OBJECT_CLASS] = {"objectClass", LIST_MAX, TEXT_LEN_MAX},
    [ATTR_CN] = {"cn", 1, TEXT_LEN_MAX},
    [ATTR_DISPLAY_NAME] = {"displayName", 1, TEXT_LEN_MAX},
    [ATTR_FLAGS] = {"flags", 1, INTEGER_LEN_MAX},
    [ATTR_REVISION] = {"revision", 1, INTEGER_LEN_MAX},
    [ATTR_SCHEMA_VERSION] = {"msPKI-Template-Schema-Version", 1, INTEGER_LEN_MAX},
    [ATTR_MINOR_REVISION] = {"msPKI-Template-Minor-Revision", 1, INTEGER_LEN_MAX},
    [ATTR_OID] = {"msPKI-Cert-Template-OID", 1, OID_LEN_MAX},
    [ATTR_ENROLLMENT_FLAG] = {"msPKI-Enrollment-Flag", 1, INTEGER_LEN_MAX},
    [ATTR_PRIVATE_KEY_FLAG] = {"msPKI-Private-Key-Flag", 1, INTEGER_LEN_MAX},
    [ATTR_NAME_FLAG] = {"msPKI-Certificate-Name-Flag", 1, INTEGER_LEN_MAX},
    [ATTR_EXPIRATION_PERIOD] = {"pKIExpirationPeriod", 1, OCTETS_LEN_MAX},
    [ATTR_OVERLAP_PERIOD] = {"pKIOverlapPeriod", 1, OCTETS_LEN_MAX},
    [ATTR_KEY_USAGE] = {"pKIKeyUsage", 1, OCTETS_LEN_MAX},
    [ATTR_EXTENDED_KEY_USAGE] = {"pKIExtendedKeyUsage", LIST_MAX, OID_LEN_MAX},
    [ATTR_APPLICATION_POLICY] = {"msPKI-Certificate-Application-Policy", LIST_MAX,
                                 OID_LEN_MAX},
    [ATTR_CERTIFICATE_POLICY] = {"msPKI-Certificate-Policy", LIST_MAX, OID_LEN_MAX},
    [ATTR_CRITICAL_EXTENSIONS] = {"pKICriticalExtensions", LIST_MAX, OID_LEN_MAX},
    [ATTR_MAX_ISSUING_DEPTH] = {"pKIMaxIssuingDepth", 1, INTEGER_LEN_MAX},
    [ATTR_RA_SIGNATURE] = {"msPKI-RA-Signature", 1, INTEGER_LEN_MAX},
    [ATTR_RA_POLICIES] = {"msPKI-RA-Policies", LIST_MAX, OID_LEN_MAX},
    [ATTR_RA_APPLICATION_POLICIES] = {"msPKI-RA-Application-Policies", LIST_MAX,
                                      RA_POLICY_LEN_MAX},
    [ATTR_SUPERSEDE] = {"msPKI-Supersede-Templates", LIST_MAX, TEXT_LEN_MAX},
    [ATTR_MINIMAL_KEY_SIZE] = {"msPKI-Minimal-Key-Size", 1, INTEGER_LEN_MAX},
    [ATTR_DEFAULT_KEY_SPEC] = {"pKIDefaultKeySpec", 1, INTEGER_LEN_MAX},
    [ATTR_DEFAULT_CSPS] = {"pKIDefaultCSPs", LIST_MAX, TEXT_LEN_MAX},
    [ATTR_OBJECT_GUID] = {"objectGUID", 1, OCTETS_LEN_MAX},
    [ATTR_SECURITY_DESCRIPTOR] = {"nTSecurityDescriptor", 1, SD_LEN_MAX},
    [ATTR_ALLOW] = {"autoenrollAllow", ACCESS_MAX, DN_LEN_MAX},
    [ATTR_ALLOW_AUTO] = {"autoenrollAllowAuto", ACCESS_MAX, DN_LEN_MAX},
    [ATTR_DENY] = {"autoenrollDeny", ACCESS_MAX, DN_LEN_MAX},
};
_Static_assert(sizeof(rules) / sizeof(rules[0]) == ATTR_COUNT,
               "every attribute has its bounds");

const char *tmpl_attrs_name(enum tmpl_attr_id id)
{
    return rules[id].name;
}

/* ATTR_COUNT when the attribute is none of ours; name_len is without options. */
static enum tmpl_attr_id find(const char *name, size_t name_len)
{
    enum tmpl_attr_id id = ATTR_OBJECT_CLASS;

    while (id < ATTR_COUNT && (strlen(rules[id].name) != name_len ||
                               strncasecmp(rules[id].name, name, name_len) != 0)) {
        id++;
    }
    return id;
}

/* RFC 4512 2.5: options follow the name, each behind a semicolon. */
static bool check_options(const char *options, const char *name, struct error *err)
{
    if (options[0] == '\0' || text_equal_nocase(options, ";binary")) {
        return true;
    }
    if (strncasecmp(options, ";range=", strlen(";range=")) == 0) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s: the directory sent only a part of its values (%.40s)", name,
                         options + 1);
    }
    return error_set(err, ERROR_INVALID, "%s: the option '%.40s' is not understood", name,
                     options + 1);
}

static bool check_values(const struct tmpl_attr *attr, const struct attr_rule *rule,
                         struct error *err)
{
    if (attr->count == 0) {
        return error_set(err, ERROR_INVALID, "%s has no value", rule->name);
    }
    if (attr->count > rule->values_max) {
        return error_set(err, ERROR_INVALID, "%s has %zu values, at most %zu are allowed",
                         rule->name, attr->count, rule->values_max);
    }
    for (size_t i = 0; i < attr->count; i++) {
        if (attr->values[i].len > rule->len_max) {
            return error_set(err, ERROR_INVALID,
                             "%s: a value has %zu octets, at most %zu are allowed",
                             rule->name, attr->values[i].len, rule->len_max);
        }
    }
    return true;
}

static bool collect_one(const struct tmpl_attr *attr, struct tmpl_attrs *out,
                        struct error *err)
{
    size_t name_len = strcspn(attr->name, ";");
    enum tmpl_attr_id id = find(attr->name, name_len);

    if (id == ATTR_COUNT) {
        return true;
    }
    if (!check_options(attr->name + name_len, rules[id].name, err)) {
        return false;
    }
    if (out->found[id] != NULL) {
        return error_set(err, ERROR_INVALID, "%s is there twice", rules[id].name);
    }
    out->found[id] = attr;
    return true;
}

bool tmpl_attrs_collect(const struct tmpl_entry *entry, struct tmpl_attrs *out,
                        struct error *err)
{
    struct tmpl_attrs attrs = {{NULL}};

    if (entry->count > ENTRY_ATTRS_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d attributes", ENTRY_ATTRS_MAX);
    }
    for (size_t i = 0; i < entry->count; i++) {
        if (!collect_one(&entry->attrs[i], &attrs, err)) {
            return false;
        }
    }
    for (size_t id = 0; id < ATTR_COUNT; id++) {
        if (attrs.found[id] != NULL && !check_values(attrs.found[id], &rules[id], err)) {
            return false;
        }
    }
    *out = attrs;
    return true;
}

struct bytes tmpl_attrs_first(const struct tmpl_attrs *attrs, enum tmpl_attr_id id)
{
    const struct tmpl_attr *attr = attrs->found[id];

    return attr != NULL ? attr->values[0] : (struct bytes){NULL, 0};
}

/* A copy with a NUL behind it, if the value is something to show and compare. */
static bool copy_text(enum tmpl_attr_id id, struct bytes value, char **out,
                      struct error *err)
{
    if (value.len == 0 || !text_is_printable((const char *)value.data, value.len)) {
        return error_set(err, ERROR_INVALID, "%s: '%.*s' is not a printable text",
                         rules[id].name, (int)(value.len > 64 ? 64 : value.len),
                         value.len > 0 ? (const char *)value.data : "");
    }
    *out = mem_dup(value.data, value.len);
    return true;
}

bool tmpl_attrs_text(const struct tmpl_attrs *attrs, enum tmpl_attr_id id, char **out,
                     struct error *err)
{
    if (attrs->found[id] == NULL) {
        *out = mem_strdup("");
        return true;
    }
    return copy_text(id, tmpl_attrs_first(attrs, id), out, err);
}

bool tmpl_attrs_int(const struct tmpl_attrs *attrs, enum tmpl_attr_id id, int64_t min,
                    int64_t max, int64_t *out, struct error *err)
{
    AUTO(string) text = NULL;

    if (attrs->found[id] == NULL) {
        return true;
    }
    if (!copy_text(id, tmpl_attrs_first(attrs, id), &text, err)) {
        return false;
    }
    if (!text_parse_i64(text, min, max, out, err)) {
        return error_wrap(err, "%s", rules[id].name);
    }
    return true;
}

static bool check_item(enum tmpl_attr_id id, const char *text, bool oids,
                       const struct tmpl_list *out, struct error *err)
{
    if (oids && !text_is_oid(text)) {
        return error_set(err, ERROR_INVALID, "%s: '%.64s' is not an OID", rules[id].name,
                         text);
    }
    if (tmpl_list_has(out, text)) {
        return error_set(err, ERROR_INVALID, "%s: '%.64s' is there twice", rules[id].name,
                         text);
    }
    return true;
}

bool tmpl_attrs_list(const struct tmpl_attrs *attrs, enum tmpl_attr_id id, bool oids,
                     struct tmpl_list *out, struct error *err)
{
    const struct tmpl_attr *attr = attrs->found[id];

    for (size_t i = 0; attr != NULL && i < attr->count; i++) {
        AUTO(string) text = NULL;

        if (!copy_text(id, attr->values[i], &text, err) ||
            !check_item(id, text, oids, out, err)) {
            return false;
        }
        tmpl_list_add(out, text);
    }
    tmpl_list_sort(out);
    return true;
}
