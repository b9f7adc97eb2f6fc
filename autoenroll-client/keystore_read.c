/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading back: what lies in the store, and whether it is in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/pem.h"

#include "autoenroll-client/keystore_inside.h"

enum { CERT_PEM_MAX = 2 * CERT_DER_MAX, OTHERS = S_IRWXG | S_IRWXO };

bool keystore_is_generation(const char *name)
{
    return text_has_prefix(name, KEYSTORE_PREFIX) &&
           name[sizeof(KEYSTORE_PREFIX) - 1] != '\0' && strchr(name, '/') == NULL &&
           strlen(name) <= KEYSTORE_NAME_MAX;
}

bool keystore_read_current(int template, struct buf *out, struct error *err)
{
    char target[KEYSTORE_NAME_MAX + 2];
    ssize_t len = readlinkat(template, KEYSTORE_CURRENT, target, sizeof(target) - 1);

    if (len < 0 && errno != ENOENT && errno != EINVAL) {
        return error_set_errno(err, errno, "cannot read the link 'current'");
    }
    target[len < 0 ? 0 : len] = '\0';
    if (keystore_is_generation(target)) {
        buf_append_text(out, target);
    }
    return true;
}

/* ---- files --------------------------------------------------------------------------- */

static bool read_all(int fd, size_t max, struct buf *out, struct error *err)
{
    unsigned char piece[4096];

    for (;;) {
        ssize_t got = read(fd, piece, sizeof(piece));

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set_errno(err, errno, "cannot be read");
        }
        if (got == 0) {
            explicit_bzero(piece, sizeof(piece));
            return true;
        }
        if ((size_t)got > max - out->len) {
            return error_set(err, ERROR_INVALID, "is longer than %zu octets", max);
        }
        buf_append(out, piece, (size_t)got);
    }
}

bool keystore_read_file(int directory, const char *name, size_t max, struct buf *out,
                        struct error *err)
{
    AUTO(fd) fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        return error_set_errno(err, errno, "%s", name);
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(err, ERROR_INVALID, "%s is no regular file", name);
    }
    if (out->secret && (st.st_mode & OTHERS) != 0) {
        return error_set(
            err, ERROR_INVALID,
            "%s can be read by others (mode %03o): a key that is known is no key", name,
            (unsigned int)(st.st_mode & 07777));
    }
    return read_all(fd, max, out, err) || error_wrap(err, "%s", name);
}

bool keystore_read_key_file(int directory, const char *name, struct key **out,
                            struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;

    return keystore_read_file(directory, name, KEY_PEM_MAX, &pem, err) &&
           (key_from_pem(buf_bytes(&pem), NULL, out, err) || error_wrap(err, "%s", name));
}

static bool read_certificate(int directory, struct cert **out, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    bool found = false;

    if (!keystore_read_file(directory, "cert.pem", CERT_PEM_MAX, &text, err)) {
        return false;
    }
    struct pem pem = {buf_bytes(&text), 0};
    if (!pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, err)) {
        return error_wrap(err, "cert.pem");
    }
    if (!found) {
        return error_set(err, ERROR_INVALID, "cert.pem holds no certificate");
    }
    return cert_parse(buf_bytes(&der), out, err) || error_wrap(err, "cert.pem");
}

bool keystore_read_key(const struct keystore *ks, const char *template,
                       const char *generation, struct key **out, struct error *err)
{
    AUTO(fd) above = -1;
    AUTO(fd) directory = -1;

    if (ks->certs < 0 || !keystore_is_name(template) ||
        !keystore_is_generation(generation)) {
        return error_set(err, ERROR_NOT_FOUND, "no generation '%s/%s'", template,
                         generation);
    }
    return keystore_open_directory(ks->certs, template, &above, err) &&
           keystore_open_directory(above, generation, &directory, err) &&
           keystore_read_key_file(directory, "key.pem", out, err);
}

/* ---- a generation -------------------------------------------------------------------- */

void keystore_entry_clear(struct keystore_entry *entry)
{
    free(entry->template);
    free(entry->generation);
    cert_free(entry->certificate);
    *entry = (struct keystore_entry){.template = NULL};
}

void keystore_list_clear(struct keystore_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        keystore_entry_clear(&list->entries[i]);
    }
    free(list->entries);
    *list = (struct keystore_list){NULL, 0};
}

static void flaw(struct keystore_entry *entry, const char *text)
{
    (void)snprintf(entry->flaw, sizeof(entry->flaw), "%.*s", KEYSTORE_FLAW_SIZE - 1,
                   text);
}

