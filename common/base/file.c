/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"

enum { READ_STEP = 16 * 1024 }; /* octets asked for at once beyond the announced size */

CLEANUP_DEFINE(directory, DIR *, (void)closedir);

void file_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* what had to be durable was synced before */
        *fd = -1;
    }
}

int file_take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

bool file_check(const char *path, unsigned int rules, struct error *err)
{
    AUTO(fd) fd = -1;

    return file_open(path, rules, &fd, err);
}

/* One octet more than allowed is asked for, so that a file that grows meanwhile is noticed. */
static bool read_to_end(int fd, const char *path, size_t size_max, struct buf *out,
                        struct error *err)
{
    size_t start = out->len;

    for (;;) {
        size_t left = size_max - (out->len - start) + 1;
        size_t step = left < READ_STEP ? left : READ_STEP;

        buf_reserve(out, step);
        ssize_t got = read(fd, out->data + out->len, step);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return error_set_errno(err, errno, "cannot read '%s'", path);
        }
        out->len += got > 0 ? (size_t)got : 0;
        if (out->len - start > size_max) {
            return error_set(err, ERROR_INVALID, "'%s' is larger than %zu octets", path,
                             size_max);
        }
    }
}

bool file_read(const char *path, size_t size_max, unsigned int rules, struct buf *out,
               struct error *err)
{
    AUTO(fd) fd = -1;
    struct stat about = {0};
    size_t start = out->len;

    if (!file_open(path, rules, &fd, err)) {
        return false;
    }
    if (fstat(fd, &about) != 0) {
        return error_set_errno(err, errno, "cannot read '%s'", path);
    }
    if (about.st_size > 0 && (uintmax_t)about.st_size > size_max) {
        return error_set(err, ERROR_INVALID, "'%s' is larger than %zu octets", path,
                         size_max);
    }
    if (!read_to_end(fd, path, size_max, out, err)) {
        buf_truncate(out, start);
        return false;
    }
    return true;
}

bool file_write_all(int fd, struct bytes content, struct error *err)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t written = write(fd, content.data + done, content.len - done);

        if (written < 0 && errno != EINTR) {
            return error_set_errno(err, errno, "cannot write");
        }
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}

void file_list_clear(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    list->paths = NULL;
    list->count = 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_names(DIR *stream, const char *directory, const char *suffix,
                       struct file_list *list, struct error *err)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);

        if (entry == NULL && errno != 0) {
            return error_set_errno(err, errno, "cannot list '%s'", directory);
        }
        if (entry == NULL) {
            return true;
        }
        if (entry->d_name[0] == '.' || !text_has_suffix(entry->d_name, suffix)) {
            continue;
        }
        if (list->count == FILE_LIST_MAX) {
            return error_set(err, ERROR_INVALID, "'%s' has more than %d files *%s",
                             directory, FILE_LIST_MAX, suffix);
        }
        list->paths[list->count++] = mem_printf("%s/%s", directory, entry->d_name);
    }
}

bool file_list_dropins(const char *directory, const char *suffix, struct file_list *list,
                       struct error *err)
{
    AUTO(fd) fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(file_list) found = {NULL, 0};

    if (fd < 0 && errno == ENOENT) {
        *list = found;
        return true;
    }
    if (fd < 0 && errno == ENOTDIR) {
        return error_set(err, ERROR_INVALID, "'%s' is not a directory", directory);
    }
    if (fd < 0) {
        return error_set_errno(err, errno, "cannot list '%s'", directory);
    }
    AUTO(directory) stream = fdopendir(fd);
    if (stream == NULL) {
        return error_set_errno(err, errno, "cannot list '%s'", directory);
    }
    (void)file_take(&fd); /* the stream owns it now */
    found.paths = mem_array(FILE_LIST_MAX, sizeof(found.paths[0]));
    if (!read_names(stream, directory, suffix, &found, err)) {
        return false;
    }
    qsort(found.paths, found.count, sizeof(found.paths[0]), compare_paths);
    *list = found;
    found = (struct file_list){NULL, 0}; /* the caller owns it now */
    return true;
}
