/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: run one program to its end and keep what it says.
 */
#ifndef AE_POLICYD_CTL_CHILD_H
#define AE_POLICYD_CTL_CHILD_H

#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/error.h"

enum { CHILD_OUTPUT_MAX = 1024 * 1024, CHILD_SECRET_FD = 3 };

struct child {
    const char *const *argv; /* argv[0] is the program's path; NULL at the end */
    const struct buf
        *secret;   /* at most 4096 octets to read from CHILD_SECRET_FD; or NULL */
    bool as_other; /* as owner and group below, without other groups */
    uid_t owner;
    gid_t group;
};

/*
 * The child has an empty standard input and no other descriptors of ours.
 *
 * out, said  what it wrote to standard output and standard error: appended
 * status     its exit status; 128 + n when signal n ended it; 127 when it cannot be run
 * errors     ERROR_INVALID      it wrote more than CHILD_OUTPUT_MAX, or the secret is too long
 *            ERROR_UNAVAILABLE  no process or pipe could be made
 */
AE_MUST_CHECK bool child_run(const struct child *child, struct buf *out, struct buf *said,
                             int *status, struct error *err);

#endif
