/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: whole files, read with a bound and replaced at once, and who may have touched them.
 *
 * Everything is decided on the opened descriptor, never on a name that could change meanwhile.
 */
#ifndef AE_COMMON_BASE_FILE_H
#define AE_COMMON_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

/* AUTO(fd) fd = -1; closed at the end of the scope unless it is negative. */
void file_close(int *fd);
CLEANUP_DEFINE_VALUE(fd, int, file_close);

/* The descriptor's number; the variable itself becomes -1. */
int file_take(int *fd);

/* What a file must be besides a regular file; combine with |. */
enum file_rule {
    FILE_ANY = 0,
    FILE_NO_SYMLINK = 1 << 0, /* the last name of the path is no symbolic link */
    FILE_TRUSTED = 1 << 1,    /* nobody else can have written it or put it there */
    FILE_SECRET = 1 << 2,     /* trusted, and nobody else can read it */
};

/*
 * Open a regular file for reading, close-on-exec.
 *
 * Trusted: the file, every directory and every symbolic link on the way belongs to root or to
 * our effective uid, and neither group nor others may write the file or a directory. A sticky
 * directory such as /tmp may stand on the way, since nobody can rename what others own in it;
 * but only a directory counts in it: a file or link there may be somebody's hard link.
 *
 * fd      on success owned by the caller
 * errors  ERROR_NOT_FOUND   there is no such file
 *         ERROR_DENIED      we may not open it, or it is not trusted; the sentence says
 *                           what to change
 *         ERROR_INVALID     not a regular file, a symbolic link where none may be
 *         ERROR_UNAVAILABLE the system refused for another reason
 */
AE_MUST_CHECK bool file_open(const char *path, unsigned int rules, int *fd,
                             struct error *err);

/*
 * The same for its own sake, when the content is read by somebody else.
 * errors  as file_open()
 */
AE_MUST_CHECK bool file_check(const char *path, unsigned int rules, struct error *err);

/*
 * Append the content of a file to out (a secret buffer for keys). On failure out is as before.
 * errors  as file_open(); ERROR_INVALID also for more than size_max octets
 */
AE_MUST_CHECK bool file_read(const char *path, size_t size_max, unsigned int rules,
                             struct buf *out, struct error *err);

/* Who may use a file that we write. */
struct file_access {
    mode_t mode; /* permission bits only */
    uid_t owner; /* (uid_t)-1: ours */
    gid_t group; /* (gid_t)-1: ours */
};
#define FILE_MODE(bits) (&(const struct file_access){(bits), (uid_t)-1, (gid_t)-1})

/*
 * Replace (or make) a file so that a reader, and a crash, finds the old content or the new one.
 *
 * The new content is written to a file ".NAME.<random>" in the same directory, which is 0600
 * until owner and mode are right, synced, and renamed. A symbolic link at path is replaced, not
 * followed. On failure the temporary file is removed; a crash may leave it behind. Removing is a
 * call that policyd-signer's sandbox kills for: behind it, a failure here ends the process.
 *
 * errors  ERROR_NOT_FOUND   there is no such directory
 *         ERROR_DENIED      no permission for the directory, or to give the file away
 *         ERROR_INVALID     path names no file
 *         ERROR_UNAVAILABLE no space, i/o error; where the last step failed (the sentence says
 *                           so) the new content is there but may not survive a crash
 */
AE_MUST_CHECK bool file_write_atomic(const char *path, struct bytes content,
                                     const struct file_access *access, struct error *err);

/*
 * Write all octets, however many calls it takes.
 * errors  ERROR_UNAVAILABLE no space, i/o error, the reader is gone; some octets may be written
 */
AE_MUST_CHECK bool file_write_all(int fd, struct bytes content, struct error *err);

struct file_list {
    char **paths; /* directory and name */
    size_t count;
};
void file_list_clear(struct file_list *list);
CLEANUP_DEFINE_VALUE(file_list, struct file_list, file_list_clear);

enum { FILE_LIST_MAX = 256 }; /* names taken from one directory */

/*
 * The names in a directory that end in suffix and do not begin with a dot, in the order of
 * their octets. A missing directory is an empty list. Only names are read: whoever opens the
 * files checks them.
 * list    on success owned by the caller: file_list_clear()
 * errors  ERROR_INVALID     not a directory, or more than FILE_LIST_MAX such names
 *         ERROR_DENIED      we may not read it
 *         ERROR_UNAVAILABLE the system refused for another reason
 */
AE_MUST_CHECK bool file_list_dropins(const char *directory, const char *suffix,
                                     struct file_list *list, struct error *err);

#endif
