/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: autoenroll.conf: where the server is, whom we trust, where things lie.
 */
#ifndef AE_AUTOENROLL_CLIENT_SETTINGS_H
#define AE_AUTOENROLL_CLIENT_SETTINGS_H

#include "common/base/cfg.h"

#define SETTINGS_PATH    "/etc/autoenroll/autoenroll.conf"
#define SETTINGS_DROPINS "/etc/autoenroll/autoenroll.conf.d"

struct settings {
    char *url;
    char *anchors;
    char *principal;
    char *keytab;
    char *machine_store;
    char *hooks;
    char *user_store;
    int64_t timeout_s;
};

const struct cfg_table *settings_table(void);

/*
 * path    NULL: SETTINGS_PATH and its drop-ins
 * out     all zero before; on success cleared by settings_clear()
 * errors  ERROR_INVALID  a fault in a file; the sentence is the first one, with its line
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read or trusted
 */
AE_MUST_CHECK bool settings_load(const char *path, struct settings *out,
                                 struct error *err);
void settings_clear(struct settings *settings);
CLEANUP_DEFINE_VALUE(settings, struct settings, settings_clear);

#endif
