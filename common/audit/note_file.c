/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/note_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

enum { ED25519_BITS = 255 };

static const char new_name[] = "new-checkpoint";
static const char note_name[] = "checkpoint";
static const char key_name[] = "audit.pub";

static bool make_key(const char *path, struct error *err)
{
    AUTO(key) key = NULL;
    AUTO(buf) pem = BUF_SECRET;

    return access(path, F_OK) == 0 ||
           (key_generate(KEY_ED25519, ED25519_BITS, &key, err) &&
            key_to_pem(key, NULL, &pem, err) &&
            file_write_atomic(path, buf_bytes(&pem), FILE_MODE(0600), err));
}

bool note_open_key(const char *path, const char *directory, struct key **out,
                   struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) text = BUF_EMPTY;
    AUTO(key) key = NULL;
    AUTO(string) published = mem_printf("%s/%s", directory, key_name);

    if (!make_key(path, err) || !file_read(path, KEY_PEM_MAX, FILE_SECRET, &pem, err) ||
        !key_from_pem(buf_bytes(&pem), NULL, &key, err)) {
        return false;
    }
    if (key_get_info(key)->alg != KEY_ED25519) {
        return error_set(err, ERROR_INVALID, "'%s' is no Ed25519 key", path);
    }
    note_write_key(key, &text);
    if (!file_write_atomic(published, buf_bytes(&text), FILE_MODE(0644), err)) {
        return false;
    }
    *out = TAKE(key);
    return true;
}

bool note_read_latest(const char *directory, const struct key *key, uint64_t *size,
                      struct error *err)
{
    AUTO(string) path = mem_printf("%s/%s", directory, note_name);
    AUTO(buf) text = BUF_EMPTY;
    struct note_checkpoint last = {.size = 0};

    if (!file_read(path, NOTE_SIZE_MAX, FILE_NO_SYMLINK, &text, err)) {
        *size = 0;
        return err->code == ERROR_NOT_FOUND;
    }
    if (!note_read(buf_bytes(&text), key, &last, err)) {
        return error_wrap(err, "'%s'", path);
    }
    *size = last.size;
    return true;
}

bool note_write_latest(int directory, struct bytes note, struct error *err)
{
    AUTO(fd)
    fd = openat(directory, new_name,
                O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd < 0) {
        return error_set_errno(err, errno, "creating a checkpoint");
    }
    if (!file_write_all(fd, note, err)) {
        return error_wrap(err, "writing a checkpoint");
    }
    if (fsync(fd) != 0 || renameat(directory, new_name, directory, note_name) != 0 ||
        fsync(directory) != 0) {
        return error_set_errno(err, errno, "storing a checkpoint");
    }
    return true;
}
