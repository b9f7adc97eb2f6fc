/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: what policyd-rules can be started for.
 *
 *     policyd-rules   serves policyd over the socket that is its standard input
 *     policyd-rules [--json] --check DIR | --list DIR | --test DIR   for people
 */
#ifndef AE_POLICYD_RULES_MAIN_H
#define AE_POLICYD_RULES_MAIN_H

#include <signal.h>
#include <stdbool.h>

#include "policyd/rules/bundle.h"
#include "policyd/rules/fileset.h"

/* How it ends; policyd names them in its log. */
enum {
    MAIN_OK = 0,     /* the socket was closed */
    MAIN_FAILED = 1, /* a test case did not pass; a file cannot be read */
    MAIN_USAGE = 2,
    MAIN_RULES = 3,    /* the rules are wrong */
    MAIN_SANDBOX = 70, /* could not give up what it has to */
    MAIN_WIRE = 71,    /* what came over the socket is no message for it */
    MAIN_CPU = 72,     /* a decision took twice its CPU time inside one call */
};

enum { MAIN_RUN_ID = 16 /* octets */ };

/* Over the socket at fd. Returns the program's exit code. run_id: random, for HELLO. */
int main_serve(int fd, const unsigned char *run_id);

/*
 * The watch over CPU time that no instruction count sees: begins with a decision that may
 * use cpu_ms, and ends it; ends the process at twice that.
 */
void main_watch_start(void); /* once, before the sandbox */
void main_watch_begin(unsigned int cpu_ms);
void main_watch_end(void);

/* ---- for people: what is looked at is enclosed as well, in a child ---------------------- */

enum { MAIN_AT_MAX = 600 };

struct main_offline {
    const char *directory;
    bool json;
    struct fileset rules;
    struct fileset tests;
    char *at; /* MAIN_AT_MAX octets that both processes see: what runs */
};

/* The command line; returns the exit code. */
int main_offline(int argc, char **argv);

/*
 * In the child: compile the rules and say on standard output what is wrong with them.
 * bundle   on success the caller's; heap, until the process ends
 * returns  MAIN_OK or MAIN_RULES
 */
int main_compile(struct main_offline *o, struct bundle **bundle);

/* In the child. Each returns the exit code. */
int main_check(struct main_offline *o);
int main_list(struct main_offline *o);
int main_test(struct main_offline *o);

/* As little as any program can have: the descriptors 0..last, and the sandbox. */
bool main_enclose(int last);

#endif
