/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/init/init.h"

#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/pki/cert_build.h"
#include "common/pki/cert_ca.h"
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/pki/pem.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"

#include "policyd/signer/key_file.h"
#include "policyd/signer/serial.h"

enum {
    ROOT_BITS = 384,
    ISSUING_BITS = 256,
    BACKDATE_S =
        24 * 3600, /* certificates of the first hours may begin a little earlier */
    PEM_MAX = 64 * 1024
};

/* ---- the journal --------------------------------------------------------------------- */

static bool record(const struct init_place *place, uint16_t type,
                   const struct buf *payload, uint64_t *sequence, struct error *err)
{
    uint64_t now_ns = (uint64_t)clock_now_ns(place->clock);

    if (!journal_prepare(place->journal, now_ns, err)) {
        return error_wrap(err, "the journal");
    }
    *sequence = journal_append(place->journal, type, now_ns, buf_bytes(payload));
    return journal_commit(place->journal, JOURNAL_SYNCED, err) ||
           error_wrap(err, "the journal");
}

static bool record_intent(const struct init_place *place,
                          const struct wire_journal_authority *intent, uint64_t *sequence,
                          struct error *err)
{
    AUTO(buf) payload = BUF_EMPTY;

    return wire_journal_authority_encode(intent, &payload, err) &&
           record(place, WIRE_RECORD_AUTHORITY, &payload, sequence, err);
}

static bool record_made(const struct init_place *place, uint64_t intent_sequence,
                        struct bytes tbs, struct bytes der, struct error *err)
{
    struct wire_journal_authority_made made = {.intent_sequence = intent_sequence};
    AUTO(buf) payload = BUF_EMPTY;
    struct bytes content;
    uint64_t ignored = 0;

    if (!der_read_only(der, DER_SEQUENCE, &content) || content.len <= tbs.len) {
        return error_set(err, ERROR_INTERNAL, "a certificate that is no SEQUENCE");
    }
    made.tail = (struct bytes){content.data + tbs.len, content.len - tbs.len};
    digest_sha256(der.data, der.len, made.sha256);
    return wire_journal_authority_made_encode(&made, &payload, err) &&
           record(place, WIRE_RECORD_AUTHORITY_MADE, &payload, &ignored, err);
}

/* ---- files --------------------------------------------------------------------------- */

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool write_certificate(const char *path, struct bytes der, struct error *err)
{
    AUTO(buf) pem = BUF_EMPTY;

    if (exists(path)) {
        return error_set(err, ERROR_CONFLICT, "'%s' exists", path);
    }
    pem_write(PEM_CERTIFICATE, der, &pem);
    return file_write_atomic(path, buf_bytes(&pem), FILE_MODE(0644), err);
}

static bool read_certificate(const char *path, struct cert **out, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    bool found = false;

    if (!file_read(path, PEM_MAX, FILE_TRUSTED, &text, err)) {
        return false;
    }
    struct pem pem = {buf_bytes(&text), 0};
    if (!pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, err)) {
        return error_wrap(err, "'%s'", path);
    }
    if (!found) {
        return error_set(err, ERROR_INVALID, "'%s' holds no certificate", path);
    }
    return cert_parse(buf_bytes(&der), out, err) || error_wrap(err, "'%s'", path);
}

/* A key that a crash left behind has signed at most what the journal tells. */
static bool make_issuing_key(const struct init_job *job, struct key **out,
                             struct error *err)
{
    const struct key_file file = {job->issuing.key, job->passphrase, false};
    AUTO(key) key = NULL;

