/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/ext_list.h"
#include "common/pki/ext_write.h"
#include "common/pki/name_rules.h"

#define OID_AD_OCSP    "1.3.6.1.5.5.7.48.1"
#define OID_AD_ISSUERS "1.3.6.1.5.5.7.48.2"

enum { TAG_URI = DER_CONTEXT | 6 }; /* of GeneralName */

/* Plain http: what fetches a CRL must not need the CRL for its own TLS (RFC 5280 8). */
static bool check_uris(struct ext_texts uris, struct error *err)
{
    if (uris.count > EXT_OIDS_MAX) {
        return error_set(err, ERROR_INVALID, "%zu URIs; %d are allowed", uris.count,
                         EXT_OIDS_MAX);
    }
    for (size_t i = 0; i < uris.count; i++) {
        if (!name_check_uri(bytes_of_text(uris.texts[i]), err)) {
            return false;
        }
        if (!text_has_prefix(uris.texts[i], "http://")) {
            return error_set(err, ERROR_INVALID, "'%.100s' is not an http:// URI",
                             uris.texts[i]);
        }
    }
    return true;
}

bool ext_add_crl_points(struct ext_list *list, struct ext_texts uris, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!check_uris(uris, err)) {
        return error_wrap(err, "CRL distribution point");
    }
    if (uris.count == 0) {
        return error_set(err, ERROR_INVALID, "CRL distribution point: no URI");
    }
    size_t points = der_open(&der, DER_SEQUENCE);
    size_t point = der_open(&der, DER_SEQUENCE);
    size_t name = der_open(&der, DER_EXPLICIT | 0);      /* distributionPoint */
    size_t full_name = der_open(&der, DER_EXPLICIT | 0); /* IMPLICIT GeneralNames */
    for (size_t i = 0; i < uris.count; i++) {
        der_put_text(&der, TAG_URI, uris.texts[i]);
    }
    der_close(&der, full_name);
    der_close(&der, name);
    der_close(&der, point);
    der_close(&der, points);
    return ext_list_append(list, EXT_OID_CRL_POINTS, false, buf_bytes(&der), err);
}

/* AccessDescription ::= SEQUENCE { accessMethod, accessLocation GeneralName } */
static void put_access(const char *method, struct ext_texts uris, struct buf *out)
{
    for (size_t i = 0; i < uris.count; i++) {
        size_t mark = der_open(out, DER_SEQUENCE);

        (void)der_put_oid(out, method); /* a constant */
        der_put_text(out, TAG_URI, uris.texts[i]);
        der_close(out, mark);
    }
}

bool ext_add_authority_info(struct ext_list *list, struct ext_texts ocsp,
                            struct ext_texts issuers, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (!check_uris(ocsp, err) || !check_uris(issuers, err)) {
        return error_wrap(err, "authority information");
    }
    if (ocsp.count + issuers.count == 0) {
        return error_set(err, ERROR_INVALID, "authority information: no URI");
    }
    size_t mark = der_open(&der, DER_SEQUENCE);
    put_access(OID_AD_OCSP, ocsp, &der);
    put_access(OID_AD_ISSUERS, issuers, &der);
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_AUTHORITY_INFO, false, buf_bytes(&der), err);
}
