/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks: programs of the administrator that run when a certificate has changed.
 *
 * All files of a directory that are executable and whose names are run-parts' (letters, digits,
 * '_' and '-'), in the order of their names. Each gets a clean environment, the same JSON on its
 * standard input, and its time; its output goes where ours goes. One that fails does not keep
 * the others from running.
 */
#ifndef AE_AUTOENROLL_CLIENT_HOOKS_H
#define AE_AUTOENROLL_CLIENT_HOOKS_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

struct hooks_event {
    const char *const *variables; /* "AUTOENROLL_NAME=Machine", …; NULL at the end */
    struct bytes json;
    int timeout_s;
};

/*
 * directory  need not exist
 * errors     ERROR_DENIED       a hook that others could write, or that is not ours or root's
 *            ERROR_UNAVAILABLE  a hook failed, or took too long; the sentence names the first
 */
AE_MUST_CHECK bool hooks_run(const char *directory, const struct hooks_event *event,
                             struct error *err);

/* A name that is run. */
bool hooks_is_name(const char *name);

#endif
