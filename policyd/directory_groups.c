/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_groups.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/ldap/dap_text.h"

enum { FILTER_LEN_MAX = 16 * 1024 }; /* octets; more members go into another search */

static const char *const attributes[] = {"entryUUID", "objectSid"};

struct closure {
    struct directory_record *record;
    const struct directory_settings *settings;
    struct directory_asking *asking;
    struct wire_group *groups; /* groups_max of them */
    size_t count;
    unsigned int searches;
    enum reason *reason;
};

static bool links_by(const struct directory_settings *s, const char *attribute)
{
    for (size_t i = 0; i < s->group_links.count; i++) {
        if (text_equal_nocase(s->group_links.items[i], attribute)) {
            return true;
        }
    }
    return false;
}

/* The links whose values are DNs. */
static bool append_member(const struct directory_settings *s, const char *dn,
                          struct buf *filter)
{
    static const char *const by_dn[] = {"member", "uniqueMember"};
    bool any = false;

    for (size_t i = 0; i < sizeof(by_dn) / sizeof(by_dn[0]); i++) {
        if (links_by(s, by_dn[i])) {
            dap_filter_append_equal(filter, by_dn[i], bytes_of_text(dn));
            any = true;
        }
    }
    return any;
}

/* RFC 2307: by user name, and the primary group by its number. */
static bool append_posix(const struct directory_settings *s,
                         const struct dap_entry *entry, struct buf *filter)
{
    static const char *const by_value[][2] = {{"memberUid", "uid"},
                                              {"gidNumber", "gidNumber"}};
    bool any = false;

    for (size_t i = 0; i < sizeof(by_value) / sizeof(by_value[0]); i++) {
        const struct dap_attr *own = dap_entry_find(entry, by_value[i][1]);

        if (own == NULL || !links_by(s, by_value[i][0])) {
            continue;
        }
        for (size_t k = 0; k < own->count; k++) {
            buf_append_text(filter, "(&(objectClass=posixGroup)");
            dap_filter_append_equal(filter, by_value[i][0], own->values[k]);
            buf_append_byte(filter, ')');
            any = true;
        }
    }
    return any;
}

static bool partial(struct closure *c, struct error *err, const char *why)
{
    *c->reason = REASON_DIR_PARTIAL;
    return error_set(err, ERROR_UNAVAILABLE, "groups of '%.200s': %s",
                     directory_record_account(c->record)->account.dn, why);
}

static bool is_known(const struct closure *c, const struct wire_group *group)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct wire_group *known = &c->groups[i];

        if ((*group->id != '\0' && strcmp(group->id, known->id) == 0) ||
            text_equal_nocase(group->dn, known->dn)) {
            return true;
        }
    }
    return false;
}

static bool add_group(struct closure *c, const char *dn, const struct dap_entry *entry,
                      struct error *err)
{
    if (strlen(dn) > WIRE_DN_MAX || !text_is_printable(dn, strlen(dn))) {
        return partial(c, err, "one has a name of no use");
    }
    struct wire_group group = {
        .id = entry == NULL ? "" : directory_record_id(c->record, entry),
        .sid = entry == NULL ? "" : directory_record_sid(c->record, entry),
        .dn = directory_record_keep(c->record, mem_strdup(dn))};
    if (is_known(c, &group)) {
        return true;
    }
    if (c->count == c->settings->groups_max) {
        return partial(c, err, "more than are allowed");
    }
    c->groups[c->count++] = group;
    return true;
}

static bool search(struct closure *c, struct buf *filter, struct error *err)
{
    AUTO(dap_result) found = NULL;

    buf_append_byte(filter, ')');
    struct dap_query query = {.base = c->settings->base,
                              .scope = DAP_SCOPE_SUBTREE,
                              .filter = buf_text(filter),
                              .attributes = attributes,
                              .attribute_count =
                                  sizeof(attributes) / sizeof(attributes[0]),
                              .entries_max = c->settings->groups_max};
    if (!directory_ask(c->asking, &query, &found, c->reason, err)) {
        return error_wrap(err, "groups");
    }
    c->searches++;
    if (found->partial != NULL) {
        return partial(c, err, found->partial);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (!add_group(c, found->entries[i].dn, &found->entries[i], err)) {
            return false;
        }
    }
    return true;
}

/* The groups that the account itself is in. */
static bool find_direct(struct closure *c, const struct dap_entry *entry,
                        struct error *err)
{
    const struct dap_attr *member_of = dap_entry_find(entry, "memberOf");
    AUTO(buf) filter = BUF_EMPTY;

    buf_append_text(&filter, "(|");
    bool by_dn = append_member(c->settings, entry->dn, &filter);
    bool by_value = append_posix(c->settings, entry, &filter);
    if ((by_dn || by_value) && !search(c, &filter, err)) {
        return false;
    }
    if (member_of == NULL || !links_by(c->settings, "memberOf")) {
        return true;
    }
    for (size_t i = 0; i < member_of->count; i++) {
        if (!add_group(c, (const char *)member_of->values[i].data, NULL, err)) {
            return false;
        }
    }
    return true;
}

/* As many of groups from..to as one filter takes; the first that it did not. */
static size_t append_groups(const struct closure *c, size_t from, size_t to,
                            struct buf *filter)
{
    while (from < to && filter->len < FILTER_LEN_MAX) {
        (void)append_member(c->settings, c->groups[from++].dn, filter);
    }
    return from;
}

/* The groups that groups from..to of the list are in, a few searches at most. */
static bool find_above(struct closure *c, size_t from, size_t to, struct error *err)
{
    if (!links_by(c->settings, "member") && !links_by(c->settings, "uniqueMember")) {
        return true; /* groups do not nest */
    }
    while (from < to) {
        AUTO(buf) filter = BUF_EMPTY;

        buf_append_text(&filter, "(|");
        from = append_groups(c, from, to, &filter);
        if (!search(c, &filter, err)) {
            return false;
        }
    }
    return true;
}

static bool find_all(struct closure *c, const struct dap_entry *entry, struct error *err)
{
    size_t from = 0;

    if (!find_direct(c, entry, err)) {
        return false;
    }
    for (uint32_t depth = 1; from < c->count; depth++) {
        size_t to = c->count;

        if (depth > c->settings->groups_depth_max) {
            return partial(c, err, "nested deeper than is allowed");
        }
        if (!find_above(c, from, to, err)) {
            return false;
        }
        from = to;
    }
    return true;
}

bool directory_groups_fill(
    struct directory_record *record, struct directory_asking *asking,
    const struct dap_entry *entry,
    enum reason
        *reason, /* NOLINT(readability-non-const-parameter): set through the closure */
    struct error *err)
{
    const struct directory_settings *settings = asking->settings;
    struct wire_account *a = &directory_record_account(record)->account;
    struct closure c = {
        .record = record, .settings = settings, .asking = asking, .reason = reason};

    c.groups = mem_array(settings->groups_max, sizeof(*c.groups));
    if (!find_all(&c, entry, err)) {
        free(c.groups);
        return false;
    }
    a->groups =
        directory_record_keep(record, mem_resize(c.groups, c.count, sizeof(*c.groups)));
    a->group_count = c.count;
    a->groups_complete = true;
    directory_record_note(record, "groups", WIRE_STEP_PASS, "%zu groups in %u searches",
                          c.count, c.searches);
    return true;
}
