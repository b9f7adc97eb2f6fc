/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds_parts: the file as it is read, for the .c files of bounds; nobody else includes it.
 */
#ifndef AE_COMMON_BOUNDS_BOUNDS_PARTS_H
#define AE_COMMON_BOUNDS_BOUNDS_PARTS_H

#include "common/bounds/bounds.h"

/* Text members belong to the struct; every entry of a list fits its row. */
struct bounds_template {
    char *name;
    char *oid; /* "": any */
    struct cfg_texts ca, kinds, keys, key_usage, ekus, extensions, policies;
    struct cfg_texts subject, dns, email, upn, krb5, ip, uri, other_names, approval_for;
    bool dns_wildcards, guid, no_eku, no_key_usage, no_revocation, on_behalf;
    int64_t validity_max_s, approvals, hourly_max;
};

struct bounds_profile {
    char *name; /* of enum wire_profile */
    char *ca, *subject;
    struct cfg_texts dns, ekus, keys;
    int64_t validity_max_s, hourly_max;
};

struct bounds {
    struct cfg_texts realms, protected;
    int64_t approvals, hourly_max, begin_tolerance_s;
    struct cfg_list templates; /* struct bounds_template */
    struct cfg_list profiles;  /* struct bounds_profile */
};

/* NULL when the file has no such section. */
const struct bounds_template *bounds_find_template(const struct bounds *b,
                                                   const char *name);
const struct bounds_profile *bounds_find_profile(const struct bounds *b,
                                                 const char *name);

/* OCSPSigning and cmcRA: of profiles, never of a template. */
bool bounds_is_infrastructure_purpose(const char *oid);
bool bounds_allows_key(const struct cfg_texts *keys, const struct key_info *key);

/* The first entry that matches; NULL: none. */
typedef bool bounds_match(const char *entry, const char *text);
const char *bounds_find(const struct cfg_texts *list, bounds_match *match,
                        const char *text);
/* Is it one of the list? */
bool bounds_has(const struct cfg_texts *list, const char *text);

#endif
