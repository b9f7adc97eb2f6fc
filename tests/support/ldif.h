/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldif: directory entries written as LDIF (RFC 2849), for tests. Malformed text aborts.
 */
#ifndef AE_TESTS_SUPPORT_LDIF_H
#define AE_TESTS_SUPPORT_LDIF_H

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/tmpl/entry.h"

struct ldif_record {
    char *dn;
    struct ldif_attr *attrs;
    size_t count;
    struct tmpl_attr *views; /* what entry points to */
    struct tmpl_entry entry; /* borrowed from this record; valid until it is changed */
};

/* The one record in text: comments, folded lines and base64 ("::") are understood. */
struct ldif_record *ldif_read(const char *text);
void ldif_free(struct ldif_record *record);
CLEANUP_DEFINE(ldif_record, struct ldif_record *, ldif_free);

/* Lines as above: each attribute named loses its values and gets those; "-name" removes it. */
void ldif_apply(struct ldif_record *record, const char *edits);

/* One value more, or a new attribute with it. */
void ldif_add(struct ldif_record *record, const char *name, struct bytes value);

/* The attributes, and the values in each, in the opposite order. */
void ldif_reverse(struct ldif_record *record);

#endif
