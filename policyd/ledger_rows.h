/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_rows: whole tables as streams: a CRL's entries, and rows as text to compare.
 */
#ifndef AE_POLICYD_LEDGER_ROWS_H
#define AE_POLICYD_LEDGER_ROWS_H

#include "policyd/ledger.h"

struct ledger_crl_scope {
    const char *ca;
    int64_t generation;
    int64_t shard;
    int64_t unexpired_utc; /* entries whose certificate ended before this are left out */
};

struct ledger_crl_entry {
    struct ledger_serial serial;
    enum ledger_reason reason;
    int64_t revoked_utc;
};

/*
 * The revoked and held certificates of a shard, in the order of their serials, as they are at
 * this moment whatever is written meanwhile. Memory does not grow with their number. The log
 * cannot be brought into the database behind it as long as it is open: do not linger.
 *
 * errors  ERROR_UNAVAILABLE  the ledger cannot be read now
 */
struct ledger_crl_rows;
AE_MUST_CHECK bool ledger_crl_rows_open(struct ledger *ledger,
                                        const struct ledger_crl_scope *scope,
                                        struct ledger_crl_rows **out, struct error *err);
void ledger_crl_rows_free(struct ledger_crl_rows *rows);
CLEANUP_DEFINE(ledger_crl_rows, struct ledger_crl_rows *, ledger_crl_rows_free);

/* errors  as above; *found is false behind the last one */
AE_MUST_CHECK bool ledger_crl_rows_next(struct ledger_crl_rows *rows,
                                        struct ledger_crl_entry *out, bool *found,
                                        struct error *err);

/* Begin once more with the same entries, for writers that need their length first. */
void ledger_crl_rows_rewind(struct ledger_crl_rows *rows);

enum ledger_table {
    LEDGER_TABLE_CERTIFICATES = 0, /* with template version, bundle and DER */
    LEDGER_TABLE_NAMES,
    LEDGER_TABLE_REVOCATIONS,
    LEDGER_TABLE_EVENTS,
    LEDGER_TABLE_BURNT_KEYS,
    LEDGER_TABLE_REQUESTS,
    LEDGER_TABLE_APPROVALS,
    LEDGER_TABLE_DECISIONS,
    LEDGER_TABLE_RESERVATIONS,
    LEDGER_TABLE_CURSORS,
    LEDGER_TABLE_CRLS,
    LEDGER_TABLE_COUNT
};

/* "certificates", …; never NULL. */
const char *ledger_table_name(enum ledger_table table);

/*
 * Every row of a table as one line "column=value ...", octets in hexadecimal, without the
 * numbers that only tie tables together: two ledgers hold the same if their lines are the same.
 *
 * line    borrowed for the call; a false of the visitor ends the dump with its error
 * errors  ERROR_UNAVAILABLE  the ledger cannot be read now
 */
AE_MUST_CHECK bool ledger_dump(struct ledger *ledger, enum ledger_table table,
                               bool (*visit)(void *ctx, const char *line,
                                             struct error *err),
                               void *ctx, struct error *err);

#endif
