/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/local.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum { BACKLOG = 64 };

/* Whoever holds it is the only one who may replace the socket. */
static bool take_lock(const char *path, int *out, struct error *err)
{
    AUTO(string) name = mem_printf("%s.lock", path);
    AUTO(fd) fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return error_set_errno(err, errno, "opening '%s'", name);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? error_set(err, ERROR_CONFLICT, "another process serves '%s'", path)
                   : error_set_errno(err, errno, "locking '%s'", name);
    }
    *out = file_take(&fd);
    return true;
}

static int new_socket(int flags)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/* Somebody may serve it who knows nothing of our lock. */
static bool is_served(const struct sockaddr_un *address)
{
    AUTO(fd) fd = new_socket(SOCK_NONBLOCK);

    return fd >= 0 &&
           (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
            errno != ECONNREFUSED);
}

static bool remove_stale(const struct sockaddr_un *address, struct error *err)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) != 0) {
        return errno == ENOENT || error_set_errno(err, errno, "looking at '%s'", path);
    }
    if (!S_ISSOCK(status.st_mode) ||
        (status.st_uid != geteuid() && status.st_uid != 0 && geteuid() != 0)) {
        return error_set(err, ERROR_INVALID, "'%s' is there and is no socket of ours",
                         path);
    }
    if (is_served(address)) {
        return error_set(err, ERROR_CONFLICT, "another process serves '%s'", path);
    }
    return unlink(path) == 0 || error_set_errno(err, errno, "removing '%s'", path);
}

static bool bind_as(int fd, const struct sockaddr_un *address, mode_t mode,
                    struct error *err)
{
    mode_t before = umask((mode_t)(~mode & 0777));
    int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    int problem = errno;

    (void)umask(before);
    return result == 0 ||
           error_set_errno(err, problem, "binding '%s'", address->sun_path);
}

static bool open_socket(const struct sockaddr_un *address,
                        const struct local_options *options, int *out, struct error *err)
{
    AUTO(fd) fd = new_socket(SOCK_NONBLOCK);

    if (fd < 0) {
        return error_set_errno(err, errno, "making a socket");
    }
    if (!bind_as(fd, address, options->mode, err)) {
        return false;
    }
    if (options->group != (gid_t)-1 &&
        lchown(options->path, (uid_t)-1, options->group) != 0) {
        return error_set_errno(err, errno, "giving '%s' to its group", options->path);
    }
    if (listen(fd, BACKLOG) != 0) {
        return error_set_errno(err, errno, "listening on '%s'", options->path);
    }
    *out = file_take(&fd);
    return true;
}

bool local_listen(const struct local_options *options, struct local_listener *out,
                  struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(options->path);
    AUTO(fd) lock = -1;

    if (len >= sizeof(address.sun_path)) {
        return error_set(err, ERROR_INVALID, "the socket's path '%s' is too long",
                         options->path);
    }
    memcpy(address.sun_path, options->path, len + 1);
    if (!take_lock(options->path, &lock, err) || !remove_stale(&address, err) ||
        !open_socket(&address, options, &out->socket, err)) {
        return false;
    }
    out->lock = file_take(&lock);
    return true;
}

bool local_get_peer(int fd, struct local_peer *out, struct error *err)
{
    struct ucred ids;
    socklen_t len = sizeof(ids);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ids, &len) != 0 || len != sizeof(ids) ||
        ids.pid <= 0) {
        return error_set(err, ERROR_UNAVAILABLE, "the peer of a socket is not known");
    }
    *out = (struct local_peer){ids.uid, ids.gid, ids.pid};
    return true;
}

static bool is_number(const char *name, int64_t *out)
{
    struct error ignored;

    return text_parse_i64(name, 0, UINT32_MAX - 1, out, &ignored);
}

bool local_find_user(const char *name, uid_t *out, struct error *err)
{
    const struct passwd *user = NULL;
    int64_t number = 0;

    if (is_number(name, &number)) {
        *out = (uid_t)number;
        return true;
    }
    user = getpwnam(name);
    if (user == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "there is no user '%s'", name);
    }
    *out = user->pw_uid;
    return true;
}

bool local_find_group(const char *name, gid_t *out, struct error *err)
{
    const struct group *group = NULL;
    int64_t number = 0;

    if (is_number(name, &number)) {
        *out = (gid_t)number;
        return true;
    }
    group = getgrnam(name);
    if (group == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "there is no group '%s'", name);
    }
    *out = group->gr_gid;
    return true;
}
