/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port: policyd's side of the rules: reads the directory of rule files, runs policyd-rules
 * over them, asks for decisions, and kills what takes too long.
 *
 * A worker is trusted with nothing: what it answers is held against the question and against
 * the template's envelope before anybody sees it. All functions may be called by any thread.
 */
#ifndef AE_POLICYD_RULES_PORT_H
#define AE_POLICYD_RULES_PORT_H

#include "common/wire/bundle.h"

struct rules_port; /* the rules in force, and how new ones come into force */
struct rules;      /* one bundle with its workers; counted references */

struct rules_options {
    const char *program;       /* policyd-rules; borrowed, as directory is */
    const char *directory;     /* of the files *.lua */
    unsigned int workers;      /* at most so many decisions at a time; 1..16 */
    uint32_t deadline_ms;      /* of a decision, once a worker has it; 10..60000 */
    uint32_t recycle;          /* decisions after which a worker is replaced; 1.. */
    size_t waiting_max;        /* callers that wait for a worker */
    struct wire_budget budget; /* rules_budget() has the usual one */
};

enum {
    RULES_WORKERS_MAX = 16,
    RULES_WAITING_PER_ACCOUNT = 4, /* callers that wait for the same account's turn */
    RULES_STRIKES = 3,             /* killed workers ... */
    RULES_STRIKE_WINDOW_S = 60,    /* ... within this time ... */
    RULES_QUARANTINE_S = 600       /* ... refuse account and template this long */
};

struct wire_budget rules_budget(void);

/* No rules are in force yet: rules_port_reload(). Never fails; rules_port_free(). */
struct rules_port *rules_port_new(const struct rules_options *options);
/* Ends the workers that nobody uses any more. Accepts NULL. */
void rules_port_free(struct rules_port *port);
CLEANUP_DEFINE(rules_port, struct rules_port *, rules_port_free);

/*
 * Read the directory, have a worker compile it, and put it into force: all or nothing.
 * Decisions that run go on with the rules they began with. An empty directory is a bundle
 * that permits nothing.
 *
 * errors  ERROR_INVALID      a rule file is wrong: the first problem as "FILE:LINE: what", and
 *                            how many more; too many files or too large
 *         ERROR_DENIED       a file that somebody else could have written
 *         ERROR_UNAVAILABLE  the worker does not start or does not answer
 *         whichever it was: what was in force stays so, and rules_port_problem() tells it
 */
AE_MUST_CHECK bool rules_port_reload(struct rules_port *port, struct error *err);

/* Why the last reload failed; ERROR_NONE when it succeeded (or never was). */
void rules_port_problem(struct rules_port *port, struct error *out);

/* What is in force, with a reference for the caller: rules_unref(); NULL when nothing is. */
struct rules *rules_port_get(struct rules_port *port);
void rules_unref(struct rules *rules); /* accepts NULL */
CLEANUP_DEFINE(rules, struct rules *, rules_unref);

/* The bundle's id and the rules in it, in the order of evaluation; lives as long as rules. */
const struct wire_bundle_loaded *rules_loaded(const struct rules *rules);
/* The names of its files and their hashes, as loaded. */
const struct wire_bundle_load *rules_files(const struct rules *rules);

/* What the rules that look at such a request need. */
struct rules_needs {
    const char
        *names[WIRE_ATTRIBUTES_MAX]; /* attributes, each once; borrowed from rules */
    size_t count;
    bool history;
};
/* template: its name, or NULL for any. A need beyond WIRE_ATTRIBUTES_MAX fails the rule. */
void rules_need(const struct rules *rules, const char *template, enum wire_op op,
                enum wire_account_kind kind, struct rules_needs *out);

/* A verdict and the octets that it borrows from: the encoded VERDICT, to be stored; and so are the
 * FACTS that a worker judged, as they were encoded for it: empty if none did. */
struct rules_answer {
    struct wire_verdict verdict;
    struct buf octets;
    struct bytes facts;
    struct buf frame; /* that they are in */
};
void rules_answer_clear(struct rules_answer *answer);
CLEANUP_DEFINE_VALUE(rules_answer, struct rules_answer, rules_answer_clear);

/*
 * Have the rules judge. Waits for a free worker and, while another request of the same
 * account is being judged, for that.
 *
 * facts   bundle_id must be that of rules
 * out     on success owned by the caller. A rule that failed, a worker that died, was late,
 *         or answered what it may not, is a verdict too: WIRE_DECISION_ERROR with
 *         REASON_RULE_ERROR; the detail says which
 * errors  ERROR_INVALID      facts break their bounds, or are for other rules
 *         ERROR_UNAVAILABLE  too many wait already, or no worker can be started
 */
AE_MUST_CHECK bool rules_decide(struct rules *rules, const struct wire_facts *facts,
                                struct rules_answer *out, struct error *err);

#endif
