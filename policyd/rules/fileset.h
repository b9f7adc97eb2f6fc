/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fileset: the rule files of a directory, read once, with the hash that names them: what
 * policyd sends to its workers, and what an administrator has checked.
 */
#ifndef AE_POLICYD_RULES_FILESET_H
#define AE_POLICYD_RULES_FILESET_H

#include "common/base/buf.h"
#include "common/wire/bundle.h"

enum {
    FILESET_FILE_MAX = 256 * 1024, /* octets of a file */
    FILESET_MAX = 2 * 1024 * 1024, /* of all files */
};

struct fileset {
    struct wire_bundle_load load;      /* its budget is for the caller to set */
    struct buf octets[WIRE_RULES_MAX]; /* what load borrows from */
    char *names[WIRE_RULES_MAX];
    struct wire_bundle_file files[WIRE_RULES_MAX];
};
void fileset_clear(struct fileset *files);
CLEANUP_DEFINE_VALUE(fileset, struct fileset, fileset_clear);

/*
 * Read DIRECTORY's *.lua in the order of their names' octets; names that begin with a dot and
 * what lies in directories below are not looked at.
 *
 * out     all zero before; points into itself, so it must stay where it is
 * errors  ERROR_NOT_FOUND    no such directory
 *         ERROR_INVALID      too many files or too large, a name that is no text
 *         ERROR_DENIED       a file that somebody else could have written, or a link
 *         ERROR_UNAVAILABLE  it cannot be read
 */
AE_MUST_CHECK bool fileset_read(const char *directory, struct fileset *out,
                                struct error *err);

/* The limits that rules run under where nobody says otherwise. */
struct wire_budget fileset_budget(void);

#endif
