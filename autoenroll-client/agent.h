/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: one run of the client: ask, plan, act, remember, tell.
 *
 * It only sequences: what is to be done is the plan's word, what gets in is judged by issued and
 * trust, how it lies on the disk is the keystore's business.
 */
#ifndef AE_AUTOENROLL_CLIENT_AGENT_H
#define AE_AUTOENROLL_CLIENT_AGENT_H

#include "common/base/clock.h"
#include "common/wire/agent.h"

#include "autoenroll-client/transport.h"

/* Exit codes of a run (the same for all our programs). */
enum agent_exit {
    AGENT_DONE = 0,
    AGENT_FAILED = 1,
    AGENT_USAGE = 2,
    AGENT_CONFIGURATION = 3,
    AGENT_UNAVAILABLE = 4,
    AGENT_CREDENTIALS = 5,
    AGENT_REFUSED = 6,
    AGENT_PENDING = 7,
    AGENT_PARTLY = 8,
    AGENT_HOOK = 9
};

/* The network half: filled by main with transport's functions, by tests with fakes. */
struct agent_network {
    /* before all else of a run that is online; anchors: PEM; NULL: nothing is to be set up */
    bool (*open)(void *ctx, struct bytes anchors, struct error *err);
    bool (*whoami)(void *ctx, struct name_store *store, const char **principal,
                   struct wire_agent_failure *failure);
    bool (*ask_policy)(void *ctx, const struct wire_policy_request *question,
                       struct name_store *store, struct wire_policy_answer *out,
                       struct wire_agent_failure *failure);
    bool (*ask_cacerts)(void *ctx, const struct wire_cacerts_request *question,
                        struct name_store *store, struct wire_cacerts_answer *out,
                        struct wire_agent_failure *failure);
    bool (*enroll)(void *ctx, const struct wire_enroll_submit *question,
                   struct name_store *store, struct transport_enrolled *out,
                   struct wire_agent_failure *failure);
    bool (*report)(void *ctx, const struct wire_report *report, struct name_store *store,
                   struct wire_report_taken *out, struct wire_agent_failure *failure);
    void *ctx;
};

enum agent_job {
    AGENT_RUN = 0,  /* what is to be done */
    AGENT_ENROLL,   /* one template, now */
    AGENT_RENEW,    /* one, or all there are, although they are not due */
    AGENT_STATUS,   /* no network, nothing is changed */
    AGENT_TEMPLATES /* asks the server, changes nothing */
};

struct agent_result;

/* Keeps what came of a run for who looks later, while nobody else has the store. */
struct agent_keeper {
    bool (*keep)(void *ctx, const struct agent_result *result, struct error *err);
    void *ctx;
};

/* All borrowed. */
struct agent_options {
    enum agent_job job;
    const char *only; /* a template; "": all */
    const char *store;
    const char *anchors; /* PEM file of CA certificates */
    const char *hooks;   /* directory that holds deploy.d, …; "": none are run */
    enum wire_account_kind kind;
    uint32_t timeout_ms;
    uint32_t jitter_ppm;
    const char *software; /* our version */
    const struct clock *clock;
    const struct agent_network *network;
    const struct agent_keeper
        *keeper; /* called at the end of each run that has the store to write */
};

/* What is told of one template. Texts live as long as the result. */
struct agent_line {
    const char *name;
    const char *event; /* what this run did: "issued", "renewed", …; "": nothing */
    enum wire_health health;
    const char *sentence;
    const char *failure; /* of the last attempt, if it failed; "" */
    const char *reason;  /* docs/REASONS; "" */
    const char *request; /* id; "" */
    const char *serial;  /* hexadecimal; "": no certificate */
    const char *subject; /* of the certificate, for people */
    const char *path;    /* of its directory; "" */
    int64_t not_before_utc, not_after_utc, renew_utc; /* 0: none */
    struct wire_template_ref template;                /* oid "": the policy has none */
};

/* Of AGENT_TEMPLATES: what the policy says of each. */
struct agent_result {
    int exit_code;
    const char *note; /* about the run as a whole; "": nothing */
    const char *principal;
    int64_t started_utc, finished_utc;
    bool is_reported; /* the server has taken this run's report */
    struct agent_line *lines;
    size_t line_count;
    const struct wire_policy_answer *policy; /* NULL: none is known */
    struct name_store store;                 /* owns the texts */
    struct wire_policy_answer answer;
};
void agent_result_clear(struct agent_result *result);
CLEANUP_DEFINE_VALUE(agent_result, struct agent_result, agent_result_clear);

/* result  all zero before; to be cleared by the caller in any case */
void agent_run(const struct agent_options *options, struct agent_result *result);

#endif
