/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/tmpl/dn.h"

static const char *const relation_names[] = {
    [DN_SELF] = "the account itself",
    [DN_GROUP] = "a group of the account",
    [DN_CONTAINER] = "a container above the account",
};
_Static_assert(sizeof(relation_names) / sizeof(relation_names[0]) == DN_RELATION_COUNT,
               "every relation has a name");

const char *dn_relation_name(enum dn_relation relation)
{
    return (unsigned int)relation < DN_RELATION_COUNT ? relation_names[relation]
                                                      : "unknown";
}

static int compare_members(const void *a, const void *b)
{
    const struct dn_member *first = a;
    const struct dn_member *second = b;

    return strcmp(first->normal, second->normal);
}

/* The member's normal form is owned by the set from here on. */
static void add_taken(struct dn_set *set, struct dn_member member)
{
    set->members[set->count++] = member;
}

static bool add_account(struct dn_set *set, const char *account, struct error *err)
{
    char *normal = NULL;

    if (!dn_normalize(bytes_of_text(account), &normal, err)) {
        return false;
    }
    add_taken(set, (struct dn_member){normal, DN_SELF});
    for (const char *above = dn_parent(normal); above != NULL; above = dn_parent(above)) {
        add_taken(set, (struct dn_member){mem_strdup(above), DN_CONTAINER});
    }
    return true;
}

/* One odd group must not lock its members out of everything, so it is only remembered. */
static void add_group(struct dn_set *set, const char *group)
{
    struct error ignored = {0};
    char *normal = NULL;

    if (dn_normalize(bytes_of_text(group), &normal, &ignored)) {
        add_taken(set, (struct dn_member){normal, DN_GROUP});
    } else if (set->incomparable == NULL) {
        set->incomparable = mem_strdup(group);
    }
}

bool dn_set_new(const char *account, const char *const *groups, size_t count,
                bool complete, struct dn_set **out, struct error *err)
{
    AUTO(dn_set) set = mem_new(sizeof(*set));

    if (count > DN_SET_MAX - DN_RDNS_MAX) {
        return error_set(err, ERROR_INVALID, "more than %d groups",
                         DN_SET_MAX - DN_RDNS_MAX);
    }
    set->members = mem_array(count + DN_RDNS_MAX, sizeof(*set->members));
    set->complete = complete;
    if (!add_account(set, account, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        add_group(set, groups[i]);
    }
    qsort(set->members, set->count, sizeof(*set->members), compare_members);
    *out = TAKE(set);
    return true;
}

void dn_set_free(struct dn_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        free(set->members[i].normal);
    }
    free(set->members);
    free(set->incomparable);
    free(set);
}

static int compare_with_key(const void *key, const void *member)
{
    return strcmp(key, ((const struct dn_member *)member)->normal);
}

const struct dn_member *dn_set_find(const struct dn_set *set, const char *normal)
{
    return bsearch(normal, set->members, set->count, sizeof(*set->members),
                   compare_with_key);
}
