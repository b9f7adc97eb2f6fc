/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason: why a request was held or refused; one table for programs, peers and documents.
 *
 * docs/REASONS.md is this table printed; a test compares them. A reason is set by the step of
 * the road that refuses, and travels with the outcome.
 */
#ifndef AE_COMMON_WIRE_REASON_H
#define AE_COMMON_WIRE_REASON_H

#include <stdbool.h>

#include "common/base/buf.h"

enum reason {
    REASON_NONE = 0,
    /* 202 */
    REASON_HELD,
    /* 400 */
    REASON_MALFORMED,
    REASON_POP,
    /* 401: from outside they all look like AUTH_NONE */
    REASON_AUTH_NONE,
    REASON_CB_MISSING,
    REASON_CB_MISMATCH,
    REASON_REPLAY,
    REASON_SPN,
    REASON_CERT,
    REASON_REVOKED,
    /* 403 */
    REASON_REALM,
    REASON_PRINCIPAL,
    REASON_IDENTITY_CONFLICT,
    REASON_DISABLED,
    REASON_DIR_AMBIG,
    REASON_WRONG_KIND,
    REASON_NO_ENROLL,
    REASON_TPL_UNSAFE,
    REASON_NAME_MISSING,
    REASON_NAME_NOT_YOURS,
    REASON_CSR_EXTENSION,
    REASON_KEY_WEAK,
    REASON_KEY_REUSE,
    REASON_RULE_DENIED,
    REASON_NO_RULE_PERMITTED,
    REASON_RULE_ERROR,
    REASON_APPROVAL_DENIED,
    REASON_BOUNDS,
    REASON_LINT,
    REASON_NOT_OPERATOR, /* on the admin socket only, like NO_ITEM and CONFLICT */
    /* 404, 405, 409, 413, 415 */
    REASON_NO_LABEL,
    REASON_NO_PATH,
    REASON_NO_ITEM,
    REASON_METHOD,
    REASON_CONFLICT,
    REASON_TOO_LARGE,
    REASON_MEDIA_TYPE,
    /* 429 */
    REASON_RATE,
    /* 500 */
    REASON_INTERNAL,
    /* 503 */
    REASON_DIR_DOWN,
    REASON_DIR_PARTIAL,
    REASON_RULES_DOWN,
    REASON_STORE,
    REASON_SIGNER,
    REASON_KERBEROS,
    REASON_CLOCK,
    REASON_FROZEN,
    REASON_BUSY,
    /* 403 and 409; last, because the ledger holds these numbers */
    REASON_NOT_APPROVER,
    REASON_SUPERSEDED,
    REASON_COUNT
};

/* Who can do something about it. */
enum reason_actor {
    ACTOR_NOBODY = 0,     /* it goes on by itself */
    ACTOR_REQUESTER,      /* the person or host that asks */
    ACTOR_APPROVER,       /* a named approver */
    ACTOR_TEMPLATE_OWNER, /* who maintains templates and access to them */
    ACTOR_RULE_AUTHOR,    /* who maintains the rules */
    ACTOR_DIRECTORY,      /* the directory's administrator */
    ACTOR_OPERATOR,       /* who runs policyd */
    ACTOR_COUNT
};

/* Whether the same request may be sent again. */
enum reason_retry {
    RETRY_NO = 0,    /* not before somebody changed something */
    RETRY_POLL,      /* with the same key, after Retry-After */
    RETRY_LATER,     /* after Retry-After */
    RETRY_OTHERWISE, /* in another way, which the sentence names */
    RETRY_COUNT
};

struct reason_info {
    const char *code;     /* "NAME_NOT_YOURS": stable, documented, greppable */
    const char *sentence; /* what the peer reads; names nothing of the site */
    int status;           /* HTTP */
    enum reason_actor actor;
    enum reason_retry retry;
    enum reason shown_as; /* what the peer gets to see instead; itself mostly */
};

/* Never NULL; REASON_NONE and values outside the enum give the entry of REASON_INTERNAL. */
const struct reason_info *reason_get(enum reason reason);

/*
 * A no to what was asked, which ends a request for good, and not something that failed on our side,
 * after which the same may be asked for again.
 */
bool reason_is_denial(enum reason reason);

/* The reason with this code; false for an unknown one. */
bool reason_find(const char *code, enum reason *out);

const char *reason_actor_name(enum reason_actor actor);
const char *reason_retry_name(enum reason_retry retry);

/* The whole table as the Markdown page docs/REASONS.md. */
void reason_print_table(struct buf *out);

#endif
