/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_parts: what decide's own files share; nobody else includes it.
 */
#ifndef AE_POLICYD_DECIDE_PARTS_H
#define AE_POLICYD_DECIDE_PARTS_H

#include "policyd/decide.h"

struct decision {
    struct decide_input in;
    struct wire_facts facts;
    struct wire_step steps[WIRE_STEPS_MAX];
    size_t step_count;
    struct name_store store; /* owns what the facts point to and nobody else owns */
};

/* Note a step that passed; the sentence is copied. */
void decide_pass(struct decision *d, const char *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Note a step that failed by what err says, and set the reason; returns false. */
bool decide_fail(struct decision *d, const char *step, enum reason why,
                 enum reason *reason, const struct error *err);

/* ---- decide_gate.c ------------------------------------------------------------------- */

/*
 * Account, right, template and key.
 * errors  ERROR_DENIED, ERROR_UNAVAILABLE  as decide_propose() says
 */
AE_MUST_CHECK bool decide_gate(struct decision *d, enum reason *reason,
                               struct error *err);

/* ---- decide_names.c ------------------------------------------------------------------ */

/*
 * Subject and SAN of the proposal, each with its proof.
 * errors  ERROR_DENIED  NAME_MISSING
 */
AE_MUST_CHECK bool decide_names(struct decision *d, struct error *err);

/* Append the names of a certificate, as people read them. */
void decide_print_names(const struct wire_content *content, struct buf *out);

/* ---- decide_facts.c ------------------------------------------------------------------ */

/* What is known before anything is judged: what refuses is explained by it, too. */
void decide_known(struct decision *d);

/*
 * The rest of the facts but the names of the proposal.
 * errors  ERROR_DENIED   BOUNDS: the CA ends too soon; KEY_WEAK: no usage for such a key
 *         ERROR_INVALID  MALFORMED: the CSR holds more than facts can
 */
AE_MUST_CHECK bool decide_facts(struct decision *d, enum reason *reason,
                                struct error *err);

/* ---- decide_csr.c -------------------------------------------------------------------- */

/*
 * The CSR beside the judged certificate.
 * errors  ERROR_DENIED  NAME_NOT_YOURS, CSR_EXTENSION
 */
AE_MUST_CHECK bool decide_compare_csr(const struct decision *d,
                                      const struct wire_content *content,
                                      enum reason *reason, struct error *err);

#endif
