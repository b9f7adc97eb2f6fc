/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tmpl/ra_policy.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

enum property_kind { PROPERTY_TEXT, PROPERTY_NUMBER, PROPERTY_OIDS };

struct property {
    const char *name;
    enum property_kind kind;
    size_t offset;     /* of the value in struct ra_policy */
    size_t has_offset; /* of the bool beside a number */
};

static const struct property properties[] = {
    {"msPKI-RA-Application-Policies", PROPERTY_OIDS, offsetof(struct ra_policy, oids), 0},
    {"msPKI-Asymmetric-Algorithm", PROPERTY_TEXT, offsetof(struct ra_policy, algorithm),
     0},
    {"msPKI-Hash-Algorithm", PROPERTY_TEXT, offsetof(struct ra_policy, hash), 0},
    {"msPKI-Key-Security-Descriptor", PROPERTY_TEXT, offsetof(struct ra_policy, key_sddl),
     0},
    {"msPKI-Symmetric-Algorithm", PROPERTY_TEXT, offsetof(struct ra_policy, symmetric),
     0},
    {"msPKI-Key-Usage", PROPERTY_NUMBER, offsetof(struct ra_policy, key_usage),
     offsetof(struct ra_policy, has_key_usage)},
    {"msPKI-Symmetric-Key-Length", PROPERTY_NUMBER,
     offsetof(struct ra_policy, symmetric_bits),
     offsetof(struct ra_policy, has_symmetric_bits)},
};
enum { PROPERTY_COUNT = sizeof(properties) / sizeof(properties[0]) };

static const struct property *find_property(const char *name)
{
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        if (strcmp(properties[i].name, name) == 0) {
            return &properties[i];
        }
    }
    return NULL;
}

/* The next field and what ends it; the caller frees it. False at the end of the text. */
static bool next_field(const char **cursor, char **out)
{
    if (**cursor == '\0') {
        return false;
    }
    size_t len = strcspn(*cursor, "`");
    *out = mem_dup(*cursor, len);
    *cursor += len + ((*cursor)[len] == '`' ? 1 : 0);
    return true;
}

static bool read_oids(const char *value, struct tmpl_list *out, struct error *err)
{
    const char *cursor = value;

    do {
        size_t len = strcspn(cursor, ",");
        AUTO(string) oid = mem_dup(cursor, len);

        if (!text_is_oid(oid)) {
            return error_set(err, ERROR_INVALID, "'%.64s' is not an OID", oid);
        }
        if (tmpl_list_has(out, oid) || out->count == RA_POLICY_OIDS_MAX) {
            return error_set(err, ERROR_INVALID, "the OID '%.64s' is one too many", oid);
        }
        tmpl_list_add(out, oid);
        cursor += len;
    } while (*cursor++ == ',');
    tmpl_list_sort(out);
    return true;
}

static bool store_number(const struct property *property, const char *value,
                         struct ra_policy *out, struct error *err)
{
    uint64_t number = 0;
    const bool has = true;

    if (!text_parse_u64(value, 0, UINT32_MAX, &number, err)) {
        return false;
    }
    const uint32_t stored = (uint32_t)number;
    memcpy((char *)out + property->offset, &stored, sizeof(stored));
    memcpy((char *)out + property->has_offset, &has, sizeof(has));
    return true;
}

static bool store(const struct property *property, const char *value,
                  struct ra_policy *out, struct error *err)
{
    switch (property->kind) {
    case PROPERTY_NUMBER:
        return store_number(property, value, out, err);
    case PROPERTY_OIDS:
        return read_oids(value, &out->oids, err);
    case PROPERTY_TEXT:
        break;
    }
    if (value[0] == '\0') {
        return error_set(err, ERROR_INVALID, "the value is empty");
    }
    const char *copy = mem_strdup(value);
    memcpy((char *)out + property->offset, &copy, sizeof(copy));
    return true;
}

static bool read_property(const char *name, const char *type, const char *value,
                          struct ra_policy *out, struct error *err)
{
    const struct property *property = find_property(name);
    bool number = strcmp(type, "DWORD") == 0;

    if (!number && strcmp(type, "PZPWSTR") != 0) {
        return error_set(err, ERROR_INVALID,
                         "the type '%.32s' is neither DWORD nor PZPWSTR", type);
    }
    if (property == NULL) {
        tmpl_list_add(&out->unknown, name);
        return true;
    }
    if (number != (property->kind == PROPERTY_NUMBER)) {
        return error_set(err, ERROR_INVALID, "the type is %s", type);
    }
    return store(property, value, out, err);
}

static bool read_triplets(const char *text, struct ra_policy *out, struct error *err)
{
    AUTO(tmpl_list) seen = TMPL_LIST_EMPTY;
    const char *cursor = text;

    while (*cursor != '\0') {
        AUTO(string) name = NULL;
        AUTO(string) type = NULL;
        AUTO(string) value = NULL;

        if (!next_field(&cursor, &name) || !next_field(&cursor, &type) ||
            !next_field(&cursor, &value) || name[0] == '\0') {
            return error_set(err, ERROR_INVALID,
                             "'%.64s' is not a list of name`type`value", text);
        }
        if (tmpl_list_has(&seen, name) || seen.count == RA_POLICY_PROPERTIES_MAX) {
            return error_set(err, ERROR_INVALID, "the property '%.64s' is one too many",
                             name);
        }
        tmpl_list_add(&seen, name);
        if (!read_property(name, type, value, out, err)) {
            return error_wrap(err, "property '%.64s'", name);
        }
    }
    tmpl_list_sort(&out->unknown);
    return seen.count > 0 || error_set(err, ERROR_INVALID, "it is empty");
}

bool ra_policy_parse(const char *text, struct ra_policy *out, struct error *err)
{
    AUTO(ra_policy) policy = {0};

    if (!read_triplets(text, &policy, err)) {
        return false;
    }
    *out = policy;
    memset(&policy, 0, sizeof(policy)); /* out owns all of it now */
    return true;
}

void ra_policy_clear(struct ra_policy *policy)
{
    tmpl_list_clear(&policy->oids);
    tmpl_list_clear(&policy->unknown);
    free(policy->algorithm);
    free(policy->hash);
    free(policy->key_sddl);
    free(policy->symmetric);
    memset(policy, 0, sizeof(*policy));
}
