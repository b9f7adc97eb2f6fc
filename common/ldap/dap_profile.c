/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/ldap/dap_conn.h"

static const char *copy(const char *text)
{
    return mem_strdup(text == NULL ? "" : text);
}

static void drop(const char *text)
{
    union {
        const char *text;
        char *ours;
    } made = {text}; /* by copy() */

    free(made.ours);
}

struct dap_profile *dap_profile_new(const struct dap_settings *settings)
{
    struct dap_profile *profile = mem_new(sizeof(*profile));
    struct dap_settings *s = &profile->settings;

    *s = *settings;
    profile->servers = mem_array(settings->server_count, sizeof(*profile->servers));
    for (size_t i = 0; i < settings->server_count; i++) {
        profile->servers[i] = copy(settings->servers[i]);
    }
    s->servers = profile->servers;
    s->principal = copy(settings->principal);
    s->keytab = copy(settings->keytab);
    s->bind_dn = copy(settings->bind_dn);
    s->password_file = copy(settings->password_file);
    s->ca_file = copy(settings->ca_file);
    s->cert_file = copy(settings->cert_file);
    s->key_file = copy(settings->key_file);
    if (s->bind == DAP_BIND_KEYTAB) {
        profile->creds = dap_creds_new(s->principal, s->keytab);
    }
    return profile;
}

void dap_profile_free(struct dap_profile *profile)
{
    if (profile == NULL) {
        return;
    }
    struct dap_settings *s = &profile->settings;
    for (size_t i = 0; i < s->server_count; i++) {
        drop(s->servers[i]);
    }
    free(profile->servers);
    drop(s->principal);
    drop(s->keytab);
    drop(s->bind_dn);
    drop(s->password_file);
    drop(s->ca_file);
    drop(s->cert_file);
    drop(s->key_file);
    dap_creds_free(profile->creds);
    free(profile);
}
