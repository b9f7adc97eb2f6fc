/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/algorithm.h"
#include "common/tmpl/attrs.h"
#include "common/tmpl/check.h"
#include "common/tmpl/dn.h"
#include "common/tmpl/effective.h"
#include "common/tmpl/period.h"

enum {
    KEY_USAGE_LEN_MAX = 2,     /* octets */
    RA_SIGNATURES_MAX = 16,    /* Windows itself asks for one at most */
    PROVIDER_NUMBER_MAX = 999, /* in front of the name in pKIDefaultCSPs */
    OPTIONAL = TMPL_V4 + 1,    /* required from no version on */
};

/* A number of the entry, and where it goes: a uint32_t, negative ones in two's complement. */
struct int_rule {
    enum tmpl_attr_id id;
    uint32_t required_from; /* schema version */
    int64_t min, max;
    size_t offset; /* in struct tmpl */
};

#define FIELD(member) offsetof(struct tmpl, member)

/* Version 1 has no msPKI attributes of its own; Windows 2000 did not know them. */
static const struct int_rule int_rules[] = {
    {ATTR_FLAGS, TMPL_V1, INT32_MIN, INT32_MAX, FIELD(flags[TMPL_GENERAL])},
    {ATTR_NAME_FLAG, TMPL_V1, INT32_MIN, INT32_MAX, FIELD(flags[TMPL_NAME])},
    {ATTR_ENROLLMENT_FLAG, TMPL_V2, INT32_MIN, INT32_MAX, FIELD(flags[TMPL_ENROLLMENT])},
    {ATTR_PRIVATE_KEY_FLAG, TMPL_V2, INT32_MIN, INT32_MAX,
     FIELD(flags[TMPL_PRIVATE_KEY])},
    {ATTR_REVISION, TMPL_V1, 0, INT32_MAX, FIELD(major)},
    {ATTR_MINOR_REVISION, TMPL_V2, 0, INT32_MAX, FIELD(minor)},
    {ATTR_RA_SIGNATURE, TMPL_V2, 0, RA_SIGNATURES_MAX, FIELD(ra_signatures)},
    {ATTR_MINIMAL_KEY_SIZE, TMPL_V2, 0, TMPL_KEY_SIZE_MAX, FIELD(key_size_min)},
    {ATTR_DEFAULT_KEY_SPEC, OPTIONAL, 1, 2, FIELD(key_spec)},
    {ATTR_MAX_ISSUING_DEPTH, OPTIONAL, -1, INT32_MAX, FIELD(max_issuing_depth)},
};

struct oid_rule {
    enum tmpl_attr_id id;
    size_t offset; /* of a struct tmpl_list in struct tmpl */
};
static const struct oid_rule oid_rules[] = {
    {ATTR_EXTENDED_KEY_USAGE, FIELD(ekus)},
    {ATTR_APPLICATION_POLICY, FIELD(app_policies)},
    {ATTR_CERTIFICATE_POLICY, FIELD(cert_policies)},
    {ATTR_CRITICAL_EXTENSIONS, FIELD(critical)},
    {ATTR_RA_POLICIES, FIELD(ra_policies)},
};

static bool require(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                    struct error *err)
{
    return attrs->found[id] != NULL ||
           error_set(err, ERROR_INVALID, "%s is missing", tmpl_attrs_name(id));
}

/* What people compute from hexadecimal flags does not always fit LDAP's signed numbers. */
static void explain_sign(const struct tmpl_attrs *attrs, const struct int_rule *rule,
                         struct error *err)
{
    struct error ignored = {0};
    int64_t value = 0;

    if (rule->min == INT32_MIN &&
        tmpl_attrs_int(attrs, rule->id, INT32_MAX, UINT32_MAX, &value, &ignored)) {
        error_set(err, ERROR_INVALID,
                  "%s: %lld is not a signed number of 32 bits; written as one it is %lld",
                  tmpl_attrs_name(rule->id), (long long)value,
                  (long long)(value - (INT64_C(1) << 32)));
    }
}

