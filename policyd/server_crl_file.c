/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/server_crl.h"

enum { COPY_MAX = 64 * 1024, MODE = 0644 };

void server_crl_file_clear(struct server_crl_file *file)
{
    file_close(&file->body);
    free(TAKE(file->directory));
    free(TAKE(file->name));
}

/* A new file ".NAME.<random>", 0600. */
static bool make_file(const struct server_crl_file *file, char **path, int *fd,
                      struct error *err)
{
    AUTO(string) template = mem_printf("%s/.%s.XXXXXX", file->directory, file->name);
    int made = mkostemp(template, O_CLOEXEC);

    if (made < 0) {
        return error_set_errno(err, errno, "a new file in %s", file->directory);
    }
    *fd = made;
    *path = TAKE(template);
    return true;
}

bool server_crl_file_open(const char *directory, const char *name,
                          struct server_crl_file *out, struct error *err)
{
    AUTO(server_crl_file)
    file = {.directory = mem_strdup(directory), .name = mem_strdup(name), .body = -1};
    AUTO(string) path = NULL;

    if (!make_file(&file, &path, &file.body, err) || path == NULL) {
        return false;
    }
    (void)unlink(path);
    *out = file;
    file = (struct server_crl_file){.body = -1}; /* out's now */
    return true;
}

bool server_crl_file_add(struct server_crl_file *file, struct bytes der,
                         struct error *err)
{
    return file_write_all(file->body, der, err);
}

static bool copy_body(int from, int to, struct error *err)
{
    AUTO(octets) block = mem_array(COPY_MAX, 1);
    off_t at = 0;

    for (;;) {
        ssize_t got = pread(from, block, COPY_MAX, at);

        if (got < 0) {
            return error_set_errno(err, errno, "reading the new CRL");
        }
        if (got == 0) {
            return true;
        }
        if (!file_write_all(to, (struct bytes){block, (size_t)got}, err)) {
            return false;
        }
        at += got;
    }
}

static bool sync_directory(const char *directory, struct error *err)
{
    AUTO(fd) fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return (fd >= 0 && fsync(fd) == 0) ||
           error_set_errno(err, errno, "syncing %s", directory);
}

static bool fill(const struct server_crl_file *file, int fd, struct bytes head,
                 struct bytes tail, struct error *err)
{
    if (!file_write_all(fd, head, err) || !copy_body(file->body, fd, err) ||
        !file_write_all(fd, tail, err)) {
        return false;
    }
    return (fchmod(fd, MODE) == 0 && fsync(fd) == 0) ||
           error_set_errno(err, errno, "syncing the new CRL");
}

bool server_crl_file_publish(struct server_crl_file *file, struct bytes head,
                             struct bytes tail, struct error *err)
{
    AUTO(string) target = mem_printf("%s/%s", file->directory, file->name);
    AUTO(string) path = NULL;
    AUTO(fd) fd = -1;

    if (!make_file(file, &path, &fd, err) || path == NULL) {
        return false;
    }
    bool done = fill(file, fd, head, tail, err);
    if (done && rename(path, target) != 0) {
        done = error_set_errno(err, errno, "publishing %s", target);
    }
    if (!done) {
        (void)unlink(path);
        return false;
    }
    return sync_directory(file->directory, err);
}
