/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_groups: all groups of an account, direct and through others, level by level: one
 * search a level, however many groups the directory has.
 */
#ifndef AE_POLICYD_DIRECTORY_GROUPS_H
#define AE_POLICYD_DIRECTORY_GROUPS_H

#include "policyd/directory_ask.h"
#include "policyd/directory_record.h"

/*
 * Fill in the record's groups.
 *
 * errors  ERROR_UNAVAILABLE  DIR_DOWN; DIR_PARTIAL: an answer that is not complete, more levels or
 *                            groups than the settings allow
 */
AE_MUST_CHECK bool directory_groups_fill(struct directory_record *record,
                                         struct directory_asking *asking,
                                         const struct dap_entry *entry,
                                         enum reason *reason, struct error *err);

#endif
