/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/ldap/dap_text.h"

#include "policyd/directory_ask.h"
#include "policyd/directory_cache.h"
#include "policyd/directory_door.h"
#include "policyd/directory_groups.h"
#include "policyd/directory_judge.h"
#include "policyd/directory_name.h"
#include "policyd/directory_record.h"
#include "policyd/directory_version.h"

struct directory {
    struct directory_settings settings;
    struct directory_cache *cache; /* NULL: none */
    struct directory_door *door;   /* NULL: everybody may come in */
    struct directory_version *version;
};

enum { ATTRIBUTE_LEN_MAX = 64, ATTRIBUTES_ROOM = 128 };
#define NS_PER_MS           INT64_C(1000000)
#define VERSION_PATIENCE_NS (500 * NS_PER_MS)

/* What the cache goes by: when a look-up began, and what the directory said of itself then. */
struct start {
    int64_t at_ns;
    struct buf version;
};

/* One look-up under way. */
struct look {
    struct directory *directory;
    const struct directory_settings *settings;
    const struct directory_query *query;
    struct directory_asking *asking;
    enum reason *reason;
    struct start *start; /* empty where there is no cache */
};

static bool is_attribute(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= ATTRIBUTE_LEN_MAX &&
           strspn(name,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
               len;
}

/* Whatever the directory would give us: rules get no keys. */
static bool is_secret(const char *name)
{
    static const char *const secrets[] = {
        "userPassword",    "krbPrincipalKey", "krbMKey",   "krbPwdHistory",
        "sambaNTPassword", "sambaLMPassword", "ipaNTHash", "unicodePwd",
        "pwdHistory",      "ipatokenOTPkey"};

    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (text_equal_nocase(secrets[i], name)) {
            return true;
        }
    }
    return false;
}

static bool check_asked(const struct directory_query *query, enum reason *reason,
                        struct error *err)
{
    *reason = REASON_INTERNAL;
    if (query->attributes.count > WIRE_ATTRIBUTES_MAX) {
        return error_set(err, ERROR_INVALID,
                         "directory: more than %d attributes asked for",
                         WIRE_ATTRIBUTES_MAX);
    }
    for (size_t i = 0; i < query->attributes.count; i++) {
        if (!is_attribute(query->attributes.items[i]) ||
            is_secret(query->attributes.items[i])) {
            return error_set(err, ERROR_INVALID,
                             "directory: attribute '%.64s' is not given",
                             query->attributes.items[i]);
        }
    }
    return true;
}

static size_t add_all(const char **list, size_t count,
                      const struct directory_texts *texts)
{
    for (size_t i = 0; i < texts->count && count < ATTRIBUTES_ROOM; i++) {
        list[count++] = texts->items[i];
    }
    return count;
}

static size_t list_attributes(const struct look *l, const char **list)
{
    size_t count = 0;

    while (directory_record_attributes[count] != NULL) {
        list[count] = directory_record_attributes[count];
        count++;
    }
    if (l->settings->upn_attribute != NULL && *l->settings->upn_attribute != '\0') {
        list[count++] = l->settings->upn_attribute;
    }
    list[count++] = "memberOf";
    count = add_all(list, count, &l->settings->disabled_by);
    return add_all(list, count, &l->query->attributes);
}

static bool ask_entries(const struct look *l, const char *filter, struct dap_result **out,
                        struct error *err)
{
    const char *attributes[ATTRIBUTES_ROOM];
    struct dap_query query = {.base = l->settings->base,
                              .scope = DAP_SCOPE_SUBTREE,
                              .filter = filter,
                              .attributes = attributes,
                              .attribute_count = list_attributes(l, attributes),
                              .entries_max = DIRECTORY_CANDIDATES_MAX};

    return directory_ask(l->asking, &query, out, l->reason, err);
}

/* Whether the entry matches the site's own idea of a disabled account. */
static bool check_filter(const struct look *l, struct directory_record *record,
                         struct error *err)
{
    struct wire_account *a = &directory_record_account(record)->account;
    AUTO(dap_result) found = NULL;
    struct dap_query query = {.base = a->dn,
                              .scope = DAP_SCOPE_BASE,
                              .filter = l->settings->disabled_filter,
                              .entries_max = 1};

