/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore_inside: what the parts of keystore share.
 */
#ifndef AE_AUTOENROLL_CLIENT_KEYSTORE_INSIDE_H
#define AE_AUTOENROLL_CLIENT_KEYSTORE_INSIDE_H

#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/file.h"

#include "autoenroll-client/keystore.h"

#define KEYSTORE_CURRENT "current"
#define KEYSTORE_PREFIX  "gen-" /* of a generation's directory */

/* What is being made or being removed begins so, and goes when a writer opens the store. */
#define KEYSTORE_NEW  ".new-"
#define KEYSTORE_LINK ".current-"
#define KEYSTORE_GONE ".gone-"

struct keystore {
    char *directory;
    bool is_private;
    bool is_read_only;
    int root; /* directories, open */
    int certs;
    int pending;
    int lock;
};

/*
 * Open a directory that is going to be written, and make those on the way that are not there.
 * Every one above it belongs to root or to us, and only a sticky one may be written by anybody;
 * whether the directory itself may be used is not judged.
 *
 * path    absolute
 * errors  ERROR_DENIED   others could exchange a directory or a link on the way; no permission
 *         ERROR_INVALID  path is not absolute, or no directory
 *         and those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_go(const char *path, mode_t mode, int *out,
                               struct error *err);

/* Borrowed; owned by the caller, with a NUL behind the last. */
struct keystore_names {
    char **names;
    size_t count;
};
void keystore_names_clear(struct keystore_names *names);
CLEANUP_DEFINE_VALUE(keystore_names, struct keystore_names, keystore_names_clear);

/*
 * The names in a directory, sorted, without "." and "..".
 * errors  ERROR_INVALID  more than KEYSTORE_ENTRIES_MAX
 *         and those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_names_read(int directory, struct keystore_names *out,
                                       struct error *err);

/*
 * A directory below another, no symbolic link.
 * errors  those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_open_directory(int parent, const char *name, int *out,
                                           struct error *err);

/* That failed because something else has the name: it is there, and no directory. */
bool keystore_is_no_directory(int parent, const char *name, const struct error *err);

/*
 * The same, made when it is not there.
 * errors  those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_make_directory(const struct keystore *ks, int parent,
                                           const char *name, int *out, struct error *err);

/*
 * Remove a directory of files; there being none is fine.
 * errors  those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_remove_tree(int parent, const char *name, struct error *err);

/*
 * Append prefix and random hexadecimal digits.
 * errors  ERROR_UNAVAILABLE  no random octets
 */
AE_MUST_CHECK bool keystore_random_name(const char *prefix, struct buf *out,
                                        struct error *err);

/*
 * Where `current` leads.
 * out     "" when it is not there or no link to a generation
 * errors  those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_read_current(int template, struct buf *out,
                                         struct error *err);

/* errors  those of error_set_errno() */
AE_MUST_CHECK bool keystore_sync(int fd, const char *what, struct error *err);

bool keystore_is_generation(const char *name);

/*
 * Append the content of a file in a directory.
 * errors  ERROR_INVALID  no regular file, longer than max octets; of a secret (out is one): others
 *                        could read it
 *         and those of error_set_errno()
 */
AE_MUST_CHECK bool keystore_read_file(int directory, const char *name, size_t max,
                                      struct buf *out, struct error *err);

/*
 * errors  as keystore_read_file(), and those of key_from_pem()
 */
AE_MUST_CHECK bool keystore_read_key_file(int directory, const char *name,
                                          struct key **out, struct error *err);

/*
 * Read a generation back and judge it; it has a flaw then, or not.
 * entry   template and generation are set
 */
void keystore_read_entry(int template, struct keystore_entry *entry);
void keystore_entry_clear(struct keystore_entry *entry);

#endif
