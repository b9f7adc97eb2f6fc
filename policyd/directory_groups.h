/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_groups: all groups of an account, direct and through others, level by level: one
 * search a level, however many groups the directory has.
 */
#ifndef AE_POLICYD_DIRECTORY_GROUPS_H
#define AE_POLICYD_DIRECTORY_GROUPS_H

#include "policyd/directory_record.h"

/*
 * Fill in the record's groups.
 *
 * deadline_ns  of CLOCK_MONOTONIC
 * errors       ERROR_UNAVAILABLE  DIR_DOWN; DIR_PARTIAL: an answer that is not complete, more
 *                                 levels or groups than the settings allow
 */
AE_MUST_CHECK bool directory_groups_fill(struct directory_record *record,
                                         const struct directory_settings *settings,
                                         const struct dap_entry *entry,
                                         int64_t deadline_ns, enum reason *reason,
                                         struct error *err);

#endif
