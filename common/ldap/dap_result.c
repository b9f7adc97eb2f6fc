/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/ldap/dap_search.h"

static void clear_entry(struct dap_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        free(entry->attrs[i].octets);
        free(entry->attrs[i].values);
        free(entry->attrs[i].name);
    }
    free(entry->attrs);
    free(entry->dn);
}

void dap_result_free(struct dap_result *result)
{
    if (result == NULL) {
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        clear_entry(&result->entries[i]);
    }
    free(result->entries);
    free(result->partial);
    free(result);
}

const struct dap_attr *dap_entry_find(const struct dap_entry *entry, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < entry->count; i++) {
        const char *found = entry->attrs[i].name;

        if (strncasecmp(found, name, len) == 0 &&
            (found[len] == '\0' || found[len] == ';')) {
            return &entry->attrs[i];
        }
    }
    return NULL;
}

typedef int compare_octets(const char *a, const char *b, size_t len);

static bool has(const struct dap_entry *entry, const char *name, const char *value,
                compare_octets *compare)
{
    const struct dap_attr *attr = dap_entry_find(entry, name);
    size_t len = strlen(value);

    for (size_t i = 0; attr != NULL && i < attr->count; i++) {
        if (attr->values[i].len == len &&
            compare((const char *)attr->values[i].data, value, len) == 0) {
            return true;
        }
    }
    return false;
}

bool dap_entry_has(const struct dap_entry *entry, const char *name, const char *value)
{
    return has(entry, name, value, strncmp);
}

bool dap_entry_has_nocase(const struct dap_entry *entry, const char *name,
                          const char *value)
{
    return has(entry, name, value, strncasecmp);
}
