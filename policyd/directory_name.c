/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_name.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/name_rules.h"

#define HOST_SERVICE "host/"

void directory_name_clear(struct directory_name *name)
{
    free(name->principal);
    free(name->local);
    *name = (struct directory_name){.principal = NULL};
}

static bool refuse(enum reason *reason, enum reason why, const char *principal,
                   const char *words, struct error *err)
{
    *reason = why;
    return error_set(err, ERROR_DENIED, "principal '%.200s': %s", principal, words);
}

static bool is_served(const struct directory_settings *s, const char *realm,
                      bool *foreign)
{
    *foreign = strcmp(realm, s->realm) != 0;
    for (size_t i = 0; *foreign && i < s->foreign_realms.count; i++) {
        if (strcmp(realm, s->foreign_realms.items[i]) == 0) {
            return true;
        }
    }
    return !*foreign;
}

/* A DNS name of at least two labels, as certificates have it. */
static bool is_host(const char *name)
{
    AUTO(string) lower = mem_strdup(name);

    text_lower(lower);
    return strcmp(lower, name) == 0 && strchr(name, '.') != NULL &&
           name_is_host(bytes_of_text(name));
}

static const char *judge_local(const char *local, enum wire_account_kind *kind)
{
    size_t len = strlen(local);

    if (text_has_prefix(local, HOST_SERVICE)) {
        *kind = WIRE_ACCOUNT_MACHINE;
        return is_host(local + strlen(HOST_SERVICE))
                   ? NULL
                   : "a host's is host/ and its full name in lower case";
    }
    *kind = WIRE_ACCOUNT_USER;
    if (len == 0 || strchr(local, '/') != NULL) {
        return "only host/… and users are served";
    }
    if (local[len - 1] == '$') {
        return "machine names with '$' are Active Directory's";
    }
    return NULL;
}

bool directory_name_parse(const struct directory_settings *settings,
                          const char *principal, struct directory_name *out,
                          enum reason *reason, struct error *err)
{
    const char *at = strrchr(principal, '@');
    size_t len = strlen(principal);
    bool foreign = false;
    enum wire_account_kind kind = WIRE_ACCOUNT_USER;

    if (len > WIRE_PRINCIPAL_MAX || !text_is_printable(principal, len) ||
        strchr(principal, '\\') != NULL || at == NULL || strchr(principal, '@') != at) {
        return refuse(reason, REASON_PRINCIPAL, principal, "not NAME@REALM", err);
    }
    if (!is_served(settings, at + 1, &foreign)) {
        return refuse(reason, REASON_REALM, principal, "its realm is not served", err);
    }
    AUTO(string) local = mem_dup(principal, (size_t)(at - principal));
    const char *fault = judge_local(local, &kind);
    if (fault != NULL) {
        return refuse(reason, REASON_PRINCIPAL, principal, fault, err);
    }
    *out = (struct directory_name){.principal = mem_strdup(principal),
                                   .local = mem_strdup(kind == WIRE_ACCOUNT_MACHINE
                                                           ? local + strlen(HOST_SERVICE)
                                                           : local),
                                   .kind = kind,
                                   .foreign = foreign};
    return true;
}
