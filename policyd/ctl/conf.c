/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/conf.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/cfg_rows.h"
#include "common/base/file.h"

enum { PATH_OCTETS_MAX = 4095, SOCKET_OCTETS_MAX = 107 };

static const struct cfg_row rows[] = {
    CFG_ROW_TEXT(ctl_conf, socket, CFG_PATH, "policyctl", "socket", 1, SOCKET_OCTETS_MAX,
                 "/run/policyd/admin.sock", false, "policyd's admin socket."),
    CFG_ROW_NUMBER(ctl_conf, timeout_s, CFG_DURATION, "policyctl", "timeout", 1, 3600,
                   "30s", false, "How long to wait for policyd."),
    CFG_ROW_TEXT(ctl_conf, signer_program, CFG_PATH, "policyctl", "signer_program", 1,
                 PATH_OCTETS_MAX, "/usr/sbin/policyd-signer", false,
                 "The program that makes CAs."),
    CFG_ROW_TEXT(ctl_conf, signer_config, CFG_PATH, "policyctl", "signer_config", 1,
                 PATH_OCTETS_MAX, "/etc/policyd/signer.conf", false,
                 "That program's configuration."),
    CFG_ROW_TEXT(ctl_conf, journal, CFG_PATH, "policyctl", "journal", 1, PATH_OCTETS_MAX,
                 "/var/lib/policyd-signer/journal", false,
                 "The journal's directory, for audit verify."),
    CFG_ROW_TEXT(ctl_conf, audit_key, CFG_PATH, "policyctl", "audit_key", 1,
                 PATH_OCTETS_MAX, "/etc/policyd/audit.pub", false,
                 "Public key that checkpoints are signed with, PEM."),
    CFG_ROW_TEXT(ctl_conf, rules_program, CFG_PATH, "policyctl", "rules_program", 1,
                 PATH_OCTETS_MAX, "/usr/libexec/policyd-rules", false,
                 "The program that judges by rules."),
    CFG_ROW_TEXT(ctl_conf, rules_directory, CFG_PATH, "policyctl", "rules_directory", 1,
                 PATH_OCTETS_MAX, "/etc/policyd/rules.d", false,
                 "The directory of the rules, for rule check, test and list."),
};

static const struct cfg_table table = {"policyctl.conf",
                                       sizeof(struct ctl_conf),
                                       rows,
                                       sizeof(rows) / sizeof(rows[0]),
                                       NULL,
                                       0};

const struct cfg_table *ctl_conf_table(void)
{
    return &table;
}

bool ctl_conf_load(const char *path, struct ctl_conf *out, struct error *err)
{
    const struct cfg_source source = {path == NULL ? CTL_CONF_PATH : path, NULL,
                                      FILE_TRUSTED};
    const struct cfg_text nothing = {CTL_CONF_PATH, {NULL, 0}};
    AUTO(buf) report = BUF_EMPTY;

    if (path == NULL && access(CTL_CONF_PATH, F_OK) != 0 && errno == ENOENT) {
        return cfg_parse(&table, &nothing, out, NULL, &report, err);
    }
    return cfg_load(&table, &source, out, NULL, &report, err);
}

void ctl_conf_clear(struct ctl_conf *conf)
{
    cfg_clear(&table, conf);
}
