/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generations: made aside, read back, put in place by one rename; removed the other way round.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/pem.h"

#include "autoenroll-client/keystore_inside.h"

enum { RANDOM_OCTETS = 8 };

bool keystore_sync(int fd, const char *what, struct error *err)
{
    int failed = 0;

    do {
        failed = fsync(fd);
    } while (failed != 0 && errno == EINTR);
    return failed == 0 || error_set_errno(err, errno, "cannot sync '%s'", what);
}

bool keystore_random_name(const char *prefix, struct buf *out, struct error *err)
{
    unsigned char random[RANDOM_OCTETS];

    if (getentropy(random, sizeof(random)) != 0) {
        return error_set_errno(err, errno, "no random octets");
    }
    buf_append_text(out, prefix);
    text_append_hex(out, random, sizeof(random));
    return true;
}

/* ---- one generation ------------------------------------------------------------------ */

/* 0600 from the first open; a certificate gets its readers when it is complete. */
static bool put_file(int directory, const char *name, struct bytes content, mode_t mode,
                     struct error *err)
{
    AUTO(fd)
    fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                S_IRUSR | S_IWUSR);

    if (fd < 0) {
        return error_set_errno(err, errno, "cannot write '%s'", name);
    }
    if (!file_write_all(fd, content, err)) {
        return error_wrap(err, "'%s'", name);
    }
    if (fchmod(fd, mode) != 0) {
        return error_set_errno(err, errno, "cannot set the mode of '%s'", name);
    }
    return keystore_sync(fd, name, err);
}

static bool put_key(int directory, const struct key *key, struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;

    return key_to_pem(key, NULL, &pem, err) &&
           put_file(directory, "key.pem", buf_bytes(&pem), 0600, err);
}

static bool put_certificates(int directory, const struct keystore_pair *pair,
                             struct error *err)
{
    AUTO(buf) own = BUF_EMPTY;
    AUTO(buf) chain = BUF_EMPTY;
    AUTO(buf) full = BUF_EMPTY;

    pem_write(PEM_CERTIFICATE, cert_get_der(pair->certificate), &own);
    for (size_t i = 0; i < pair->chain_count; i++) {
        pem_write(PEM_CERTIFICATE, pair->chain[i], &chain);
    }
    buf_append(&full, own.data, own.len);
    buf_append(&full, chain.data, chain.len);
    return put_file(directory, "cert.pem", buf_bytes(&own), 0644, err) &&
           put_file(directory, "chain.pem", buf_bytes(&chain), 0644, err) &&
           put_file(directory, "fullchain.pem", buf_bytes(&full), 0644, err);
}

/* What lies on the disk under this name is this pair. */
static bool check_generation(int template, const char *name,
                             const struct keystore_pair *pair, struct error *err)
{
    struct keystore_entry entry = {.generation = mem_strdup(name)};

    keystore_read_entry(template, &entry);
    bool same =
        entry.is_whole && !entry.is_key_unknown &&
        bytes_equal(cert_get_der(entry.certificate), cert_get_der(pair->certificate));
    if (!same) {
        error_set(err, ERROR_INVALID, "what was written reads back otherwise%s%s",
                  entry.flaw[0] == '\0' ? "" : ": ", entry.flaw);
    }
    keystore_entry_clear(&entry);
    return same;
}

static bool fill(int template, const char *temp, const struct keystore *ks,
                 const struct keystore_pair *pair, struct error *err)
{
    AUTO(fd) directory = -1;

    if (!keystore_open_directory(template, temp, &directory, err) ||
        !put_key(directory, pair->key, err) || !put_certificates(directory, pair, err)) {
        return false;
    }
    if (fchmod(directory, ks->is_private ? 0700 : 0755) != 0) {
        return error_set_errno(err, errno, "cannot set the mode of '%s'", temp);
    }
    return keystore_sync(directory, temp, err) &&
           check_generation(template, temp, pair, err);
}

/* There may be one already, of a run that was killed before it became current. */
static bool place(int template, const char *temp, const char *name,
                  const struct keystore_pair *pair, struct error *err)
{
    if (renameat(template, temp, template, name) == 0) {
        return keystore_sync(template, name, err);
    }
    if (errno != EEXIST && errno != ENOTEMPTY) {
        return error_set_errno(err, errno, "cannot put '%s' in place", name);
    }
    return check_generation(template, name, pair, err) ||
           error_wrap(err, "'%s' is there already", name);
}

static bool make_generation(const struct keystore *ks, int template, const char *name,
                            const struct keystore_pair *pair, struct error *err)
{
    AUTO(buf) temp = BUF_EMPTY;
    struct error ignored = {.code = ERROR_NONE};

    if (!keystore_random_name(KEYSTORE_NEW, &temp, err)) {
        return false;
    }
    if (mkdirat(template, buf_text(&temp), 0700) != 0) {
        return error_set_errno(err, errno, "cannot make a directory");
    }
    bool made = fill(template, buf_text(&temp), ks, pair, err) &&
                place(template, buf_text(&temp), name, pair, err);
    /* not there any more when it was put in place */
    return keystore_remove_tree(template, buf_text(&temp), made ? err : &ignored) && made;
}

