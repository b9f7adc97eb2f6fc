/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_driver: the directory as policyd sees it, for stories.
 *
 * Options are NAME=VALUE arguments (several values: commas). Commands come on standard input, one
 * a line, words apart by tabs; each is answered by one line of JSON:
 *     search  FILTER                    entries below the base
 *     account PRINCIPAL [ATTRIBUTE]…    an account or why not
 *     id      ID                        the same by its immutable id
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/ldap/dap_pool.h"

#include "policyd/directory.h"

enum { LINE_MAX_LEN = 4096, WORDS_MAX = 70, JSON_MAX = 1024 * 1024 };

static const struct {
    const char *name;
    const char *value;
} defaults[] = {
    {"servers", ""},
    {"bind", "keytab"},
    {"start_tls", "no"},
    {"principal", ""},
    {"keytab", ""},
    {"bind_dn", ""},
    {"password_file", ""},
    {"ca_file", ""},
    {"connect_timeout", "10000"},
    {"operation_timeout", "10000"},
    {"connections", "4"},
    {"timeout", "20000"},
    {"base", ""},
    {"realm", ""},
    {"foreign_realms", ""},
    {"dns_suffixes", ""},
    {"machine_classes", "computer,device,ipHost,nsHost,ipaHost"},
    {"user_classes", "inetOrgPerson,organizationalPerson,person,account,posixAccount"},
    {"groups", "member"},
    {"disabled_by", "nsAccountLock,krbPrincipalExpiration,pwdAccountLockedTime"},
    {"disabled_filter", ""},
    {"groups_depth", "8"},
    {"groups_max", "1024"},
    {"cache", "0"},
};
enum { OPTION_COUNT = sizeof(defaults) / sizeof(defaults[0]) };

/* A text cut into words. */
struct words {
    char text[LINE_MAX_LEN];
    const char *items[WORDS_MAX];
};

enum { SERVERS, FOREIGN, SUFFIXES, MACHINES, USERS, LINKS, LOCKS, LINE, WORDS_COUNT };

/* What main() made of its arguments. */
struct driver {
    char *values[OPTION_COUNT];
    struct words words[WORDS_COUNT];
    struct dap_pool *pool;
    struct directory *directory;
};

static const char *option(const struct driver *d, const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(defaults[i].name, name) == 0) {
            return d->values[i];
        }
    }
    abort();
}

static uint32_t number(const struct driver *d, const char *name)
{
    return (uint32_t)strtoul(option(d, name), NULL, 10);
}

static struct directory_texts list(struct words *w, const char *text,
                                   const char *separators)
{
    char *rest = w->text;
    size_t count = 0;

    (void)snprintf(w->text, sizeof(w->text), "%s", text);
    for (char *word = strsep(&rest, separators); word != NULL && count < WORDS_MAX;
         word = strsep(&rest, separators)) {
        if (*word != '\0') {
            w->items[count++] = word;
        }
    }
    return (struct directory_texts){w->items, count};
}

static struct directory_texts option_list(struct driver *d, int place, const char *name)
{
    return list(&d->words[place], option(d, name), ",");
}

static bool take_option(struct driver *d, const char *argument)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t len = strlen(defaults[i].name);

        if (strncmp(argument, defaults[i].name, len) == 0 && argument[len] == '=') {
            free(d->values[i]);
            d->values[i] = mem_strdup(argument + len + 1);
            return true;
        }
    }
    return false;
}

static enum dap_bind bind_of(const char *name)
{
    for (unsigned int i = 0; i < DAP_BIND_COUNT; i++) {
        if (strcmp(dap_bind_name((enum dap_bind)i), name) == 0) {
            return (enum dap_bind)i;
        }
    }
    return DAP_BIND_COUNT;
}

static struct dap_settings pool_settings(struct driver *d)
{
    struct directory_texts servers = option_list(d, SERVERS, "servers");

    return (struct dap_settings){
        .servers = servers.items,
        .server_count = servers.count,
        .start_tls = strcmp(option(d, "start_tls"), "yes") == 0,
        .bind = bind_of(option(d, "bind")),
        .principal = option(d, "principal"),
        .keytab = option(d, "keytab"),
        .bind_dn = option(d, "bind_dn"),
        .password_file = option(d, "password_file"),
        .ca_file = option(d, "ca_file"),
        .connect_timeout_ms = number(d, "connect_timeout"),
        .operation_timeout_ms = number(d, "operation_timeout"),
        .connections_max = number(d, "connections"),
    };
}

static struct directory_settings directory_settings(struct driver *d)
{
    return (struct directory_settings){
        .port = dap_pool_port(d->pool),
        .clock = clock_system(),
        .realm = option(d, "realm"),
        .foreign_realms = option_list(d, FOREIGN, "foreign_realms"),
        .base = option(d, "base"),
        .dns_suffixes = option_list(d, SUFFIXES, "dns_suffixes"),
        .machine_classes = option_list(d, MACHINES, "machine_classes"),
        .user_classes = option_list(d, USERS, "user_classes"),
        .group_links = option_list(d, LINKS, "groups"),
        .disabled_by = option_list(d, LOCKS, "disabled_by"),
        .disabled_filter = option(d, "disabled_filter"),
        .groups_depth_max = number(d, "groups_depth"),
        .groups_max = number(d, "groups_max"),
        .cache_s = number(d, "cache"),
    };
}

static void print(struct json_writer *w)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error err = {0};

    json_close(w);
    if (!json_finish(w, JSON_FORM_COMPACT, JSON_MAX, &text, &err)) {
        (void)printf("{\"failed\":\"%s\"}\n", err.message);
    } else {
        (void)printf("%s\n", buf_text(&text));
    }
    (void)fflush(stdout);
}

