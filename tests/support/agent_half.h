/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_half: what stands for the agent's network half: a server with a template, or some, and a CA of its
 * own. Whatever passes between the two is encoded and decoded as a message of common/wire, as it
 * would be between two processes.
 */
#ifndef AE_TESTS_SUPPORT_AGENT_HALF_H
#define AE_TESTS_SUPPORT_AGENT_HALF_H

#include "autoenroll-client/agent.h"
#include "tests/support/fixture_ca.h"

enum { HALF_ASKED_MAX = 8, HALF_TEMPLATES_MAX = 3 };

#define HALF_PRINCIPAL "host/web1.example.test@EXAMPLE.TEST"

/* What the server does with a request for a certificate. */
enum half_deed {
    HALF_ISSUES = 0,
    HALF_ISSUES_TO_ANOTHER_KEY,
    HALF_ISSUES_BY_ANOTHER_CA,
    HALF_HOLDS,
    HALF_FAILS /* as failure says */
};

struct half_reply {
    enum half_deed deed;
    enum wire_failure failure;
    const char *reason;
    uint32_t retry_after_s;
};

struct half_asked {
    enum wire_op op;
    enum wire_credential credential;
    struct buf spki; /* of the key that it was for */
};

struct agent_half {
    struct fixture_ca *ca, *other;
    const struct clock *clock;
    size_t template_count; /* 1: Machine; more: Second, Third, too */
    bool cannot_open;
    bool may_enroll, may_autoenroll;
    enum wire_failure
        no_login; /* why nobody is logged in; WIRE_FAILURE_COUNT: somebody is */
    struct half_reply replies[HALF_ASKED_MAX]; /* one after the other; all zero: issues */
    struct half_asked asked[HALF_ASKED_MAX];
    size_t asked_count;
    bool takes_no_report;
    size_t report_count;
    enum wire_health reported; /* of the last report's first entry */
};

struct agent_half *agent_half_new(const struct clock *clock);
void agent_half_free(struct agent_half *half);

/* The port; works as long as the half lives. */
struct agent_network agent_half_port(struct agent_half *half);

#endif
