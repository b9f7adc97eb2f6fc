/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stages: the pieces of an enrollment, each measured alone: the cheapest way known to do what is
 * promised. Every stages_add_…() appends its own; see the top of each file for what they cover.
 */
#ifndef AE_TESTS_BENCH_STAGES_H
#define AE_TESTS_BENCH_STAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

enum {
    STAGES_MAX = 48,
    STAGES_ROUNDS_MAX = 64,
    STAGES_BATCH = 64 /* enrollments that share a commit */
};

enum stages_leg { STAGES_FRESH = 0, STAGES_KEPT, STAGES_CERTIFICATE, STAGES_LEGS };

struct stage {
    const char *name;
    /* One of the two. slice() answers CPU us of one; work() does one, in this thread alone. */
    double (*slice)(void *ctx);
    void (*work)(void *ctx);
    void *ctx;
    double times[STAGES_LEGS]; /* that an enrollment of each leg has it */
    double us[STAGES_ROUNDS_MAX];
};

struct stages {
    struct stage list[STAGES_MAX];
    size_t count;
    const char *directory; /* for files; on the disk in question */
    const char *rules;     /* the program policyd-rules */
    const char *keytab;    /* this and what follows: NULL without a KDC */
    const char *principal;
    const char *service_keytab;
    const char *service; /* "HTTP@host" */
    const char *config;  /* policyd's */
    double each; /* enrollments of an account, in the life of what is kept of it */
};

/* Contexts are kept until the program ends. */
void stages_add(struct stages *stages, const struct stage *stage);
#define STAGES_ALL(n)                                                                    \
    {                                                                                    \
        (n), (n), (n)                                                                    \
    }

/* End the program with a sentence; fine: it goes on. */
_Noreturn void stages_quit(const char *what);
static inline void stages_need(bool fine, const char *what)
{
    if (!fine) {
        stages_quit(what);
    }
}
static inline void stages_need_ok(bool fine, const struct error *err)
{
    stages_need(fine, err->message);
}

double stages_now_us(void); /* CPU time of this thread */

void stages_add_decide(struct stages *stages);
void stages_add_directory(struct stages *stages);
void stages_add_gss(struct stages *stages);
void stages_add_https(struct stages *stages);
void stages_add_journal(struct stages *stages);
void stages_add_ledger(struct stages *stages);
void stages_add_pki(struct stages *stages);
void stages_add_rules(struct stages *stages);
void stages_add_signer(struct stages *stages);

#endif
