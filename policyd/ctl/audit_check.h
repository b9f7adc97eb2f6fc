/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_check: is a journal what the signer wrote? Names the first record that is not.
 *
 * Within the files every change breaks the chain. That records at the end are missing, or that
 * all were written anew, shows against checkpoints: those in the journal, whose signatures
 * only the signer can make, and one that somebody kept elsewhere.
 */
#ifndef AE_POLICYD_CTL_AUDIT_CHECK_H
#define AE_POLICYD_CTL_AUDIT_CHECK_H

#include "common/audit/note.h"
#include "common/audit/segment.h"
#include "common/base/error.h"

struct audit_check_job {
    const char *directory;
    const struct note_checkpoint
        *kept;             /* from elsewhere, its signature checked; or NULL */
    const struct key *key; /* of the checkpoints in the journal; NULL: not read */
};

struct audit_report {
    uint64_t records;
    uint64_t segments;
    uint64_t time_ns;     /* of the last record */
    uint64_t torn_octets; /* of an unfinished record at the very end */
    uint64_t checkpoints; /* found in the journal */
    uint64_t covered; /* records that a checkpoint covers whose signature was checked */
    struct audit_hash root;
};

/*
 * errors  ERROR_INVALID      the journal is not what the signer wrote; one sentence says which
 *                            record, and what is wrong with it
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read
 */
AE_MUST_CHECK bool audit_check(const struct audit_check_job *job,
                               struct audit_report *out, struct error *err);

#endif