    if (exists(file.path)) {
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

static bool make_root_key(const struct init_job *job, struct key **out, struct error *err)
{
    const struct key_file file = {job->root.key, NULL, false};
    AUTO(key) key = NULL;

    if (exists(job->root.key)) {
        return load_root_key(job, out, err);
    }
    if (exists(job->root.certificate)) {
        return error_set(err, ERROR_CONFLICT,
                         "the root's certificate '%s' is there without its key '%s'",
                         job->root.certificate, job->root.key);
    }
    if (!key_generate(KEY_EC, ROOT_BITS, &key, err) ||
        !key_file_write(&file, key, job->root_passphrase, err)) {
        return false;
    }
    *out = TAKE(key);
    return true;
}

/* ---- certificates -------------------------------------------------------------------- */

/* Who signs: the root's key, with its certificate unless it is the root's own. */
struct signing {
    const struct init_job *job;
    const struct init_place *place;
    const struct key *key;
    const struct cert *issuer; /* NULL: the root itself */
};

/* What is released verifies, and is a CA's. */
static bool sign(const struct signing *s, struct bytes tbs, struct buf *der,
                 struct cert **out, struct error *err)
{
    enum sig_alg alg = sig_default(key_get_info(s->key));
    AUTO(buf) signature = BUF_EMPTY;
    AUTO(cert) cert = NULL;

    if (!sig_sign(s->key, alg, tbs, &signature, err) ||
        !cert_assemble(tbs, alg, buf_bytes(&signature), der, err) ||
        !cert_parse(buf_bytes(der), &cert, err) ||
        !cert_check_signature(cert, s->key, err)) {
        return false;
    }
    if (!cert_is_ca(cert) || !bytes_equal(cert_get_tbs(cert), tbs)) {
        return error_set(err, ERROR_INTERNAL, "what was signed is another certificate");
    }
    *out = TAKE(cert);
    return true;
}

static bool build(const struct signing *s, const struct init_authority *authority,
                  struct bytes spki, unsigned char serial[SERIAL_SIZE], struct buf *tbs,
                  struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    int64_t now_utc = clock_now_utc(s->place->clock);
    struct name_dn subject;

    if (!name_scan_dn(authority->subject, &store, &subject, err) ||
        !serial_make(s->place->node, now_utc, serial, err)) {
        return false;
    }
    const struct cert_ca_fields fields = {.serial = {serial, SERIAL_SIZE},
                                          .subject = &subject,
                                          .spki = spki,
                                          .issuer = s->issuer,
                                          .sig_alg = sig_default(key_get_info(s->key)),
                                          .not_before_utc = now_utc - BACKDATE_S,
                                          .not_after_utc =
                                              now_utc + authority->validity_s,
                                          .path_length = s->issuer == NULL ? 1 : 0};
    return cert_ca_build_tbs(&fields, tbs, err);
}

/* Record, sign, record, write: in this order (I1). */
static bool make_certificate(const struct signing *s,
                             const struct init_authority *authority, struct bytes spki,
                             struct cert **out, struct error *err)
{
    struct wire_journal_authority intent = {.ca = s->job->name};
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    uint64_t sequence = 0;

    if (!build(s, authority, spki, intent.serial, &tbs, err)) {
        return error_wrap(err, "'%s'", authority->subject);
    }
    intent.authority = s->issuer == NULL ? WIRE_AUTHORITY_ROOT : WIRE_AUTHORITY_ISSUING;
    intent.tbs = buf_bytes(&tbs);
    if (s->issuer != NULL) {
        memcpy(intent.issuer_sha256, cert_get_sha256(s->issuer), WIRE_SHA256);
    }
    if (!record_intent(s->place, &intent, &sequence, err) ||
        !sign(s, intent.tbs, &der, &cert, err) ||
        !record_made(s->place, sequence, intent.tbs, buf_bytes(&der), err) ||
        !write_certificate(authority->certificate, buf_bytes(&der), err)) {
        return false;
    }
    *out = TAKE(cert);
    return true;
}

/* One that is there must be what was asked for: else somebody expects another root. */
static bool check_root(const struct init_job *job, const struct key *key,
                       const struct cert *root, struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct name_dn wanted;
    struct name_dn found;

    if (!name_scan_dn(job->root.subject, &store, &wanted, err) ||
        !cert_read_subject(root, &store, &found, err)) {
        return false;
    }
    return (cert_is_ca(root) && cert_has_spki(root, key_get_spki(key)) &&
            name_dn_equal(&wanted, &found)) ||
           error_set(err, ERROR_CONFLICT,
                     "the root in '%s' has another name or another key than '%s'",
                     job->root.certificate, job->root.key);
}

static bool make_root(const struct signing *s, struct cert **out, struct error *err)
{
    AUTO(cert) root = NULL;

    if (!exists(s->job->root.certificate)) {
        return make_certificate(s, &s->job->root, key_get_spki(s->key), out, err);
    }
    if (!read_certificate(s->job->root.certificate, &root, err) ||
        !check_root(s->job, s->key, root, err)) {
        return false;
    }
    *out = TAKE(root);
    return true;
}

bool init_run(const struct init_job *job, const struct init_place *place,
              struct error *err)
{
    AUTO(key) root_key = NULL;
    AUTO(key) key = NULL;
    AUTO(cert) root = NULL;
    AUTO(cert) issuing = NULL;

    if (exists(job->issuing.certificate)) {
        return error_set(err, ERROR_CONFLICT, "CA '%s' has a certificate already: '%s'",
                         job->name, job->issuing.certificate);
    }
    if (!make_root_key(job, &root_key, err)) {
        return false;
    }
    struct signing s = {job, place, root_key, NULL};
    if (!make_root(&s, &root, err) || !make_issuing_key(job, &key, err)) {
        return false;
    }
    s.issuer = root;
    return make_certificate(&s, &job->issuing, key_get_spki(key), &issuing, err);
}
