/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue: from a decision to what the signer is asked, and from what came back to what is
 * recorded. Pure: no I/O, no clock.
 *
 * Nothing is handed out before the certificate was compared with what was asked for.
 */
#ifndef AE_POLICYD_ISSUE_H
#define AE_POLICYD_ISSUE_H

#include "common/pki/cert.h"
#include "common/wire/entry.h"
#include "common/wire/issue.h"
#include "common/wire/reason.h"

/* What one account may have of one template; 0: no limit. */
struct issue_quota {
    uint32_t day_max;  /* issued within 24 h */
    uint32_t week_max; /* issued within 7 d */
    uint32_t live_max;
};

/* The decision as it is kept, for explain and replay. */
struct issue_decision {
    struct bytes facts;                       /* encoded FACTS; 0..1 MiB */
    struct bytes trace;                       /* 0..1 MiB */
    unsigned char config_sha256[WIRE_SHA256]; /* of the configuration in force */
    const char *engine;                       /* version of what decided */
    const char *protocol;                     /* "est" */
    const char *peer;                         /* address; "" */
    unsigned char asked_sha256[WIRE_SHA256];  /* of the names that were asked for */
    int64_t created_utc;                      /* when the request came first */
    /* The trace anew, appended, for an end without a certificate; NULL: as it is. */
    void (*retell)(void *ctx, enum reason reason, const char *detail, struct buf *trace);
    void *ctx;
};

/*
 * A request that was permitted: what decide makes and server_issue() carries out. Everything is
 * borrowed. The one input of issuing: there is no other way to a certificate of an account (I6).
 */
struct issue_proposal {
    int64_t request; /* number, 1..2^31-1 */
    int64_t attempt; /* the number of what the client sent just now, where request waited
                               since an earlier one; 0: request itself */
    const char *request_id; /* the same, readable */
    const char *ca;         /* configured name */
    enum wire_op op;
    struct wire_account_ref account;    /* whom it is for */
    struct wire_account_ref *requester; /* who asked on behalf; NULL: account */
    enum wire_auth_method auth;
    int64_t authenticated_utc;
    struct bytes assertion; /* seal of the account assertion */
    struct wire_template_ref template;
    struct wire_content content;
    struct bytes spki;
    struct bytes renewed_serial; /* none, or 16 octets */
    uint32_t crl_generation;
    uint32_t crl_shard;
    unsigned char csr_sha256[WIRE_SHA256];
    unsigned char facts_sha256[WIRE_SHA256];
    unsigned char bundle_id[WIRE_SHA256];
    struct wire_approval *approvals;
    size_t approval_count;
    int64_t decided_utc;
    struct issue_quota quota;
    struct issue_decision decision;
};

/* What the signer is asked. out borrows from the proposal. */
void issue_intent(const struct issue_proposal *proposal, uint32_t deadline_ms,
                  struct wire_issue_intent *out);

/*
 * Is this the certificate that was asked for: its key, names, validity, usages, template, SID,
 * and nothing else but where to find CA certificate, CRL and OCSP?
 *
 * slack_s  how far both ends of the validity may be from what is asked: 0 for an answer, more
 *          for an earlier certificate that a repeated request may be given again
 * errors   ERROR_INTERNAL  it is not; the sentence names the first difference
 */
AE_MUST_CHECK bool issue_matches(const struct issue_proposal *proposal,
                                 const struct cert *cert, int64_t slack_s,
                                 struct error *err);

/*
 * Does the whole answer belong to the question? certificate: the result's, read.
 * errors  ERROR_INTERNAL  as issue_matches(), or another request, CA, node or serial
 */
AE_MUST_CHECK bool issue_check_result(const struct issue_proposal *proposal,
                                      uint32_t node,
                                      const struct wire_issue_result *result,
                                      const struct cert *certificate, struct error *err);

/*
 * The same for policyd's own certificates, whose content stands in the signer's bounds.
 * errors  ERROR_INTERNAL  another request, CA, node, serial or key; a CA; names that were not
 *                         asked for; valid longer than asked for
 */
AE_MUST_CHECK bool
issue_check_infrastructure(const struct wire_infrastructure_intent *intent, uint32_t node,
                           const struct wire_issue_result *result,
                           const struct cert *certificate, struct error *err);

#endif
