/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_record: an account while it is put together, and the owner of all its parts.
 */
#ifndef AE_POLICYD_DIRECTORY_RECORD_H
#define AE_POLICYD_DIRECTORY_RECORD_H

#include "common/ldap/dap_search.h"

#include "policyd/directory.h"
#include "policyd/directory_name.h"

struct directory_record; /* begins with its struct directory_account */

struct directory_record *directory_record_new(void); /* with one reference */
void directory_record_free(
    struct directory_record *record); /* accepts NULL; one reference */
CLEANUP_DEFINE(directory_record, struct directory_record *, directory_record_free);

struct directory_account *directory_record_account(struct directory_record *record);
const struct directory_account *directory_account_ref(const struct directory_account *a);

/* What memory of malloc() the record owns from now on; returned for use. */
void *directory_record_keep(struct directory_record *record, void *memory);

/* A step for explain; at most WIRE_STEPS_MAX are kept. */
void directory_record_note(struct directory_record *record, const char *step,
                           enum wire_step_result result, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What to ask for besides what rules want; ended by NULL. */
extern const char *const directory_record_attributes[];

/* What an account is made from; all borrowed. */
struct directory_source {
    const struct directory_settings *settings;
    const struct directory_name *name;
    const struct dap_entry *entry;
    const struct directory_texts *asked;
};

/*
 * Everything but the groups, from one entry.
 * errors  ERROR_UNAVAILABLE  DIR_PARTIAL: no immutable id, or a name that cannot be one
 */
AE_MUST_CHECK bool directory_record_fill(struct directory_record *record,
                                         const struct directory_source *source,
                                         enum reason *reason, struct error *err);

/* The value as it stands in wire records: lower-case id, "S-1-…"; "" where there is none. */
const char *directory_record_id(struct directory_record *record,
                                const struct dap_entry *entry);
const char *directory_record_sid(struct directory_record *record,
                                 const struct dap_entry *entry);

#endif
