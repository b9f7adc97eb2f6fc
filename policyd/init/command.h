/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: "policyd-signer --ca-init": the signer's program in the mode that makes a CA.
 *
 * Nothing listens meanwhile, and the service cannot run: the journal's lock is ours.
 */
#ifndef AE_POLICYD_INIT_COMMAND_H
#define AE_POLICYD_INIT_COMMAND_H

#include <stdbool.h>

#include "common/base/error.h"

/* What the command line says; all borrowed from argv. */
struct command {
    const char *config; /* -c FILE; what it was before, else */
    const char *ca;     /* NULL: the only one of signer.conf */
    const char *issuing_cn, *root_cn, *organization;
    const char *root_out; /* at most one of the three */
    const char *csr_out;
    const char *install;
    int passphrase_fd; /* -1: none */
    bool help;
};

/* Is --ca-init among the arguments? */
bool command_is_given(int argc, char *const argv[]);

/*
 * Read the command line. out->config holds the default before, passphrase_fd is set.
 * errors  ERROR_INVALID  another option, or options that do not belong together
 */
AE_MUST_CHECK bool command_read(int argc, char *const argv[], struct command *out,
                                struct error *err);

/*
 * The whole program in this mode: KEY=VALUE lines of what was made to stdout, sentences to
 * stderr. config is the path where none is given.
 * returns the exit code
 */
int command_run(int argc, char *const argv[], const char *config);

#endif
