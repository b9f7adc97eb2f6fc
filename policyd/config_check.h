/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_check: what concerns more than a key's own form.
 */
#ifndef AE_POLICYD_CONFIG_CHECK_H
#define AE_POLICYD_CONFIG_CHECK_H

#include "policyd/config.h"

/*
 * path    of the file, for the sentences
 * report  appended: a line for each fault
 * errors  ERROR_INVALID  the first of them
 */
AE_MUST_CHECK bool config_check(const struct config *c, const char *path,
                                struct buf *report, struct error *err);

#endif
