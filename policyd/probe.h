/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: asks a question that may hang, on a thread of its own, for others who must not.
 *
 * Whoever needs an answer asks for a fresh one and waits a bounded time for it. While the
 * question hangs, everybody gets the last answer, and how old it is.
 */
#ifndef AE_POLICYD_PROBE_H
#define AE_POLICYD_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

struct probe;

/*
 * The question: appends its answer to out, octets of any kind.
 * errors  its own; they are the answer then
 */
typedef bool probe_question(void *ctx, struct buf *out, struct error *err);

/*
 * out     owned by the caller: probe_free()
 * errors  ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool probe_new(probe_question *question, void *ctx, struct probe **out,
                             struct error *err);

/* Waits until the question that is being asked has come back. Accepts NULL. */
void probe_free(struct probe *p);
CLEANUP_DEFINE(probe, struct probe *, probe_free);

/* Begin to ask; for whom several probes are to work at once. */
void probe_ask(struct probe *p);

/*
 * Wait at most wait_ms for an answer to a question that was asked after the call's begin.
 *
 * out     appended: the last good answer; nothing when there was none
 * age_ms  of that answer
 * errors  those of the question; ERROR_UNAVAILABLE  it does not come back: out and age_ms are of
 *         an earlier one then
 */
AE_MUST_CHECK bool probe_get(struct probe *p, unsigned int wait_ms, struct buf *out,
                             int64_t *age_ms, struct error *err);

#endif
