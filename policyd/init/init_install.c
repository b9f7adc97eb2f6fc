/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"
#include "common/pki/cert_file.h"
#include "common/pki/cert_trust.h"
#include "common/pki/key_file.h"
#include "common/pki/pem.h"
#include "common/wire/ca.h"

#include "policyd/init/init_parts.h"

enum { PATH_MAX_COUNT = 1 + WIRE_CHAIN_MAX };

/* The issuing CA's certificate first, its root last. */
struct path {
    struct cert *certs[PATH_MAX_COUNT];
    size_t count;
};

static void path_clear(struct path *path)
{
    for (size_t i = 0; i < PATH_MAX_COUNT; i++) {
        cert_free(path->certs[i]);
    }
}
CLEANUP_DEFINE_VALUE(path, struct path, path_clear);

static void swap(struct path *path, size_t a, size_t b)
{
    struct cert *kept = path->certs[a];

    path->certs[a] = path->certs[b];
    path->certs[b] = kept;
}

static bool is_above(const struct cert *upper, const struct cert *lower)
{
    return bytes_equal(cert_get_subject(upper), cert_get_issuer(lower));
}

/* Nothing stands above a root. */
static bool is_next(const struct cert *upper, const struct cert *lower)
{
    return is_above(upper, lower) && !is_above(lower, lower);
}

/* Puts each behind the one that names it; whoever made the file may have had another order. */
static bool sort(struct path *path, struct bytes spki, struct error *err)
{
    for (size_t at = 0; at < path->count; at++) {
        size_t found = at;

        while (found < path->count &&
               !(at == 0 ? cert_has_spki(path->certs[found], spki)
                         : is_next(path->certs[found], path->certs[at - 1]))) {
            found++;
        }
        if (found == path->count && at == 0) {
            return error_set(err, ERROR_INVALID,
                             "none of its certificates is of our key");
        }
        if (found == path->count) {
            return error_set(err, ERROR_INVALID,
                             "it holds certificates that do not stand above ours");
        }
        swap(path, at, found);
    }
    return true;
}

/* The ones that are configured already; what the file has of them must be the same. */
static bool read_chain(const struct init_job *job, struct path *path, struct error *err)
{
    AUTO(path) chain = {.count = 0};

    if (!cert_file_read(job->root.certificate, FILE_TRUSTED,
                        (struct cert_count){1, WIRE_CHAIN_MAX}, chain.certs, &chain.count,
                        err)) {
        return false;
    }
    bool same = path->count <= 1 + chain.count;
    for (size_t i = 1; same && i < path->count; i++) {
        same =
            bytes_equal(cert_get_der(path->certs[i]), cert_get_der(chain.certs[i - 1]));
    }
    if (!same) {
        return error_set(err, ERROR_CONFLICT, "'%s' holds others above it",
                         job->root.certificate);
    }
    while (path->count < 1 + chain.count) {
        path->certs[path->count] = TAKE(chain.certs[path->count - 1]);
        path->count++;
    }
    return true;
}

/* The root that it brings becomes everybody's: then nobody else may have written the file. */
static bool read_path(const struct init_job *job, const char *file, struct bytes spki,
                      struct path *path, struct error *err)
{
    bool has_chain = init_exists(job->root.certificate);

    if (!cert_file_read(file, has_chain ? FILE_ANY : FILE_TRUSTED,
                        (struct cert_count){0, PATH_MAX_COUNT}, path->certs, &path->count,
                        err)) {
        return false;
    }
    if (path->count == 0) {
        return error_set(err, ERROR_INVALID, "it holds no certificate in PEM");
    }
    if (!sort(path, spki, err)) {
        return false;
    }
    if (has_chain) {
        return read_chain(job, path, err);
    }
    return path->count > 1 ||
           error_set(err, ERROR_INVALID,
                     "the root above it is neither in that file nor in '%s'",
                     job->root.certificate);
}

/* An anchor's own signature is nobody's business in RFC 5280 6.1; ours is to hand it out. */
static bool check_root(const struct cert *root, struct error *err)
{
    AUTO(key) key = NULL;

    if (!is_above(root, root)) {
        return error_set(err, ERROR_INVALID, "those above it do not end in a root");
    }
    return (key_from_spki(cert_get_spki(root), &key, err) &&
            cert_check_signature(root, key, err)) ||
           error_wrap(err, "the root above it");
}

static bool check_path(const struct path *path, int64_t now_utc, struct error *err)
{
    const struct cert *own = path->certs[0];
    AUTO(cert_trust) trust = NULL;
    struct cert_verdict verdict = {.class = CERT_BROKEN};

    if (is_above(own, own)) {
        return error_set(err, ERROR_INVALID, "it is a root itself, not below one");
    }
    if (!check_root(path->certs[path->count - 1], err)) {
        return false;
    }
    if (ext_list_find(cert_get_extensions(own), EXT_OID_SKI) == NULL) {
        return error_set(err, ERROR_INVALID, "it has no subjectKeyIdentifier");
    }
    const struct cert *const *all = (const struct cert *const *)path->certs;
    if (!cert_trust_new(&all[path->count - 1], 1, &all[1], path->count - 2, &trust,
                        err) ||
        !cert_trust_judge(trust, own, now_utc, CERT_PURPOSE_CA, &verdict, err)) {
        return false;
    }
    return verdict.class == CERT_TRUSTED ||
           error_set(err, ERROR_INVALID, "%s", verdict.sentence);
}

static bool write_path(const struct init_job *job, const struct path *path,
                       struct error *err)
{
    struct bytes ders[PATH_MAX_COUNT];

    for (size_t i = 0; i < path->count; i++) {
        ders[i] = cert_get_der(path->certs[i]);
    }
    return (init_exists(job->root.certificate) ||
            init_write_pem(job->root.certificate, PEM_CERTIFICATE, &ders[1],
                           path->count - 1, err)) &&
           init_write_pem(job->issuing.certificate, PEM_CERTIFICATE, ders, 1, err);
}

bool init_install(const struct init_job *job, const struct init_place *place,
                  const char *path, struct error *err)
{
    const struct key_file file = {job->issuing.key, job->passphrase, false};
    AUTO(key) key = NULL;
    AUTO(path) found = {.count = 0};

    if (!init_check_new(job, err)) {
        return false;
    }
    if (!init_exists(job->issuing.key)) {
        return error_set(err, ERROR_NOT_FOUND,
                         "CA '%s' has no key '%s': ask for a certificate first "
                         "(--csr-out)",
                         job->name, job->issuing.key);
    }
    if (!key_file_load(&file, &key, err)) {
        return false;
    }
    if (!read_path(job, path, key_get_spki(key), &found, err) ||
        !check_path(&found, clock_now_utc(place->clock), err)) {
        return error_wrap(err, "the certificate in '%s'", path);
    }
    return write_path(job, &found, err);
}
