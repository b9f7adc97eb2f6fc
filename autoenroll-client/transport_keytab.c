/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport_keytab.h"

#include <krb5.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/mem.h"

enum { HOST_MAX = 256, NAMES_MAX = 256 };

/* ---- choosing ------------------------------------------------------------------------ */

/* Of "host/web1.example.com@REALM" the place behind "host/"; NULL: another kind. */
static const char *host_part(const char *name, size_t *len)
{
    if (strncmp(name, "host/", strlen("host/")) != 0) {
        return NULL;
    }
    name += strlen("host/");
    *len = strcspn(name, "@");
    return name;
}

/* Of "WEB1$@REALM" the place before "$". */
static const char *account_part(const char *name, size_t *len)
{
    *len = strcspn(name, "$@/");
    return name[*len] == '$' && name[*len + 1] == '@' ? name : NULL;
}

/* "web1" is "web1.example.com" as well, whatever the letters' case. */
static bool is_host(const char *found, size_t len, const char *host)
{
    size_t short_len = strcspn(host, ".");
    size_t own_len = strlen(host);

    if (len == own_len && strncasecmp(found, host, len) == 0) {
        return true;
    }
    bool is_short = short_len == own_len || memchr(found, '.', len) == NULL;
    return is_short && len >= short_len && strncasecmp(found, host, short_len) == 0 &&
           (len == short_len || found[short_len] == '.');
}

static const char *choose(const char *const names[], size_t count, const char *host,
                          const char *(*part_of)(const char *name, size_t *len))
{
    const char *only = NULL;
    const char *own = NULL;
    size_t only_count = 0;
    size_t own_count = 0;

    for (size_t i = 0; i < count; i++) {
        size_t len = 0;
        const char *part = part_of(names[i], &len);

        if (part == NULL) {
            continue;
        }
        only = names[i];
        only_count++;
        if (is_host(part, len, host)) {
            own = names[i];
            own_count++;
        }
    }
    if (own_count > 0) {
        return own_count == 1 ? own : NULL;
    }
    return only_count == 1 ? only : NULL;
}

const char *transport_keytab_choose(const char *const names[], size_t count,
                                    const char *host)
{
    const char *chosen = choose(names, count, host, host_part);

    return chosen != NULL ? chosen : choose(names, count, host, account_part);
}

/* ---- a keytab ------------------------------------------------------------------------ */

struct names {
    char *names[NAMES_MAX];
    size_t count;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
}
CLEANUP_DEFINE_VALUE(names, struct names, names_clear);

/* A principal has a key of each version and kind. */
static void add(struct names *out, const char *name)
{
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->names[i], name) == 0) {
            return;
        }
    }
    if (out->count < NAMES_MAX) {
        out->names[out->count++] = mem_strdup(name);
    }
}

static krb5_error_code read_names(krb5_context context, krb5_keytab keytab,
                                  struct names *out)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    krb5_error_code code = krb5_kt_start_seq_get(context, keytab, &cursor);

    if (code != 0) {
        return code;
    }
    while (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
        char *name = NULL;

        if (krb5_unparse_name(context, entry.principal, &name) == 0) {
            add(out, name);
            krb5_free_unparsed_name(context, name);
        }
        (void)krb5_free_keytab_entry_contents(context, &entry);
    }
    return krb5_kt_end_seq_get(context, keytab, &cursor);
}

static bool load(const char *path, struct names *out, struct error *err)
{
    AUTO(string) full = mem_printf("FILE:%s", path);
    krb5_context context = NULL;
    krb5_keytab keytab = NULL;
    krb5_error_code code = krb5_init_context(&context);

    if (code != 0) {
        return error_set(err, ERROR_AUTH, "Kerberos is not configured");
    }
    code = krb5_kt_resolve(context, full, &keytab);
    if (code == 0) {
        code = read_names(context, keytab, out);
    }
    if (code != 0) {
        const char *why = krb5_get_error_message(context, code);

        error_set(err, ERROR_AUTH, "the keytab %s cannot be read: %s", path, why);
        krb5_free_error_message(context, why);
    }
    if (keytab != NULL) {
        (void)krb5_kt_close(context, keytab);
    }
    krb5_free_context(context);
    return code == 0;
}

bool transport_keytab_principal(const char *keytab, char **out, struct error *err)
{
    AUTO(names) names = {.count = 0};
    char host[HOST_MAX] = "";

    if (!load(keytab, &names, err)) {
        return false;
    }
    if (gethostname(host, sizeof(host) - 1) != 0) {
        host[0] = '\0';
    }
    const char *chosen =
        transport_keytab_choose((const char *const *)names.names, names.count, host);
    if (chosen == NULL) {
        return error_set(
            err, ERROR_AUTH,
            "it is not clear which key in the keytab %s is this host's (%s): "
            "set principal in [machine]",
            keytab, host);
    }
    *out = mem_strdup(chosen);
    return true;
}
