/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/ca.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/lint/lint.h"
#include "common/pki/cert_build.h"
#include "common/pki/der.h"
#include "common/pki/ext_read.h"
#include "common/pki/ext_write.h"
#include "common/pki/sig_prepared.h"

struct ca {
    char *name;
    char *crl_url, *ocsp_url, *issuers_url; /* NULL: none */
    struct key *key;
    struct key *public_key; /* from the certificate: what others verify with */
    struct cert *cert;
    enum sig_alg sig_alg;
    struct sig_prepared *signing;   /* by key */
    struct sig_prepared *verifying; /* by public_key */
    struct key_probe *probe;
    struct bytes key_id; /* the certificate's subjectKeyIdentifier, borrowed from it */
};

static char *copy_url(const char *url)
{
    return url != NULL ? mem_strdup(url) : NULL;
}

/* The content of the OCTET STRING in subjectKeyIdentifier. */
static bool read_key_id(struct ca *ca, struct error *err)
{
    const struct ext *ski = ext_list_find(cert_get_extensions(ca->cert), EXT_OID_SKI);

    if (ski == NULL || !der_read_only(ski->der, DER_OCTET_STRING, &ca->key_id) ||
        ca->key_id.len == 0) {
        return error_set(err, ERROR_INVALID,
                         "the CA certificate has no subjectKeyIdentifier");
    }
    return true;
}

static bool check_certificate(struct ca *ca, struct bytes der, struct error *err)
{
    if (!cert_parse(der, &ca->cert, err)) {
        return false;
    }
    if (!cert_is_ca(ca->cert)) {
        return error_set(err, ERROR_INVALID, "the certificate is not a CA's");
    }
    if (!cert_has_spki(ca->cert, key_get_spki(ca->key))) {
        return error_set(err, ERROR_INVALID, "the certificate is of another key");
    }
    return read_key_id(ca, err) &&
           key_from_spki(cert_get_spki(ca->cert), &ca->public_key, err);
}

static bool prepare(struct ca *ca, struct error *err)
{
    return sig_prepare(ca->key, ca->sig_alg, SIG_USE_SIGN, &ca->signing, err) &&
           sig_prepare(ca->public_key, ca->sig_alg, SIG_USE_VERIFY, &ca->verifying,
                       err) &&
           key_probe_new(ca->public_key, &ca->probe, err);
}

bool ca_new(const char *name, struct key *key, struct bytes der,
            const struct ca_urls *urls, struct ca **out, struct error *err)
{
    AUTO(ca) ca = mem_new(sizeof(*ca));

    ca->key = key; /* the CA's now */
    ca->name = mem_strdup(name);
    ca->crl_url = copy_url(urls->crl);
    ca->ocsp_url = copy_url(urls->ocsp);
    ca->issuers_url = copy_url(urls->issuers);
    ca->sig_alg = sig_default(key_get_info(key));
    if (!check_certificate(ca, der, err) || !prepare(ca, err)) {
        return error_wrap(err, "CA '%s'", name);
    }
    *out = TAKE(ca);
    return true;
}

void ca_free(struct ca *ca)
{
    if (ca == NULL) {
        return;
    }
    free(ca->name);
    free(ca->crl_url);
    free(ca->ocsp_url);
    free(ca->issuers_url);
    sig_prepared_free(ca->signing);
    sig_prepared_free(ca->verifying);
    key_probe_free(ca->probe);
    key_free(ca->key);
    key_free(ca->public_key);
    cert_free(ca->cert);
    free(ca);
}

const char *ca_get_name(const struct ca *ca)
{
    return ca->name;
}

const struct cert *ca_get_certificate(const struct ca *ca)
{
    return ca->cert;
}

const struct key_info *ca_get_key_info(const struct ca *ca)
{
    return key_get_info(ca->key);
}

struct key_probe *ca_get_key_probe(const struct ca *ca)
{
    return ca->probe;
}

