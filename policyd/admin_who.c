/* SPDX-License-Identifier: Apache-2.0 */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/admin_inside.h"

enum {
    KNOWN_S = 30, /* how long an answer of the user database holds */
    GROUPS_MAX = 65536,
    ENTRY_MAX = 256 * 1024, /* octets of a group with its members */
};

static bool find_group(const char *name, gid_t *out)
{
    AUTO(string) space = mem_new(ENTRY_MAX);
    struct group entry;
    struct group *found = NULL;

    if (getgrnam_r(name, &entry, space, ENTRY_MAX, &found) != 0 || found == NULL) {
        return false;
    }
    *out = found->gr_gid;
    return true;
}

/* The primary group and all supplementary ones, as a login would get them. */
static bool is_member(uid_t uid, gid_t group)
{
    AUTO(string) space = mem_new(ENTRY_MAX);
    struct passwd entry;
    struct passwd *found = NULL;
    int count = GROUPS_MAX;

    if (getpwuid_r(uid, &entry, space, ENTRY_MAX, &found) != 0 || found == NULL) {
        return false;
    }
    gid_t *groups = mem_array(GROUPS_MAX, sizeof(*groups));
    bool member = false;
    if (getgrouplist(found->pw_name, found->pw_gid, groups, &count) >= 0) {
        for (int i = 0; i < count; i++) {
            member = member || groups[i] == group;
        }
    }
    free(groups);
    return member;
}

static bool remembers(struct admin *admin, uid_t uid, bool *operates)
{
    int64_t now_ns = clock_boottime_ns(admin->options.clock);
    bool found = false;

    (void)pthread_mutex_lock(&admin->lock);
    for (size_t i = 0; i < ADMIN_KNOWN_UIDS && !found; i++) {
        const struct admin_known *k = &admin->known[i];

        found = k->uid == uid && k->until_ns > now_ns;
        *operates = found && k->operates;
    }
    (void)pthread_mutex_unlock(&admin->lock);
    return found;
}

static void remember(struct admin *admin, const char *group, uid_t uid, bool operates)
{
    int64_t until_ns =
        clock_boottime_ns(admin->options.clock) + (int64_t)KNOWN_S * CLOCK_NS_PER_SECOND;

    (void)pthread_mutex_lock(&admin->lock);
    /* Not if the group was changed meanwhile. */
    if (strcmp(group, admin->group) == 0) {
        admin->known[admin->known_next] = (struct admin_known){uid, operates, until_ns};
        admin->known_next = (admin->known_next + 1) % ADMIN_KNOWN_UIDS;
    }
    (void)pthread_mutex_unlock(&admin->lock);
}

static void copy_group(struct admin *admin, char *out)
{
    (void)pthread_mutex_lock(&admin->lock);
    memcpy(out, admin->group, sizeof(admin->group));
    (void)pthread_mutex_unlock(&admin->lock);
}

bool admin_who_check(struct admin *admin, const struct http_peer *peer, struct error *err)
{
    char group[sizeof(admin->group)];
    bool operates = false;
    gid_t gid = 0;

    if (!peer->local) {
        return error_set(err, ERROR_DENIED, "no local process");
    }
    if (peer->uid == 0 || peer->uid == geteuid() ||
        (remembers(admin, peer->uid, &operates) && operates)) {
        return true;
    }
    copy_group(admin, group);
    if (!remembers(admin, peer->uid, &operates)) {
        if (!gate_enter(&admin->lookups)) {
            return error_set(err, ERROR_UNAVAILABLE, "the user database does not answer");
        }
        operates = *group != '\0' && find_group(group, &gid) && is_member(peer->uid, gid);
        gate_leave(&admin->lookups);
        remember(admin, group, peer->uid, operates);
    }
    return operates || error_set(err, ERROR_DENIED,
                                 "uid %u is neither root nor a member of the group '%s'",
                                 (unsigned int)peer->uid, group);
}

void admin_set_group(struct admin *admin, const char *group)
{
    (void)pthread_mutex_lock(&admin->lock);
    (void)strncpy(admin->group, group, sizeof(admin->group) - 1);
    memset(admin->known, 0, sizeof(admin->known));
    (void)pthread_mutex_unlock(&admin->lock);
}
