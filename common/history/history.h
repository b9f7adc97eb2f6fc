/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history: what holds beyond one run of the signer, as its journal tells it.
 *
 * Frozen stays frozen, the clock may not fall behind, the hour's counts go on, CRL numbers only
 * rise. A START record and the CRL_NUMBER records right before it carry the sum of everything
 * before them, so that no more than the last run is read.
 */
#ifndef AE_COMMON_HISTORY_HISTORY_H
#define AE_COMMON_HISTORY_HISTORY_H

#include "common/audit/record.h"
#include "common/history/crl_numbers.h"
#include "common/wire/entry.h"

struct history {
    bool frozen;
    char frozen_sentence[WIRE_SENTENCE_MAX + 1];
    uint64_t
        newest_ns; /* the latest time of all records, or as an operator confirmed it */
    uint64_t checkpoint;
    int64_t checkpoint_utc;
    struct crl_numbers crls;
};
void history_clear(struct history *history);
CLEANUP_DEFINE_VALUE(history, struct history, history_clear);

/* Told of what was signed (or may have been) from since_utc on, in the order of records. */
struct history_listener {
    int64_t since_utc;
    /* One of template and profile is NULL. */
    void (*certificate)(void *ctx, const char *template, const char *profile,
                        int64_t signed_utc);
    void *ctx;
};

/*
 * Read it from a journal.
 *
 * out        on success owned by the caller: history_clear()
 * errors     as audit_read_from(); ERROR_INVALID also for a record that does not decode
 */
AE_MUST_CHECK bool history_read(const char *directory,
                                const struct history_listener *listener,
                                struct history *out, struct error *err);

/* A control's effect: FREEZE, THAW, CONFIRM_CLOCK; nothing for others. */
void history_apply(struct history *history, const struct wire_control *control,
                   uint64_t time_ns);

#endif
