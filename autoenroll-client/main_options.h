/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_options: the command line: one table of verbs, one of flags.
 */
#ifndef AE_AUTOENROLL_CLIENT_MAIN_OPTIONS_H
#define AE_AUTOENROLL_CLIENT_MAIN_OPTIONS_H

#include "common/base/buf.h"
#include "common/base/error.h"

#include "autoenroll-client/agent.h"

enum main_verb {
    VERB_RUN = 0,
    VERB_STATUS,
    VERB_TEMPLATES,
    VERB_ENROLL,
    VERB_RENEW,
    VERB_EXPLAIN,
    VERB_COUNT
};

struct main_options {
    enum main_verb verb;
    const char *operand; /* "": none */
    const char *config;  /* NULL: the usual place */
    const char *server;  /* NULL: as configured */
    int64_t timeout_s;   /* 0: as configured */
    bool is_user;
    bool json, quiet, exit_code, all, help, version;
};

/*
 * errors  ERROR_INVALID  another verb or flag (the sentence names the nearest), an operand too
 *                        many or too few
 */
AE_MUST_CHECK bool main_options_read(int argc, char *const argv[],
                                     struct main_options *options, struct error *err);

void main_options_help(struct buf *out);

/* What a verb does with the network and the store. */
enum agent_job main_verb_job(enum main_verb verb);

#endif
