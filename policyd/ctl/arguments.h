/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arguments: the command line, judged by the table of verbs.
 */
#ifndef AE_POLICYD_CTL_ARGUMENTS_H
#define AE_POLICYD_CTL_ARGUMENTS_H

#include "common/base/error.h"

#include "policyd/ctl/verbs.h"

enum { ARGUMENTS_OPERANDS_MAX = 64 };

struct arguments {
    const struct verb *verb;          /* NULL: only help or version was asked for */
    const char *group;                /* named group of verbs; NULL: none */
    const char *value[OPTION_COUNT];  /* borrowed from argv; NULL: not given */
    unsigned int count[OPTION_COUNT]; /* how often it was given */
    const char *operands[ARGUMENTS_OPERANDS_MAX]; /* behind the verb */
    unsigned int operand_count;
};

/*
 * Flags may stand anywhere; "--" ends them. Long flags are written in full.
 *
 * argv    reordered; must outlive out
 * out     filled as far as it was understood, on failure too, so that help can be pointed at
 * errors  ERROR_INVALID  an unknown verb or flag (the sentence names the nearest), one that
 *                        the verb does not take, a missing argument, too few operands or too
 *                        many
 */
AE_MUST_CHECK bool arguments_parse(int argc, char **argv, struct arguments *out,
                                   struct error *err);

static inline bool arguments_have(const struct arguments *args, enum verb_option option)
{
    return args->count[option] > 0;
}

#endif
