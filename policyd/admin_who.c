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

static bool remembers(struct admin *admin, enum admin_right right, uid_t uid,
                      bool *member)
{
    int64_t now_ns = clock_boottime_ns(admin->options.clock);
    bool found = false;

    (void)pthread_mutex_lock(&admin->lock);
    for (size_t i = 0; i < ADMIN_KNOWN_UIDS && !found; i++) {
        const struct admin_known *k = &admin->circles[right].known[i];

        found = k->uid == uid && k->until_ns > now_ns;
        *member = found && k->member;
    }
    (void)pthread_mutex_unlock(&admin->lock);
    return found;
}

static void remember(struct admin *admin, enum admin_right right, const char *group,
                     uid_t uid, bool member)
{
    struct admin_circle *circle = &admin->circles[right];
    int64_t until_ns =
        clock_boottime_ns(admin->options.clock) + (int64_t)KNOWN_S * CLOCK_NS_PER_SECOND;

    (void)pthread_mutex_lock(&admin->lock);
    /* Not if the group was changed meanwhile. */
    if (strcmp(group, circle->group) == 0) {
        circle->known[circle->known_next] = (struct admin_known){uid, member, until_ns};
        circle->known_next = (circle->known_next + 1) % ADMIN_KNOWN_UIDS;
    }
    (void)pthread_mutex_unlock(&admin->lock);
}

static void copy_group(struct admin *admin, enum admin_right right, char *out)
{
    (void)pthread_mutex_lock(&admin->lock);
    memcpy(out, admin->circles[right].group, sizeof(admin->circles[right].group));
    (void)pthread_mutex_unlock(&admin->lock);
}

/* What the user database says, now or a little while ago; group: its name, filled. */
static bool look_up(struct admin *admin, enum admin_right right, uid_t uid, char *group,
                    bool *member, struct error *err)
{
    gid_t gid = 0;

    copy_group(admin, right, group);
    if (remembers(admin, right, uid, member)) {
        return true;
    }
    if (!gate_enter(&admin->lookups)) {
        return error_set(err, ERROR_UNAVAILABLE, "the user database does not answer");
    }
    *member = *group != '\0' && find_group(group, &gid) && is_member(uid, gid);
    gate_leave(&admin->lookups);
    remember(admin, right, group, uid, *member);
    return true;
}

bool admin_who_check(struct admin *admin, const struct http_peer *peer, struct error *err)
{
    char group[LEDGER_ID_MAX + 1];
    bool operates = false;

    if (!peer->local) {
        return error_set(err, ERROR_DENIED, "no local process");
    }
    if (peer->uid == 0 || peer->uid == geteuid()) {
        return true;
    }
    if (!look_up(admin, ADMIN_OPERATES, peer->uid, group, &operates, err)) {
        return false;
    }
    return operates || error_set(err, ERROR_DENIED,
                                 "uid %u is neither root nor a member of the group '%s'",
                                 (unsigned int)peer->uid, group);
}

bool admin_who_may_decide(struct admin *admin, const struct http_peer *peer,
                          struct error *err)
{
    char group[LEDGER_ID_MAX + 1];
    bool member = false;

    if (admin_who_check(admin, peer, err)) {
        return true;
    }
    if (err->code != ERROR_DENIED || !peer->local ||
        !look_up(admin, ADMIN_DECIDES, peer->uid, group, &member, err)) {
        return false;
    }
    return member ||
           error_set(err, ERROR_DENIED,
                     "uid %u may bring no approver's word to this host: it neither "
                     "operates nor is in listen.approver_group ('%s')",
                     (unsigned int)peer->uid, group);
}

static void set_group(struct admin *admin, enum admin_right right, const char *group)
{
    struct admin_circle *circle = &admin->circles[right];

    (void)pthread_mutex_lock(&admin->lock);
    *circle = (struct admin_circle){.known_next = 0};
    (void)strncpy(circle->group, group, sizeof(circle->group) - 1);
    (void)pthread_mutex_unlock(&admin->lock);
}

void admin_set_group(struct admin *admin, const char *group)
{
    set_group(admin, ADMIN_OPERATES, group);
}

void admin_set_approver_group(struct admin *admin, const char *group)
{
    set_group(admin, ADMIN_DECIDES, group);
}
