/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: a recorded decision read back: its steps, what the rules said, what would change the
 * answer. What cannot be read is said to be so; nothing is guessed. No I/O, no clock.
 */
#ifndef AE_POLICYD_EXPLAIN_H
#define AE_POLICYD_EXPLAIN_H

#include "common/wire/facts.h"
#include "common/wire/trail.h"
#include "common/wire/verdict.h"

#include "policyd/ledger_request.h"

enum {
    EXPLAIN_STEPS_MAX = WIRE_STEPS_MAX + 12,
    EXPLAIN_CHANGES_MAX = 4,
    EXPLAIN_PROBLEMS_MAX = 4
};

struct explain_step {
    const char *step;
    enum wire_step_result result;
    const char *reason;   /* a code of docs/REASONS; "" unless it failed */
    const char *sentence; /* printable */
};

/* Something that somebody could do to get another answer. */
struct explain_change {
    char *sentence;
    char *run; /* a command that does it or shows more; NULL: none */
};

struct explain {
    const struct ledger_decision *decision; /* borrowed, like all texts below */
    bool has_trail, has_facts, has_verdict; /* of what follows; without it is all zero */
    struct wire_trail trail;
    struct wire_facts facts;
    struct wire_verdict verdict;
    struct explain_step steps[EXPLAIN_STEPS_MAX]; /* those not reached too */
    size_t step_count;
    struct explain_change changes[EXPLAIN_CHANGES_MAX];
    size_t change_count;
    char *problems[EXPLAIN_PROBLEMS_MAX]; /* why something is missing here */
    size_t problem_count;
    char *issued; /* sentence of the last step */
};
void explain_clear(struct explain *x);
CLEANUP_DEFINE_VALUE(explain, struct explain, explain_clear);

/* out is all zero before; the decision outlives it. Never fails: see problems. */
void explain_read(const struct ledger_decision *decision, struct explain *out);

/*
 * What the client was shown, as far as the record says: code and sentence; "" when it got a
 * certificate.
 */
struct explain_shown {
    const char *code;
    const char *sentence;
    int status; /* of HTTP; 0: not known */
};
struct explain_shown explain_shown(const struct explain *x);

/*
 * Append the request as a case for `policyctl rule test`: Lua, ready for a file in tests/.
 * Returns false, and appends nothing, where the rules were not asked or the facts are gone.
 */
bool explain_append_case(const struct explain *x, struct buf *out);

/* ---- of explain's own files ---------------------------------------------------------- */

/* explain_change.c: fills changes from the rest. */
void explain_find_changes(struct explain *x);

#endif