static bool parse_int(const struct tmpl_attrs *attrs, const struct int_rule *rule,
                      struct tmpl *tmpl, struct error *err)
{
    int64_t value = 0;

    if (tmpl->schema_version >= rule->required_from && !require(attrs, rule->id, err)) {
        return false;
    }
    if (!tmpl_attrs_int(attrs, rule->id, rule->min, rule->max, &value, err)) {
        explain_sign(attrs, rule, err);
        return false;
    }
    const uint32_t stored = (uint32_t)value;
    memcpy((char *)tmpl + rule->offset, &stored, sizeof(stored));
    return true;
}

static bool parse_ints(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                       struct error *err)
{
    int64_t version = TMPL_V1;

    if (!tmpl_attrs_int(attrs, ATTR_SCHEMA_VERSION, TMPL_V1, TMPL_V4, &version, err)) {
        return false;
    }
    tmpl->schema_version = (uint32_t)version;
    for (size_t i = 0; i < sizeof(int_rules) / sizeof(int_rules[0]); i++) {
        if (!parse_int(attrs, &int_rules[i], tmpl, err)) {
            return false;
        }
    }
    return true;
}

/* An entry that says what it is must be a template. */
static bool check_class(const struct tmpl_attrs *attrs, struct error *err)
{
    AUTO(tmpl_list) classes = TMPL_LIST_EMPTY;

    if (attrs->found[ATTR_OBJECT_CLASS] == NULL) {
        return true;
    }
    if (!tmpl_attrs_list(attrs, ATTR_OBJECT_CLASS, false, &classes, err)) {
        return false;
    }
    for (size_t i = 0; i < classes.count; i++) {
        if (text_equal_nocase(classes.items[i], "pKICertificateTemplate")) {
            return true;
        }
    }
    return error_set(err, ERROR_INVALID, "objectClass has no pKICertificateTemplate");
}

static bool parse_texts(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                        struct error *err)
{
    if (!require(attrs, ATTR_CN, err) || !require(attrs, ATTR_OID, err) ||
        !tmpl_attrs_text(attrs, ATTR_CN, &tmpl->cn, err) ||
        !tmpl_attrs_text(attrs, ATTR_DISPLAY_NAME, &tmpl->display_name, err) ||
        !tmpl_attrs_text(attrs, ATTR_OID, &tmpl->oid, err)) {
        return false;
    }
    if (!text_is_oid(tmpl->oid)) {
        return error_set(err, ERROR_INVALID, "%s: '%.64s' is not an OID",
                         tmpl_attrs_name(ATTR_OID), tmpl->oid);
    }
    return true;
}

static bool parse_period(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                         int64_t *out, struct error *err)
{
    if (!require(attrs, id, err)) {
        return false;
    }
    return period_parse(tmpl_attrs_first(attrs, id), out, err) ||
           error_wrap(err, "%s", tmpl_attrs_name(id));
}

/* [MS-CRTD] 2.9: the BIT STRING without its octet of unused bits */
static bool parse_key_usage(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                            struct error *err)
{
    struct bytes value = tmpl_attrs_first(attrs, ATTR_KEY_USAGE);

    if (!require(attrs, ATTR_KEY_USAGE, err)) {
        return false;
    }
    if (value.len == 0 || value.len > KEY_USAGE_LEN_MAX) {
        return error_set(err, ERROR_INVALID, "%s has %zu octets in place of 1 or 2",
                         tmpl_attrs_name(ATTR_KEY_USAGE), value.len);
    }
    tmpl->key_usage = value.data[0] | (value.len > 1 ? (uint32_t)value.data[1] << 8 : 0);
    if ((tmpl->key_usage >> 8 & 0x7F) != 0) {
        return error_set(err, ERROR_INVALID,
                         "%s: unknown bits in its second octet 0x%02x",
                         tmpl_attrs_name(ATTR_KEY_USAGE), (unsigned int)value.data[1]);
    }
    return true;
}

