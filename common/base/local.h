/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: UNIX sockets with a name, and who is at their other end.
 */
#ifndef AE_COMMON_BASE_LOCAL_H
#define AE_COMMON_BASE_LOCAL_H

#include <sys/types.h>

#include "common/base/error.h"

struct local_options {
    const char *path; /* absolute; its directory exists */
    mode_t mode;      /* permission bits, from the first moment on */
    gid_t group;      /* (gid_t)-1: as the system gives it */
};

/* Descriptors of a socket that is listened on; -1 for none. */
struct local_listener {
    int socket; /* non-blocking, close-on-exec */
    int lock;   /* of the file "<path>.lock": held as long as we serve */
};

/*
 * Bind and listen. What a program left behind that died is replaced; a socket that anybody
 * serves is never taken away from him, nor is a file that is no socket of ours.
 *
 * out     on success owned by the caller, who closes both; the socket's name stays then
 * errors  ERROR_CONFLICT     another process serves this path
 *         ERROR_INVALID      the path is too long, or something that is no socket of ours lies
 *                            there
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  the system refuses
 * threads only while there is one: the umask is changed for a moment
 */
AE_MUST_CHECK bool local_listen(const struct local_options *options,
                                struct local_listener *out, struct error *err);

/* Who is at the other end of a connected socket (SO_PEERCRED). */
struct local_peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;
};

/*
 * errors  ERROR_UNAVAILABLE  not a connected UNIX socket
 */
AE_MUST_CHECK bool local_get_peer(int fd, struct local_peer *out, struct error *err);

/*
 * The number of a user or group that is given by number or name.
 * errors  ERROR_NOT_FOUND  nobody is called so
 * threads the same as for getpwnam(3): one
 */
AE_MUST_CHECK bool local_find_user(const char *name, uid_t *out, struct error *err);
AE_MUST_CHECK bool local_find_group(const char *name, gid_t *out, struct error *err);

#endif
