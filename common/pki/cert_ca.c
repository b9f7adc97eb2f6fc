/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert_ca.h"

#include "common/pki/cert_build.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_read.h"
#include "common/pki/ext_write.h"

/* A CA of the same name would look self-issued (RFC 5280 3.2). */
static bool add_issuer(const struct cert_ca_fields *fields, struct bytes subject,
                       struct ext_list *list, struct error *err)
{
    const struct ext *ski =
        ext_list_find(cert_get_extensions(fields->issuer), EXT_OID_SKI);
    struct bytes key_id;

    if (ski == NULL || !ext_read_ski(ski->der, &key_id, err)) {
        return error_set(err, ERROR_INVALID,
                         "the CA above it has no subjectKeyIdentifier");
    }
    if (bytes_equal(cert_get_subject(fields->issuer), subject)) {
        return error_set(err, ERROR_INVALID, "it has the name of the CA above it");
    }
    if (fields->not_after_utc > cert_get_not_after_utc(fields->issuer)) {
        return error_set(err, ERROR_INVALID, "it would outlast the CA above it");
    }
    return ext_add_aki(list, key_id, err);
}

bool cert_ca_build_tbs(const struct cert_ca_fields *fields, struct buf *out,
                       struct error *err)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    AUTO(buf) subject = BUF_EMPTY;
    struct cert_fields all = {.serial = fields->serial,
                              .sig_alg = fields->sig_alg,
                              .subject = fields->subject,
                              .not_before_utc = fields->not_before_utc,
                              .not_after_utc = fields->not_after_utc,
                              .spki = fields->spki,
                              .extensions = &list};

    if (!ext_add_ca(&list, fields->path_length, err) ||
        !ext_add_ca_key_usage(&list, err) || !ext_add_ski(&list, fields->spki, err) ||
        !name_encode_dn(fields->subject, &subject, err)) {
        return false;
    }
    if (fields->issuer != NULL && !add_issuer(fields, buf_bytes(&subject), &list, err)) {
        return false;
    }
    all.issuer =
        fields->issuer != NULL ? cert_get_subject(fields->issuer) : buf_bytes(&subject);
    return cert_build_tbs(&all, out, err);
}