static bool parse_lists(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                        struct error *err)
{
    for (size_t i = 0; i < sizeof(oid_rules) / sizeof(oid_rules[0]); i++) {
        void *list = (char *)tmpl + oid_rules[i].offset;

        if (!tmpl_attrs_list(attrs, oid_rules[i].id, true, list, err)) {
            return false;
        }
    }
    return tmpl_attrs_list(attrs, ATTR_SUPERSEDE, false, &tmpl->supersedes, err);
}

/* "<number>,<name>"; *name points into the text. */
static bool split_provider(const char *text, int64_t *number, const char **name,
                           struct error *err)
{
    const char *comma = strchr(text, ',');
    AUTO(string) digits = mem_dup(text, comma != NULL ? (size_t)(comma - text) : 0);
    struct error ignored = {0};

    if (comma == NULL || comma[1] == '\0' ||
        !text_parse_i64(digits, 0, PROVIDER_NUMBER_MAX, number, &ignored)) {
        return error_set(err, ERROR_INVALID, "%s: '%.64s' is not <number>,<provider>",
                         tmpl_attrs_name(ATTR_DEFAULT_CSPS), text);
    }
    *name = comma + 1;
    return true;
}

/* The names, the lowest number first; equal numbers in the order of the names. */
static bool parse_providers(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                            struct error *err)
{
    AUTO(tmpl_list) numbered = TMPL_LIST_EMPTY;
    AUTO(tmpl_list) keyed = TMPL_LIST_EMPTY;

    if (!tmpl_attrs_list(attrs, ATTR_DEFAULT_CSPS, false, &numbered, err)) {
        return false;
    }
    for (size_t i = 0; i < numbered.count; i++) {
        const char *name = NULL;
        int64_t number = 0;

        if (!split_provider(numbered.items[i], &number, &name, err)) {
            return false;
        }
        AUTO(string) key = mem_printf("%03d,%s", (int)number, name);
        tmpl_list_add(&keyed, key);
    }
    tmpl_list_sort(&keyed);
    for (size_t i = 0; i < keyed.count; i++) {
        tmpl_list_add(&tmpl->providers, strchr(keyed.items[i], ',') + 1);
    }
    return true;
}

/* [MS-CRTD] 2.23: which of the two syntaxes the attribute is in */
static bool has_second_syntax(const struct tmpl *tmpl)
{
    return tmpl->schema_version == TMPL_V3 ||
           (tmpl->schema_version == TMPL_V4 &&
            !tmpl_has_flag(tmpl, TMPL_PRIVATE_KEY, TMPL_USE_LEGACY_PROVIDER));
}

static bool parse_ra_policy(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                            struct error *err)
{
    const struct tmpl_attr *attr = attrs->found[ATTR_RA_APPLICATION_POLICIES];
    AUTO(string) text = NULL;

    if (attr == NULL || !has_second_syntax(tmpl)) {
        return tmpl_attrs_list(attrs, ATTR_RA_APPLICATION_POLICIES, true,
                               &tmpl->ra_purposes, err);
    }
    if (attr->count > 1) {
        return error_set(err, ERROR_INVALID, "%s has %zu values in place of one string",
                         tmpl_attrs_name(ATTR_RA_APPLICATION_POLICIES), attr->count);
    }
    if (!tmpl_attrs_text(attrs, ATTR_RA_APPLICATION_POLICIES, &text, err)) {
        return false;
    }
    if (!ra_policy_parse(text, &tmpl->cng, err)) {
        return error_wrap(err, "%s", tmpl_attrs_name(ATTR_RA_APPLICATION_POLICIES));
    }
    tmpl->uses_cng = true;
    for (size_t i = 0; i < tmpl->cng.oids.count; i++) {
        tmpl_list_add(&tmpl->ra_purposes, tmpl->cng.oids.items[i]);
    }
    return true;
}

static bool parse_guid(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                       struct error *err)
{
    tmpl->has_guid = attrs->found[ATTR_OBJECT_GUID] != NULL;
    return !tmpl->has_guid ||
           guid_parse(tmpl_attrs_first(attrs, ATTR_OBJECT_GUID), &tmpl->guid, err) ||
           error_wrap(err, "%s", tmpl_attrs_name(ATTR_OBJECT_GUID));
}

