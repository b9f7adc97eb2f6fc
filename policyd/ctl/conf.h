/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf: policyctl's own configuration: where things are. The file need not exist.
 */
#ifndef AE_POLICYD_CTL_CONF_H
#define AE_POLICYD_CTL_CONF_H

#include "common/base/cfg.h"

#define CTL_CONF_PATH "/etc/policyd/policyctl.conf"

struct ctl_conf {
    char *socket;
    int64_t timeout_s;
    char *signer_program;
    char *signer_config;
    char *journal;
    char *audit_key;
    char *rules_program;
    char *rules_directory;
};

const struct cfg_table *ctl_conf_table(void);

/*
 * path    NULL: CTL_CONF_PATH, and all defaults when there is no such file
 * out     all zero before; on success cleared by ctl_conf_clear()
 * errors  ERROR_INVALID  a fault in the file; the sentence is the first one, with its line
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read or trusted
 */
AE_MUST_CHECK bool ctl_conf_load(const char *path, struct ctl_conf *out,
                                 struct error *err);
void ctl_conf_clear(struct ctl_conf *conf);
CLEANUP_DEFINE_VALUE(ctl_conf, struct ctl_conf, ctl_conf_clear);

#endif
