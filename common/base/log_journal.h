/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_journal: records as journal entries with a field for each value.
 *
 * A library of its own (base_journal), because policyd-signer and policyd-rules must not link
 * libsystemd. main chooses it where log_stderr_is_journal(STDERR_FILENO). Sending waits while the
 * journal's queue is full, unlike log_stderr: so it is for programs that may wait.
 */
#ifndef AE_COMMON_BASE_LOG_JOURNAL_H
#define AE_COMMON_BASE_LOG_JOURNAL_H

#include "common/base/log_record.h"
#include "common/base/log_stderr.h"

enum {
    LOG_JOURNAL_FIELDS = 32, /* values a record; further ones are in MESSAGE only */
    LOG_JOURNAL_VALUE_MAX = 16 * 1024, /* octets of one value; a longer one is cut */
};

struct log_journal {
    const char *prefix; /* "POLICYD": fields are POLICYD_EVENT, POLICYD_SERIAL ... */
    struct log_stderr *otherwise; /* takes what the journal refuses */
};

/*
 * The sink's write function; ctx is the struct log_journal. An entry has MESSAGE (the line as on
 * stderr), PRIORITY, SYSLOG_IDENTIFIER, <prefix>_EVENT and <prefix>_<KEY> with the value as it is.
 */
void log_journal_write(void *ctx, const struct log_record *record);

#endif
