/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a file is replaced: temporary file, owner and mode, content, sync, rename, sync of the
 * directory. The owner comes before the mode, so that a group that is not meant never gets it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"

enum { RANDOM_OCTETS = 8, MODE_BITS = 0777 };

struct target {
    const char *path;
    const char *name; /* the last part of path */
    int directory;
    struct buf temp; /* name of the temporary file */
};

static void target_clear(struct target *target)
{
    file_close(&target->directory);
    buf_clear(&target->temp);
}
CLEANUP_DEFINE_VALUE(target, struct target, target_clear);

static bool name_temp(struct target *target, struct error *err)
{
    unsigned char random[RANDOM_OCTETS];

    if (getentropy(random, sizeof(random)) != 0) {
        return error_set_errno(err, errno, "no random octets");
    }
    buf_printf(&target->temp, ".%s.", target->name);
    text_append_hex(&target->temp, random, sizeof(random));
    return true;
}

static bool target_init(struct target *target, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    AUTO(string)
    directory =
        slash == NULL ? mem_strdup(".") : mem_dup(path, (size_t)(slash - path) + 1);

    target->path = path;
    target->name = slash == NULL ? path : slash + 1;
    if (target->name[0] == '\0' || strcmp(target->name, ".") == 0 ||
        strcmp(target->name, "..") == 0) {
        return error_set(err, ERROR_INVALID, "'%s' does not name a file", path);
    }
    target->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->directory < 0) {
        return error_set_errno(err, errno, "cannot write '%s'", path);
    }
    return name_temp(target, err);
}

static bool sync_fd(int fd)
{
    int failed = 0;

    do {
        failed = fsync(fd);
    } while (failed != 0 && errno == EINTR);
    return failed == 0;
}

static bool give_access(int fd, const struct file_access *access)
{
    bool given = access->owner != (uid_t)-1 || access->group != (gid_t)-1;

    return (!given || fchown(fd, access->owner, access->group) == 0) &&
           fchmod(fd, access->mode & MODE_BITS) == 0;
}

static bool fill_temp(int fd, const char *path, struct bytes content,
                      const struct file_access *access, struct error *err)
{
    if (!give_access(fd, access)) {
        return error_set_errno(err, errno, "cannot set owner and mode of '%s'", path);
    }
    if (!file_write_all(fd, content, err)) {
        return error_wrap(err, "'%s'", path);
    }
    if (!sync_fd(fd)) {
        return error_set_errno(err, errno, "cannot sync '%s'", path);
    }
    return true;
}

/* Makes, fills and renames the temporary file; nothing of it is left on failure. */
static bool put_in_place(struct target *target, struct bytes content,
                         const struct file_access *access, struct error *err)
{
    const char *temp = buf_text(&target->temp);
    AUTO(fd)
    fd = openat(target->directory, temp,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0) {
        return error_set_errno(err, errno, "cannot write '%s'", target->path);
    }
    if (!fill_temp(fd, target->path, content, access, err)) {
        (void)unlinkat(target->directory, temp, 0);
        return false;
    }
    if (renameat(target->directory, temp, target->directory, target->name) != 0) {
        error_set_errno(err, errno, "cannot replace '%s'", target->path);
        (void)unlinkat(target->directory, temp, 0);
        return false;
    }
    return true;
}

bool file_write_atomic(const char *path, struct bytes content,
                       const struct file_access *access, struct error *err)
{
    AUTO(target) target = {.directory = -1, .temp = BUF_EMPTY};

    if (!target_init(&target, path, err) ||
        !put_in_place(&target, content, access, err)) {
        return false;
    }
    if (!sync_fd(target.directory)) {
        return error_set_errno(err, errno, "'%s' is replaced, but may be lost in a crash",
                               path);
    }
    return true;
}
