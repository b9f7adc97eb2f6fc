/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/keystore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "autoenroll-client/keystore_inside.h"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, TEMPORARY_DIGITS = 16 };

static mode_t mode_of(const struct keystore *ks)
{
    return ks->is_private ? 0700 : 0755;
}

void keystore_free(struct keystore *ks)
{
    if (ks != NULL) {
        file_close(&ks->certs);
        file_close(&ks->pending);
        file_close(&ks->root);
        file_close(&ks->lock);
        free(ks->directory);
        free(ks);
    }
}

const char *keystore_directory(const struct keystore *ks)
{
    return ks->directory;
}

bool keystore_is_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= KEYSTORE_NAME_MAX && name[0] != '.' &&
           strchr(name, '/') == NULL && text_is_printable(name, len);
}

/* ---- directories --------------------------------------------------------------------- */

bool keystore_open_directory(int parent, const char *name, int *out, struct error *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return error_set_errno(err, errno, "cannot open the directory '%s'", name);
    }
    *out = fd;
    return true;
}

bool keystore_is_no_directory(int parent, const char *name, const struct error *err)
{
    struct stat st;

    return (err->code == ERROR_NOT_FOUND || err->code == ERROR_INVALID) &&
           fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode);
}

/* The umask may not take the bits away that services need to come in. */
bool keystore_make_directory(const struct keystore *ks, int parent, const char *name,
                             int *out, struct error *err)
{
    AUTO(fd) fd = -1;
    bool made = mkdirat(parent, name, 0700) == 0;

    if (!made && errno != EEXIST) {
        return error_set_errno(err, errno, "cannot make the directory '%s'", name);
    }
    if (!keystore_open_directory(parent, name, &fd, err)) {
        return false;
    }
    if (made && (fchmod(fd, mode_of(ks)) != 0 || fsync(parent) != 0)) {
        return error_set_errno(err, errno, "cannot make the directory '%s'", name);
    }
    *out = file_take(&fd);
    return true;
}

static bool check_root(const struct keystore *ks, struct error *err)
{
    struct stat st;

    if (fstat(ks->root, &st) != 0) {
        return error_set_errno(err, errno, "'%s'", ks->directory);
    }
    if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & OTHERS_WRITE) != 0) {
        return error_set(
            err, ERROR_DENIED,
            "'%s' must belong to us and be writable by nobody else: chown and "
            "chmod go-w it",
            ks->directory);
    }
    return true;
}

static bool open_root(struct keystore *ks, struct error *err)
{
    if (!ks->is_read_only) {
        return keystore_go(ks->directory, mode_of(ks), &ks->root, err) &&
               check_root(ks, err);
    }
    ks->root = open(ks->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ks->root < 0 && errno == ENOTDIR) {
        return error_set(err, ERROR_INVALID, "the store '%s' is no directory",
                         ks->directory);
    }
    if (ks->root < 0) {
        return error_set_errno(err, errno, "cannot open the store '%s'", ks->directory);
    }
    return true;
}

