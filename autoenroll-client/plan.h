/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: what a run shall do, template by template: a pure function of the server's policy, what
 * the store holds, what happened before, and the clock.
 *
 * Every step says why in a sentence, since `status`, `explain` and the report show it. What the
 * plan does not touch stays as it is: the server's policy decides, and a certificate whose right
 * is gone is kept until it ends, never deleted.
 */
#ifndef AE_AUTOENROLL_CLIENT_PLAN_H
#define AE_AUTOENROLL_CLIENT_PLAN_H

#include "common/base/cleanup.h"
#include "common/wire/policy.h"

enum { PLAN_SENTENCE_SIZE = 512 };

/* A certificate of the store, as far as planning goes. Borrowed. */
struct plan_certificate {
    const char *name; /* of its directory: the template's name when it was issued */
    const char *template_oid; /* of the template extension; "": it has none */
    uint32_t template_major;
    int64_t not_before_utc;
    int64_t not_after_utc; /* 0: something is there that is no certificate */
    bool whole;   /* key and certificate are there, readable, and belong together */
    bool trusted; /* its issuer is an anchor or below one that is in force */
    bool can_authenticate; /* TLS client authentication: it may renew itself */
};

/* What is remembered of one template between runs. Borrowed. */
struct plan_memory {
    const char *template_oid;
    bool pending; /* a request is held: the same key asks again */
    int64_t pending_since_utc;
    uint32_t failures;                         /* in a row, since the last success */
    int64_t next_attempt_utc;                  /* not before; 0: at once */
    bool refused;                              /* the last answer was a refusal (403) */
    unsigned char content_sha256[WIRE_SHA256]; /* of the template when that was */
};

struct plan_input {
    const struct wire_policy_answer *policy;
    enum wire_account_kind kind; /* whom this run is for */
    const struct plan_certificate *certificates;
    size_t certificate_count;
    const struct plan_memory *memories;
    size_t memory_count;
    int64_t now_utc;
    uint32_t jitter_ppm; /* this host's share of the jitter; 0..1000000 */
    const char
        *only;      /* a person asked for this template: no back-off; "": a timer's run */
    bool renew_now; /* only, or "" all there are: renew although not due */
};

enum plan_action {
    PLAN_NOTHING = 0, /* healthy, or not this principal's business */
    PLAN_ENROLL,      /* a new certificate with a new key, over Kerberos */
    PLAN_RENEW,       /* the same again, authenticated by the old one where that can */
    PLAN_POLL,        /* ask again for what is held */
    PLAN_WAIT,        /* something is to do, and not yet: next_utc says when */
    PLAN_REFUSED,     /* something would be to do, and the policy does not allow it */
    PLAN_ARCHIVE,     /* its successor of another template is installed */
    PLAN_ACTION_COUNT
};
const char *plan_action_name(enum plan_action action); /* "renew" */

struct plan_step {
    enum plan_action action;
    const struct wire_policy_template *template; /* NULL: the policy does not know it */
    const struct plan_certificate *certificate;  /* the one in force; NULL: none */
    bool fresh;       /* RENEW: over Kerberos, the old one cannot authenticate */
    int64_t next_utc; /* when there will be something to do; 0: never by itself */
    char why[PLAN_SENTENCE_SIZE];
};

struct plan {
    struct plan_step
        *steps; /* templates of the policy in its order, then what else is there */
    size_t count;
    int64_t next_utc; /* of the earliest step; 0: none */
};
void plan_clear(struct plan *plan);
CLEANUP_DEFINE_VALUE(plan, struct plan, plan_clear);

/* Borrows from in; cannot fail. */
void plan_make(const struct plan_input *in, struct plan *out);

/*
 * When renewal of a certificate begins: max(80 % of its life, its end less the overlap), less
 * this host's share of a jitter of 5 % of its life, at most half a day.
 */
int64_t plan_renew_start(const struct plan_certificate *certificate, uint64_t overlap_s,
                         uint32_t jitter_ppm);

/*
 * How long to wait after so many failures in a row: a minute, doubled each time up to eight
 * hours; never longer than a tenth of what is left of the certificate (left_s; 0: none), but a
 * minute at least.
 */
int64_t plan_back_off(uint32_t failures, int64_t left_s);

#endif
