/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn: distinguished names as text (RFC 4514), brought into one form so that they compare.
 *
 * Two names are the same entry's exactly when their normal forms are the same octets. What
 * cannot be compared with certainty is refused, because a name that denies must not be missed.
 */
#ifndef AE_COMMON_TMPL_DN_H
#define AE_COMMON_TMPL_DN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

enum {
    DN_LEN_MAX = 2048,      /* octets of the text */
    DN_RDNS_MAX = 64,       /* levels */
    DN_AVAS_MAX = 16,       /* joined by '+' in one RDN */
    DN_SET_MAX = 64 * 1024, /* members */
};

/*
 * The normal form: types in lower case under their short names, values case-folded, spaces
 * folded (RFC 4518 2.6.1), parts of an RDN sorted, specials as "\xx": a bare ',' separates.
 *
 * text    not empty: the root of the tree is nobody's name
 * out     on success owned by the caller: free()
 * errors  ERROR_INVALID  not RFC 4514 (spaces around separators are allowed), an empty value,
 *                        a value as '#' and hexadecimal, a bound exceeded, or characters
 *                        whose comparison needs more of Unicode than is done here
 */
AE_MUST_CHECK bool dn_normalize(struct bytes text, char **out, struct error *err);

/* Of two normal forms: does the first lie below the second, at any depth? */
bool dn_is_below(const char *normal, const char *container);

/* The normal form of the entry above, inside the same text; NULL at the top. */
const char *dn_parent(const char *normal);

/*
 * Fold the case of one character. False where the same character may be written in more
 * ways than its case (combining marks, compatibility forms).
 */
AE_MUST_CHECK bool dn_fold(uint32_t *code);

/* How an account comes to be meant by a name. */
enum dn_relation { DN_SELF = 0, DN_GROUP, DN_CONTAINER, DN_RELATION_COUNT };

const char *dn_relation_name(enum dn_relation relation);

struct dn_member {
    char *normal;
    enum dn_relation relation;
};

/* The names that mean one account: its own, its groups', its containers'. Immutable. */
struct dn_set {
    struct dn_member *members; /* sorted by normal form */
    size_t count;
    bool complete;      /* false: there may be more groups, so no right can be judged */
    char *incomparable; /* a group whose name cannot be compared, NULL if all can: where
                           something is denied, it may be that group that is meant */
};

/*
 * account   the account's entry
 * groups    all groups, direct and not; count of them, at most DN_SET_MAX - DN_RDNS_MAX
 * out       on success owned by the caller: dn_set_free()
 * errors    ERROR_INVALID  the account's name is one that dn_normalize() refuses, or there
 *                          are too many groups
 */
AE_MUST_CHECK bool dn_set_new(const char *account, const char *const *groups,
                              size_t count, bool complete, struct dn_set **out,
                              struct error *err);
void dn_set_free(struct dn_set *set);
CLEANUP_DEFINE(dn_set, struct dn_set *, dn_set_free);

/* The member with that normal form, borrowed; NULL when there is none. */
const struct dn_member *dn_set_find(const struct dn_set *set, const char *normal);

#endif
