/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: whether a request gets a certificate, and which. Facts come in, a proposal and a
 * verdict go out; no I/O and no clock, so that the same facts always decide the same (I6).
 *
 *     decide_propose()   what no rule can overrule; then the facts that the rules are asked
 *     (the rules judge them)
 *     decide_judge()     their verdict, what is left to approve, the names of the CSR
 *
 * A refusal is a reason for the peer and a sentence for `policyctl explain`.
 */
#ifndef AE_POLICYD_DECIDE_H
#define AE_POLICYD_DECIDE_H

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/csr.h"
#include "common/tmpl/access.h"
#include "common/tmpl/tmpl.h"
#include "common/wire/facts.h"
#include "common/wire/step.h"
#include "common/wire/verdict.h"

/* What the site's configuration says to every decision. Borrowed. */
struct decide_site {
    int64_t backdate_s;       /* notBefore lies so much before now; 0..3600 */
    uint64_t validity_max_s;  /* of any certificate; 0: as the template says */
    int64_t ca_not_after_utc; /* no certificate outlives its issuer */
    uint32_t san_types; /* 1 << enum general_type that rules and requests may name */
    const char **name_suffixes; /* below these rules may add names */
    size_t name_suffix_count;
    const char **extensions; /* OIDs that rules may add */
    size_t extension_count;
    const char *domain;  /* DNS name for SUBJECT_ALT_REQUIRE_DOMAIN_DNS; "": none */
    const char *netbios; /* its old name; "": none */
    /* The group for what the template holds, and rules that name none: SID or DN; "": none. */
    const char *approver;
    uint32_t approvals_needed; /* 1..16; at least so many of that group */
    uint64_t hold_ttl_s;       /* 1..31536000; at most so long for that group */
};

/* The names of the certificate that is renewed, where they count. */
struct decide_previous {
    const char *template_oid; /* of its template extension */
    struct name_dn subject;
    struct general_names sans;
};

/* Everything about one request. All borrowed, and it outlives the decision. */
struct decide_input {
    const char *request_id;
    enum wire_op op;
    enum wire_stage stage;
    int64_t now_utc;
    int64_t local_offset_s;
    const char *zone;
    const char *peer_address;
    enum wire_auth_method auth;
    unsigned char bundle_id[WIRE_SHA256];
    const struct csr *csr;
    const struct wire_account *account; /* who asks, and whom it is for */
    const struct tmpl *tmpl;
    unsigned char tmpl_sha256[WIRE_SHA256]; /* of tmpl_append_canonical() */
    const char *tmpl_problem; /* why it does not issue here; NULL: it does */
    const struct tmpl_access *access;
    struct wire_history *history;    /* NULL: not known; only read */
    struct wire_approval *approvals; /* at the stage APPROVED; only read */
    size_t approval_count;
    const struct decide_previous *previous; /* renewal and new key; else NULL */
    const struct decide_site *site;
};

struct decision;

/*
 * Judge what the template, the directory and the key say, and propose a certificate.
 *
 * out     owned by the caller: decide_free(). Set on a refusal too, for its steps
 * reason  of a refusal
 * errors  ERROR_DENIED       403: WRONG_KIND, NO_ENROLL, TPL_UNSAFE, DISABLED, NAME_MISSING,
 *                            KEY_WEAK, KEY_REUSE, CSR_EXTENSION, BOUNDS
 *         ERROR_UNAVAILABLE  503: DIR_PARTIAL, STORE: a fact is missing, so nothing is decided
 *         ERROR_INVALID      400: MALFORMED: more in the CSR than facts can hold
 * source  [MS-WCCE] 3.2.2.6.2.1.4.5 (names, extensions, times)
 */
AE_MUST_CHECK bool decide_propose(const struct decide_input *in, struct decision **out,
                                  enum reason *reason, struct error *err);
void decide_free(struct decision *d); /* accepts NULL */
CLEANUP_DEFINE(decision, struct decision *, decide_free);

/* For the rules; borrowed. The proposal is in it. */
const struct wire_facts *decide_get_facts(const struct decision *d);

/* The road so far, for explain; borrowed. */
const struct wire_step *decide_get_steps(const struct decision *d, size_t *count);

struct decide_outcome {
    const struct wire_content *content; /* what to issue; borrowed from the verdict */
    struct wire_hold holds[WIRE_APPROVALS_MAX + 1]; /* what must be approved first */
    size_t hold_count;                              /* 0: issue now */
    const char *sentence; /* for the peer, from the rule that spoke; "" without */
};

/*
 * What the rules said is taken as far as the envelope lets it: a worker may have been taken
 * over. Then every name of the CSR must be in the certificate (NAME_NOT_YOURS), its extensions
 * must be harmless, and what has no approval yet is held.
 *
 * verdict  outlives out
 * reason   of a refusal
 * errors   ERROR_DENIED       403: RULE_DENIED, NO_RULE_PERMITTED, RULE_ERROR,
 *                             NAME_NOT_YOURS, CSR_EXTENSION, NAME_MISSING
 *          ERROR_UNAVAILABLE  503: something must be approved and nobody is named to do it
 */
AE_MUST_CHECK bool decide_judge(struct decision *d, const struct wire_verdict *verdict,
                                struct decide_outcome *out, enum reason *reason,
                                struct error *err);

/* Would these approvals lift all holds of what was judged without them? Each counts for the
 * group it names, once a person, about this request only, in time, and not by who asks. */
bool decide_are_enough(const struct decision *d, const struct decide_outcome *held,
                       const struct wire_approval *approvals, size_t count);

#endif