static void add_failure(struct json_writer *w, enum reason reason,
                        const struct error *err)
{
    json_add_text(w, "error", error_code_name(err->code));
    if (reason != REASON_NONE) {
        json_add_text(w, "reason", reason_get(reason)->code);
    }
    json_add_text(w, "message", err->message);
}

static void add_attribute(struct json_writer *w, const struct wire_attribute *attribute)
{
    json_open_list(w, attribute->name);
    for (size_t i = 0; i < attribute->value_count; i++) {
        AUTO(string) text = mem_dup(attribute->values[i].data, attribute->values[i].len);

        json_add_text(w, NULL, text);
    }
    json_close(w);
}

static void add_lists(struct json_writer *w, const struct directory_account *found)
{
    const struct wire_account *a = &found->account;

    json_open_list(w, "mails");
    for (size_t i = 0; i < a->mail_count; i++) {
        json_add_text(w, NULL, a->mails[i]);
    }
    json_close(w);
    json_open_list(w, "groups");
    for (size_t i = 0; i < a->group_count; i++) {
        json_add_text(w, NULL, a->groups[i].dn);
    }
    json_close(w);
    json_open_object(w, "attributes");
    for (size_t i = 0; i < a->attribute_count; i++) {
        add_attribute(w, &a->attributes[i]);
    }
    json_close(w);
    json_open_list(w, "evidence");
    for (size_t i = 0; i < found->evidence_count; i++) {
        json_add_text(w, NULL, found->evidence[i].sentence);
    }
    json_close(w);
}

static void add_account(struct json_writer *w, const struct directory_account *found)
{
    const struct wire_account *a = &found->account;

    json_add_text(w, "id", a->ref.id);
    json_add_text(w, "id_kind", wire_id_kind_name(a->ref.id_kind));
    json_add_text(w, "kind", wire_account_kind_name(a->ref.kind));
    json_add_text(w, "principal", a->ref.principal);
    json_add_text(w, "sid", a->ref.sid);
    json_add_text(w, "dn", a->dn);
    json_add_text(w, "cn", a->cn);
    json_add_text(w, "sam", a->sam);
    json_add_text(w, "upn", a->upn);
    json_add_text(w, "dns_host_name", a->dns_host_name);
    json_add_bool(w, "groups_complete", a->groups_complete);
    json_add_bool(w, "complete", a->complete);
    json_add_bool(w, "enabled", a->enabled);
    json_add_text(w, "disabled_by", a->disabled_by);
    add_lists(w, found);
}

static void run_account(const struct driver *d, const struct directory_query *query)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(directory_account) found = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    json_open_object(&w, NULL);
    if (directory_find(d->directory, query, &found, &reason, &err)) {
        add_account(&w, found);
    } else {
        add_failure(&w, reason, &err);
    }
    print(&w);
}

static void run_search(const struct driver *d, const char *filter)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(dap_result) found = NULL;
    struct dap_query query = {.base = option(d, "base"),
                              .scope = DAP_SCOPE_SUBTREE,
                              .filter = filter,
                              .entries_max = DAP_ENTRIES_MAX,
                              .paged = true};
    struct error err = {0};

    json_open_object(&w, NULL);
    if (dap_search(d->pool, &query, number(d, "timeout"), &found, &err)) {
        json_add_i64(&w, "count", (int64_t)found->count);
        json_add_text(&w, "partial", found->partial == NULL ? "" : found->partial);
    } else {
        add_failure(&w, REASON_NONE, &err);
    }
    print(&w);
}

static void run_line(struct driver *d, char *line)
{
    struct directory_texts words = {NULL, 0};

    line[strcspn(line, "\n")] = '\0';
    words = list(&d->words[LINE], line, "\t");
    if (words.count < 2) {
        (void)printf("{\"failed\":\"unknown command\"}\n");
        (void)fflush(stdout);
        return;
    }
    struct directory_query query = {.timeout_ms = number(d, "timeout"),
                                    .attributes = {words.items + 2, words.count - 2}};
    if (strcmp(words.items[0], "search") == 0) {
        run_search(d, words.items[1]);
    } else if (strcmp(words.items[0], "id") == 0) {
        query.id = words.items[1];
        run_account(d, &query);
    } else {
        query.principal = words.items[1];
        run_account(d, &query);
    }
}

static bool open_all(struct driver *d, struct error *err)
{
    struct dap_settings pool = pool_settings(d);

    if (!dap_pool_new(&pool, &d->pool, err)) {
        return false;
    }
    struct directory_settings settings = directory_settings(d);
    return directory_new(&settings, &d->directory, err);
}

static void driver_free(struct driver *d)
{
    directory_free(d->directory);
    dap_pool_free(d->pool);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        free(d->values[i]);
    }
    free(d);
}
CLEANUP_DEFINE(driver, struct driver *, driver_free);

int main(int argc, char **argv)
{
    AUTO(driver) d = mem_new(sizeof(*d));
    struct error err = {0};
    char line[LINE_MAX_LEN];

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        d->values[i] = mem_strdup(defaults[i].value);
    }
    for (int i = 1; i < argc; i++) {
        if (!take_option(d, argv[i])) {
            (void)fprintf(stderr, "unknown option: %s\n", argv[i]);
            return 2;
        }
    }
    dap_start();
    if (!open_all(d, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 3;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        run_line(d, line);
    }
    return 0;
}
