/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds: what may be signed at all, by the signer's own file, whoever asks.
 *
 * What no section names is refused. The worst is refused whatever the file says: any purpose,
 * a CA's key usage, extensions that have a field of their own, names of no known proof (I3, I4).
 * No file and no clock here: the text and the time come in.
 */
#ifndef AE_COMMON_BOUNDS_BOUNDS_H
#define AE_COMMON_BOUNDS_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cfg.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/key.h"
#include "common/wire/issue.h"

struct bounds;                      /* immutable */
void bounds_free(struct bounds *b); /* accepts NULL */
CLEANUP_DEFINE(bounds, struct bounds *, bounds_free);

/*
 * Read a bounds file.
 *
 * file    its name, for messages, and its text; borrowed for the call
 * out     on success owned by the caller: bounds_free()
 * report  appended: every fault found, a line each
 * errors  ERROR_INVALID  there were faults; the sentence is the first of them
 */
AE_MUST_CHECK bool bounds_parse(const struct cfg_text *file, struct bounds **out,
                                struct buf *report, struct error *err);

/* The keys of the file, for docs/reference/bounds.md and for printing. */
const struct cfg_table *bounds_get_table(void);

/*
 * May this be signed? Everything but the hourly counts, which bounds_rates_take() keeps.
 *
 * The approvals are compared with the intent only: that each is in the journal at its sequence
 * is for the caller to check.
 *
 * intent  as decoded from the wire
 * key     what spki_read() says of the intent's SPKI
 * reason  set on failure: MALFORMED, UNKNOWN_PROFILE, BOUNDS or APPROVAL
 * errors  ERROR_DENIED   no; the sentence names the field and the bound
 *         ERROR_INVALID  a field does not fit the others
 */
AE_MUST_CHECK bool bounds_judge(const struct bounds *b,
                                const struct wire_issue_intent *intent,
                                const struct key_info *key, int64_t now_utc,
                                enum wire_signer_reason *reason, struct error *err);

enum { BOUNDS_DNS_NAMES_MAX = 16, BOUNDS_PURPOSES_MAX = 4 };

/* An infrastructure certificate as the intent that ca_build_tbs() takes; owns nothing. */
struct bounds_shape {
    struct wire_issue_intent intent; /* its template has the OID "": no such extension */
    struct wire_rdn subject[1];
    struct wire_san sans[BOUNDS_DNS_NAMES_MAX];
    const char *purposes[BOUNDS_PURPOSES_MAX];
    const char *critical[1];
};

/* When it is signed, and the validity of the CA certificate, which it stays within. */
struct bounds_moment {
    int64_t now_utc;
    int64_t ca_not_before_utc;
    int64_t ca_not_after_utc;
};

/*
 * Shape what policyd asks for itself: names, purposes and validity are those of the profile.
 *
 * intent  as decoded from the wire; its CSR must be signed by the very key
 * out     borrows from bounds and intent, points into itself: not to be copied
 * reason  set on failure: MALFORMED, UNKNOWN_PROFILE or BOUNDS
 * errors  ERROR_DENIED   the profile does not allow it; the sentence names the bound
 *         ERROR_INVALID  no proof of possession, or a DER that is none
 */
AE_MUST_CHECK bool
bounds_shape_infrastructure(const struct bounds *b,
                            const struct wire_infrastructure_intent *intent,
                            const struct bounds_moment *moment, struct bounds_shape *out,
                            enum wire_signer_reason *reason, struct error *err);

/*
 * How many were signed in the last hour, by sections; kept over a reload of the bounds. As
 * common/base/rate counts.
 */
struct bounds_rates;
struct bounds_rates *bounds_rates_new(void);
void bounds_rates_free(struct bounds_rates *rates); /* accepts NULL */
CLEANUP_DEFINE(bounds_rates, struct bounds_rates *, bounds_rates_free);

/* Who is counted: a template or a profile of the bounds, the other is NULL. */
struct bounds_counted {
    const char *template;
    const char *profile;
};

/*
 * Take one of the hour's certificates, right before its intent is recorded. Templates count
 * into the whole of [global] too; profiles do not, so that policyd can always have its own.
 *
 * retry_after_s  set when there is none left
 * errors  ERROR_UNAVAILABLE  the hour's are all taken; the sentence says which bound
 */
AE_MUST_CHECK bool bounds_rates_take(struct bounds_rates *rates, const struct bounds *b,
                                     const struct bounds_counted *counted,
                                     int64_t now_utc, uint32_t *retry_after_s,
                                     struct error *err);

/*
 * One that was signed before: read from the journal at start, so that a restart gives nothing
 * back. In the order of time.
 */
void bounds_rates_note(struct bounds_rates *rates, const struct bounds_counted *counted,
                       int64_t signed_utc);

#endif
