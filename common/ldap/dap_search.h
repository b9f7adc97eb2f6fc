/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dap_search: what to look for, and what was found, as plain structs with bounds.
 *
 * An answer is complete or it says why it is not; it never looks complete by accident.
 */
#ifndef AE_COMMON_LDAP_DAP_SEARCH_H
#define AE_COMMON_LDAP_DAP_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"

enum {
    DAP_ENTRIES_MAX = 16384,
    DAP_OCTETS_MAX = 16 * 1024 * 1024, /* names and values of one answer */
    DAP_MESSAGE_MAX = 4 * 1024 * 1024, /* one message of the server */
    DAP_ATTRIBUTES_MAX = 256,          /* of a query */
    DAP_PAGE_SIZE = 500,
};

enum dap_scope { DAP_SCOPE_BASE = 0, DAP_SCOPE_ONE, DAP_SCOPE_SUBTREE };

struct dap_query {
    const char *base;
    enum dap_scope scope;
    const char *filter;
    const char *const *attributes;
    size_t attribute_count; /* 0: names of entries only */
    size_t entries_max;     /* 1..DAP_ENTRIES_MAX; more make the answer incomplete */
    bool paged;             /* ask in pages: where servers cap their answers */
};

struct dap_attr {
    char *name;           /* as it came, options included */
    struct bytes *values; /* each with a NUL behind it */
    size_t count;
    char *octets; /* what the values lie in */
};

struct dap_entry {
    char *dn;
    struct dap_attr *attrs;
    size_t count;
};

struct dap_result {
    struct dap_entry *entries;
    size_t count;  /* at most entries_max */
    bool too_many; /* there were more: not complete */
    char *partial; /* NULL: complete; else why it is not, one sentence */
};

void dap_result_free(struct dap_result *result); /* accepts NULL */
CLEANUP_DEFINE(dap_result, struct dap_result *, dap_result_free);

/* The attribute, its name compared without case, its options left out; NULL: absent. */
const struct dap_attr *dap_entry_find(const struct dap_entry *entry, const char *name);

/* Is this text one of the attribute's values, octet for octet / without case (ASCII)? */
bool dap_entry_has(const struct dap_entry *entry, const char *name, const char *value);
bool dap_entry_has_nocase(const struct dap_entry *entry, const char *name,
                          const char *value);

#endif
