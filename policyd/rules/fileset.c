/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/fileset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/octets.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

void fileset_clear(struct fileset *files)
{
    for (size_t i = 0; i < WIRE_RULES_MAX; i++) {
        buf_clear(&files->octets[i]);
        free(files->names[i]);
        files->names[i] = NULL;
    }
    files->load = (struct wire_bundle_load){.file_count = 0};
}

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static bool check_name(const char *name, struct error *err)
{
    size_t len = strlen(name);

    return (len <= WIRE_NAME_MAX && text_is_printable(name, len)) ||
           error_set(err, ERROR_INVALID,
                     "'%.64s': the name of a rule file is at most %d octets of UTF-8",
                     name, WIRE_NAME_MAX);
}

/* Read once, hashed as read: what is compiled is what the id says. */
static bool read_file(struct fileset *files, size_t i, const char *path,
                      struct error *err)
{
    struct wire_bundle_file *file = &files->files[i];

    if (!check_name(name_in(path), err) ||
        !file_read(path, FILESET_FILE_MAX, FILE_TRUSTED | FILE_NO_SYMLINK,
                   &files->octets[i], err)) {
        return false;
    }
    files->names[i] = mem_strdup(name_in(path));
    file->name = files->names[i];
    file->content = buf_bytes(&files->octets[i]);
    digest_sha256(file->content.data, file->content.len, file->sha256);
    return true;
}

/* Over (name, NUL, length, hash) of each, so that no two sets of files share an id. */
static void make_id(struct wire_bundle_load *load)
{
    AUTO(digest) id = digest_new();

    for (size_t i = 0; i < load->file_count; i++) {
        const struct wire_bundle_file *file = &load->files[i];
        unsigned char length[8];

        octets_put_u64(length, file->content.len);
        digest_update(id, file->name, strlen(file->name) + 1);
        digest_update(id, length, sizeof(length));
        digest_update(id, file->sha256, sizeof(file->sha256));
    }
    digest_finish(id, load->bundle_id);
}

static bool read_all(const struct file_list *list, struct fileset *out, struct error *err)
{
    size_t total = 0;

    if (list->count > WIRE_RULES_MAX) {
        return error_set(err, ERROR_INVALID, "%zu rule files; at most %d make a bundle",
                         list->count, WIRE_RULES_MAX);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!read_file(out, i, list->paths[i], err)) {
            return false;
        }
        out->load.file_count = i + 1;
        total += out->octets[i].len;
        if (total > FILESET_MAX) {
            return error_set(err, ERROR_INVALID,
                             "the rule files have more than %d octets together",
                             FILESET_MAX);
        }
    }
    return true;
}

bool fileset_read(const char *directory, struct fileset *out, struct error *err)
{
    AUTO(file_list) list = {0};
    AUTO(fd) exists = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (exists < 0) {
        return error_set_errno(err, errno, "the directory of rules, %s", directory);
    }
    if (!file_list_dropins(directory, ".lua", &list, err) || !read_all(&list, out, err)) {
        fileset_clear(out);
        return false;
    }
    out->load.files = out->files;
    make_id(&out->load);
    return true;
}

struct wire_budget fileset_budget(void)
{
    return (struct wire_budget){
        .instructions_rule = 2000000,
        .instructions_decision = 10000000,
        .cpu_ms = 250,
        .memory = 16U << 20,
        .steps_call = 100000,
        .steps_decision = 1000000,
        .string_max = 64 * 1024,
    };
}
