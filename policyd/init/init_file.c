/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "common/base/file.h"
#include "common/pki/key_file.h"
#include "common/pki/pem.h"

#include "policyd/init/init_parts.h"

enum { ROOT_BITS = 384, ISSUING_BITS = 256 };

bool init_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool init_check_new(const struct init_job *job, struct error *err)
{
    return !init_exists(job->issuing.certificate) ||
           error_set(err, ERROR_CONFLICT, "CA '%s' has a certificate already: '%s'",
                     job->name, job->issuing.certificate);
}

bool init_check_pair(const struct init_job *job, struct error *err)
{
    AUTO(buf) root = BUF_EMPTY;
    AUTO(buf) issuing = BUF_EMPTY;

    if (!init_check_new(job, err) || !init_encode_dn(&job->root, &root, err) ||
        !init_encode_dn(&job->issuing, &issuing, err)) {
        return false;
    }
    if (bytes_equal(buf_bytes(&root), buf_bytes(&issuing))) {
        return error_set(err, ERROR_INVALID,
                         "'%s': the root and the CA below it need different names",
                         job->root.common_name);
    }
    return !init_exists(job->root.certificate) || init_exists(job->root.key) ||
           error_set(err, ERROR_CONFLICT,
                     "the root's certificate '%s' is there without its key '%s': say "
                     "where the key is, or remove the certificate to make a new root",
                     job->root.certificate, job->root.key);
}

bool init_write_pem(const char *path, const char *label, const struct bytes *ders,
                    size_t count, struct error *err)
{
    AUTO(buf) pem = BUF_EMPTY;

    if (init_exists(path)) {
        return error_set(err, ERROR_CONFLICT, "'%s' exists", path);
    }
    for (size_t i = 0; i < count; i++) {
        pem_write(label, ders[i], &pem);
    }
    return file_write_atomic(path, buf_bytes(&pem), FILE_MODE(0644), err);
}

/* A key that a crash left behind has signed at most what the journal tells. */
bool init_make_issuing_key(const struct init_job *job, struct key **out,
                           struct error *err)
{
    const struct key_file file = {job->issuing.key, job->passphrase, false};
    AUTO(key) key = NULL;

    if (init_exists(file.path)) {
        return key_file_load(&file, out, err);
    }
    if (!key_file_ensure_passphrase(job->passphrase, err) ||
        !key_generate(KEY_EC, ISSUING_BITS, &key, err) ||
        !key_file_write(&file, key, NULL, err)) {
        return false;
    }
    *out = TAKE(key);
    return true;
}

static bool load_root_key(const struct init_job *job, struct key **out, struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;

    return file_read(job->root.key, KEY_PEM_MAX, FILE_SECRET, &pem, err) &&
           (key_from_pem(buf_bytes(&pem), job->root_passphrase, out, err) ||
            error_wrap(err, "the root's key in '%s'", job->root.key));
}

bool init_make_root_key(const struct init_job *job, struct key **out, struct error *err)
{
    const struct key_file file = {job->root.key, NULL, false};
    AUTO(key) key = NULL;

    if (init_exists(job->root.key)) {
        return load_root_key(job, out, err);
    }
    if (!key_generate(KEY_EC, ROOT_BITS, &key, err) ||
        !key_file_write(&file, key, job->root_passphrase, err)) {
        return false;
    }
    *out = TAKE(key);
    return true;
}