/* A malformed descriptor blocks the template, and the rest of it can still be shown. */
static void parse_descriptor(const struct tmpl_attrs *attrs, struct tmpl *tmpl)
{
    const struct tmpl_finding finding = {.severity = TMPL_BLOCKS,
                                         .reason = TMPL_DESCRIPTOR,
                                         .field =
                                             tmpl_attrs_name(ATTR_SECURITY_DESCRIPTOR)};
    struct error err = {0};

    tmpl->has_descriptor = attrs->found[ATTR_SECURITY_DESCRIPTOR] != NULL;
    if (tmpl->has_descriptor &&
        !sd_parse(tmpl_attrs_first(attrs, ATTR_SECURITY_DESCRIPTOR), &tmpl->descriptor,
                  &err)) {
        tmpl_finding_add(&tmpl->findings, finding, "%s: %s", finding.field, err.message);
    }
}

static bool parse_dns(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                      struct tmpl_dns *out, struct error *err)
{
    if (!tmpl_attrs_list(attrs, id, false, &out->text, err)) {
        return false;
    }
    for (size_t i = 0; i < out->text.count; i++) {
        AUTO(string) normal = NULL;

        if (!dn_normalize(bytes_of_text(out->text.items[i]), &normal, err)) {
            return error_wrap(err, "%s", tmpl_attrs_name(id));
        }
        tmpl_list_add(&out->normal, normal);
    }
    return true;
}

static bool parse_access(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                         struct error *err)
{
    tmpl->has_access = attrs->found[ATTR_ALLOW] != NULL ||
                       attrs->found[ATTR_ALLOW_AUTO] != NULL ||
                       attrs->found[ATTR_DENY] != NULL;
    return parse_dns(attrs, ATTR_ALLOW, &tmpl->allow, err) &&
           parse_dns(attrs, ATTR_ALLOW_AUTO, &tmpl->allow_auto, err) &&
           parse_dns(attrs, ATTR_DENY, &tmpl->deny, err);
}

static bool parse_fields(const struct tmpl_attrs *attrs, struct tmpl *tmpl,
                         struct error *err)
{
    return check_class(attrs, err) && parse_texts(attrs, tmpl, err) &&
           parse_ints(attrs, tmpl, err) &&
           parse_period(attrs, ATTR_EXPIRATION_PERIOD, &tmpl->validity_s, err) &&
           parse_period(attrs, ATTR_OVERLAP_PERIOD, &tmpl->overlap_s, err) &&
           parse_key_usage(attrs, tmpl, err) && parse_lists(attrs, tmpl, err) &&
           parse_providers(attrs, tmpl, err) && parse_ra_policy(attrs, tmpl, err) &&
           parse_guid(attrs, tmpl, err) && parse_access(attrs, tmpl, err);
}

/* Whatever there is to call the entry by, for the error's sentence. */
static void name_entry(const struct tmpl_entry *entry, struct error *err)
{
    struct bytes name = bytes_of_text(entry->dn);

    for (size_t i = 0; i < entry->count; i++) {
        if (text_equal_nocase(entry->attrs[i].name, "cn") && entry->attrs[i].count > 0) {
            name = entry->attrs[i].values[0];
        }
    }
    error_wrap(err, "template '%.*s'", (int)(name.len > 64 ? 64 : name.len),
               name.len > 0 ? (const char *)name.data : "");
}

bool tmpl_parse(const struct tmpl_entry *entry, struct tmpl **out, struct error *err)
{
    AUTO(tmpl) tmpl = mem_new(sizeof(*tmpl));
    struct tmpl_attrs attrs = {{NULL}};

    if (!tmpl_attrs_collect(entry, &attrs, err) || !parse_fields(&attrs, tmpl, err)) {
        name_entry(entry, err);
        return false;
    }
    tmpl->dn = mem_strdup(entry->dn);
    parse_descriptor(&attrs, tmpl);
    tmpl_effective_purposes(tmpl, &tmpl->purposes);
    tmpl_algorithm_choose(tmpl);
    tmpl_check(tmpl);
    *out = TAKE(tmpl);
    return true;
}
