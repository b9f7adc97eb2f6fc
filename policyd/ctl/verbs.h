/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs: what policyctl can be told: one table of verbs, one of flags, one of exit codes.
 *
 * Help, usage errors, the manual's reference and bash completion are all printed from them.
 */
#ifndef AE_POLICYD_CTL_VERBS_H
#define AE_POLICYD_CTL_VERBS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#include "policyd/ctl/fault.h"

enum verb_option {
    /* of every verb */
    OPTION_JSON = 0,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_TIMEOUT,
    OPTION_DRY_RUN,
    OPTION_YES,
    OPTION_NO_COLOR,
    OPTION_SOCKET,
    OPTION_CONFIG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_GLOBAL_COUNT,
    /* of some */
    OPTION_REASON = OPTION_GLOBAL_COUNT,
    OPTION_NOTE,
    OPTION_INVALIDITY,
    OPTION_ACCOUNT,
    OPTION_NAME,
    OPTION_KEY_SHA256,
    OPTION_TEMPLATE,
    OPTION_STATUS,
    OPTION_EXPIRING,
    OPTION_UNDELIVERED,
    OPTION_LIMIT,
    OPTION_PEM,
    OPTION_CHECKPOINT,
    OPTION_JOURNAL,
    OPTION_KEY,
    OPTION_FOLLOW,
    OPTION_LINES,
    OPTION_OUT,
    OPTION_CA,
    OPTION_ROOT_NAME,
    OPTION_CA_NAME,
    OPTION_ORGANIZATION,
    OPTION_ROOT_OUT,
    OPTION_CSR_OUT,
    OPTION_INSTALL,
    OPTION_PASSPHRASE_FILE,
    OPTION_EXIT_CODE,
    OPTION_NAGIOS,
    OPTION_PENDING,
    OPTION_LAST,
    OPTION_FACTS,
    OPTION_CASE,
    OPTION_COUNT
};

#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct option_info {
    const char *name;     /* "dry-run" */
    char letter;          /* 'n', or NUL */
    const char *argument; /* "SECONDS"; NULL: takes none */
    const char *help;
};

/* Never NULL for an option of the enum. */
const struct option_info *option_get(enum verb_option option);

/* The global ones. */
#define OPTIONS_GLOBAL (OPTION_BIT(OPTION_GLOBAL_COUNT) - 1)

struct ctl;

struct verb {
    const char *group;    /* "cert"; "" for verbs that stand alone */
    const char *name;     /* "revoke" */
    const char *operands; /* "SERIAL", "[TEXT]", "" */
    unsigned int operands_min, operands_max;
    uint64_t options;     /* OPTION_BIT of its own, the global ones apart */
    const char *schema;   /* of its JSON answer; NULL: it has none */
    const char *help;     /* one line, no full stop */
    const char *detail;   /* sentences for help of the verb and the manual; NULL: none */
    const char *examples; /* command lines, LF between; NULL: none */
    enum exit_code (*run)(struct ctl *ctl);
};

const struct verb *verbs_get(size_t *count);

/* NULL: there is none. group may be "". */
const struct verb *verbs_find(const char *group, const char *name);
bool verbs_has_group(const char *group);

/* A name that may have been meant, among groups and lone verbs (group NULL) or in a group. */
const char *verbs_nearest(const char *group, const char *name);
/* A flag of the verb (NULL: of any) that may have been meant. */
const char *verbs_nearest_option(const struct verb *verb, const char *name);

/* "cert revoke SERIAL", "status" */
void verbs_append_usage(const struct verb *verb, struct buf *out);

/* The verb's help as a sentence. */
void verbs_append_sentence(const struct verb *verb, struct buf *out);

/* Help of everything, of a group, of a verb. */
void verbs_print_help(struct buf *out);
void verbs_print_group_help(const char *group, struct buf *out);
void verbs_print_verb_help(const struct verb *verb, struct buf *out);

/* The reference sections of the manual page, and a bash completion script. */
void verbs_print_manual(struct buf *out);
void verbs_print_completion(struct buf *out);

#endif
