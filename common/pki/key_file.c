/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key_file.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"

static bool has_passphrase(const struct key_file *file)
{
    return file->passphrase_path != NULL && *file->passphrase_path != '\0';
}

bool key_file_read_passphrase(const char *path, struct buf *out, struct error *err)
{
    AUTO(buf) content = BUF_SECRET;

    if (!file_read(path, KEY_PASSPHRASE_MAX + 2, FILE_SECRET, &content, err)) {
        return error_wrap(err, "the passphrase");
    }
    const unsigned char *end = memchr(content.data, '\n', content.len);
    size_t len = end != NULL ? (size_t)(end - content.data) : content.len;
    if (len == 0 || len > KEY_PASSPHRASE_MAX) {
        return error_set(err, ERROR_INVALID,
                         "the passphrase in '%s' is empty or longer than %d octets", path,
                         KEY_PASSPHRASE_MAX);
    }
    buf_append(out, content.data, len);
    return true;
}

static bool is_encrypted(struct bytes pem)
{
    static const char label[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    return memmem(pem.data, pem.len, label, sizeof(label) - 1) != NULL;
}

bool key_file_load(const struct key_file *file, struct key **out, struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) passphrase = BUF_SECRET;

    if (!file_read(file->path, KEY_PEM_MAX, FILE_SECRET, &pem, err)) {
        return error_wrap(err, "the key");
    }
    bool encrypted = is_encrypted(buf_bytes(&pem));
    if (!encrypted && !file->plain_allowed) {
        return error_set(err, ERROR_DENIED,
                         "the key in '%s' is not encrypted by a passphrase", file->path);
    }
    if (encrypted && !has_passphrase(file)) {
        return error_set(err, ERROR_AUTH,
                         "the key in '%s' is encrypted, and no passphrase is configured",
                         file->path);
    }
    if (encrypted && !key_file_read_passphrase(file->passphrase_path, &passphrase, err)) {
        return false;
    }
    if (key_from_pem(buf_bytes(&pem), encrypted ? &passphrase : NULL, out, err)) {
        return true;
    }
    return err->code == ERROR_AUTH
               ? error_set(err, ERROR_AUTH,
                           "the passphrase in '%s' does not open the key in '%s'",
                           file->passphrase_path, file->path)
               : error_wrap(err, "the key in '%s'", file->path);
}

static bool encode(const struct key_file *file, const struct key *key,
                   const struct buf *passphrase, struct buf *pem, struct error *err)
{
    AUTO(buf) own = BUF_SECRET;

    if (passphrase == NULL && has_passphrase(file)) {
        if (!key_file_read_passphrase(file->passphrase_path, &own, err)) {
            return false;
        }
        passphrase = &own;
    }
    if (passphrase == NULL && !file->plain_allowed) {
        return error_set(err, ERROR_DENIED,
                         "no passphrase is configured for the key in '%s'", file->path);
    }
    return key_to_pem(key, passphrase, pem, err);
}

bool key_file_write(const struct key_file *file, const struct key *key,
                    const struct buf *passphrase, struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;

    if (access(file->path, F_OK) == 0) {
        return error_set(err, ERROR_CONFLICT, "'%s' exists", file->path);
    }
    return encode(file, key, passphrase, &pem, err) &&
           file_write_atomic(file->path, buf_bytes(&pem), FILE_MODE(0600), err);
}

bool key_file_ensure_passphrase(const char *path, struct error *err)
{
    unsigned char octets[KEY_FILE_PASSPHRASE_OCTETS];
    AUTO(buf) text = BUF_SECRET;

    if (access(path, F_OK) == 0) {
        return true;
    }
    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets)) {
        return error_set(err, ERROR_INTERNAL, "the system gave no random octets");
    }
    text_append_hex(&text, octets, sizeof(octets));
    explicit_bzero(octets, sizeof(octets));
    buf_append_byte(&text, '\n');
    return file_write_atomic(path, buf_bytes(&text), FILE_MODE(0600), err);
}