void keystore_read_entry(int template, struct keystore_entry *entry)
{
    AUTO(fd) directory = -1;
    AUTO(key) key = NULL;
    struct error err = {.code = ERROR_NONE};

    if (!keystore_open_directory(template, entry->generation, &directory, &err) ||
        !read_certificate(directory, &entry->certificate, &err)) {
        flaw(entry, err.message);
        return;
    }
    if (!keystore_read_key_file(directory, "key.pem", &key, &err)) {
        entry->is_key_unknown = err.code == ERROR_DENIED;
        entry->is_whole = entry->is_key_unknown;
        flaw(entry, err.message);
        return;
    }
    entry->is_whole = cert_has_spki(entry->certificate, key_get_spki(key));
    if (!entry->is_whole) {
        flaw(entry, "key.pem is not the key of cert.pem");
    }
}

/* ---- the whole store ----------------------------------------------------------------- */

/* The one that began last first; what cannot be read behind all others. */
static int compare_entries(const void *a, const void *b)
{
    const struct keystore_entry *one = a;
    const struct keystore_entry *two = b;
    int64_t first =
        one->certificate == NULL ? INT64_MIN : cert_get_not_before_utc(one->certificate);
    int64_t second =
        two->certificate == NULL ? INT64_MIN : cert_get_not_before_utc(two->certificate);

    if (first != second) {
        return first > second ? -1 : 1;
    }
    if (one->is_current != two->is_current) {
        return one->is_current ? -1 : 1;
    }
    return strcmp(one->generation, two->generation);
}

static struct keystore_entry *grow(struct keystore_list *list)
{
    list->entries = mem_resize(list->entries, list->count + 1, sizeof(*list->entries));
    return &list->entries[list->count++];
}

/* A file, or a link, where a template's directory should be: that one's fault and no other's. */
static void add_foreign(struct keystore_list *list, const char *name,
                        const struct error *why)
{
    struct keystore_entry *entry = grow(list);

    *entry = (struct keystore_entry){
        .template = mem_strdup(name), .generation = mem_strdup(""), .is_current = true};
    flaw(entry, why->message);
}

static void add_entry(struct keystore_list *list, int template, const char *name,
                      const char *generation, const char *current)
{
    struct keystore_entry *entry = grow(list);

    *entry = (struct keystore_entry){.template = mem_strdup(name),
                                     .generation = mem_strdup(generation),
                                     .is_current = strcmp(generation, current) == 0};
    keystore_read_entry(template, entry);
}

static bool read_template(int template, const char *name, struct keystore_list *list,
                          struct error *err)
{
    AUTO(keystore_names) names = {NULL, 0};
    AUTO(buf) current = BUF_EMPTY;
    size_t first = list->count;
    bool is_met = false;

    if (!keystore_names_read(template, &names, err) ||
        !keystore_read_current(template, &current, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (keystore_is_generation(names.names[i])) {
            add_entry(list, template, name, names.names[i], buf_text(&current));
            is_met |= list->entries[list->count - 1].is_current;
        }
    }
    if (current.len > 0 && !is_met) {
        add_entry(list, template, name, buf_text(&current), buf_text(&current));
    }
    if (list->count > first) {
        qsort(list->entries + first, list->count - first, sizeof(*list->entries),
              compare_entries);
    }
    return true;
}

static bool read_named(const struct keystore *ks, const char *name,
                       struct keystore_list *list, struct error *err)
{
    AUTO(fd) template = -1;
    struct error why;

    if (keystore_open_directory(ks->certs, name, &template, &why)) {
        return read_template(template, name, list, err);
    }
    if (keystore_is_no_directory(ks->certs, name, &why)) {
        add_foreign(list, name, &why);
        return true;
    }
    *err = why;
    return why.code == ERROR_NOT_FOUND; /* it went while the others were read */
}

bool keystore_read(const struct keystore *ks, struct keystore_list *out,
                   struct error *err)
{
    AUTO(keystore_list) list = {NULL, 0};
    AUTO(keystore_names) names = {NULL, 0};

    if (ks->certs >= 0 && !keystore_names_read(ks->certs, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];

        if (keystore_is_name(name) && !read_named(ks, name, &list, err)) {
            return error_wrap(err, "'%s'", name);
        }
    }
    *out = list;
    list = (struct keystore_list){NULL, 0};
    return true;
}
