/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/init/init.h"

#include <string.h>

#include "common/base/file.h"
#include "common/pki/cert_build.h"
#include "common/pki/cert_ca.h"
#include "common/pki/cert_file.h"
#include "common/pki/pem.h"

#include "policyd/init/init_parts.h"
#include "policyd/signer/serial.h"

/* Certificates of the first hours may begin a little earlier than the CA was made. */
enum { BACKDATE_S = 24 * 3600 };

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
    int64_t now_utc = clock_now_utc(s->place->clock);
    struct init_dn subject;

    init_fill_dn(authority, &subject);
    if (!serial_make(s->place->node, now_utc, serial, err)) {
        return false;
    }
    const struct cert_ca_fields fields = {.serial = {serial, SERIAL_SIZE},
                                          .subject = &subject.dn,
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
        return error_wrap(err, "'%s'", authority->common_name);
    }
    intent.authority = s->issuer == NULL ? WIRE_AUTHORITY_ROOT : WIRE_AUTHORITY_ISSUING;
    intent.tbs = buf_bytes(&tbs);
    if (s->issuer != NULL) {
        memcpy(intent.issuer_sha256, cert_get_sha256(s->issuer), WIRE_SHA256);
    }
    if (!init_record_intent(s->place, &intent, &sequence, err) ||
        !sign(s, intent.tbs, &der, &cert, err) ||
        !init_record_made(s->place, sequence, intent.tbs, buf_bytes(&der), err) ||
        !init_write_pem(authority->certificate, PEM_CERTIFICATE,
                        &(struct bytes){der.data, der.len}, 1, err)) {
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
    struct init_dn wanted;
    struct name_dn found;

    init_fill_dn(&job->root, &wanted);
    if (!cert_read_subject(root, &store, &found, err)) {
        return error_wrap(err, "'%s'", job->root.certificate);
    }
    return (cert_is_ca(root) && cert_has_spki(root, key_get_spki(key)) &&
            name_dn_equal(&wanted.dn, &found)) ||
           error_set(err, ERROR_CONFLICT,
                     "the root in '%s' has another name or another key than '%s'",
                     job->root.certificate, job->root.key);
}

static bool make_root(const struct signing *s, struct cert **out, struct error *err)
{
    AUTO(cert) root = NULL;
    size_t count = 0;

    if (!init_exists(s->job->root.certificate)) {
        return make_certificate(s, &s->job->root, key_get_spki(s->key), out, err);
    }
    if (!cert_file_read(s->job->root.certificate, FILE_TRUSTED, (struct cert_count){1, 1},
                        &root, &count, err) ||
        !check_root(s->job, s->key, root, err)) {
        return false;
    }
    *out = TAKE(root);
    return true;
}

bool init_make(const struct init_job *job, const struct init_place *place,
               struct error *err)
{
    AUTO(key) root_key = NULL;
    AUTO(key) key = NULL;
    AUTO(cert) root = NULL;
    AUTO(cert) issuing = NULL;

    if (!init_check_pair(job, err) || !init_make_root_key(job, &root_key, err)) {
        return false;
    }
    struct signing s = {job, place, root_key, NULL};
    if (!make_root(&s, &root, err) || !init_make_issuing_key(job, &key, err)) {
        return false;
    }
    s.issuer = root;
    return make_certificate(&s, &job->issuing, key_get_spki(key), &issuing, err);
}
