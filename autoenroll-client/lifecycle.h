/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle: the state that people see of a certificate: one of six, from one table, by its first
 * row that applies. A pure function of what is stored, planned and remembered, and of the clock.
 */
#ifndef AE_AUTOENROLL_CLIENT_LIFECYCLE_H
#define AE_AUTOENROLL_CLIENT_LIFECYCLE_H

#include "common/wire/agent.h"

#include "autoenroll-client/plan.h"

enum { LIFECYCLE_SENTENCE_SIZE = 512 };

/* All borrowed. */
struct lifecycle_facts {
    const struct plan_certificate *certificate; /* in force; NULL: none */
    const char *flaw;                           /* why it is not whole; "" */
    const struct plan_step *step; /* what the last plan said; NULL: there was none */
    bool is_pending;              /* a request of it is held */
    bool is_refused;              /* the last answer was a refusal */
    const char *failure; /* what the last attempt failed of, refusals too; "": nothing */
    const char *hook_failure; /* what the last deploy hook failed of; "": nothing */
    int64_t renew_start_utc;  /* of the certificate */
    int64_t now_utc;
};

struct lifecycle {
    enum wire_health health;
    char sentence[LIFECYCLE_SENTENCE_SIZE]; /* why, for people; never empty */
};

void lifecycle_judge(const struct lifecycle_facts *facts, struct lifecycle *out);

/* What `--exit-code` makes of a state: 0, or 10 due, 11 expired, … 14 broken. */
int lifecycle_exit_code(enum wire_health health);

/* The state that needs a person most. */
enum wire_health lifecycle_worse(enum wire_health a, enum wire_health b);

#endif
