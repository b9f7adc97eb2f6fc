/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/settings.h"

#include "common/base/cfg_rows.h"
#include "common/base/file.h"

enum { PATH_OCTETS_MAX = 4000, URL_OCTETS_MAX = 512, NAME_OCTETS_MAX = 512 };

static const struct cfg_row rows[] = {
    CFG_ROW_TEXT(settings, url, CFG_TEXT, "server", "url", 1, URL_OCTETS_MAX, NULL, false,
                 "policyd's HTTPS address: https://HOST or https://HOST:PORT."),
    CFG_ROW_TEXT(
        settings, anchors, CFG_PATH, "server", "ca", 1, PATH_OCTETS_MAX,
        "/etc/autoenroll/ca.pem", false,
        "CA certificates that server and certificates must lead to, PEM; no others are "
        "trusted."),
    CFG_ROW_NUMBER(settings, timeout_s, CFG_DURATION, "server", "timeout", 1, 600, "30s",
                   false, "How long to wait for one answer."),
    CFG_ROW_TEXT(
        settings, principal, CFG_TEXT, "machine", "principal", 0, NAME_OCTETS_MAX, "",
        false,
        "The host's Kerberos principal, with its realm; empty: the host's own in the "
        "keytab."),
    CFG_ROW_TEXT(settings, keytab, CFG_PATH, "machine", "keytab", 1, PATH_OCTETS_MAX,
                 "/etc/krb5.keytab", false, "The host's keytab."),
    CFG_ROW_TEXT(settings, machine_store, CFG_PATH, "machine", "store", 1,
                 PATH_OCTETS_MAX, "/var/lib/autoenroll", false,
                 "Keys and certificates of the host."),
    CFG_ROW_TEXT(settings, hooks, CFG_PATH, "machine", "hooks", 1, PATH_OCTETS_MAX,
                 "/etc/autoenroll/hooks", false,
                 "Programs to run when a certificate has changed: deploy.d in it."),
    CFG_ROW_TEXT(
        settings, user_store, CFG_TEXT, "user", "store", 0, PATH_OCTETS_MAX, "", false,
        "Keys and certificates of users; empty: one a host in each user's home."),
};

static const struct cfg_table table = {"autoenroll.conf",
                                       sizeof(struct settings),
                                       rows,
                                       sizeof(rows) / sizeof(rows[0]),
                                       NULL,
                                       0};

const struct cfg_table *settings_table(void)
{
    return &table;
}

bool settings_load(const char *path, struct settings *out, struct error *err)
{
    const struct cfg_source source = {path == NULL ? SETTINGS_PATH : path,
                                      path == NULL ? SETTINGS_DROPINS : NULL,
                                      FILE_TRUSTED};
    AUTO(buf) report = BUF_EMPTY;

    return cfg_load(&table, &source, out, NULL, &report, err);
}

void settings_clear(struct settings *settings)
{
    cfg_clear(&table, settings);
}
