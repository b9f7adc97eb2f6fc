/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a store that is written: name by name from the root directory. Each directory is
 * looked at before anything in it is entered, followed or made, and by its descriptor, so that
 * what was checked is what is used. Whoever can exchange a directory on the way could lead us,
 * and the services that read there, to keys of his own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "autoenroll-client/keystore_inside.h"

enum { LINKS_MAX = 40 }; /* as the kernel has it */

struct way {
    const char *path; /* as it is configured */
    mode_t mode;      /* of what is made */
    int directory;    /* O_PATH descriptor of the one that is reached */
    struct stat about;
    struct buf at; /* its path without symbolic links; "": the root directory */
    char *rest;    /* the names still to come */
    size_t links;  /* symbolic links followed */
};

static void way_clear(struct way *way)
{
    file_close(&way->directory);
    buf_clear(&way->at);
    free(way->rest);
}
CLEANUP_DEFINE_VALUE(way, struct way, way_clear);

static bool is_open(const struct way *way)
{
    return (way->about.st_mode & S_IWOTH) != 0;
}

static bool check_owner(const struct way *way, const char *what, const struct stat *about,
                        struct error *err)
{
    if (about->st_uid == 0 || about->st_uid == geteuid()) {
        return true;
    }
    return error_set(
        err, ERROR_DENIED,
        "'%s', on the way to the store '%s', belongs to uid %ju: chown it to "
        "root or to uid %ju, or put the store elsewhere",
        what, way->path, (uintmax_t)about->st_uid, (uintmax_t)geteuid());
}

/* In a sticky directory such as /tmp nobody can exchange what others own. */
static bool check_directory(struct way *way, struct error *err)
{
    const char *at = way->at.len == 0 ? "/" : buf_text(&way->at);

    if (!check_owner(way, at, &way->about, err)) {
        return false;
    }
    if (is_open(way) && (way->about.st_mode & S_ISVTX) == 0) {
        return error_set(err, ERROR_DENIED,
                         "anybody may write '%s', on the way to the store '%s': chmod "
                         "o-w it, or put the store elsewhere",
                         at, way->path);
    }
    return true;
}

/* Where anybody may put one, it may be somebody's hard link to one of ours. */
static bool check_link(struct way *way, const char *name, const struct stat *about,
                       struct error *err)
{
    AUTO(string) at = mem_printf("%s/%s", buf_text(&way->at), name);

    if (is_open(way)) {
        return error_set(err, ERROR_DENIED,
                         "'%s', on the way to the store '%s', is a symbolic link where "
                         "anybody may put one: put the store elsewhere",
                         at, way->path);
    }
    return check_owner(way, at, about, err);
}

/* fd moves in. */
static void reach(struct way *way, int *fd, const struct stat *about)
{
    file_close(&way->directory);
    way->directory = file_take(fd);
    way->about = *about;
}

static bool reach_root(struct way *way, struct error *err)
{
    AUTO(fd) fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open '/'");
    }
    buf_truncate(&way->at, 0);
    reach(way, &fd, &about);
    return true;
}

static bool follow(struct way *way, int fd, struct error *err)
{
    char target[PATH_MAX];

    if (way->links++ == LINKS_MAX) {
        return error_set_errno(err, ELOOP, "cannot open the store '%s'", way->path);
    }
    ssize_t len = readlinkat(fd, "", target, sizeof(target));
    if (len < 0 || (size_t)len >= sizeof(target)) {
        return error_set_errno(err, len < 0 ? errno : ENAMETOOLONG,
                               "cannot open the store '%s'", way->path);
    }
    char *rest = mem_printf("%.*s/%s", (int)len, target, way->rest);
    free(way->rest);
    way->rest = rest;
    return target[0] != '/' || reach_root(way, err);
}

/* As a directory first: only so is one mounted that waits for somebody to come (open(2), O_PATH). */
static int look(const struct way *way, const char *name)
{
    const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(way->directory, name, flags | O_DIRECTORY);

    return fd < 0 && errno == ENOTDIR ? openat(way->directory, name, flags) : fd;
}

/* What has this name in the directory reached; a directory, where there is nothing. */
static bool open_name(struct way *way, const char *name, int *out, struct error *err)
{
    int fd = look(way, name);

    if (fd < 0 && errno == ENOENT) {
        if (mkdirat(way->directory, name, way->mode) != 0 && errno != EEXIST) {
            return error_set_errno(err, errno, "cannot make the directory '%s/%s'",
                                   buf_text(&way->at), name);
        }
        fd = look(way, name);
    }
    if (fd < 0) {
        return error_set_errno(err, errno,
                               "cannot open '%s/%s', on the way to the store '%s'",
                               buf_text(&way->at), name, way->path);
    }
    *out = fd;
    return true;
}

/* The next name, free(); "" at the end. */
static char *next_name(struct way *way)
{
    const char *start = way->rest + strspn(way->rest, "/");
    size_t len = strcspn(start, "/");
    char *name = mem_dup(start, len);
    char *rest = mem_strdup(start + len);

    free(way->rest);
    way->rest = rest;
    return name;
}

static bool step(struct way *way, const char *name, struct error *err)
{
    AUTO(fd) fd = -1;
    struct stat about;

    if (!check_directory(way, err) || !open_name(way, name, &fd, err)) {
        return false;
    }
    if (fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open the store '%s'", way->path);
    }
    if (S_ISLNK(about.st_mode)) {
        return check_link(way, name, &about, err) && follow(way, fd, err);
    }
    if (!S_ISDIR(about.st_mode)) {
        return error_set(err, ERROR_INVALID,
                         "'%s/%s', on the way to the store '%s', is no directory",
                         buf_text(&way->at), name, way->path);
    }
    buf_printf(&way->at, "/%s", name);
    reach(way, &fd, &about);
    return true;
}

bool keystore_go(const char *path, mode_t mode, int *out, struct error *err)
{
    AUTO(way) way = {.path = path, .mode = mode, .directory = -1, .at = BUF_EMPTY};

    if (path[0] != '/') {
        return error_set(err, ERROR_INVALID, "the store '%s' is no absolute path", path);
    }
    way.rest = mem_strdup(path);
    if (!reach_root(&way, err)) {
        return false;
    }
    for (;;) {
        AUTO(string) name = next_name(&way);

        if (name[0] == '\0') {
            break;
        }
        if (!step(&way, name, err)) {
            return false;
        }
    }
    int fd = openat(way.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return error_set_errno(err, errno, "cannot open the store '%s'", path);
    }
    *out = fd;
    return true;
}
