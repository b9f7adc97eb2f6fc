/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_record: what stands in a journal record, as JSON and as one line for people. Private to
 * admin's own files.
 */
#ifndef AE_POLICYD_ADMIN_RECORD_H
#define AE_POLICYD_ADMIN_RECORD_H

#include "common/wire/journal.h"

#include "policyd/admin_inside.h"

/* An object of the open list; a payload that no decoder takes is shown as what it is. */
void admin_record_add(struct json_writer *out, const struct wire_journal_entry *entry);

/* "revoke 40…: keyCompromise, by policyctl (uid 0)"; record is the decoded payload. */
void admin_record_summarize(unsigned int type, const void *record, struct buf *out);

#endif
