/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: what policyd-rules can be started for.
 *
 *     policyd-rules   serves policyd over the socket that is its standard input
 */
#ifndef AE_POLICYD_RULES_MAIN_H
#define AE_POLICYD_RULES_MAIN_H

#include <signal.h>
#include <stdbool.h>

/* How it ends; policyd names them in its log. */
enum {
    MAIN_OK = 0, /* the socket was closed */
    MAIN_USAGE = 2,
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

/* As little as any program can have: the descriptors 0..last, and the sandbox. */
bool main_enclose(int last);

#endif
