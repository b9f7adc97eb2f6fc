/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lint/lint.h"

#include <string.h>

#include "common/lint/lint_ext.h"
#include "common/pki/cert_build.h"

static bool check_origin(const struct cert *cert, const struct wire_issue_intent *intent,
                         const struct lint_issuer *issuer, struct error *err)
{
    const struct wire_content *c = &intent->content;
    const struct bytes serial = cert_get_serial(cert);

    if (serial.len != WIRE_SERIAL || serial.data[0] < WIRE_NODE_MIN ||
        serial.data[0] > WIRE_NODE_MAX) {
        return error_set(err, ERROR_INVALID, "lint: the serial is not of our form");
    }
    if (!bytes_equal(cert_get_issuer(cert), cert_get_subject(issuer->certificate))) {
        return error_set(err, ERROR_INVALID, "lint: the issuer is not the CA's subject");
    }
    if (!cert_has_spki(cert, intent->spki)) {
        return error_set(err, ERROR_INVALID, "lint: the key is not the intent's");
    }
    if (cert_get_not_before_utc(cert) != c->not_before_utc ||
        cert_get_not_after_utc(cert) != c->not_after_utc) {
        return error_set(err, ERROR_INVALID, "lint: the validity is not the intent's");
    }
    return (c->not_before_utc >= cert_get_not_before_utc(issuer->certificate) &&
            c->not_after_utc <= cert_get_not_after_utc(issuer->certificate)) ||
           error_set(err, ERROR_INVALID, "lint: the validity is not within the CA's");
}

static bool is_same_ava(const struct name_ava *a, const struct name_ava *b, bool first)
{
    return strcmp(a->oid, b->oid) == 0 && strcmp(a->value, b->value) == 0 &&
           (first || a->joined == b->joined);
}

/*
 * In order, but inside one RDN of several attributes, whose encoding sorts them: there each must
 * be found once.
 */
static bool has_ava(const struct name_dn *dn, const struct name_ava *wanted)
{
    for (size_t i = 0; i < dn->count; i++) {
        if (is_same_ava(&dn->avas[i], wanted, true)) {
            return true;
        }
    }
    return false;
}

static bool check_subject(const struct cert *cert, const struct wire_content *c,
                          struct name_store *store, struct error *err)
{
    struct name_ava avas[WIRE_AVAS_MAX];
    const struct name_dn wanted = {avas, c->subject_count};
    struct name_dn dn;

    if (!cert_read_subject(cert, store, &dn, err)) {
        return error_wrap(err, "lint: the subject");
    }
    bool same = dn.count == c->subject_count;
    for (size_t i = 0; same && i < dn.count; i++) {
        avas[i] = c->subject[i].ava;
        same = has_ava(&dn, &avas[i]); /* exactly, octet by octet */
    }
    return (same && name_dn_equal(&dn, &wanted)) ||
           error_set(err, ERROR_INVALID, "lint: the subject is not the intent's");
}

static bool check_sans(const struct cert *cert, const struct wire_content *c,
                       struct name_store *store, struct error *err)
{
    struct general_names sans;

    if (!cert_read_sans(cert, store, &sans, err)) {
        return error_wrap(err, "lint: the alternative names");
    }
    bool same = sans.count == c->san_count;
    for (size_t i = 0; same && i < sans.count; i++) {
        same = name_general_equal(&sans.names[i], &c->sans[i].name);
    }
    if (!same) {
        return error_set(err, ERROR_INVALID,
                         "lint: the alternative names are not the intent's");
    }
    return c->subject_count + c->san_count > 0 ||
           error_set(err, ERROR_INVALID, "lint: it names nobody");
}

bool lint_certificate(const struct cert *cert, const struct wire_issue_intent *intent,
                      const struct lint_issuer *issuer, struct error *err)
{
    const struct wire_content *c = &intent->content;
    AUTO(name_store) store = NAME_STORE_EMPTY;

    if (cert_is_ca(cert)) {
        return error_set(err, ERROR_INVALID, "lint: it is a CA's");
    }
    if (c->subject_count > WIRE_AVAS_MAX || c->san_count > WIRE_SANS_MAX) {
        return error_set(err, ERROR_INVALID, "lint: the intent has too many names");
    }
    return check_origin(cert, intent, issuer, err) &&
           check_subject(cert, c, &store, err) && check_sans(cert, c, &store, err) &&
           lint_check_usage(cert, c, &store, err) &&
           lint_check_set(cert, intent, issuer, err) &&
           lint_check_values(cert, intent, issuer, &store, err);
}

bool lint_tbs(struct bytes tbs, enum sig_alg alg, const struct wire_issue_intent *intent,
              const struct lint_issuer *issuer, struct error *err)
{
    static const unsigned char no_signature[64];
    AUTO(buf) der = BUF_EMPTY;
    AUTO(cert) cert = NULL;

    if (!cert_assemble(tbs, alg, (struct bytes){no_signature, sizeof(no_signature)}, &der,
                       err) ||
        !cert_parse(buf_bytes(&der), &cert, err)) {
        return error_wrap(err, "lint");
    }
    return lint_certificate(cert, intent, issuer, err);
}