    if (query.filter == NULL || *query.filter == '\0') {
        return true;
    }
    if (!directory_ask(l->asking, &query, &found, l->reason, err)) {
        return error_wrap(err, "disabled_filter");
    }
    if (found->count > 0 || found->partial != NULL) {
        a->enabled = false;
        a->disabled_by = "disabled_filter";
    }
    return true;
}

static bool check_id(const struct look *l, const struct wire_account *a,
                     struct error *err)
{
    if (l->query->id == NULL || text_equal_nocase(l->query->id, a->ref.id)) {
        return true;
    }
    *l->reason = REASON_DISABLED;
    return error_set(err, ERROR_DENIED,
                     "principal '%.150s' is another account now: %s, and was %.64s",
                     a->ref.principal, a->ref.id, l->query->id);
}

static bool look_up(const struct look *l, const struct directory_name *name,
                    struct directory_record **out, struct error *err)
{
    AUTO(directory_record) record = directory_record_new();
    AUTO(dap_result) found = NULL;
    AUTO(buf) filter = BUF_EMPTY;
    struct directory_source source = {l->settings, name, NULL, &l->query->attributes};

    directory_judge_filter(name, &filter);
    if (!ask_entries(l, buf_text(&filter), &found, err) ||
        !directory_judge_entry(l->settings, name, found, &source.entry, l->reason, err) ||
        !directory_record_fill(record, &source, l->reason, err)) {
        return false;
    }
    directory_record_note(record, "directory", WIRE_STEP_PASS, "entry '%.400s'",
                          source.entry->dn);
    if (!check_id(l, &directory_record_account(record)->account, err) ||
        !check_filter(l, record, err) ||
        !directory_groups_fill(record, l->asking, source.entry, l->reason, err)) {
        return false;
    }
    *out = TAKE(record);
    return true;
}

static void append_attributes(const struct look *l, struct buf *key)
{
    for (size_t i = 0; i < l->query->attributes.count; i++) {
        buf_printf(key, "\n%s", l->query->attributes.items[i]);
    }
}

/* What is kept anew of it, by its id for example, is as old as it is. */
static const struct directory_account *get_kept(const struct look *l, struct buf *key)
{
    struct directory_cache *cache = l->directory->cache;
    struct start *start = l->start;

    return cache == NULL ? NULL
                         : directory_cache_get(cache, buf_text(key),
                                               buf_text(&start->version), &start->at_ns);
}

static void keep(const struct look *l, struct buf *key,
                 const struct directory_account *account)
{
    if (l->directory->cache != NULL) {
        directory_cache_put(l->directory->cache, buf_text(key),
                            buf_text(&l->start->version), l->start->at_ns, account);
    }
}

static bool find_name(const struct look *l, const struct directory_name *name,
                      const struct directory_account **out, struct error *err)
{
    struct directory_record *record = NULL;
    AUTO(buf) key = BUF_EMPTY;

    buf_append_text(&key, name->principal);
    append_attributes(l, &key);
    AUTO(directory_account) account = get_kept(l, &key);
    if (account == NULL) {
        if (!look_up(l, name, &record, err)) {
            return false;
        }
        account = directory_record_account(record);
        keep(l, &key, account);
    }
    if (!check_id(l, &account->account, err)) {
        return false;
    }
    *out = TAKE(account);
    return true;
}

/* The principal that an entry is found by; NULL: it has none, or several. */
static char *principal_of(const struct directory_settings *s,
                          const struct dap_entry *entry)
{
    const struct dap_attr *own = dap_entry_find(entry, "krbPrincipalName");
    const struct dap_attr *host = dap_entry_find(entry, "fqdn");
    const struct dap_attr *uid = dap_entry_find(entry, "uid");

    if (own != NULL) {
        return own->count == 1 ? mem_strdup((const char *)own->values[0].data) : NULL;
    }
    host = host == NULL ? dap_entry_find(entry, "dNSHostName") : host;
    host = host == NULL && uid == NULL ? dap_entry_find(entry, "cn") : host;
    if (host != NULL && host->count == 1) {
        AUTO(string) lower = mem_strdup((const char *)host->values[0].data);

        text_lower(lower);
        return mem_printf("host/%s@%s", lower, s->realm);
    }
    return uid != NULL && uid->count == 1
               ? mem_printf("%s@%s", (const char *)uid->values[0].data, s->realm)
               : NULL;
}