static bool lock(struct keystore *ks, struct error *err)
{
    ks->lock = openat(ks->root, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
    if (ks->lock < 0) {
        return error_set_errno(err, errno, "cannot lock the store '%s'", ks->directory);
    }
    if (flock(ks->lock, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? error_set(err, ERROR_CONFLICT,
                               "another run is at work in '%s'; wait until it has ended",
                               ks->directory)
                   : error_set_errno(err, errno, "cannot lock '%s'", ks->directory);
    }
    return true;
}

/* ---- names --------------------------------------------------------------------------- */

void keystore_names_clear(struct keystore_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    *names = (struct keystore_names){NULL, 0};
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void close_stream(DIR *stream)
{
    (void)closedir(stream);
}
CLEANUP_DEFINE(dir, DIR *, close_stream);

bool keystore_names_read(int directory, struct keystore_names *out, struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};
    AUTO(fd) copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(dir) stream = copy < 0 ? NULL : fdopendir(copy);

    if (stream == NULL) {
        return error_set_errno(err, errno, "cannot read a directory of the store");
    }
    (void)file_take(&copy); /* the stream's now */
    names.names = mem_array(KEYSTORE_ENTRIES_MAX, sizeof(*names.names));
    errno = 0;
    for (struct dirent *e = readdir(stream); e != NULL; e = readdir(stream)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        if (names.count == KEYSTORE_ENTRIES_MAX) {
            return error_set(err, ERROR_INVALID, "more than %d entries in a directory",
                             KEYSTORE_ENTRIES_MAX);
        }
        names.names[names.count++] = mem_strdup(e->d_name);
        errno = 0;
    }
    if (errno != 0) {
        return error_set_errno(err, errno, "cannot read a directory of the store");
    }
    qsort(names.names, names.count, sizeof(*names.names), compare_names);
    *out = names;
    names = (struct keystore_names){NULL, 0};
    return true;
}

/* ---- what an earlier run left half done ---------------------------------------------- */

bool keystore_remove_tree(int parent, const char *name, struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};
    AUTO(fd) directory = -1;

    if (!keystore_open_directory(parent, name, &directory, err)) {
        return err->code == ERROR_NOT_FOUND;
    }
    if (!keystore_names_read(directory, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (unlinkat(directory, names.names[i], 0) != 0 && errno != ENOENT) {
            return error_set_errno(err, errno, "cannot remove '%s/%s'", name,
                                   names.names[i]);
        }
    }
    if (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        return error_set_errno(err, errno, "cannot remove '%s'", name);
    }
    return true;
}

static bool mend_template(int template, struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};

    if (!keystore_names_read(template, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        bool is_tree =
            text_has_prefix(name, KEYSTORE_NEW) || text_has_prefix(name, KEYSTORE_GONE);

        if (is_tree && !keystore_remove_tree(template, name, err)) {
            return false;
        }
        if (text_has_prefix(name, KEYSTORE_LINK) && unlinkat(template, name, 0) != 0) {
            return error_set_errno(err, errno, "cannot remove '%s'", name);
        }
    }
    return true;
}

static bool mend_named(const struct keystore *ks, const char *name, struct error *err)
{
    AUTO(fd) template = -1;

    if (!keystore_open_directory(ks->certs, name, &template, err)) {
        return err->code == ERROR_NOT_FOUND ||                 /* it is gone */
               keystore_is_no_directory(ks->certs, name, err); /* reading tells of it */
    }
    return mend_template(template, err);
}

static bool mend_certs(struct keystore *ks, struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};

    if (!keystore_names_read(ks->certs, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];

        if (keystore_is_name(name) && !mend_named(ks, name, err)) {
            return error_wrap(err, "'%s'", name);
        }
    }
    return true;
}

/* ".NAME.0123456789abcdef", as file_write_atomic() names what it has not finished yet. */
static bool is_temporary(const char *name)
{
    size_t len = strlen(name);

    return name[0] == '.' && len > TEMPORARY_DIGITS + 2 &&
           name[len - TEMPORARY_DIGITS - 1] == '.' &&
           strspn(name + len - TEMPORARY_DIGITS, "0123456789abcdef") == TEMPORARY_DIGITS;
}

/* Documents that were not finished, and keys that nobody was told of. */
static bool mend_files(int directory, struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};

    if (!keystore_names_read(directory, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (is_temporary(names.names[i]) && unlinkat(directory, names.names[i], 0) != 0 &&
            errno != ENOENT) {
            return error_set_errno(err, errno, "cannot remove '%s'", names.names[i]);
        }
    }
    return true;
}

static bool open_to_write(struct keystore *ks, struct error *err)
{
    struct keystore alone = *ks;

    alone.is_private = true; /* keys in waiting are nobody else's business */
    return lock(ks, err) &&
           keystore_make_directory(ks, ks->root, "certs", &ks->certs, err) &&
           keystore_make_directory(&alone, ks->root, "pending", &ks->pending, err) &&
           mend_certs(ks, err) && mend_files(ks->pending, err) &&
           mend_files(ks->root, err);
}

/* A store without certificates has no directory for them yet. */
static bool open_to_read(struct keystore *ks, struct error *err)
{
    struct error none = {.code = ERROR_NONE};

    if (!keystore_open_directory(ks->root, "certs", &ks->certs, &none) &&
        none.code != ERROR_NOT_FOUND) {
        *err = none;
        return false;
    }
    if (!keystore_open_directory(ks->root, "pending", &ks->pending, &none)) {
        ks->pending = -1; /* for its owner only */
    }
    return true;
}

bool keystore_open(const struct keystore_options *options, struct keystore **out,
                   struct error *err)
{
    AUTO(keystore) ks = mem_new(sizeof(*ks));

    *ks = (struct keystore){.directory = mem_strdup(options->directory),
                            .is_private = options->is_private,
                            .is_read_only = options->is_read_only,
                            .root = -1,
                            .certs = -1,
                            .pending = -1,
                            .lock = -1};
    if (!open_root(ks, err) ||
        !(ks->is_read_only ? open_to_read(ks, err) : open_to_write(ks, err))) {
        return false;
    }
    *out = TAKE(ks);
    return true;
}
