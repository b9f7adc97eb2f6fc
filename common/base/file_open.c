/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a file is opened: at once where anybody may have written it, name by name from the root
 * directory where it must be trusted. There each step holds the directory's descriptor, so that
 * what was checked is what is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

enum { LINKS_MAX = 40 }; /* as the kernel has it */

/* O_NONBLOCK: a fifo must not stop us before it is seen to be one. */
enum { READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

struct walk {
    const char *path; /* as the caller wrote it */
    unsigned int rules;
    int directory; /* O_PATH descriptor of the directory reached, checked */
    bool shared;   /* it is sticky and others may write it */
    struct buf at; /* its path without symbolic links, "" for the root */
    char *rest;    /* the names still to come */
    bool is_last;  /* none comes after the present one */
    size_t links;  /* symbolic links followed */
};

static void walk_clear(struct walk *walk)
{
    file_close(&walk->directory);
    buf_clear(&walk->at);
    free(walk->rest);
    walk->rest = NULL;
}
CLEANUP_DEFINE_VALUE(walk, struct walk, walk_clear);

static bool check_owner(const struct stat *about, const char *path, struct error *err)
{
    if (about->st_uid == 0 || about->st_uid == geteuid()) {
        return true;
    }
    return error_set(err, ERROR_DENIED,
                     "'%s' belongs to uid %ju; it must belong to root or to uid %ju",
                     path, (uintmax_t)about->st_uid, (uintmax_t)geteuid());
}

static bool check_directory(const struct stat *about, const char *path, struct error *err)
{
    bool writable = (about->st_mode & (S_IWGRP | S_IWOTH)) != 0;

    if (!check_owner(about, path, err)) {
        return false;
    }
    if (writable && (about->st_mode & S_ISVTX) == 0) {
        return error_set(err, ERROR_DENIED,
                         "others may write the directory '%s': chmod go-w it", path);
    }
    return true;
}

static bool check_file(const struct stat *about, const char *path, unsigned int rules,
                       struct error *err)
{
    if (!check_owner(about, path, err)) {
        return false;
    }
    if ((about->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return error_set(err, ERROR_DENIED, "others may write '%s': chmod go-w it", path);
    }
    if ((rules & FILE_SECRET) != 0 && (about->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return error_set(err, ERROR_DENIED,
                         "others may read the secret '%s': chmod 0600 it", path);
    }
    return true;
}

static bool check_is_regular(const struct stat *about, const char *path,
                             struct error *err)
{
    if (S_ISREG(about->st_mode)) {
        return true;
    }
    return error_set(err, ERROR_INVALID, "'%s' is not a regular file", path);
}

static bool refuse_symlink(const char *path, struct error *err)
{
    return error_set(err, ERROR_INVALID, "'%s' is a symbolic link, which may not be here",
                     path);
}

/* A file or a link in a directory that others may write may be somebody's hard link. */
static bool check_not_shared(const struct walk *walk, struct error *err)
{
    if (!walk->shared) {
        return true;
    }
    return error_set(err, ERROR_DENIED,
                     "'%s' lies in a directory that others may write: move it",
                     walk->path);
}

/* fd moves in. */
static void reach(struct walk *walk, int *fd, const struct stat *about)
{
    file_close(&walk->directory);
    walk->directory = file_take(fd);
    walk->shared = (about->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static bool reach_root(struct walk *walk, struct error *err)
{
    AUTO(fd) fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat about = {0};

    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open '/'");
    }
    if (!check_directory(&about, "/", err)) {
        return false;
    }
    buf_truncate(&walk->at, 0);
    reach(walk, &fd, &about);
    return true;
}

/* The present name is a directory; fd moves in. */
static bool enter(struct walk *walk, const char *name, int *fd, const struct stat *about,
                  struct error *err)
{
    buf_printf(&walk->at, "/%s", name);
    if (!check_directory(about, buf_text(&walk->at), err)) {
        return error_wrap(err, "'%s'", walk->path);
    }
    reach(walk, fd, about);
    return true;
}

/* The present name is a symbolic link: its target is walked next. */
static bool follow(struct walk *walk, int fd, const struct stat *about, struct error *err)
{
    char target[PATH_MAX];

    if (walk->is_last && (walk->rules & FILE_NO_SYMLINK) != 0) {
        return refuse_symlink(walk->path, err);
    }
    if (!check_not_shared(walk, err) || !check_owner(about, walk->path, err)) {
        return false;
    }
    if (walk->links++ == LINKS_MAX) {
        return error_set_errno(err, ELOOP, "cannot open '%s'", walk->path);
    }
    ssize_t len = readlinkat(fd, "", target, sizeof(target));
    if (len < 0 || (size_t)len >= sizeof(target)) {
        return error_set_errno(err, len < 0 ? errno : ENAMETOOLONG, "cannot open '%s'",
                               walk->path);
    }
    char *rest =
        mem_printf("%.*s%s%s", (int)len, target, walk->is_last ? "" : "/", walk->rest);
    free(walk->rest);
    walk->rest = rest;
    return target[0] != '/' || reach_root(walk, err);
}

static bool open_last(const struct walk *walk, const char *name, int *out,
                      struct error *err)
{
    AUTO(fd) fd = openat(walk->directory, name, READ_FLAGS | O_NOFOLLOW);
    struct stat about = {0};

    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open '%s'", walk->path);
    }
    if (!check_is_regular(&about, walk->path, err) || !check_not_shared(walk, err) ||
        !check_file(&about, walk->path, walk->rules, err)) {
        return false;
    }
    *out = file_take(&fd);
    return true;
}

/* The next name; free(). "" when the path ends in a directory. */
static char *next_name(struct walk *walk)
{
    const char *start = walk->rest + strspn(walk->rest, "/");
    size_t len = strcspn(start, "/");
    char *name = mem_dup(start, len);
    char *rest = mem_strdup(start + len);

    walk->is_last = rest[0] == '\0';
    free(walk->rest);
    walk->rest = rest;
    return name;
}

/* One name further; *out is set when it was the last one. */
static bool step(struct walk *walk, int *out, struct error *err)
{
    AUTO(string) name = next_name(walk);
    AUTO(fd) fd = -1;
    struct stat about = {0};

    if (name[0] == '\0') {
        return error_set(err, ERROR_INVALID, "'%s' is not a regular file", walk->path);
    }
    fd = openat(walk->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open '%s'", walk->path);
    }
    if (S_ISLNK(about.st_mode)) {
        return follow(walk, fd, &about, err);
    }
    if (S_ISDIR(about.st_mode)) {
        return enter(walk, name, &fd, &about, err);
    }
    if (!walk->is_last) {
        return error_set_errno(err, ENOTDIR, "cannot open '%s'", walk->path);
    }
    return check_is_regular(&about, walk->path, err) && open_last(walk, name, out, err);
}

/* The names from the root on, free(); NULL on failure. */
static char *absolute_path(const char *path, struct error *err)
{
    char here[PATH_MAX];

    if (path[0] == '/') {
        return mem_strdup(path);
    }
    if (getcwd(here, sizeof(here)) == NULL) {
        error_set_errno(err, errno, "cannot open '%s'", path);
        return NULL;
    }
    return mem_printf("%s/%s", here, path);
}

static bool open_trusted(const char *path, unsigned int rules, int *fd, struct error *err)
{
    AUTO(walk) walk = {.path = path, .rules = rules, .directory = -1, .at = BUF_EMPTY};
    int opened = -1;

    walk.rest = absolute_path(path, err);
    if (walk.rest == NULL || !reach_root(&walk, err)) {
        return false;
    }
    while (opened < 0) {
        if (!step(&walk, &opened, err)) {
            return false;
        }
    }
    *fd = opened;
    return true;
}

static bool open_any(const char *path, unsigned int rules, int *out, struct error *err)
{
    bool follows = (rules & FILE_NO_SYMLINK) == 0;
    AUTO(fd) fd = open(path, READ_FLAGS | (follows ? 0 : O_NOFOLLOW));
    struct stat about = {0};

    if (fd < 0 && errno == ELOOP && !follows) {
        return refuse_symlink(path, err);
    }
    if (fd < 0 && errno == ENXIO) { /* a socket */
        return error_set(err, ERROR_INVALID, "'%s' is not a regular file", path);
    }
    if (fd < 0 || fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot open '%s'", path);
    }
    if (!check_is_regular(&about, path, err)) {
        return false;
    }
    *out = file_take(&fd);
    return true;
}

bool file_open(const char *path, unsigned int rules, int *fd, struct error *err)
{
    if ((rules & (FILE_TRUSTED | FILE_SECRET)) != 0) {
        return open_trusted(path, rules, fd, err);
    }
    return open_any(path, rules, fd, err);
}
