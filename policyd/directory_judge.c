/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_judge.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/ldap/dap_text.h"

#define PRINCIPAL_ATTRIBUTE "krbPrincipalName"

static const char *const host_attributes[] = {"fqdn", "dNSHostName", "cn"};
enum { HOST_CLAIMS = 2 }; /* the first of them: cn says nothing of DNS */

void directory_judge_filter(const struct directory_name *name, struct buf *out)
{
    struct bytes local = bytes_of_text(name->local);

    buf_append_text(out, "(|");
    dap_filter_append_equal(out, PRINCIPAL_ATTRIBUTE, bytes_of_text(name->principal));
    if (name->kind == WIRE_ACCOUNT_USER && !name->foreign) {
        dap_filter_append_equal(out, "uid", local);
    }
    if (name->kind == WIRE_ACCOUNT_MACHINE) {
        AUTO(string) dotted = mem_printf("%s.", name->local);

        for (size_t i = 0; i < HOST_CLAIMS; i++) {
            dap_filter_append_equal(out, host_attributes[i], local);
            dap_filter_append_equal(out, host_attributes[i], bytes_of_text(dotted));
        }
        dap_filter_append_equal(out, "cn", local);
    }
    buf_append_byte(out, ')');
}

static bool refuse(enum reason *reason, const struct directory_name *name,
                   struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static bool refuse(enum reason *reason, const struct directory_name *name,
                   struct error *err, const char *fmt, ...)
{
    va_list args;

    *reason = REASON_DIR_AMBIG;
    va_start(args, fmt);
    (void)error_set_va(err, ERROR_DENIED, fmt, args);
    va_end(args);
    return error_wrap(err, "principal '%.120s'", name->principal);
}

static bool has_class(const struct dap_entry *entry,
                      const struct directory_texts *classes)
{
    for (size_t i = 0; i < classes->count; i++) {
        if (dap_entry_has_nocase(entry, "objectClass", classes->items[i])) {
            return true;
        }
    }
    return false;
}

static bool is_of_kind(const struct directory_settings *s, const struct dap_entry *entry,
                       enum wire_account_kind kind)
{
    bool machine = has_class(entry, &s->machine_classes);

    return kind == WIRE_ACCOUNT_MACHINE ? machine
                                        : !machine && has_class(entry, &s->user_classes);
}

/* Is the name the entry's own, in the form in which principals have it? */
static bool has_name(const struct dap_entry *entry, const struct directory_name *name)
{
    if (name->kind == WIRE_ACCOUNT_USER) {
        return dap_entry_has(entry, "uid", name->local); /* Kerberos knows upper case */
    }
    for (size_t i = 0; i < sizeof(host_attributes) / sizeof(host_attributes[0]); i++) {
        if (dap_entry_has_nocase(entry, host_attributes[i], name->local)) {
            return true;
        }
    }
    return false;
}

static bool claims_by_principal(const struct directory_settings *s,
                                const struct dap_entry *entry,
                                const struct directory_name *name)
{
    (void)s;
    return dap_entry_has(entry, PRINCIPAL_ATTRIBUTE, name->principal);
}

static bool claims_by_name(const struct directory_settings *s,
                           const struct dap_entry *entry,
                           const struct directory_name *name)
{
    return !name->foreign && dap_entry_find(entry, PRINCIPAL_ATTRIBUTE) == NULL &&
           is_of_kind(s, entry, name->kind) && has_name(entry, name);
}

typedef bool claims(const struct directory_settings *s, const struct dap_entry *entry,
                    const struct directory_name *name);

/* *entry stays NULL when nobody does. */
static bool find_only(const struct directory_settings *s,
                      const struct directory_name *name, const struct dap_result *found,
                      claims *does, const struct dap_entry **entry,
                      const struct dap_entry **second)
{
    for (size_t i = 0; i < found->count; i++) {
        if (!does(s, &found->entries[i], name)) {
            continue;
        }
        if (*entry != NULL) {
            *second = &found->entries[i];
            return false;
        }
        *entry = &found->entries[i];
    }
    return true;
}

static bool choose(const struct directory_settings *s, const struct directory_name *name,
                   const struct dap_result *found, const struct dap_entry **entry,
                   enum reason *reason, struct error *err)
{
    const struct dap_entry *one = NULL;
    const struct dap_entry *other = NULL;

    if (!find_only(s, name, found, claims_by_principal, &one, &other) ||
        (one == NULL && !find_only(s, name, found, claims_by_name, &one, &other))) {
        return refuse(reason, name, err, "both '%.150s' and '%.150s' claim to be it",
                      one->dn, other->dn);
    }
    if (one == NULL) {
        *reason = REASON_DISABLED;
        return error_set(err, ERROR_DENIED,
                         "principal '%.200s': no entry of the directory is its own",
                         name->principal);
    }
    if (!is_of_kind(s, one, name->kind)) {
        return refuse(reason, name, err, "'%.200s' is no %s", one->dn,
                      wire_account_kind_name(name->kind));
    }
    *entry = one;
    return true;
}

/* The host name, a final dot allowed. */
static bool is_the_host(struct bytes value, const char *host)
{
    size_t len = strlen(host);

    if (value.len == len + 1 && value.data[len] == '.') {
        value.len = len;
    }
    return value.len == len && strncasecmp((const char *)value.data, host, len) == 0;
}

/* The first value of an attribute that is the host / that is another one; NULL: none. */
static const struct bytes *find_value(const struct dap_entry *entry,
                                      const char *attribute, const char *host, bool other)
{
    const struct dap_attr *attr = dap_entry_find(entry, attribute);

    for (size_t i = 0; attr != NULL && i < attr->count; i++) {
        bool exact = attr->values[i].len == strlen(host);
        bool same = is_the_host(attr->values[i], host) && (exact || !other);

        if (same != other) {
            return &attr->values[i];
        }
    }
    return NULL;
}

/* The same in all attributes that claim a host name. A final dot is another name of one's own. */
static const struct bytes *find_claim(const struct dap_entry *entry, const char *host,
                                      bool other)
{
    for (size_t i = 0; i < HOST_CLAIMS; i++) {
        const struct bytes *value = find_value(entry, host_attributes[i], host, other);

        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

/* dNSHostName is what its owner wrote (CVE-2022-26923): it must be the principal's and only its. */
static bool check_host(const struct directory_name *name, const struct dap_result *found,
                       const struct dap_entry *entry, enum reason *reason,
                       struct error *err)
{
    const struct bytes *other = find_claim(entry, name->local, true);

    if (other != NULL) {
        return refuse(reason, name, err, "'%.150s' claims the host name '%.100s'",
                      entry->dn, (const char *)other->data);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (&found->entries[i] != entry &&
            find_claim(&found->entries[i], name->local, false) != NULL) {
            return refuse(reason, name, err,
                          "'%.150s' claims the host name of '%.150s', too",
                          found->entries[i].dn, entry->dn);
        }
    }
    return true;
}

bool directory_judge_entry(const struct directory_settings *settings,
                           const struct directory_name *name,
                           const struct dap_result *found, const struct dap_entry **entry,
                           enum reason *reason, struct error *err)
{
    const struct dap_entry *chosen = NULL;

    if (found->too_many) {
        return refuse(reason, name, err, "more than %d entries claim it",
                      DIRECTORY_CANDIDATES_MAX);
    }
    if (found->partial != NULL) {
        *reason = REASON_DIR_PARTIAL;
        return error_set(err, ERROR_UNAVAILABLE, "principal '%.200s': %s",
                         name->principal, found->partial);
    }
    if (!choose(settings, name, found, &chosen, reason, err) || chosen == NULL ||
        (name->kind == WIRE_ACCOUNT_MACHINE &&
         !check_host(name, found, chosen, reason, err))) {
        return false;
    }
    *entry = chosen;
    return true;
}

bool directory_judge_suffix(const struct directory_settings *settings, const char *host)
{
    const struct directory_texts *suffixes = &settings->dns_suffixes;
    AUTO(string) realm = mem_strdup(settings->realm);
    const char *const realm_only[] = {realm};

    text_lower(realm);
    const char *const *items = suffixes->count == 0 ? realm_only : suffixes->items;
    for (size_t i = 0; i < (suffixes->count == 0 ? 1 : suffixes->count); i++) {
        const char *suffix = items[i] + (items[i][0] == '.' ? 1 : 0);
        size_t len = strlen(suffix);
        size_t host_len = strlen(host);

        if (len > 0 && host_len > len + 1 && host[host_len - len - 1] == '.' &&
            text_equal_nocase(host + host_len - len, suffix)) {
            return true;
        }
    }
    return false;
}