static bool make_current(int template, const char *name, struct error *err)
{
    AUTO(buf) temp = BUF_EMPTY;

    if (!keystore_random_name(KEYSTORE_LINK, &temp, err)) {
        return false;
    }
    if (symlinkat(name, template, buf_text(&temp)) != 0) {
        return error_set_errno(err, errno, "cannot make a link");
    }
    if (renameat(template, buf_text(&temp), template, KEYSTORE_CURRENT) != 0) {
        error_set_errno(err, errno, "cannot exchange 'current'");
        (void)unlinkat(template, buf_text(&temp), 0);
        return false;
    }
    return keystore_sync(template, KEYSTORE_CURRENT, err);
}

bool keystore_prepare(struct keystore *ks, const char *template, struct error *err)
{
    AUTO(fd) fd = -1;

    if (!keystore_is_name(template)) {
        return error_set(err, ERROR_INVALID, "'%s' cannot be the name of a directory",
                         template);
    }
    return keystore_make_directory(ks, ks->certs, template, &fd, err) ||
           error_wrap(err, "template '%s'", template);
}

static bool check_pair(const struct keystore_pair *pair, struct error *err)
{
    if (!keystore_is_name(pair->template)) {
        return error_set(err, ERROR_INVALID, "'%s' cannot be the name of a directory",
                         pair->template);
    }
    if (pair->chain_count > KEYSTORE_CHAIN_MAX) {
        return error_set(err, ERROR_INVALID,
                         "a chain of %zu certificates; %d are allowed", pair->chain_count,
                         KEYSTORE_CHAIN_MAX);
    }
    if (!key_has_private(pair->key) ||
        !cert_has_spki(pair->certificate, key_get_spki(pair->key))) {
        return error_set(err, ERROR_INVALID,
                         "the certificate is for another key than ours");
    }
    return true;
}

bool keystore_install(struct keystore *ks, const struct keystore_pair *pair,
                      struct error *err)
{
    AUTO(fd) template = -1;
    AUTO(buf) name = BUF_EMPTY;

    if (!check_pair(pair, err)) {
        return false;
    }
    struct bytes serial = cert_get_serial(pair->certificate);
    buf_append_text(&name, KEYSTORE_PREFIX);
    text_append_hex(&name, serial.data, serial.len);
    if (!keystore_make_directory(ks, ks->certs, pair->template, &template, err) ||
        !make_generation(ks, template, buf_text(&name), pair, err) ||
        !make_current(template, buf_text(&name), err)) {
        return error_wrap(err, "template '%s'", pair->template);
    }
    return true;
}

/* ---- removal ------------------------------------------------------------------------- */

static bool open_template(const struct keystore *ks, const char *template, int *out,
                          struct error *err)
{
    if (!keystore_is_name(template)) {
        return error_set(err, ERROR_NOT_FOUND, "nothing is stored for '%s'", template);
    }
    return keystore_open_directory(ks->certs, template, out, err);
}

bool keystore_retire(struct keystore *ks, const char *template, struct error *err)
{
    AUTO(fd) fd = -1;

    if (!open_template(ks, template, &fd, err)) {
        return err->code == ERROR_NOT_FOUND;
    }
    if (unlinkat(fd, KEYSTORE_CURRENT, 0) != 0) {
        return errno == ENOENT ||
               error_set_errno(err, errno, "cannot remove '%s/current'", template);
    }
    return keystore_sync(fd, template, err);
}

bool keystore_remove(struct keystore *ks, const char *template, const char *generation,
                     struct error *err)
{
    AUTO(fd) fd = -1;
    AUTO(buf) current = BUF_EMPTY;

    if (!keystore_is_generation(generation)) {
        return error_set(err, ERROR_NOT_FOUND, "'%s' is no generation", generation);
    }
    if (!open_template(ks, template, &fd, err) ||
        !keystore_read_current(fd, &current, err)) {
        return false;
    }
    if (strcmp(buf_text(&current), generation) == 0) {
        return error_set(err, ERROR_CONFLICT, "'%s/%s' is in use", template, generation);
    }
    AUTO(string) gone = mem_printf("%s%s", KEYSTORE_GONE, generation);
    if (!keystore_remove_tree(fd, gone, err)) {
        return false;
    }
    if (renameat(fd, generation, fd, gone) != 0) {
        return error_set_errno(err, errno, "cannot remove '%s/%s'", template, generation);
    }
    return keystore_remove_tree(fd, gone, err) && keystore_sync(fd, template, err);
}

bool keystore_prune(struct keystore *ks, const char *template, size_t keep,
                    struct error *err)
{
    AUTO(keystore_list) list = {NULL, 0};
    size_t kept = 0;

    if (!keystore_read(ks, &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct keystore_entry *e = &list.entries[i];

        if (strcmp(e->template, template) != 0 || e->is_current) {
            continue;
        }
        if (e->is_whole && kept < keep) {
            kept++;
        } else if (!keystore_remove(ks, template, e->generation, err)) {
            return false;
        }
    }
    return true;
}
