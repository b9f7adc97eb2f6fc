/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attrs: the attributes of an entry that a template is made of, found by name, counted and
 * bounded. Used by the parser only.
 */
#ifndef AE_COMMON_TMPL_ATTRS_H
#define AE_COMMON_TMPL_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/tmpl/entry.h"
#include "common/tmpl/list.h"

enum tmpl_attr_id {
    ATTR_OBJECT_CLASS = 0,
    ATTR_CN,
    ATTR_DISPLAY_NAME,
    ATTR_FLAGS,
    ATTR_REVISION,
    ATTR_SCHEMA_VERSION,
    ATTR_MINOR_REVISION,
    ATTR_OID,
    ATTR_ENROLLMENT_FLAG,
    ATTR_PRIVATE_KEY_FLAG,
    ATTR_NAME_FLAG,
    ATTR_EXPIRATION_PERIOD,
    ATTR_OVERLAP_PERIOD,
    ATTR_KEY_USAGE,
    ATTR_EXTENDED_KEY_USAGE,
    ATTR_APPLICATION_POLICY,
    ATTR_CERTIFICATE_POLICY,
    ATTR_CRITICAL_EXTENSIONS,
    ATTR_MAX_ISSUING_DEPTH,
    ATTR_RA_SIGNATURE,
    ATTR_RA_POLICIES,
    ATTR_RA_APPLICATION_POLICIES,
    ATTR_SUPERSEDE,
    ATTR_MINIMAL_KEY_SIZE,
    ATTR_DEFAULT_KEY_SPEC,
    ATTR_DEFAULT_CSPS,
    ATTR_OBJECT_GUID,
    ATTR_SECURITY_DESCRIPTOR,
    ATTR_ALLOW,
    ATTR_ALLOW_AUTO,
    ATTR_DENY,
    ATTR_COUNT
};

struct tmpl_attrs {
    const struct tmpl_attr *found[ATTR_COUNT]; /* borrowed from the entry; NULL: absent */
};

const char *tmpl_attrs_name(enum tmpl_attr_id id);

/*
 * Find the known attributes, names compared without case; all others are passed over.
 *
 * errors  ERROR_INVALID      an attribute twice, without a value, with too many or too long
 *                            values, or with an option other than ";binary"
 *         ERROR_UNAVAILABLE  a ";range=" option: the directory sent part of the values
 */
AE_MUST_CHECK bool tmpl_attrs_collect(const struct tmpl_entry *entry,
                                      struct tmpl_attrs *out, struct error *err);

/* The first value; {NULL, 0} when the attribute is absent. */
struct bytes tmpl_attrs_first(const struct tmpl_attrs *attrs, enum tmpl_attr_id id);

/*
 * The only value as printable text that the caller frees; "" when the attribute is absent.
 * errors  ERROR_INVALID  empty, not UTF-8 or with control characters
 */
AE_MUST_CHECK bool tmpl_attrs_text(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                                   char **out, struct error *err);

/*
 * The only value as a decimal number; *out stays as it is when the attribute is absent.
 * errors  ERROR_INVALID  not a whole number, or outside min..max
 */
AE_MUST_CHECK bool tmpl_attrs_int(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                                  int64_t min, int64_t max, int64_t *out,
                                  struct error *err);

/*
 * All values as printable texts, sorted, appended to out; OIDs where oids is true.
 * errors  ERROR_INVALID  as for one text, a malformed OID, the same value twice
 */
AE_MUST_CHECK bool tmpl_attrs_list(const struct tmpl_attrs *attrs, enum tmpl_attr_id id,
                                   bool oids, struct tmpl_list *out, struct error *err);

#endif