/* Then all the same by its principal, so that nothing is judged in two ways. */
static bool search_id(const struct look *l, const struct directory_account **out,
                      struct error *err)
{
    AUTO(directory_name) name = {.principal = NULL};
    AUTO(dap_result) found = NULL;
    AUTO(buf) filter = BUF_EMPTY;

    dap_filter_append_equal(&filter, "entryUUID", bytes_of_text(l->query->id));
    if (!ask_entries(l, buf_text(&filter), &found, err)) {
        return false;
    }
    if (found->partial != NULL) {
        *l->reason = REASON_DIR_PARTIAL;
        return error_set(err, ERROR_UNAVAILABLE, "account %.64s: %s", l->query->id,
                         found->partial);
    }
    *l->reason = found->count == 0 ? REASON_DISABLED : REASON_DIR_AMBIG;
    if (found->count != 1) {
        return error_set(err, ERROR_DENIED, "account %.64s: %zu entries have this id",
                         l->query->id, found->count);
    }
    AUTO(string) principal = principal_of(l->settings, &found->entries[0]);
    if (principal == NULL) {
        return error_set(err, ERROR_DENIED,
                         "account %.64s: '%.200s' has no principal, or several",
                         l->query->id, found->entries[0].dn);
    }
    return directory_name_parse(l->settings, principal, &name, l->reason, err) &&
           find_name(l, &name, out, err);
}

/* Of what was found by its id nothing is kept where the directory does not tell of changes. */
static bool find_id(const struct look *l, const struct directory_account **out,
                    struct error *err)
{
    bool told = l->start->version.len > 0;
    AUTO(buf) key = BUF_EMPTY;

    buf_printf(&key, "\n%s", l->query->id); /* no principal begins like this */
    append_attributes(l, &key);
    const struct directory_account *account = told ? get_kept(l, &key) : NULL;
    if (account == NULL) {
        if (!search_id(l, &account, err)) {
            return false;
        }
        if (told) {
            keep(l, &key, account);
        }
    }
    *out = account;
    return true;
}

static bool begin(const struct look *l, struct error *err)
{
    if (l->directory->cache == NULL) {
        return true;
    }
    l->start->at_ns = clock_boottime_ns(l->settings->clock);
    return directory_version_get(l->directory->version, l->asking, &l->start->version,
                                 l->reason, err);
}

/* name: empty: by id */
static bool find(const struct look *l, const struct directory_name *name,
                 const struct directory_account **out, struct error *err)
{
    return begin(l, err) && (name->principal != NULL ? find_name(l, name, out, err)
                                                     : find_id(l, out, err));
}

static bool find_inside(const struct look *l, const struct directory_name *name,
                        const struct directory_account **out, struct error *err)
{
    struct directory_door *door = l->directory->door;

    if (door == NULL) {
        return find(l, name, out, err);
    }
    if (!directory_door_enter(door, l->asking->deadline_ns - directory_ask_now_ns())) {
        *l->reason = REASON_BUSY;
        return error_set(err, ERROR_UNAVAILABLE,
                         "too many requests are waiting for the directory already");
    }
    bool ok = find(l, name, out, err);
    directory_door_leave(door, l->asking->heard);
    return ok;
}

/* What can be said without the directory is said before the door. */
static bool find_outside(const struct look *l, const struct directory_account **out,
                         struct error *err)
{
    AUTO(directory_name) name = {.principal = NULL};

