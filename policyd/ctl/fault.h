/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: a failure as an administrator reads it: what failed, why, what to do, an id to quote;
 * and the exit codes of all our programs.
 */
#ifndef AE_POLICYD_CTL_FAULT_H
#define AE_POLICYD_CTL_FAULT_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/error.h"

enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_FAILED,
    EXIT_CODE_USAGE,
    EXIT_CODE_CONFIG,
    EXIT_CODE_UNAVAILABLE,
    EXIT_CODE_CREDENTIALS,
    EXIT_CODE_REFUSED,
    EXIT_CODE_COUNT
};

/* What the code says, a few words for help and manual; never NULL. */
const char *exit_code_meaning(enum exit_code code);

enum { FAULT_TEXT_MAX = 1024 };

/* All UTF-8; shown escaped. what is "" where nothing failed. */
struct fault {
    enum exit_code code;
    char what[FAULT_TEXT_MAX]; /* "cannot revoke certificate 40a1…" */
    char why[FAULT_TEXT_MAX];
    char run[FAULT_TEXT_MAX]; /* a command, or a short request to the reader */
    char id[80];              /* a reason code or a request's id */
};

/* Each part may be NULL: empty. Longer texts are cut. Returns code, so that failing is a line. */
enum exit_code fault_set(struct fault *fault, enum exit_code code, const char *id,
                         const char *what, const char *why, const char *run);

/* The same from an error: its class chooses the code and the id. */
enum exit_code fault_set_error(struct fault *fault, const struct error *err,
                               const char *what, const char *run);

/* The four lines as people read them; each part once, escaped by the output's rules. */
struct output_style;
void fault_print(const struct fault *fault, const struct output_style *style,
                 struct buf *out);

/* The fault as one JSON object and a line feed. */
void fault_print_json(const struct fault *fault, struct buf *out);

#endif
