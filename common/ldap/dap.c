/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap.h"

#include <ldap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

enum { TIMEOUT_MIN_MS = 100, TIMEOUT_MAX_MS = 60000 };

static const char *const bind_names[] = {
    [DAP_BIND_KEYTAB] = "keytab",
    [DAP_BIND_TICKET] = "ticket",
    [DAP_BIND_SIMPLE] = "simple",
    [DAP_BIND_EXTERNAL] = "external",
};
_Static_assert(sizeof(bind_names) / sizeof(bind_names[0]) == DAP_BIND_COUNT,
               "every way to bind has a name");

const char *dap_bind_name(enum dap_bind bind)
{
    return (unsigned int)bind < DAP_BIND_COUNT ? bind_names[bind] : "unknown";
}

void dap_start(void)
{
    int version = 0;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("LDAPNOINIT", "1", 1);
    (void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version); /* initialises it */
    (void)unsetenv("LDAPNOINIT");
}

static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

static bool check_server(const struct dap_settings *s, const char *uri, struct error *err)
{
    bool ldaps = text_has_prefix(uri, "ldaps://");
    bool tls = ldaps || s->start_tls;

    if (!ldaps && !text_has_prefix(uri, "ldap://")) {
        return error_set(err, ERROR_INVALID,
                         "directory server '%.200s': not ldap://HOST or ldaps://HOST",
                         uri);
    }
    if (strpbrk(uri, " ,?") != NULL || strlen(uri) > 300 ||
        strlen(strstr(uri, "//")) < sizeof("//")) {
        return error_set(err, ERROR_INVALID,
                         "directory server '%.200s': one host, without base or options",
                         uri);
    }
    if (ldaps && s->start_tls) {
        return error_set(err, ERROR_INVALID,
                         "directory server '%.200s': StartTLS is for ldap://", uri);
    }
    if ((s->bind == DAP_BIND_SIMPLE || s->bind == DAP_BIND_EXTERNAL) && !tls) {
        return error_set(
            err, ERROR_INVALID,
            "directory server '%.200s': bind '%s' needs ldaps:// or StartTLS", uri,
            dap_bind_name(s->bind));
    }
    if ((s->bind == DAP_BIND_KEYTAB || s->bind == DAP_BIND_TICKET) && tls) {
        return error_set(
            err, ERROR_INVALID,
            "directory server '%.200s': bind '%s' signs and seals by itself; "
            "use ldap:// without StartTLS",
            uri, dap_bind_name(s->bind));
    }
    return true;
}

static bool require(const char *value, const struct dap_settings *s, const char *what,
                    struct error *err)
{
    if (is_given(value)) {
        return true;
    }
    return error_set(err, ERROR_INVALID, "directory: bind '%s' needs %s",
                     dap_bind_name(s->bind), what);
}

static bool check_identity(const struct dap_settings *s, struct error *err)
{
    switch (s->bind) {
    case DAP_BIND_KEYTAB:
        return require(s->principal, s, "a principal", err) &&
               require(s->keytab, s, "a keytab", err);
    case DAP_BIND_TICKET:
        return true;
    case DAP_BIND_SIMPLE:
        return require(s->bind_dn, s, "a DN", err) &&
               require(s->password_file, s, "a password file", err) &&
               require(s->ca_file, s, "a file of CA certificates", err);
    case DAP_BIND_EXTERNAL:
        return require(s->cert_file, s, "a certificate", err) &&
               require(s->key_file, s, "a key", err) &&
               require(s->ca_file, s, "a file of CA certificates", err);
    case DAP_BIND_COUNT:
        break;
    }
    return error_set(err, ERROR_INVALID, "directory: unknown way to bind");
}

static bool is_within(uint32_t value, uint32_t min, uint32_t max)
{
    return value >= min && value <= max;
}

bool dap_settings_check(const struct dap_settings *s, struct error *err)
{
    if (s->server_count == 0 || s->server_count > DAP_SERVERS_MAX) {
        return error_set(err, ERROR_INVALID, "directory: 1 to %d servers, not %zu",
                         DAP_SERVERS_MAX, s->server_count);
    }
    if (!is_within(s->connect_timeout_ms, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS) ||
        !is_within(s->operation_timeout_ms, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS)) {
        return error_set(err, ERROR_INVALID, "directory: timeouts are %d to %d ms",
                         TIMEOUT_MIN_MS, TIMEOUT_MAX_MS);
    }
    if (!is_within(s->connections_max, 1, DAP_CONNECTIONS_MAX)) {
        return error_set(err, ERROR_INVALID, "directory: 1 to %d connections",
                         DAP_CONNECTIONS_MAX);
    }
    for (size_t i = 0; i < s->server_count; i++) {
        if (!check_server(s, s->servers[i], err)) {
            return false;
        }
    }
    return check_identity(s, err);
}