static bool is_critical(const struct wire_content *content, const char *oid)
{
    for (size_t i = 0; i < content->critical_count; i++) {
        if (strcmp(content->critical[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_usages(const struct wire_content *c, struct ext_list *list,
                       struct error *err)
{
    const struct ext_texts ekus = {c->ekus, c->eku_count};
    const struct ext_texts applications = {c->application_policies,
                                           c->application_policy_count};

    return (c->key_usage == 0 ||
            ext_add_key_usage(list, c->key_usage, is_critical(c, EXT_OID_KEY_USAGE),
                              err)) &&
           (ekus.count == 0 ||
            ext_add_extended_key_usage(
                list, ekus, is_critical(c, EXT_OID_EXTENDED_KEY_USAGE), err)) &&
           (applications.count == 0 ||
            ext_add_application_policies(
                list, applications, is_critical(c, EXT_OID_APPLICATION_POLICIES), err));
}

static bool add_policies(const struct wire_content *c, struct ext_list *list,
                         struct error *err)
{
    struct ext_policy policies[EXT_OIDS_MAX];

    if (c->policy_count == 0) {
        return true;
    }
    if (c->policy_count > EXT_OIDS_MAX) {
        return error_set(err, ERROR_INVALID, "too many certificate policies");
    }
    for (size_t i = 0; i < c->policy_count; i++) {
        policies[i] = (struct ext_policy){c->policies[i].oid, c->policies[i].cps_uri,
                                          c->policies[i].notice};
    }
    return ext_add_policies(list, policies, c->policy_count,
                            is_critical(c, EXT_OID_POLICIES), err);
}

static bool add_names(const struct wire_content *c, struct ext_list *list,
                      struct error *err)
{
    struct general_name names[WIRE_SANS_MAX];

    if (c->san_count == 0) {
        return true;
    }
    if (c->san_count > WIRE_SANS_MAX) {
        return error_set(err, ERROR_INVALID, "too many alternative names");
    }
    for (size_t i = 0; i < c->san_count; i++) {
        names[i] = c->sans[i].name;
    }
    const struct general_names all = {names, c->san_count};
    return ext_add_san(list, &all, c->subject_count == 0, err);
}

/* Of the account and the template, never of the content: no rule and no request removes them. */
static bool add_origin(const struct wire_issue_intent *intent, struct ext_list *list,
                       struct error *err)
{
    const struct ext_template template = {intent->template.oid, true, true,
                                          intent->template.major, intent->template.minor};

    return (*intent->account.sid == '\0' ||
            ext_add_sid(list, intent->account.sid, err)) &&
           /* policyd's own certificates have none; an intent off the wire always does */
           (*template.oid == '\0' || ext_add_template(list, &template, err)) &&
           (!intent->content.template_name_v1 ||
            ext_add_template_name(list, intent->template.name, err));
}

/* Where the CRL of a shard lies; NULL: the CA has no URL for CRLs. Owned by the caller. */
static char *make_crl_url(const struct ca *ca, uint32_t generation, uint32_t shard)
{
    return ca->crl_url == NULL
               ? NULL
               : mem_printf("%s/%s-%u-%u.crl", ca->crl_url, ca->name, generation, shard);
}

static bool add_revocation(const struct ca *ca, const struct wire_issue_intent *intent,
                           struct ext_list *list, struct error *err)
{
    if (intent->content.no_revocation) {
        return true;
    }
    AUTO(string) url = make_crl_url(ca, intent->crl_generation, intent->crl_shard);
    const char *const texts[] = {url};
    if (url != NULL && !ext_add_crl_points(list, (struct ext_texts){texts, 1}, err)) {
        return false;
    }
    const char *const ocsp[] = {ca->ocsp_url};
    const char *const issuers[] = {ca->issuers_url};
    const struct ext_texts responders = {ocsp, ca->ocsp_url != NULL};
    const struct ext_texts certificates = {issuers, ca->issuers_url != NULL};
    return responders.count + certificates.count == 0 ||
           ext_add_authority_info(list, responders, certificates, err);
}

/* The list refuses what has a function of its own, so that none comes in by this door. */
static bool add_others(const struct wire_content *c, struct ext_list *list,
                       struct error *err)
{
    for (size_t i = 0; i < c->extension_count; i++) {
        const struct wire_extension *e = &c->extensions[i];

        if (!ext_add_other(list, e->oid, e->critical, e->der, err)) {
            return false;
        }
    }
    return true;
}

static bool build_extensions(const struct ca *ca, const struct wire_issue_intent *intent,
                             struct ext_list *list, struct error *err)
{
    const struct wire_content *c = &intent->content;

    return add_usages(c, list, err) && add_policies(c, list, err) &&
           add_names(c, list, err) &&
           (!c->basic_constraints ||
            ext_add_end_entity(list, is_critical(c, EXT_OID_BASIC_CONSTRAINTS), err)) &&
           ext_add_aki(list, ca->key_id, err) && ext_add_ski(list, intent->spki, err) &&
           add_revocation(ca, intent, list, err) && add_origin(intent, list, err) &&
           (!c->ocsp_no_check || ext_add_ocsp_no_check(list, err)) &&
           add_others(c, list, err);
}

static bool check_validity(const struct ca *ca, const struct wire_content *c,
                           struct error *err)
{
    if (c->not_before_utc < cert_get_not_before_utc(ca->cert) ||
        c->not_after_utc > cert_get_not_after_utc(ca->cert)) {
        return error_set(err, ERROR_INVALID, "the validity is not within that of CA '%s'",
                         ca->name);
    }
    return true;
}

/* With other eyes than those that built it. */
static bool check_built(const struct ca *ca, const struct wire_issue_intent *intent,
                        struct bytes tbs, struct error *err)
{
    const struct lint_issuer issuer = {ca->cert, ca->crl_url != NULL,
                                       ca->ocsp_url != NULL || ca->issuers_url != NULL};

    return lint_tbs(tbs, ca->sig_alg, intent, &issuer, err);
}

bool ca_build_tbs(const struct ca *ca, const struct wire_issue_intent *intent,
                  const unsigned char serial[SERIAL_SIZE], struct buf *out,
                  struct error *err)
{
    const struct wire_content *c = &intent->content;
    struct name_ava avas[WIRE_AVAS_MAX];
    AUTO(ext_list) extensions = EXT_LIST_EMPTY;

    if (c->subject_count > WIRE_AVAS_MAX) {
        return error_set(err, ERROR_INVALID, "too many attributes in the subject");
    }
    for (size_t i = 0; i < c->subject_count; i++) {
        avas[i] = c->subject[i].ava;
    }
    const struct name_dn subject = {avas, c->subject_count};
    const struct cert_fields fields = {.serial = {serial, SERIAL_SIZE},
                                       .sig_alg = ca->sig_alg,
                                       .issuer = cert_get_subject(ca->cert),
                                       .subject = &subject,
                                       .not_before_utc = c->not_before_utc,
                                       .not_after_utc = c->not_after_utc,
                                       .spki = intent->spki,
                                       .extensions = &extensions};
    AUTO(buf) tbs = BUF_EMPTY;
    if (!check_validity(ca, c, err) || !build_extensions(ca, intent, &extensions, err) ||
        !cert_build_tbs(&fields, &tbs, err) ||
        !check_built(ca, intent, buf_bytes(&tbs), err)) {
        return false;
    }
    buf_append(out, tbs.data, tbs.len);
    return true;
}

/* What a stranger finds in it, for a fault in the key's back end must not leave the house. */
static bool check_result(const struct ca *ca, struct bytes tbs, struct bytes der,
                         struct error *err)
{
    AUTO(cert) cert = NULL;
    enum sig_alg alg = SIG_ALG_COUNT;

    if (!cert_parse(der, &cert, err) || !bytes_equal(cert_get_tbs(cert), tbs) ||
        cert_is_ca(cert) || !sig_read(cert_get_sig_alg(cert), &alg, err) ||
        alg != ca->sig_alg ||
        !sig_prepared_verify(ca->verifying, cert_get_tbs(cert), cert_get_signature(cert),
                             err)) {
        return error_set(err, ERROR_INTERNAL,
                         "what CA '%s' signed does not verify: nothing is released",
                         ca->name);
    }
    return true;
}

bool ca_sign(const struct ca *ca, struct bytes tbs, struct buf *tail, struct buf *der,
             struct error *err)
{
    AUTO(buf) signature = BUF_EMPTY;
    AUTO(buf) certificate = BUF_EMPTY;

    if (!sig_prepared_sign(ca->signing, tbs, &signature, err)) {
        return error_set(err, ERROR_UNAVAILABLE, "the key of CA '%s' failed", ca->name);
    }
    if (!cert_assemble(tbs, ca->sig_alg, buf_bytes(&signature), &certificate, err) ||
        !check_result(ca, tbs, buf_bytes(&certificate), err)) {
        return false;
    }
    /* SEQUENCE { tbs, algorithm, signature }: the tail is what follows the TBS. */
    size_t tail_len = 0;
    struct bytes content = {NULL, 0};
    if (!der_read_only(buf_bytes(&certificate), DER_SEQUENCE, &content)) {
        return error_set(err, ERROR_INTERNAL, "a certificate that is no SEQUENCE");
    }
    tail_len = content.len - tbs.len;
    buf_append(tail, content.data + tbs.len, tail_len);
    buf_append(der, certificate.data, certificate.len);
    return true;
}

bool ca_test(const struct ca *ca, struct bytes message, struct error *err)
{
    AUTO(buf) signature = BUF_EMPTY;

    if (!sig_prepared_sign(ca->signing, message, &signature, err)) {
        return error_set(err, ERROR_UNAVAILABLE, "the key of CA '%s' failed", ca->name);
    }
    return sig_prepared_verify(ca->verifying, message, buf_bytes(&signature), err) ||
           error_set(err, ERROR_INTERNAL, "what CA '%s' signed does not verify",
                     ca->name);
}

bool ca_begin_crl(const struct ca *ca, const struct wire_crl_begin *begin,
                  struct buf *opened, struct crlstream **out, struct error *err)
{
    AUTO(string) url = make_crl_url(ca, begin->generation, begin->shard);
    const struct crlstream_issuer issuer = {.name = ca->name,
                                            .url = url,
                                            .key = ca->key,
                                            .public_key = ca->public_key,
                                            .alg = ca->sig_alg,
                                            .subject = cert_get_subject(ca->cert),
                                            .key_id = ca->key_id};

    return crlstream_begin(&issuer, begin, opened, out, err);
}
