/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: what the rules say to FACTS. policyd-rules answers with one of the two messages;
 * no answer within the deadline, or a worker that died, is policyd's RULE_ERROR.
 */
#ifndef AE_COMMON_WIRE_VERDICT_H
#define AE_COMMON_WIRE_VERDICT_H

#include "common/wire/facts.h"
#include "common/wire/reason.h"

/* In ascending order of precedence: combining takes the larger. */
enum wire_decision {
    WIRE_DECISION_NONE = 0, /* nobody spoke: a deny */
    WIRE_DECISION_PERMIT,
    WIRE_DECISION_HOLD,
    WIRE_DECISION_DENY,
    WIRE_DECISION_ERROR, /* a rule failed: a deny */
    WIRE_DECISION_COUNT
};
const char *wire_decision_name(enum wire_decision decision); /* "permit" */

enum wire_phase {
    WIRE_PHASE_SHAPE = 0, /* proposes */
    WIRE_PHASE_CHECK,     /* judges */
    WIRE_PHASE_COUNT
};
const char *wire_phase_name(enum wire_phase phase); /* "shape" */

enum wire_mode {
    WIRE_MODE_ENFORCE = 0,
    WIRE_MODE_AUDIT, /* recorded, without effect */
    WIRE_MODE_COUNT
};
const char *wire_mode_name(enum wire_mode mode); /* "enforce" */

/* Approvals that a rule wants before it lets the request pass; all holds must be met. */
struct wire_hold {
    const char *rule; /* 1..256 */
    const char *code; /* token, 1..64 */
    uint32_t need;    /* how many approvers; 1..16 */
    const char *from; /* SID or DN of their group; "": the site's approvers; 0..2048 */
    uint64_t ttl_s;   /* 1..31536000 */
};

/* A warning (code and detail) or a note (key and value). */
struct wire_remark {
    const char *rule; /* 1..256 */
    const char *key;  /* token, 1..64 */
    const char *text; /* lines, 0..512 */
};

/* An older certificate that a rule retires after the new one is issued. */
struct wire_supersede {
    struct bytes serial; /* 1..20 */
    uint64_t after_s;    /* 0..31536000 */
};

/* What one rule did, whether it matched or not. */
struct wire_trace {
    const char *file; /* 1..256 */
    unsigned char file_sha256[WIRE_SHA256];
    const char *rule; /* 1..256 */
    enum wire_phase phase;
    enum wire_mode mode;
    bool matched;
    enum wire_decision decision;
    const char **codes; /* of every verb called, in order; 0..64 tokens */
    size_t code_count;
    const char **changes; /* what a shape rule changed, for people; 0..64 texts */
    size_t change_count;
    const char *detail; /* of a deny or an error: traceback; lines, 0..4096 */
    uint64_t instructions;
    uint64_t used_us; /* CPU time */
};

struct wire_verdict {
    const char *request_id;               /* 1..64 */
    unsigned char bundle_id[WIRE_SHA256]; /* the rules that spoke */
    enum wire_decision decision;
    enum reason reason;   /* RULE_DENIED, NO_RULE_PERMITTED, RULE_ERROR; else NONE */
    const char *rule;     /* the deciding one; "" when none spoke; 0..256 */
    const char *code;     /* its code; token, 0..64 */
    const char *detail;   /* stays here: lines, 0..4096 */
    const char *sentence; /* for the peer, from the rule; 0..512 */
    struct wire_content proposed; /* after the shape rules; what was judged */
    struct wire_hold *holds;      /* 0..16 */
    size_t hold_count;
    struct wire_remark *warnings; /* 0..64 */
    size_t warning_count;
    struct wire_remark *notes; /* 0..64 */
    size_t note_count;
    struct wire_supersede *supersedes; /* 0..64 */
    size_t supersede_count;
    struct wire_trace *trace; /* every rule of the bundle in order; 0..64 */
    size_t trace_count;
    const char **limits; /* budgets that were hit: "memory"; 0..16 tokens */
    size_t limit_count;
    uint32_t queries; /* used */
};
WIRE_DECLARE(verdict);

/* Stopped: a rule asked for what is not among the answers. Ask again with them added. */
struct wire_query_need {
    const char *request_id;     /* 1..64 */
    struct wire_query *queries; /* 1..8 */
    size_t query_count;
};
WIRE_DECLARE(query_need);

#endif