    if (!check_asked(l->query, l->reason, err) ||
        (l->query->principal != NULL &&
         !directory_name_parse(l->settings, l->query->principal, &name, l->reason,
                               err))) {
        return false;
    }
    if (l->asking->deadline_ns <= directory_ask_now_ns()) {
        *l->reason = REASON_DIR_DOWN;
        return error_set(err, ERROR_UNAVAILABLE,
                         "directory: no answer in time: none was left to ask");
    }
    return find_inside(l, &name, out, err);
}

bool directory_find(struct directory *directory, const struct directory_query *query,
                    const struct directory_account **out, enum reason *reason,
                    struct error *err)
{
    enum reason why = REASON_INTERNAL;
    int64_t begin_ns = directory_ask_now_ns();
    int64_t left_ns =
        query->left_ns != NULL ? *query->left_ns : query->timeout_ms * NS_PER_MS;
    struct directory_asking asking = {.settings = &directory->settings,
                                      .deadline_ns = begin_ns + left_ns};
    struct start start = {.version = BUF_EMPTY};
    struct look l = {directory, &directory->settings, query, &asking, &why, &start};

    bool ok = find_outside(&l, out, err);
    buf_clear(&start.version);
    if (query->left_ns != NULL) {
        *query->left_ns -= directory_ask_now_ns() - begin_ns;
    }
    if (!ok) {
        *reason = why;
    }
    return ok;
}

static bool check_texts(const struct directory_texts *texts, const char *what,
                        struct error *err)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (!is_attribute(texts->items[i])) {
            return error_set(err, ERROR_INVALID, "directory: %s: '%.100s' is no name",
                             what, texts->items[i]);
        }
    }
    return true;
}

static bool check_links(const struct directory_texts *links, struct error *err)
{
    static const char *const known[] = {"member", "uniqueMember", "memberUid",
                                        "gidNumber", "memberOf"};

    for (size_t i = 0; i < links->count; i++) {
        bool found = false;

        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            found = found || text_equal_nocase(links->items[i], known[k]);
        }
        if (!found) {
            return error_set(err, ERROR_INVALID,
                             "directory: group link '%.64s': member, uniqueMember, "
                             "memberUid, gidNumber or memberOf",
                             links->items[i]);
        }
    }
    return links->count > 0 ? true
                            : error_set(err, ERROR_INVALID, "directory: no group links");
}

static bool check_settings(const struct directory_settings *s, struct error *err)
{
    if (s->realm == NULL || *s->realm == '\0' || s->base == NULL || *s->base == '\0') {
        return error_set(err, ERROR_INVALID, "directory: realm and base are required");
    }
    if (s->groups_depth_max == 0 || s->groups_depth_max > DIRECTORY_DEPTH_MAX ||
        s->groups_max == 0 || s->groups_max > WIRE_GROUPS_MAX ||
        s->cache_s > DIRECTORY_CACHE_MAX_S) {
        return error_set(err, ERROR_INVALID, "directory: a limit is out of range");
    }
    return check_links(&s->group_links, err) &&
           check_texts(&s->machine_classes, "machine class", err) &&
           check_texts(&s->user_classes, "user class", err) &&
           check_texts(&s->disabled_by, "disabled_by", err) &&
           (s->disabled_filter == NULL || *s->disabled_filter == '\0' ||
            dap_filter_check(s->disabled_filter, err));
}

bool directory_new(const struct directory_settings *settings, struct directory **out,
                   struct error *err)
{
    if (!check_settings(settings, err)) {
        return false;
    }
    struct directory *directory = mem_new(sizeof(*directory));
    directory->settings = *settings;
    directory->version = directory_version_new(VERSION_PATIENCE_NS);
    if (settings->cache_s > 0) {
        directory->cache = directory_cache_new(settings->clock, settings->cache_s);
    }
    if (settings->inside_max > 0) {
        directory->door =
            directory_door_new(settings->inside_max, settings->stall_ms, settings->clock);
    }
    *out = directory;
    return true;
}

void directory_free(struct directory *directory)
{
    if (directory != NULL) {
        directory_version_free(directory->version);
        directory_cache_free(directory->cache);
        directory_door_free(directory->door);
        free(directory);
    }
}
