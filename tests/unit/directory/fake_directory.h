/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_directory: a few entries behind a search port. A search for groups finds those whose
 * member stands in the filter; every other one finds all the entries that are no groups.
 */
#ifndef AE_TESTS_UNIT_DIRECTORY_FAKE_DIRECTORY_H
#define AE_TESTS_UNIT_DIRECTORY_FAKE_DIRECTORY_H

#include <stddef.h>

#include "common/ldap/dap_pool.h"

#include "policyd/directory.h"

enum { FAKE_ATTRS = 12 };

/* Pairs of name and value; a name again is another value. Ended by NULL. */
struct fake_entry {
    const char *dn;
    const char *attrs[2 * FAKE_ATTRS + 1];
};

struct fake_directory {
    const struct fake_entry *entries;
    size_t count;
    const char *version;          /* contextCSN; NULL: none */
    const char *partial_at;       /* a filter with this text in it is answered in part */
    const char *fails_at;         /* and with this one not at all */
    enum error_code fails_with;   /* ERROR_NONE: ERROR_UNAVAILABLE */
    void (*meanwhile)(void *ctx); /* called during a search; NULL: nothing happens */
    void *ctx;
    unsigned int searches;
};

struct dap_port fake_directory_port(struct fake_directory *fake);

/* All entries, as a search would give them. */
struct dap_result *fake_directory_all(const struct fake_directory *fake);

/* Settings of EXAMPLE.TEST, with the port still to be set. */
struct directory_settings fake_directory_settings(void);

#endif
