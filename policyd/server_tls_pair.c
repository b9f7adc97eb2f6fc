/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_tls_pair.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/pki/key.h"
#include "common/pki/pem.h"

static const char first_line[] = "-----BEGIN CERTIFICATE-----";
static const char last_line[] = "-----END CERTIFICATE-----\n";

void server_tls_pair_clear(struct server_tls_pair *pair)
{
    buf_clear(&pair->chain);
    buf_clear(&pair->key);
    cert_free(pair->leaf);
    *pair = SERVER_TLS_PAIR_EMPTY;
}

void server_tls_pair_move(struct server_tls_pair *from, struct server_tls_pair *to)
{
    server_tls_pair_clear(to);
    *to = *from;
    *from = SERVER_TLS_PAIR_EMPTY;
}

/* Read the leaf, and compare it with the key. */
static bool check(struct server_tls_pair *pair, struct error *err)
{
    struct pem pem = {.text = buf_bytes(&pair->chain)};
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) leaf = NULL;
    AUTO(key) key = NULL;
    bool found = false;

    if (!pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERROR_INVALID, "there is no certificate");
    }
    if (!cert_parse(buf_bytes(&der), &leaf, err)) {
        return false;
    }
    if (!key_from_pem(buf_bytes(&pair->key), NULL, &key, err)) {
        return error_wrap(err, "its key");
    }
    if (!cert_has_spki(leaf, key_get_spki(key))) {
        return error_set(err, ERROR_INVALID, "the key is not the certificate's");
    }
    pair->leaf = TAKE(leaf);
    return true;
}

bool server_tls_pair_read(const char *chain, const char *key,
                          struct server_tls_pair *pair, struct error *err)
{
    AUTO(server_tls_pair) read = SERVER_TLS_PAIR_EMPTY;

    if (!file_read(chain, TLS_PAIR_PEM_MAX, FILE_TRUSTED, &read.chain, err) ||
        !file_read(key, TLS_PAIR_PEM_MAX, FILE_SECRET, &read.key, err)) {
        return false;
    }
    if (!check(&read, err)) {
        return error_wrap(err, "'%s'", chain);
    }
    server_tls_pair_move(&read, pair);
    return true;
}

/* The key, and behind it the certificates. */
static void split(struct buf *both, struct server_tls_pair *out)
{
    const char *text = buf_text(both);
    const char *at = strstr(text, first_line);
    size_t key_len = at != NULL ? (size_t)(at - text) : both->len;

    buf_append(&out->key, both->data, key_len);
    buf_append(&out->chain, text + key_len, both->len - key_len);
}

bool server_tls_pair_load(const char *path, struct server_tls_pair *pair,
                          struct error *err)
{
    AUTO(server_tls_pair) read = SERVER_TLS_PAIR_EMPTY;
    AUTO(buf) both = BUF_SECRET;

    if (!file_read(path, (size_t)2 * TLS_PAIR_PEM_MAX, FILE_SECRET, &both, err)) {
        return false;
    }
    split(&both, &read);
    if (!check(&read, err)) {
        return error_wrap(err, "'%s'", path);
    }
    server_tls_pair_move(&read, pair);
    return true;
}

bool server_tls_pair_save(const struct server_tls_pair *pair, const char *directory,
                          const char *path, struct error *err)
{
    AUTO(buf) both = BUF_SECRET;

    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        return error_set(err, ERROR_UNAVAILABLE, "'%s' cannot be made: %s", directory,
                         strerror(errno));
    }
    buf_append(&both, pair->key.data, pair->key.len);
    buf_append(&both, pair->chain.data, pair->chain.len);
    return file_write_atomic(path, buf_bytes(&both), FILE_MODE(0600), err);
}

bool server_tls_pair_make(struct bytes leaf, struct bytes above, struct bytes key,
                          struct server_tls_pair *pair, struct error *err)
{
    AUTO(server_tls_pair) made = SERVER_TLS_PAIR_EMPTY;

    pem_write(PEM_CERTIFICATE, leaf, &made.chain);
    buf_append(&made.chain, above.data, above.len);
    buf_append(&made.key, key.data, key.len);
    if (!check(&made, err)) {
        return false;
    }
    server_tls_pair_move(&made, pair);
    return true;
}

struct bytes server_tls_pair_above(const struct server_tls_pair *pair)
{
    const struct bytes chain = buf_bytes(&pair->chain);
    const unsigned char *end =
        chain.len == 0 ? NULL
                       : memmem(chain.data, chain.len, last_line, strlen(last_line));

    if (end == NULL) {
        return (struct bytes){NULL, 0};
    }
    size_t leaf_len = (size_t)(end - chain.data) + strlen(last_line);
    return (struct bytes){chain.data + leaf_len, chain.len - leaf_len};
}

static bool has_name(const struct general_names *sans, const char *name)
{
    const struct general_name wanted = {GENERAL_DNS, "", bytes_of_text(name)};

    return name_generals_contain(sans, &wanted);
}

bool server_tls_pair_has_names(const struct server_tls_pair *pair, char *const *names,
                               size_t count)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names sans = {NULL, 0};
    struct error err = {0};

    if (count == 0) {
        return true;
    }
    if (!cert_read_sans(pair->leaf, &store, &sans, &err) || sans.count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_name(&sans, names[i])) {
            return false;
        }
    }
    return true;
}
